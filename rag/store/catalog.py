"""Articles, passages and sentences of an index, texts included: an index answers without its sources.

That of an index folder is one SQLite file. It is written once, in a folder nobody reads yet, and opened read-only ever
after. Threads share an open one, and take turns at its one connection: a question goes on reading it, from whatever
thread, after a new index has taken its place and its file is gone. What is asked of a catalog is SQL that PostgreSQL
reads too (see `rag.postgres`).
"""

from __future__ import annotations

import json
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import ClassVar, cast

from rag.domain import Article, Passage, Segment, SegmentKind, within
from rag.errors import IndexDamaged
from rag.protocols import Ids
from rag.store.manifest import current_manifest

CATALOG_FILE = "articles.sqlite"

_PASSAGE = """
SELECT passage.id, passage.document, start, "end", passage.text, passage.title, date, source, kind, language
FROM passage JOIN article USING (document)
"""
# The catalog of an index of the schema before as one of this: a view that has the columns it lacks.
_OLDER = """
CREATE TEMP VIEW article AS
SELECT rowid, *, '[]' AS pages, '{}' AS provenance, document AS file FROM main.article
"""
_ROWS_A_QUERY = 500


@dataclass(frozen=True, slots=True)
class Origin:
    """The file of an article: SHA-256 of its bytes, its encoding where that was guessed, and its relative name.

    `content` is empty where the file must be read again: not known, or not all of its articles are in the catalog.
    `file` is empty where the file is what the article's document names.
    """

    content: str = ""
    encoding: str = ""
    file: str = ""


def open_catalog(index: Path) -> CatalogFile:
    """The catalog of the index in the folder `index`, alone. Raises as `open_index` does."""
    return CatalogFile(index / current_manifest(index).data / CATALOG_FILE)


class Catalog(ABC):
    """The articles and spans of an index. Read-only. Methods raise IndexDamaged when what holds them cannot be read."""

    IN_LIST: ClassVar[str] = "IN (SELECT value FROM json_each(?))"
    """The condition, for a column of text, that its value is in the JSON list of a parameter."""

    def __init__(self, path: Path | str) -> None:
        self.path = path

    @abstractmethod
    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """The rows of a SELECT over the tables of `rag.store.catalog_writer`; `?` stands for a parameter."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of what holds it, for all threads."""

    def count_articles(self) -> int:
        """Number of articles."""
        (row,) = self.query("SELECT count(*) FROM article")
        return int(str(row[0]))

    def digests(self) -> dict[str, str]:
        """The digest of each article's text, by document."""
        return {str(document): str(digest) for document, digest in self.query("SELECT document, digest FROM article")}

    def pages(self, document: str) -> tuple[int, ...]:
        """Where the pages of the article of that name begin. Raises KeyError."""
        rows = self.query("SELECT pages FROM article WHERE document = ?", [document])
        if not rows:
            raise KeyError(document)
        return tuple(json.loads(str(rows[0][0])))

    def homes(self, level: str) -> list[tuple[int, str]]:
        """The id and the document of every span of a level, "passage" or "sentence"."""
        rows = self.query("SELECT id, document FROM passage WHERE level = ?", [level])
        return [(int(str(id_)), str(document)) for id_, document in rows]

    def articles(self) -> Iterator[Article]:
        """Every article, in the order of their names, one at a time in memory."""
        for (document,) in self.query("SELECT document FROM article ORDER BY document"):
            yield self.article(str(document))

    def article(self, document: str) -> Article:
        """The article of that name. Raises KeyError."""
        rows = self.query(
            "SELECT id, document, text, digest, date, title, source, author, language, segments, pages, provenance"
            " FROM article WHERE document = ?",
            [document],
        )
        if not rows:
            raise KeyError(document)
        *fields, segments, pages, provenance = rows[0]
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
            pages=tuple(json.loads(str(pages))),
            provenance=json.loads(str(provenance)),
        )

    def passages(self, ids: Sequence[int] | Ids) -> list[Passage]:
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

    def spans_of(self, level: str, document: str) -> list[Passage]:
        """The spans of a level of the article of that name, in order."""
        condition = "WHERE passage.document = ? AND level = ?"
        return [_passage(row) for row in self.query(f'{_PASSAGE} {condition} ORDER BY start, "end"', [document, level])]

    def sentences_within(self, passage: Passage) -> list[Passage]:
        """The sentences that lie in `passage`, in order."""
        return self.sentences_within_each([passage])[0]

    def sentences_within_each(self, passages: Sequence[Passage]) -> list[list[Passage]]:
        """The same of several passages, asked at once."""
        places = " OR ".join(['(passage.document = ? AND start >= ? AND "end" <= ?)'] * len(passages))
        rows = self.query(
            f"{_PASSAGE} WHERE level = 'sentence' AND ({places or 'FALSE'}) ORDER BY start",
            [value for passage in passages for value in (passage.document, passage.start, passage.end)],
        )
        found = [_passage(row) for row in rows]
        return [[sentence for sentence in found if within(sentence, passage)] for passage in passages]


class CatalogFile(Catalog):
    """The catalog of an index folder, in the file `path`."""

    path: Path

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._lock = threading.Lock()
        try:
            # Immutable: nobody writes the file once it is in place, so no lock or journal file is needed.
            self._connection = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            columns = [name for _, name, *_ in self._connection.execute("PRAGMA table_info(article)")]
            if columns and "pages" not in columns:
                self._connection.execute(_OLDER)
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(path=path, reason=error) from error
        # Counting spans would read all of them; that there are some, and a table that holds them, is told at once.
        self.query("SELECT id FROM passage LIMIT 1")
        self.count_articles()

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        try:
            with self._lock:
                return self._connection.execute(sql, parameters).fetchall()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise IndexDamaged(path=self.path, reason=error) from error

    def origins(self) -> dict[str, Origin]:
        """The file of each article, by document, those of one file in its order."""
        rows = self.query("SELECT document, content, encoding, file FROM article ORDER BY rowid")
        return {
            str(document): Origin(str(content), str(encoding), str(file)) for document, content, encoding, file in rows
        }

    def with_texts(self, level: str, texts: Iterable[str]) -> dict[str, int]:
        """Of the spans of a level that have one of these texts, the text and the id of one."""
        rows = self.query(
            "SELECT text, id FROM passage WHERE level = ? AND text IN (SELECT value FROM json_each(?))",
            [level, json.dumps(list(texts))],
        )
        return {str(text): int(str(id_)) for text, id_ in rows}

    def texts(self, ids: Iterable[int]) -> dict[int, str]:
        """The texts of the passages or sentences with these ids, by id; without those that are missing."""
        wanted = json.dumps(list(map(int, ids)))
        rows = self.query("SELECT id, text FROM passage WHERE id IN (SELECT value FROM json_each(?))", [wanted])
        return {int(str(id_)): str(text) for id_, text in rows}

    def check(self) -> None:
        """Reads the whole file. Raises IndexDamaged."""
        for flaw in self.query("PRAGMA integrity_check"):
            if flaw != ("ok",):
                raise IndexDamaged(path=self.path, reason=flaw[0])

    def close(self) -> None:
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
