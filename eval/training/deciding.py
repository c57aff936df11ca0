"""The probability that the articles answer, fitted and checked on questions that the reader was not trained on.

Questions of the articles held out are asked of an index with these articles and of one without them: what was
answerable is not any more. A set over the user's own articles adds questions near what they tell. The regression is
fitted on one half of the articles and one half of the set, and measured on the others.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.cases.records import Case
from eval.metrics.calibration import expected_calibration_error, roc_area
from eval.training.material import Material, Question
from rag.config import Settings
from rag.domain import Hit
from rag.retrieval import EVIDENCE_PASSAGES, Retriever, Signals, signals
from rag.runtime import build, open_retrieval

Values = NDArray[np.float64]
SIGNALS = tuple(field.name for field in fields(Signals))
THRESHOLD = 0.5
_RIDGE = 1.0
_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Observation:
    """What the reader's scores were for a question of `group`, and whether the articles answer it.

    `fitted`: the regression may see it.
    """

    group: str
    values: tuple[float, ...]
    answerable: bool
    fitted: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """A regression over `SIGNALS`, and how it does on what it was not fitted on, by group."""

    bias: float
    weights: Mapping[str, float]
    figures: Mapping[str, Mapping[str, float | None]]


def observe_articles(
    material: Material,
    work: Path,
    settings: Settings,
    questions: Sequence[tuple[Question, str]],
    on: Callable[[], None],
) -> Iterator[Observation]:
    """Each question asked with its article there, and without all articles that are held out."""
    there, _ = open_retrieval(settings.model_copy(update={"index": work / "index", "store": ""}))
    gone, _ = open_retrieval(_without_held_out(material, work, settings))
    for question, language in questions:
        fitted = hashlib.sha256(question.article.encode()).digest()[0] % 2 == 0
        for retriever, answerable in ((there, True), (gone, False)):
            yield _observed("articles", retriever, question.text[language], answerable, fitted)
        on()


def observe_set(cases: Sequence[Case], settings: Settings, on: Callable[[], None]) -> Iterator[Observation]:
    """The cases that are asked without a conversation before them, in the index of `settings`."""
    retriever, _ = open_retrieval(settings)
    for case in cases:
        if case.expected in ("answer", "refuse") and not case.history:
            yield _observed("set", retriever, case.question, case.answerable, case.half == "tune")
        on()


def decide(observations: Sequence[Observation]) -> Decision:
    """The regression fitted on what is to be fitted on, each group counting the same."""
    fitted = [one for one in observations if one.fitted]
    x = np.array([one.values for one in fitted])
    y = np.array([one.answerable for one in fitted], np.float64)
    groups = [one.group for one in fitted]
    share = np.array([len(fitted) / len(set(groups)) / groups.count(group) for group in groups])
    bias, *weights = logistic(x, y, share)
    told: dict[str, dict[str, float | None]] = {}
    for group in sorted({one.group for one in observations}):
        others = [one for one in observations if one.group == group and not one.fitted]
        told[group] = _figures(others, bias, np.array(weights))
    return Decision(float(bias), dict(zip(SIGNALS, map(float, weights), strict=True)), told)


def logistic(x: Values, y: Values, share: Values) -> Values:
    """Bias and weights float64 [1 + columns] that make outcomes `y` likeliest, by Newton's method with a small ridge.

    Columns are standardised first, so that the ridge is the same to all, and the result is for `x` as it is.
    """
    mean, spread = x.mean(0), np.maximum(x.std(0), 1e-9)
    design = np.column_stack([np.ones(len(x)), (x - mean) / spread])
    ridge = np.diag([0.0, *[_RIDGE] * x.shape[1]])
    beta = np.zeros(design.shape[1])
    for _ in range(_ROUNDS):
        p = 1 / (1 + np.exp(-design @ beta))
        gradient = design.T @ (share * (y - p)) - ridge @ beta
        hessian = (design * (share * p * (1 - p))[:, None]).T @ design + ridge
        change = np.linalg.solve(hessian, gradient)
        beta = beta + change
        if np.abs(change).max() < 1e-8:
            break
    weights = beta[1:] / spread
    return np.array([beta[0] - float(weights @ mean), *weights])


def _figures(observations: Sequence[Observation], bias: float, weights: Values) -> dict[str, float | None]:
    told = [one.answerable for one in observations]
    said = [float(1 / (1 + np.exp(-(bias + weights @ np.array(one.values))))) for one in observations]
    areas = {
        f"area.{name}": roc_area([one.values[place] for one in observations], told)
        for place, name in enumerate(SIGNALS)
    }
    there = [p >= THRESHOLD for p, answerable in zip(said, told, strict=True) if answerable]
    gone = [p < THRESHOLD for p, answerable in zip(said, told, strict=True) if not answerable]
    return {
        "questions": len(observations),
        "area": roc_area(said, told),
        "calibration_error": expected_calibration_error(said, told),
        "answered": float(np.mean(there)) if there else None,
        "refused": float(np.mean(gone)) if gone else None,
        **areas,
    }


def _observed(group: str, retriever: Retriever, question: str, answerable: bool, fitted: bool) -> Observation:
    hits: Sequence[Hit] = retriever.find(question, EVIDENCE_PASSAGES).passages
    found = signals(hits)
    if found is None:
        raise ValueError("nothing was read: the reader is switched off, or the index is empty")
    return Observation(group, astuple(found), answerable, fitted)


def _without_held_out(material: Material, work: Path, settings: Settings) -> Settings:
    """Settings that name an index without the articles that are held out, made once of the one with all."""
    own = settings.model_copy(update={"index": work / "index-without", "store": ""})
    articles = work / "articles-without"
    if articles.exists():
        return own
    articles.mkdir()
    held_out = {question.article for question in material.questions if question.held_out}
    for document, title in material.titles.items():
        if title not in held_out:
            shutil.copyfile(work / "articles" / document, articles / document)
    shutil.copytree(work / "index", own.index)  # the vectors of what stays are in it
    build([articles], own, replace=True)
    return own
