"""`rag index --verify`, `--export` and `--import`, `rag doctor --repair`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rag import indexing, postgres, runtime
from rag.cli.build_reports import problems_object, telling
from rag.cli.options import wrong_usage
from rag.errors import NotReady
from rag.wording import say

if TYPE_CHECKING:
    from rag.cli.renderer import Renderer
    from rag.config import Settings
    from rag.indexing import Finding
    from rag.store import Manifest


def verify(settings: Settings, renderer: Renderer) -> int:
    """Tells whether files, passages and vectors of the index agree; the exit code."""
    try:
        embedder = runtime.make_embedder(settings)
    except NotReady:
        embedder = None
        renderer.note(say("cli.no_sample", renderer.language))
    with renderer.waiting("verify"):
        if settings.store:
            findings = postgres.verify_shared(settings.store, embedder)
        else:
            findings = indexing.verify_index(settings.index, embedder)
    # That an index of an earlier version has no checksums is worth knowing, and no damage.
    whole = all(finding.kind == "unsealed" for finding in findings)
    if renderer.as_json:
        told = [_finding_object(finding, renderer.language) for finding in findings]
        renderer.json({"index": runtime.present_place(settings), "whole": whole, "findings": told})
    else:
        for finding in findings:
            renderer.line(finding.message(renderer.language))
        text = "cli.whole" if whole else "cli.not_whole"
        renderer.line(say(text, renderer.language, path=runtime.present_place(settings), count=len(findings)))
    return 0 if whole else NotReady.exit_code


def move(
    settings: Settings,
    renderer: Renderer,
    *,
    source: str | None = None,
    target: str | None = None,
    replace: bool,
) -> None:
    """Brings the index of `settings` to `target`, or that in `source` to it, and tells what is there then.

    Each is a folder or the URL of a shared index.
    """
    own = settings.store or str(settings.index)
    places = [source or own, target or own]
    if not any(map(runtime.is_url, places)):
        raise wrong_usage("no_shared")
    shown = [runtime.shown_place(place) for place in places]
    with telling(renderer) as (problems, on_progress, on_problem):
        manifest = postgres.move(
            *(place if runtime.is_url(place) else Path(place) for place in places),
            replace=replace,
            on_progress=on_progress,
            on_problem=on_problem,
        )
    told = {"articles": manifest.articles, "passages": manifest.passages}
    renderer.result(
        {"from": shown[0], "to": shown[1], **told, **problems_object(problems, renderer.language)},
        say("cli.moved_to", renderer.language, source=shown[0], target=shown[1], **told),
    )


def repair(settings: Settings, renderer: Renderer) -> dict[str, object]:
    """Makes the index whole from what is left of it, tells how, and gives the same as an object."""
    runtime.needs_folder(settings, "--repair")
    with telling(renderer) as (problems, on_progress, on_problem):
        done = indexing.repair_index(
            settings, runtime.make_embedder(settings), on_progress=on_progress, on_problem=on_problem
        )
    language = renderer.language
    for finding in done.findings:
        renderer.note(finding.message(language))
    renderer.note(say(f"cli.made_whole_{done.means}", language, path=settings.index, embedded=done.embedded))
    if done.moved:
        renderer.note(say("cli.damaged_kept", language, path=done.moved))
    return {
        "means": done.means,
        "findings": [_finding_object(finding, language) for finding in done.findings],
        "embedded": done.embedded,
        "moved": done.moved and str(done.moved),
        **problems_object(problems, language),
    }


def export(settings: Settings, renderer: Renderer, file: Path) -> None:
    """Writes the index to `file` and tells what it holds."""
    runtime.needs_folder(settings, "--export")
    with renderer.waiting("pack"):
        manifest = indexing.export_index(settings.index, file)
    _tell("cli.exported", manifest, settings, renderer, file)


def import_(settings: Settings, renderer: Renderer, file: Path, *, replace: bool) -> None:
    """Makes what `file` holds the index and tells what that is."""
    runtime.needs_folder(settings, "--import")
    with renderer.waiting("unpack"):
        manifest = indexing.import_index(file, settings.index, replace=replace)
    _tell("cli.imported", manifest, settings, renderer, file)


def _tell(key: str, manifest: Manifest, settings: Settings, renderer: Renderer, file: Path) -> None:
    told = {"articles": manifest.articles, "passages": manifest.passages, "bytes": file.stat().st_size}
    renderer.result(
        {"index": str(settings.index), "file": str(file), **told},
        say(key, renderer.language, path=settings.index, file=file, **told),
    )


def _finding_object(finding: Finding, language: str) -> dict[str, object]:
    fields = {name: value if isinstance(value, int | float) else str(value) for name, value in finding.fields.items()}
    return {"kind": finding.kind, **fields, "message": finding.message(language)}
