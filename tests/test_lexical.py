from __future__ import annotations

from pathlib import Path

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


@pytest.mark.parametrize(("ids", "documents"), [([], []), ([4, 5], [[], []]), ([4, 5], [[], ["pont"]])])
def test_texts_without_terms(ids: list[int], documents: list[list[str]], tmp_path: Path) -> None:
    LexicalIndex.build(np.array(ids, np.int64), documents).save(tmp_path / "terms")
    opened = LexicalIndex.open(tmp_path / "terms")
    assert len(opened) == len(ids)
    assert opened.scores(["inconnu"]).tolist() == [0.0] * len(ids)
    assert opened.held(["inconnu", "pont"], ids).tolist() == [[False] * len(ids), ["pont" in d for d in documents]]
    assert np.isfinite(opened.rarity(["inconnu", "pont"])).all()


def test_a_term_that_fewer_hold_is_rarer(index: LexicalIndex) -> None:
    unknown, sailor, bridge = index.rarity(["inconnu", "marin", "pont"])
    assert unknown > sailor > bridge > 0
    assert index.held(["pont", "marin"], [3, 7]).tolist() == [[False, True], [True, False]]
