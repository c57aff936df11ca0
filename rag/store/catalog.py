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
from typing import Any, ClassVar

from rag.domain import Article, Passage, Segment, within
from rag.errors import IndexDamaged
from rag.protocols import Ids
from rag.store.manifest import current_manifest

CATALOG_FILE = "articles.sqlite"

_PASSAGE = """
SELECT passage.id, passage.document, start, "end", passage.text, passage.title, date, source, kind, language
FROM passage JOIN article USING (document)
"""
# Adds the columns that a catalog of the previous schema lacks: a view of the same name hides the table.
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
    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a SELECT over the tables of `rag.store.catalog_writer`; `?` stands for a parameter.

        Values are what the columns hold: `str`, `int`, None. A date is a `str` in a file and a `date` in PostgreSQL.
        """

    @abstractmethod
    def close(self) -> None:
        """Closes the file or the connection that it is read from, for all threads."""

    def count_articles(self) -> int:
        """Number of articles."""
        ((count,),) = self.query("SELECT count(*) FROM article")
        return int(count)

    def digests(self) -> dict[str, str]:
        """The digest of each article's text, by document."""
        return dict(self.query("SELECT document, digest FROM article"))

    def pages(self, document: str) -> tuple[int, ...]:
        """Where the pages of the article of that name begin. Raises KeyError."""
        rows = self.query("SELECT pages FROM article WHERE document = ?", [document])
        if not rows:
            raise KeyError(document)
        return tuple(json.loads(rows[0][0]))

    def homes(self, level: str) -> list[tuple[int, str]]:
        """The id and the document of every span of a level, "passage" or "sentence"."""
        return list(self.query("SELECT id, document FROM passage WHERE level = ?", [level]))

    def articles(self) -> Iterator[Article]:
        """Every article, in the order of their names, one at a time in memory."""
        for (document,) in self.query("SELECT document FROM article ORDER BY document"):
            yield self.article(document)

    def article(self, document: str) -> Article:
        """The article of that name. Raises KeyError."""
        rows = self.query(
            "SELECT id, text, digest, date, title, source, author, language, segments, pages, provenance"
            " FROM article WHERE document = ?",
            [document],
        )
        if not rows:
            raise KeyError(document)
        id_, text, digest, day, title, source, author, language, segments, pages, provenance = rows[0]
        return Article(
            id=id_,
            document=document,
            text=text,
            digest=digest,
            date=as_date(day),
            title=title,
            source=source,
            author=author,
            language=language,
            segments=tuple(Segment(**segment) for segment in json.loads(segments)),
            pages=tuple(json.loads(pages)),
            provenance=json.loads(provenance),
        )

    def passages(self, ids: Sequence[int] | Ids) -> list[Passage]:
        """The passages or sentences with these ids, in this order. Raises IndexDamaged when one is missing."""
        found: dict[int, Passage] = {}
        for start in range(0, len(ids), _ROWS_A_QUERY):
            some = [int(i) for i in ids[start : start + _ROWS_A_QUERY]]
            marks = ",".join("?" * len(some))
            rows = self.query(f"{_PASSAGE} WHERE passage.id IN ({marks})", some)
            found |= {row[0]: _passage(row) for row in rows}
        if missing := [i for i in ids if int(i) not in found]:
            raise IndexDamaged(path=self.path, reason=f"passage {missing[0]} is missing")
        return [found[int(i)] for i in ids]

    def spans(self, level: str) -> list[Passage]:
        """All spans of a level, "passage" or "sentence", by document and place."""
        rows = self.query(f"{_PASSAGE} WHERE level = ? ORDER BY passage.document, start", [level])
        return list(map(_passage, rows))

    def spans_of(self, level: str, document: str) -> list[Passage]:
        """The spans of a level of the article of that name, in order."""
        condition = 'WHERE passage.document = ? AND level = ? ORDER BY start, "end"'
        return list(map(_passage, self.query(f"{_PASSAGE} {condition}", [document, level])))

    def sentences_within(self, passage: Passage) -> list[Passage]:
        """The sentences that lie in `passage`, in order."""
        return self.sentences_within_each([passage])[0]

    def sentences_within_each(self, passages: Sequence[Passage]) -> list[list[Passage]]:
        """The sentences that lie in each of several passages, asked for at once."""
        places = " OR ".join(['(passage.document = ? AND start >= ? AND "end" <= ?)'] * len(passages))
        rows = self.query(
            f"{_PASSAGE} WHERE level = 'sentence' AND ({places or 'FALSE'}) ORDER BY start",
            [value for passage in passages for value in (passage.document, passage.start, passage.end)],
        )
        found = list(map(_passage, rows))
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
        # Both tables are there, or this raises. One span is enough: counting them would read them all.
        self.query("SELECT id FROM passage LIMIT 1")
        self.count_articles()

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._connection.execute(sql, parameters).fetchall()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise IndexDamaged(path=self.path, reason=error) from error

    def origins(self) -> dict[str, Origin]:
        """The file of each article, by document, those of one file in its order."""
        rows = self.query("SELECT document, content, encoding, file FROM article ORDER BY rowid")
        return {document: Origin(*origin) for document, *origin in rows}

    def with_texts(self, level: str, texts: Iterable[str]) -> dict[str, int]:
        """Of the spans of a level that have one of these texts, the text and the id of one."""
        sql = f"SELECT text, id FROM passage WHERE level = ? AND text {self.IN_LIST}"
        return dict(self.query(sql, [level, json.dumps(list(texts))]))

    def texts(self, ids: Iterable[int]) -> dict[int, str]:
        """The texts of the passages or sentences with these ids, by id; without those that are missing."""
        wanted = json.dumps(list(map(int, ids)))
        return dict(self.query(f"SELECT id, text FROM passage WHERE id {self.IN_LIST}", [wanted]))

    def check(self) -> None:
        """Reads the whole file. Raises IndexDamaged."""
        for flaw in self.query("PRAGMA integrity_check"):
            if flaw != ("ok",):
                raise IndexDamaged(path=self.path, reason=flaw[0])

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def as_date(value: date | str | None) -> date | None:
    """The date in a column, whichever database it comes from."""
    return date.fromisoformat(str(value)) if value else None


def _passage(row: tuple[Any, ...]) -> Passage:
    id_, document, start, end, text, title, day, *rest = row
    return Passage(id_, document, start, end, text, title, as_date(day), *rest)
