"""Texts to the vectors of an index: each distinct text is embedded once, and not at all where an older index has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.protocols import Embedder, OnProgress, TokenVectors, Vectors
from rag.stores import Stores
from rag.tokens import SAMPLE, Projection, StoredTokens


@dataclass(frozen=True, slots=True)
class PassageVectors:
    """Of each text its vector, float32 [n, dimension], and its tokens; and how many texts were embedded."""

    vectors: Vectors
    tokens: list[StoredTokens]
    projection: Projection
    embedded: int


def passage_vectors(
    texts: Sequence[str], embedder: Embedder, known: Stores | None, on_progress: OnProgress
) -> PassageVectors:
    """The vectors of `texts` and of their tokens; `known` is an index by the same embedder."""
    held = _known_passages(known, texts) if known else {}
    missing = [text for text in dict.fromkeys(texts) if text not in held]
    if known and not known.is_settled and len(missing) > len(held):
        # The projection was fitted on few tokens, and most are new: all are read again, for a better one.
        return passage_vectors(texts, embedder, None, on_progress)
    projection = known.tokens.projection if known else None
    waiting: list[tuple[str, Vectors, TokenVectors]] = []
    # Whole token vectors are large: they are held only until there are enough of them to fit the projection.
    for place, vector, tokens in embedder.encode_passages(missing, on_progress) if missing else ():
        waiting.append((missing[place], vector, tokens))
        if projection is None and sum(len(t.places) for *_, t in waiting) >= SAMPLE:
            projection = _fit(waiting, embedder.dimension)
        if projection is not None:
            held |= {text: (v, StoredTokens.of(t, projection)) for text, v, t in waiting}
            waiting.clear()
    projection = projection or _fit(waiting, embedder.dimension)
    held |= {text: (v, StoredTokens.of(t, projection)) for text, v, t in waiting}
    return PassageVectors(
        _stacked([held[text][0] for text in texts]), [held[text][1] for text in texts], projection, len(missing)
    )


def sentence_vectors(
    texts: Sequence[str], embedder: Embedder, known: Stores | None, on_progress: OnProgress
) -> tuple[Vectors, int]:
    """Vectors float32 [len(texts), dimension], and how many texts were embedded."""
    held: dict[str, Vectors] = {}
    if known:
        ids = known.catalog.with_texts("sentence", set(texts))
        vectors = known.sentences.reconstruct(np.array(list(ids.values()), np.int64))
        held = dict(zip(ids, vectors, strict=True))
    missing = [text for text in dict.fromkeys(texts) if text not in held]
    if missing:
        held |= dict(zip(missing, embedder.encode_documents(missing, on_progress), strict=True))
    return _stacked([held[text] for text in texts]), len(missing)


def _stacked(rows: Sequence[Vectors]) -> Vectors:
    """float32 [len(rows), dimension], or [0, 0] where there are none."""
    return np.array(rows, np.float32).reshape(len(rows), -1 if rows else 0)


def _fit(read: Sequence[tuple[str, Vectors, TokenVectors]], dimension: int) -> Projection:
    none = np.empty((0, dimension), np.float32)
    return Projection.fit(np.concatenate([none, *(tokens.vectors for *_, tokens in read)]))


def _known_passages(known: Stores, texts: Sequence[str]) -> dict[str, tuple[Vectors, StoredTokens]]:
    ids = known.catalog.with_texts("passage", set(texts))
    vectors = known.passages.reconstruct(np.array(list(ids.values()), np.int64))
    return {
        text: (vector, known.tokens.tokens(id_))
        for (text, id_), vector in zip(ids.items(), vectors, strict=True)
    }  # fmt: skip
