"""Once the models are there, nothing needs a network: only `rag.fetching` knows how to use one."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import rag
from tests.support.commands import QUESTION, command_environment
from tests.support.paths import SEEDS

PACKAGE = Path(rag.__file__).parent
NETWORK = {"aiohttp", "ftplib", "http", "httpx", "huggingface_hub", "requests", "smtplib", "socket", "ssl", "urllib"}
NAMES_ALONE = {"http", "urllib.parse"}
"""What reaches nothing: the numbers of HTTP, the parts of a URL."""

# Loaded by Python itself at its start. Notes every look-up and connection that would leave this machine, and stops it.
GUARD = """
import os
import socket

LOCAL = ("127.0.0.1", "::1", "localhost", None, "")


def stop(what):
    with open(os.environ["NETWORK_LOG"], "a") as log:
        log.write(f"{what}\\n")
    raise OSError(f"no network in this test: {what}")


def guarded(plain):
    def connect(self, address):
        if self.family != getattr(socket, "AF_UNIX", None) and address[0] not in LOCAL:
            stop(address)
        return plain(self, address)

    return connect


socket.socket.connect = guarded(socket.socket.connect)
socket.socket.connect_ex = guarded(socket.socket.connect_ex)
plain_look_up = socket.getaddrinfo


def look_up(host, *arguments, **options):
    return plain_look_up(host, *arguments, **options) if host in LOCAL else stop(host)


socket.getaddrinfo = look_up
"""

# In one process, because the libraries take longer to load than all the rest.
COMMANDS = """
import json, sys
from rag.cli import rag
for arguments in json.loads(sys.argv[1]):
    try:
        rag(arguments, standalone_mode=False)
    except SystemExit as done:
        print(f"exit code {done.code}")
"""


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


# Each module that may use a network, and what for.
USERS = {
    "embedding/ray_cluster.py": "looks at an address that a command names before Ray does",
    "fetching/sources.py": "fetches models",
    "generation/openai_client.py": "asks the endpoint that a setting names",
    "runtime/http.py": "listens for browsers and clients",
    "serving/shutdown.py": "takes the listener that it is given",
}


def test_only_fetching_imports_what_reaches_the_network() -> None:
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] in NETWORK and name not in NAMES_ALONE for name in _imports(path))
    }
    assert users == set(USERS)


def _run(tmp_path: Path, code: str, *arguments: str, **variables: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Runs `code` without a network as far as the system can take it away, and with the guard; what that noted."""
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    log = tmp_path / "network.log"
    log.touch()
    apart = ["unshare", "-n"]
    can = shutil.which("unshare") and subprocess.run([*apart, "true"], capture_output=True, check=False).returncode == 0
    paths = [str(tmp_path / "guard"), *filter(None, [command_environment(tmp_path).get("PYTHONPATH")])]
    done = subprocess.run(
        [*(apart if can else []), sys.executable, "-c", code, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env=command_environment(tmp_path, PYTHONPATH=":".join(paths), NETWORK_LOG=str(log), **variables),
    )
    return done, log.read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_guard_stops_what_leaves_this_machine(tmp_path: Path) -> None:
    code = "import urllib.request; urllib.request.urlopen('http://example.org')"
    done, noted = _run(tmp_path, code)
    assert done.returncode != 0
    assert "example.org" in noted


@pytest.mark.models
def test_everything_but_fetching_works_without_a_network(tmp_path: Path, models_dir: Path) -> None:
    commands = [
        ["index", str(SEEDS), "--index", "index"],
        ["search", QUESTION, "--json", "--index", "index"],
        ["ask", QUESTION, "--index", "index"],
    ]
    # Nor do the hub libraries' own settings matter: they are told to be online.
    online = {"HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "0"}
    done, noted = _run(tmp_path, COMMANDS, json.dumps(commands), RAG_MODELS_DIR=str(models_dir), **online)
    assert done.returncode == 0, done.stderr
    assert re.findall("exit code .*", done.stdout) == ["exit code 0"] * 3, done.stderr
    assert '"hits": [{' in done.stdout
    # The answer, then its sources; nothing of the models' own talk in between or beside.
    answer, sources = done.stdout.split("exit code 0\n")[2].split("\nSources\n")
    assert set(re.findall(r"\[\d+\]", answer)) == set(re.findall(r"^\[\d+\]", sources, re.MULTILINE)) != set()
    for name, start, end in re.findall(r"(\S+\.txt), (\d+)-(\d+)", sources):
        assert (SEEDS / name).read_bytes().decode()[int(start) : int(end)] in sources
    assert "\x1b" not in done.stdout + done.stderr
    steps = {"Reading", "Splitting", "Embedding", "Writing", "added:"}
    assert {line.split()[0] for line in done.stderr.splitlines()} <= steps
    assert noted == ""
