"""What a search loses when the same question is typed badly: variants against their originals, pair by pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eval.cases.records import Case, Interval
from eval.cases.variants import VARIANTS, original_id, vary
from eval.harness.runner import System, Tally
from eval.metrics.retrieval import recall_at
from eval.metrics.spans import found_by
from eval.metrics.statistics import paired_bootstrap
from rag.domain import Turn

K = 5
MOST_POINTS = 5.0
"""The loss of recall, in points of a hundred, that a kind of variant may cost."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One kind of variant: recall@5 of the originals it was made of and of itself, and the change between them.

    `change` is in points of a hundred. `lost` and `won` are the variants that alone miss, or alone find, evidence.
    """

    kind: str
    original: float
    variant: float
    change: Interval
    lost: tuple[Case, ...]
    won: tuple[Case, ...]

    @property
    def passed(self) -> bool:
        """Whether the loss is within `MOST_POINTS`."""
        return -self.change.mean <= MOST_POINTS


def losses(
    system: System, cases: Sequence[Case], seed: int, on_case: Callable[[Tally], None] = lambda tally: None
) -> tuple[Loss, ...]:
    """Each kind of variant of the cases that have evidence; a kind that changes no question is left out."""
    told = [case for case in cases if case.evidence]
    varied = {kind: vary(told, kind, seed) for kind in VARIANTS}
    asked = [*told, *(case for some in varied.values() for case in some)]
    recall: dict[str, float] = {}
    for done, case in enumerate(asked, 1):
        recall[case.id] = _recall(system, case)
        on_case(Tally(done, len(asked), {}))
    return tuple(_loss(kind, some, recall, seed) for kind, some in varied.items() if some)


def table(some: Sequence[Loss]) -> str:
    """The losses as lines of text."""
    lines = [
        f"{'recall@5':<10}  questions  original  variant  change in points       lost  won  at most {MOST_POINTS:g}"
    ]
    lines += [
        f"{loss.kind:<10}  {loss.change.n:>9}  {loss.original:>8.3f}  {loss.variant:>7.3f}"
        f"  {loss.change.mean:>+5.1f} [{loss.change.low:+5.1f}, {loss.change.high:+5.1f}]"
        f"  {len(loss.lost):>4}  {len(loss.won):>3}  {'pass' if loss.passed else 'FAIL'}"
        for loss in some
    ]
    return "\n".join(lines)


def _loss(kind: str, variants: Sequence[Case], recall: dict[str, float], seed: int) -> Loss:
    before = [recall[original_id(case.id)] for case in variants]
    after = [recall[case.id] for case in variants]
    change = paired_bootstrap([100 * value for value in before], [100 * value for value in after], seed)
    if change is None:
        raise ValueError("no variants")
    moved = list(zip(variants, before, after, strict=True))
    return Loss(
        kind,
        sum(before) / len(before),
        sum(after) / len(after),
        change,
        tuple(case for case, old, new in moved if new < old),
        tuple(case for case, old, new in moved if new > old),
    )


def _recall(system: System, case: Case) -> float:
    history = [Turn(turn["question"], turn["answer"]) for turn in case.history]
    hits = system.search(case.question, K, history)
    return recall_at(K, found_by((hit.passage for hit in hits), case.evidence), len(case.evidence)) or 0.0
