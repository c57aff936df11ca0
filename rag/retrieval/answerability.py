"""How likely it is that the articles answer a question, from what the reader made of the best passages.

A logistic regression (Platt 1999, "Probabilistic outputs for support vector machines") over two of its scores, each the
highest of the passages read, and the cosine of question and best passage. `python -m eval train decision` fits it on
articles that the reader was not trained on; the page on the reader says on what, and how it does on others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from rag.domain import Hit

BIAS = -24.0
_FARTHEST = 30.0


@dataclass(frozen=True, slots=True)
class Signals:
    """The highest of each score over the passages that were read."""

    relevance: float
    margin: float
    cosine: float


WEIGHTS = Signals(relevance=0.559, margin=0.089, cosine=29.74)


def signals(hits: Sequence[Hit]) -> Signals | None:
    """Those of `hits`; None where the reader read none of them."""
    readings = [hit.reading for hit in hits if hit.reading]
    if not readings:
        return None
    return Signals(
        relevance=max(reading.relevance for reading in readings),
        margin=max(reading.margin for reading in readings),
        cosine=max(hit.parts.get("dense", 0.0) for hit in hits),
    )


def answerable(hits: Sequence[Hit]) -> float | None:
    """The probability, 0..1, that one of `hits` answers; None where the reader read none of them."""
    found = signals(hits)
    if found is None:
        return None
    within = (max(-_FARTHEST, min(_FARTHEST, value)) for value in astuple(found))
    odds = BIAS + sum(weight * value for weight, value in zip(astuple(WEIGHTS), within, strict=True))
    return 1 / (1 + math.exp(-odds))
