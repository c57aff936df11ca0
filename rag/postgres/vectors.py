"""Vectors and tokens of a shared index: vectors of 16 bits in pgvector's `halfvec`, tokens as they lie in a folder.

As long as all vectors that may be found are few, all are compared. Among more, a graph is searched (HNSW, Malkov &
Yashunin 2018), which goes on while the filter leaves too few; `rag.postgres.writer` makes it when there are enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from pgvector import HalfVector

from rag.errors import IndexDamaged
from rag.postgres.snapshot import State
from rag.protocols import Ids, Vectors
from rag.store import Projection, StoredTokens

FEW = 20_000
"""So many vectors are compared one by one: it takes about ten milliseconds and misses none."""

# Spans of equal distance come by document and place, which is their order in an index folder.
_SEARCH = """
WITH near AS MATERIALIZED (
    SELECT id, vector <#> %(asked)s AS distance FROM {table} {condition} ORDER BY {distance} LIMIT %(k)s
) SELECT near.id, -distance FROM near JOIN passage USING (id) ORDER BY distance, document, start
"""
# The graph is an index of the bare distance. Ordered by the distance plus zero, the server cannot use it and compares
# every row.
_BY_GRAPH, _BY_ALL = "vector <#> %(asked)s", "(vector <#> %(asked)s) + 0"


class SharedVectors:
    """The vectors of the spans of one level, "passage" or "sentence", of which there are `total`."""

    def __init__(self, state: State, level: str, total: int, dimension: int) -> None:
        self._state = state
        self._table = f"{level}_vector"
        self._total = total
        self._dimension = dimension

    def __len__(self) -> int:
        return self._total

    def search(self, queries: Vectors, k: int, allowed: Ids | None = None) -> tuple[Vectors, Ids]:
        found = [self._search_one(query, k, allowed) for query in queries]
        width = min((len(rows) for rows in found), default=0)
        scores = np.array([[score for _, score in rows[:width]] for rows in found], np.float32)
        ids = np.array([[id_ for id_, _ in rows[:width]] for rows in found], np.int64)
        return scores.reshape(len(queries), width), ids.reshape(len(queries), width)

    def _search_one(self, query: Vectors, k: int, allowed: Ids | None) -> list[tuple[int, float]]:
        few = (self._total if allowed is None else min(self._total, len(allowed))) <= FEW
        sql = _SEARCH.format(
            table=self._table,
            condition="" if allowed is None else "WHERE id = ANY(%(allowed)s)",
            distance=_BY_ALL if few else _BY_GRAPH,
        )
        some = {} if allowed is None else {"allowed": allowed.tolist()}
        return self._state.rows(sql, {"asked": HalfVector(query), "k": k, **some})

    def reconstruct(self, ids: Ids) -> Vectors:
        rows = self._state.rows(f"SELECT id, vector FROM {self._table} WHERE id = ANY(%s)", [ids.tolist()])
        found = {id_: vector.to_numpy() for id_, vector in rows}
        vectors = [found[int(id_)] for id_ in ids]
        return np.array(vectors, np.float32).reshape(len(ids), self._dimension)


class SharedTokens:
    """The token vectors of the passages."""

    def __init__(self, state: State) -> None:
        self._state = state

    @cached_property
    def projection(self) -> Projection:
        """That of the first writer. It is the same as long as there is the index, so a process reads it once."""
        return self._state.server.once(("projection", self._state.facts["id"]), self._read_projection)

    def _read_projection(self) -> Projection:
        found = read_projection(self._state.rows("SELECT centre, basis FROM projection"))
        if found is None:
            raise IndexDamaged(path=self._state.server.shown, reason="it has no projection")
        return found

    def many(self, ids: Ids | Sequence[int]) -> list[StoredTokens]:
        wanted = [int(id_) for id_ in ids]
        found = dict(self._state.rows("SELECT id, content FROM tokens WHERE id = ANY(%s)", [wanted]))
        directions = self.projection.basis.shape[1]
        return [StoredTokens.unpacked(found[id_], directions) for id_ in wanted]


def read_projection(rows: Sequence[tuple[bytes, bytes]]) -> Projection | None:
    """The projection in the row of its table, if there is one."""
    return Projection.unpacked(*rows[0]) if rows else None
