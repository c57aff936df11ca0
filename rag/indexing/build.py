"""Corpus to index: read, split, embed, write beside, and by one rename of the manifest make it the index.

The index folder holds `manifest.json` and one data folder, which it names (see `data_writer`).
A build writes a new data folder; readers follow the manifest, so they see the old index or the new one, never a
mixture, and need no lock: a database in WAL mode that is written under them would have them share its locks, and could
not hold the vectors. A build that fails or is interrupted leaves the old index as it was and takes its own folder away;
one that was killed leaves a folder that the next build takes away. What was embedded stays, and is not embedded again
(see `checkpoint`). What the old index knows of articles that have not changed is taken from it; where none has, it
stays.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rag.config import Settings
from rag.corpus import OnProblem
from rag.domain import Article, Progress
from rag.errors import IndexDamaged, IndexMissing, IndexTooNew, IndexTooOld
from rag.indexing.changes import Changes, Seen, compare, seen_in
from rag.indexing.checkpoint import forget
from rag.indexing.data_writer import write_data
from rag.indexing.roots import Sources, choose_sources
from rag.indexing.spans import drafting
from rag.indexing.unchanged import LIBRARIES, Holds, Reader, read_sources, reading_digest
from rag.indexing.uploads import own_folder
from rag.protocols import Embedder, OnProgress, silent
from rag.store import (
    SCHEMA,
    CatalogFile,
    Index,
    Manifest,
    Origin,
    Projection,
    new_data,
    open_index,
    put_in_place,
    remove_others,
)
from rag.system import alone, writing


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did since the last one: what became of the articles, and how many texts were embedded.

    `resumed` texts had been embedded by a build that was interrupted. It took `seconds`.
    """

    manifest: Manifest
    changes: Changes
    embedded: int
    resumed: int
    seconds: float


def preview_index(
    paths: Sequence[Path],
    target: Path,
    embedder_digest: str,
    settings: Settings,
    *,
    replace: bool = False,
    without: Sequence[Path] = (),
    on_progress: OnProgress = silent,
    on_problem: OnProblem = lambda problem: None,
) -> Changes:
    """What `build_index` would change: reads the files, writes nothing and keeps nobody out.

    Raises as `build_index` does where that is told before anything is written.
    """
    with _open_present(target) as old:
        present = _Present.of(old, embedder_digest, settings)
        sources = _sources(paths, target, present, settings, replace, without)
        roots = tuple(root for root in sources.roots if root.exists() or root != own_folder(settings))
        reader = Reader(present.catalog, settings.fields, on_problem, is_current=present.unaltered is not None)
        articles = _read(Sources(roots, sources.excluded), reader, on_progress, on_problem)
        now = {a.document: Seen.of(a, reader.origins.get(a.document, Origin())) for a in articles}
        return present.compared(now)


def build_index(
    paths: Sequence[Path],
    target: Path,
    embedder: Embedder,
    settings: Settings,
    *,
    replace: bool = False,
    without: Sequence[Path] = (),
    holds: Holds | None = None,
    projection: Projection | None = None,
    on_progress: OnProgress = silent,
    on_problem: OnProblem = lambda problem: None,
) -> BuildReport:
    """Makes the index in `target` hold the articles of `paths`; without any, those it was built from.

    `without` takes out paths it was built from, files and folders below them, and documents. With `holds`, files for
    which it is true and roots that are not there are left as the index has them. Files that cannot be read
    go to `on_problem` and are left out. With a `projection` the tokens are stored by that one, those of a shared index
    that the articles are to be brought to. Raises PathMissing, NoArticles, IndexBusy, DiskFull, WriteFailed,
    UnknownDocument for what is not there to be taken out, and RootsDropped when paths of the present index are not
    among `paths` and `replace` is false.
    """
    start = time.perf_counter()
    with writing(target):
        target.mkdir(parents=True, exist_ok=True)
    with alone(target), _open_present(target) as old, new_data(target) as data:
        present = _Present.of(old, embedder.digest, settings, projection)
        sources = _sources(paths, target, present, settings, replace, without)
        own = own_folder(settings)
        if own in sources.roots:  # without articles of one's own it may be gone, or not be there yet
            with writing(own):
                own.mkdir(parents=True, exist_ok=True)
        reader = Reader(present.catalog, settings.fields, on_problem, is_current=present.unaltered is not None)
        now: dict[str, Seen] = {}
        with drafting(data, present.unaltered, embedder, settings) as draft:
            for article in _read(sources, reader, on_progress, on_problem, holds):
                origin = reader.origins.get(article.document, Origin())
                now[article.document] = Seen.of(article, origin)
                if article.document in reader.kept:
                    draft.keep(article.document)
                else:
                    draft.add(article, origin)
            planned = draft.finish(reader.incomplete(now))
        if present.unaltered and planned.changes_nothing:
            manifest, embedded, resumed = present.unaltered.manifest, 0, 0
        else:
            written = write_data(data, planned, embedder, present.embedded, on_progress, projection)
            manifest = _manifest(written.facts, now, embedder, settings)
            embedded, resumed = written.embedded, written.resumed
        manifest = dataclasses.replace(
            manifest, roots=tuple(map(str, sources.roots)), excluded=sources.excluded, schema=SCHEMA
        )
        if present.index and manifest == present.index.manifest:
            remove_others(target, manifest)
        else:
            put_in_place(target, manifest)
        forget(target)
        return BuildReport(manifest, present.compared(now), embedded, resumed, time.perf_counter() - start)


@dataclass(frozen=True, slots=True)
class _Present:
    """What the index that is there, if one can be read, offers to a build: each is that index, or None."""

    index: Index | None
    """Its articles, to be compared with those of now."""
    embedded: Index | None
    """Its vectors: the embedder is that of the build."""
    catalog: CatalogFile | None
    """Its catalog, from which articles can be taken as they are: the schema is that of the build."""
    unaltered: Index | None
    """All that it holds of files that have not changed: this build would make the same of them."""

    @classmethod
    def of(
        cls, index: Index | None, embedder_digest: str, settings: Settings, projection: Projection | None = None
    ) -> _Present:
        if index is None:
            return cls(None, None, None, None)
        manifest = index.manifest
        is_current = manifest.schema == SCHEMA
        is_unaltered = (
            is_current
            and index.is_settled
            and manifest.reading_digest == _reading_digest(embedder_digest, settings)
            and (projection is None or index.tokens.projection.is_same(projection))
        )
        return cls(
            index,
            embedded=index if manifest.embedder_digest == embedder_digest else None,
            catalog=index.catalog if is_current else None,
            unaltered=index if is_unaltered else None,
        )

    def compared(self, now: Mapping[str, Seen]) -> Changes:
        """What became of its articles; all of `now` are new where there is none."""
        return compare(seen_in(self.index.catalog) if self.index else {}, now)


def _manifest(facts: dict[str, Any], now: Mapping[str, Seen], embedder: Embedder, settings: Settings) -> Manifest:
    """That of data of which these are the `facts`; its roots are not told yet."""
    return Manifest(
        embedder=embedder.name,
        embedder_digest=embedder.digest,
        chunk_tokens=settings.chunk_tokens,
        overlap_sentences=settings.overlap_sentences,
        roots=(),
        corpus_digest=corpus_digest({document: seen.text for document, seen in now.items()}),
        articles=len(now),
        libraries={name: version(name) for name in LIBRARIES},
        reading_digest=_reading_digest(embedder.digest, settings),
        **facts,
    )


def _read(
    sources: Sources,
    reader: Reader,
    on_progress: OnProgress,
    on_problem: OnProblem,
    holds: Holds | None = None,
) -> Iterator[Article]:
    for done, article in enumerate(read_sources(sources, reader, on_problem, holds), 1):
        on_progress(Progress("read", done, 0, "articles", article.document))
        yield article


@contextlib.contextmanager
def _open_present(target: Path) -> Iterator[Index | None]:
    """The index that is there, if it can be read."""
    try:
        index = open_index(target)
    except (IndexMissing, IndexDamaged, IndexTooOld, IndexTooNew):
        yield None
        return
    with contextlib.closing(index.catalog):
        yield index


def _sources(
    paths: Sequence[Path], target: Path, present: _Present, settings: Settings, replace: bool, without: Sequence[Path]
) -> Sources:
    documents = present.index.catalog.digests() if present.index and without else {}
    own = own_folder(settings)
    return choose_sources(paths, target, without=without, documents=documents, replace=replace, own=own)


def _reading_digest(embedder_digest: str, settings: Settings) -> str:
    fields = sorted(settings.fields.items())
    return reading_digest(embedder_digest, settings.chunk_tokens, settings.overlap_sentences, fields)


def corpus_digest(digests: Mapping[str, str]) -> str:
    """SHA-256 over the names of all articles and the digests of their texts."""
    lines = sorted(f"{document}\0{digest}\n" for document, digest in digests.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()
