"""What an index holds, in the files of its data folder: articles and spans, their vectors, terms and tokens."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass
from pathlib import Path

from rag.store.bm25 import LexicalIndex
from rag.store.catalog import CATALOG_FILE, CatalogFile
from rag.store.faiss_store import FaissStore
from rag.store.token_vectors import SAMPLE, TokenStore

PASSAGES, SENTENCES = "passages.faiss", "sentences.faiss"
PASSAGE_TERMS, PASSAGE_GRAMS, SENTENCE_TERMS = "passages.bm25", "passages.grams", "sentences.bm25"
TOKENS = "passages.tokens"


@dataclass(frozen=True, slots=True)
class Embedded:
    """The open stores of an index that hold what an embedder made, and the texts it was made of."""

    catalog: CatalogFile
    passages: FaissStore
    sentences: FaissStore
    tokens: TokenStore

    @property
    def is_settled(self) -> bool:
        """Whether the projection of the tokens was fitted on as many as one is to be fitted on."""
        return self.tokens.total >= SAMPLE


@dataclass(frozen=True, slots=True)
class Stores(Embedded):
    """The open stores of an index. The rows of those of one level are the same spans."""

    passage_terms: LexicalIndex
    passage_grams: LexicalIndex
    sentence_terms: LexicalIndex

    @property
    def counts(self) -> tuple[int, ...]:
        """Number of articles, then of the spans of each store: four of passages, two of sentences."""
        of_passages: list[Sized] = [self.passages, self.passage_terms, self.passage_grams, self.tokens]
        of_sentences: list[Sized] = [self.sentences, self.sentence_terms]
        return (self.catalog.count_articles(), *map(len, of_passages), *map(len, of_sentences))


def open_stores(data: Path) -> Stores:
    """Opens the stores in the folder `data`. Raises IndexDamaged."""
    made = open_embedded(data)
    return Stores(
        catalog=made.catalog,
        passages=made.passages,
        sentences=made.sentences,
        tokens=made.tokens,
        passage_terms=LexicalIndex.open(data / PASSAGE_TERMS),
        passage_grams=LexicalIndex.open(data / PASSAGE_GRAMS),
        sentence_terms=LexicalIndex.open(data / SENTENCE_TERMS),
    )


def open_embedded(data: Path) -> Embedded:
    """Opens those of the stores in the folder `data` that an embedder is needed for. Raises IndexDamaged."""
    return Embedded(
        catalog=CatalogFile(data / CATALOG_FILE),
        passages=FaissStore.open(data / PASSAGES),
        sentences=FaissStore.open(data / SENTENCES),
        tokens=TokenStore.open(data / TOKENS),
    )
