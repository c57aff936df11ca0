"""Retrieval over a small real index, with the double for the embedder."""

from __future__ import annotations

import pytest

from rag.config import Settings
from rag.indexing import build_index, open_index
from rag.retrieval import Retriever
from tests.doubles import BagEmbedder

ARTICLES = {
    "moldavie_elections.txt": "Le scrutin aura lieu fin septembre. La campagne est tendue. Qui gagnera ?",
    "peche.txt": "Les marins réclament des quotas plus élevés. Le ministre promet une réponse. La pêche souffre.",
    "meteo.txt": "La sécheresse gagne le sud du pays. Les nappes sont basses. Il ne pleut plus.",
}


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    folder = tmp_path_factory.mktemp("corpus")
    for name, text in ARTICLES.items():
        (folder / name).write_text(text, "utf-8")
    target = folder.parent / "retrieval-index"
    embedder = BagEmbedder(dimension=512)
    build_index([folder], target, embedder, Settings(chunk_tokens=32))
    return Retriever(open_index(target), embedder)


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("Que réclament les marins ?", "peche.txt"),
        ("QUE RECLAMENT LES MARINS", "peche.txt"),
        ("secheresse sud", "meteo.txt"),
        ("élections en Moldavie", "moldavie_elections.txt"),  # its file name alone says so
    ],
)
def test_the_right_article_comes_first(retriever: Retriever, question: str, document: str) -> None:
    hits = retriever.search(question, 3)
    assert hits[0].passage.document == document
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert set(hits[0].parts) == {"dense", "sentence", "bm25"}


def test_evidence_is_the_sentence_that_answers(retriever: Retriever) -> None:
    best = retriever.evidence("Que réclament les marins ?", 2)[0].passage
    assert best.text == "Les marins réclament des quotas plus élevés."
    assert ARTICLES[best.document][best.start : best.end] == best.text


def test_a_question_of_an_article_is_no_evidence(retriever: Retriever) -> None:
    assert "Qui gagnera ?" not in [hit.passage.text for hit in retriever.evidence("Qui gagnera le scrutin ?", 10)]


def test_both_at_once_are_the_same_as_apart(retriever: Retriever) -> None:
    hits, evidence = retriever.search_with_evidence("quotas des marins", 3, 2)
    assert hits == retriever.search("quotas des marins", 3)
    assert evidence == retriever.evidence("quotas des marins", 2)


def test_windows_are_exact_and_hold_the_neighbours(retriever: Retriever) -> None:
    hits, evidence = retriever.search_with_evidence("Que promet le ministre ?", 3, 1)
    (window,) = retriever.windows(hits, evidence)
    assert window.text == ARTICLES["peche.txt"]
    assert ARTICLES[window.document][window.start : window.end] == window.text


@pytest.mark.parametrize("question", ["le la les", "zzz", "柏林", "?a"])
def test_questions_without_known_words_still_get_an_order(retriever: Retriever, question: str) -> None:
    assert len(retriever.search(question, 3)) == 3


def test_k_is_bounded_by_what_there_is(retriever: Retriever) -> None:
    assert len(retriever.search("pêche", 50)) == 3
