"""What a question needs of an index, which lies in a folder (`rag.indexing.build`) or in PostgreSQL (`rag.postgres`).

An index is one state of its articles: what is asked of one never mixes with what was written since it was opened.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.protocols import Ids, Vectors
from rag.store.catalog import Catalog
from rag.store.manifest import Manifest
from rag.store.token_vectors import Projection, StoredTokens


class SpanVectors(Protocol):
    """The vectors of the spans of one level by id, searched by inner product."""

    def search(self, queries: Vectors, k: int, allowed: Ids | None = None) -> tuple[Vectors, Ids]:
        """Scores float32 [q, m] in descending order and ids int64 [q, m] of the best for `queries` [q, dimension].

        With `allowed` (int64 [n]), only spans whose ids are in it count. m is `k`, or the number of spans that count
        where those are fewer. Ids that are not present are passed over.
        """

    def reconstruct(self, ids: Ids) -> Vectors:
        """The stored vectors float32 [n, dimension] of `ids`. Raises KeyError when one is absent."""


class SpanTerms(Protocol):
    """BM25 over the terms of the spans of one level. `rag.store.bm25.LexicalIndex` says what each method gives."""

    @property
    def vocabulary(self) -> Collection[str]: ...

    def best(self, terms: Sequence[str], k: int, allowed: Ids | None = None) -> tuple[Vectors, Ids]: ...

    def scores(self, terms: Sequence[str], ids: Ids | Sequence[int]) -> Vectors: ...

    def knows(self, term: str) -> bool: ...

    def meets(self, terms: Sequence[str], allowed: Ids | None = None) -> bool: ...

    def held(self, terms: Sequence[str], ids: Sequence[int]) -> NDArray[np.bool_]: ...

    def rarity(self, terms: Sequence[str]) -> Vectors: ...


class PassageTokens(Protocol):
    """The token vectors of the passages."""

    @property
    def projection(self) -> Projection:
        """What the tokens of a question go through to be compared with them."""

    def many(self, ids: Ids | Sequence[int]) -> list[StoredTokens]:
        """The tokens of these passages. Raises KeyError."""


class Searchable(Protocol):
    """An open index as questions use it."""

    @property
    def manifest(self) -> Manifest: ...

    @property
    def path(self) -> Path | str: ...

    @property
    def catalog(self) -> Catalog: ...

    @property
    def passages(self) -> SpanVectors: ...

    @property
    def sentences(self) -> SpanVectors: ...

    @property
    def tokens(self) -> PassageTokens: ...

    @property
    def passage_terms(self) -> SpanTerms: ...

    @property
    def passage_grams(self) -> SpanTerms: ...

    @property
    def sentence_terms(self) -> SpanTerms: ...
