"""BM25 over terms, by passage id: Lucene's variant (Kamphuis et al. 2020, "Which BM25 do you mean?").

The scores are those of bm25s, computed when the index is built (Lù 2024, "BM25S"), in files that bm25s reads too;
beside them lie the counts, from which an index with a few other passages is made. k1 and b are a little below the
usual: +0.003 nDCG@10 on native French questions over paragraphs.

The rarest terms of a question are read first. Where all its terms together occur so often that reading them takes
longer than a search may (in some hundred thousand passages), the most frequent ones are looked up only for the
passages that the others put first ("continue" of Moffat & Zobel 1996, "Self-indexing inverted files").
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged
from rag.protocols import Ids, Vectors
from rag.store.arrays import Rows
from rag.store.postings import Postings

K1, B = 0.9, 0.5

ARRAYS = {
    "ids": np.int64, "lengths": np.int32, "counts": np.uint8,
    "indptr.csc.index": np.int64, "indices.csc.index": np.int32, "data.csc.index": np.float32,
}  # fmt: skip
"""The files of an index and what they hold; the last three are those of bm25s."""
VOCABULARY, PARAMETERS = "vocab.index.json", "params.index.json"

MOST_READ = 4_000_000
"""Postings that are read for a question, which takes about ten milliseconds; the lists of its rarest terms first."""
# Where lists were left unread, so many passages, the best by those that were read, are looked up in them.
_CONTINUED = 1_000
# So many passages that hold the rarest terms give a first bound: the best of all score at least as the best of these.
_SAMPLE = 4_000
# The share by which two sums of the same numbers, added in another order, differ at most.
_SLACK = np.float32(1e-5)


@dataclass(frozen=True, slots=True)
class _List:
    """The passages that hold one term: rows int32 [n], ascending, and what the term is worth in each, float32 [n]."""

    rows: NDArray[np.int32]
    scores: Vectors

    def at(self, rows: NDArray[np.int32]) -> Vectors:
        """The scores at these rows, float32 [len(rows)]; zero where the term is not held."""
        if not len(self.rows):
            return np.zeros(len(rows), np.float32)
        places = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return np.where(self.rows[places] == rows, self.scores[places], np.float32(0))


class LexicalIndex(Rows):
    """BM25 scores of passages for a question's terms. Those of equal scores are given in the order of the rows."""

    def __init__(
        self, ids: Ids, vocabulary: dict[str, int], postings: Postings, scores: Vectors, lengths: NDArray[np.int32]
    ) -> None:
        super().__init__(ids)
        self.term_numbers = vocabulary
        self.postings = postings
        self.lengths = lengths
        self._starts, self._held, self._scores = map(np.asarray, (postings.starts, postings.rows, scores))

    @classmethod
    def open(cls, folder: Path) -> LexicalIndex:
        """Reads an index, memory-mapped. Raises IndexDamaged."""
        try:
            ids, lengths, counts, starts, rows, scores = (
                np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS
            )
            vocabulary = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
        except (OSError, ValueError, EOFError) as error:
            raise IndexDamaged(path=folder, reason=error) from error
        whole = len(lengths) == len(ids) and len(starts) == len(vocabulary) + 1
        if not whole or not starts[-1] == len(rows) == len(scores) == len(counts):
            raise IndexDamaged(path=folder, reason="its arrays do not belong together")
        return cls(ids, vocabulary, Postings(starts, rows, counts), scores, lengths)

    @property
    def vocabulary(self) -> Collection[str]:
        """All terms of the passages."""
        return self.term_numbers.keys()

    def best(
        self, terms: Sequence[str], k: int, allowed: Ids | None = None, *, most_read: int = MOST_READ
    ) -> tuple[Vectors, Ids]:
        """Scores float32 [m] in descending order and ids int64 [m] of the up to `k` best that hold any of `terms`.

        With `allowed` (int64 [n]), of those whose ids are in it. A term that is repeated counts as often. Where the
        terms have more than `most_read` postings, some of the best may be missed; scores are exact all the same.
        """
        lists = self._lists(terms)
        mask = None if allowed is None else self._mask(allowed)
        rows = _best_rows(lists, len(self), k, mask, most_read)
        scores = _scored(lists, rows)
        first = np.argsort(-scores, kind="stable")[:k]
        return scores[first], np.asarray(self.ids[rows[first]])

    def scores(self, terms: Sequence[str], ids: Ids | Sequence[int]) -> Vectors:
        """BM25 of these passages for these terms, float32 [len(ids)]: zero where no term occurs. Raises KeyError."""
        return _scored(self._lists(terms), self._find(ids))

    def knows(self, term: str) -> bool:
        """Whether `term` occurs in any passage."""
        return term in self.term_numbers

    def meets(self, terms: Sequence[str], allowed: Ids | None = None) -> bool:
        """Whether any passage, of those whose ids are in `allowed`, holds any of `terms`."""
        lists = self._lists(terms)
        if allowed is None or not lists:
            return bool(lists)
        mask = self._mask(allowed)
        return any(bool(mask[some.rows].any()) for some in lists)

    def held(self, terms: Sequence[str], ids: Sequence[int]) -> NDArray[np.bool_]:
        """Which of these passages hold which term, bool [len(terms), len(ids)]."""
        rows = self._find(ids)
        return np.array([self._list(term).at(rows) > 0 for term in terms], bool).reshape(len(terms), len(rows))

    def rarity(self, terms: Sequence[str]) -> Vectors:
        """Inverse document frequency of each term, float32 [len(terms)], also of those that occur nowhere."""
        found = np.array([len(self._list(term).rows) for term in terms], np.float32)
        return rarity(found, len(self))

    def _find(self, ids: Ids | Sequence[int]) -> NDArray[np.int32]:
        return self.find(ids).astype(np.int32)

    def _mask(self, allowed: Ids) -> NDArray[np.bool_]:
        """Which rows may be found, bool [n]."""
        mask = np.zeros(len(self), bool)
        rows = self.locate(allowed)
        mask[rows[rows >= 0]] = True
        return mask

    def _lists(self, terms: Sequence[str]) -> list[_List]:
        return [self._list(term) for term in terms if term in self.term_numbers]

    def _list(self, term: str) -> _List:
        number = self.term_numbers.get(term)
        start, end = (0, 0) if number is None else self._starts[number : number + 2]
        return _List(self._held[start:end], self._scores[start:end])


def inverse_frequency(held: Ids | Vectors, documents: int) -> NDArray[np.float64]:
    """What a term is worth that `held` of `documents` hold; its score in any of them is less."""
    worth: NDArray[np.float64] = np.log(1 + (documents - held + 0.5) / (held + 0.5))
    return worth


def rarity(held: Vectors, documents: int) -> Vectors:
    """Inverse document frequency of terms that so many of `documents` hold, float32 [n]; above zero for none."""
    return np.log1p(documents / (1 + held)).astype(np.float32)


def weighed(held: Ids, counts: NDArray[np.uint8], lengths: NDArray[np.int32], documents: int, mean: float) -> Vectors:
    """What each posting is worth, float32 [n]: `held` int64 [terms] says how many each term has, term after term.

    `counts` and `lengths` [n] are how often the passage holds the term and how many terms it has, `mean` of all.
    """
    # In the precision and the order of bm25s, so that the scores are the same.
    norms = K1 * ((1 - B) + B * lengths / (mean or 1.0))
    worth = inverse_frequency(held, documents).astype(np.float32)
    occurring = counts.astype(np.float32)
    return np.asarray(np.repeat(worth, held) * (occurring / (norms + occurring)), np.float32)


def _scored(lists: Sequence[_List], rows: NDArray[np.int32]) -> Vectors:
    """The scores of `rows` added term by term, as bm25s adds them: to the last bit the same."""
    scores = np.zeros(len(rows), np.float32)
    for some in lists:
        scores += some.at(rows)
    return scores


def _best_rows(
    lists: Sequence[_List], documents: int, k: int, mask: NDArray[np.bool_] | None, most_read: int
) -> NDArray[np.int32]:
    """Rows, ascending, among which are the `k` with the best scores above zero."""
    rarest = sorted(lists, key=lambda some: len(some.rows))
    postings = np.cumsum([len(some.rows) for some in rarest])
    read = max(1, int(np.searchsorted(postings, most_read, "right")))
    partial = np.zeros(documents, np.float32)
    for some in rarest[:read]:
        np.add.at(partial, some.rows, some.scores)
    if read < len(lists):
        least = _reach(partial if mask is None else partial[mask], max(k, _CONTINUED))
    else:
        least = _reach(partial[_sample(rarest, mask)], k)
    rows = _admitted(np.flatnonzero(partial >= max(least, float(np.finfo(np.float32).tiny))), mask)
    totals = partial[rows] + _scored(rarest[read:], rows)
    return rows[totals >= _reach(totals, k)]


def _admitted(rows: Ids | NDArray[np.int32], mask: NDArray[np.bool_] | None) -> NDArray[np.int32]:
    return (rows if mask is None else rows[mask[rows]]).astype(np.int32)


def _sample(rarest: Sequence[_List], mask: NDArray[np.bool_] | None) -> NDArray[np.int32]:
    """Some rows that hold the rarest terms, each once."""
    parts: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
    for some in rarest:
        parts.append(_admitted(some.rows[:_SAMPLE], mask))
        if sum(map(len, parts)) >= _SAMPLE:
            break
    return np.unique(np.concatenate(parts))


def _reach(scores: Vectors, k: int) -> float:
    """What the `k`-th best of all rows scores at least: as much as that of some, whose `scores` these are.

    0 when those are fewer than `k`.
    """
    if len(scores) < max(1, k):
        return 0.0
    return float(np.partition(scores, -max(1, k))[-max(1, k)] * (1 - _SLACK))
