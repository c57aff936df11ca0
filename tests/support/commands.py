"""The installed command as tests start it, and indexes and embedders that it takes without models."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rag.config import Settings
from rag.indexing.build import build_index
from tests.support.doubles import BagEmbedder
from tests.support.paths import SEEDS

RAG = Path(sys.executable).with_name("rag")
QUESTION = "quelles conditions pose l'Allemagne ?"


def command_environment(cwd: Path, **variables: str) -> dict[str, str]:
    """What a command of a test sees: English, no settings of the user's, no models but those that `variables` name."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("RAG_") and name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE")
    }
    models_dir = str(cwd / "no models here")
    return kept | {"LC_ALL": "en_GB.UTF-8", "TERM": "xterm-256color", "RAG_MODELS_DIR": models_dir} | variables


@contextmanager
def interruptible() -> Iterator[None]:
    """What is started within can be interrupted, as a command of a terminal can.

    A test run in the background may ignore the signal, which its children inherit.
    """
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, inherited)


def run_rag(
    *arguments: object, cwd: Path, stdin: str | bytes = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs `rag` in the folder `cwd`, its three streams piped."""
    done = subprocess.run(
        [RAG, *map(str, arguments)],
        cwd=cwd,
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        timeout=600,
        env=command_environment(cwd, **variables),
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def run_on_terminal(*arguments: object, cwd: Path, **variables: str) -> tuple[int, str]:
    """Runs `rag` with all its streams on one pseudo-terminal of 80 columns; its exit code and what came there."""
    fcntl, pty, termios = (pytest.importorskip(name) for name in ("fcntl", "pty", "termios"))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    with subprocess.Popen(
        [RAG, *map(str, arguments)],
        cwd=cwd,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=command_environment(cwd, **variables),
    ) as process:
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    return process.returncode, shown.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # the other side has gone
        return b""


def loose_embedder(folder: Path) -> BagEmbedder:
    """An embedder whose digest is that of the folder `folder`, which `--embedder` accepts until it is loaded."""
    from rag.system.digests import folder_digest

    folder.mkdir()
    (folder / "modules.json").write_text("not a model", encoding="utf-8")

    class Loose(BagEmbedder):
        @property
        def digest(self) -> str:
            return folder_digest(folder)

    return Loose(name=folder.name)


def build_bag_index(target: Path, *sources: Path, embedder: BagEmbedder | None = None) -> None:
    """An index made without models. Only what comes before a question is embedded can be tried on it."""
    build_index(sources or (SEEDS,), target, embedder or BagEmbedder(), Settings(index=target))
