"""The whole server in a process of its own, with doubles for the models."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.chat_process import ChatServer

QUESTION = "quelles conditions pose l'Allemagne ?"


class Server(ChatServer):
    """`tests.support.api_server` over one folder."""

    def __init__(self, folder: Path, **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder, **settings)
        self.command = [sys.executable, "-m", "tests.support.api_server", str(self.port), str(folder)]

    def client(self, token: str = "") -> httpx.Client:
        """A client that waits as long as a busy machine needs."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, timeout=60, headers=headers, trust_env=False)

    def lines(self) -> list[dict[str, Any]]:
        """Its log."""
        return [json.loads(line) for line in self.log().splitlines()]

    def metrics(self, token: str = "") -> dict[str, float]:
        """The counts by name and labels."""
        with self.client(token) as client:
            page = client.get("metrics").text
        rows = (line.rpartition(" ") for line in page.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in rows}


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Server]:
    """A server that ends with the block; all that it says is lines of JSON without a traceback."""
    server = Server(folder, **settings)
    try:
        server.start()
        yield server
    finally:
        server.stop()
    assert not [line for line in server.lines() if "trace" in line], server.log()
