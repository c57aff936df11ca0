"""Whether memory grows from question to question.

Judged is what a process holds of its own. Pages of mapped files come on top: each new word of a question brings some
of the models' vocabularies in, up to the size of the files, and the system takes them back when it needs room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import psutil

from eval.benchmarks.figures import Bar, Figure
from rag.system import MEGABYTE

SECTION = "memory"
WARM = 20
"""Questions after which caches are full: the generator has by then used every cell of its context."""
_WINDOW = 5
"""A sample alone may catch a moment of much work: the median of so many is taken at both ends."""


@dataclass(frozen=True, slots=True)
class Held:
    """Megabytes in memory, and of these those that are not pages of files (all of them where the system won't tell)."""

    resident_mb: float
    own_mb: float


def held() -> Held:
    """What this process holds now."""
    used = psutil.Process().memory_info()
    return Held(used.rss / MEGABYTE, (used.rss - getattr(used, "shared", 0)) / MEGABYTE)


def after_questions(ask: Callable[[str], object], questions: Sequence[str], count: int) -> Iterator[Held]:
    """What this process holds after each of `count` questions, asked over and over."""
    for question in islice(cycle(questions), count):
        ask(question)
        yield held()


def figures(after: Sequence[Held]) -> tuple[Figure, ...]:
    """The section's, from what was held after each question, `WARM` and at least two windows.

    Flat means: of its own at the end at most 2 % more than when warm, and at most 10 MB more in 100 questions. That
    slope is the median of those between samples half the series apart (Theil's incomplete method), which single peaks
    do not move.
    """
    warm = after[WARM - 1 :]
    own, resident = [one.own_mb for one in warm], [one.resident_mb for one in warm]
    apart = len(warm) // 2
    slopes = [100 * (later - earlier) / apart for earlier, later in zip(own, own[apart:], strict=False)]
    plain = f"after {WARM} of {len(after)} questions"
    return (
        Figure.of(SECTION, "resident", "MB", resident[-_WINDOW:], plain=plain, beside=resident[:_WINDOW]),
        Figure.of(SECTION, "own", "MB", own[-_WINDOW:], Bar(1.02), plain=plain, beside=own[:_WINDOW]),
        Figure.of(SECTION, "own, in 100 questions", "MB", slopes, Bar(10, "value")),
    )
