"""Listwise logistic regression: the weights of views under which what is relevant comes first.

The candidates of a question are a list. Their probabilities are a softmax over the weighted sums of their views, and
the weights maximise the probability of the relevant ones together, with a small L2 penalty (the top-one likelihood of
Cao et al. 2007, "Learning to rank: from pairwise approach to listwise approach"). Only views and their weights enter:
what was fitted can be written down in one line and read.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.metrics.retrieval import Found, ndcg_at, recall_at
from rag.retrieval import order

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]
FOLDS = 5
L2 = 1e-3
METRICS = ("recall@1", "recall@5", "recall@10", "ndcg@10")


@dataclass(frozen=True, slots=True)
class Candidates:
    """What was found for one question: `views` float64 [candidates, views], standardised.

    `found` says which pieces of evidence each candidate holds, of `total`; `group` is the document that the question
    is about.
    """

    views: Values
    found: Found
    total: int
    group: str


def fit(lists: Sequence[Candidates], l2: float = L2) -> Values:
    """The weights, float64 [views]. Lists without a relevant candidate teach nothing and are left out.

    Raises ValueError when none is left.
    """
    told = [some for some in lists if any(some.found)]
    if not told:
        raise ValueError("no list has a relevant candidate")
    import torch  # noqa: PLC0415 (slow, and only this needs it)

    views, relevant, present = map(torch.from_numpy, _padded(told))
    weights = torch.zeros(views.shape[-1], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        scores = (views @ weights).masked_fill(~present, -math.inf)
        of_relevant = torch.logsumexp(scores.masked_fill(~relevant, -math.inf), 1)
        value = (torch.logsumexp(scores, 1) - of_relevant).mean() + l2 * (weights**2).sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return np.asarray(weights.detach().numpy(), np.float64)


def cross_validated(lists: Sequence[Candidates], folds: int = FOLDS, seed: int = 0) -> list[Values]:
    """For each list its candidates' scores, float64 [candidates], by weights fitted without its group.

    Raises ValueError when there is no second group.
    """
    fold_of = _folds([some.group for some in lists], folds, seed)
    weights = {
        fold: fit([some for some in lists if fold_of[some.group] != fold]) for fold in sorted(set(fold_of.values()))
    }
    return [some.views @ weights[fold_of[some.group]] for some in lists]


def without(lists: Sequence[Candidates], view: int) -> list[Candidates]:
    """The same lists, the view in the column `view` left out."""
    return [
        Candidates(np.delete(some.views, view, axis=1), some.found, some.total, some.group) for some in lists
    ]  # fmt: skip


def measured(lists: Sequence[Candidates], scores: Sequence[Values]) -> dict[str, list[float]]:
    """Each of `METRICS` for each list, its candidates ranked by `scores`."""
    rows: dict[str, list[float]] = {name: [] for name in METRICS}
    for some, values in zip(lists, scores, strict=True):
        ranked = [some.found[i] for i in order(values)]
        for name, values_so_far in rows.items():
            measure = recall_at if name.startswith("recall") else ndcg_at
            values_so_far.append(measure(int(name.partition("@")[2]), ranked, some.total) or 0.0)
    return rows


def _folds(groups: Sequence[str], folds: int, seed: int) -> dict[str, int]:
    """Each group's fold: as many groups in each as can be, drawn by `seed`."""
    known = sorted(set(groups))
    random.Random(seed).shuffle(known)
    return {group: place % folds for place, group in enumerate(known)}


def _padded(lists: Sequence[Candidates]) -> tuple[Values, Flags, Flags]:
    """Views float64 [lists, most, views], and bool [lists, most]: which are relevant, which are there at all."""
    most = max(len(some.found) for some in lists)
    views = np.zeros((len(lists), most, lists[0].views.shape[1]))
    relevant, present = np.zeros((2, len(lists), most), bool)
    for row, some in enumerate(lists):
        count = len(some.found)
        views[row, :count] = some.views
        relevant[row, :count] = [bool(pieces) for pieces in some.found]
        present[row, :count] = True
    return views, relevant, present
