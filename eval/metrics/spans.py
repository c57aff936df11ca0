"""When a retrieved or cited stretch of text counts as having found a piece of evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eval.cases.records import Evidence
from rag.domain import Passage


def overlaps(start: int, end: int, other_start: int, other_end: int) -> bool:
    """Whether two stretches share at least half of the shorter one; an empty one shares nothing.

    Half of the *shorter*, because the sizes that meet here differ by design: a passage of a thousand characters
    against a sentence, a sentence against a gold answer of two words. The shorter one is what must not be missed.
    Any overlap at all would count a passage that holds a sentence's last word; intersection over union would count
    no long passage at all. A sentence cut in two is found by the passage with its larger part, or by both when cut
    in the middle.
    """
    shared = min(end, other_end) - max(start, other_start)
    return shared > 0 and 2 * shared >= min(end - start, other_end - other_start)


def holds(span: Mapping[str, Any], evidence: Evidence) -> bool:
    """Whether `span`, an object with `document`, `start` and `end`, holds `evidence` at one of its places."""
    return span["document"] == evidence.file and any(
        overlaps(span["start"], span["end"], start, end) for start, end in evidence.spans
    )


def found(spans: Iterable[Mapping[str, Any]], evidence: Sequence[Evidence]) -> list[frozenset[int]]:
    """For each span, in order, which of `evidence` (by position) it holds."""
    return [frozenset(i for i, piece in enumerate(evidence) if holds(span, piece)) for span in spans]


def found_by(passages: Iterable[Passage], evidence: Sequence[Evidence]) -> list[frozenset[int]]:
    """The same for passages as the product holds them."""
    return found(({"document": p.document, "start": p.start, "end": p.end} for p in passages), evidence)
