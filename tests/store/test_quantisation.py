"""Quantised stores: what they find of the true nearest, and that they keep every promise of a `SpanVectors`."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import pytest

from rag.protocols import Ids, Vectors
from rag.store.faiss_store import FaissStore
from rag.store.quantisation import FLAT_BYTES, LEAST_RECALL, Layout, nearest, recall, write_store

SIZE, DIMENSION = 30_000, 24


@pytest.fixture(scope="module")
def clustered() -> tuple[Ids, Vectors]:
    chooser = np.random.default_rng(0)
    topics = chooser.normal(size=(300, DIMENSION))
    rows = topics[chooser.integers(0, 300, SIZE)] + 0.8 * chooser.normal(size=(SIZE, DIMENSION))
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return chooser.permutation(10 * SIZE)[:SIZE].astype(np.int64), vectors


def write(path: Path, ids: Ids, vectors: Vectors, most_flat: int = FLAT_BYTES) -> Layout:
    batches = (vectors[start : start + 7_000] for start in range(0, len(vectors), 7_000))
    return write_store(path, ids, batches, vectors.shape[1], most_flat=most_flat)


@pytest.fixture(scope="module")
def written(clustered: tuple[Ids, Vectors], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Layout]:
    """A quantised store."""
    path = tmp_path_factory.mktemp("quantised") / "x.faiss"
    return path, write(path, *clustered, most_flat=0)


@pytest.fixture(scope="module")
def store(written: tuple[Path, Layout]) -> FaissStore:
    return FaissStore.open(written[0])


def test_few_vectors_are_compared_one_by_one(clustered: tuple[Ids, Vectors], tmp_path: Path) -> None:
    ids, vectors = clustered
    layout = write(tmp_path / "x.faiss", ids, vectors)
    exact = FaissStore.open(tmp_path / "x.faiss")
    assert (layout.kind, layout.recall, exact.is_exact) == ("flat", 1.0, True)
    assert vectors.nbytes < FLAT_BYTES
    assert np.array_equal(exact.reconstruct(ids[:9]), vectors[:9])


@pytest.mark.parametrize(("size", "most_flat"), [(0, FLAT_BYTES), (1, FLAT_BYTES), (5_000, FLAT_BYTES), (5_000, 0)])
def test_the_file_is_what_faiss_writes(
    size: int, most_flat: int, clustered: tuple[Ids, Vectors], tmp_path: Path
) -> None:
    """Opened and written again by FAISS itself, not a byte differs."""
    write(tmp_path / "x.faiss", clustered[0][:size], clustered[1][:size], most_flat=most_flat)
    faiss.write_index(faiss.read_index(str(tmp_path / "x.faiss")), str(tmp_path / "y.faiss"))
    assert (tmp_path / "x.faiss").read_bytes() == (tmp_path / "y.faiss").read_bytes()


def test_many_are_quantised_and_the_recall_is_what_is_said(
    clustered: tuple[Ids, Vectors], written: tuple[Path, Layout], store: FaissStore
) -> None:
    ids, vectors = clustered
    layout = written[1]
    assert (layout.kind, store.is_exact, len(store)) == ("ivf-pq", False, SIZE)
    assert 1 <= layout.probes <= layout.lists
    assert LEAST_RECALL <= layout.recall <= 1
    queries = vectors[::211]
    _, found = store.search(queries, 100)
    true = ids[nearest(queries, [(0, vectors)], 100)]
    assert recall(found, true) == pytest.approx(layout.recall, abs=0.02)


def test_the_nearest_are_told_part_by_part(clustered: tuple[Ids, Vectors]) -> None:
    _, vectors = clustered
    queries = vectors[:5]
    parts = [(start, vectors[start : start + 7_000]) for start in range(0, SIZE, 7_000)]
    assert (nearest(queries, parts, 20) == np.argsort(-(queries @ vectors.T), axis=1)[:, :20]).all()


@pytest.mark.parametrize("mapped", [False, True])
@pytest.mark.parametrize("share", [0.003, 0.9])
def test_a_search_among_some_finds_them_alone(
    mapped: bool, share: float, clustered: tuple[Ids, Vectors], written: tuple[Path, Layout], store: FaissStore
) -> None:
    ids, vectors = clustered
    if mapped:
        store = FaissStore.open(written[0], read_whole=0)
    rows = np.flatnonzero(np.random.default_rng(1).random(SIZE) < share)
    allowed = np.append(ids[rows], 10**9)  # one is not there
    scores, found = store.search(vectors[:20], 10, allowed)
    assert np.isin(found, allowed).all() and found.shape == (20, 10)
    assert (np.diff(scores, axis=1) <= 0).all()
    true = ids[rows][np.argsort(-(vectors[:20] @ vectors[rows].T), axis=1)[:, :10]]
    assert recall(found, true) > 0.95
    assert store.search(vectors[:2], 10, np.array([10**9]))[1].shape == (2, 0)


def test_vectors_come_back_in_16_bits(clustered: tuple[Ids, Vectors], store: FaissStore) -> None:
    ids, vectors = clustered
    assert np.allclose(store.reconstruct(ids[[9, 3]]), vectors[[9, 3]], atol=1e-3)
    with pytest.raises(KeyError):
        store.reconstruct(np.array([10**9]))
