"""Listwise regression: what it finds where the truth is known, and that nothing is scored by what it taught."""

from __future__ import annotations

import numpy as np
import pytest

from eval.studies.listwise import Candidates, cross_validated, fit, measured, without

HELD, NOT = frozenset({0}), frozenset[int]()


def listed(*rows: tuple[float, ...], relevant: int | None = 0, group: str = "a") -> Candidates:
    found = [HELD if place == relevant else NOT for place in range(len(rows))]
    return Candidates(np.array(rows, np.float64), found, 1, group)


def drawn(weights: tuple[float, ...], lists: int = 2_000, candidates: int = 8) -> list[Candidates]:
    """Lists whose relevant candidate is drawn with the probabilities that `weights` give."""
    chance = np.random.default_rng(1)
    made = []
    for number in range(lists):
        views = chance.normal(size=(candidates, len(weights)))
        odds = np.exp(views @ np.array(weights))
        relevant = int(chance.choice(candidates, p=odds / odds.sum()))
        made.append(listed(*map(tuple, views), relevant=relevant, group=f"d{number % 7}"))
    return made


def test_the_weights_that_made_the_lists_are_found_again() -> None:
    assert fit(drawn((1.0, 0.0, -0.5)), l2=0) == pytest.approx((1.0, 0.0, -0.5), abs=0.1)


def test_the_probability_of_several_relevant_ones_counts_together() -> None:
    # Both relevant candidates lie on either side of the other one: no weight makes both likelier than it, and with
    # weights w and -w their joint probability is the same, so the best is as large as the penalty lets it be.
    both = Candidates(np.array([[1.0], [-1.0], [0.0]]), [HELD, HELD, NOT], 1, "a")
    only = listed((1.0,), (-1.0,), (0.0,))
    assert abs(float(fit([both, only])[0])) > 1
    assert fit([both, only])[0] > 0


def test_lists_without_a_relevant_one_teach_nothing_and_count_as_missed() -> None:
    good, empty = listed((1.0,), (0.0,)), listed((5.0,), (0.0,), relevant=None)
    assert fit([good, empty]) == pytest.approx(fit([good]))
    with pytest.raises(ValueError, match="relevant"):
        fit([empty])
    rows = measured([good, empty], [good.views[:, 0], empty.views[:, 0]])
    assert rows["recall@1"] == [1.0, 0.0] and rows["ndcg@10"] == [1.0, 0.0]


def test_lists_of_different_lengths_do_not_see_each_others_padding() -> None:
    short, long = listed((1.0,), (0.0,)), listed(*[(float(place == 0),) for place in range(30)])
    assert fit([short, long]) == pytest.approx(fit([long, short]))
    # Alone, the longer list asks for a larger weight: its relevant one has more to be ahead of.
    assert fit([long])[0] > fit([short])[0] > 0


def test_measures_follow_the_scores() -> None:
    lists = [listed((0.0,), (1.0,), (2.0,), relevant=0)]
    rows = measured(lists, [np.array([0.0, 1.0, 2.0])])
    assert rows["recall@1"] == [0.0] and rows["recall@5"] == [1.0]
    assert rows["ndcg@10"] == [pytest.approx(0.5)]  # third of three: 1 / log2(4)


def test_a_group_is_scored_by_what_the_others_teach() -> None:
    # In the group "odd" the view is the wrong way round; weights fitted with it would know.
    usual = [listed((1.0,), (-1.0,), group=f"g{number}") for number in range(6)]
    odd = listed((-1.0,), (1.0,), group="odd")
    scores = cross_validated([*usual, odd])
    assert scores[-1][0] < scores[-1][1]
    assert cross_validated([*usual, odd], seed=0)[0] == pytest.approx(scores[0])
    with pytest.raises(ValueError):
        cross_validated([odd])


def test_a_view_left_out() -> None:
    (some,) = without([listed((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))], 1)
    assert some.views.tolist() == [[1.0, 3.0], [4.0, 6.0]] and some.found == [HELD, NOT]
