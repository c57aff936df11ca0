"""Decisions over real articles with a generator that always says the same, so that one signal changes at a time."""

from __future__ import annotations

import pytest

from rag.answering.decision import (
    ALONE,
    FOREIGN_ALONE,
    FOREIGN_WITH_GENERATOR,
    WITH_GENERATOR,
    Decider,
    Signals,
    Verdict,
    Weights,
)
from rag.config import Settings
from rag.indexing.build import build_index
from rag.retrieval.evidence import quotations
from rag.retrieval.retriever import Retriever
from rag.store.index import open_index
from rag.text.language import detect_language
from tests.support.doubles import BagEmbedder, ScriptedGenerator
from tests.support.paths import SEEDS

QUESTION = "Quelles conditions pose Berlin ?"


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    target = tmp_path_factory.mktemp("decision") / "ix"
    embedder = BagEmbedder(dimension=512)
    build_index([SEEDS], target, embedder, Settings())
    return Retriever(open_index(target), embedder)


def decide(retriever: Retriever, question: str, yes: float | None = 0.5) -> Verdict:
    found = retriever.find(question, 8, 60)
    hits, ranked = found.passages, found.sentences
    decider = Decider(retriever.index, None if yes is None else ScriptedGenerator(yes=yes))
    judged = decider.judged(question, detect_language(question), quotations(retriever.index, ranked, 3))
    return decider.decide(question, detect_language(question), hits, ranked, judged)


def test_the_generators_yes_counts(retriever: Retriever) -> None:
    low, middle, high = (decide(retriever, QUESTION, yes).probability for yes in (0.01, 0.5, 0.99))
    assert 0 <= low < middle < high <= 1


@pytest.mark.parametrize("yes", [0.5, None])
def test_evidence_counts_with_and_without_a_generator(retriever: Retriever, yes: float | None) -> None:
    near = decide(retriever, "Quelles sont les trois conditions préalables de Berlin aux garanties de sécurité ?", yes)
    far = decide(retriever, "Quelle recette de tarte aux pommes préfèrent les boulangers ?", yes)
    assert near.probability > far.probability
    assert far.reason == "off_topic"
    assert near.reason == "not_stated"


@pytest.mark.parametrize("yes", [0.5, None])
def test_an_unknown_name_counts_against_an_answer(retriever: Retriever, yes: float | None) -> None:
    known = decide(retriever, "Que veut, selon Emmanuel Macron, la coalition des volontaires ?", yes)
    unknown = decide(retriever, "Que veut, selon Narcisse Babylone, la coalition des volontaires ?", yes)
    assert unknown.probability < known.probability
    assert unknown.reason == "unknown_name"
    assert " ".join(unknown.names) == "Narcisse Babylone"
    assert known.names == ()


@pytest.mark.parametrize(
    "question",
    [
        "Que dit Emmanuel Macron ?",
        "Que dit emmanuel macron ?",
        "Que dit Volodymyr Zelenskyy ?",
        "Que dit Friedrich Mertz ?",
        "Que fait la Coalition des Volontaires ?",
        "Que veut l'Allemagne pour l'Ukraine ?",
        "What does Joe Biden say about the coalition of the willing?",
    ],
)
def test_names_that_are_held_or_misspelt_or_of_another_language_are_not_unknown(
    retriever: Retriever, question: str
) -> None:
    verdict = decide(retriever, question)
    assert verdict.names == ()
    assert verdict.reason != "unknown_name"


def test_without_evidence_nothing_is_answered(retriever: Retriever) -> None:
    generator = ScriptedGenerator(yes=0.99)
    assert Decider(retriever.index, generator).decide(QUESTION, "fr", [], [], []) == Verdict(0.0, "off_topic")


WEIGHTS = [WITH_GENERATOR, ALONE, FOREIGN_WITH_GENERATOR, FOREIGN_ALONE]


@pytest.mark.parametrize("weights", WEIGHTS, ids=["with generator", "alone", "foreign with generator", "foreign alone"])
def test_better_evidence_never_makes_an_answer_less_likely(weights: Weights) -> None:
    worst = Signals(margin=-8.0, cosine=0.5, coverage=0.0, unknown=2, foreign=False)
    best = Signals(margin=8.0, cosine=0.95, coverage=1.0, unknown=0, foreign=False)
    assert 0 <= weights.probability(worst) < 0.1
    assert 0.9 < weights.probability(best) <= 1


def test_what_the_generator_wrote_moves_the_decision_both_ways() -> None:
    before = Verdict(0.5, "not_stated")
    assert before.after_writing(False).probability < 0.5 < before.after_writing(True).probability
    assert before.after_writing(True).reason == "not_stated"
    assert Verdict(0.0, "off_topic").after_writing(True).probability == 0.0
    assert Verdict(1.0, "not_stated").after_writing(False).probability > 0.99
