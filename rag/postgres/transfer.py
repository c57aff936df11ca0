"""A whole index from one place to another, one of them at least a shared index: vectors and tokens go as they are."""

from __future__ import annotations

import platform
import tempfile
from contextlib import closing
from dataclasses import replace as replaced
from pathlib import Path

import numpy as np

from rag.domain import Passage, Progress
from rag.errors import IndexPresent
from rag.indexing import Arrangement, corpus_digest, forget, write_stores
from rag.postgres.reader import SharedIndex, open_shared
from rag.postgres.writer import Brought, OnTaken, push
from rag.protocols import Ids, OnProgress, Vectors, silent
from rag.store import (
    CATALOG_FILE,
    MANIFEST_FILE,
    CatalogFile,
    Manifest,
    Origin,
    StoredTokens,
    current_manifest,
    new_data,
    open_index,
    put_in_place,
    sealed,
    writing_catalog,
)
from rag.system import alone, writing


def share(
    folder: Path,
    url: str,
    *,
    replace: bool = False,
    on_progress: OnProgress = silent,
    on_problem: OnTaken = lambda problem: None,
) -> Brought:
    """Brings what the index in `folder` holds to the shared index at `url`; see `push`.

    The writer is this machine with this folder: what it brought before and has no more goes. Raises also as
    `open_index` does.
    """
    index = open_index(folder)
    writer = f"{platform.node()}:{folder.resolve()}"
    with closing(index.catalog):
        return push(index, url, writer, replace=replace, on_progress=on_progress, on_problem=on_problem)


def move(
    source: Path | str,
    target: Path | str,
    *,
    replace: bool = False,
    on_progress: OnProgress = silent,
    on_problem: OnTaken = lambda problem: None,
) -> Manifest:
    """Brings the index in `source`, which stays, to `target`; a `str` is the URL of a shared index. What was brought.

    In a shared index, what others brought stays unless `replace`; in a folder an index is overwritten only then.
    Vectors go as they are, but that a shared index keeps 16 bits of each number. Raises as `share` and `pull` do.
    """
    if isinstance(source, str) and isinstance(target, str):
        with tempfile.TemporaryDirectory(prefix="rag-") as between:
            pull(source, Path(between) / "index", on_progress=on_progress)
            return move(Path(between) / "index", target, replace=replace, on_progress=on_progress)
    if isinstance(source, str):
        assert isinstance(target, Path)
        return pull(source, target, replace_present=replace, on_progress=on_progress)
    assert isinstance(target, str)
    share(source, target, replace=replace, on_progress=on_progress, on_problem=on_problem)
    return current_manifest(source)


def pull(url: str, target: Path, *, replace_present: bool = False, on_progress: OnProgress = silent) -> Manifest:
    """Makes what the shared index at `url` holds now the index in the folder `target`.

    Which folders it was read from is not known there: the new index has none. Raises IndexPresent when there is an
    index and `replace_present` is false, IndexBusy, DiskFull, WriteFailed, and as `open_shared` does.
    """
    with writing(target):
        target.mkdir(parents=True, exist_ok=True)
    with alone(target):
        if not replace_present and (target / MANIFEST_FILE).exists():
            raise IndexPresent(path=target)
        with closing(open_shared(url)) as index, new_data(target) as data:
            manifest = _write(index, data, on_progress)
            put_in_place(target, manifest)
        forget(target)
        return manifest


def _write(index: SharedIndex, data: Path, on_progress: OnProgress) -> Manifest:
    ids = _write_catalog(index, data, on_progress)
    on_progress(Progress("write", 0, 0))
    spans = {level: Arrangement(some, np.full(len(some), -1, np.int64)) for level, some in ids.items()}
    with closing(CatalogFile(data / CATALOG_FILE)) as catalog:
        vectors = write_stores(data, catalog, spans, _Shared(index), ids)
        digest = corpus_digest(catalog.digests())
    return replaced(index.manifest, data=data.name, corpus_digest=digest, vectors=vectors, files=sealed(data))


class _Shared:
    """The vectors and tokens of a shared index, whose places are the ids of its spans."""

    def __init__(self, index: SharedIndex) -> None:
        self._index = index
        self.dimension = index.manifest.dimension
        self.projection = index.tokens.projection

    def vectors(self, level: str, places: Ids) -> Vectors:
        return (self._index.passages if level == "passage" else self._index.sentences).reconstruct(places)

    def tokens(self, places: Ids) -> list[StoredTokens]:
        return self._index.tokens.many(places)


def _write_catalog(index: SharedIndex, data: Path, on_progress: OnProgress) -> dict[str, Ids]:
    """Writes the articles by name; the ids of their spans, by level."""
    found: dict[str, list[int]] = {"passage": [], "sentence": []}
    files = dict(index.state.rows("SELECT document, file FROM article ORDER BY document"))
    with writing_catalog(data / CATALOG_FILE) as writer:
        for done, (document, file) in enumerate(files.items(), 1):
            spans: dict[str, list[Passage]] = {level: index.catalog.spans_of(level, document) for level in found}
            # Without the bytes of the file, so that it is read again where it is still there.
            origin = Origin(file=file)
            writer.add(index.catalog.article(document), spans["passage"], spans["sentence"], origin)
            for level, some in spans.items():
                found[level] += [span.id for span in some]
            on_progress(Progress("share", done, len(files), "articles", document))
    return {level: np.array(ids, np.int64) for level, ids in found.items()}
