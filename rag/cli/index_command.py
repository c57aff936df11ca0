"""`rag index`: what it does is chosen by its flags; without any it builds or updates the index."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from rag import runtime
from rag.cli import maintenance as keeping
from rag.cli.build_reports import change_lines, changes_object, counts, problems_object, report_object, telling
from rag.cli.options import INTERRUPTED, SubCommand, explain, options, running, wrong_usage
from rag.cli.watch import watch_index
from rag.wording import say

if TYPE_CHECKING:
    from rag.cli.renderer import Renderer
    from rag.config import Settings

_TOGETHER = (
    {"--dry-run", "--remove"},
    {"--dry-run", "--replace"},
    {"--watch", "--replace"},
    {"--import", "--replace"},
    {"--to", "--replace"},
    {"--from", "--replace"},
    {"--ray", "--remove"},
    {"--ray", "--replace"},
)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(cls=SubCommand, help=explain("index"))
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--dry-run", is_flag=True, help=explain("dry_run"))
@click.option("--watch", is_flag=True, help=explain("watch"))
@click.option("--remove", is_flag=True, help=explain("remove"))
@click.option("--replace", is_flag=True, help=explain("replace"))
@click.option("--ray", metavar="ADDRESS", help=explain("ray"))
@click.option("--verify", is_flag=True, help=explain("verify"))
@click.option("--export", "export_to", type=_FILE, metavar="FILE", help=explain("export"))
@click.option("--import", "import_from", type=_FILE, metavar="FILE", help=explain("import"))
@click.option("--to", "to", metavar="PLACE", help=explain("to"))
@click.option("--from", "from_", metavar="PLACE", help=explain("from"))
@options("index", "models_dir", "embedder", "json", "quiet", "debug")
@running
def index(
    *,
    settings: Settings,
    renderer: Renderer,
    paths: tuple[Path, ...],
    dry_run: bool,
    watch: bool,
    remove: bool,
    replace: bool,
    ray: str | None,
    verify: bool,
    export_to: Path | None,
    import_from: Path | None,
    to: str | None,
    from_: str | None,
) -> int:
    """`rag index`."""
    modes = {"--verify": verify, "--export": export_to, "--import": import_from, "--to": to, "--from": from_}
    ways = {"--dry-run": dry_run, "--watch": watch, "--remove": remove, "--replace": replace, "--ray": ray}
    given = [flag for flag, value in {**modes, **ways}.items() if value]
    if len(given) > 1 and not any({*given} <= pair for pair in _TOGETHER):
        raise wrong_usage("not_together", flags=", ".join(given))
    if paths and (chosen := next((flag for flag, value in modes.items() if value), None)):
        raise wrong_usage("no_paths", flag=chosen)
    if remove and not paths:
        raise wrong_usage("remove_what")
    if verify:
        return keeping.verify(settings, renderer)
    named: dict[str, Any] = {"paths": (), "without": paths} if remove else {"paths": paths, "replace": replace}
    if export_to:
        keeping.export(settings, renderer, export_to)
    elif import_from:
        keeping.import_(settings, renderer, import_from, replace=replace)
    elif to or from_:
        keeping.move(settings, renderer, source=from_, target=to, replace=replace)
    elif dry_run:
        _preview(settings, renderer, **named)
    elif watch:
        watch_index(settings, renderer, **named)
    else:
        update(settings, renderer, ray=ray, **named)
    return 0


def update(
    settings: Settings,
    renderer: Renderer,
    *,
    paths: tuple[Path, ...] = (),
    without: tuple[Path, ...] = (),
    replace: bool = False,
    ray: str | None = None,
) -> None:
    """Builds or updates the index, its texts embedded by the Ray cluster `ray` if named, and tells what was done."""
    with (
        _resumable(renderer),
        telling(renderer) as (problems, on_progress, on_problem),
        runtime.embedder_on_ray(settings, ray) if ray else nullcontext() as embedder,
    ):
        report = runtime.build(
            paths, settings, embedder=embedder, without=without, replace=replace, on_progress=on_progress,
            on_problem=on_problem,
        )  # fmt: skip
    done = report_object(report)
    shared = {"store": runtime.present_place(settings)} if settings.store else {}
    if renderer.as_json:
        told = {**done, "index": str(settings.index), **shared}
        renderer.json({**told, **problems_object(problems, renderer.language)})
        return
    for line in change_lines(report.changes, renderer.language):
        renderer.note(line)
    if report.resumed:
        renderer.note(say("cli.resumed", renderer.language, count=report.resumed))
    renderer.line(say("cli.indexed", renderer.language, path=settings.index, **done))
    if shared:
        renderer.line(say("cli.shared", renderer.language, **shared))


def _preview(settings: Settings, renderer: Renderer, **named: Any) -> None:
    """Tells what `update` would do with the paths `named`."""
    start = perf_counter()
    with telling(renderer) as (problems, on_progress, on_problem):
        changes = runtime.preview(settings=settings, on_progress=on_progress, on_problem=on_problem, **named)
    if renderer.as_json:
        told = {**counts(changes), "changes": changes_object(changes), "dry_run": True, "index": str(settings.index)}
        told["seconds"] = round(perf_counter() - start, 3)
        renderer.json({**told, **problems_object(problems, renderer.language)})
        return
    for line in change_lines(changes, renderer.language):
        renderer.line(line)
    renderer.line(say("cli.planned", renderer.language, path=settings.index, **counts(changes)))


@contextmanager
def _resumable(renderer: Renderer) -> Iterator[None]:
    """Says when the block is interrupted that its work goes on where it stopped."""
    try:
        yield
    except KeyboardInterrupt:
        renderer.note(say("cli.goes_on", renderer.language))
        sys.exit(INTERRUPTED)
