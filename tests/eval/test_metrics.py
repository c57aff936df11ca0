"""Every metric against arithmetic done by hand, which stands beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eval.cases.normalise import content_words, markers, mentions, without_markers
from eval.cases.records import Case, Evidence, Expected
from eval.metrics import answers, calibration, citations, latency, refusals, retrieval, spans, statistics


def case(
    expected: Expected = "answer",
    *,
    golds: tuple[str, ...] = (),
    include: tuple[tuple[str, ...], ...] = (),
    exclude: tuple[str, ...] = (),
) -> Case:
    return Case("1", "?", "fr", "t", (), expected == "answer", expected, golds, include, exclude, (), "tune")


# Spans


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((0, 100), (90, 110), True),  # 10 shared, half of the shorter (20) is 10
        ((0, 100), (91, 111), False),  # 9 shared
        ((0, 100), (40, 44), True),  # inside
        ((40, 44), (0, 100), True),
        ((0, 10), (10, 20), False),  # they touch
        ((5, 5), (0, 10), False),  # empty
    ],
)
def test_overlap_is_half_of_the_shorter(first: tuple[int, int], second: tuple[int, int], expected: bool) -> None:
    assert spans.overlaps(*first, *second) is expected


def test_found_is_by_document_and_by_any_place() -> None:
    evidence = [Evidence("a", "x", ((0, 10), (50, 60))), Evidence("b", "y", ((0, 10),))]
    hits = [{"document": name, "start": start, "end": end} for name, start, end in [("a", 45, 80), ("b", 20, 30)]]
    assert spans.found([*hits, {"document": "b", "start": 5, "end": 500}], evidence) == [{0}, set(), {1}]


# Retrieval: five hits, three pieces of evidence; the piece 0 is found at 2 and again at 3, 1 at 4, 2 never.

FOUND = [frozenset[int](), frozenset({0}), frozenset({0}), frozenset({1}), frozenset[int]()]


def test_recall() -> None:
    assert [retrieval.recall_at(k, FOUND, 3) for k in (1, 2, 10)] == [0, 1, 1]
    assert [retrieval.all_evidence_recall_at(k, FOUND, 3) for k in (1, 10)] == [0, 0]
    assert [retrieval.all_evidence_recall_at(k, FOUND, 2) for k in (3, 4)] == [0, 1]


def test_mrr() -> None:
    assert [retrieval.mrr_at(k, FOUND, 3) for k in (1, 2, 10)] == [0, 1 / 2, 1 / 2]


def test_ndcg() -> None:
    # At 5: gains at ranks 2 and 4, 1/log2(3) + 1/log2(5) = 0.63093 + 0.43068 = 1.06161; best order: two hits and the
    # missed piece, 1 + 0.63093 + 0.5 = 2.13093; 1.06161 / 2.13093 = 0.49819.
    assert retrieval.ndcg_at(5, FOUND, 3) == pytest.approx(0.49819, abs=1e-5)
    # At 2: gain 0.63093; best: min(2, one hit and two missed) = 2, 1.63093; 0.63093 / 1.63093 = 0.38685.
    assert retrieval.ndcg_at(2, FOUND, 3) == pytest.approx(0.38685, abs=1e-5)
    # One piece at rank 3: 1 / log2(4).
    assert retrieval.ndcg_at(10, [frozenset(), frozenset(), frozenset({0})], 1) == 0.5
    # Two pieces in one passage at the top: nothing better could be done.
    assert retrieval.ndcg_at(10, [frozenset({0, 1}), frozenset({1})], 2) == 1
    assert retrieval.ndcg_at(10, [], 2) == 0


@pytest.mark.parametrize(
    "metric", [retrieval.recall_at, retrieval.all_evidence_recall_at, retrieval.mrr_at, retrieval.ndcg_at]
)
def test_no_evidence_is_no_score(metric: Any) -> None:
    assert metric(10, [frozenset()], 0) is None


# Normalisation


@pytest.mark.parametrize(
    ("text", "alternative", "expected"),
    [
        ("Des TROUPES à l'Elysee.", "troupe", True),
        ("au palais de l’Élysée", "elysée", True),
        ("**Élysée** et _Berlin_", "Berlin", True),
        ("la surélysée", "élysée", False),  # not at the start of a word
        ("l'anti-aérien", "antiaérien", False),
        ("l'anti\u2011aérien", "anti-aérien", True),
        ("20\u202f% de hausse", "20 %", True),
        ("en  deux\nlignes", "deux lignes", True),
        ("26 pays", "26", True),
        ("le 26.", "26", True),
        ("260 pays", "26", False),
        ("126 pays", "26", False),
        ("26 000 soldats", "26", False),
        ("26\u202f000 soldats", "26", False),
        ("26.000 soldats", "26", False),
        ("26 000 soldats", "26 000", True),
        ("de 2022 à 2025", "2022", True),
        ("en 2022, 300 drones", "2022", True),
        ("à 15:00", "15", True),
        ("cœur", "coeur", True),
    ],
)
def test_mentions(text: str, alternative: str, expected: bool) -> None:
    assert mentions(text, alternative) is expected


def test_markers() -> None:
    text = "Paris [1]. Rome [2, 13] [3][4]."
    assert without_markers(text) == "Paris. Rome."
    assert markers(text) == [1, 2, 13, 3, 4]
    assert without_markers("le [sic] [a1]") == "le [sic] [a1]"


def test_content_words() -> None:
    assert content_words("L'été à « Nîmes », et des œufs au plat !") == ["ete", "nimes", "oeufs", "plat"]


# Answers


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("Vingt-six pays enverront des troupes.", 1),
        ("26 pays.", 0),  # second group missing
        ("Des troupes de 260 pays.", 0),  # first group missing
        ("26 pays, des troupes, et Moscou d'accord.", 0),  # what must not be said
    ],
)
def test_key_facts(text: str, score: float) -> None:
    assert answers.key_facts(text, [("26", "vingt-six"), ("troupe", "soldat")], ["Moscou"]) == score


def test_key_facts_without_groups() -> None:
    assert answers.key_facts("oui", (), ["non"]) is None


# Content words of the answer: president macron est paris (4); of the gold: paris avec macron (3); shared 2.
SAID, GOLD = "Le président Macron est à Paris.", "à Paris avec Macron"


def test_token_f1() -> None:
    # Precision 2/4, recall 2/3: 2 · 1/2 · 2/3 / (1/2 + 2/3) = 4/7. The closest gold counts.
    assert answers.token_f1(SAID, [GOLD]) == pytest.approx(4 / 7)
    assert answers.token_f1(SAID, [GOLD, "Président Macron, est (Paris)"]) == 1
    assert answers.token_f1("Rien", [GOLD]) == 0
    assert answers.token_f1("", [GOLD]) == 0


def test_contains_gold() -> None:
    assert answers.contains_gold(SAID, [GOLD]) == 0  # 2 of 3 words
    assert answers.contains_gold("un deux trois quatre six", ["deux trois quatre cinq six"]) == 1  # 4 of 5, just 80 %
    assert answers.contains_gold("deux trois six", ["deux trois quatre six"]) == 0  # 3 of 4
    assert answers.contains_gold("26 pays et villes", ["26 pays et 26 villes"]) == 0  # « 26 » once of twice: 3 of 4
    assert answers.contains_gold("Il y va à pied", ["à"]) == 1  # a gold without content words is taken as it is
    assert answers.contains_gold("Il y va", ["à"]) == 0


def test_exact_match() -> None:
    assert answers.exact_match("L'Élysée !", ["elysee"]) == 1
    assert answers.exact_match("À l'Élysée, à Paris", ["Élysée", "Paris"]) == 0


@pytest.mark.parametrize("metric", [answers.token_f1, answers.contains_gold, answers.exact_match])
@pytest.mark.parametrize("golds", [[], ["…"]])
def test_no_gold_is_no_score(metric: Any, golds: list[str]) -> None:
    assert metric("Paris", golds) is None


@pytest.mark.parametrize(
    ("asked", "text", "answered", "score"),
    [
        (case(include=(("Paris",),)), "Paris", True, 1),
        (case(include=(("Paris",),)), "Rome", True, 0),
        (case(include=(("Paris",),)), "Je ne sais pas pour Paris", False, 0),
        (case(golds=("Paris",)), "C'est Paris.", True, 1),
        (case(golds=("Paris",), exclude=("Rome",)), "Paris ou Rome", True, 0),
        (case(golds=("Paris",)), "Paris", False, 0),
        (case(), "Paris", True, None),
        (case("refuse"), "Rien là-dessus", False, 1),
        (case("refuse"), "C'est Paris", True, 0),
        (case("refuse", exclude=("Rome",)), "Rien, sinon Rome", False, 0),
        (case("chat"), "Bonjour !", False, 1),
        (case("chat"), "Bonjour !", True, 0),
        (case("refuse_or_correct", include=(("aucun",),)), "Rien là-dessus", False, 1),
        (case("refuse_or_correct", include=(("aucun",),)), "Aucun n'est parti", True, 1),
        (case("refuse_or_correct", include=(("aucun",),)), "Dix sont partis", True, 0),
        (case("refuse_or_correct"), "Dix sont partis", True, 0),
        (case("refuse_or_correct", exclude=("dix",)), "Dix ? Rien là-dessus", False, 0),
    ],
)
def test_right(asked: Case, text: str, answered: bool, score: float | None) -> None:
    assert answers.right(asked, text, answered) == score


def test_language_match() -> None:
    french = "Les dirigeants se sont retrouvés à Paris jeudi."
    assert answers.language_match(french, "fr") == 1
    assert answers.language_match(french, "en") == 0
    assert answers.language_match("The leaders met in Paris on Thursday.", "en") == 1
    assert answers.language_match("On 15 August 2025, in Paris", "en") is None  # on, august, in, paris


def test_answer_words() -> None:
    assert answers.answer_words("Le sommet de Paris, jeudi.") == 3  # sommet, paris, jeudi


# Citations: two right (the first piece twice), one wrong.

EVIDENCE = [Evidence("a", "x", ((0, 10),)), Evidence("a", "y", ((20, 30),)), Evidence("b", "z", ((0, 4),))]
TEXTS = {"a": "0123456789abcdefghij" * 2, "b": "Berlin"}


def cited(marker: int, document: str, start: int, end: int, quote: str = "") -> dict[str, Any]:
    return {"marker": marker, "document": document, "start": start, "end": end, "quote": quote}


CITED = [cited(1, "a", 0, 8), cited(2, "a", 2, 12), cited(3, "c", 0, 10)]


def test_citation_precision_and_recall() -> None:
    assert citations.citation_precision(CITED, EVIDENCE) == pytest.approx(2 / 3)
    assert citations.citation_recall(CITED, EVIDENCE) == pytest.approx(1 / 3)
    assert citations.citation_hit(CITED, EVIDENCE) == 1
    assert citations.citation_hit(CITED[2:], EVIDENCE) == 0
    assert citations.citation_recall([], EVIDENCE) == citations.citation_hit([], EVIDENCE) == 0
    assert citations.citation_precision([], EVIDENCE) is None
    assert citations.citation_precision(CITED, []) is None
    assert citations.citation_recall(CITED, []) is citations.citation_hit(CITED, []) is None


def test_exactness() -> None:
    right, shifted = cited(1, "a", 2, 5, "234"), cited(2, "a", 3, 6, "234")
    unknown, negative, empty = cited(3, "c", 0, 1, "0"), cited(4, "b", -6, 6, "Berlin"), cited(5, "b", 2, 2, "")
    assert citations.exactness([right, shifted, unknown, negative], TEXTS) == 1 / 4
    assert citations.exactness([right, empty], TEXTS) == 1 / 2
    assert citations.exactness([{"document": "b", "start": 0, "end": 6, "text": "Berlin"}], TEXTS, "text") == 1
    assert citations.exactness([], TEXTS) is None


STATEMENTS = [
    {"citations": [1, 3], "support": 0.9},
    {"citations": [4], "support": 0.8},
    {"citations": [], "support": 0},
]


def test_markers_resolved() -> None:
    # In the text 1, 2 and 4, of statements 1, 3 and 4; both 4 lead nowhere: 4 of 6.
    assert citations.markers_resolved("Oui [1]. Non [2, 4].", STATEMENTS, CITED) == pytest.approx(4 / 6)
    assert citations.markers_resolved("Oui.", [], CITED) is None


def test_statements() -> None:
    assert citations.statements_cited(STATEMENTS) == pytest.approx(2 / 3)
    assert [citations.support_rate(STATEMENTS, t) for t in (0.8, 0.85)] == pytest.approx([2 / 3, 1 / 3])
    assert citations.statements_cited([]) is citations.support_rate([], 0.5) is None


# Refusals


@pytest.mark.parametrize(
    ("expected", "answered", "right", "counted"),
    [
        ("answer", True, False, (0, 0, 0)),
        ("answer", False, False, (0, 1, 0)),
        ("refuse", False, True, (1, 0, 0)),
        ("refuse", True, True, (0, 0, 1)),
        ("chat", False, True, (1, 0, 0)),
        ("chat", True, False, (0, 0, 1)),
        ("refuse_or_correct", False, True, (1, 0, 0)),
        ("refuse_or_correct", True, True, (0, 0, 0)),
        ("refuse_or_correct", True, False, (0, 0, 1)),
    ],
)
def test_refusal_counts(expected: Expected, answered: bool, right: bool, counted: tuple[int, int, int]) -> None:
    assert refusals.counts(expected, answered=answered, right=right) == counted


def test_refusal_precision_recall_and_f1() -> None:
    # Three hits, one alarm, two misses: 3/4, 3/5, 2·3 / (2·3 + 1 + 2) = 2/3. The second sample has none of all.
    rows = [(1, 0, 0)] * 3 + [(0, 1, 0)] + [(0, 0, 1)] * 2
    samples = np.array([rows, [(0, 0, 0)] * 6], np.float64)
    for measure, expected in ((refusals.precision, 0.75), (refusals.recall, 0.6), (refusals.f1, 2 / 3)):
        np.testing.assert_allclose(measure(samples), [expected, np.nan])


# Calibration

CONFIDENCES, OUTCOMES = [0.15, 0.25, 0.21, 0.95, 1.0], [False, False, True, True, True]


def test_calibration_curve() -> None:
    curve = calibration.calibration_curve(CONFIDENCES, OUTCOMES)
    assert [(part.low, part.high, part.n) for part in curve] == [(0.1, 0.2, 1), (0.2, 0.3, 2), (0.9, 1.0, 2)]
    assert [part.confidence for part in curve] == pytest.approx([0.15, 0.23, 0.975])
    assert [part.accuracy for part in curve] == [0, 0.5, 1]


def test_expected_calibration_error() -> None:
    # (1 · |0 - 0.15| + 2 · |0.5 - 0.23| + 2 · |1 - 0.975|) / 5 = (0.15 + 0.54 + 0.05) / 5 = 0.148
    assert calibration.expected_calibration_error(CONFIDENCES, OUTCOMES) == pytest.approx(0.148)
    assert calibration.expected_calibration_error([], []) is None
    rows = [calibration.residual_row(*pair) for pair in zip(CONFIDENCES, OUTCOMES, strict=True)]
    assert calibration.error_of_rows(np.array([rows])) == pytest.approx([0.148])


# Latency


def test_tokens_per_second_is_after_the_first() -> None:
    timings = {"first_token_s": 2.0, "total_s": 12.0, "prompt_tokens": 900, "answer_tokens": 21}
    assert latency.tokens_per_second(timings) == 2.0  # 20 tokens in 10 s
    expected = {"first_token_s": 2.0, "total_s": 12.0, "prompt_tokens": 900.0, "tokens_per_s": 2.0}
    assert latency.latencies(timings) == expected
    for none in ({"answer_tokens": 1}, {"total_s": 2.0}):
        assert latency.tokens_per_second(timings | none) is None
        assert "tokens_per_s" not in latency.latencies(timings | none)


# Statistics


def test_bootstrap_of_the_mean() -> None:
    # 36 ones among 100: the mean of a draw has the deviation sqrt(0.36 · 0.64 / 100) = 0.048, so about 0.36 ± 0.094.
    interval = statistics.bootstrap([1.0] * 36 + [0.0] * 64, seed=7)
    assert interval is not None
    assert interval.n == 100
    assert [interval.mean, interval.low, interval.high] == pytest.approx([0.36, 0.266, 0.454], abs=0.02)


def test_bootstrap_of_two_values_spans_both() -> None:
    # A draw is 0, 1/2 or 1 with the chances 1/4, 1/2, 1/4, so the quantiles at 2.5 % and 97.5 % are 0 and 1.
    interval = statistics.bootstrap([0.0, 1.0], seed=1)
    assert interval and (interval.mean, interval.low, interval.high, interval.n) == (0.5, 0, 1, 2)


def test_bootstrap_of_one_value_and_of_none() -> None:
    interval = statistics.bootstrap([3.0], seed=1)
    assert interval and (interval.mean, interval.low, interval.high, interval.n) == (3, 3, 3, 1)
    assert statistics.bootstrap([], seed=1) is None


def test_bootstrap_of_an_undefined_statistic() -> None:
    assert statistics.bootstrap([(0, 0, 0)], 1, refusals.precision) is None
    # A quarter of the draws of these two cases are twice the second, which is no refusal; those are left out.
    interval = statistics.bootstrap([(1, 0, 0), (0, 0, 1)], 1, refusals.precision)
    assert interval and (interval.mean, interval.low, interval.high) == (1, 1, 1)


def test_bootstrap_depends_on_the_seed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    values = list(np.random.default_rng(0).random(40))
    once = statistics.bootstrap(values, seed=1)
    assert statistics.bootstrap(values, seed=1) == once != statistics.bootstrap(values, seed=2)
    monkeypatch.setattr(statistics, "_AT_ONCE", 100)  # two draws at a time
    assert statistics.bootstrap(values, seed=1) == once


def test_median_and_p95() -> None:
    samples = np.array([np.arange(1.0, 22.0)])  # 1 to 21: the 95th percentile is at 0.95 · 20 = 19 steps from 1
    assert statistics.median(samples) == [11]
    assert statistics.p95(samples) == pytest.approx([20])


def test_paired_bootstrap() -> None:
    # Differences 1, 0, 0, 1, 0, … : the mean is 0.4 and no draw is negative.
    first, second = [0.0, 1.0, 1.0, 0.0, 0.0] * 8, [1.0, 1.0, 1.0, 1.0, 0.0] * 8
    interval = statistics.paired_bootstrap(first, second, seed=3)
    assert interval and interval.n == 40
    # sqrt(0.4 · 0.6 / 40) = 0.0775: about 0.4 ± 0.152
    assert [interval.mean, interval.low, interval.high] == pytest.approx([0.4, 0.248, 0.552], abs=0.03)
    same = statistics.paired_bootstrap(first, first, seed=3)
    assert same and (same.mean, same.low, same.high) == (0, 0, 0)
    assert statistics.paired_bootstrap([], [], seed=3) is None
    with pytest.raises(ValueError, match="longer"):
        statistics.paired_bootstrap([1.0], [1.0, 2.0], seed=3)
