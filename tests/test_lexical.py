from __future__ import annotations

import numpy as np
import pytest

from rag.lexical import LexicalIndex

IDS = np.array([7, 2**62, 3], np.int64)


@pytest.fixture(scope="module")
def index() -> LexicalIndex:
    return LexicalIndex.build(IDS, [["pont", "vill"], ["pont", "pont"], ["marin"]])


def test_scores_are_in_the_order_of_the_ids(index: LexicalIndex) -> None:
    village, bridge, sailor = index.scores(["pont"])
    assert bridge > village > sailor == 0


@pytest.mark.parametrize("terms", [["pont"], ["inconnu"], []])
@pytest.mark.parametrize("allowed", [[3], [2**62, 7], [99], []])
def test_what_is_not_allowed_scores_below_all(terms: list[str], allowed: list[int], index: LexicalIndex) -> None:
    masked = index.scores(terms, np.array(allowed, np.int64))
    inside = np.isin(IDS, allowed)
    assert masked.dtype == np.float32
    assert (masked[inside] == index.scores(terms)[inside]).all()
    assert np.isneginf(masked[~inside]).all()
