"""All metrics on one case, and the means over a run.

Every name is in `METRICS` (per case) or made by `aggregate` from one: "recall@10", "accuracy/type=list",
"first_token_s/p95". What does not apply to a case is absent from its scores. A refusal has no statements and no
citations to judge, but where an answer was expected it scores 0 on what the answer should have held (Rajpurkar et
al. 2018, https://arxiv.org/abs/1806.03822), so that refusing the hard questions raises nothing but
`accuracy_when_answered`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eval.cases.normalise import without_markers
from eval.cases.records import Case, CaseResult, Interval
from eval.metrics import answers, calibration, citations, latency, refusals, retrieval, statistics
from eval.metrics.spans import found

METRICS = (
    "accuracy", "accuracy_when_answered", "answered", "key_facts", "contains_gold", "token_f1", "exact_match",
    "recall@1", "recall@5", "recall@10", "all_evidence_recall@10", "mrr@10", "ndcg@10",
    "sentence_recall@1", "sentence_recall@3", "sentence_recall@5",
    "answer_in_sentences@1", "answer_in_sentences@2", "answer_in_sentences@3", "hits_exact",
    "citation_precision", "citation_recall", "citation_hit", "citation_exactness", "markers_resolved",
    "statements_cited", "support_rate", "language_match", "answer_words", "confidence",
    "first_token_s", "total_s", "tokens_per_s", "prompt_tokens",
)  # fmt: skip
"""Every metric of a case, the order of reports."""
LOWER_IS_BETTER = frozenset(
    {"first_token_s", "total_s", "prompt_tokens", "search_s", "evidence_s", "calibration_error"}
)
"""By the part of the name before any "/". More `answered` or `answer_words` is neither better nor worse."""
GROUPED = (
    "accuracy", "answered", "recall@1", "recall@5", "recall@10", "ndcg@10", "sentence_recall@3", "citation_precision",
    "language_match",
)  # fmt: skip
"""The metrics that are also given per type, language and half."""
WELL_SUPPORTED = 0.8
"""The support that `support_rate` asks for: the product drops statements below 0.5, so less would always be met."""

Scores = dict[str, float]


def score_case(
    case: Case,
    search: Mapping[str, Any],
    evidence: Mapping[str, Any],
    answer: Mapping[str, Any] | None,
    corpus: Mapping[str, str],
) -> Scores:
    """The metrics that apply to `case`, given what `rag search`, `rag search --evidence` and `rag ask` print as JSON.

    `corpus` is the text of each document, for offsets to be checked against.
    """
    measured: dict[str, float | None] = {
        **_retrieval(case, search["hits"]),
        **_sentences(case, evidence["hits"]),
        "hits_exact": citations.exactness([*search["hits"], *evidence["hits"]], corpus, "text"),
    }
    if answer is not None:
        measured |= _answer(case, answer, corpus)
    return {name: score for name in METRICS if (score := measured.get(name)) is not None}


def _retrieval(case: Case, hits: Sequence[Mapping[str, Any]]) -> Mapping[str, float | None]:
    pieces, total = found(hits, case.evidence), len(case.evidence)
    return {
        **{f"recall@{k}": retrieval.recall_at(k, pieces, total) for k in (1, 5, 10)},
        "all_evidence_recall@10": retrieval.all_evidence_recall_at(10, pieces, total),
        "mrr@10": retrieval.mrr_at(10, pieces, total),
        "ndcg@10": retrieval.ndcg_at(10, pieces, total),
    }


def _sentences(case: Case, hits: Sequence[Mapping[str, Any]]) -> Mapping[str, float | None]:
    pieces, total = found(hits, case.evidence), len(case.evidence)
    return {
        **{f"sentence_recall@{k}": retrieval.recall_at(k, pieces, total) for k in (1, 3, 5)},
        **{f"answer_in_sentences@{k}": _answer_in(case, hits[:k]) for k in (1, 2, 3)},
    }


def _answer_in(case: Case, hits: Sequence[Mapping[str, Any]]) -> float | None:
    """1 when the sentences alone would be a right answer: the most that an answer quoting them can reach.

    Not where key facts, which are in the language of the question, are sought in evidence of another one.
    """
    if case.expected != "answer" or not case.evidence:
        return None
    if case.must_include and answers.language_match(case.evidence[0].quote, case.lang) == 0:
        return None
    return answers.right(case, " ".join(hit["text"] for hit in hits), answered=True)


def _answer(case: Case, answer: Mapping[str, Any], corpus: Mapping[str, str]) -> Mapping[str, float | None]:
    text, answered = without_markers(answer["answer"]), bool(answer["answered"])
    accuracy = answers.right(case, text, answered)
    measured: dict[str, float | None] = {
        "accuracy": accuracy,
        "answered": float(answered),
        "language_match": answers.language_match(text, case.lang),
        "confidence": answer.get("confidence"),
        **latency.latencies(answer["timings"]),
    }
    if case.expected == "answer":
        measured |= _against_gold(case, text if answered else "")
    if answered:
        measured |= {"accuracy_when_answered": accuracy, "answer_words": answers.answer_words(text)}
        measured |= _citations(case, answer, corpus)
    return measured


def _against_gold(case: Case, text: str) -> Mapping[str, float | None]:
    return {
        "key_facts": answers.key_facts(text, case.must_include, case.must_not_include),
        "contains_gold": answers.contains_gold(text, case.answers),
        "token_f1": answers.token_f1(text, case.answers),
        "exact_match": answers.exact_match(text, case.answers),
    }


def _citations(case: Case, answer: Mapping[str, Any], corpus: Mapping[str, str]) -> Mapping[str, float | None]:
    cited, statements = answer["citations"], answer["statements"]
    return {
        "citation_precision": citations.citation_precision(cited, case.evidence),
        "citation_recall": citations.citation_recall(cited, case.evidence),
        "citation_hit": citations.citation_hit(cited, case.evidence),
        "citation_exactness": citations.exactness(cited, corpus),
        "markers_resolved": citations.markers_resolved(answer["answer"], statements, cited),
        "statements_cited": citations.statements_cited(statements),
        "support_rate": citations.support_rate(statements, WELL_SUPPORTED),
    }


def aggregate(results: Sequence[CaseResult], cases: Sequence[Case], seed: int) -> dict[str, Interval]:
    """The means over `results` with their intervals; `cases` must have the case of each result.

    In order: each metric over all cases; refusals and calibration, which only a whole run has; median and 95th
    percentile of the waits; then the metrics of `GROUPED` by type, language and half, as "accuracy/type=list". What
    no case has a score for is absent.
    """
    known = {case.id: case for case in cases}
    pairs = [(known[result.id], result) for result in results]
    means = [name for name in METRICS if name not in (*latency.AGGREGATED, "confidence")]
    every: dict[str, Interval | None] = {
        **{name: _mean(name, results, seed) for name in means},
        **_refusals(pairs, seed),
        "calibration_error": _calibration_error(pairs, seed),
        **_waits(results, seed),
        **{
            f"{name}/{group}": _mean(name, members, seed)
            for name in GROUPED
            for group, members in _groups(pairs).items()
        },
    }
    return {name: interval for name, interval in every.items() if interval is not None}


def calibration_pairs(pairs: Sequence[tuple[Case, CaseResult]]) -> tuple[list[float], list[bool]]:
    """Confidences (that the articles answer) and whether they do, of the cases that have one.

    A false premise that the articles correct counts neither way.
    """
    told = [(case, result) for case, result in pairs if case.expected != "refuse_or_correct"]
    told = [(case, result) for case, result in told if "confidence" in result.scores]
    return [result.scores["confidence"] for _, result in told], [case.answerable for case, _ in told]


def _mean(name: str, results: Sequence[CaseResult], seed: int) -> Interval | None:
    return statistics.bootstrap([result.scores[name] for result in results if name in result.scores], seed)


def _groups(pairs: Sequence[tuple[Case, CaseResult]]) -> dict[str, list[CaseResult]]:
    groups: dict[str, list[CaseResult]] = {}
    for field in ("type", "lang", "half"):
        for value in sorted({getattr(case, field) for case, _ in pairs}):
            groups[f"{field}={value}"] = [result for case, result in pairs if getattr(case, field) == value]
    return groups


def _refusals(pairs: Sequence[tuple[Case, CaseResult]], seed: int) -> dict[str, Interval | None]:
    rows = [
        refusals.counts(case.expected, answered=result.answer["answered"], right=result.scores.get("accuracy") == 1)
        for case, result in pairs
        if result.answer is not None
    ]
    return {
        f"refusal_{name}": statistics.bootstrap(rows, seed, measure)
        for name, measure in (("precision", refusals.precision), ("recall", refusals.recall), ("f1", refusals.f1))
    }


def _calibration_error(pairs: Sequence[tuple[Case, CaseResult]], seed: int) -> Interval | None:
    rows = [calibration.residual_row(*told) for told in zip(*calibration_pairs(pairs), strict=True)]
    return statistics.bootstrap(rows, seed, calibration.error_of_rows)


def _waits(results: Sequence[CaseResult], seed: int) -> dict[str, Interval | None]:
    waits: dict[str, Interval | None] = {}
    for name in latency.AGGREGATED:
        values = [wait for result in results if (wait := _wait(result, name)) is not None]
        waits[f"{name}/median"] = statistics.bootstrap(values, seed, statistics.median)
        waits[f"{name}/p95"] = statistics.bootstrap(values, seed, statistics.p95)
    return waits


def _wait(result: CaseResult, name: str) -> float | None:
    return result.scores.get(name, result.timings.get(name))
