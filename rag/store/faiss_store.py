"""The FAISS adapter: unit vectors by id, searched by inner product (the cosine).

A store of few vectors compares them all. A larger one is quantised (see `quantisation`): it searches small codes in
memory and compares the best again by their vectors. Those stay in the file, mapped, of which a question reads little.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from rag.errors import IndexDamaged
from rag.protocols import Ids, Vectors
from rag.store.arrays import Rows

READ_WHOLE = 50_000_000
"""Bytes. A smaller file is not mapped: whoever cuts it short then does not end the process that has it open."""

# What FAISS gives for an id where it has found no more.
_NONE = -1
# A quantised store compares so many allowed vectors one by one: a search among all would miss some of so few.
_FEW_ALLOWED = 20_000


class FaissStore:
    """A `SpanVectors` over `index`, FAISS's `IndexIDMap` of an `IndexFlatIP`, or of an `IndexRefine` when quantised."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self._inner: Any = faiss.downcast_index(index.index)

    @classmethod
    def open(cls, path: Path, *, read_whole: int = READ_WHOLE) -> FaissStore:
        """Reads a store from its file, memory-mapped where that has more than `read_whole` bytes.

        Raises IndexDamaged.
        """
        try:
            mapped = path.stat().st_size > read_whole
            return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC if mapped else 0))
        except OSError as error:
            raise IndexDamaged(path=path, reason=error) from error
        except RuntimeError as error:
            raise IndexDamaged(path=path, reason=str(error).splitlines()[-1]) from error

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def is_exact(self) -> bool:
        """Whether all vectors are compared, in full precision."""
        return not isinstance(self._inner, faiss.IndexRefine)

    @property
    def refined(self) -> Any:
        """The index within of a store that is not exact; it goes with the store."""
        return self._inner

    @cached_property
    def _rows(self) -> Rows:
        return Rows(faiss.vector_to_array(self._index.id_map))

    @property
    def ids(self) -> Ids:
        """The ids, int64 [n], in the order of their rows."""
        return self._rows.ids

    def search(self, queries: Vectors, k: int, allowed: Ids | None = None) -> tuple[Vectors, Ids]:
        wanted = min(k, len(self) if allowed is None else len(allowed))
        if wanted == 0:
            return np.empty((len(queries), 0), np.float32), np.empty((len(queries), 0), np.int64)
        rows = np.ascontiguousarray(queries, np.float32)
        if allowed is None:
            scores, ids = self._index.search(rows, wanted)
        elif self.is_exact:
            parameters = faiss.SearchParameters()
            parameters.sel = faiss.IDSelectorBatch(np.ascontiguousarray(allowed, np.int64))
            scores, ids = self._index.search(rows, wanted, params=parameters)
        else:
            scores, ids = self._search_among(rows, wanted, allowed)
        # Where fewer are present than allowed, the last columns are empty.
        present = int((ids != _NONE).all(0).sum())
        return scores[:, :present], ids[:, :present]

    def _search_among(self, queries: Vectors, k: int, allowed: Ids) -> tuple[Vectors, Ids]:
        """The search of a quantised store among some."""
        rows = np.setdiff1d(self._rows.locate(allowed), [_NONE])
        if len(rows) <= _FEW_ALLOWED:
            scores, places = faiss.knn(queries, self.at(rows), min(k, len(rows)), metric=faiss.METRIC_INNER_PRODUCT)
            return scores, self.ids[rows[places]]
        base: Any = faiss.downcast_index(self._inner.base_index)
        search: Any = faiss.SearchParametersIVF()
        # Those allowed may lie in lists that a question does not come near.
        search.nprobe, search.sel = base.nlist, faiss.IDSelectorBatch(rows)
        parameters: Any = faiss.IndexRefineSearchParameters()
        parameters.k_factor, parameters.base_index_params = self._inner.k_factor, search
        scores, found = self._inner.search(queries, k, params=parameters)
        return scores, np.where(found == _NONE, _NONE, self.ids[found])

    def reconstruct(self, ids: Ids) -> Vectors:
        return self.at(self._rows.find(ids))

    def at(self, rows: Ids) -> Vectors:
        """The vectors in these rows, float32 [len(rows), dimension]."""
        if not len(rows):
            return np.empty((0, self.dimension), np.float32)
        whole = self._inner if self.is_exact else faiss.downcast_index(self._inner.refine_index)
        vectors: Vectors = whole.reconstruct_batch(np.asarray(rows, np.int64))
        return vectors
