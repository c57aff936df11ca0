"""The parent's end of one child process: starts it, hands requests to it and gives out what comes back.

Two threads belong to it, so that neither a child that does not read nor one that does not write stops a caller. The
one that reads also starts the child: Linux ends the child when that thread ends, and it lives as long as the child.
"""

from __future__ import annotations

import base64
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from itertools import count
from queue import Empty, SimpleQueue
from typing import IO, Any

import psutil

from rag.errors import GenerationFailed, GeneratorCrashed, GeneratorKilled, GeneratorSilent
from rag.generation.process.wire import LONGEST_LINE, from_line, to_error, to_line

# The child looks for modules where this process does, and not in the folder it happens to be started from.
_START = "import sys; sys.path[:] = sys.argv[1:]; from rag.generation.process.child import main; main()"

Reply = dict[str, Any]


class Worker:
    """A process that runs the generator `pickled`. For any number of threads; requests are done one after the other."""

    def __init__(self, pickled: bytes) -> None:
        self._changing = threading.Lock()
        self._ids = count(1)
        self._inbox: dict[int, SimpleQueue[Reply | None]] = {}
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self.started_at = self._heard = time.monotonic()
        self._failure: GenerationFailed | None = None
        self.ended_at: float | None = None
        started: Future[subprocess.Popen[bytes]] = Future()
        self._outbox.put(to_line({"generator": base64.b64encode(pickled).decode("ascii")}))
        threading.Thread(target=self._run, args=[started], name="generator", daemon=True).start()
        self._process = started.result()

    @property
    def pid(self) -> int:
        """The child's process number."""
        return self._process.pid

    def memory_bytes(self) -> int:
        """What the child has in memory, the file of the model included as far as it is mapped; 0 once it has ended."""
        try:
            return int(psutil.Process(self.pid).memory_info().rss) if self.ended_at is None else 0
        except psutil.Error:
            return 0

    @contextmanager
    def request(self, task: str, deadline_s: float, **arguments: Any) -> Iterator[Iterator[Any]]:
        """The values that come of a request; it is given up on leaving. See `_values` for what they raise."""
        replies: SimpleQueue[Reply | None] = SimpleQueue()
        with self._changing:
            id_ = next(self._ids)
            self._inbox[id_] = replies
            if self.ended_at is not None:
                replies.put(None)
        self._outbox.put(to_line({"id": id_, "task": task, **arguments}))
        try:
            yield self._values(replies, deadline_s)
        finally:
            self._inbox.pop(id_, None)
            self._outbox.put(to_line({"cancel": id_}))

    def stop(self) -> None:
        """Ends the child. It has nothing to lose: what it keeps on disk is written beside and moved into place."""
        self._process.kill()

    def _values(self, replies: SimpleQueue[Reply | None], deadline_s: float) -> Generator[Any, None, None]:
        """Raises what the child tells, and GeneratorCrashed, GeneratorKilled or GeneratorSilent when it has ended.

        It has `deadline_s` seconds for each sign of life, whichever request that is for.
        """
        asked = time.monotonic()
        while True:
            left = max(asked, self._heard) + deadline_s - time.monotonic()
            try:
                reply = replies.get(timeout=max(left, 0))
            except Empty:
                if left <= 0:
                    self._give_up(GeneratorSilent(reason=f"{deadline_s:g} s"))
                continue
            if reply is None:
                raise self._cause()
            if "error" in reply:
                raise to_error(reply["error"])
            yield reply["value"]

    def _give_up(self, failure: GenerationFailed) -> None:
        with self._changing:
            self._failure = self._failure or failure
        self._process.kill()

    def _cause(self) -> GenerationFailed:
        """Why the child has ended, made anew for each who waits."""
        code = self._process.returncode
        if self._failure:
            return type(self._failure)(**self._failure.fields)
        if code == -signal.SIGKILL:
            return GeneratorKilled(reason="SIGKILL")
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return GeneratorCrashed(reason=name)

    def _run(self, started: Future[subprocess.Popen[bytes]]) -> None:
        """Starts the child and reads what it tells until it ends; then it is waited for, so that nothing stays."""
        try:
            # In a session of its own: Ctrl-C on the terminal is for the parent alone, even while the child starts.
            process = subprocess.Popen(
                [sys.executable, "-c", _START, *sys.path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            started.set_exception(GeneratorCrashed(reason=error))
            return
        assert process.stdin
        assert process.stdout
        threading.Thread(target=self._write, args=[process.stdin], name="to generator", daemon=True).start()
        started.set_result(process)
        with process.stdout as lines:
            try:
                while line := lines.readline(LONGEST_LINE):
                    self._deliver(from_line(line))
            except (ValueError, KeyError, TypeError) as error:
                self._failure = GeneratorCrashed(reason=f"unreadable: {type(error).__name__}")
        process.kill()
        process.wait()
        with self._changing:
            self.ended_at = time.monotonic()
            for replies in self._inbox.values():
                replies.put(None)
        self._outbox.put(None)

    def _deliver(self, reply: Reply) -> None:
        self._heard = time.monotonic()
        if "error" in reply:
            to_error(reply["error"])
        elif "value" not in reply:
            raise ValueError("neither value nor error")
        with self._changing:
            if replies := self._inbox.get(reply["id"]):
                replies.put(reply)

    def _write(self, pipe: IO[bytes]) -> None:
        with suppress(OSError), pipe:
            while (line := self._outbox.get()) is not None:
                pipe.write(line)
                pipe.flush()
