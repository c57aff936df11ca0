"""The chat page in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from rag.config import Settings
from tests.support.paths import PROJECT
from tests.support.ports import free_port

REPLY = (
    "L'Allemagne souhaite que les garanties soient claires avant tout engagement. "
    "Berlin pose trois conditions préalables."
)


class ChatServer:
    """`tests.support.chat_server`, or any other command that serves the page at `port`, over one folder."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.environment = {"RAG_TEST_REPLY": REPLY, **settings}
        self.command = [sys.executable, "-m", "tests.support.chat_server", str(self.port), str(folder)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once the page is there."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command, cwd=PROJECT, env={**os.environ, **self.environment}, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}healthz", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"no page: {self.log()}")

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> None:
        """Ends it; it need not run."""
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, with_signal)
        if self._process:
            self._process.wait(20)

    def log(self) -> str:
        """What it has said so far."""
        return (self.folder / "log").read_text(encoding="utf-8")

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process is not None
        return self._process.pid

    def memory(self) -> int:
        """Resident bytes."""
        import psutil

        return int(psutil.Process(self.pid).memory_info().rss)


def serving(folder: Path, **settings: str) -> AbstractContextManager[ChatServer]:
    """A server with doubles that ends with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    return _running(ChatServer(folder, **settings))


def real_chat(settings: Settings, folder: Path) -> AbstractContextManager[ChatServer]:
    """`rag chat` over the index and the models of `settings`, its data in `folder`."""
    server = ChatServer(folder)
    places = {"RAG_INDEX": settings.index, "RAG_MODELS_DIR": settings.models_dir, "RAG_DATA_DIR": folder}
    server.environment = {name: str(path) for name, path in places.items()}
    start = "from rag.cli import main; main()"
    server.command = [sys.executable, "-c", start, "chat", "--port", str(server.port), "--no-browser"]
    return _running(server)


@contextmanager
def _running(server: ChatServer) -> Iterator[ChatServer]:
    """What a server says besides its work is a failure."""
    try:
        server.start()
        yield server
    finally:
        server.stop()
    assert "Traceback" not in server.log(), server.log()
