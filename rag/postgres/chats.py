"""Conversations in the database of a shared index, so that every front end over it has the same ones.

All goes to the server that is written: a standby might not have yet what was said a moment ago. What is deleted is
overwritten when the server clears its tables (`VACUUM`), not at once as in a file.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from rag.errors import ConversationsBusy, ConversationsTooNew
from rag.postgres.connection import SCHEMA_NAME, Connection, psycopg, server_at
from rag.postgres.schema import CHATS, LOCK

_VERSION = 1
# The columns are those of `rag.chat.history_file`. Times compare by their characters.
_SCHEMA = (
    f"CREATE SCHEMA IF NOT EXISTS {SCHEMA_NAME}",
    """CREATE TABLE conversation (
        id text COLLATE "C" PRIMARY KEY, owner text COLLATE "C" NOT NULL, updated_at text COLLATE "C" NOT NULL,
        deleted_at text COLLATE "C"
    )""",
    """CREATE TABLE exchange (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE,
        conversation_id text COLLATE "C" NOT NULL REFERENCES conversation ON DELETE CASCADE,
        question text NOT NULL, answer text NOT NULL, searched text COLLATE "C" NOT NULL, asked_at text NOT NULL,
        verdict text NOT NULL DEFAULT '', remark text NOT NULL DEFAULT ''
    )""",
    "CREATE INDEX conversation_newest ON conversation (owner, updated_at)",
    "CREATE INDEX exchange_order ON exchange (conversation_id, number)",
    f"COMMENT ON TABLE conversation IS '{_VERSION}'",
)


class ChatTables:
    """The conversations in the database at `url`; their tables are made where there are none.

    `wait_s`: seconds to wait for another process that is writing. Opening raises ConversationsTooNew and what
    `reading` and `writing` raise.
    """

    words = "json_array_elements_text(?::json) AS word (value)"

    def __init__(self, url: str, wait_s: float = 10.0) -> None:
        self._server = server_at(url)
        self._wait_ms = round(wait_s * 1000)
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        with self.writing():
            self._prepare()

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """All that is below as one, and no statements of another thread in between.

        Raises StoreUnreachable, and ConversationsBusy when another process writes for too long.
        """
        with self._lock, self._server.writing() as connection:
            self._connection = connection
            try:
                with connection.transaction():
                    connection.execute(f"SET LOCAL lock_timeout = {self._wait_ms}")
                    yield
            except psycopg.errors.LockNotAvailable as error:
                raise ConversationsBusy(path=self._server.shown) from error
            finally:
                self._connection = None

    writing = reading

    def execute(self, sql: str, *parameters: object) -> psycopg.Cursor[tuple[Any, ...]]:
        """Runs one statement, its parameters marked by question marks, within `reading` or `writing`."""
        assert self._connection is not None, "outside of reading() and writing()"
        return self._connection.execute(sql.replace("?", "%s").encode(), [_storable(each) for each in parameters])

    def close(self) -> None:
        """Nothing: the connections are those of the shared index."""

    def _prepare(self) -> None:
        self.execute("SELECT pg_advisory_xact_lock(?, ?)", LOCK, CHATS)
        ((found,),) = self.execute("SELECT obj_description(to_regclass(?))", f"{SCHEMA_NAME}.conversation").fetchall()
        if found is None:
            for statement in _SCHEMA:
                self.execute(statement)
        elif int(found) > _VERSION:
            raise ConversationsTooNew(path=self._server.shown, found=found, known=_VERSION)


def _storable(value: object) -> object:
    """`value`, without what no text of the server may hold: halves of surrogate pairs, and zeros."""
    if not isinstance(value, str):
        return value
    return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
