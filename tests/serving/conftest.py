"""The whole server in a process of its own, with doubles for the models."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.api_process import Server, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that answers at once. Several modules ask it: none may rely on what it has counted."""
    with serving(tmp_path_factory.mktemp("server")) as server:
        yield server
