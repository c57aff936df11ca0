"""The values of the evaluation: a case of a set, what the product returned for it, and a whole run. All frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Expected = Literal["answer", "refuse", "refuse_or_correct", "chat"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A verbatim quote of a document that supports the answer; `spans` are all its places in it (code points)."""

    file: str
    quote: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One question of a set with what a right answer holds. `half` is "tune" or "test", by a stable hash of the id."""

    id: str
    question: str
    lang: str
    type: str
    history: tuple[Mapping[str, str], ...]
    answerable: bool
    expected: Expected
    answers: tuple[str, ...]
    must_include: tuple[tuple[str, ...], ...]
    must_not_include: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    half: Literal["tune", "test"]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came back for a case: the JSON objects of `rag search` (passages, sentences) and `rag ask`, and its scores.

    `answer` is None in a retrieval-only run. A metric that does not apply to the case (no gold, a refusal) is
    absent from `scores`, never zero. `timings` are the seconds that search and evidence took; those of the answer
    are in it.
    """

    id: str
    search: Mapping[str, Any]
    evidence: Mapping[str, Any]
    answer: Mapping[str, Any] | None
    scores: Mapping[str, float]
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over `n` cases with its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Run:
    """A whole run: what was measured, with which settings and models, per case and in aggregate."""

    name: str
    set: str
    created: str
    seed: int
    settings: Mapping[str, Any]
    versions: Mapping[str, str]
    models: Mapping[str, str]
    corpus_digest: str
    aggregates: Mapping[str, Interval]
    results: tuple[CaseResult, ...]
    extra: Mapping[str, Any] = field(default_factory=dict)
