"""Corpus to index: read, split, embed, write beside, and by one rename of the manifest make it the index.

The index folder holds `manifest.json` and one data folder, which it names (see `index_writing`).
A build writes a new data folder; readers follow the manifest, so they see the old index or the new one, never a
mixture. A build that fails or is interrupted leaves the old index as it was and takes its own folder away; one
that was killed leaves a folder that the next build takes away. What the old index knows of articles that have not
changed is taken from it; where none has, it stays.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import shutil
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from rag.config import Settings
from rag.corpus import OnProblem, read_corpus
from rag.domain import Article, Progress
from rag.errors import EmbedderMismatch, IndexBusy, IndexDamaged, IndexMissing, IndexTooNew, IndexTooOld, RootsDropped
from rag.index_writing import Plan, Written, plan, write_data
from rag.manifest import Manifest, current_manifest, read_manifest, write_manifest
from rag.protocols import Embedder, OnProgress, silent
from rag.reading import LIBRARIES, Reader, reading_digest
from rag.storage import writing
from rag.stores import Stores, open_stores
from rag.uploads import own_folder

_DATA = "data-"


@dataclass(frozen=True, slots=True)
class Index(Stores):
    """An open index. Reading it never writes."""

    path: Path
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did: articles by what happened to them since the last build, and vectors that had to be made."""

    manifest: Manifest
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    embedded: int


def open_index(path: Path) -> Index:
    """Opens the index in the folder `path`. Raises IndexMissing, IndexDamaged, IndexTooOld and IndexTooNew."""
    manifest = current_manifest(path)
    stores = open_stores(path / manifest.data)
    expected = (manifest.articles, *(4 * [manifest.passages]), *(2 * [manifest.sentences]))
    if stores.counts != expected:
        raise IndexDamaged(path=path, reason=f"holds {stores.counts}, its manifest says {expected}")
    opened: dict[str, Any] = {field.name: getattr(stores, field.name) for field in dataclasses.fields(stores)}
    return Index(path=path, manifest=manifest, **opened)


def check_embedder(manifest: Manifest, embedder: Embedder, path: Path) -> None:
    """Raises EmbedderMismatch unless the vectors of index and `embedder` may be compared."""
    if manifest.embedder_digest != embedder.digest:
        built, chosen = (
            f"{name} ({digest[:8]})"
            for name, digest in ((manifest.embedder, manifest.embedder_digest), (embedder.name, embedder.digest))
        )
        raise EmbedderMismatch(path=path, built=built, chosen=chosen)


def build_index(
    paths: Sequence[Path],
    target: Path,
    embedder: Embedder,
    settings: Settings,
    *,
    replace: bool = False,
    on_progress: OnProgress = silent,
    on_problem: OnProblem = lambda problem: None,
) -> BuildReport:
    """Makes the index in `target` hold the articles of `paths`; without any, those it was built from.

    Files that cannot be read go to `on_problem` and are left out. Raises PathMissing, NoArticles, IndexBusy,
    DiskFull, WriteFailed, and RootsDropped when paths of the present index are not among `paths` and
    `replace` is false.
    """
    with writing(target):
        target.mkdir(parents=True, exist_ok=True)
    with _alone(target):
        old = _present(target)
        own = own_folder(settings)
        roots = _roots(paths, target, replace, own)
        if own in roots:  # without articles of one's own it may be gone, or not be there yet
            with writing(own):
                own.mkdir(parents=True, exist_ok=True)
        reading = reading_digest(embedder.digest, settings.chunk_tokens, settings.overlap_sentences)
        known = old if old and old.manifest.embedder_digest == embedder.digest else None
        kept = known if known and known.is_settled and known.manifest.reading_digest == reading else None
        reader = Reader(kept.catalog if kept else None)
        articles = _read(roots, reader, on_progress, on_problem)
        planned = plan(articles, reader.kept, kept, embedder, settings, on_progress)
        if kept and planned.changes_nothing:
            manifest, embedded = dataclasses.replace(kept.manifest, roots=tuple(map(str, roots))), 0
            if manifest != kept.manifest:
                write_manifest(target, manifest)
        else:
            with _new_data(target) as data:
                written = write_data(data, planned, reader.origins, embedder, known, on_progress)
                manifest = _manifest(data, roots, articles, planned, written, embedder, settings, reading)
                embedded = written.embedded
                write_manifest(target, manifest)
        report = _report(manifest, articles, old, embedded)
        if old:
            old.catalog.close()
        _remove_other_data(target, manifest.data)
        return report


def _manifest(
    data: Path,
    roots: Sequence[Path],
    articles: Sequence[Article],
    planned: Plan,
    written: Written,
    embedder: Embedder,
    settings: Settings,
    reading: str,
) -> Manifest:
    return Manifest(
        data=data.name,
        embedder=embedder.name,
        embedder_digest=embedder.digest,
        dimension=written.dimension,
        chunk_tokens=settings.chunk_tokens,
        overlap_sentences=settings.overlap_sentences,
        roots=tuple(map(str, roots)),
        reading_digest=reading,
        corpus_digest=_corpus_digest(articles),
        articles=len(articles),
        passages=len(planned.passages.ids),
        sentences=len(planned.sentences.ids),
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        libraries={name: version(name) for name in LIBRARIES},
        vectors=written.vectors,
    )


def _read(roots: Sequence[Path], reader: Reader, on_progress: OnProgress, on_problem: OnProblem) -> list[Article]:
    articles: list[Article] = []
    for article in read_corpus(roots, on_problem, read=reader):
        articles.append(article)
        on_progress(Progress("read", len(articles), 0, "articles", article.document))
    return articles


def _present(target: Path) -> Index | None:
    try:
        return open_index(target)
    except (IndexMissing, IndexDamaged, IndexTooOld, IndexTooNew):
        return None


def _roots(paths: Sequence[Path], target: Path, replace: bool, own: Path) -> list[Path]:
    """What to read. The paths of last time are known as long as the manifest can be read, whatever else cannot.

    The folder `own` of the user's own articles stays by itself: nobody names it at the command line.
    """
    if not paths:
        return [Path(root) for root in read_manifest(target).roots]
    roots = [path.absolute() for path in paths]
    if replace:
        return roots
    try:
        known = [Path(root) for root in read_manifest(target).roots]
    except (IndexMissing, IndexDamaged, IndexTooNew):
        return roots
    if own in known and own not in roots:
        roots.append(own)
    dropped = [str(root) for root in known if root not in roots]
    if dropped:
        raise RootsDropped(path=target, dropped=", ".join(dropped))
    return roots


@contextlib.contextmanager
def _alone(target: Path) -> Iterator[None]:
    with writing(target), contextlib.ExitStack() as stack:
        try:
            stack.enter_context(FileLock(target / ".lock", timeout=0))
        except Timeout as error:
            raise IndexBusy(path=target) from error
        yield


@contextlib.contextmanager
def _new_data(target: Path) -> Iterator[Path]:
    data = target / f"{_DATA}{uuid.uuid4().hex[:12]}"
    try:
        with writing(target):
            data.mkdir()
            yield data
    except BaseException:
        shutil.rmtree(data, ignore_errors=True)
        raise


def _remove_other_data(target: Path, kept: str) -> None:
    for folder in target.glob(f"{_DATA}*"):
        if folder.name != kept:
            shutil.rmtree(folder, ignore_errors=True)


def _corpus_digest(articles: Iterable[Article]) -> str:
    lines = sorted(f"{article.document}\0{article.digest}\n" for article in articles)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _report(manifest: Manifest, articles: Sequence[Article], old: Index | None, embedded: int) -> BuildReport:
    before = old.catalog.digests() if old else {}
    now = {article.document: article.digest for article in articles}
    return BuildReport(
        manifest=manifest,
        added=tuple(name for name in now if name not in before),
        changed=tuple(name for name in now if name in before and before[name] != now[name]),
        removed=tuple(name for name in before if name not in now),
        unchanged=sum(before.get(name) == digest for name, digest in now.items()),
        embedded=embedded,
    )
