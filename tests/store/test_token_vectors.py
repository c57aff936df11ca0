"""Token vectors: the projection, what rounding costs, the file, and late interaction against plain NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag.errors import IndexDamaged
from rag.protocols import TokenVectors, Vectors
from rag.store.token_vectors import DIRECTIONS, Projection, StoredTokens, TokenStore
from tests.support.stores import written_tokens

DIMENSION = 200


def unit(n: int, seed: int = 0, dimension: int = DIMENSION) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(n, dimension)).astype(np.float32)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)


def read(n: int, seed: int = 0) -> TokenVectors:
    return TokenVectors(unit(n, seed), np.arange(n, dtype=np.int64) * 5)


@pytest.fixture(scope="module")
def projection() -> Projection:
    return Projection.fit(unit(1_000, seed=9) + 0.1)


@pytest.fixture
def store(projection: Projection, tmp_path: Path) -> TokenStore:
    rows = [StoredTokens.of(read(n, seed=n), projection) for n in (3, 0, 7)]
    return written_tokens(tmp_path / "tokens", projection, [7, 2**62, 1], rows)


@pytest.mark.parametrize(("n", "dimension"), [(1_000, 200), (1_000, 64), (5, 200), (1, 200), (0, 200), (0, 64)])
def test_a_projection_has_orthonormal_directions(n: int, dimension: int) -> None:
    made = Projection.fit(unit(n, dimension=dimension))
    kept = min(DIRECTIONS, dimension)
    assert made.basis.shape == (dimension, kept) and made.basis.dtype == made.centre.dtype == np.float32
    assert np.allclose(made.basis.T @ made.basis, np.eye(kept), atol=1e-4)
    assert made.apply(unit(3, dimension=dimension)).shape == (3, kept)


def test_a_projection_keeps_the_directions_that_differ_most() -> None:
    spread = np.zeros(DIMENSION, np.float32)
    spread[:DIRECTIONS] = 1
    vectors = np.random.default_rng(0).normal(size=(2_000, DIMENSION)).astype(np.float32) * spread + 3
    made = Projection.fit(vectors)
    assert np.allclose(made.centre, vectors.mean(0), atol=1e-4)
    # All that differs lies in as many directions as are kept: nothing is lost.
    assert np.allclose(made.apply(vectors) @ made.basis.T + made.centre, vectors, atol=1e-3)


@pytest.mark.parametrize("scale", [1.0, 0.1, 50.0, 0.0])
def test_rounding_costs_half_a_step_at_most(scale: float, projection: Projection) -> None:
    vectors = projection.centre + unit(20, seed=3) * np.float32(scale)
    stored = StoredTokens.of(TokenVectors(vectors, np.arange(20, dtype=np.int64)), projection)
    exact = projection.apply(vectors)
    step = stored.scales.astype(np.float32)[:, None]
    assert (np.abs(stored.vectors * step - exact) <= 0.51 * step + 1e-6).all()
    assert stored.vectors.dtype == np.int8 and stored.scales.dtype == np.float16 and stored.places.dtype == np.uint32
    assert list(stored.places) == list(range(20))


def test_late_interaction_is_that_of_the_whole_vectors(projection: Projection) -> None:
    question, passage = unit(6, seed=1), read(40, seed=2)
    exact = projection.apply(question) @ projection.apply(passage.vectors).T
    found = StoredTokens.of(passage, projection).similarities(projection.apply(question))
    assert found.shape == (6, 40)
    assert np.allclose(found, exact, atol=0.01)
    assert found.max(1).mean() == pytest.approx(exact.max(1).mean(), abs=0.005)


def test_each_passage_has_its_own_tokens(store: TokenStore, projection: Projection) -> None:
    assert (len(store), store.total) == (3, 10)
    for id_, n in ((7, 3), (2**62, 0), (1, 7)):
        expected = StoredTokens.of(read(n, seed=n), projection)
        tokens = store.many([id_])[0]
        for name in ("vectors", "scales", "places"):
            assert np.array_equal(getattr(tokens, name), getattr(expected, name))
        assert tokens.similarities(projection.apply(unit(2))).shape == (2, n)
    with pytest.raises(KeyError):
        store.many([99])


def test_a_store_may_be_empty_and_keeps_its_projection(projection: Projection, tmp_path: Path) -> None:
    empty = written_tokens(tmp_path / "tokens", projection, [], [])
    assert (len(empty), empty.total) == (0, 0)
    assert empty.projection.is_same(projection)


@pytest.mark.parametrize("name", ["centre", "basis", "ids", "starts", "vectors", "scales", "places"])
@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "other"])
@pytest.mark.usefixtures("store")
def test_a_damaged_file_is_told(name: str, damage: str, tmp_path: Path) -> None:
    path = tmp_path / "tokens" / f"{name}.npy"
    if damage == "gone":
        path.unlink()
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    else:
        np.save(path, np.load(path)[:-1])
    with pytest.raises(IndexDamaged):
        TokenStore.open(tmp_path / "tokens")
