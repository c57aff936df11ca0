"""Embeddings as they are made, kept until the index they are for is whole, so that a build goes on where it stopped.

They lie in an SQLite file in the folder of the index, in WAL mode: what was committed outlives the process, and a
commit costs no flush. The texts themselves are not kept, only digests of them. What another embedder made, what was
damaged, and tokens of another projection are thrown away.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from rag.protocols import Vectors
from rag.store import Projection, StoredTokens
from rag.system import failed_write

FILE = ".building.sqlite"

_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE made (
    place INTEGER PRIMARY KEY, level TEXT NOT NULL, text BLOB NOT NULL, checksum INTEGER NOT NULL,
    vector BLOB NOT NULL, tokens BLOB NOT NULL
);
CREATE UNIQUE INDEX made_text ON made (level, text);
"""
_ROWS_A_QUERY = 500


class Made:
    """The embeddings that were made for an index; see `keeping`. Raises sqlite3.OperationalError on a full disk.

    `projection` is that of the tokens, once it is known.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        about = dict(connection.execute("SELECT name, value FROM about").fetchall())
        self.projection = Projection.unpacked(about["centre"], about["basis"]) if "basis" in about else None
        (self._before,) = connection.execute("SELECT coalesce(max(place), 0) FROM made").fetchone()
        connection.execute("CREATE TEMP TABLE resumed (place INTEGER PRIMARY KEY)")

    def project(self, projection: Projection) -> None:
        """Makes `projection` that of the tokens; those of another one go."""
        if self.projection and self.projection.is_same(projection):
            return
        rows = zip(("centre", "basis"), projection.packed(), strict=True)
        with self._connection:
            self._connection.execute("DELETE FROM made WHERE level = 'passage'")
            self._connection.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", rows)
        self.projection = projection

    def places(self, level: str, texts: Sequence[str]) -> dict[str, int]:
        """Of the texts whose embeddings are here, where they lie."""
        keys = {_key(text): text for text in texts}
        found: dict[str, int] = {}
        for some in _parts(list(keys)):
            marks = ",".join("?" * len(some))
            rows = self._connection.execute(
                f"SELECT text, place FROM made WHERE level = ? AND text IN ({marks})", [level, *some]
            )
            found |= {keys[key]: place for key, place in rows}
        return found

    def resume(self, level: str, texts: Sequence[str]) -> dict[str, int]:
        """As `places`, for texts that are looked for the first time.

        What an earlier process left is checked: what was damaged goes, and the rest counts as `resumed`.
        """
        found = self.places(level, texts)
        earlier = {place for place in found.values() if place <= self._before}
        rows = self._rows("checksum, vector, tokens", list(earlier))
        bad = {place for place, checksum, vector, tokens in rows if _sum(vector, tokens) != checksum}
        with self._connection:
            self._connection.executemany("DELETE FROM made WHERE place = ?", [(place,) for place in bad])
            good = [(place,) for place in earlier - bad]
            self._connection.executemany("INSERT OR IGNORE INTO resumed VALUES (?)", good)
        return {text: place for text, place in found.items() if place not in bad}

    @property
    def resumed(self) -> int:
        """How many embeddings of an earlier process were of use."""
        return int(self._connection.execute("SELECT count(*) FROM resumed").fetchone()[0])

    @property
    def is_empty(self) -> bool:
        """Whether there are none."""
        return not self._connection.execute("SELECT 1 FROM made LIMIT 1").fetchall()

    def put(self, level: str, made: Iterable[tuple[str, Vectors, StoredTokens | None]]) -> None:
        """Keeps the vectors, float32 [dimension], of texts, of passages with their tokens; one commit."""
        with self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO made (level, text, checksum, vector, tokens) VALUES (?, ?, ?, ?, ?)",
                (_row(level, *one) for one in made),
            )

    def vectors(self, places: Sequence[int]) -> Vectors:
        """The vectors in these places, float32 [n, dimension]."""
        rows = {place: np.frombuffer(vector, np.float32) for place, vector in self._rows("vector", places)}
        return np.array([rows[place] for place in places], np.float32)

    def tokens(self, places: Sequence[int]) -> list[StoredTokens]:
        """The tokens in these places."""
        rows = dict(self._rows("tokens", places))
        directions = self.projection.basis.shape[1] if self.projection else 0
        return [StoredTokens.unpacked(rows[place], directions) for place in places]

    def _rows(self, columns: str, places: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        for some in _parts(places):
            marks = ",".join("?" * len(some))
            yield from self._connection.execute(f"SELECT place, {columns} FROM made WHERE place IN ({marks})", some)


@contextmanager
def keeping(folder: Path, embedder: str) -> Iterator[Made]:
    """What was made for the index in `folder`, opened or begun; `forget` takes it away. Raises OSError."""
    path = folder / FILE
    try:
        try:
            connection = _opened(path, embedder)
        except sqlite3.DatabaseError:
            forget(folder)
            connection = _opened(path, embedder)
        try:
            made = Made(connection)
            yield made
        finally:
            empty = made.is_empty
            connection.close()
            if empty:
                forget(folder)
    except sqlite3.OperationalError as error:
        raise failed_write(path, error) from error


def forget(folder: Path) -> None:
    """Takes away what was made for the index in `folder`."""
    for suffix in ("", "-wal", "-shm"):
        (folder / f"{FILE}{suffix}").unlink(missing_ok=True)


def _opened(path: Path, embedder: str) -> sqlite3.Connection:
    """Raises sqlite3.DatabaseError for what is damaged or of another embedder."""
    connection = sqlite3.connect(path)
    try:
        for pragma in ("page_size = 16384", "journal_mode = WAL", "synchronous = NORMAL"):
            connection.execute(f"PRAGMA {pragma}")
        if not connection.execute("SELECT 1 FROM sqlite_master").fetchall():
            connection.executescript(_SCHEMA)
            with connection:
                connection.execute("INSERT INTO about VALUES ('embedder', ?)", [embedder.encode()])
        _check(connection, embedder)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, embedder: str) -> None:
    (flaw,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    about = connection.execute("SELECT value FROM about WHERE name = 'embedder'").fetchone()
    if flaw != "ok" or about != (embedder.encode(),):
        raise sqlite3.DatabaseError(flaw)


def _row(level: str, text: str, vector: Vectors, tokens: StoredTokens | None) -> tuple[object, ...]:
    values = np.asarray(vector, np.float32).tobytes()
    joined = tokens.packed() if tokens else b""
    return level, _key(text), _sum(values, joined), values, joined


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _sum(vector: bytes, tokens: bytes) -> int:
    return zlib.crc32(tokens, zlib.crc32(vector))


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _ROWS_A_QUERY):
        yield values[start : start + _ROWS_A_QUERY]
