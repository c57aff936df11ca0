"""The generator in process: how soon the first token comes and how fast the rest, beside llama.cpp's own class."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from eval.benchmarks.figures import Bar, Figure
from eval.benchmarks.plain_llama import Written
from eval.benchmarks.prompt_tokens import CountingGenerator
from rag.answering import Pipeline
from rag.protocols import Message, Token

SECTION = "generator"
ALIKE = 0.8
"""Share of replies that must be those of the plain class, see `_replying`."""


class Plain(Protocol):
    """What `PlainLlama` does."""

    def read(self, tokens: Sequence[int]) -> float: ...

    def answer(self, messages: Sequence[Message], max_tokens: int) -> Written: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the product and the same work done plainly; without `product` and `plain` nothing was generated.

    `first_token_s`: of the product; `read`: tokens that it read for that; `reading_s`: the library's for as many.
    """

    first_token_s: float
    read: int
    reading_s: float
    product: Written | None = None
    plain: Written | None = None


def ask(pipeline: Pipeline, generator: CountingGenerator, plain: Plain, question: str, text: Sequence[int]) -> Asked:
    """Asks `question`; `text` are tokens of which plainly as many are read. Raises ValueError where counts disagree."""
    generator.begin()
    timings = pipeline.ask(question).timings
    read, prompt = generator.read, generator.prompt
    if read < timings.prompt_tokens - timings.reused_tokens:
        raise ValueError(f"{read} tokens counted, {timings.prompt_tokens - timings.reused_tokens} read by the product")
    reading_s = plain.read(text[:read]) if read else 0.0
    if prompt is None:
        return Asked(timings.first_token_s, read, reading_s)
    product = written(generator.stream(prompt.messages, prompt.max_tokens))
    return Asked(timings.first_token_s, read, reading_s, product, plain.answer(prompt.messages, prompt.max_tokens))


def written(tokens: Iterable[Token]) -> Written:
    """What `tokens` make, timed from the first."""
    start, pieces, count = 0.0, [], 0
    for token in tokens:
        start = start or time.perf_counter()
        count = token.answer_tokens
        if token.text:
            pieces.append(token.text)
    return Written(tuple(pieces), count, time.perf_counter() - start)


def figures(asked: Sequence[Asked]) -> tuple[Figure, ...]:
    """The section's, over the questions for which something was read, and those that got a reply."""
    reading = [one for one in asked if one.read]
    replies = [(one.product, one.plain) for one in reading if one.product and one.plain and one.plain.tokens]
    return (*_reading(reading), *_replying(replies))


def _reading(asked: Sequence[Asked]) -> list[Figure]:
    if not asked:
        return []
    plain = "reading as much"
    return [
        Figure.of(
            SECTION, "first token", "s", [one.first_token_s for one in asked], Bar(4, "value"), Bar(1.2),
            plain=plain, beside=[one.reading_s for one in asked],
        ),
        Figure.of(SECTION, "tokens read", "", [one.read for one in asked], Bar(420, "value")),
        Figure.of(
            SECTION, "reading", "tokens/s", [one.read / one.first_token_s for one in asked],
            plain=plain, beside=[one.read / one.reading_s for one in asked],
        ),
    ]  # fmt: skip


def _replying(replies: Sequence[tuple[Written, Written]]) -> list[Figure]:
    """Speeds are those of replies that are the same token for token, which not all are.

    The product reads several tokens at once where the plain class reads one, and sums come out another in the last
    digits then: where two tokens are almost equally likely, the other one may be chosen.
    """
    if not replies:
        return []
    alike = [(one, other) for one, other in replies if one.pieces == other.pieces]
    share = Figure.of(
        SECTION, "answers alike", "share", [len(alike) / len(replies)], Bar(ALIKE, "value", at_least=True)
    )
    if not alike:
        return [share]
    product, plain = ([one.tokens / one.seconds for one in side] for side in zip(*alike, strict=True))
    return [
        Figure.of(SECTION, "answer", "tokens/s", product, Bar(1.5, at_least=True), plain="greedy", beside=plain),
        share,
    ]
