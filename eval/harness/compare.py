"""Two runs, or a baseline and a run, case by case.

Only cases that both have scored on a metric count: the change is the mean of their differences, with its paired
bootstrap interval. A case that one of them has no score for is told apart, so that a metric cannot rise by dropping
its hard cases. What only exists for a whole set (the F1 of refusals) is compared as it is, without an interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eval.cases.records import CaseResult, Interval, Run
from eval.harness.scoring import LOWER_IS_BETTER
from eval.metrics.statistics import paired_bootstrap

Scores = Mapping[str, Mapping[str, float]]
"""Metric to case id to score."""

SAME = 1e-9
# A metric that loses this share of the cases it was measured on has fallen, whatever its mean over the others.
MOST_UNSCORED = 0.25


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: its scores, its aggregates, and the cases it was asked."""

    name: str
    scores: Scores
    aggregates: Mapping[str, Interval]
    cases: tuple[str, ...]
    tolerances: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """How one metric moved from A to B. `wins` and `losses` are case ids, the largest move first.

    `unscored` are the cases that A has a score for and B has none. `better` is +1 where more is better, -1 where
    less is. `tolerance` (None: not gated) is the fall of the mean that is let pass. `paired` is false for a metric
    of the whole set.
    """

    metric: str
    mean_a: float
    mean_b: float
    change: Interval
    wins: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    unscored: tuple[str, ...] = ()
    better: int = 1
    tolerance: float | None = None
    paired: bool = True

    @property
    def fell(self) -> bool:
        """Whether it is gated and worse than the tolerance allows."""
        if self.tolerance is None:
            return False
        if len(self.unscored) > MOST_UNSCORED * (self.change.n + len(self.unscored)):
            return True
        return -self.better * self.change.mean > self.tolerance + SAME

    @property
    def certain(self) -> bool:
        """Whether the interval of the change leaves zero out."""
        return self.paired and self.change.n > 0 and not self.change.low <= 0 <= self.change.high


def side_of(run: Run) -> Side:
    """A run as one side of a comparison."""
    cases = tuple(result.id for result in run.results)
    return Side(run.name, scores_of(run.results), run.aggregates, cases)


def scores_of(results: Sequence[CaseResult]) -> dict[str, dict[str, float]]:
    """The scores of a run by metric and case."""
    scores: dict[str, dict[str, float]] = {}
    for result in results:
        for metric, score in result.scores.items():
            scores.setdefault(metric, {})[result.id] = score
    return scores


def compare(a: Side, b: Side, tolerances: Mapping[str, float], seed: int = 0) -> tuple[Difference, ...]:
    """Each metric that A and B share, and each that is gated, in A's order; those of whole sets after them.

    Metrics of whole sets are compared when both were asked the same cases, and only the gated ones.
    """
    by_case = [
        _by_case(metric, a.scores[metric], b.scores.get(metric, {}), tolerances.get(metric), seed)
        for metric in a.scores
        if metric in b.scores or metric in tolerances
    ]
    if set(a.cases) != set(b.cases):
        return tuple(by_case)
    of_sets = [metric for metric in tolerances if metric in a.aggregates and metric not in a.scores]
    return (*by_case, *(_of_set(metric, a.aggregates[metric], b.aggregates, tolerances[metric]) for metric in of_sets))


def _by_case(
    metric: str, a: Mapping[str, float], b: Mapping[str, float], tolerance: float | None, seed: int
) -> Difference:
    paired = [id_ for id_ in a if id_ in b]
    better = _better(metric)
    moves = sorted(((better * (b[id_] - a[id_]), id_) for id_ in paired), key=lambda move: -abs(move[0]))
    return Difference(
        metric=metric,
        mean_a=_mean([a[id_] for id_ in paired]),
        mean_b=_mean([b[id_] for id_ in paired]),
        change=paired_bootstrap([a[i] for i in paired], [b[i] for i in paired], seed) or Interval(0.0, 0.0, 0.0, 0),
        wins=tuple(id_ for move, id_ in moves if move > SAME),
        losses=tuple(id_ for move, id_ in moves if move < -SAME),
        unscored=tuple(id_ for id_ in a if id_ not in b),
        better=better,
        tolerance=tolerance,
    )


def _of_set(metric: str, a: Interval, b: Mapping[str, Interval], tolerance: float) -> Difference:
    better = _better(metric)
    # One that B lacks has nothing left to be measured on: as bad as it can be.
    after = b[metric].mean if metric in b else (0.0 if better > 0 else float("inf"))
    move = after - a.mean
    return Difference(
        metric, a.mean, after, Interval(move, move, move, a.n), better=better, tolerance=tolerance, paired=False
    )


def _better(metric: str) -> int:
    return -1 if metric.split("/", maxsplit=1)[0] in LOWER_IS_BETTER else 1


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def table(differences: Sequence[Difference], *, most_cases: int = 12) -> str:
    """The comparison as text: a line a metric, under it the cases that moved."""
    width = max((len(difference.metric) for difference in differences), default=6)
    lines = [
        f"{'metric':<{width}}  {'A':>7}  {'B':>7}  {'change':>7}  {'95 % interval':<16}    n  wins losses  verdict"
    ]
    for d in differences:
        interval = f"[{d.change.low:+.3f}, {d.change.high:+.3f}]" if d.paired else ""
        lines.append(
            f"{d.metric:<{width}}  {d.mean_a:>7.3f}  {d.mean_b:>7.3f}  {d.change.mean:>+7.3f}  {interval:<16} "
            f"{d.change.n:>4} {len(d.wins):>5} {len(d.losses):>6}  {verdict(d)}"
        )
        for label, ids in (("won", d.wins), ("lost", d.losses), ("no score in B", d.unscored)):
            if ids:
                more = f" and {len(ids) - most_cases} more" if len(ids) > most_cases else ""
                lines.append(f"{'':<{width}}  {label}: {', '.join(ids[:most_cases])}{more}")
    return "\n".join(lines)


def verdict(difference: Difference) -> str:
    """A word or two on a difference."""
    if difference.fell:
        return f"FELL beyond {difference.tolerance:g}"
    if abs(difference.change.mean) <= SAME:
        return "even" if difference.wins else "same"
    direction = "better" if difference.better * difference.change.mean > 0 else "worse"
    return direction if difference.certain or not difference.paired else f"{direction}, within chance"
