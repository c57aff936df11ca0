"""The command `load`: a server of its own or a given one, a single user first, then many, and the report."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

import click

from eval.cases.sets import load_questions
from eval.errors import ServerNotReady
from eval.harness.options import questions_option, quiet_option, seed_option, with_settings
from eval.harness.sources import SEEDS
from eval.load.clients import Habits, Kind, Reply, User, call, send
from eval.load.load_report import Found, as_object, table
from eval.load.server_counts import MemoryWatch, server_counts, unaccounted
from rag.cli import Renderer
from rag.config import TOKEN_VARIABLE, Settings
from rag.runtime import build
from rag.wording import user_language

MISSED = 1
_READY_S = 180.0
_ENDING_S = 30.0
# Of a single user, before the others come.
_ALONE: dict[Kind, int] = {"search": 40, "ask": 5}
_WARMING = 3


@dataclass(frozen=True, slots=True)
class Target:
    """A server that runs at `url`, as the process `pid` where that is known."""

    url: str
    pid: int | None


@click.command("load")
@questions_option
@click.option("--clients", type=click.IntRange(1, 1000), default=50, show_default=True, help="Users at once.")
@click.option("--minutes", type=click.FloatRange(0.05), default=10.0, show_default=True, help="How long.")
@click.option(
    "--asks",
    "ask_share",
    type=click.FloatRange(0, 1),
    default=0.3,
    show_default=True,
    help="Share of questions; the others are searches.",
)
@click.option(
    "--reading",
    "reading_s",
    type=click.FloatRange(0),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="Mean time a user takes between two requests.",
)
@click.option("--url", metavar="URL", help="A server that runs already; without it one is started.")
@click.option("--pid", type=int, help="Its process, to watch its memory.")
@click.option("--real", is_flag=True, help="Start the server with the real generator.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")
@seed_option
@quiet_option
@with_settings
def load(
    *,
    settings: Settings,
    given: dict[str, Any],
    set_path: Path,
    clients: int,
    minutes: float,
    ask_share: float,
    reading_s: float,
    url: str | None,
    pid: int | None,
    real: bool,
    as_json: bool,
    seed: int,
    quiet: bool,
) -> None:
    """Have many users ask and search at once, and hold what they get against the bars; exit code 1 when one is missed.

    Without --url a server is started, with a generator that only takes its time unless --real is given, over --index or
    else an index of the seed articles. A token for --url is taken from RAG_TOKEN.
    """  # fmt: skip
    renderer = Renderer(user_language(), quiet=quiet)
    habits = Habits(ask_share, reading_s, os.environ.get(TOKEN_VARIABLE, "") if url else "")
    questions = load_questions(set_path, answerable_in="fr")
    with tempfile.TemporaryDirectory(prefix="rag-load-") as folder:
        if url is None and given["index"] is None:
            renderer.note("Indexing the seed articles…")
            settings = settings.model_copy(update={"index": Path(folder) / "index"})
            build([SEEDS], settings)
        server = nullcontext(Target(url, pid)) if url else started(settings, Path(folder), real=real)
        with server as target:
            found = measure(target, questions, habits, clients, minutes * 60, seed, renderer)
    report = as_object(found)
    click.echo(json.dumps(report, ensure_ascii=False) if as_json else table(report))
    if report["missed"]:
        sys.exit(MISSED)


def measure(
    target: Target,
    questions: Sequence[str],
    habits: Habits,
    clients: int,
    seconds: float,
    seed: int,
    renderer: Renderer,
) -> Found:
    """Lets a single user and then `clients` users at the server. Raises ServerNotReady."""
    wait_until_ready(target.url, _READY_S)
    renderer.note("A single user…")
    for place in range(_WARMING):
        send(target.url, "search", questions[place % len(questions)], habits.token)
    before = server_counts(target.url, habits.token)
    alone = [
        send(target.url, kind, questions[place % len(questions)], habits.token)
        for kind, count in _ALONE.items()
        if kind == "search" or habits.ask_share
        for place in range(count)
    ]
    renderer.note(f"{clients} users…")
    start = time.monotonic()
    watch = MemoryWatch(target.pid, start) if target.pid else None
    if watch:
        watch.start()
    users = [User(target.url, questions, habits, start, start + seconds, seed + i) for i in range(clients)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    took = time.monotonic() - start
    replies: list[Reply] = [reply for user in users for reply in user.replies]
    differences = unaccounted(target.url, before, [*alone, *replies], habits.token)
    return Found(alone, replies, watch.stop() if watch else [], differences, clients, took)


@contextmanager
def started(settings: Settings, folder: Path, *, real: bool) -> Iterator[Target]:
    """A server over the index of `settings`, its data and its log in `folder`; it ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    places = {"index": settings.index, "models_dir": settings.models_dir, "data_dir": folder / "data",
              "generator": settings.generator, "embedder": settings.embedder}  # fmt: skip
    variables = {f"RAG_{name.upper()}": str(path) for name, path in places.items() if str(path)}
    serve = ["-c", "from rag.cli import main; main()", "serve", "--port"]
    command = [*(serve if real else ["-m", "eval.load.server"]), str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *command], env={**os.environ, **variables}, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield Target(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_ENDING_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def wait_until_ready(url: str, seconds: float) -> float:
    """Seconds until the server can answer. Raises ServerNotReady."""
    start = time.monotonic()
    reason: object = ""
    while time.monotonic() < start + seconds:
        try:
            status, _, body = call(url, "GET", "/readyz", patience_s=5)
            if status == 200:
                return time.monotonic() - start
            reason = body.decode(errors="replace")
        except (OSError, HTTPException) as error:
            reason = error
        time.sleep(0.2)
    raise ServerNotReady(url=url, seconds=round(seconds), reason=reason)
