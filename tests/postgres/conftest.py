"""A real PostgreSQL server for the tests, with pgvector, started once; a database is made where one is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from rag.postgres.connection import server_at
from tests.support.postgres_server import Server, running


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    """The URL of an empty database."""
    url = server.database()
    yield url
    server_at(url).forget()


@pytest.fixture
def run_sql(server: Server, url: str) -> Callable[[str], None]:
    """Runs SQL in the database of `url`, as an administrator would."""
    return lambda sql: server.run(url.rpartition("/")[2], sql)
