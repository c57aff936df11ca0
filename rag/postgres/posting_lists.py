"""Posting lists as they lie in a shared index: one `bytea` for each term of each segment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.protocols import Ids
from rag.store import Postings

PARTS = ("passage_terms", "passage_grams", "sentence_terms")
"""What there are postings of; the place of a name is its number in the database."""

POSTING = np.dtype([("id", "<i8"), ("length", "<i4"), ("count", "u1")])
"""A posting: the span, how many terms it has, and how often it holds this one."""
Held = NDArray[np.void]


def packed(ids: Ids, documents: Sequence[Sequence[str]]) -> dict[str, Held]:
    """The postings of each term of `documents`, the terms of the spans `ids`, int64 [len(documents)]."""
    numbers: dict[str, int] = {}
    rows = np.arange(len(ids))
    postings = Postings.count(documents, rows, lambda term: numbers.setdefault(term, len(numbers)))
    lengths = np.array([len(terms) for terms in documents], np.int32)
    held = np.empty(len(postings.rows), POSTING)
    held["id"], held["length"], held["count"] = ids[postings.rows], lengths[postings.rows], postings.counts
    return {term: held[postings.starts[n] : postings.starts[n + 1]] for term, n in numbers.items()}


def living(rows: Iterable[tuple[int, bytes]], buried: Mapping[int, Ids]) -> Held:
    """The postings in `rows`, each a segment and what lies there, without those of the spans `buried` in it."""
    parts: list[Any] = [np.empty(0, POSTING)]
    for segment, content in rows:
        held = np.frombuffer(content, POSTING)
        gone = buried.get(segment)
        parts.append(held if gone is None else held[~np.isin(held["id"], gone)])
    return np.concatenate(parts)


def graves(rows: Iterable[tuple[int, bytes]]) -> dict[int, Ids]:
    """The spans that are buried in each segment, from the rows of the table."""
    found: dict[int, list[Ids]] = {}
    for segment, ids in rows:
        found.setdefault(segment, []).append(np.frombuffer(ids, "<i8"))
    return {segment: np.concatenate(parts) for segment, parts in found.items()}
