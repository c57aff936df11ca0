"""The weights of both stages of the ranking against those that a set of labelled questions would give.

A question's candidates are those that the product finds, with the views that it weighs; the second stage has the best
of the first by the weights in use, as in a search. Periods, newest days and a user's cross-encoder are left aside:
they are views that only some questions have. Nothing is written: whether new weights are better on other questions
too is for a person to judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.cases.records import Case, Interval
from eval.metrics.spans import found_by
from eval.metrics.statistics import paired_bootstrap
from eval.studies.listwise import METRICS, Candidates, Values, cross_validated, fit, measured, without
from rag.domain import Passage
from rag.retrieval import FIRST_WEIGHTS, RERANKED, SECOND_WEIGHTS, Retriever, Scores, combine, order, standardised

Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ranking:
    """One way to weigh the views: the mean of each metric, and how its nDCG@10 differs from that of those in use."""

    name: str
    means: Mapping[str, float]
    change: Interval | None


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: weights in use and refitted on all questions, and what each way to weigh is worth."""

    name: str
    in_use: Weights
    refitted: Weights
    rankings: tuple[Ranking, ...]


def candidates(retriever: Retriever, case: Case) -> tuple[Candidates, Candidates]:
    """What both stages weigh for a case that has evidence."""
    query = retriever.read(case.question)
    passages, parts = retriever.views(query)
    first = order(combine(parts, FIRST_WEIGHTS))[:RERANKED]
    best = [passages[i] for i in first]
    late = {name: values[first] for name, values in parts.items()} | {"late": retriever.late(query, best)}
    return _listed(case, passages, parts, FIRST_WEIGHTS), _listed(case, best, late, SECOND_WEIGHTS)


def study(name: str, lists: Sequence[Candidates], in_use: Weights, seed: int = 0) -> Stage:
    """The stage `name` of `lists`, whose views are those of `in_use` in its order.

    Refitted weights are measured on documents that they were not fitted on. Raises ValueError when the questions are
    about fewer than two documents, or none has a relevant candidate.
    """
    told = dict(_ways(lists, in_use, seed))
    present = told["in use"]
    return Stage(
        name,
        in_use,
        dict(zip(in_use, map(float, fit(lists)), strict=True)),
        tuple(
            Ranking(
                way,
                {metric: float(np.mean(values)) for metric, values in rows.items()},
                None if rows is present else paired_bootstrap(present["ndcg@10"], rows["ndcg@10"], seed),
            )
            for way, rows in told.items()
        ),
    )


def table(stage: Stage) -> str:
    """The rankings and the weights as lines of text."""
    width = max(len(ranking.name) for ranking in stage.rankings)
    head = f"{stage.name:<{width}}" + "".join(f"  {metric:>9}" for metric in METRICS) + "  ndcg@10 against in use"
    lines = [head]
    for ranking in stage.rankings:
        figures = "".join(f"  {ranking.means[metric]:>9.4f}" for metric in METRICS)
        change = ranking.change
        against = f"  {change.mean:+.4f} [{change.low:+.4f}, {change.high:+.4f}]" if change else ""
        lines.append(f"{ranking.name:<{width}}{figures}{against}")
    lines.append(f"\n{'weights':<{width}}  {'in use':>9}  {'refitted':>9}")
    lines += [f"{view:<{width}}  {weight:>9.2f}  {stage.refitted[view]:>9.2f}" for view, weight in stage.in_use.items()]
    return "\n".join(lines)


def _ways(lists: Sequence[Candidates], in_use: Weights, seed: int) -> Iterator[tuple[str, dict[str, list[float]]]]:
    weights: Values = np.array(list(in_use.values()))
    yield "in use", measured(lists, [some.views @ weights for some in lists])
    yield "refitted", measured(lists, cross_validated(lists, seed=seed))
    for column, view in enumerate(in_use):
        fewer = without(lists, column)
        yield f"refitted without {view}", measured(fewer, cross_validated(fewer, seed=seed))


def _listed(case: Case, passages: Sequence[Passage], parts: Mapping[str, Scores], weights: Weights) -> Candidates:
    return Candidates(
        views=np.stack([standardised(parts[name]) for name in weights], axis=1),
        found=found_by(passages, case.evidence),
        total=len(case.evidence),
        group=case.evidence[0].file,
    )
