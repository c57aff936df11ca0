"""How sure a number is: percentile bootstrap over cases, for any statistic of them.

Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13: cases are drawn with replacement, as many as
there are, 1,000 times; the 2.5 % and 97.5 % quantiles of the statistic over these draws are the interval. It covers
the choice of cases and nothing else (not the labels, not a generator's own chance). The draws depend only on the
seed and the number of cases, so that two metrics of the same cases are drawn alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from eval.cases.records import Interval

Values = NDArray[np.float64]
Statistic = Callable[[Values], Values]
"""From samples (draws, cases, …) to one value a draw; NaN where it is not defined."""

RESAMPLES = 1_000
_INTERVAL = (0.025, 0.975)
_AT_ONCE = 2**20  # numbers held at a time


def mean(samples: Values) -> Values:
    """The mean of each sample."""
    return np.asarray(samples.mean(axis=1))


def median(samples: Values) -> Values:
    """The median of each sample."""
    return np.asarray(np.median(samples, axis=1))


def p95(samples: Values) -> Values:
    """The 95th percentile of each sample, interpolated between neighbours (Hyndman and Fan 1996, type 7)."""
    return np.asarray(np.quantile(samples, 0.95, axis=1))


def bootstrap(
    rows: Sequence[float] | Sequence[Sequence[float]] | Values,
    seed: int,
    statistic: Statistic = mean,
    resamples: int = RESAMPLES,
) -> Interval | None:
    """The `statistic` of `rows`, one value or one row of values a case, with its 95 % interval.

    None when there are no rows or the statistic is not defined on them. Draws on which it is not are left out.
    """
    values = np.asarray(rows, np.float64)
    if not len(values):
        return None
    point = float(statistic(values[None])[0])
    if np.isnan(point):
        return None
    drawn = np.concatenate([statistic(samples) for samples in _draws(values, seed, resamples)])
    low, high = np.nanquantile(drawn, _INTERVAL)
    return Interval(point, float(low), float(high), len(values))


def paired_bootstrap(
    first: Sequence[float], second: Sequence[float], seed: int, resamples: int = RESAMPLES
) -> Interval | None:
    """The mean of `second` minus `first`, case by case, with its 95 % interval; None without cases.

    Pairing takes out how hard each case is (Berg-Kirkpatrick et al. 2012, https://aclanthology.org/D12-1091/). The
    difference is beyond chance at 5 % when the interval leaves zero out. Raises ValueError when lengths differ.
    """
    return bootstrap([b - a for a, b in zip(first, second, strict=True)], seed, resamples=resamples)


def _draws(values: Values, seed: int, resamples: int) -> Iterator[Values]:
    """`resamples` samples of `values`, as many at a time as memory allows."""
    generator = np.random.default_rng(seed)
    step = max(1, _AT_ONCE // values.size)
    for start in range(0, resamples, step):
        picks = generator.integers(0, len(values), (min(step, resamples - start), len(values)))
        yield values[picks]
