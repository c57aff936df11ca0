"""The SQLite file of the conversations: its schema, its transactions, and what can be wrong with it.

Threads share one connection and take turns; processes share the file, which is in WAL mode.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from rag.errors import ConversationsBusy, ConversationsDamaged, ConversationsTooNew
from rag.system import writing

FILE = "conversations.sqlite"

_VERSION = 1
_SCHEMA = (
    """CREATE TABLE conversation (
        id TEXT PRIMARY KEY, owner TEXT NOT NULL, updated_at TEXT NOT NULL, deleted_at TEXT
    )""",
    # `number` is the order in which exchanges were recorded, `searched` question and answer as they are searched.
    """CREATE TABLE exchange (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
        conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
        question TEXT NOT NULL, answer TEXT NOT NULL, searched TEXT NOT NULL, asked_at TEXT NOT NULL,
        verdict TEXT NOT NULL DEFAULT '', remark TEXT NOT NULL DEFAULT ''
    )""",
    "CREATE INDEX conversation_newest ON conversation (owner, updated_at)",
    "CREATE INDEX exchange_order ON exchange (conversation_id, number)",
    f"PRAGMA user_version = {_VERSION}",
)


class ChatDatabase:
    """The file `path`, made with its folder, for its owner's eyes only, when it is not there.

    `wait_s`: seconds to wait for another process that is writing. Opening raises ConversationsTooNew and what
    `reading` and `writing` raise, and writes nothing to a file that it cannot read.
    """

    words = "json_each(?) AS word"

    def __init__(self, path: Path, wait_s: float = 10.0) -> None:
        self._path = path
        self._lock = threading.Lock()
        with _explained(path):
            self._connection = _connect(path, wait_s)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """No statements of another thread in between.

        Raises ConversationsDamaged, ConversationsBusy, DiskFull and WriteFailed.
        """
        with self._lock, _explained(self._path):
            yield

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """All that is written below, or nothing of it. Raises as `reading` does."""
        with self.reading():
            # Immediate: two transactions that read first and then write would block each other.
            self.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self.execute("ROLLBACK")
                raise

    def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:
        """Runs one statement, within `reading` or `writing`."""
        # SQLite takes no lone surrogate, which a browser can send.
        texts = [p.encode("utf-8", "replace").decode() if isinstance(p, str) else p for p in parameters]
        return self._connection.execute(sql, texts)

    def close(self) -> None:
        """Closes the file. Nothing else may be called afterwards."""
        with self._lock:
            self._connection.close()

    def _prepare(self) -> None:
        with self.writing():
            ((version,),) = self.execute("PRAGMA user_version").fetchall()
            if version > _VERSION:
                raise ConversationsTooNew(path=self._path, found=version, known=_VERSION)
            if not version:
                ((tables,),) = self.execute("SELECT count(*) FROM sqlite_master").fetchall()
                if tables:
                    raise ConversationsDamaged(path=self._path, reason="it holds something else")
                for statement in _SCHEMA:
                    self.execute(statement)
        with self.reading():
            self.execute("PRAGMA journal_mode = WAL")
            self.execute("PRAGMA foreign_keys = ON")
            self.execute("PRAGMA secure_delete = ON")


def _connect(path: Path, wait_s: float) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # SQLite would create the file with the permissions of the umask; its side files get those of the file.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return sqlite3.connect(path, timeout=wait_s, isolation_level=None, check_same_thread=False)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turns what SQLite and the system say of a failure below into errors a user can act on."""
    try:
        with writing(path):
            try:
                yield
            except sqlite3.OperationalError as error:
                said = str(error)  # before Python 3.11 the error has no code
                if "locked" in said:
                    raise ConversationsBusy(path=path) from error
                if said.startswith("no such"):
                    raise ConversationsDamaged(path=path, reason=said) from error
                raise OSError(errno.ENOSPC if "full" in said else errno.EIO, said) from error
    except (sqlite3.DatabaseError, ValueError) as error:  # ValueError: JSON or a time that is none, bytes not UTF-8
        raise ConversationsDamaged(path=path, reason=error) from error
