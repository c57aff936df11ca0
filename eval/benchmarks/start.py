"""What a new process costs, files in the page cache: seconds to its end or its first token, and its peak memory.

The system counts for a process what its parent held when it was started: this is measured before anything is loaded.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from eval.benchmarks.figures import Bar, Figure
from eval.benchmarks.prompt_tokens import tokens_read
from eval.harness.runner import peak_memory_mb
from eval.harness.system import PROJECT
from rag.config import Settings

SECTION = "start"


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended: its seconds, the most megabytes it held (None where untold), and its output."""

    wall_s: float
    peak_mb: float | None
    output: str


@dataclass(frozen=True, slots=True)
class Commands:
    """The processes to start; `plain(n)` loads the generator alone and reads `n` tokens of its input `text`."""

    nothing: Sequence[str]
    help: Sequence[str]
    search: Sequence[str]
    ask: Sequence[str]
    plain: Callable[[int], Sequence[str]]
    text: str


def commands(settings: Settings, generator: Path, threads: int, text: str) -> Commands:
    """Those of the product over the index and models of `settings`, whose generator is the file `generator`."""
    rag = str(Path(sys.executable).with_name("rag"))
    shared = ["--index", str(settings.index), "--models-dir", str(settings.models_dir)]
    shared += ["--embedder", settings.embedder] if settings.embedder else []
    model = str(generator.resolve())
    plain = [sys.executable, "-m", "eval.benchmarks.plain_llama", model, str(settings.context_tokens), str(threads)]
    return Commands(
        nothing=[sys.executable, "-c", "pass"],
        help=[rag, "--help"],
        search=[rag, "search", *shared],
        ask=[rag, "ask", "--json", "--generator", model, *shared],
        plain=lambda count: [*plain, str(count)],
        text=text,
    )


def measure(told: Commands, settings: Settings, questions: Sequence[str]) -> tuple[Figure, ...]:
    """The section's, each process once for each of `questions`. Raises CalledProcessError."""
    rows: list[tuple[Ended, ...]] = []
    for question in questions:
        count = _tokens_read(settings, question)
        if not rows:  # what only they read comes into the page cache
            run(told.help), run([*told.search, question])
        rows.append((
            run(told.nothing), run(told.help), run([*told.search, question]),
            run([*told.ask, question]), run(told.plain(count), told.text, PROJECT),
        ))  # fmt: skip
    nothing, help_, search, ask, plain = zip(*rows, strict=True)
    python = [one.wall_s for one in nothing]
    return (
        Figure.of(SECTION, "rag --help", "s", [one.wall_s for one in help_], plain="python -c pass", beside=python),
        Figure.of(
            SECTION, "rag search", "s", [one.wall_s for one in search], Bar(1.5, "value"),
            plain="python -c pass", beside=python,
        ),
        Figure.of(
            SECTION, "rag ask, first token", "s", [first_token_s(one) for one in ask], Bar(1.4),
            plain="load and read", beside=[one.wall_s for one in plain],
        ),
        *_peaks("rag search, peak", search, Bar(1000, "value")),
        *_peaks("rag ask, peak", ask, Bar(3000, "value")),
    )  # fmt: skip


def first_token_s(asked: Ended) -> float:
    """Seconds from the start of a `rag ask --json` to its first token, or to its answer where it only quotes.

    The end of the process counts, as it does for the plain one.
    """
    timings = json.loads(asked.output)["timings"]
    return float(asked.wall_s - timings["total_s"] + timings["first_token_s"])


def run(command: Sequence[str], text: str = "", folder: Path | None = None) -> Ended:
    """Runs `command` in `folder` with `text` as its input. Raises CalledProcessError."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder,
        encoding="utf-8",
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(text)
        process.stdin.close()
        output = process.stdout.read()
        peak = None
        if hasattr(os, "wait4"):
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode, peak = os.waitstatus_to_exitcode(status), peak_memory_mb(usage)
        process.wait()
        wall_s = time.perf_counter() - start
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Ended(wall_s, peak, output)


def _tokens_read(settings: Settings, question: str) -> int:
    """`tokens_read` in a process of its own: this one stays small."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(tokens_read, settings, question).result()


def _peaks(name: str, ended: Sequence[Ended], bar: Bar) -> list[Figure]:
    peaks = [one.peak_mb for one in ended if one.peak_mb is not None]
    return [Figure.of(SECTION, name, "MB", peaks, bar)] if peaks else []
