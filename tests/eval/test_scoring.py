"""All metrics on a case, and their means over a run, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eval.cases.records import Case, CaseResult, Evidence
from eval.harness.scoring import GROUPED, LOWER_IS_BETTER, METRICS, aggregate, calibration_pairs, score_case

TEXT = "Le sommet s'est tenu à Paris. Vingt-six pays étaient là. Berlin a dit non."
CORPUS = {"a.txt": TEXT}
FIRST, SECOND = "Le sommet s'est tenu à Paris.", "Vingt-six pays étaient là."
CASE = Case(
    id="q",
    question="Où s'est tenu le sommet ?",
    lang="fr",
    type="fact",
    history=(),
    answerable=True,
    expected="answer",
    answers=("À Paris.",),
    must_include=(("Paris",),),
    must_not_include=("Rome",),
    evidence=(Evidence("a.txt", FIRST, ((0, 29),)), Evidence("a.txt", SECOND, ((30, 56),))),
    half="tune",
)


def span(quote: str, field: str = "text", **more: Any) -> dict[str, Any]:
    start = TEXT.index(quote)
    return {"document": "a.txt", "start": start, "end": start + len(quote), field: quote, "score": 1.0, **more}


THIRD = "Berlin a dit non."
SEARCH = {"hits": [span(THIRD), span(f"{FIRST} {SECOND}")]}
SENTENCES = {"hits": [span(THIRD), span(SECOND), span(FIRST)]}
ANSWER: dict[str, Any] = {
    "answer": "Le sommet s'est tenu dans Paris [1]. Berlin a dit non [2].",
    "answered": True,
    "statements": [
        {"text": "Le sommet s'est tenu dans Paris.", "citations": [1], "support": 0.9},
        {"text": "Berlin a dit non.", "citations": [2], "support": 0.6},
    ],
    "citations": [span(FIRST, "quote", marker=1), span(THIRD, "quote", marker=2)],
    "timings": {"first_token_s": 1.0, "total_s": 3.0, "prompt_tokens": 500, "answer_tokens": 11},
    "confidence": 0.7,
}
REFUSAL = ANSWER | {
    "answer": "Les articles ne disent rien de cela.",
    "answered": False,
    "statements": [],
    "citations": [],
    "timings": {"first_token_s": 0.5, "total_s": 0.5, "prompt_tokens": 500, "answer_tokens": 0},
    "confidence": 0.1,
}
RETRIEVAL = {
    "recall@1": 0,
    "recall@5": 1,
    "recall@10": 1,
    "all_evidence_recall@10": 1,  # both are in the second passage
    "mrr@10": 1 / 2,
    "ndcg@10": 0.63093,  # 1 / log2(3); the best order has that passage first: 1
    "sentence_recall@1": 0,
    "sentence_recall@3": 1,
    "sentence_recall@5": 1,
    "answer_in_sentences@1": 0,
    "answer_in_sentences@2": 0,
    "answer_in_sentences@3": 1,  # « Paris » is in the third
    "hits_exact": 1,
}


def test_an_answer_has_every_score() -> None:
    scores = score_case(CASE, SEARCH, SENTENCES, ANSWER, CORPUS)
    assert tuple(scores) == METRICS
    assert scores == pytest.approx(
        {
            **RETRIEVAL,
            "accuracy": 1,
            "accuracy_when_answered": 1,
            "answered": 1,
            "key_facts": 1,
            "contains_gold": 1,
            # Words: sommet s est tenu dans paris berlin dit non (9, without le and a); of the gold paris (1):
            # 2 · 1 / (9 + 1).
            "token_f1": 0.2,
            "exact_match": 0,
            "citation_precision": 1 / 2,
            "citation_recall": 1 / 2,
            "citation_hit": 1,
            "citation_exactness": 1,
            "markers_resolved": 1,
            "statements_cited": 1,
            "support_rate": 1 / 2,  # 0.9 is at least 0.8, 0.6 is not
            "language_match": 1,
            "answer_words": 9,
            "confidence": 0.7,
            "first_token_s": 1,
            "total_s": 3,
            "tokens_per_s": 5,  # 10 tokens after the first in 2 s
            "prompt_tokens": 500,
        },
        abs=1e-5,
    )


def test_a_run_without_answers_has_the_scores_of_retrieval() -> None:
    assert score_case(CASE, SEARCH, SENTENCES, None, CORPUS) == pytest.approx(RETRIEVAL, abs=1e-5)


def test_a_wrong_refusal_is_wrong_and_has_no_citations_to_judge() -> None:
    scores = score_case(CASE, SEARCH, SENTENCES, REFUSAL, CORPUS)
    assert {name: score for name, score in scores.items() if name not in RETRIEVAL} == {
        "accuracy": 0,
        "answered": 0,
        "key_facts": 0,
        "contains_gold": 0,
        "token_f1": 0,
        "exact_match": 0,
        "language_match": 1,
        "confidence": 0.1,
        "first_token_s": 0.5,
        "total_s": 0.5,
        "prompt_tokens": 500,
    }


def test_a_right_refusal_has_only_what_applies() -> None:
    case = replace(CASE, answerable=False, expected="refuse", answers=(), must_include=(), evidence=())
    scores = score_case(case, SEARCH, SENTENCES, {**REFUSAL, "confidence": None}, CORPUS)
    assert scores == {
        "accuracy": 1,
        "answered": 0,
        "hits_exact": 1,
        "language_match": 1,
        "first_token_s": 0.5,
        "total_s": 0.5,
        "prompt_tokens": 500,
    }


def test_markers_are_not_taken_for_figures() -> None:
    case = replace(CASE, must_include=(("2",),))
    assert score_case(case, SEARCH, SENTENCES, ANSWER, CORPUS)["accuracy"] == 0


def test_the_answer_is_not_sought_in_sentences_of_another_language() -> None:
    scores = score_case(replace(CASE, lang="en"), SEARCH, SENTENCES, None, CORPUS)
    assert not [name for name in scores if name.startswith("answer_in_sentences")]


def test_gold_words_stand_in_for_key_facts() -> None:
    case = replace(CASE, must_include=(), answers=("Berlin a dit",))
    scores = score_case(case, SEARCH, SENTENCES, ANSWER, CORPUS)
    assert "key_facts" not in scores
    assert (scores["accuracy"], scores["answer_in_sentences@1"]) == (1, 1)


def test_shifted_offsets_and_markers_show() -> None:
    moved = [{**citation, "start": citation["start"] + 1} for citation in ANSWER["citations"]]
    statements = [{**statement, "citations": [statement["citations"][0] + 1]} for statement in ANSWER["statements"]]
    answer = {**ANSWER, "citations": moved, "statements": statements, "answer": "Paris [2]. Berlin [3]."}
    scores = score_case(CASE, SEARCH, SENTENCES, answer, CORPUS)
    assert scores["citation_exactness"] == 0
    assert scores["markers_resolved"] == 1 / 2  # 2 leads to a citation, 3 to none, in text and statements


# A run of four: a right answer, a wrong refusal, a right refusal, a false premise that was answered without being
# corrected.


def result(id_: str, answer: dict[str, Any], **scores: float) -> CaseResult:
    waits = {"first_token_s": answer["timings"]["first_token_s"], "total_s": answer["timings"]["total_s"]}
    return CaseResult(id_, {"hits": []}, {"hits": []}, answer, scores | waits, {"search_s": 0.25})


CASES = [
    replace(CASE, id="1", type="fact"),
    replace(CASE, id="2", type="list", lang="en", half="test"),
    replace(CASE, id="3", type="near_topic", expected="refuse", answerable=False),
    replace(CASE, id="4", type="false_premise", expected="refuse_or_correct", answerable=False),
    replace(CASE, id="5", type="fact"),
]
RESULTS = [
    result("1", ANSWER, **{"accuracy": 1, "recall@10": 1, "confidence": 0.7}),
    result("2", REFUSAL, **{"accuracy": 0, "recall@10": 0, "confidence": 0.1}),
    result("3", REFUSAL, accuracy=1, confidence=0.3),
    result("4", ANSWER, accuracy=0, confidence=0.9),
]


def test_means_over_a_run() -> None:
    means = {name: (interval.mean, interval.n) for name, interval in aggregate(RESULTS, CASES, seed=0).items()}
    assert means == {
        "accuracy": (2 / 4, 4),
        "recall@10": (1 / 2, 2),
        # Refused: 2 (wrongly) and 3 (rightly); to be refused: 3 and 4, of which 3 was. F1 = 2 / (2 + 1 + 1).
        "refusal_precision": (1 / 2, 4),
        "refusal_recall": (1 / 2, 4),
        "refusal_f1": (1 / 2, 4),
        # 4 does not count. Each alone in its bin: (|1 - 0.7| + |1 - 0.1| + |0 - 0.3|) / 3 = 1.5 / 3.
        "calibration_error": (pytest.approx(0.5), 3),
        # Waits for the first token 1, 0.5, 0.5, 1: the median is 0.75, the 95th percentile 1.
        "first_token_s/median": (0.75, 4),
        "first_token_s/p95": (1, 4),
        "total_s/median": (1.75, 4),  # 3, 0.5, 0.5, 3
        "total_s/p95": (3, 4),
        "search_s/median": (0.25, 4),
        "search_s/p95": (0.25, 4),
        "accuracy/type=fact": (1, 1),
        "accuracy/type=false_premise": (0, 1),
        "accuracy/type=list": (0, 1),
        "accuracy/type=near_topic": (1, 1),
        "accuracy/lang=en": (0, 1),
        "accuracy/lang=fr": (2 / 3, 3),
        "accuracy/half=test": (0, 1),
        "accuracy/half=tune": (2 / 3, 3),
        "recall@10/type=fact": (1, 1),
        "recall@10/type=list": (0, 1),
        "recall@10/lang=en": (0, 1),
        "recall@10/lang=fr": (1, 1),
        "recall@10/half=test": (0, 1),
        "recall@10/half=tune": (1, 1),
    }


def test_intervals_hold_their_mean_and_are_fixed_by_the_seed() -> None:
    intervals = aggregate(RESULTS, CASES, seed=0)
    assert intervals == aggregate(RESULTS, CASES, seed=0)
    for interval in intervals.values():
        assert interval.low <= interval.mean <= interval.high


def test_a_run_without_answers_has_no_refusals() -> None:
    results = [replace(result, answer=None, scores={"recall@10": 1.0}, timings={}) for result in RESULTS[:2]]
    assert {name.split("/")[0] for name in aggregate(results, CASES, seed=0)} == {"recall@10"}
    assert aggregate([], CASES, seed=0) == {}


def test_confidence_is_that_the_articles_answer() -> None:
    pairs = list(zip(CASES, RESULTS, strict=False))
    assert calibration_pairs(pairs) == ([0.7, 0.1, 0.3], [True, True, False])


def test_the_names_are_those_of_metrics() -> None:
    assert set(GROUPED) <= set(METRICS)
    assert LOWER_IS_BETTER - {"search_s", "evidence_s", "calibration_error"} <= set(METRICS)
