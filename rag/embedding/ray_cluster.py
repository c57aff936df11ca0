"""Work that is shared out over the processes of a Ray cluster, in order, and survives the loss of any of them.

Ray starts a worker anew where there is room for it. Its own retries, though, wait for that worker; here what a lost
worker had goes to whichever is free, so that a machine that never comes back holds up nobody.
"""

from __future__ import annotations

import heapq
import os
import re
import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rag.errors import ClusterUnusable, ExtraMissing, RagError

# Pieces that a worker has at a time, so that it never waits for the next; and those begun for each before the first.
_AT_A_TIME, _AHEAD = 2, 3
# How often a worker is started again, and a piece given to another one.
_RESTARTS, _TRIES = 5, 5
# No worker is so slow; where none is heard of for so long the cluster is lost.
_PATIENCE_S = 600.0
_CONNECT_S = 10.0


class Cluster:
    """Workers of the class `worker`, made of `arguments`, one for each processor of the Ray cluster at `address`.

    A processor that others use takes part once it is free. Workers have a method `ready` that loads what they need.
    To be closed. Raises ExtraMissing and ClusterUnusable.
    """

    def __init__(self, address: str, worker: type, *arguments: object) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anyone
        try:
            import ray
        except ImportError as error:
            raise ExtraMissing(name="ray", reason=error) from error
        self._ray = ray
        self._address = address
        try:
            _reach(address)
            ray.init(address, log_to_driver=False, logging_level="ERROR")
        except Exception as error:  # of many kinds, for a wrong address as for another version
            raise self._unusable(error) from error
        processors = int(ray.cluster_resources().get("CPU", 0))
        if not processors:
            self.close()
            raise self._unusable("it has no processors")
        made = ray.remote(worker).options(num_cpus=1, max_restarts=_RESTARTS)
        self._workers = [made.remote(*arguments) for _ in range(processors)]
        # The workers that are starting, for the first time or again, by the result that comes once they are ready.
        self._starting = {one.ready.remote(): number for number, one in enumerate(self._workers)}
        self._ready: set[int] = set()

    def close(self) -> None:
        """Leaves the cluster; the workers end."""
        self._ray.shutdown()

    def map(self, method: str, pieces: Sequence[Any]) -> Iterator[Any]:
        """What a worker's `method` makes of each piece, in order; a little more is under way than was taken.

        Raises what the method does if that is a RagError, and ClusterUnusable.
        """
        waiting = list(range(len(pieces)))  # a heap
        running: dict[Any, tuple[int, int]] = {}
        made: dict[int, Any] = {}
        losses: Counter[int] = Counter()
        given = 0
        while given < len(pieces):
            while waiting and waiting[0] < given + _AHEAD * len(self._workers) and (free := self._free(running)):
                piece, worker = heapq.heappop(waiting), free[0]
                running[getattr(self._workers[worker], method).remote(pieces[piece])] = piece, worker
            for reference in self._told([*running, *self._starting]):
                if reference in self._starting:
                    self._begin(reference)
                    continue
                piece, worker = running.pop(reference)
                try:
                    made[piece] = self._get(reference)
                except _Lost as error:
                    self._restart(worker)
                    heapq.heappush(waiting, piece)
                    losses[piece] += 1
                    if losses[piece] > _TRIES:
                        raise self._unusable(error) from error
            while given in made:
                yield made.pop(given)
                given += 1

    def _free(self, running: dict[Any, tuple[int, int]]) -> list[int]:
        """The workers that can be given a piece, the least busy first."""
        busy = Counter(worker for _, worker in running.values())
        return sorted((one for one in self._ready if busy[one] < _AT_A_TIME), key=lambda one: busy[one])

    def _told(self, references: list[Any]) -> list[Any]:
        """Those of `references` whose results are there, at least one."""
        told = self._ray.wait(references, timeout=_PATIENCE_S)[0] if references else []
        if not told:
            raise self._unusable("its workers are lost" if not references else f"silent for {_PATIENCE_S:.0f} s")
        return list(told)

    def _begin(self, reference: Any) -> None:
        """Takes up a worker that is ready; one that was lost again before it was is waited for once more."""
        worker = self._starting.pop(reference)
        try:
            self._get(reference)
        except _Lost as error:
            if not error.for_good:
                self._restart(worker)
        else:
            self._ready.add(worker)

    def _restart(self, worker: int) -> None:
        """Uses a worker no more until Ray has started it again, which may be never."""
        self._ready.discard(worker)
        if worker not in self._starting.values():
            self._starting[self._workers[worker].ready.remote()] = worker

    def _get(self, reference: Any) -> Any:
        """Raises _Lost where the worker was, and what it raised itself."""
        exceptions = self._ray.exceptions
        try:
            return self._ray.get(reference)
        except exceptions.RayTaskError as error:
            if isinstance(error.cause, RagError):
                raise error.cause from None
            raise self._unusable(error.cause) from error
        except exceptions.RayError as error:
            raise _Lost(error, for_good=isinstance(error, exceptions.ActorDiedError)) from error

    def _unusable(self, reason: object) -> ClusterUnusable:
        lines = str(reason).strip().splitlines() or [type(reason).__name__]
        return ClusterUnusable(address=self._address, reason=lines[-1])


def _reach(address: str) -> None:
    """Raises OSError where nobody listens, and ValueError for what is no address: Ray itself tries for many minutes."""
    if address == "auto":
        return
    named = re.fullmatch(r"(?:ray://)?\[?([^/\[\]]+)\]?:(\d{1,5})", address)
    if not named:
        raise ValueError("auto, HOST:PORT, ray://HOST:PORT")
    socket.create_connection((named[1], int(named[2])), timeout=_CONNECT_S).close()


class _Lost(Exception):
    """A worker, or what it made, is gone; `for_good`: it is not started again."""

    def __init__(self, reason: object, *, for_good: bool) -> None:
        super().__init__(str(reason))
        self.for_good = for_good
