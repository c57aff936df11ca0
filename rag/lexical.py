"""The bm25s adapter: BM25 over terms, by passage id.

Lucene's variant of BM25 (Kamphuis et al. 2020, "Which BM25 do you mean?"), stored as plain arrays and JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np

from rag.errors import IndexDamaged
from rag.protocols import Ids, Vectors

_IDS = "ids.npy"


class LexicalIndex:
    """BM25 scores of passages for a question's terms."""

    def __init__(self, ids: Ids, model: bm25s.BM25) -> None:
        self._ids = ids
        self._model = model

    @classmethod
    def build(cls, ids: Ids, documents: Sequence[Sequence[str]], *, k1: float = 1.2, b: float = 0.75) -> LexicalIndex:
        """Index of `documents`, the terms of each passage; `ids` int64 [len(documents)]."""
        model = bm25s.BM25(k1=k1, b=b, method="lucene")
        # bm25s cannot index a corpus without a single term.
        model.index([list(d) for d in documents] if any(documents) else [["\0"]] * len(ids), show_progress=False)
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

    def scores(self, terms: Sequence[str]) -> Vectors:
        """BM25 of every passage for these terms, float32 [n]; zero where no term occurs."""
        known = [term for term in terms if term in self._model.vocab_dict]
        if not known:
            return np.zeros(len(self._ids), np.float32)
        return np.asarray(self._model.get_scores(known), np.float32)

    def save(self, folder: Path) -> None:
        """Writes a folder of arrays and JSON."""
        folder.mkdir(parents=True)
        self._model.save(folder, show_progress=False)
        np.save(folder / _IDS, self._ids)
