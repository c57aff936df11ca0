"""`rag index --verify`, `--export` and `--import`, `rag doctor --repair`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rag.cli.reporting import problems_object, telling
from rag.errors import NotReady
from rag.wording import say

if TYPE_CHECKING:
    from rag.config import Settings
    from rag.manifest import Manifest
    from rag.rendering import Renderer
    from rag.verifying import Finding

_DISAGREE = 3  # something to repair first


def verify(settings: Settings, renderer: Renderer, *, as_json: bool) -> int:
    """Tells whether files, passages and vectors of the index agree; the exit code."""
    from rag.assembly import make_embedder
    from rag.contracts import dump
    from rag.verifying import verify_index

    try:
        embedder = make_embedder(settings)
    except NotReady:
        embedder = None
        renderer.note(say("cli.no_sample", renderer.language))
    with renderer.waiting("verify"):
        findings = verify_index(settings.index, embedder)
    # That an index of an earlier version has no checksums is worth knowing, and no damage.
    whole = all(finding.kind == "unsealed" for finding in findings)
    if as_json:
        told = [_finding_object(finding, renderer.language) for finding in findings]
        renderer.line(dump({"index": str(settings.index), "whole": whole, "findings": told}))
    else:
        for finding in findings:
            renderer.line(finding.message(renderer.language))
        text = "cli.whole" if whole else "cli.not_whole"
        renderer.line(say(text, renderer.language, path=settings.index, count=len(findings)))
    return 0 if whole else _DISAGREE


def repair(settings: Settings, renderer: Renderer) -> dict[str, object]:
    """Makes the index whole from what is left of it, tells how, and gives the same as an object."""
    from rag.assembly import make_embedder
    from rag.repairing import repair_index

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
    from rag.packing import export_index

    with renderer.waiting("pack"):
        manifest = export_index(settings.index, file)
    _tell("cli.exported", manifest, settings, renderer, file, as_json=as_json)


def import_(settings: Settings, renderer: Renderer, file: Path, *, replace: bool, as_json: bool) -> None:
    """Makes what `file` holds the index and tells what that is."""
    from rag.packing import import_index

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
