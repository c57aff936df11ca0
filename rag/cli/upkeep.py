"""`rag fetch`, `rag doctor` and `rag eval`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rag import runtime
from rag.cli.maintenance import repair
from rag.cli.options import LANGUAGE, SubCommand, explain, options, running
from rag.errors import NotReady
from rag.wording import say

if TYPE_CHECKING:
    from rag.cli.renderer import Renderer
    from rag.config import Settings


@click.command(cls=SubCommand, help=explain("fetch"))
@options("models_dir", "quiet", "debug")
@running
def fetch(*, settings: Settings, renderer: Renderer) -> None:
    """`rag fetch`."""
    with renderer.progress() as on_progress:
        paths = runtime.fetch_models(settings, on_progress)
    for name, path in paths.items():
        renderer.line(say("cli.fetched", renderer.language, name=name, path=path))


@click.command(cls=SubCommand, help=explain("doctor"))
@click.option("--repair", "repairs", is_flag=True, help=explain("repair"))
@options("json", "index", "models_dir", "generator", "embedder", "debug")
@running
def doctor(*, settings: Settings, renderer: Renderer, repairs: bool) -> int:
    """`rag doctor`."""
    from dataclasses import asdict

    repaired = repair(settings, renderer) if repairs else None
    checks = runtime.examine(settings, renderer.language)
    if renderer.as_json:
        told = [asdict(check) for check in checks]
        renderer.json({"repair": repaired, "checks": told} if repaired else told)
    else:
        renderer.checks(checks)
    return NotReady.exit_code if any(check.status == "failed" for check in checks) else 0


@click.command(
    "eval",
    cls=SubCommand,
    help=explain("eval"),
    add_help_option=False,
    context_settings={"ignore_unknown_options": True},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="COMMAND [ARGUMENT]...")
def evaluate(arguments: tuple[str, ...]) -> None:
    """`rag eval`: the evaluation suite is a package of its own, which `rag` starts and never imports."""
    import signal
    import subprocess

    project = Path(__file__).resolve().parents[2]
    if not (project / "eval" / "__main__.py").is_file():
        raise click.UsageError(say("cli.no_evaluation", LANGUAGE))
    command = [sys.executable, "-m", "eval", "--from", str(Path.cwd()), *arguments]
    with subprocess.Popen(command, cwd=project) as process:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the suite too, which says what it has kept
        sys.exit(process.wait())
