"""A `Generator` that runs another one in a child process and starts a new one when that has ended."""

from __future__ import annotations

import math
import pickle
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

from rag.errors import GeneratorCrashed, GeneratorKilled, GeneratorResting, GeneratorSilent, ModelCrashed, NotReady
from rag.generation.process.worker import Worker
from rag.protocols import Generator, Message, Token

TOKEN_DEADLINE_S = 60.0
# A large model on a slow disk.
LOAD_DEADLINE_S = 600.0
# A child that ends sooner than this after its start has failed again, a later one for the first time.
SETTLED_S = 60.0
# The longest pause before a generator that keeps failing is started again.
LONGEST_REST_S = 10.0


class GeneratorApart:
    """Runs `generator`, which must not have loaded yet and is never used in this process. For any number of threads.

    The child starts at first use, and at the next use after it has ended: at once, but where it keeps ending soon
    after its start only after 2 s, 4 s, 8 s and 10 s; until then GeneratorResting is raised. It has `token_deadline_s`
    seconds for the first token, the reading of the prompt included, and for each further one, or it is ended.
    """

    def __init__(self, generator: Generator, *, token_deadline_s: float = TOKEN_DEADLINE_S) -> None:
        self._generator = generator
        self._token_deadline_s = token_deadline_s
        self._starting = threading.Lock()
        self._worker: Worker | None = None
        # Also when this generator is dropped, or the program ends.
        self._end: weakref.finalize[..., GeneratorApart] | None = None
        self._failures = 0
        self._rests_until = 0.0

    @property
    def name(self) -> str:
        return self._generator.name

    @property
    def context_tokens(self) -> int:
        return self._generator.context_tokens

    @property
    def pid(self) -> int | None:
        """The child's process number; None where none runs."""
        worker = self._worker
        return worker.pid if worker and worker.ended_at is None else None

    def memory_bytes(self) -> int:
        """What the child has in memory, the file of the model included as far as it is mapped; 0 where none runs."""
        worker = self._worker
        return worker.memory_bytes() if worker else 0

    def load(self) -> None:
        """Starts the child and loads there. Raises as the generator's `load` does, ModelCrashed, GeneratorResting."""
        try:
            self._running()
        except (GeneratorCrashed, GeneratorKilled, GeneratorSilent) as error:
            raise ModelCrashed(path=self.name, reason=error.fields["reason"]) from error

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return int(self._one("count_tokens", messages))

    def score_choices(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        return [float(value) for value in self._one("score_choices", messages, choices=list(choices))]

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Token]:
        """See Generator; closing it stops the child after the token at work.

        Raises what the generator does, and GeneratorCrashed, GeneratorKilled, GeneratorSilent and GeneratorResting.
        """
        with self._running().request(
            "stream", self._token_deadline_s, messages=_plain(messages), max_tokens=max_tokens
        ) as values:
            for text, finished, *counts in values:
                yield Token(text, finished, *counts)
                if finished:
                    return

    def close(self) -> None:
        """Ends the child, one that is still loading too; it starts again at next use."""
        if worker := self._worker:
            worker.stop()
        with self._starting:
            self._stop()

    def _one(self, task: str, messages: Sequence[Message], **arguments: Any) -> Any:
        with self._running().request(task, self._token_deadline_s, messages=_plain(messages), **arguments) as values:
            return next(values)

    def _running(self) -> Worker:
        """The child, loaded. Raises as `load` and `stream` do."""
        with self._starting:
            if self._worker and self._worker.ended_at is None:
                return self._worker
            self._mourn()
            if (rest := self._rests_until - time.monotonic()) > 0:
                raise GeneratorResting(times=self._failures, seconds=math.ceil(rest))
            worker = self._worker = Worker(pickle.dumps(self._generator))
            self._end = weakref.finalize(self, worker.stop)
            try:
                with worker.request("load", LOAD_DEADLINE_S) as values:
                    next(values)
            except NotReady:
                self._stop()
                raise
            return worker

    def _mourn(self) -> None:
        """Counts the child that has ended, if there is one, and sets when the next may start."""
        if self._worker and self._worker.ended_at is not None:
            settled = self._worker.ended_at - self._worker.started_at >= SETTLED_S
            self._failures = 1 if settled else self._failures + 1
            rest = min(2.0 ** (self._failures - 1), LONGEST_REST_S) if self._failures > 1 else 0.0
            self._rests_until = self._worker.ended_at + rest
            self._stop()

    def _stop(self) -> None:
        if self._end:
            self._end()
        self._worker = self._end = None


def _plain(messages: Sequence[Message]) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in messages]
