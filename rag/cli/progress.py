"""How far long work has come: bars on a terminal, elsewhere a line now and then; amounts, rate and time left.

The rate is that of the whole step so far, so that it is a figure one can plan by and not one that jumps.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress as Columns,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from rag.domain import Progress
from rag.wording import say

# Without a terminal one line at most every so many seconds.
_LINE_EVERY_S = 5.0
# Seconds that a step must last before its rate means anything.
_MEASURED_S = 1.0


class Pace:
    """How fast the step goes that was told of last; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._step: tuple[str, str] | None = None
        self._start = self._done = 0.0

    def rate(self, progress: Progress) -> float:
        """Units a second since the step began; 0 while that is unknown."""
        step = (progress.step, progress.detail if progress.unit == "B" else "")
        if step != self._step:
            self._step, self._start, self._done = step, self._clock(), progress.done
        elapsed = self._clock() - self._start
        return (progress.done - self._done) / elapsed if elapsed >= _MEASURED_S else 0.0


def amount(progress: Progress, rate: float) -> str:
    """« 120/800 passages · 35/s »; the words of the units are the same in all languages of messages."""
    if progress.unit == "B":
        return f"{progress.done / 1e6:.0f}/{progress.total / 1e6:.0f} MB" if progress.total else ""
    done = f"{progress.done}/{progress.total}" if progress.total else str(progress.done or "")
    return " · ".join(part for part in (f"{done} {progress.unit}".strip(), _per_second(rate)) if part)


def _per_second(rate: float) -> str:
    if not rate:
        return ""
    return f"{rate:.0f}/s" if rate >= 10 else f"{rate:.1f}/s"


class ProgressBars:
    """One bar for each step and subject, for a terminal."""

    def __init__(self, console: Console, language: str) -> None:
        self._language = language
        self._pace = Pace()
        self._tasks: dict[tuple[str, str], TaskID] = {}
        self._plain = Columns(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[amount]}"),
                              TimeRemainingColumn(), console=console)  # fmt: skip
        self._bytes = Columns(TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
                              TimeRemainingColumn(), console=console)  # fmt: skip
        self._live = Live(Group(self._bytes, self._plain), console=console, refresh_per_second=2)

    def __enter__(self) -> ProgressBars:
        self._live.start()
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        if failure is None:
            self._complete()
        self._live.stop()

    def show(self, progress: Progress) -> None:
        """Draws how far its step has come."""
        meters = self._bytes if progress.unit == "B" else self._plain
        subject = progress.detail if progress.unit == "B" else ""
        key = (progress.step, subject)
        if key not in self._tasks:
            self._complete()
            label = f"{say(f'progress.{progress.step}', self._language)} {subject}".strip()
            self._tasks[key] = meters.add_task(label, total=progress.total or None, amount="")
        shown = amount(progress, self._pace.rate(progress))
        meters.update(self._tasks[key], completed=progress.done, total=progress.total or None, amount=shown)

    def _complete(self) -> None:
        """Ends the bars of unknown length: the next step has begun, or all is done."""
        for task in self._plain.tasks:
            if task.total is None:
                self._plain.update(task.id, completed=1, total=1)


class ProgressLines:
    """A line when a step begins and ends, and every few seconds between."""

    def __init__(self, console: Console, language: str) -> None:
        self._console = console
        self._language = language
        self._pace = Pace()
        self._step = ""
        self._complete = False
        self._line = self._told = ""
        self._last = float("-inf")

    def show(self, progress: Progress) -> None:
        """Prints how far its step has come, if it is time to."""
        subject = f" {progress.detail}" if progress.unit == "B" else ""
        begins = progress.step + subject != self._step
        if begins:
            self._print(self._line)  # how far the step before came, if it did not say so
            self._step = progress.step + subject
        complete = bool(progress.total) and progress.done >= progress.total
        ends, self._complete = complete and (begins or not self._complete), complete
        rate = self._pace.rate(progress)
        label = say(f"progress.{progress.step}", self._language)
        self._line = f"{label}{subject} {amount(progress, rate)}".rstrip()
        if begins or ends or (not complete and time.monotonic() - self._last >= _LINE_EVERY_S):
            self._print(self._line + self._left(progress, rate))

    def _left(self, progress: Progress, rate: float) -> str:
        if not rate or progress.done >= progress.total:
            return ""
        left = timedelta(seconds=round((progress.total - progress.done) / rate))
        return " · " + say("progress.left", self._language, time=left)

    def _print(self, line: str) -> None:
        if line and not self._told.startswith(line):
            self._console.print(Text(line), soft_wrap=True)
            self._told, self._last = line, time.monotonic()
