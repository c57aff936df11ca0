"""A new index up to its spans: articles are cut and written to its catalog as they are read, none kept in memory.

What is known then is which spans it is to hold, in which order, and which of them an older index has already. Spans lie
in the order of the articles, so that an index to which an article was added is arranged as one that was built with it
from the beginning.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from rag.config import Settings
from rag.domain import Article
from rag.indexing.chunking import split_article, split_sentences
from rag.protocols import Embedder, Ids
from rag.store import CATALOG_FILE, Catalog, CatalogWriter, Index, Origin, Rows, writing_catalog

_NONE: Ids = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The spans of one level, by row: `ids` int64 [n], `rows_before` int64 [n], the row in the older index or -1."""

    ids: Ids
    rows_before: Ids

    @property
    def added(self) -> Ids:
        """The rows of what the older index has not, int64 [k]."""
        return np.flatnonzero(self.rows_before < 0)

    def moved(self, before: int) -> Ids:
        """The row here of each of `before` rows of the older index, int64 [before]; -1 where there is none."""
        moved = np.full(before, -1, np.int64)
        kept = np.flatnonzero(self.rows_before >= 0)
        moved[self.rows_before[kept]] = kept
        return moved

    def is_all_of(self, before: int) -> bool:
        """Whether these are the `before` spans of the older index, in the same order."""
        return np.array_equal(self.rows_before, np.arange(before))


@dataclass(frozen=True, slots=True)
class SpanPlan:
    """What an index is to hold: which spans, of which those of `kept`, an older index, are taken over.

    `changes_nothing`: it is what `kept` holds, in the same order.
    """

    passages: Arrangement
    sentences: Arrangement
    kept: Index | None
    changes_nothing: bool


@dataclass(slots=True)
class SpanDraft:
    """An index as its articles are read; see `drafting`."""

    _data: Path
    _kept: Index | None
    _embedder: Embedder
    _settings: Settings
    _open: ExitStack
    _writer: CatalogWriter | None = None
    _documents: list[str] = field(default_factory=list)
    # The ids of the new spans of each document.
    _passages: dict[str, Ids] = field(default_factory=dict)
    _sentences: dict[str, Ids] = field(default_factory=dict)

    def keep(self, document: str) -> None:
        """Adds an article that the older index has as it is."""
        self._documents.append(document)

    def add(self, article: Article, origin: Origin) -> None:
        """Adds an article from the file `origin`, cut into spans."""
        passages = split_article(
            article,
            lambda text: self._embedder.count_tokens([text])[0],
            chunk_tokens=self._settings.chunk_tokens,
            overlap_sentences=self._settings.overlap_sentences,
        )
        # A sentence that two overlapping passages share comes once.
        sentences = {s.id: s for passage in passages for s in split_sentences(article, passage)}
        self._catalog().add(article, passages, sentences.values(), origin)
        self._documents.append(article.document)
        self._passages[article.document] = np.array([p.id for p in passages], np.int64)
        self._sentences[article.document] = np.array(list(sentences), np.int64)

    def finish(self, incomplete: Collection[str] = ()) -> SpanPlan:
        """What the index is to hold. Unless that changes nothing, the catalog is whole, and on disk.

        The files `incomplete`, by name, hold articles that were left out: they are to be read again next time.
        """
        kept = self._kept
        for document in kept.catalog.digests().keys() - set(self._documents) if kept else ():
            self._catalog().drop(document)
        for file in incomplete if self._writer else ():
            self._catalog().reread(file)
        passages = self._arranged("passage", self._passages, kept.passages.ids if kept else _NONE)
        sentences = self._arranged("sentence", self._sentences, kept.sentences.ids if kept else _NONE)
        same = kept and passages.is_all_of(len(kept.passages)) and sentences.is_all_of(len(kept.sentences))
        plan = SpanPlan(passages, sentences, kept, changes_nothing=bool(same and self._writer is None))
        if not plan.changes_nothing:
            self._catalog()
        self._open.close()
        return plan

    def _catalog(self) -> CatalogWriter:
        """That of the new index, begun with all that the older one holds."""
        if self._writer is None:
            old = self._kept.catalog if self._kept else None
            self._writer = self._open.enter_context(writing_catalog(self._data / CATALOG_FILE, old))
        return self._writer

    def _arranged(self, level: str, new: Mapping[str, Ids], old: Ids) -> Arrangement:
        """The spans of a level: those that are `new`, or else those of the older index, which has the ids `old`."""
        rows_of = _rows_by_document(self._kept.catalog, level, old) if self._kept else {}
        ids, before = [_NONE], [_NONE]
        for document in self._documents:
            if document in new:
                ids.append(new[document])
                before.append(np.full(len(new[document]), -1, np.int64))
            else:
                rows = rows_of.get(document, _NONE)
                ids.append(np.asarray(old[rows]))
                before.append(rows)
        return Arrangement(np.concatenate(ids), np.concatenate(before))


def _rows_by_document(catalog: Catalog, level: str, ids: Ids) -> dict[str, Ids]:
    """The rows of each document, ascending, in an index whose ids are `ids`, by the documents' order there."""
    homes = catalog.homes(level)
    rows = Rows(ids).find([id_ for id_, _ in homes])
    found: dict[str, list[int]] = {}
    for place in np.argsort(rows):
        found.setdefault(homes[place][1], []).append(int(rows[place]))
    return {document: np.array(some, np.int64) for document, some in found.items()}


@contextmanager
def drafting(data: Path, kept: Index | None, embedder: Embedder, settings: Settings) -> Iterator[SpanDraft]:
    """A draft of a new index, whose catalog is written into the folder `data` as articles come. Raises OSError.

    What `kept`, an older index, has as it is, is taken from it; nothing is written before something else comes.
    """
    with ExitStack() as opened:
        yield SpanDraft(data, kept, embedder, settings, opened)
