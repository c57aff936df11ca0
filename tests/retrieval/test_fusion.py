"""How the views become one score."""

from __future__ import annotations

import numpy as np
import pytest

from rag.retrieval.fusion import FIRST_WEIGHTS, SECOND_WEIGHTS, SENTENCE_WEIGHTS, combine, order, standardised


def test_a_sum_of_standardised_scores() -> None:
    parts = {"a": np.array([1.0, 2.0, 3.0]), "b": np.array([100.0, 0.0, 50.0]), "unused": np.array([9.0, 0.0, 0.0])}
    step = np.sqrt(1.5)  # of 1, 2, 3 and of any three scores at equal distances
    assert np.allclose(combine(parts, {"a": 2.0, "b": 1.0}), [-2 * step + step, -step, 2 * step])


def test_neither_scale_nor_offset_of_a_view_counts() -> None:
    parts = {name: np.random.default_rng(i).normal(size=7) for i, name in enumerate(SECOND_WEIGHTS)}
    moved = {name: 1_000 * values - 5 for name, values in parts.items()}
    assert np.allclose(combine(parts, SECOND_WEIGHTS), combine(moved, SECOND_WEIGHTS))


@pytest.mark.parametrize("values", [[], [3.0], [0.5, 0.5, 0.5], [1.0, 1.0 + 1e-12]])
def test_a_view_that_tells_nothing_apart_adds_nothing(values: list[float]) -> None:
    assert np.array_equal(standardised(np.array(values)), np.zeros(len(values)))
    assert np.array_equal(combine({"a": np.array(values)}, {"a": 1.0}), np.zeros(len(values)))


def test_best_first_and_equal_ones_in_their_order() -> None:
    assert list(order(np.array([1.0, 3.0, 1.0, 3.0, 2.0]))) == [1, 3, 4, 0, 2]


@pytest.mark.parametrize("weights", [FIRST_WEIGHTS, SECOND_WEIGHTS, SENTENCE_WEIGHTS])
def test_no_view_counts_against_a_passage(weights: dict[str, float]) -> None:
    assert min(weights.values()) > 0
