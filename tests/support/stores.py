"""Stores of an index, written as the product writes them and opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag.protocols import Ids, Vectors
from rag.store.bm25 import LexicalIndex
from rag.store.bm25_writer import LexicalBuilder
from rag.store.faiss_store import FaissStore
from rag.store.faiss_writer import write_flat
from rag.store.token_vectors import Projection, StoredTokens, TokenStore, write_tokens


def written_vectors(path: Path, ids: Ids | Sequence[int], vectors: Vectors) -> FaissStore:
    """The store in the new file `path`; `vectors` [len(ids), dimension]."""
    write_flat(path, np.asarray(ids, np.int64), [vectors], vectors.shape[1])
    return FaissStore.open(path)


def written_terms(folder: Path, ids: Ids | Sequence[int], documents: Sequence[Sequence[str]]) -> LexicalIndex:
    """The index in the new folder `folder` of `documents`, the terms of each passage."""
    builder = LexicalBuilder(np.asarray(ids, np.int64), folder)
    builder.add(np.arange(len(ids)), documents)
    builder.write()
    return LexicalIndex.open(folder)


def written_tokens(
    folder: Path, projection: Projection, ids: Ids | Sequence[int], tokens: Sequence[StoredTokens]
) -> TokenStore:
    """The store in the new folder `folder` of the tokens of each passage."""
    write_tokens(folder, projection, np.asarray(ids, np.int64), tokens)
    return TokenStore.open(folder)
