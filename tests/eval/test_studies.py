"""The studies over small true systems: what the ranking is fitted on, what variants lose."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from eval.cases.records import Case, Evidence
from eval.cases.sets import load_questions
from eval.errors import MalformedSet
from eval.harness.sources import load_source
from eval.studies.fitting import candidates, study, table as fitting_table
from eval.studies.robustness import losses, table as losses_table
from rag.config import Settings
from rag.domain import Answer, Hit, Passage, Turn
from rag.indexing.build import build_index
from rag.retrieval.fusion import FIRST_WEIGHTS, SECOND_WEIGHTS, combine, order
from rag.retrieval.retriever import Retriever
from rag.store.index import open_index
from tests.support.doubles import BagEmbedder
from tests.support.evaluation import case

ARTICLES = {
    "marche.txt": "Le marché couvert de Dijon rouvre en mai.\n\nLes halles de Limoges restent fermées cet hiver.",
    "peche.txt": "Les marins réclament des quotas plus élevés.\n\nLe ministre promet une réponse avant Noël.",
    "meteo.txt": "La sécheresse gagne le sud du pays.\n\nLes nappes phréatiques sont basses depuis juin.",
}
QUESTIONS = {
    "Quand rouvre le marché de Dijon ?": ("marche.txt", "Le marché couvert de Dijon rouvre en mai."),
    "Que réclament les marins ?": ("peche.txt", "Les marins réclament des quotas plus élevés."),
    "Que gagne la sécheresse ?": ("meteo.txt", "La sécheresse gagne le sud du pays."),
}


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    folder = tmp_path_factory.mktemp("studies")
    for name, text in ARTICLES.items():
        (folder / "articles").mkdir(exist_ok=True)
        (folder / "articles" / name).write_text(text, encoding="utf-8")
    embedder = BagEmbedder(dimension=512)
    build_index([folder / "articles"], folder / "index", embedder, Settings(chunk_tokens=32))
    return Retriever(open_index(folder / "index"), embedder)


def about(question: str, id_: int = 0) -> Case:
    document, quote = QUESTIONS[question]
    start = ARTICLES[document].index(quote)
    piece = Evidence(document, quote, ((start, start + len(quote)),))
    return case(id_, question=question, evidence=(piece,))


def squad(folder: Path, text: str) -> Path:
    answer = {"text": "mai", "answer_start": text.index("mai")}
    paragraph = {"context": text, "qas": [{"id": "q", "question": "Quand ?", "answers": [answer]}]}
    path = folder / "squad.json"
    path.write_text(json.dumps({"data": [{"title": "Marché", "paragraphs": [paragraph]}]}), encoding="utf-8")
    return path


# Fitting


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_lists_are_what_a_search_weighs(retriever: Retriever, question: str) -> None:
    first, second = candidates(retriever, about(question))
    assert first.group == second.group == QUESTIONS[question][0]
    assert first.views.shape[1] == len(FIRST_WEIGHTS) and second.views.shape[1] == len(SECOND_WEIGHTS)
    # With the weights in use the second stage gives the order of the search itself.
    passages, parts = retriever.views(retriever.read(question))
    best = [passages[i] for i in order(combine(parts, FIRST_WEIGHTS))]
    ranked = [best[i] for i in order(second.views @ [*SECOND_WEIGHTS.values()])]
    hits = retriever.search(question, len(ranked))
    assert [hit.passage.id for hit in hits] == [passage.id for passage in ranked[: len(hits)]]
    assert second.found[best.index(ranked[0])] == {0}


def test_a_study_has_each_view_left_out_and_leaves_the_weights_alone(retriever: Retriever) -> None:
    before = dict(SECOND_WEIGHTS)
    lists = [candidates(retriever, about(question))[1] for question in QUESTIONS]
    stage = study("second stage", lists, SECOND_WEIGHTS)
    assert [ranking.name for ranking in stage.rankings] == [
        "in use", "refitted", *(f"refitted without {view}" for view in SECOND_WEIGHTS)
    ]  # fmt: skip
    assert stage.rankings[0].means["recall@1"] == 1 and stage.rankings[0].change is None
    assert set(stage.refitted) == set(stage.in_use) and all(map(math.isfinite, stage.refitted.values()))
    assert before == SECOND_WEIGHTS
    lines = fitting_table(stage).splitlines()
    assert len(lines) == 1 + len(stage.rankings) + 2 + len(SECOND_WEIGHTS)
    assert len(lines[1].split()) == 6  # "in use" and four figures


# Sets and indexes


def test_a_squad_file_over_an_index_that_holds_it(tmp_path: Path) -> None:
    text = "Le marché rouvre en mai."
    path = squad(tmp_path, text)
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "marche_1.txt").write_text(text, encoding="utf-8")
    settings = Settings(index=tmp_path / "index")
    build_index([tmp_path / "articles"], settings.index, BagEmbedder(), settings)
    source = load_source(path, settings, tmp_path / "runs", indexed=True)
    assert [case.id for case in source.cases] == ["q"] and source.settings.index == settings.index
    assert not (tmp_path / "runs").exists()
    with pytest.raises(MalformedSet, match=r"marche_1\.txt"):
        load_source(squad(tmp_path, text + " Enfin."), settings, tmp_path / "runs", indexed=True)


def test_questions_alone_need_no_corpus(tmp_path: Path) -> None:
    line = {
        "id": "1", "question": "Où ?", "lang": "fr", "type": "fact", "history": [], "answerable": True,
        "expected": "answer", "answers": ["Là."], "must_include": [], "must_not_include": [],
        "evidence": [{"file": "nowhere.txt", "quote": "Là."}],
    }  # fmt: skip
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert load_questions(path) == ("Où ?",)
    assert load_questions(path, answerable_in="fr") == ("Où ?",) and not load_questions(path, answerable_in="de")
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(MalformedSet):
        load_questions(path)


# Variants


class Exact:
    """Finds the evidence of a question only when each of the words asked for is in it, letter by letter."""

    def __init__(self, *words: str) -> None:
        self._words = words

    def search(self, question: str, k: int, history: Sequence[Turn]) -> list[Hit]:
        found = all(word in question for word in self._words)
        start, end = (0, 24) if found else (25, 54)
        return [Hit(Passage(start, "pont.txt", start, end, "", "Pont", None, None), 1.0)]

    def evidence(self, question: str, k: int, history: Sequence[Turn]) -> list[Hit]:
        raise AssertionError("passages only")

    def ask(self, question: str, history: Sequence[Turn]) -> Answer:
        raise AssertionError("retrieval only")


PAIR = (
    case(1, question="Quand le pont a-t-il été rouvert ?"),
    case(2, question="Le pont de Nantes a-t-il rouvert ?"),
    case(3, evidence=(), question="Où est l'été ?"),
)


@pytest.mark.parametrize(
    ("words", "kind", "change", "passed"),
    [
        (("pont",), "unaccented", 0.0, True),
        (("pont",), "upper_case", -100.0, False),
        (("pont",), "keywords", 0.0, True),
        # The question with an accent alone has this variant.
        (("été",), "unaccented", -100.0, False),
        (("Le pont",), "keywords", -50.0, False),
    ],
)
def test_losses_are_those_of_the_pairs(words: tuple[str, ...], kind: str, change: float, passed: bool) -> None:
    by_kind = {loss.kind: loss for loss in losses(Exact(*words), PAIR, seed=0)}
    loss = by_kind[kind]
    assert loss.change.mean == pytest.approx(change) and loss.passed is passed
    assert loss.change.n == (1 if kind == "unaccented" else 2)
    assert len(loss.lost) == round(-change / 100 * loss.change.n) and not loss.won
    assert ("FAIL" in losses_table([loss])) is not passed


def test_a_loss_of_five_points_passes_and_more_does_not() -> None:
    one = replace(PAIR[0], question="le pont a rouvert l'été")
    (loss,) = (x for x in losses(Exact("été"), [*_accented(19), one], seed=0) if x.kind == "unaccented")
    assert loss.change.mean == pytest.approx(-5.0) and loss.passed
    (loss,) = (x for x in losses(Exact("été"), [*_accented(18), one], seed=0) if x.kind == "unaccented")
    assert loss.change.mean == pytest.approx(-100 / 19) and not loss.passed


def _accented(count: int) -> list[Case]:
    """Cases that are missed with accents and without."""
    return [replace(PAIR[0], id=f"a{number}", question=f"où va le pont {number}") for number in range(count)]
