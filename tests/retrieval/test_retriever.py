"""Retrieval over a small real index, with the double for the embedder; odd questions with the real one too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from rag.config import Settings
from rag.domain import EVERYTHING, Scope
from rag.errors import EmptyQuestion, QuestionTooLong
from rag.indexing.build import build_index
from rag.protocols import Embedder, TokenVectors, Vectors
from rag.question.cleaning import clean_question
from rag.retrieval.evidence import SHOWN_CHARACTERS, vectors_of, widened
from rag.retrieval.retriever import Retriever
from rag.runtime.assembly import open_retrieval
from rag.store.index import open_index
from tests.support.doubles import BagEmbedder, OverlapReranker

ARTICLES = {
    "moldavie_elections.txt": "Le scrutin aura lieu fin septembre. La campagne est tendue. Qui gagnera ?",
    "peche.txt": "Les marins réclament des quotas plus élevés. Le ministre promet une réponse. La pêche souffre.",
    "meteo.txt": "La sécheresse gagne le sud du pays. Les nappes sont basses. Il ne pleut plus.",
}
VIEWS = ["dense", "sentence", "grams", "coverage", "late"]


def make(folder: Path, articles: dict[str, str], embedder: Embedder | None = None) -> Retriever:
    """A retriever over these articles, indexed without models."""
    source, embedder = folder / "articles", embedder or BagEmbedder(dimension=512)
    source.mkdir()
    for name, text in articles.items():
        (source / name).write_text(text, "utf-8")
    build_index([source], folder / "index", embedder, Settings(chunk_tokens=32))
    return Retriever(open_index(folder / "index"), embedder)


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    return make(tmp_path_factory.mktemp("three"), ARTICLES)


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("Que réclament les marins ?", "peche.txt"),
        ("QUE RECLAMENT LES MARINS", "peche.txt"),
        ("secheresse sud", "meteo.txt"),
        ("élections en Moldavie", "moldavie_elections.txt"),  # its file name alone says so
        ("la sécherese dans le pays", "meteo.txt"),  # misspelt
    ],
)
def test_the_right_article_comes_first(retriever: Retriever, question: str, document: str) -> None:
    hits = retriever.search(question, 3)
    assert hits[0].passage.document == document
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert list(hits[0].parts) == VIEWS


def test_the_parts_are_what_their_names_say(retriever: Retriever) -> None:
    query = retriever.read("Que réclament les marins ?")
    for hit in retriever.search(query.text, 3):
        index, passage = retriever.index, hit.passage
        sentences = vectors_of(index, index.catalog.sentences_within(passage)) @ query.vector
        assert hit.parts["dense"] == pytest.approx(index.passages.reconstruct(np.array([passage.id]))[0] @ query.vector)
        assert hit.parts["sentence"] == pytest.approx(sentences.max(), abs=1e-6)
        assert hit.parts["coverage"] == pytest.approx(1.0 if passage.document == "peche.txt" else 0.0)


def test_late_interaction_is_the_mean_of_the_nearest_tokens(retriever: Retriever) -> None:
    question = "Que réclament les marins ?"
    apply = retriever.index.tokens.projection.apply
    asked = apply(BagEmbedder(512).encode_question(question)[1].vectors)
    for hit in retriever.search(question, 3):
        ((_, _, read),) = BagEmbedder(512).encode_passages([hit.passage.text])
        exact = (asked @ apply(read.vectors).T).max(1).mean()
        assert hit.parts["late"] == pytest.approx(exact, abs=0.01)


# Evidence


def test_evidence_is_the_sentence_that_answers(retriever: Retriever) -> None:
    best, *_ = retriever.find("Que réclament les marins ?", 3, 2).sentences
    assert best.passage.text == "Les marins réclament des quotas plus élevés."
    assert list(best.parts) == ["dense", "bm25", "passage", "late"]


def test_a_sentence_is_compared_by_its_own_tokens(retriever: Retriever) -> None:
    question = "Que réclament les marins ?"
    apply = retriever.index.tokens.projection.apply
    asked = apply(BagEmbedder(512).encode_question(question)[1].vectors)
    ranked = retriever.find(question, 3, 50).sentences
    assert len(ranked) == 8
    for hit in ranked:
        # The double reads each word by itself, so a sentence alone has the vectors it has in its passage.
        ((_, _, read),) = BagEmbedder(512).encode_passages([hit.passage.text])
        exact = (asked @ apply(read.vectors).T).max(1).mean()
        assert hit.parts["late"] == pytest.approx(exact, abs=0.01)


def test_a_question_of_an_article_is_no_evidence(retriever: Retriever) -> None:
    ranked = retriever.find("Qui gagnera le scrutin ?", 3, 10).sentences
    assert "Qui gagnera ?" not in [hit.passage.text for hit in ranked]


def test_both_at_once_are_the_same_as_apart(retriever: Retriever) -> None:
    found = retriever.find("quotas des marins", 3, 6)
    hits, evidence = list(found.passages), list(found.sentences)
    assert hits == retriever.search("quotas des marins", 3)
    assert widened(retriever.index, evidence, 2) == retriever.evidence("quotas des marins", 2)


LONG = "Une phrase bien longue " + "dit la même chose encore et encore " * 10 + "sur le phare."
SHOWN = {
    "deux.txt": "Le phare est rallumé. Il brille. La mer monte.",
    "fin.txt": "La mer descend. Le phare est éteint.",
    "alinea.txt": "Le phare est repeint.\nUn autre alinéa suit.",
    "longue.txt": f"Le phare est vendu. {LONG}",
    "seule.txt": LONG,
}


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("phare rallumé", "Le phare est rallumé. Il brille."),
        ("phare éteint", "Le phare est éteint."),  # nothing follows
        ("phare repeint", "Le phare est repeint."),  # what follows is another paragraph
        ("phare vendu", "Le phare est vendu."),  # what follows is too long
    ],
)
def test_a_short_sentence_is_shown_with_the_next(
    question: str, shown: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    retriever = make(tmp_path_factory.mktemp("shown"), SHOWN)
    hits = retriever.evidence(question, 20)
    assert hits[0].passage.text == shown
    for passage in (hit.passage for hit in hits):
        assert SHOWN[passage.document][passage.start : passage.end] == passage.text
        assert len(passage.text) <= SHOWN_CHARACTERS or passage.text == LONG
    # « Il brille. » stands with the sentence before it, and not once more by itself, where that came first.
    places = [(passage.document, passage.start) for passage in (hit.passage for hit in hits)]
    assert len(set(places)) == len(places)
    if "rallumé" in question:
        assert not any(hit.passage.text.startswith("Il brille.") for hit in hits)


# Circumstances

STRIKE = "La grève des trains continue. Les gares sont vides."
WEEK = {f"greve_{day}.txt": f"Date : {day} septembre 2025\n\n{STRIKE}" for day in (1, 5, 9)}


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    return make(tmp_path_factory.mktemp("week"), WEEK)


@pytest.mark.parametrize(
    ("question", "today", "document"),
    [
        ("Où en était la grève des trains hier ?", date(2025, 9, 2), "greve_1.txt"),
        ("Où en était la grève des trains hier ?", date(2025, 9, 10), "greve_9.txt"),
        ("Où en était la grève des trains le 5 septembre 2025 ?", None, "greve_5.txt"),
    ],
)
def test_a_period_asked_for_puts_its_articles_first(
    question: str, today: date | None, document: str, week: Retriever
) -> None:
    hits = Retriever(week.index, BagEmbedder(512), today=today).search(question, 3)
    assert {hit.passage.document: hit.parts["period"] for hit in hits} == {
        name: float(name == document) for name in WEEK
    }
    assert hits[0].passage.document == document


def test_the_newest_comes_first_when_it_is_asked_for(week: Retriever) -> None:
    hits = week.search("Quelles sont les dernières nouvelles de la grève des trains ?", 3)
    newness = {hit.passage.document: hit.parts["recent"] for hit in hits}
    assert newness == {"greve_1.txt": 0.0, "greve_5.txt": 0.5, "greve_9.txt": 1.0}
    assert "recent" not in week.search("la grève des trains", 3)[0].parts


def test_a_reranker_moves_what_it_likes_up(retriever: Retriever) -> None:
    class Thirsty(OverlapReranker):
        def scores(self, question: str, texts: Sequence[str]) -> Vectors:
            return np.array([5.0 if "nappes" in text else -5.0 for text in texts], np.float32)

    hits = Retriever(retriever.index, BagEmbedder(512), reranker=Thirsty()).search("quotas des marins", 3)
    assert {hit.passage.document: hit.parts["reranker"] for hit in hits} == {
        name: 5.0 if name == "meteo.txt" else -5.0 for name in ARTICLES
    }
    plain = [hit.passage.document for hit in retriever.search("quotas des marins", 3)]
    moved = [hit.passage.document for hit in hits]
    assert moved.index("meteo.txt") < plain.index("meteo.txt")


WIRE = "Le navire a quitté le port de Brest mardi matin avec douze marins à bord et mille tonnes de blé ukrainien."


def test_repetitions_stand_beside_the_first(tmp_path: Path) -> None:
    articles = {f"{name}.txt": f"Date : 2 septembre 2025\nSource : {name}\n\n{WIRE}" for name in ("AFP", "Reuters")}
    articles["autre.txt"] = "Date : 3 septembre 2025\n\nLe navire est arrivé à Odessa."
    hits = make(tmp_path, articles).search("Quand le navire a-t-il quitté Brest ?", 4)
    (first, (other,)), (last, none) = [(hit.passage, hit.also) for hit in hits]
    assert {first.document, other.document} == {"AFP.txt", "Reuters.txt"}
    assert (last.document, none) == ("autre.txt", ())
    assert articles[other.document][other.start : other.end] == other.text == first.text == WIRE


# What cannot be found by words


@pytest.mark.parametrize(
    ("question", "scope", "none"),
    [
        ("Que réclament les marins ?", EVERYTHING, False),
        ("Que réclament les marins ?", Scope(documents=("meteo.txt",)), True),
        ("What do the sailors want?", EVERYTHING, True),
        ("elections", EVERYTHING, False),
        ("zzz", EVERYTHING, True),
        ("柏林", EVERYTHING, True),
        ("est-ce que", EVERYTHING, True),
    ],
)
def test_a_question_whose_words_occur_nowhere(question: str, scope: Scope, none: bool, retriever: Retriever) -> None:
    class Unasked(BagEmbedder):
        def encode_question(self, text: str) -> tuple[Vectors, TokenVectors]:
            raise AssertionError("words are looked up without a model")

    assert Retriever(retriever.index, Unasked(512)).meets_no_word(question, scope) == none


@pytest.fixture(scope="module", params=["double", pytest.param("real", marks=pytest.mark.models)])
def any_retriever(request: pytest.FixtureRequest, retriever: Retriever) -> Retriever:
    if request.param == "double":
        return retriever
    settings: Settings = request.getfixturevalue("real_settings")
    return open_retrieval(settings)[0]


ODD = {
    "柏林的条件是什么？": True, "Привет, Киев": True, "ما هي شروط برلين؟": True, "ベルリン": True, "ﬁn ½ ①": True,
    "a": True, "?a": True, "é": True, "5": True, "26": True, "2025 2024 12 45": True, "20 %": True, "le la les": True,
    "est-ce que qui": True, "zzz": True, "mot " * 499: True, "x" * 2_000: True, "\u202equi\u202c pose\u200f": True,
    "\0quotas\0 \0": True, "quo\ufeffta\x1b[31m": True, "moitié \ud83d de paire": True, "'\"; DROP TABLE passage": True,
    "🙂🙂": False, "?!…": False, "": False, " \u00a0\n": False, "\0": False, "x" * 20_000: False, "mot " * 5_000: False,
}  # fmt: skip


@pytest.mark.parametrize(("question", "searched"), ODD.items(), ids=lambda value: ascii(value)[:24])
def test_odd_questions_get_an_order_or_a_clear_message(question: str, searched: bool, any_retriever: Retriever) -> None:
    if not searched:
        with pytest.raises((EmptyQuestion, QuestionTooLong)):
            clean_question(question)
        return
    cleaned = clean_question(question)
    hits = any_retriever.search(cleaned, 3)
    evidence = any_retriever.evidence(cleaned, 3)
    assert len(hits) == len(evidence) == 3
    for hit in (*hits, *evidence):
        assert np.isfinite([hit.score, *hit.parts.values()]).all()
    any_retriever.meets_no_word(cleaned)


def test_k_is_bounded_by_what_there_is(retriever: Retriever) -> None:
    assert len(retriever.search("pêche", 50)) == 3
    assert retriever.search("pêche", 0) == []


# Hardly any text


class Silent(BagEmbedder):
    """Reads no token in anything."""

    def _tokens(self, text: str) -> TokenVectors:
        return TokenVectors(np.empty((0, self.dimension), np.float32), np.empty(0, np.int64))


@pytest.mark.parametrize("embedder", [BagEmbedder(), Silent()])
@pytest.mark.parametrize("text", ["— — —", "Le la les.", "?", "x"])
def test_articles_without_tokens_or_terms(text: str, embedder: BagEmbedder, tmp_path: Path) -> None:
    retriever = make(tmp_path, {"a.txt": text, "b.txt": f"{text} {text}"}, embedder)
    found = retriever.find("le pont ?", 2, 2)
    hits, evidence = list(found.passages), list(found.sentences)
    assert {hit.passage.document for hit in hits} == {"a.txt", "b.txt"}
    assert all(np.isfinite([hit.score, *hit.parts.values()]).all() for hit in (*hits, *evidence))
    # A first article of use comes to the same index, and is found.
    (tmp_path / "articles" / "pont.txt").write_text("Le pont du village a été rouvert au public.", "utf-8")
    build_index([], tmp_path / "index", embedder, Settings(chunk_tokens=32))
    again = Retriever(open_index(tmp_path / "index"), embedder)
    assert again.search("le pont ?", 1)[0].passage.document == "pont.txt"
