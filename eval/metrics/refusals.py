"""Refusing as a classifier: whether the system refuses what it should, and only that.

Precision, recall and F1 as van Rijsbergen 1979, Information Retrieval, chapter 7, http://www.dcs.gla.ac.uk/Keith/;
applied to unanswerable questions as in Rajpurkar et al. 2018 (SQuAD 2.0), https://arxiv.org/abs/1806.03822.
A refusal is an answer whose `answered` is false. They are properties of a whole set, so they are computed from one
row of counts a case, summed: the last three functions are statistics for `eval.metrics.statistics.bootstrap`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from eval.cases.records import Expected
from eval.metrics.statistics import Values


class Counts(NamedTuple):
    """Of refusals: `hits` rightly made, `alarms` wrongly made, `misses` wrongly not made."""

    hits: int
    alarms: int
    misses: int


def counts(expected: Expected, *, answered: bool, right: bool) -> Counts:
    """What one case adds. `right` matters only for "refuse_or_correct".

    Positives are cases that expect "refuse" or "chat". One that expects "refuse_or_correct" is a positive when it
    was refused (a hit) or answered without the correction (a miss); rightly corrected, it is a negative that was
    rightly not refused and adds nothing.
    """
    if expected == "answer":
        return Counts(0, int(not answered), 0)
    if not answered:
        return Counts(1, 0, 0)
    return Counts(0, 0, int(not (expected == "refuse_or_correct" and right)))


def precision(samples: Values) -> Values:
    """The share of the refusals that were right, hits / (hits + alarms). NaN when nothing was refused."""
    hits, alarms, _ = _sums(samples)
    return _share(hits, hits + alarms)


def recall(samples: Values) -> Values:
    """The share of what should be refused that was, hits / (hits + misses). NaN when nothing should be."""
    hits, _, misses = _sums(samples)
    return _share(hits, hits + misses)


def f1(samples: Values) -> Values:
    """The harmonic mean of both, 2 hits / (2 hits + alarms + misses). NaN when there is neither."""
    hits, alarms, misses = _sums(samples)
    return _share(2 * hits, 2 * hits + alarms + misses)


def _sums(samples: Values) -> tuple[Values, Values, Values]:
    sums = samples.sum(axis=1)
    return sums[:, 0], sums[:, 1], sums[:, 2]


def _share(part: Values, whole: Values) -> Values:
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)
