"""Vectors by id, searched by inner product: the exact store of few."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag.errors import IndexDamaged
from rag.protocols import Vectors
from rag.store.faiss_store import FaissStore
from tests.support.stores import written_vectors

DIMENSION = 8


def unit(n: int, seed: int = 0) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(n, DIMENSION)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.fixture
def store(tmp_path: Path) -> FaissStore:
    return written_vectors(tmp_path / "x.faiss", [10, 20, 2**62], unit(3))


def test_search_is_exact_and_best_first(store: FaissStore) -> None:
    queries = unit(5, seed=1)
    scores, ids = store.search(queries, 3)
    expected = queries @ unit(3).T
    assert np.allclose(scores, -np.sort(-expected, axis=1), atol=1e-6)
    assert (ids == np.array([10, 20, 2**62])[np.argsort(-expected, axis=1)]).all()


def test_k_is_bounded_by_the_size(store: FaissStore) -> None:
    scores, ids = store.search(unit(2), 50)
    assert scores.shape == ids.shape == (2, 3)


@pytest.mark.parametrize("allowed", [None, [], [10]])
def test_an_empty_store_finds_nothing(allowed: list[int] | None, tmp_path: Path) -> None:
    empty = written_vectors(tmp_path / "x.faiss", [], unit(0))
    scores, ids = empty.search(unit(2), 5, None if allowed is None else np.array(allowed, np.int64))
    assert scores.shape == ids.shape == (2, 0)


@pytest.mark.parametrize(
    ("allowed", "present"),
    [
        ([20], [20]),
        ([2**62, 10], [10, 2**62]),
        ([10, 10, 20], [10, 20]),
        ([99, 10], [10]),  # one is not there
        ([99], []),
        ([], []),
        ([10, 20, 2**62], [10, 20, 2**62]),
    ],
)
@pytest.mark.parametrize("k", [1, 2, 50])
def test_search_among_allowed_ids(store: FaissStore, allowed: list[int], present: list[int], k: int) -> None:
    queries = unit(5, seed=1)
    scores, ids = store.search(queries, k, np.array(allowed, np.int64))
    rows = [[10, 20, 2**62].index(id_) for id_ in present]
    expected = queries @ unit(3)[rows].T
    assert np.allclose(scores, -np.sort(-expected, axis=1)[:, :k], atol=1e-6)
    assert (ids == np.array(present, np.int64)[np.argsort(-expected, axis=1)][:, :k]).all()
    assert ids.shape == (5, min(k, len(present)))


def test_search_among_some_of_many_is_exact(tmp_path: Path) -> None:
    vectors = unit(2_000)
    store = written_vectors(tmp_path / "x.faiss", np.arange(2_000, dtype=np.int64) * 3, vectors)
    allowed = np.arange(0, 2_000, 7, dtype=np.int64) * 3
    _, ids = store.search(unit(3, seed=1), 20, allowed)
    for query, found in zip(unit(3, seed=1), ids, strict=True):
        assert list(found) == list(allowed[np.argsort(-(vectors[::7] @ query))][:20])


def test_the_vectors_are_those_that_were_written(store: FaissStore) -> None:
    assert len(store) == 3
    assert np.array_equal(store.reconstruct(np.array([2**62, 10], np.int64)), unit(3)[[2, 0]])
    assert store.reconstruct(np.array([], np.int64)).shape == (0, DIMENSION)
    with pytest.raises(KeyError):
        store.reconstruct(np.array([99], np.int64))


@pytest.mark.parametrize("read_whole", [0, 1_000])
@pytest.mark.parametrize("content", [b"", b"nonsense", None])
@pytest.mark.usefixtures("store")
def test_a_damaged_file_is_told(tmp_path: Path, content: bytes | None, read_whole: int) -> None:
    path = tmp_path / "x.faiss"
    path.write_bytes(path.read_bytes()[:-20] if content is None else content)
    with pytest.raises(IndexDamaged):
        FaissStore.open(path, read_whole=read_whole)
