"""The commands of the READMEs and of the first page do what they say: each is run as a reader would, in a shell.

Shown output is compared as far as it is the same everywhere: which places of which articles are cited or found. What
the generator writes between them may differ from one processor to the next.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.doc_pages import DOCS, READMES, Command, commands
from tests.support.paths import PROJECT

pytestmark = [pytest.mark.models, pytest.mark.slow]

PAGES = (*READMES, DOCS / "first-answer.md", DOCS / "first-answer.fr.md")
# It would run this test, and all others.
NOT_RUN = {"make test"}
STAYING = re.compile(r"(?:make|rag) (?:chat|serve)\b")
PLACE = re.compile(r"\S+\.txt, [0-9]+-[0-9]+")
# For one command, on a machine that does much else.
PATIENCE_S = 900.0
# The reader's own environment, with a port for the commands that stay: the usual one may be taken.
RAG = """#!/bin/sh
case "$1" in
  chat) shift; set -- chat --port {port} --no-browser "$@" ;;
  serve) shift; set -- serve --port {port} "$@" ;;
esac
exec {python} -c 'from rag.cli import main; main()' "$@"
"""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody at a shell in the project, with an environment in `venv` and servers at `port`."""

    venv: Path
    port: int
    environment: dict[str, str]

    def run(self, command: Command) -> str:
        """What the command prints. It must succeed."""
        line = command.line.replace(".venv", str(self.venv))
        done = subprocess.run(
            ["bash", "-c", line], cwd=PROJECT, env=self.environment, capture_output=True, text=True, check=False,
            timeout=PATIENCE_S,
        )  # fmt: skip
        assert done.returncode == 0, f"{command.line}: {done.stdout}{done.stderr}"
        return done.stdout

    def start_and_stop(self, command: Command) -> None:
        """Waits until the command serves, and ends it as Ctrl-C does."""
        with subprocess.Popen(
            ["bash", "-c", command.line], cwd=PROJECT, env=self.environment, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        ) as process:  # fmt: skip
            try:
                assert self._is_served(process), f"{command.line} does not serve"
            finally:
                os.killpg(process.pid, signal.SIGINT)
                printed, _ = process.communicate(timeout=PATIENCE_S)
            assert "Traceback" not in printed

    def _is_served(self, process: subprocess.Popen[str]) -> bool:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as reply:
                    return bool(reply.status == 200)
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
        return False


@pytest.fixture
def reader(models_dir: Path, tmp_path: Path) -> Reader:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    programs = tmp_path / "venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "rag").write_text(RAG.format(port=port, python=shlex.quote(sys.executable)))
    (programs / "rag").chmod(0o755)
    (programs / "activate").touch()
    # Set up already, as far as make can tell.
    (programs.parent / ".ready").touch()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("RAG_", "MAKE"))}
    environment |= {
        "LC_ALL": "fr_FR.UTF-8", "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(PROJECT),
        "RAG_DATA_DIR": str(tmp_path / "data"), "RAG_INDEX": str(tmp_path / "index"), "RAG_MODELS_DIR": str(models_dir),
        "VENV": str(programs.parent),
    }  # fmt: skip
    return Reader(programs.parent, port, environment)


def test_the_commands_of_the_first_pages_do_what_they_say(reader: Reader) -> None:
    # What several pages show is run once: places are the same in both languages.
    shown: dict[str, list[Command]] = {}
    for page in PAGES:
        for command in commands(page.read_text(encoding="utf-8")):
            shown.setdefault(command.line, []).append(command)
    assert len(shown) >= 8
    for line, alike in shown.items():
        if line in NOT_RUN:
            continue
        if STAYING.match(line):
            reader.start_and_stop(alike[0])
            continue
        printed = reader.run(alike[0])
        for command in alike:
            assert not command.shown or PLACE.findall(printed) == PLACE.findall(command.shown), printed


def test_every_target_that_is_shown_is_there() -> None:
    """What is not run above is at least known to make."""
    for line in NOT_RUN:
        subprocess.run([*line.split(), "--dry-run"], cwd=PROJECT, capture_output=True, check=True)
