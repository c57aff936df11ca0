"""Corpus to index: read, split, embed, write beside, and by one rename of the manifest make it the index.

The index folder holds `manifest.json` and one data folder, which it names: `articles.sqlite`, and for passages
and for sentences a `.faiss` file and a `.bm25` folder, for passages also `.grams` and `.tokens`.
A build writes a new data folder; readers follow the manifest, so they see the old index or the new one, never a
mixture. A build that fails or is interrupted leaves the old index as it was and takes its own folder away; one
that was killed leaves a folder that the next build takes away. Vectors of texts that the old index knows are taken
from it.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from rag.catalog import FILE, Catalog, write_catalog
from rag.chunking import split_article, split_sentences
from rag.config import Settings
from rag.corpus import OnProblem, read_corpus
from rag.domain import Article, Passage, Progress
from rag.errors import EmbedderMismatch, IndexBusy, IndexDamaged, IndexMissing, IndexTooNew, IndexTooOld, RootsDropped
from rag.french import grams, terms
from rag.lexical import LexicalIndex
from rag.manifest import Manifest, current_manifest, read_manifest, write_manifest
from rag.protocols import Embedder, Ids, OnProgress, TokenVectors, Vectors, silent
from rag.storage import flush_folder, writing
from rag.tokens import SAMPLE, Projection, StoredTokens, TokenStore
from rag.uploads import own_folder
from rag.vectors import FaissStore

_LIBRARIES = ("sentence-transformers", "faiss-cpu", "bm25s", "langchain-text-splitters", "PyStemmer")
_DATA = "data-"


@dataclass(frozen=True, slots=True)
class Index:
    """An open index. Reading it never writes."""

    path: Path
    manifest: Manifest
    catalog: Catalog
    passages: FaissStore
    sentences: FaissStore
    passage_terms: LexicalIndex
    passage_grams: LexicalIndex
    sentence_terms: LexicalIndex
    tokens: TokenStore


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
    data = path / manifest.data
    index = Index(
        path=path,
        manifest=manifest,
        catalog=Catalog(data / FILE),
        passages=FaissStore.open(data / "passages.faiss"),
        sentences=FaissStore.open(data / "sentences.faiss"),
        passage_terms=LexicalIndex.open(data / "passages.bm25"),
        passage_grams=LexicalIndex.open(data / "passages.grams"),
        sentence_terms=LexicalIndex.open(data / "sentences.bm25"),
        tokens=TokenStore.open(data / "passages.tokens"),
    )
    parts: list[Sized] = [
        *(index.passages, index.passage_terms, index.passage_grams, index.tokens),
        *(index.sentences, index.sentence_terms),
    ]
    catalog = index.catalog
    counts = (catalog.count_articles(), catalog.count_spans("passage"), catalog.count_spans("sentence"))
    found = (*counts, *map(len, parts))
    expected = (
        *(manifest.articles, manifest.passages, manifest.sentences),
        *(4 * [manifest.passages]),
        *(2 * [manifest.sentences]),
    )
    if found != expected:
        raise IndexDamaged(path=path, reason=f"holds {found}, its manifest says {expected}")
    return index


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
        articles = []
        for article in read_corpus(roots, on_problem):
            articles.append(article)
            on_progress(Progress("read", len(articles), 0, "articles", article.document))
        with _new_data(target) as data:
            manifest, embedded = _write(data, articles, roots, embedder, settings, old, on_progress)
            write_manifest(target, manifest)
        report = _report(manifest, articles, old, embedded)
        if old:
            old.catalog.close()
        _remove_other_data(target, manifest.data)
        return report


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


def _write(
    data: Path,
    articles: Sequence[Article],
    roots: Sequence[Path],
    embedder: Embedder,
    settings: Settings,
    old: Index | None,
    on_progress: OnProgress,
) -> tuple[Manifest, int]:
    passages, sentences = _split(articles, embedder, settings, on_progress)
    reusable = old if old and old.manifest.embedder_digest == embedder.digest else None
    read, tokens, embedded = _embed_passages([p.text for p in passages], embedder, reusable, on_progress)
    sentence_vectors, more = _embed([s.text for s in sentences], embedder, reusable, on_progress)
    on_progress(Progress("write", 0, 0))
    write_catalog(data / FILE, articles, passages, sentences)
    # A passage is also found by the words of its article's title and file name; a sentence answers by its own.
    findable = [_findable(passage) for passage in passages]
    lexical = {
        "passages.bm25": (passages, [terms(t, p.language) for t, p in zip(findable, passages, strict=True)]),
        "passages.grams": (passages, [grams(text) for text in findable]),
        "sentences.bm25": (sentences, [terms(s.text, s.language) for s in sentences]),
    }
    for name, (spans, analysed) in lexical.items():
        LexicalIndex.build(_ids(spans), analysed).save(data / name)
    for level, spans, vectors in (("passages", passages, read), ("sentences", sentences, sentence_vectors)):
        store = FaissStore(embedder.dimension)
        store.add(_ids(spans), vectors)
        store.save(data / f"{level}.faiss")
    TokenStore.build(tokens.projection, _ids(passages), tokens.rows).save(data / "passages.tokens")
    flush_folder(data)
    manifest = Manifest(
        data=data.name,
        embedder=embedder.name,
        embedder_digest=embedder.digest,
        dimension=embedder.dimension,
        chunk_tokens=settings.chunk_tokens,
        overlap_sentences=settings.overlap_sentences,
        roots=tuple(map(str, roots)),
        corpus_digest=_corpus_digest(articles),
        articles=len(articles),
        passages=len(passages),
        sentences=len(sentences),
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        libraries={name: version(name) for name in _LIBRARIES},
    )
    return manifest, embedded + more


def _ids(spans: Sequence[Passage]) -> Ids:
    return np.array([span.id for span in spans], np.int64)


def _findable(passage: Passage) -> str:
    """Title, words of the file's name (often a title too) and text."""
    return f"{passage.title}\n{' '.join(document_words(passage.document))}\n{passage.text}"


def document_words(document: str) -> list[str]:
    """The words of a file's name, which often is a title too."""
    return re.findall(r"[^\W\d_]{2,}", Path(document).stem)


def _split(
    articles: Sequence[Article], embedder: Embedder, settings: Settings, on_progress: OnProgress
) -> tuple[list[Passage], list[Passage]]:
    """Passages and sentences of all articles; a sentence that two overlapping passages share comes once."""
    count = partial(_count_one, embedder)
    passages: list[Passage] = []
    sentences: dict[int, Passage] = {}
    for done, article in enumerate(articles, 1):
        split = split_article(
            article, count, chunk_tokens=settings.chunk_tokens, overlap_sentences=settings.overlap_sentences
        )
        passages += split
        sentences.update((s.id, s) for passage in split for s in split_sentences(article, passage))
        on_progress(Progress("split", done, len(articles), "articles"))
    return passages, list(sentences.values())


def _count_one(embedder: Embedder, text: str) -> int:
    return embedder.count_tokens([text])[0]


@dataclass(frozen=True, slots=True)
class _Tokens:
    projection: Projection
    rows: list[StoredTokens]


def _embed_passages(
    texts: Sequence[str], embedder: Embedder, old: Index | None, on_progress: OnProgress
) -> tuple[Vectors, _Tokens, int]:
    """Vectors float32 [len(texts), dimension] and tokens of each text, and how many distinct texts were embedded."""
    known = _known_passages(old, set(texts)) if old else {}
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    if old and old.tokens.total < SAMPLE and len(missing) > len(known):
        # The projection was fitted on few tokens, and most are new: all are read again, for a better one.
        return _embed_passages(texts, embedder, None, on_progress)
    projection = old.tokens.projection if old else None
    waiting: list[tuple[str, Vectors, TokenVectors]] = []
    # Whole token vectors are large: they are held only until there are enough of them to fit the projection.
    for place, vector, tokens in embedder.encode_passages(missing, on_progress):
        waiting.append((missing[place], vector, tokens))
        if projection is None and sum(len(t.places) for *_, t in waiting) >= SAMPLE:
            projection = _fit(waiting, embedder.dimension)
        if projection is not None:
            known |= {text: (v, StoredTokens.of(t, projection)) for text, v, t in waiting}
            waiting.clear()
    projection = projection or _fit(waiting, embedder.dimension)
    known |= {text: (v, StoredTokens.of(t, projection)) for text, v, t in waiting}
    vectors = np.array([known[text][0] for text in texts], np.float32).reshape(len(texts), embedder.dimension)
    return vectors, _Tokens(projection, [known[text][1] for text in texts]), len(missing)


def _fit(read: Sequence[tuple[str, Vectors, TokenVectors]], dimension: int) -> Projection:
    none = np.empty((0, dimension), np.float32)
    return Projection.fit(np.concatenate([none, *(tokens.vectors for *_, tokens in read)]))


def _known_passages(old: Index, wanted: set[str]) -> dict[str, tuple[Vectors, StoredTokens]]:
    spans = [span for span in old.catalog.spans("passage") if span.text in wanted]
    vectors = old.passages.reconstruct(_ids(spans))
    return {span.text: (v, old.tokens.tokens(span.id)) for span, v in zip(spans, vectors, strict=True)}


def _embed(texts: Sequence[str], embedder: Embedder, old: Index | None, on_progress: OnProgress) -> tuple[Vectors, int]:
    """Vectors float32 [len(texts), dimension], each distinct text embedded once, and how many had to be."""
    known = _known_vectors(old, set(texts)) if old else {}
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    made = dict(zip(missing, embedder.encode_documents(missing, on_progress), strict=True)) if missing else {}
    rows = [known[text] if text in known else made[text] for text in texts]
    return np.array(rows, np.float32).reshape(len(rows), embedder.dimension), len(missing)


def _known_vectors(old: Index, wanted: set[str]) -> Mapping[str, Vectors]:
    spans = [span for span in old.catalog.spans("sentence") if span.text in wanted]
    vectors = old.sentences.reconstruct(_ids(spans))
    return {span.text: vector for span, vector in zip(spans, vectors, strict=True)}


def _corpus_digest(articles: Iterable[Article]) -> str:
    lines = sorted(f"{article.document}\0{article.digest}\n" for article in articles)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _report(manifest: Manifest, articles: Sequence[Article], old: Index | None, embedded: int) -> BuildReport:
    before = {article.document: article.digest for article in old.catalog.articles()} if old else {}
    now = {article.document: article.digest for article in articles}
    return BuildReport(
        manifest=manifest,
        added=tuple(name for name in now if name not in before),
        changed=tuple(name for name in now if name in before and before[name] != now[name]),
        removed=tuple(name for name in before if name not in now),
        unchanged=sum(before.get(name) == digest for name, digest in now.items()),
        embedded=embedded,
    )
