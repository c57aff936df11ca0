"""A new index up to its spans: articles are cut and written to its catalog as they are read, none kept in memory.

What is known then is which spans it is to hold, in which order, and which of them an older index has already.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from rag.config import Settings
from rag.domain import Article
from rag.indexing.arrangement import Arrangement, arrange, rows_by_document
from rag.indexing.chunking import split_article, split_sentences
from rag.protocols import Embedder, Ids
from rag.store import CATALOG_FILE, CatalogWriter, Origin, Stores, writing_catalog


@dataclass(frozen=True, slots=True)
class Plan:
    """What an index is to hold: which spans, of which those of `kept`, an older index, are taken over.

    `changes_nothing`: it is what `kept` holds, in the same order.
    """

    passages: Arrangement
    sentences: Arrangement
    kept: Stores | None
    changes_nothing: bool


class Draft:
    """An index as its articles are read; see `drafting`."""

    def __init__(
        self, data: Path, kept: Stores | None, embedder: Embedder, settings: Settings, opened: ExitStack
    ) -> None:
        self._path = data / CATALOG_FILE
        self._kept = kept
        self._count = partial(_count_one, embedder)
        self._settings = settings
        self._open = opened
        self._writer: CatalogWriter | None = None
        self._documents: list[str] = []
        self._passages: dict[str, Ids] = {}
        self._sentences: dict[str, Ids] = {}

    def keep(self, document: str) -> None:
        """Adds an article that the older index has as it is."""
        self._documents.append(document)

    def add(self, article: Article, origin: Origin) -> None:
        """Adds an article from the file `origin`, cut into spans."""
        chunk_tokens, overlap = self._settings.chunk_tokens, self._settings.overlap_sentences
        passages = split_article(article, self._count, chunk_tokens=chunk_tokens, overlap_sentences=overlap)
        # A sentence that two overlapping passages share comes once.
        sentences = {s.id: s for passage in passages for s in split_sentences(article, passage)}
        self._catalog().add(article, passages, sentences.values(), origin)
        self._documents.append(article.document)
        self._passages[article.document] = np.array([p.id for p in passages], np.int64)
        self._sentences[article.document] = np.array(list(sentences), np.int64)

    def finish(self, incomplete: Collection[str] = ()) -> Plan:
        """What the index is to hold. Unless that changes nothing, the catalog is whole, and on disk.

        The files `incomplete`, by name, hold articles that were left out: they are to be read again next time.
        """
        kept = self._kept
        for document in kept.catalog.digests().keys() - set(self._documents) if kept else ():
            self._catalog().drop(document)
        for file in incomplete if self._writer else ():
            self._catalog().reread(file)
        passages = self._arranged("passage", self._passages, kept.passages.ids if kept else None)
        sentences = self._arranged("sentence", self._sentences, kept.sentences.ids if kept else None)
        same = kept and passages.is_all_of(len(kept.passages)) and sentences.is_all_of(len(kept.sentences))
        plan = Plan(passages, sentences, kept, changes_nothing=bool(same and self._writer is None))
        if not plan.changes_nothing:
            self._catalog()
        self._open.close()
        return plan

    def _catalog(self) -> CatalogWriter:
        """That of the new index, begun with all that the older one holds."""
        if self._writer is None:
            old = self._kept.catalog if self._kept else None
            self._writer = self._open.enter_context(writing_catalog(self._path, old))
        return self._writer

    def _arranged(self, level: str, new: Mapping[str, Ids], ids: Ids | None) -> Arrangement:
        if self._kept is None or ids is None:
            return arrange(self._documents, new, np.empty(0, np.int64), {})
        return arrange(self._documents, new, ids, rows_by_document(self._kept.catalog, level, ids))


@contextmanager
def drafting(data: Path, kept: Stores | None, embedder: Embedder, settings: Settings) -> Iterator[Draft]:
    """A draft of a new index, whose catalog is written into the folder `data` as articles come. Raises OSError.

    What `kept`, an older index, has as it is, is taken from it; nothing is written before something else comes.
    """
    with ExitStack() as opened:
        yield Draft(data, kept, embedder, settings, opened)


def _count_one(embedder: Embedder, text: str) -> int:
    return embedder.count_tokens([text])[0]
