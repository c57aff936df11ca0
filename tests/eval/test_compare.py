"""Comparisons, by hand."""

from __future__ import annotations

import pytest

from eval.cases.records import Interval
from eval.harness.compare import MOST_UNSCORED, Side, compare, table, verdict


def side(scores: dict[str, dict[str, float]], **aggregates: float) -> Side:
    cases = tuple(dict.fromkeys(id_ for of_metric in scores.values() for id_ in of_metric))
    return Side("side", scores, {name: Interval(mean, mean, mean, 4) for name, mean in aggregates.items()}, cases)


def test_pairs_wins_and_losses() -> None:
    a = side({"accuracy": {"1": 0.0, "2": 1.0, "3": 1.0, "4": 0.5}})
    b = side({"accuracy": {"1": 1.0, "2": 1.0, "3": 0.0, "4": 0.0}})
    (difference,) = compare(a, b, {})
    assert difference.wins == ("1",) and difference.losses == ("3", "4")
    assert difference.mean_a == 0.625 and difference.mean_b == 0.5
    # (1 + 0 - 1 - 0.5) / 4
    assert difference.change.mean == pytest.approx(-0.125)
    assert difference.change.low < 0 < difference.change.high and not difference.certain
    assert verdict(difference) == "worse, within chance"


def test_only_cases_that_both_scored_count() -> None:
    (difference,) = compare(side({"mrr@10": {"1": 1.0, "2": 0.0}}), side({"mrr@10": {"1": 0.5, "3": 1.0}}), {})
    assert difference.change.n == 1 and difference.change.mean == -0.5
    assert difference.unscored == ("2",)


def test_a_change_that_is_the_same_everywhere_is_certain() -> None:
    ids = [str(i) for i in range(20)]
    a, b = ({"ndcg@10": dict.fromkeys(ids, score)} for score in (0.5, 0.75))
    (difference,) = compare(side(a), side(b), {})
    assert difference.certain and verdict(difference) == "better"
    (back,) = compare(side(b), side(a), {"ndcg@10": 0.3})
    assert not back.fell and verdict(back) == "worse"


@pytest.mark.parametrize(("tolerance", "fell"), [(0.0, True), (0.24, True), (0.25, False), (0.5, False)])
def test_a_fall_counts_beyond_the_tolerance(tolerance: float, fell: bool) -> None:
    a = side({"recall@1": {"1": 1.0, "2": 1.0, "3": 1.0, "4": 1.0}})
    b = side({"recall@1": {"1": 1.0, "2": 1.0, "3": 1.0, "4": 0.0}})
    (difference,) = compare(a, b, {"recall@1": tolerance})
    assert difference.fell is fell


def test_a_rise_never_fails_and_less_waiting_is_better() -> None:
    a = side({"total_s": {"1": 2.0}, "recall@1": {"1": 0.0}})
    b = side({"total_s": {"1": 5.0}, "recall@1": {"1": 1.0}})
    waiting, recall = compare(a, b, {"total_s": 1.0, "recall@1": 0.0})
    assert waiting.fell and waiting.losses == ("1",) and not recall.fell
    assert not any(difference.fell for difference in compare(b, a, {"total_s": 0.0}))


def test_a_metric_cannot_hide_by_scoring_fewer_cases() -> None:
    ids = [str(i) for i in range(8)]
    a = side({"citation_hit": dict.fromkeys(ids, 1.0)})
    most = int(MOST_UNSCORED * len(ids))
    for left, fell in ((len(ids) - most, False), (len(ids) - most - 1, True), (0, True)):
        (difference,) = compare(a, side({"citation_hit": dict.fromkeys(ids[:left], 1.0)}), {"citation_hit": 0.1})
        assert difference.fell is fell
    (difference,) = compare(a, side({}), {"citation_hit": 0.1})
    assert difference.fell


def test_metrics_of_the_whole_set_are_compared_on_the_same_cases_only() -> None:
    scores = {"accuracy": {"1": 1.0, "2": 1.0}}
    a, b = side(scores, refusal_f1=0.9), side(scores, refusal_f1=0.7)
    _, whole = compare(a, b, {"refusal_f1": 0.1})
    assert whole.metric == "refusal_f1" and whole.fell and not whole.paired
    assert whole.change.mean == pytest.approx(-0.2)
    assert not compare(a, b, {"refusal_f1": 0.3})[1].fell
    fewer = side({"accuracy": {"1": 1.0}}, refusal_f1=0.1)
    assert [d.metric for d in compare(a, fewer, {"refusal_f1": 0.1})] == ["accuracy"]
    gone = compare(a, side(scores), {"refusal_f1": 0.1})[1]
    assert gone.fell


def test_the_same_seed_gives_the_same_interval() -> None:
    a = side({"token_f1": {str(i): i / 10 for i in range(10)}})
    b = side({"token_f1": {str(i): 1 - i / 10 for i in range(10)}})
    assert compare(a, b, {}, seed=3) == compare(a, b, {}, seed=3)
    assert compare(a, b, {}, seed=3)[0].change != compare(a, b, {}, seed=4)[0].change


def test_the_table_names_metrics_and_cases() -> None:
    a = side({"recall@1": {f"case-{i}": 1.0 for i in range(20)}})
    b = side({"recall@1": {f"case-{i}": float(i == 3) for i in range(19)}})
    shown = table(compare(a, b, {"recall@1": 0.01}), most_cases=5)
    assert "FELL beyond 0.01" in shown and "case-0" in shown and "and 13 more" in shown
    assert "no score in B: case-19" in shown
