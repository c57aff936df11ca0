"""BM25: the scores of bm25s to the last bit, searches that do not read all, and builds that come to the same."""

from __future__ import annotations

import random
from pathlib import Path

import bm25s
import numpy as np
import pytest

from rag.errors import IndexDamaged
from rag.protocols import Ids
from rag.store.bm25 import ARRAYS, VOCABULARY, LexicalIndex
from rag.store.bm25_writer import LexicalBuilder
from tests.support.stores import written_terms

IDS = np.array([7, 2**62, 3], np.int64)
DOCUMENTS = [["pont", "vill"], ["pont", "pont"], ["marin"]]


@pytest.fixture
def index(tmp_path: Path) -> LexicalIndex:
    return written_terms(tmp_path / "terms", IDS, DOCUMENTS)


@pytest.fixture(scope="module")
def many() -> tuple[Ids, list[list[str]]]:
    """Many short texts of words by Zipf's law, some of them empty."""
    chooser = np.random.default_rng(0)
    shares = 1 / np.arange(1, 401)
    drawn = chooser.choice(400, (30_000, 12), p=shares / shares.sum())
    documents = [[f"mot{word}" for word in row[: row[0] % 13]] for row in drawn]
    return chooser.permutation(300_000)[:30_000].astype(np.int64), documents


def test_scores_are_in_the_order_asked_for(index: LexicalIndex) -> None:
    sailor, bridge, village = index.scores(["pont"], [3, 2**62, 7])
    assert bridge > village > sailor == 0
    with pytest.raises(KeyError):
        index.scores(["pont"], [99])


def test_the_best_hold_a_term_and_come_best_first(index: LexicalIndex) -> None:
    scores, ids = index.best(["pont", "inconnu"], 10)
    assert list(ids) == [2**62, 7]
    assert list(scores) == list(index.scores(["pont"], [2**62, 7]))
    assert [list(index.best(["pont"], k)[1]) for k in (0, 1)] == [[], [2**62]]


@pytest.mark.parametrize("terms", [["pont"], ["inconnu"], []])
@pytest.mark.parametrize("allowed", [[3], [2**62, 7], [7, 99], [99], []])
def test_nothing_is_found_that_is_not_allowed(terms: list[str], allowed: list[int], index: LexicalIndex) -> None:
    only = np.array(allowed, np.int64)
    _, everywhere = index.best(terms, 10)
    assert list(index.best(terms, 10, only)[1]) == [id_ for id_ in everywhere if id_ in allowed]
    assert index.meets(terms, only) == bool(set(everywhere) & set(allowed))
    assert index.meets(terms) == bool(len(everywhere))


@pytest.mark.parametrize("least", [0, 100, 300])
@pytest.mark.parametrize("k", [1, 100])
def test_scores_and_order_are_those_of_bm25s(
    least: int, k: int, many: tuple[Ids, list[list[str]]], tmp_path: Path
) -> None:
    """Questions are of words from the frequency rank `least` on, and of some frequent ones."""
    ids, documents = many
    ours = written_terms(tmp_path / "terms", ids, documents)
    theirs = bm25s.BM25(k1=0.9, b=0.5, method="lucene")
    theirs.index(documents, show_progress=False)
    same_files = bm25s.BM25.load(tmp_path / "terms", mmap=True, show_progress=False)
    chooser = random.Random(least + k)
    allowed = np.sort(ids)[::3]
    for _ in range(20):
        question = [f"mot{chooser.randrange(least, 400)}" for _ in range(12)] + ["mot0", "mot1", "mot1"]
        expected = theirs.get_scores(question)
        assert (same_files.get_scores(question) == expected).all()
        for among, scores in ((None, expected), (allowed, np.where(np.isin(ids, allowed), expected, 0))):
            first = np.argsort(-scores, kind="stable")[:k]
            first = first[scores[first] > 0]
            found, where = ours.best(question, k, among)
            assert (where == ids[first]).all() and (found == scores[first]).all()
        assert (ours.scores(question, ids[:50]) == expected[:50]).all()


def test_with_too_many_postings_the_rarest_terms_decide(many: tuple[Ids, list[list[str]]], tmp_path: Path) -> None:
    index = written_terms(tmp_path / "terms", *many)
    chooser = random.Random(0)
    shares = []
    for _ in range(20):
        question = [f"mot{rank}" for rank in (0, 1, 2, *chooser.sample(range(50, 400), 5))]
        _, exact = index.best(question, 20)
        scores, found = index.best(question, 20, most_read=3_000)
        assert (scores == index.scores(question, found)).all() and (np.diff(scores) <= 0).all()
        shares.append(np.isin(exact, found).mean())
    assert np.mean(shares) > 0.9


@pytest.mark.parametrize(("ids", "documents"), [([], []), ([4, 5], [[], []]), ([4, 5], [[], ["pont"]])])
def test_texts_without_terms(ids: list[int], documents: list[list[str]], tmp_path: Path) -> None:
    opened = written_terms(tmp_path / "terms", ids, documents)
    assert len(opened) == len(ids)
    assert opened.best(["inconnu"], 3)[1].tolist() == []
    assert opened.scores(["inconnu"], ids).tolist() == [0.0] * len(ids)
    assert opened.held(["inconnu", "pont"], ids).tolist() == [[False] * len(ids), ["pont" in d for d in documents]]
    assert np.isfinite(opened.rarity(["inconnu", "pont"])).all()


def test_a_term_that_fewer_hold_is_rarer(index: LexicalIndex) -> None:
    unknown, sailor, bridge = index.rarity(["inconnu", "marin", "pont"])
    assert unknown > sailor > bridge > 0
    assert index.held(["pont", "marin"], [3, 7]).tolist() == [[False, True], [True, False]]
    assert [index.knows(term) for term in ("marin", "inconnu")] == [True, False]


@pytest.mark.parametrize("held_at_most", [10, 10**9])
def test_built_in_parts_or_from_an_older_index_it_is_the_same(
    held_at_most: int, many: tuple[Ids, list[list[str]]], tmp_path: Path
) -> None:
    """An index in which some passages were dropped, others added, and all are in another order."""
    ids, documents = many[0][:900], many[1][:900]
    old = written_terms(tmp_path / "old", ids[:600], documents[:600])
    order = np.random.default_rng(1).permutation(np.arange(100, 900))
    moved = np.full(600, -1, np.int64)
    for row, which in enumerate(order):
        if which < 600:
            moved[which] = row
    builder = LexicalBuilder(ids[order], tmp_path / "parts", most_held=held_at_most)
    builder.keep(old, moved)
    added = np.flatnonzero(order >= 600)
    for rows in np.array_split(added, 3):
        builder.add(rows, [documents[which] for which in order[rows]])
    builder.write()
    whole = written_terms(tmp_path / "whole", ids[order], [documents[which] for which in order])
    parts = LexicalIndex.open(tmp_path / "parts")
    assert set(parts.vocabulary) == set(whole.vocabulary)
    assert (parts.lengths == whole.lengths).all() and (parts.ids == whole.ids).all()
    for term in whole.vocabulary:
        (found, where), (expected, there) = parts.best([term], 900), whole.best([term], 900)
        assert (found == expected).all() and (where == there).all()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["old", "parts", "whole"]


@pytest.mark.parametrize("name", [*(f"{name}.npy" for name in ARRAYS), VOCABULARY])
@pytest.mark.parametrize("damage", ["gone", "empty", "cut"])
@pytest.mark.usefixtures("index")
def test_a_damaged_file_is_told(name: str, damage: str, tmp_path: Path) -> None:
    path = tmp_path / "terms" / name
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"" if damage == "empty" else path.read_bytes()[:-1])
    with pytest.raises(IndexDamaged):
        LexicalIndex.open(tmp_path / "terms")
