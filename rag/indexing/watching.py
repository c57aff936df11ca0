"""Follows folders and files, and says when what has changed in them is at rest.

The system's events (watchfiles) say when to look, a walk says what is there: so a folder that was renamed, an event
that was lost and a file on a network drive all come out the same. A file counts as written to the end once its size
and its time of change have stayed as they are for `QUIET_S`; until then it is held back, and whoever syncs leaves it
as it was. What was below a root that has vanished counts as unchanged.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rag.corpus import find_files
from rag.errors import IndexBusy, NoArticles, RagError, UnexpectedError
from rag.indexing.unchanged import Holds

QUIET_S = 2.0
"""A file that has not changed for as long is taken for whole."""
MOST_WAIT_S = 30.0
"""What is at rest does not wait longer for files that are still being written."""
RESCAN_S = 60.0
"""Without any event folders are walked this often: not every file system tells of changes."""

_TICK_MS = 500
_FIRST_RETRY_S, _LONGEST_RETRY_S = 2.0, 60.0

Roots = Callable[[], Sequence[Path]]
_State = tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class News:
    """Something to tell while following: the root at `path` is "gone" or "back", or a sync "failed" with `error`.

    Of failures with the same text in a row the first one is told.
    """

    kind: Literal["gone", "back", "failed"]
    path: Path | None = None
    error: RagError | None = None


class Sight:
    """What was last seen below the roots, and which of it has changed since it was last synced."""

    def __init__(self, quiet_s: float = QUIET_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._quiet_s = quiet_s
        self._clock = clock
        self._seen: dict[Path, _State] | None = None
        self._changed: dict[Path, float] = {}

    def look(self, roots: Sequence[Path]) -> bool:
        """Notes what has changed below those of `roots` that are there, and says whether anything has.

        At the first look there is nothing to compare with: what was written within `quiet_s` counts as changed.
        """
        there = [root for root in roots if root.exists()]
        gone = [root for root in roots if root not in there]
        now, seen = self._clock(), {path: _state(path) for path, _ in find_files(there)}
        before = self._seen
        if before is None:
            changed = {path for path in seen if _age(path) < self._quiet_s}
        else:
            seen |= {path: state for path, state in before.items() if any(path.is_relative_to(root) for root in gone)}
            changed = {path for path in seen.keys() | before.keys() if seen.get(path) != before.get(path)}
        self._seen = seen
        self._changed |= dict.fromkeys(changed, now)
        return bool(changed)

    def settled(self) -> frozenset[Path]:
        """What has changed since it was last synced and is at rest."""
        latest = self._clock() - self._quiet_s
        return frozenset(path for path, since in self._changed.items() if since <= latest)

    def unsettled(self) -> frozenset[Path]:
        """What has changed since it was last synced and may be changing still."""
        return frozenset(self._changed) - self.settled()

    def is_ready(self) -> bool:
        """Whether there is something to sync, and nothing more to wait for."""
        settled = self.settled()
        if not settled or not self.unsettled():
            return bool(settled)
        return self._clock() - min(self._changed[path] for path in settled) > MOST_WAIT_S

    def holds(self, path: Path) -> bool:
        """Whether the file `path` is not, or not surely, as it was when it was last seen at rest."""
        since = self._changed.get(path, float("-inf"))
        return since > self._clock() - self._quiet_s or (self._seen or {}).get(path) != _state(path)

    def synced(self, paths: frozenset[Path]) -> None:
        """Notes that the changes of `paths` are in the index."""
        for path in paths:
            del self._changed[path]


@dataclass(slots=True)
class _Attempts:
    """When to try again what has failed, and whether there is anything new to tell."""

    _told: str = ""
    _pause_s: float = _FIRST_RETRY_S
    _not_before: float = 0.0

    def may_try(self) -> bool:
        return time.monotonic() >= self._not_before

    def hurry(self) -> None:
        """What failed may not fail any more: something has changed."""
        self._not_before = 0.0

    def failed(self, error: RagError) -> bool:
        """Sets when to try again; whether this is another error than the last time."""
        self._not_before = time.monotonic() + self._pause_s
        self._pause_s = min(2 * self._pause_s, _LONGEST_RETRY_S)
        told, self._told = self._told, str(error)
        return told != self._told


def follow(
    roots: Roots,
    sync: Callable[[Holds], None],
    *,
    stop: threading.Event,
    tell: Callable[[News], None],
    quiet_s: float = QUIET_S,
) -> None:
    """Calls `sync` first, and again whenever files of `roots` have changed and are at rest, until `stop` is set.

    `sync` is given what says of a file whether it must be left as it was. The first sync may wait for another process
    (IndexBusy) or for the first article (NoArticles) and raises anything else; what a later one raises is told, and it
    is tried again.
    """
    sight, attempts, start = Sight(quiet_s), _Attempts(), time.monotonic()
    gone: list[Path] = []
    first = True
    for woken in _ticks(roots, stop):
        given = roots()
        gone = _tell_gone(given, gone, tell)
        if (woken or sight.unsettled()) and sight.look(given):
            attempts.hurry()
        waited_long = time.monotonic() - start > MOST_WAIT_S
        ready = (waited_long or not sight.unsettled()) if first else sight.is_ready()
        if not ready or not attempts.may_try():
            continue
        settled = sight.settled()
        try:
            sync(sight.holds)
        except Exception as error:
            if first and not isinstance(error, IndexBusy | NoArticles):
                raise
            failure = error if isinstance(error, RagError) else UnexpectedError(reason=repr(error))
            if attempts.failed(failure):
                tell(News("failed", error=failure))
        else:
            sight.synced(settled)
            attempts, first = _Attempts(), False


def _tell_gone(roots: Sequence[Path], before: Sequence[Path], tell: Callable[[News], None]) -> list[Path]:
    """The roots that are not there; tells of those that were, and of those that are again."""
    gone = [root for root in roots if not root.exists()]
    for root in roots:
        if (root in gone) != (root in before):
            tell(News("gone" if root in gone else "back", root))
    return gone


def _ticks(roots: Roots, stop: threading.Event) -> Iterator[bool]:
    """About twice a second whether something may have changed below `roots`, until `stop` is set."""
    from watchfiles import watch

    while not stop.is_set():
        states = _states(roots)
        looked = float("-inf")
        try:
            for events in watch(
                *(root for root in states if root.is_dir()),
                watch_filter=None,
                debounce=_TICK_MS,
                step=100,
                stop_event=stop,
                rust_timeout=_TICK_MS,
                yield_on_timeout=True,
                ignore_permission_denied=True,
            ):
                now = time.monotonic()
                woken = bool(events) or now - looked >= RESCAN_S
                looked = now if woken else looked
                yield woken
                if _states(roots) != states:
                    break
        except OSError:
            # More folders than the system watches, or one that has just gone: a walk finds what has changed.
            stop.wait(_TICK_MS / 1000)
            yield True


def _states(roots: Roots) -> dict[Path, _State]:
    return {root: _state(root) for root in roots()}


def _state(path: Path) -> _State:
    """A value that differs once the file has changed, or another folder stands there; None for nothing."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    place = status.st_dev, status.st_ino
    return place if path.is_dir() else (*place, status.st_size, status.st_mtime_ns)


def _age(path: Path) -> float:
    """Seconds since the file was last written; what is dated in the future may have been written just now."""
    try:
        return time.time() - os.stat(path).st_mtime
    except OSError:
        return 0.0
