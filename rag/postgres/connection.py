"""Connections to a shared index: its URL, what is shown of it, and connections that are used again.

A server that was restarted, or whose place a replica took, has closed the connections that lie idle here; they are
thrown away and one new attempt is made, with the hosts of the URL in their order.
"""

from __future__ import annotations

import atexit
import contextlib
import threading
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar

from rag.errors import LibraryMissing, StoreUnreachable

try:
    import psycopg
    from pgvector.psycopg import register_vector
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
except ImportError as error:
    raise LibraryMissing(name="'rag[postgres]'", reason=error) from error

SCHEMA_NAME = "rag"
"""The schema of the database in which the tables lie."""

__all__ = ["SCHEMA_NAME", "Connection", "Server", "first_line", "psycopg", "register_vector", "server_at", "shown_url"]

Mode = Literal["read", "write"]
Value = TypeVar("Value")
Connection = psycopg.Connection[tuple[Any, ...]]

_CONNECT_TIMEOUT_S = 10
# A server that has lost its power says nothing: after about 15 seconds of silence it counts as gone.
_LIVENESS = {"keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 2, "tcp_user_timeout": 15_000}
_SETTINGS = (
    f"search_path = {SCHEMA_NAME}, public",
    # Candidates that a graph keeps at a time: 0.98 of the hundred nearest need about three times as many.
    "hnsw.ef_search = 300",
    "hnsw.iterative_scan = strict_order",
)
# Connections that lie idle for each of the two modes, at most.
_MOST_IDLE = 4


@dataclass
class Server:
    """The PostgreSQL server, or several of which one is written, at `url`. Threads share it.

    Where the URL names several hosts and no `target_session_attrs`, readers take a standby if there is one. Writers
    always ask for one that can be written.
    """

    url: str = field(repr=False)
    _idle: dict[Mode, list[Connection]] = field(default_factory=lambda: {"read": [], "write": []}, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _known: dict[Hashable, Any] = field(default_factory=dict, init=False)

    def once(self, key: Hashable, read: Callable[[], Value]) -> Value:
        """What `read` gives, read once for each `key`: something that never changes."""
        if key not in self._known:
            self._known[key] = read()
        value: Value = self._known[key]
        return value

    @cached_property
    def shown(self) -> str:
        """The URL as it may be shown: no password, no parameters."""
        told = self._parameters
        user = f"{told['user']}@" if told.get("user") else ""
        ports = str(told.get("port", "")).split(",")
        hosts = str(told.get("host", "")).split(",")
        pairs = zip(hosts, ports if len(ports) == len(hosts) else ports[:1] * len(hosts), strict=True)
        places = ",".join(f"{host}:{port}" if port else host for host, port in pairs)
        return f"postgresql://{user}{places}/{told.get('dbname', '')}"

    @cached_property
    def _parameters(self) -> dict[str, Any]:
        try:
            return conninfo_to_dict(self.url)
        except psycopg.ProgrammingError:
            # What the library says would hold the URL, and so the password.
            raise StoreUnreachable(url="postgresql://…", reason="not a connection URL") from None

    def connect(self, mode: Mode) -> Connection:
        """A connection that is idle, or a new one. Raises StoreUnreachable."""
        with self._lock:
            while self._idle[mode]:
                connection = self._idle[mode].pop()
                if not connection.closed:
                    return connection
        return self._new(mode)

    def _new(self, mode: Mode) -> Connection:
        attributes = "read-write"
        if mode == "read":
            several = "," in str(self._parameters.get("host", ""))
            attributes = self._parameters.get("target_session_attrs", "prefer-standby" if several else "any")
        defaults = {"connect_timeout": _CONNECT_TIMEOUT_S, "application_name": "rag", **_LIVENESS}
        told = make_conninfo("", **{**defaults, **self._parameters, "target_session_attrs": attributes})
        try:
            connection = psycopg.connect(told, autocommit=True)
            for setting in _SETTINGS:
                connection.execute(f"SET {setting}")
            with contextlib.suppress(psycopg.ProgrammingError):  # a database without pgvector yet
                register_vector(connection)
            if mode == "read":
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.read_only = True
                connection.autocommit = False
        except psycopg.OperationalError as error:
            raise StoreUnreachable(url=self.shown, reason=first_line(error)) from error
        return connection

    def give_back(self, mode: Mode, connection: Connection) -> None:
        """Keeps a connection for the next one who asks; its transaction is over."""
        if not connection.closed and connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            with contextlib.suppress(psycopg.Error):
                connection.rollback()
        with self._lock:
            if not connection.closed and len(self._idle[mode]) < _MOST_IDLE:
                self._idle[mode].append(connection)
                return
        connection.close()

    def forget(self) -> None:
        """Closes the idle connections: the server that they led to is gone, or nobody needs them any more."""
        with self._lock:
            for idle in self._idle.values():
                while idle:
                    idle.pop().close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection to the server that can be written. Raises StoreUnreachable, also for what fails below."""
        connection = self.connect("write")
        if not _can_write(connection):
            connection.close()
            self.forget()
            connection = self._new("write")
        try:
            yield connection
        except psycopg.Error as error:
            raise self.failed(error) from error
        finally:
            self.give_back("write", connection)

    def failed(self, error: psycopg.Error) -> StoreUnreachable:
        """What the library says of a failure, as an error that may be shown."""
        return StoreUnreachable(url=self.shown, reason=first_line(error))


def _can_write(connection: Connection) -> bool:
    """Whether a connection that was idle still leads to a server that can be written."""
    try:
        return connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)
    except psycopg.OperationalError:
        return False


def first_line(error: BaseException) -> str:
    """What an error says, without the lines that follow the first."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


_SERVERS: dict[str, Server] = {}
_KNOWN = threading.Lock()


def server_at(url: str) -> Server:
    """The server at `url`, the same each time: its connections are shared by all of a process."""
    with _KNOWN:
        if url not in _SERVERS:
            _SERVERS[url] = server = Server(url)
            atexit.register(server.forget)
        return _SERVERS[url]


def shown_url(url: str) -> str:
    """`url` as it may be shown. Raises StoreUnreachable for what is none."""
    return server_at(url).shown
