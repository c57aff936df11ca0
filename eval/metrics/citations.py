"""Whether citations lead to the evidence, to the letter, and carry what is said.

After Gao et al. 2023 (ALCE), https://arxiv.org/abs/2305.14627, with labelled evidence in place of a model that
judges entailment: a citation is right when it holds a piece of the case's evidence (`eval.metrics.spans`).
`citations` and `statements` are those of the object that `rag ask --json` prints.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eval.cases.normalise import markers
from eval.cases.records import Evidence
from eval.metrics.spans import found

Objects = Sequence[Mapping[str, Any]]


def citation_precision(citations: Objects, evidence: Sequence[Evidence]) -> float | None:
    """The share of citations that hold a piece of evidence. None without citations or evidence."""
    if not citations or not evidence:
        return None
    return sum(map(bool, found(citations, evidence))) / len(citations)


def citation_recall(citations: Objects, evidence: Sequence[Evidence]) -> float | None:
    """The share of the pieces of evidence that a citation holds: a lower bound where pieces are alternatives."""
    if not evidence:
        return None
    return len(frozenset().union(*found(citations, evidence))) / len(evidence)


def citation_hit(citations: Objects, evidence: Sequence[Evidence]) -> float | None:
    """1 when at least one citation holds a piece of evidence, otherwise 0. None without evidence."""
    return float(any(found(citations, evidence))) if evidence else None


def exactness(spans: Objects, corpus: Mapping[str, str], text: str = "quote") -> float | None:
    """The share of `spans` whose field `text` is, to the letter, the text of their document from `start` to `end`.

    A contract of this project (offsets that anyone can check against the file) rather than a published metric. A span
    of an unknown document is not exact. None without spans.
    """
    if not spans:
        return None
    return sum(_exact(span, corpus, text) for span in spans) / len(spans)


def markers_resolved(answer: str, statements: Objects, citations: Objects) -> float | None:
    """The share of markers, those in `answer` and those its statements carry, that lead to a citation.

    None without markers. As in the contract of `rag ask --json`, a marker is `[n]` and n the citation's `marker`.
    """
    used = markers(answer) + [marker for statement in statements for marker in statement["citations"]]
    known = {citation["marker"] for citation in citations}
    return sum(marker in known for marker in used) / len(used) if used else None


def statements_cited(statements: Objects) -> float | None:
    """The share of statements that carry at least one citation. None without statements."""
    return sum(bool(statement["citations"]) for statement in statements) / len(statements) if statements else None


def support_rate(statements: Objects, threshold: float) -> float | None:
    """The share of statements whose support, as the product measured it, is at least `threshold`.

    The share of supported claims is the faithfulness of Es et al. 2023 (ragas), https://arxiv.org/abs/2309.15217.
    None without statements.
    """
    if not statements:
        return None
    return sum(bool(statement["support"] >= threshold) for statement in statements) / len(statements)


def _exact(span: Mapping[str, Any], corpus: Mapping[str, str], text: str) -> bool:
    start, end = span["start"], span["end"]
    return bool(0 <= start < end and corpus.get(span["document"], "")[start:end] == span[text])
