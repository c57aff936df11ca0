"""The bm25s adapter: BM25 over terms, by passage id.

Lucene's variant of BM25 (Kamphuis et al. 2020, "Which BM25 do you mean?"), stored as plain arrays and JSON.
k1 and b are a little below the usual: +0.003 nDCG@10 on native French questions over paragraphs.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path

import bm25s
import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged
from rag.protocols import Ids, Vectors

_IDS = "ids.npy"


class LexicalIndex:
    """BM25 scores of passages for a question's terms."""

    def __init__(self, ids: Ids, model: bm25s.BM25) -> None:
        self._ids = ids
        self._model = model
        self._row_of = {int(id_): row for row, id_ in enumerate(ids)}

    @classmethod
    def build(cls, ids: Ids, documents: Sequence[Sequence[str]], *, k1: float = 0.9, b: float = 0.5) -> LexicalIndex:
        """Index of `documents`, the terms of each passage; `ids` int64 [len(documents)]."""
        model = bm25s.BM25(k1=k1, b=b, method="lucene")
        # bm25s cannot index a corpus without a single term.
        known = [list(terms) for terms in documents] if any(documents) else [["\0"]] * max(1, len(ids))
        model.index(known, show_progress=False)
        return cls(np.asarray(ids, np.int64), model)

    @classmethod
    def open(cls, folder: Path) -> LexicalIndex:
        """Reads what `save` wrote, memory-mapped. Raises IndexDamaged."""
        try:
            return cls(np.load(folder / _IDS), bm25s.BM25.load(folder, mmap=True, show_progress=False))
        except (OSError, ValueError, KeyError, json.JSONDecodeError) as error:
            raise IndexDamaged(path=folder, reason=error) from error

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def ids(self) -> Ids:
        """The ids, int64 [n], in the order of `scores`."""
        return self._ids

    def rows(self, ids: Sequence[int]) -> NDArray[np.int64]:
        """Where in `scores` these passages stand, int64 [len(ids)]. Raises KeyError."""
        return np.array([self._row_of[int(id_)] for id_ in ids], np.int64)

    def scores(self, terms: Sequence[str], allowed: Ids | None = None) -> Vectors:
        """BM25 of every passage for these terms, float32 [n]: zero where no term occurs.

        With `allowed` (int64 [m]), minus infinity for passages whose ids are not in it.
        """
        known = [term for term in terms if term in self._model.vocab_dict]
        scores = np.asarray(self._model.get_scores(known) if known else np.zeros(len(self._ids)), np.float32)
        return scores if allowed is None else np.where(np.isin(self._ids, allowed), scores, np.float32(-np.inf))

    @property
    def vocabulary(self) -> Collection[str]:
        """All terms of the passages."""
        known: Collection[str] = self._model.vocab_dict.keys()
        return known

    def knows(self, term: str) -> bool:
        """Whether `term` occurs in any passage."""
        return len(self._postings(term)) > 0

    def held(self, terms: Sequence[str], ids: Sequence[int]) -> NDArray[np.bool_]:
        """Which of these passages hold which term, bool [len(terms), len(ids)]."""
        rows = self.rows(ids)
        held = np.zeros((len(terms), len(rows)), bool)
        for i, term in enumerate(terms):
            held[i] = np.isin(rows, self._postings(term))
        return held

    def rarity(self, terms: Sequence[str]) -> Vectors:
        """Inverse document frequency of each term, float32 [len(terms)], also of those that occur nowhere."""
        found = np.array([len(self._postings(term)) for term in terms], np.float32)
        return np.log1p(len(self) / (1 + found)).astype(np.float32)

    def _postings(self, term: str) -> NDArray[np.int32]:
        """Rows of the passages that hold `term`: a column of the sparse matrix of scores."""
        column = self._model.vocab_dict.get(term)
        if column is None:
            return np.empty(0, np.int32)
        start, end = self._model.scores["indptr"][column : column + 2]
        rows: NDArray[np.int32] = self._model.scores["indices"][start:end]
        return rows

    def save(self, folder: Path) -> None:
        """Writes a folder of arrays and JSON."""
        folder.mkdir(parents=True)
        self._model.save(folder, show_progress=False)
        np.save(folder / _IDS, self._ids)
