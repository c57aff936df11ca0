"""The FAISS adapter: unit vectors by id, searched by inner product (the cosine).

A store of few vectors compares them all. A larger one is quantised (see `quantisation`): it searches small codes in
memory and compares the best again by their vectors. Those stay in the file, mapped, of which a question reads little.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from rag.errors import IndexDamaged
from rag.protocols import Ids, Vectors
from rag.store.rows import Rows

READ_WHOLE = 50_000_000
"""Bytes. A smaller file is not mapped: whoever cuts it short then does not end the process that has it open."""

# What FAISS gives for an id where it has found no more.
_NONE = -1
# A quantised store compares so many allowed vectors one by one: a search among all would miss some of so few.
_FEW_ALLOWED = 20_000
_WRITTEN_AT_A_TIME = 1 << 20


class FaissStore:
    """A `VectorStore` over FAISS's `IndexIDMap`: of `IndexFlatIP`, which is exact, or of an empty index of one's own.

    That must be an `IndexRefine` over an inverted file, trained.
    """

    def __init__(self, dimension: int, inner: faiss.IndexRefine | None = None) -> None:
        self._take(faiss.IndexIDMap(inner or faiss.IndexFlatIP(dimension)))
        self._mapped = False

    @classmethod
    def open(cls, path: Path, *, read_whole: int = READ_WHOLE) -> FaissStore:
        """Reads what `save` wrote, memory-mapped where it has more than `read_whole` bytes. Raises IndexDamaged."""
        try:
            mapped = path.stat().st_size > read_whole
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC if mapped else 0)
        except OSError as error:
            raise IndexDamaged(path=path, reason=error) from error
        except RuntimeError as error:
            raise IndexDamaged(path=path, reason=str(error).splitlines()[-1]) from error
        store = cls.__new__(cls)
        store._take(index)
        store._mapped = mapped
        return store

    def _take(self, index: Any) -> None:
        self._index = index
        self._inner: Any = faiss.downcast_index(index.index)
        self._changed()

    def _changed(self) -> None:
        self.__dict__.pop("_rows", None)

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

    def add(self, ids: Ids, vectors: Vectors) -> None:
        if vectors.shape != (len(ids), self.dimension):
            raise ValueError(f"expected {len(ids)} vectors of {self.dimension}, got shape {vectors.shape}")
        if len(np.unique(ids)) != len(ids) or (self._rows.locate(ids) >= 0).any():
            raise ValueError("an id is already present")
        self.append(ids, vectors)

    def append(self, ids: Ids, vectors: Vectors) -> None:
        """Adds rows that are known to be well, as `add` does."""
        self._own()
        if len(ids):
            self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.asarray(ids, np.int64))
        self._changed()

    def remove(self, ids: Ids) -> int:
        rows = np.unique(self._rows.locate(ids))
        kept = np.setdiff1d(np.arange(len(self)), rows)
        removed = len(self) - len(kept)
        if removed:
            left, vectors = self.ids[kept], self.at(kept)
            self._own()
            self._index.reset()
            self._changed()
            self.append(left, vectors)
        return removed

    def _own(self) -> None:
        """Takes a mapped store, which FAISS cannot change, into memory."""
        if self._mapped:
            self._take(faiss.deserialize_index(faiss.serialize_index(self._index)))
            self._mapped = False

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

    def save(self, path: Path) -> None:
        with path.open("wb") as file:
            # Not to a path: errors of that do not tell a full disk from others.
            library: Any = faiss
            faiss.write_index(self._index, library.PyCallbackIOWriter(file.write, _WRITTEN_AT_A_TIME))
            file.flush()
            os.fsync(file.fileno())
