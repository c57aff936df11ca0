"""The FAISS adapter: unit vectors by id, searched exactly by inner product (the cosine)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from rag.errors import IndexDamaged
from rag.protocols import Ids, Vectors

# What FAISS gives for an id where it has found no more.
_NONE = -1


class FaissStore:
    """A `VectorStore` over `IndexIDMap2(IndexFlatIP)`: exact, and fast up to some hundred thousand vectors."""

    def __init__(self, dimension: int) -> None:
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))

    @classmethod
    def open(cls, path: Path) -> FaissStore:
        """Reads what `save` wrote. Raises IndexDamaged."""
        try:
            index = faiss.read_index(str(path))
        except RuntimeError as error:
            raise IndexDamaged(path=path, reason=str(error).splitlines()[-1]) from error
        store = cls.__new__(cls)
        store._index = index
        return store

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def _ids(self) -> Ids:
        ids: Ids = faiss.vector_to_array(self._index.id_map)
        return ids

    def add(self, ids: Ids, vectors: Vectors) -> None:
        if vectors.shape != (len(ids), self.dimension):
            raise ValueError(f"expected {len(ids)} vectors of {self.dimension}, got shape {vectors.shape}")
        if len(np.unique(ids)) != len(ids) or np.isin(ids, self._ids()).any():
            raise ValueError("an id is already present")
        if len(ids):
            self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.asarray(ids, np.int64))

    def remove(self, ids: Ids) -> int:
        return int(self._index.remove_ids(np.asarray(ids, np.int64)))

    def search(self, queries: Vectors, k: int, allowed: Ids | None = None) -> tuple[Vectors, Ids]:
        wanted = min(k, len(self) if allowed is None else len(allowed))
        if wanted == 0:
            return np.empty((len(queries), 0), np.float32), np.empty((len(queries), 0), np.int64)
        rows = np.ascontiguousarray(queries, np.float32)
        if allowed is None:
            scores, ids = self._index.search(rows, wanted)
            return scores, ids
        parameters = faiss.SearchParameters()
        parameters.sel = faiss.IDSelectorBatch(np.ascontiguousarray(allowed, np.int64))
        scores, ids = self._index.search(rows, wanted, params=parameters)
        # Where fewer are present than allowed, the last columns are empty.
        present = int((ids[0] != _NONE).sum())
        return scores[:, :present], ids[:, :present]

    def reconstruct(self, ids: Ids) -> Vectors:
        try:
            rows = [self._index.reconstruct(int(i)) for i in ids]
        except RuntimeError as error:
            raise KeyError("an id is not present") from error
        return np.array(rows, np.float32).reshape(len(rows), self.dimension)

    def save(self, path: Path) -> None:
        # Not `faiss.write_index`, whose errors do not tell a full disk from others.
        with path.open("wb") as file:
            file.write(faiss.serialize_index(self._index).data)
            file.flush()
            os.fsync(file.fileno())
