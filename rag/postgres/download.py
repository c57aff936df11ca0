"""An index folder made of what a shared index holds, vectors and tokens as they are there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from rag.domain import Passage, Progress
from rag.errors import IndexPresent
from rag.indexing import Arrangement, forget, passage_grams, passage_terms, sentence_terms, write_terms
from rag.postgres.reader import SharedIndex, open_shared
from rag.postgres.vectors import SharedVectors
from rag.protocols import Ids, OnProgress, Vectors, silent
from rag.store import (
    CATALOG_FILE,
    MANIFEST_FILE,
    PASSAGE_GRAMS,
    PASSAGE_TERMS,
    PASSAGES,
    SENTENCE_TERMS,
    SENTENCES,
    TOKENS,
    CatalogFile,
    Manifest,
    Origin,
    StoredTokens,
    new_data,
    put_in_place,
    sealed,
    write_store,
    write_tokens,
    writing_catalog,
)
from rag.system import alone, flush_folder, writing

# Vectors that are in memory at a time, and passages whose tokens are.
_VECTORS_AT_A_TIME, _TOKENS_AT_A_TIME = 4_096, 512


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
    spans = _write_catalog(index, data, on_progress)
    passages, sentences = spans["passage"], spans["sentence"]
    on_progress(Progress("write", 0, 0))
    lexical: tuple[tuple[str, Ids, Callable[[Passage], list[str]]], ...] = (
        (PASSAGE_TERMS, passages, passage_terms),
        (PASSAGE_GRAMS, passages, passage_grams),
        (SENTENCE_TERMS, sentences, sentence_terms),
    )
    with closing(CatalogFile(data / CATALOG_FILE)) as catalog:
        for name, ids, analyse in lexical:
            write_terms(data / name, Arrangement(ids, np.full(len(ids), -1, np.int64)), None, catalog, analyse)
        digests = catalog.digests()
    vectors = {
        name: asdict(write_store(data / file, ids, _vectors(store, ids), index.manifest.dimension))
        for name, file, ids, store in (
            ("passages", PASSAGES, passages, index.passages),
            ("sentences", SENTENCES, sentences, index.sentences),
        )
    }
    write_tokens(data / TOKENS, index.tokens.projection, passages, _tokens(index, passages))
    flush_folder(data)
    lines = sorted(f"{document}\0{digest}\n" for document, digest in digests.items())
    return replace(
        index.manifest,
        data=data.name,
        corpus_digest=hashlib.sha256("".join(lines).encode()).hexdigest(),
        vectors=vectors,
        files=sealed(data),
    )


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


def _vectors(store: SharedVectors, ids: Ids) -> Iterator[Vectors]:
    for start in range(0, len(ids), _VECTORS_AT_A_TIME):
        yield store.reconstruct(ids[start : start + _VECTORS_AT_A_TIME])


def _tokens(index: SharedIndex, ids: Ids) -> Iterator[StoredTokens]:
    for start in range(0, len(ids), _TOKENS_AT_A_TIME):
        yield from index.tokens.many(ids[start : start + _TOKENS_AT_A_TIME])
