"""Makes a damaged index whole from what is left: from its texts, a copy of its manifest, or the files it came from.

What could not be used is never deleted: it is moved to a folder `damaged-DATE` beside the data.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from rag.config import Settings
from rag.corpus import OnProblem
from rag.errors import IndexBeyondRepair, IndexDamaged, IndexMissing
from rag.indexing.build import build_index
from rag.indexing.checkpoint import forget
from rag.indexing.data_writer import write_data
from rag.indexing.spans import drafting
from rag.indexing.verify import Finding, check_texts, verify_data, verify_index
from rag.protocols import Embedder, OnProgress, silent
from rag.store import (
    CATALOG_FILE,
    DATA_PREFIX,
    PASSAGES,
    SCHEMA,
    SENTENCES,
    TOKENS,
    CatalogFile,
    Embedded,
    Manifest,
    check_embedder,
    damaged_files,
    new_data,
    open_embedded,
    put_in_place,
    readable,
    told_manifest,
    write_manifest,
)
from rag.system import alone, writing

Means = Literal["nothing", "manifest", "texts", "files"]


@dataclass(frozen=True, slots=True)
class Repair:
    """What was wrong (`findings`) and what was done.

    `means` tells what the index was made whole from: "nothing" where it was whole, the "manifest" that lies with the
    data, the "texts" of its articles, or the "files" they came from. `embedded` texts were embedded. What could not be
    used lies in the folder `moved`.
    """

    means: Means
    findings: tuple[Finding, ...]
    embedded: int = 0
    moved: Path | None = None


def repair_index(
    settings: Settings,
    embedder: Embedder,
    *,
    on_progress: OnProgress = silent,
    on_problem: OnProblem = lambda problem: None,
) -> Repair:
    """Makes the index of `settings` whole with the least that has to be made anew.

    Raises IndexBeyondRepair, IndexMissing, IndexTooNew, IndexTooOld, EmbedderMismatch, IndexBusy, DiskFull, WriteFailed
    and, where the files themselves are read again, as `build_index` does; nothing is lost then.
    """
    target = settings.index
    if not target.is_dir():
        raise IndexMissing(path=target)
    with alone(target):
        findings = tuple(finding for finding in verify_index(target) if finding.kind != "unsealed")
        if not findings:
            return Repair("nothing", ())
        manifest = _manifest_left(target)
        check_embedder(manifest, embedder, target)
        data = target / manifest.data
        if not _flaws(data, manifest):
            put_in_place(target, manifest)
            return Repair("manifest", findings)
        if _has_texts(data, manifest):
            embedded, moved = _from_texts(target, manifest, embedder, settings, on_progress)
            return Repair("texts", findings, embedded, moved)
        write_manifest(target, manifest)  # it names the roots
    with _aside(data) as moved:
        report = build_index([], target, embedder, settings, on_progress=on_progress, on_problem=on_problem)
    return Repair("files", findings, report.embedded, moved)


def _manifest_left(target: Path) -> Manifest:
    """The manifest of the index, or of the copies beside data: the first whose data are whole, if there is one.

    Raises IndexMissing, IndexBeyondRepair, IndexTooNew and IndexTooOld.
    """
    found = [*_told(target)]
    for folder in sorted(target.glob(f"{DATA_PREFIX}*")):
        found += [dataclasses.replace(manifest, data=folder.name) for manifest in _told(folder)]
    if not found:
        raise IndexBeyondRepair(path=target, reason="no manifest can be read")
    newest = sorted(found, key=lambda manifest: manifest.created, reverse=True)
    return next((manifest for manifest in newest if not _flaws(target / manifest.data, manifest)), found[0])


def _told(folder: Path) -> Iterator[Manifest]:
    try:
        yield readable(told_manifest(folder), folder)
    except (IndexMissing, IndexDamaged):
        return


def _flaws(data: Path, manifest: Manifest) -> list[Finding]:
    return [finding for finding in verify_data(data, manifest) if finding.kind != "unsealed"]


def _has_texts(data: Path, manifest: Manifest) -> bool:
    """Whether all articles can be read from the catalog."""
    try:
        with closing(CatalogFile(data / CATALOG_FILE)) as catalog:
            return catalog.count_articles() == manifest.articles and not any(check_texts(catalog))
    except IndexDamaged:
        return False


def _from_texts(
    target: Path, manifest: Manifest, embedder: Embedder, settings: Settings, on_progress: OnProgress
) -> tuple[int, Path | None]:
    """Makes the data anew from the texts of the catalog; the number of texts embedded, and where the old data lie."""
    old = target / manifest.data
    as_it_was = {"chunk_tokens": manifest.chunk_tokens, "overlap_sentences": manifest.overlap_sentences}
    with closing(CatalogFile(old / CATALOG_FILE)) as catalog, new_data(target) as data:
        with drafting(data, None, embedder, settings.model_copy(update=as_it_was)) as draft:
            for document, origin in catalog.origins().items():
                draft.add(catalog.article(document), origin)
            planned = draft.finish()
        written = write_data(data, planned, embedder, _embedded_left(old, manifest), on_progress)
        manifest = dataclasses.replace(manifest, **written.facts, schema=SCHEMA)
        with _aside(old) as moved:
            put_in_place(target, manifest)
    forget(target)
    return written.embedded, moved


def _embedded_left(data: Path, manifest: Manifest) -> Embedded | None:
    """The stores of what was embedded, if nothing of them was altered."""
    needed = (CATALOG_FILE, PASSAGES, SENTENCES, TOKENS)
    altered = [name for name in damaged_files(data, manifest.files) if name.startswith(needed)]
    if altered or not manifest.files:
        return None
    try:
        return open_embedded(data)
    except IndexDamaged:
        return None


@contextmanager
def _aside(data: Path) -> Iterator[Path | None]:
    """Moves `data` to a folder for what is damaged, if it is there, and back where the block fails."""
    moved = data.parent / f"damaged-{datetime.now(timezone.utc):%Y%m%dT%H%M%S}" / data.name
    if not data.is_dir():
        yield None
        return
    with writing(moved):
        moved.parent.mkdir(exist_ok=True)
        data.rename(moved)
    try:
        yield moved.parent
    except BaseException:
        moved.rename(data)
        moved.parent.rmdir()
        raise
