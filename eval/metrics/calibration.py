"""Whether a stated probability comes true as often as it says.

Ten bins of equal width, the last one with 1.0 in it: Naeini et al. 2015, Obtaining Well Calibrated Probabilities
Using Bayesian Binning, https://doi.org/10.1609/aaai.v29i1.9602. Limit: with few cases a bin the error is biased
upwards, so it compares runs on the same cases better than it stands alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.metrics.statistics import Values

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Probabilities from `low` up to `high`: their mean, the share that came true, and how many they are."""

    low: float
    high: float
    confidence: float
    accuracy: float
    n: int


def calibration_curve(confidences: Sequence[float], outcomes: Sequence[bool], bins: int = BINS) -> tuple[Bin, ...]:
    """The bins that hold something, from low to high: the reliability diagram.

    DeGroot and Fienberg 1983, https://doi.org/10.2307/2987588. Raises ValueError when lengths differ.
    """
    placed: dict[int, list[tuple[float, bool]]] = {}
    for confidence, outcome in zip(confidences, outcomes, strict=True):
        placed.setdefault(bin_of(confidence, bins), []).append((confidence, outcome))
    return tuple(
        Bin(
            low=i / bins,
            high=(i + 1) / bins,
            confidence=sum(confidence for confidence, _ in pairs) / len(pairs),
            accuracy=sum(outcome for _, outcome in pairs) / len(pairs),
            n=len(pairs),
        )
        for i, pairs in sorted(placed.items())
    )


def expected_calibration_error(
    confidences: Sequence[float], outcomes: Sequence[bool], bins: int = BINS
) -> float | None:
    """The mean over cases of the distance, in the case's bin, of mean confidence and share that came true; 0 is best.

    None without cases.
    """
    if not confidences:
        return None
    curve = calibration_curve(confidences, outcomes, bins)
    return sum(part.n * abs(part.accuracy - part.confidence) for part in curve) / len(confidences)


def bin_of(confidence: float, bins: int = BINS) -> int:
    """The number of the bin of `confidence`."""
    return min(int(confidence * bins), bins - 1)


def residual_row(confidence: float, outcome: bool, bins: int = BINS) -> list[float]:
    """Outcome minus confidence in the place of the case's bin, zero in the others: what `error_of_rows` sums."""
    return [outcome - confidence if i == bin_of(confidence, bins) else 0.0 for i in range(bins)]


def error_of_rows(samples: Values) -> Values:
    """The same error for samples (draws, cases, bins) of such rows: n |accuracy - confidence| is the bin's |sum|."""
    return np.asarray(np.abs(samples.mean(axis=1)).sum(axis=-1))


def roc_area(scores: Sequence[float], outcomes: Sequence[bool]) -> float | None:
    """The chance that a score of what came true is above one of what did not, equal ones half: the area under the ROC.

    Hanley and McNeil 1982, https://doi.org/10.1148/radiology.143.1.7063747. None where all outcomes are alike.
    """
    values, told = np.asarray(scores, np.float64), np.asarray(outcomes, np.bool_)
    positive, negative = int(told.sum()), int((~told).sum())
    if not positive or not negative:
        return None
    below = np.searchsorted(np.sort(values[~told]), values[told], "left").sum()
    upto = np.searchsorted(np.sort(values[~told]), values[told], "right").sum()
    return float(below + upto) / (2 * positive * negative)
