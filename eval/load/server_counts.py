"""What the server counts and holds meanwhile: its metrics before and after, its memory over time."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from eval.load.clients import NO_ANSWER, PATHS, Reply, call
from rag.system import MEGABYTE

_ROW = re.compile(r'rag_requests_total\{method="POST",route="(?P<route>[^"]*)",status="(?P<status>\d+)"\} (?P<n>\S+)')
_SETTLING_S = 10.0
LEFT = "499"
"""What the server counts for a client that went away."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Megabytes of the server and of its children, `at_s` after the start."""

    at_s: float
    own_mb: float
    children_mb: float


class MemoryWatch(threading.Thread):
    """Samples the memory of the process `pid` and its children until told to stop; one that ends is passed over."""

    def __init__(self, pid: int, start: float, every_s: float = 1.0) -> None:
        super().__init__(name="memory", daemon=True)
        self.samples: list[Sample] = []
        self._pid = pid
        self._start_s = start
        self._every_s = every_s
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(self._every_s):
            try:
                process = psutil.Process(self._pid)
                children = sum(child.memory_info().rss for child in process.children(recursive=True))
                own = process.memory_info().rss
            except psutil.Error:
                continue
            self.samples.append(Sample(time.monotonic() - self._start_s, own / MEGABYTE, children / MEGABYTE))

    def stop(self) -> list[Sample]:
        """The samples."""
        self._over.set()
        self.join()
        return self.samples


Counts = Counter[tuple[str, str]]
"""Requests by route and status."""


def server_counts(url: str, token: str = "") -> Counts:
    """What the server has counted so far. Raises OSError and HTTPException."""
    _, _, body = call(url, "GET", "/metrics", token=token)
    rows = _ROW.finditer(body.decode())
    return Counter({(row["route"], row["status"]): round(float(row["n"])) for row in rows})


def client_counts(replies: Iterable[Reply]) -> Counts:
    """The same from what the clients got."""
    return Counter((PATHS[reply.kind], str(reply.status)) for reply in replies)


def unaccounted(url: str, before: Counts, replies: Iterable[Reply], token: str = "") -> list[str]:
    """Where server and clients differ; the server may take a moment to count the last requests.

    A request without an answer counts as one whose client left, or not at all: it may never have come in.
    """
    sent = client_counts(replies)
    lost = {route: sent.pop((route, str(NO_ANSWER)), 0) for route in PATHS.values()}
    end = time.monotonic() + _SETTLING_S
    while True:
        counted = server_counts(url, token)
        counted.subtract(before)
        flaws = []
        for route, status in sorted(set(counted) | set(sent)):
            n, least = counted[route, status], sent[route, status]
            most = least + (lost.get(route, 0) if status == LEFT else 0)
            if route in lost and not least <= n <= most:
                flaws.append(f"{route} {status}: {n} counted, {least} sent")
        if not flaws or time.monotonic() > end:
            return flaws
        time.sleep(0.5)
