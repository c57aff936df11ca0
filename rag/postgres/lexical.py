"""BM25 in a shared index: the lists of a question's terms are fetched at once and weighed as those of a folder are.

The scores are those that an index folder of the same articles gives, to the last bit: the same counts, in the same
formula. What it costs is that the lists travel: 13 bytes for each span that holds a term.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rag.postgres.posting_lists import PARTS, POSTING, Held, living
from rag.postgres.snapshot import State
from rag.protocols import Ids, Vectors
from rag.store import LexicalIndex, Postings, rarity, weighed

# One look-up for each term, where reading all rows would be one for each term and segment.
_VOCABULARY = """
WITH RECURSIVE known AS (
    (SELECT term FROM posting WHERE part = %(part)s ORDER BY term LIMIT 1)
    UNION ALL
    SELECT (SELECT term FROM posting WHERE part = %(part)s AND term > known.term ORDER BY term LIMIT 1)
    FROM known WHERE known.term IS NOT NULL
) SELECT term FROM known WHERE term IS NOT NULL
"""


class SharedTerms:
    """The terms of the spans of one part of a shared index, of which there are `documents` with `total` terms."""

    def __init__(self, state: State, part: str, documents: int, total: int) -> None:
        self._state = state
        self._part = PARTS.index(part)
        self._documents = documents
        self._mean = total / documents if documents else 0.0
        self._lists: dict[str, Held] = {}

    @cached_property
    def vocabulary(self) -> Collection[str]:
        """All terms, those of articles that went a short while ago included."""
        return {term for (term,) in self._state.rows(_VOCABULARY, {"part": self._part})}

    def best(self, terms: Sequence[str], k: int, allowed: Ids | None = None) -> tuple[Vectors, Ids]:
        scores, ids = self._index(terms).best(terms, k, allowed)
        if len(np.unique(scores)) == len(scores):
            return scores, ids
        rows = self._state.rows("SELECT id, document, start FROM passage WHERE id = ANY(%s)", [ids.tolist()])
        places = {id_: place for id_, *place in rows}
        order = sorted(range(len(ids)), key=lambda i: (-scores[i], places[int(ids[i])]))
        return scores[order], ids[order]

    def scores(self, terms: Sequence[str], ids: Ids | Sequence[int]) -> Vectors:
        return self._index(terms, ids).scores(terms, ids)

    def knows(self, term: str) -> bool:
        return self._index([term]).knows(term)

    def meets(self, terms: Sequence[str], allowed: Ids | None = None) -> bool:
        return self._index(terms).meets(terms, allowed)

    def held(self, terms: Sequence[str], ids: Sequence[int]) -> NDArray[np.bool_]:
        return self._index(terms, ids).held(terms, ids)

    def rarity(self, terms: Sequence[str]) -> Vectors:
        self._fetch(terms)
        return rarity(np.array([len(self._lists[term]) for term in terms], np.float32), self._documents)

    def _index(self, terms: Sequence[str], ids: Ids | Sequence[int] = ()) -> LexicalIndex:
        """An index of the spans that hold any of `terms`, and of the spans `ids`; weighed by what all spans hold."""
        self._fetch(terms)
        known = [term for term in dict.fromkeys(terms) if len(self._lists[term])]
        lists = [self._lists[term] for term in known]
        held = np.array([len(some) for some in lists], np.int64)
        all_held = np.concatenate([np.empty(0, POSTING), *lists])
        spans, rows = np.unique(np.concatenate([all_held["id"], np.asarray(ids, np.int64)]), return_inverse=True)
        lengths = np.zeros(len(spans), np.int32)
        lengths[rows[: len(all_held)]] = all_held["length"]
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(held)])
        postings = Postings(starts, rows[: len(all_held)].astype(np.int32), np.ascontiguousarray(all_held["count"]))
        worth = weighed(held, postings.counts, np.ascontiguousarray(all_held["length"]), self._documents, self._mean)
        return LexicalIndex(spans, {term: number for number, term in enumerate(known)}, postings, worth, lengths)

    def _fetch(self, terms: Sequence[str]) -> None:
        """Has the lists of `terms` in memory, each by ascending id."""
        missing = [term for term in dict.fromkeys(terms) if term not in self._lists]
        if not missing:
            return
        found: dict[str, list[tuple[int, bytes]]] = {term: [] for term in missing}
        sql = "SELECT term, segment, held FROM posting WHERE part = %s AND term = ANY(%s)"
        for term, segment, content in self._state.rows(sql, [self._part, missing]):
            found[term].append((segment, content))
        for term, rows in found.items():
            held = living(rows, self._state.buried)
            self._lists[term] = held[np.argsort(held["id"], kind="stable")]
