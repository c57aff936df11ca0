"""One question on its way to an answer: what was understood, what was found for it, and the times."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.domain import Hit, Timings
from rag.protocols import Token
from rag.question import Understood


class Inquiry:
    """What one question gathers on its way.

    It was taken up at `start`, a reading of `time.perf_counter`; `load_s` is what loading the models took.
    """

    def __init__(self, message: Understood, start: float, load_s: float) -> None:
        self.asked, self.question, self.language = message.asked, message.question, message.answer_language
        self._start = start
        self._timings = Timings(load_s=load_s)
        self.confidence = 0.0
        self.hits: Sequence[Hit] = ()

    def _elapsed(self) -> float:
        return round(time.perf_counter() - self._start, 4)

    def found(self, hits: Sequence[Hit]) -> None:
        self.hits = hits
        self._timings = replace(self._timings, retrieve_s=self._elapsed(), evidence_s=self._elapsed())

    def timed(self, tokens: Iterator[Token]) -> Iterator[Token]:
        """`tokens` as they are; when the first came, and how many were read and written, is noted."""
        for token in tokens:
            if not self._timings.first_token_s:
                self._timings = replace(self._timings, first_token_s=self._elapsed())
            if token.finished:
                self._count(token)
            yield token

    def _count(self, token: Token) -> None:
        self._timings = replace(
            self._timings,
            prompt_tokens=token.prompt_tokens,
            reused_tokens=token.reused_tokens,
            answer_tokens=token.answer_tokens,
        )

    def timings(self) -> Timings:
        total = self._elapsed()
        return replace(self._timings, first_token_s=self._timings.first_token_s or total, total_s=total)
