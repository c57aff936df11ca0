"""What the reader changes in a search: the order of the best passages and sentences, and how likely an answer is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rag.config import Settings
from rag.contracts import hits_object
from rag.domain import Hit, Passage, Reading
from rag.indexing.build import build_index
from rag.protocols import ReadText
from rag.retrieval.answerability import answerable, signals
from rag.retrieval.evidence import EVIDENCE_PASSAGES
from rag.retrieval.retriever import Retriever
from rag.store.index import open_index
from tests.support.doubles import BagEmbedder, OverlapReader

ARTICLES = {
    f"mer_{number}.txt": f"Le port numéro {number} attend ses marins. La pêche y souffre depuis {number} mois."
    for number in range(12)
}
ARTICLES["quotas.txt"] = "Le ministre reçoit les marins. Ils réclament des quotas plus élevés. Qui paiera ?"
QUESTION = "Quels quotas réclament les marins ?"


@pytest.fixture(scope="module")
def index_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("read")
    (folder / "articles").mkdir()
    for name, text in ARTICLES.items():
        (folder / "articles" / name).write_text(text, "utf-8")
    build_index([folder / "articles"], folder / "index", BagEmbedder(512), Settings(chunk_tokens=32))
    return folder / "index"


def retriever(folder: Path, reader: OverlapReader | None) -> Retriever:
    return Retriever(open_index(folder), BagEmbedder(512), reader=reader)


class Likes(OverlapReader):
    """Likes what holds a word, and nothing else."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self._word = word

    def _read(self, asked: set[str], text: ReadText) -> Reading:
        worth = tuple(5.0 if self._word in text.text[start:end] else -5.0 for start, end in text.sentences)
        return replace(super()._read(asked, text), relevance=max(worth, default=-5.0), sentences=worth)


def test_only_the_best_are_read_however_many_are_asked_for(index_folder: Path) -> None:
    reader = OverlapReader()
    hits = retriever(index_folder, reader).find(QUESTION, 13).passages
    assert reader.read_texts == [EVIDENCE_PASSAGES] and len(hits) == 13
    assert [hit.reading is not None for hit in hits] == [True] * EVIDENCE_PASSAGES + [False] * 5
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_what_was_not_read_keeps_its_place_behind(index_folder: Path) -> None:
    plain = [hit.passage for hit in retriever(index_folder, None).find(QUESTION, 13).passages]
    read = [hit.passage for hit in retriever(index_folder, OverlapReader()).find(QUESTION, 13).passages]
    assert read[EVIDENCE_PASSAGES:] == plain[EVIDENCE_PASSAGES:]
    assert {p.id for p in read[:EVIDENCE_PASSAGES]} == {p.id for p in plain[:EVIDENCE_PASSAGES]}


def test_the_reader_moves_what_it_likes_up(index_folder: Path) -> None:
    plain = [hit.passage.document for hit in retriever(index_folder, None).search(QUESTION, EVIDENCE_PASSAGES)]
    liked = plain[-1]
    word = ARTICLES[liked].split(".")[0]
    hits = retriever(index_folder, Likes(word)).search(QUESTION, EVIDENCE_PASSAGES)
    assert [hit.passage.document for hit in hits].index(liked) < plain.index(liked)
    assert {hit.parts["reader"] for hit in hits} == {5.0, -5.0}


def test_sentences_follow_the_reader_and_carry_the_words_it_points_at(index_folder: Path) -> None:
    found = retriever(index_folder, OverlapReader()).find(QUESTION, 8, 10)
    best = found.sentences[0]
    assert best.passage.text == "Ils réclament des quotas plus élevés." and best.parts["reader"] == 2.0
    assert best.answer is not None
    start, end = best.answer
    assert ARTICLES["quotas.txt"][start:end] == "Ils"
    assert not any(hit.passage.text == "Qui paiera ?" for hit in found.sentences)


def test_the_object_has_the_words_and_the_probability(index_folder: Path) -> None:
    shown = retriever(index_folder, OverlapReader()).look(QUESTION, 3, evidence=True)
    made = hits_object(QUESTION, shown, 1)
    first = made["hits"][0]
    assert first["answer"]["text"] == "Ils" and first["text"][first["answer"]["start"] - first["start"] :].startswith(
        "Ils"
    )
    assert 0 <= made["answerable"] <= 1
    plain = hits_object(QUESTION, retriever(index_folder, None).look(QUESTION, 3, evidence=True), 1)
    assert "answerable" not in plain and not any("answer" in hit for hit in plain["hits"])


def test_the_probability_is_the_same_however_many_hits_are_asked_for(index_folder: Path) -> None:
    some = retriever(index_folder, OverlapReader())
    told = {some.look(QUESTION, k, evidence=evidence).answerable for k in (1, 3, 8, 13) for evidence in (False, True)}
    assert len(told) == 1


def hit(relevance: float | None, sentences: Sequence[float] = (0.0,), margin: float = 0.0) -> Hit:
    passage = Passage(0, "a.txt", 0, 3, "Oui", "", None, None)
    reading = None if relevance is None else Reading(relevance, tuple(sentences), (0, 3), margin)
    return Hit(passage, 0.0, {"dense": 0.8}, reading=reading)


def test_the_highest_of_each_score_counts() -> None:
    found = signals([hit(-1.0, (3.0, 4.0)), hit(2.0, (1.0,), margin=5.0), hit(None)])
    assert found is not None
    assert (found.relevance, found.margin, found.cosine) == (2.0, 5.0, 0.8)
    assert signals([hit(None)]) is None is answerable([])


def test_more_relevance_is_likelier_and_nothing_is_out_of_bounds() -> None:
    low, high = answerable([hit(-3.0)]), answerable([hit(3.0)])
    assert low is not None and high is not None and 0 <= low < high <= 1
    for extreme in (-1e9, 1e9, float("-inf")):
        told = answerable([hit(extreme, (), margin=extreme)])
        assert told is not None and 0 <= told <= 1
