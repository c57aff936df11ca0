"""`rag index --verify`, `--export` and `--import`, `rag doctor --repair`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rag.cli.build_reports import problems_object, telling
from rag.cli.options import wrong_usage
from rag.errors import NotReady
from rag.wording import say

if TYPE_CHECKING:
    from rag.cli.renderer import Renderer
    from rag.config import Settings
    from rag.indexing import Finding
    from rag.protocols import Embedder
    from rag.store import Manifest

_DISAGREE = 3  # something to repair first


def verify(settings: Settings, renderer: Renderer, *, as_json: bool) -> int:
    """Tells whether files, passages and vectors of the index agree; the exit code."""
    from rag.contracts import dump
    from rag.runtime import make_embedder, present_place

    try:
        embedder = make_embedder(settings)
    except NotReady:
        embedder = None
        renderer.note(say("cli.no_sample", renderer.language))
    with renderer.waiting("verify"):
        findings = _findings(settings, embedder)
    # That an index of an earlier version has no checksums is worth knowing, and no damage.
    whole = all(finding.kind == "unsealed" for finding in findings)
    if as_json:
        told = [_finding_object(finding, renderer.language) for finding in findings]
        renderer.line(dump({"index": present_place(settings), "whole": whole, "findings": told}))
    else:
        for finding in findings:
            renderer.line(finding.message(renderer.language))
        text = "cli.whole" if whole else "cli.not_whole"
        renderer.line(say(text, renderer.language, path=present_place(settings), count=len(findings)))
    return 0 if whole else _DISAGREE


def _findings(settings: Settings, embedder: Embedder | None) -> list[Finding]:
    if settings.store:
        from rag.postgres import verify_shared

        return verify_shared(settings.store, embedder)
    from rag.indexing import verify_index

    return verify_index(settings.index, embedder)


def move(
    settings: Settings,
    renderer: Renderer,
    *,
    source: str | None = None,
    target: str | None = None,
    replace: bool,
    as_json: bool,
) -> None:
    """Brings the index of `settings` to `target`, or that in `source` to it, and tells what is there then.

    Each is a folder or the URL of a shared index.
    """
    from rag.contracts import dump
    from rag.runtime import is_url, shown_place

    own = settings.store or str(settings.index)
    places = [source or own, target or own]
    if not any(map(is_url, places)):
        raise wrong_usage("no_shared")
    from rag.postgres import move as move_index

    shown = [shown_place(place) for place in places]
    with telling(renderer) as (problems, on_progress, on_problem):
        manifest = move_index(
            *(place if is_url(place) else Path(place) for place in places),
            replace=replace,
            on_progress=on_progress,
            on_problem=on_problem,
        )
    told = {"articles": manifest.articles, "passages": manifest.passages}
    if as_json:
        there = {"from": shown[0], "to": shown[1]}
        renderer.line(dump({**there, **told, **problems_object(problems, renderer.language)}))
    else:
        renderer.line(say("cli.moved_to", renderer.language, source=shown[0], target=shown[1], **told))


def repair(settings: Settings, renderer: Renderer) -> dict[str, object]:
    """Makes the index whole from what is left of it, tells how, and gives the same as an object."""
    from rag.indexing import repair_index
    from rag.runtime import make_embedder, needs_folder

    needs_folder(settings, "--repair")
    with telling(renderer) as (problems, on_progress, on_problem):
        done = repair_index(settings, make_embedder(settings), on_progress=on_progress, on_problem=on_problem)
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


def export(settings: Settings, renderer: Renderer, file: Path, *, as_json: bool) -> None:
    """Writes the index to `file` and tells what it holds."""
    from rag.indexing import export_index
    from rag.runtime import needs_folder

    needs_folder(settings, "--export")
    with renderer.waiting("pack"):
        manifest = export_index(settings.index, file)
    _tell("cli.exported", manifest, settings, renderer, file, as_json=as_json)


def import_(settings: Settings, renderer: Renderer, file: Path, *, replace: bool, as_json: bool) -> None:
    """Makes what `file` holds the index and tells what that is."""
    from rag.indexing import import_index
    from rag.runtime import needs_folder

    needs_folder(settings, "--import")
    with renderer.waiting("unpack"):
        manifest = import_index(file, settings.index, replace=replace)
    _tell("cli.imported", manifest, settings, renderer, file, as_json=as_json)


def _tell(key: str, manifest: Manifest, settings: Settings, renderer: Renderer, file: Path, *, as_json: bool) -> None:
    from rag.contracts import dump

    told = {"articles": manifest.articles, "passages": manifest.passages, "bytes": file.stat().st_size}
    if as_json:
        renderer.line(dump({"index": str(settings.index), "file": str(file), **told}))
    else:
        renderer.line(say(key, renderer.language, path=settings.index, file=file, **told))


def _finding_object(finding: Finding, language: str) -> dict[str, object]:
    fields = {name: value if isinstance(value, int | float) else str(value) for name, value in finding.fields.items()}
    return {"kind": finding.kind, **fields, "message": finding.message(language)}
