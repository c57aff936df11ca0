"""Writing of a catalog, article by article: a new one, or that of an older index with other articles.

It is written in a folder that nobody reads yet and that is thrown away when this fails, so no journal is kept.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path

from rag.domain import Article, Passage
from rag.store.catalog import CatalogFile, Origin
from rag.system import failed_write

_SCHEMA = """
-- Texts stand last: what comes after them in a row lies some pages away.
CREATE TABLE article (
    id TEXT PRIMARY KEY, document TEXT NOT NULL UNIQUE, digest TEXT NOT NULL,
    date TEXT, title TEXT NOT NULL, source TEXT, author TEXT, language TEXT NOT NULL,
    content TEXT NOT NULL, encoding TEXT NOT NULL, pages TEXT NOT NULL DEFAULT '[]',
    provenance TEXT NOT NULL DEFAULT '{}', file TEXT NOT NULL DEFAULT '', segments TEXT NOT NULL, text TEXT NOT NULL
);
CREATE TABLE passage (
    id INTEGER PRIMARY KEY, document TEXT NOT NULL REFERENCES article (document), level TEXT NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, text TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL
);
CREATE INDEX passage_place ON passage (document, level, start);
-- All that a scope looks at, so that no text is read for it.
CREATE INDEX article_heading ON article (date, source, language, document, title);
"""
_INSERT_ARTICLE = """
INSERT INTO article (id, document, digest, date, title, source, author, language, content, encoding, pages, provenance,
file, segments, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_SPAN = "INSERT INTO passage VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_CACHE_KIB = 32_000


class CatalogWriter:
    """A catalog that is being written; see `writing_catalog`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(
        self, article: Article, passages: Iterable[Passage], sentences: Iterable[Passage], origin: Origin | None = None
    ) -> None:
        """Adds an article from the file `origin` and its spans, in the place of one of that name."""
        self.drop(article.document)
        self._connection.execute(_INSERT_ARTICLE, _article_row(article, origin or Origin()))
        for level, spans in (("passage", passages), ("sentence", sentences)):
            self._connection.executemany(
                _INSERT_SPAN, ((s.id, s.document, level, s.start, s.end, s.text, s.kind, s.title) for s in spans)
            )

    def drop(self, document: str) -> None:
        """Takes the article of that name out, if it is there."""
        self._connection.execute("DELETE FROM passage WHERE document = ?", [document])
        self._connection.execute("DELETE FROM article WHERE document = ?", [document])

    def reread(self, file: str) -> None:
        """Has the file of that name read again next time, even if it does not change."""
        self._connection.execute("UPDATE article SET content = '' WHERE file = ? AND content != ''", [file])


@contextmanager
def writing_catalog(path: Path, old: CatalogFile | None = None) -> Iterator[CatalogWriter]:
    """A new catalog in the file `path`, with what `old` holds if that is given; on disk when the block is left.

    Raises OSError.
    """
    if old:
        shutil.copyfile(old.path, path)
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA cache_size = -{_CACHE_KIB}")
            if not old:
                connection.executescript(_SCHEMA)
            yield CatalogWriter(connection)
            connection.commit()
    except sqlite3.OperationalError as error:
        raise failed_write(path, error) from error


def _article_row(article: Article, origin: Origin) -> tuple[object, ...]:
    return (
        article.id, article.document, article.digest, article.date and article.date.isoformat(),
        article.title, article.source, article.author, article.language, origin.content, origin.encoding,
        json.dumps(article.pages), json.dumps(dict(article.provenance)), origin.file or article.document,
        json.dumps([asdict(segment) for segment in article.segments]), article.text,
    )  # fmt: skip
