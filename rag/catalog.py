"""Articles, passages and sentences in one SQLite file, texts included: an index answers without its sources.

A catalog is written once, in a folder nobody reads yet, and opened read-only ever after. Threads share an open one,
and take turns at its one connection: a question goes on reading it, from whatever thread, after a new index has taken
its place and its file is gone.
"""

from __future__ import annotations

import errno
import json
import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import cast

from rag.domain import Article, Passage, Segment, SegmentKind
from rag.errors import IndexDamaged
from rag.manifest import current_manifest

FILE = "articles.sqlite"

_SCHEMA = """
-- Texts stand last: what comes after them in a row lies some pages away.
CREATE TABLE article (
    id TEXT PRIMARY KEY, document TEXT NOT NULL UNIQUE, digest TEXT NOT NULL,
    date TEXT, title TEXT NOT NULL, source TEXT, author TEXT, language TEXT NOT NULL,
    content TEXT NOT NULL, encoding TEXT NOT NULL, segments TEXT NOT NULL, text TEXT NOT NULL
);
CREATE TABLE passage (
    id INTEGER PRIMARY KEY, document TEXT NOT NULL REFERENCES article (document), level TEXT NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, text TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL
);
CREATE INDEX passage_place ON passage (document, level, start);
-- All that a scope looks at, so that no text is read for it.
CREATE INDEX article_heading ON article (date, source, language, document, title);
"""
_PASSAGE = """
SELECT passage.id, passage.document, start, "end", passage.text, passage.title, date, source, kind, language
FROM passage JOIN article USING (document)
"""
_ROWS_A_QUERY = 500


@dataclass(frozen=True, slots=True)
class Origin:
    """The file of an article: SHA-256 of its bytes (empty: not known), and its encoding where that was guessed."""

    content: str = ""
    encoding: str = ""


def write_catalog(
    path: Path,
    articles: Iterable[Article],
    passages: Iterable[Passage],
    sentences: Iterable[Passage],
    *,
    origins: Mapping[str, Origin] | None = None,
    old: Catalog | None = None,
    dropped: Iterable[str] = (),
) -> None:
    """Writes a new catalog, flushed to disk: that of `old` without the articles `dropped`, and these.

    `origins` are the files of `articles`, by document.
    """
    if old:
        shutil.copyfile(old.path, path)
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        if not old:
            connection.executescript(_SCHEMA)
        for document in dropped:
            connection.execute("DELETE FROM passage WHERE document = ?", [document])
            connection.execute("DELETE FROM article WHERE document = ?", [document])
        known = origins or {}
        connection.executemany(
            f"INSERT INTO article VALUES ({', '.join('?' * 12)})",
            (_article_row(article, known.get(article.document, Origin())) for article in articles),
        )
        for level, rows in (("passage", passages), ("sentence", sentences)):
            connection.executemany(
                "INSERT INTO passage VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                ((p.id, p.document, level, p.start, p.end, p.text, p.kind, p.title) for p in rows),
            )
        connection.commit()
    except sqlite3.OperationalError as error:
        # The only failures left here are the disk's; the system's own number is not to be had before Python 3.11.
        full = "full" in str(error)
        raise OSError(errno.ENOSPC if full else errno.EIO, str(error), str(path)) from error
    finally:
        connection.close()


def _article_row(article: Article, origin: Origin) -> tuple[object, ...]:
    return (
        article.id,
        article.document,
        article.digest,
        article.date and article.date.isoformat(),
        article.title,
        article.source,
        article.author,
        article.language,
        origin.content,
        origin.encoding,
        json.dumps([asdict(segment) for segment in article.segments]),
        article.text,
    )


def open_catalog(index: Path) -> Catalog:
    """The catalog of the index in the folder `index`, alone. Raises as `open_index` does."""
    return Catalog(index / current_manifest(index).data / FILE)


class Catalog:
    """The articles and spans of an index. Read-only. Methods raise IndexDamaged when the file cannot be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            # Immutable: nobody writes the file once it is in place, so no lock or journal file is needed.
            self._connection = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(path=path, reason=error) from error
        # Counting spans would read all of them; that there are some, and a table that holds them, is told at once.
        self.query("SELECT id FROM passage LIMIT 1")
        self.count_articles()

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """The rows of a SELECT over the tables above."""
        try:
            with self._lock:
                return self._connection.execute(sql, parameters).fetchall()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise IndexDamaged(path=self.path, reason=error) from error

    def count_articles(self) -> int:
        """Number of articles."""
        (row,) = self.query("SELECT count(*) FROM article")
        return int(str(row[0]))

    def digests(self) -> dict[str, str]:
        """The digest of each article's text, by document."""
        return {str(document): str(digest) for document, digest in self.query("SELECT document, digest FROM article")}

    def origins(self) -> dict[str, Origin]:
        """The file of each article, by document."""
        rows = self.query("SELECT document, content, encoding FROM article")
        return {str(document): Origin(str(content), str(encoding)) for document, content, encoding in rows}

    def homes(self, level: str) -> list[tuple[int, str]]:
        """The id and the document of every span of a level, "passage" or "sentence"."""
        rows = self.query("SELECT id, document FROM passage WHERE level = ?", [level])
        return [(int(str(id_)), str(document)) for id_, document in rows]

    def with_texts(self, level: str, texts: Iterable[str]) -> dict[str, int]:
        """Of the spans of a level that have one of these texts, the text and the id of one."""
        rows = self.query(
            "SELECT text, id FROM passage WHERE level = ? AND text IN (SELECT value FROM json_each(?))",
            [level, json.dumps(list(texts))],
        )
        return {str(text): int(str(id_)) for text, id_ in rows}

    def articles(self) -> Iterator[Article]:
        """Every article, in the order of their names, one at a time in memory."""
        for (document,) in self.query("SELECT document FROM article ORDER BY document"):
            yield self.article(str(document))

    def article(self, document: str) -> Article:
        """The article of that name. Raises KeyError."""
        rows = self.query(
            "SELECT id, document, text, digest, date, title, source, author, language, segments"
            " FROM article WHERE document = ?",
            [document],
        )
        if not rows:
            raise KeyError(document)
        *fields, segments = rows[0]
        id_, name, text, digest, day, title, source, author, language = fields
        return Article(
            id=str(id_),
            document=str(name),
            text=str(text),
            digest=str(digest),
            date=_date(day),
            title=str(title),
            source=_optional(source),
            author=_optional(author),
            language=str(language),
            segments=tuple(Segment(**segment) for segment in json.loads(str(segments))),
        )

    def passages(self, ids: Sequence[int]) -> list[Passage]:
        """The passages or sentences with these ids, in this order. Raises IndexDamaged when one is missing."""
        found: dict[int, Passage] = {}
        for start in range(0, len(ids), _ROWS_A_QUERY):
            some = [int(i) for i in ids[start : start + _ROWS_A_QUERY]]
            marks = ",".join("?" * len(some))
            for row in self.query(f"{_PASSAGE} WHERE passage.id IN ({marks})", some):
                passage = _passage(row)
                found[passage.id] = passage
        if missing := [i for i in ids if int(i) not in found]:
            raise IndexDamaged(path=self.path, reason=f"passage {missing[0]} is missing")
        return [found[int(i)] for i in ids]

    def spans(self, level: str) -> list[Passage]:
        """All spans of a level, "passage" or "sentence", by document and place."""
        return [
            _passage(row) for row in self.query(f"{_PASSAGE} WHERE level = ? ORDER BY passage.document, start", [level])
        ]

    def sentences_within(self, passage: Passage) -> list[Passage]:
        """The sentences that lie in `passage`, in order."""
        return [
            _passage(row)
            for row in self.query(
                f"{_PASSAGE} WHERE passage.document = ? AND level = 'sentence'"
                ' AND start >= ? AND "end" <= ? ORDER BY start',
                [passage.document, passage.start, passage.end],
            )
        ]

    def close(self) -> None:
        """Closes the file, for all threads."""
        with self._lock:
            self._connection.close()


def _passage(row: tuple[object, ...]) -> Passage:
    id_, document, start, end, text, title, day, source, kind, language = row
    return Passage(
        id=int(str(id_)),
        document=str(document),
        start=int(str(start)),
        end=int(str(end)),
        text=str(text),
        title=str(title),
        date=_date(day),
        source=_optional(source),
        kind=cast(SegmentKind, kind),
        language=str(language),
    )


def _date(value: object) -> date | None:
    return date.fromisoformat(str(value)) if value else None


def _optional(value: object) -> str | None:
    return None if value is None else str(value)
