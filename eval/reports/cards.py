"""One case of a run as a card: question, what was expected, what came, evidence and citations side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from eval.cases.records import Case, CaseResult
from eval.harness.compare import Difference
from eval.metrics.spans import holds

SHOWN_HITS = 3
LONGEST_QUOTE = 420


def faults(case: Case, result: CaseResult, differences: Sequence[Difference] = ()) -> tuple[str, ...]:
    """What went wrong with a case, in a few words each; nothing when nothing did."""
    scores = result.scores
    answered = bool(result.answer and result.answer["answered"])
    checks = {
        "wrongly refused": result.answer is not None and not answered and case.expected == "answer",
        "wrongly answered": answered and case.expected in ("refuse", "chat"),
        "wrong answer": answered and case.expected not in ("refuse", "chat") and scores.get("accuracy") == 0,
        "refusal says what it must not": not answered and case.expected != "answer" and scores.get("accuracy") == 0,
        "cites other than the evidence": scores.get("citation_hit") == 0,
        "citation not to the letter": _below_one(scores, "citation_exactness", "markers_resolved", "statements_cited"),
        "wrong language": scores.get("language_match") == 0,
        "evidence not in 10 passages": scores.get("recall@10") == 0,
        "first passage without evidence": scores.get("recall@1") == 0,
        "evidence not in 5 sentences": scores.get("sentence_recall@5") == 0,
        "hit not to the letter": _below_one(scores, "hits_exact"),
        "worse than the baseline": any(case.id in difference.losses for difference in differences if difference.paired),
    }
    return tuple(kind for kind, wrong in checks.items() if wrong)


def _below_one(scores: Mapping[str, float], *names: str) -> bool:
    return any(scores.get(name, 1.0) < 1 for name in names)


def card(case: Case, result: CaseResult, kinds: Sequence[str]) -> str:
    """The card of a case with the `kinds` of its faults, all of it escaped."""
    tags = "".join(f'<span class="tag fault">{escape(kind)}</span>' for kind in kinds)
    tags += "".join(f'<span class="tag">{escape(tag)}</span>' for tag in (case.type, case.lang, case.half, case.id))
    turns = "".join(
        f'<p class="turn">{escape(turn["question"])}<br>→ {escape(turn["answer"])}</p>' for turn in case.history
    )
    gold = ("Evidence in the articles", _gold(case))
    if result.answer is not None:
        sides = [("Answer given", _given(result.answer)), gold, ("Citations", _spans(result.answer["citations"], case))]
    else:
        found = ("First passages", _spans(result.search["hits"][:SHOWN_HITS], case))
        sides = [gold, found, ("First sentences", _spans(result.evidence["hits"][:SHOWN_HITS], case))]
    sides = [("Expected", _expected(case)), *sides]
    columns = "".join(f"<div><h3>{title}</h3>{body}</div>" for title, body in sides)
    return (
        f'<article class="case" data-kinds="{escape("|".join(kinds))}" data-type="{escape(case.type)}" '
        f'data-lang="{escape(case.lang)}"><header><strong>{escape(case.question)}</strong>{tags}</header>{turns}'
        f'<div class="sides">{columns}</div>{_further(case, result)}</article>'
    )


def _further(case: Case, result: CaseResult) -> str:
    scores = " · ".join(f"{name} {score:.3g}" for name, score in result.scores.items())
    hits = ""
    if result.answer is not None:
        hits = f"<h3>First sentences found</h3>{_spans(result.evidence['hits'][:SHOWN_HITS], case)}"
    return f"<details><summary>What was found, and all scores</summary>{hits}<p>{escape(scores)}</p></details>"


def _expected(case: Case) -> str:
    told = {"answer": "an answer", "chat": "small talk", "refuse": "a refusal",
            "refuse_or_correct": "a refusal or a correction"}  # fmt: skip
    facts = " and ".join(f"({' or '.join(group)})" for group in case.must_include)
    parts = [f"<p>{escape(told[case.expected])}</p>", *(f"<p>{escape(answer)}</p>" for answer in case.answers)]
    if facts:
        parts.append(f'<p class="sub">must hold: {escape(facts)}</p>')
    if case.must_not_include:
        parts.append(f'<p class="sub">must not hold: {escape(", ".join(case.must_not_include))}</p>')
    return "".join(parts)


def _gold(case: Case) -> str:
    return "".join(_quote(piece.quote, piece.file, hit=False) for piece in case.evidence) or '<p class="none">none</p>'


def _given(answer: Mapping[str, Any]) -> str:
    support = ", ".join(f"{statement['support']:.2f}" for statement in answer["statements"])
    note = f'<p class="sub">support: {escape(support)}</p>' if support else '<p class="sub">refused</p>'
    return f"<p>{escape(answer['answer'])}</p>{note}"


def _spans(spans: Sequence[Mapping[str, Any]], case: Case) -> str:
    quotes = [
        _quote(
            span.get("quote", span.get("text", "")),
            (f"[{span['marker']}] " if "marker" in span else "") + f"{span['document']}, {span['start']}-{span['end']}",
            hit=any(holds(span, piece) for piece in case.evidence),
        )
        for span in spans
    ]
    return "".join(quotes) or '<p class="none">none</p>'


def _quote(text: str, place: str, *, hit: bool) -> str:
    cut = text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…"
    note = " · holds evidence" if hit else ""
    return f'<div class="quote{" hit" if hit else ""}">{escape(cut)}<small>{escape(place)}{note}</small></div>'
