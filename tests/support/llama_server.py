"""`llama_cpp.server`, a true OpenAI-compatible endpoint, as a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port


@contextmanager
def serving(model: Path, log: Path, *flags: str, port: int = 0) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address of a server of `model`, on `port` or a free one, and its process, which ends with the block."""
    port = port or free_port()
    command = [sys.executable, "-m", "llama_cpp.server", f"--model={model}", f"--port={port}", "--host=127.0.0.1"]
    with log.open("wb") as output, subprocess.Popen([*command, *flags], stdout=output, stderr=output) as process:
        try:
            _wait_for(port, process, log)
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.kill()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """It listens once its model is loaded."""
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace"))
