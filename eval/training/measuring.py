"""How good the reader is on questions that it never saw: what it ranks, what it takes for answered, where it points."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from eval.metrics.answers import contains_gold, token_f1
from eval.metrics.calibration import roc_area
from eval.metrics.retrieval import ndcg_at
from eval.training.material import Material, Place, Question
from eval.training.mining import Finding, Mined
from eval.training.tampering import changed, names_in
from rag.domain import Passage, Reading
from rag.protocols import Reader, ReadText
from rag.retrieval import EVIDENCE_PASSAGES, standardised
from rag.text import sentence_spans

WEIGHTS = (0.0, 0.5, 1.0, 2.0, 4.0, 64.0)
"""Of the reader's score beside the product's own, both standardised: from the product alone to the reader alone."""
OnQuestion = Callable[[int, int], None]


def measure(
    reader: Reader,
    material: Material,
    mined: Mined,
    questions: Sequence[tuple[Question, str]],
    on_question: OnQuestion = lambda done, total: None,
) -> dict[str, float]:
    """Means over `questions`, each with the language in which it is asked.

    `passages.…` and `sentences.…` give for each of `WEIGHTS` whether what comes first (in the best two, three) holds
    the answer; `area.…` the area under the ROC curve of what tells a question whose article is there from one whose
    article was taken away, and from one that had a name or a number changed; `span.…` of the likeliest answer.
    """
    rows: dict[str, list[float]] = {}
    signals: dict[str, list[tuple[float, bool]]] = {}
    names = sorted({name for question, language in questions for name in names_in(question.text[language], language)})
    for done, (question, language) in enumerate(questions):
        on_question(done, len(questions))
        found = mined.found[question.id, language]
        gold = [place for places in question.answers.values() for place in places]
        passages = [mined.passages[id_] for id_ in found.passages[:EVIDENCE_PASSAGES]]
        readings = reader.read(question.text[language], [_shown(passage, material) for passage in passages])
        for name, value in _ranked(passages, readings, found, gold).items():
            rows.setdefault(name, []).append(value)
        golds = [material.documents[document][start:end] for document, start, end in gold]
        for name, value in _pointed(passages, readings, golds).items():
            rows.setdefault(name, []).append(value)
        away = [
            mined.passages[id_]
            for id_ in found.passages
            if material.titles[mined.passages[id_].document] != question.article
        ][:EVIDENCE_PASSAGES]
        gone = reader.read(question.text[language], [_shown(passage, material) for passage in away])
        if any(_holds(passage, gold) for passage in passages):
            _tell(signals, "article", readings, there=True)
            _tell(signals, "article", gone, there=False)
        home = next((passage for passage in passages if _holds(passage, gold)), None)
        other = home and changed(question.text[language], language, home.text, names, random.Random(question.id))
        if home and other:
            _tell(signals, "changed", [readings[passages.index(home)]], there=True)
            _tell(signals, "changed", reader.read(other, [_shown(home, material)]), there=False)
    means = {name: float(np.mean(values)) for name, values in rows.items()}
    areas = {f"area.{name}": roc_area(*map(list, zip(*pairs, strict=True))) for name, pairs in signals.items()}
    return {"questions": float(len(questions)), **means, **{k: v for k, v in areas.items() if v is not None}}


def _shown(passage: Passage, material: Material) -> ReadText:
    return ReadText(passage.text, material.titles[passage.document], sentence_spans(passage.text))


def _holds(passage: Passage, gold: Sequence[Place]) -> bool:
    return any(
        passage.document == document and passage.start < end and start < passage.end for document, start, end in gold
    )


def _ranked(
    passages: Sequence[Passage], readings: Sequence[Reading], found: Finding, gold: Sequence[Place]
) -> dict[str, float]:
    """Whether the right passage, and the right sentence, come first under each weight."""
    right = [_holds(passage, gold) for passage in passages]
    own = standardised(np.array(found.scores[: len(passages)]))
    theirs = standardised(np.array([reading.relevance for reading in readings]))
    made: dict[str, float] = {}
    for weight in WEIGHTS:
        order = np.argsort(-(own + weight * theirs), kind="stable")
        ranked = [frozenset({0}) if right[place] else frozenset[int]() for place in order]
        made[f"passages.first.{weight:g}"] = float(bool(ranked and ranked[0]))
        made[f"passages.ndcg.{weight:g}"] = ndcg_at(EVIDENCE_PASSAGES, ranked, 1) or 0.0
    worth = _worth(passages, readings)
    sentences = [row for row in found.sentences if (row[0], row[1]) in worth]
    if not sentences:
        return made
    right = [any(s[0] == d and s[1] < end and start < s[2] for d, start, end in gold) for s in sentences]
    own = standardised(np.array([row[3] for row in sentences]))
    theirs = standardised(np.array([worth[row[0], row[1]] for row in sentences]))
    for weight in WEIGHTS:
        order = np.argsort(-(own + weight * theirs), kind="stable")
        for best in (1, 2, 3):
            made[f"sentences.{best}.{weight:g}"] = float(any(right[place] for place in order[:best]))
    return made


def _worth(passages: Sequence[Passage], readings: Sequence[Reading]) -> Mapping[tuple[str, int], float]:
    """What each sentence is worth, by document and offset: in the passage where that is most."""
    worth: dict[tuple[str, int], float] = {}
    for passage, reading in zip(passages, readings, strict=True):
        for (start, _), score in zip(sentence_spans(passage.text), reading.sentences, strict=True):
            key = passage.document, passage.start + start
            worth[key] = max(worth.get(key, -np.inf), float(score))
    return worth


def _pointed(passages: Sequence[Passage], readings: Sequence[Reading], golds: Sequence[str]) -> dict[str, float]:
    """The words that the likeliest span of all passages shares with the answer, and whether it holds it."""
    best = max(zip(passages, readings, strict=True), key=lambda pair: pair[1].margin, default=None)
    if best is None:
        return {"span.f1": 0.0, "span.holds": 0.0}
    start, end = best[1].span
    said = best[0].text[start:end]
    return {"span.f1": token_f1(said, golds) or 0.0, "span.holds": contains_gold(said, golds) or 0.0}


def _tell(signals: dict[str, list[tuple[float, bool]]], kind: str, readings: Sequence[Reading], *, there: bool) -> None:
    for name, value in (
        ("relevance", max((reading.relevance for reading in readings), default=-99.0)),
        ("sentence", max((max(reading.sentences, default=-99.0) for reading in readings), default=-99.0)),
        ("margin", max((reading.margin for reading in readings), default=-99.0)),
    ):
        signals.setdefault(f"{kind}.{name}", []).append((value, there))
