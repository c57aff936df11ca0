"""One state of a shared index: a transaction that reads and sees nothing of what is written after it began."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from rag.errors import IndexDamaged
from rag.postgres.connection import Connection, Server, first_line, psycopg
from rag.postgres.posting_lists import graves
from rag.postgres.schema import check_version
from rag.protocols import Ids
from rag.store import Manifest

Parameters = Sequence[object] | Mapping[str, object]

_ABOUT = "SELECT name, value FROM about"


@dataclass(frozen=True, slots=True)
class Tally:
    """What an index holds: articles, the spans of each level, and the terms of the spans of each part together."""

    version: int
    articles: int
    passages: int
    sentences: int
    passage_terms: int
    passage_grams: int
    sentence_terms: int


_TALLY = f"SELECT {', '.join(f'sum({column.name})::bigint' for column in fields(Tally))} FROM tally"


class State:
    """The index at `server` as it is now. Threads share it and take turns; it ends when it is closed or let go of."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._lock = threading.RLock()
        self._connection, self.facts, self.tally = _begin(server)
        self._ending = weakref.finalize(self, server.give_back, "read", self._connection)

    @property
    def manifest(self) -> Manifest:
        """What the index is, as an index folder says it; `data` names the state."""
        try:
            return Manifest(
                data=f"state-{self.tally.version}",
                embedder=self.facts["embedder"],
                embedder_digest=self.facts["embedder_digest"],
                dimension=int(self.facts["dimension"]),
                chunk_tokens=int(self.facts["chunk_tokens"]),
                overlap_sentences=int(self.facts["overlap_sentences"]),
                roots=(),
                corpus_digest="",
                articles=self.tally.articles,
                passages=self.tally.passages,
                sentences=self.tally.sentences,
                created=self.facts["created"],
                libraries={},
            )
        except KeyError as error:
            raise IndexDamaged(path=self.server.shown, reason=f"nothing tells its {error}") from error

    def rows(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """The rows of a SELECT. Raises StoreUnreachable and IndexDamaged.

        Where the connection is lost, or a replica ends the transaction for what it has to catch up with, it is asked
        once more, of the same server or the one in its place, unless that holds another state by now.
        """
        with self._lock:
            try:
                return self._ask(sql, parameters)
            except psycopg.OperationalError as error:
                self._resume(error)
            try:
                return self._ask(sql, parameters)
            except psycopg.OperationalError as error:
                raise self.server.failed(error) from error

    def _ask(self, sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, parameters, binary=True).fetchall()
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            raise IndexDamaged(path=self.server.shown, reason=first_line(error)) from error

    def _resume(self, lost: psycopg.Error) -> None:
        self._ending.detach()
        self._connection.close()
        self._connection, _, tally = _begin(self.server)
        self._ending = weakref.finalize(self, self.server.give_back, "read", self._connection)
        if tally != self.tally:
            raise self.server.failed(lost) from lost

    @cached_property
    def buried(self) -> dict[int, Ids]:
        """The spans that are gone, whose postings are there still, by segment."""
        return graves(self.rows("SELECT segment, ids FROM buried"))

    def close(self) -> None:
        """Ends the transaction. Nothing can be asked any more."""
        with self._lock:
            self._ending()


def _begin(server: Server) -> tuple[Connection, dict[str, str], Tally]:
    try:
        return _begin_once(server)
    except psycopg.OperationalError:
        # The server went away while this connection lay idle, and so have the other idle ones ended.
        server.forget()
    try:
        return _begin_once(server)
    except psycopg.OperationalError as error:
        raise server.failed(error) from error


def _begin_once(server: Server) -> tuple[Connection, dict[str, str], Tally]:
    """Begins the transaction of a state by asking what the index is. Raises IndexMissing, IndexTooNew."""
    connection = server.connect("read")
    try:
        facts: dict[str, str] = {}
        with suppress(psycopg.errors.UndefinedTable):  # there is no index
            facts = dict(connection.execute(_ABOUT).fetchall())
        check_version(int(facts.get("schema", 0)), server.shown)
        (counts,) = connection.execute(_TALLY).fetchall()
    except BaseException:
        server.give_back("read", connection)
        raise
    return connection, facts, Tally(*counts)
