"""An open index: the stores in the files of its data folder, held against its manifest."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass
from pathlib import Path

from rag.errors import EmbedderMismatch, IndexDamaged
from rag.protocols import Embedder
from rag.store.bm25 import LexicalIndex
from rag.store.catalog import CATALOG_FILE, CatalogFile
from rag.store.data_folder import cut_files
from rag.store.faiss_store import FaissStore
from rag.store.manifest import Manifest, current_manifest
from rag.store.token_vectors import SAMPLE, TokenStore

PASSAGES, SENTENCES = "passages.faiss", "sentences.faiss"
PASSAGE_TERMS, PASSAGE_GRAMS, SENTENCE_TERMS = "passages.bm25", "passages.grams", "sentences.bm25"
TOKENS = "passages.tokens"


@dataclass(frozen=True, slots=True)
class Embedded:
    """The open stores of an index that hold what an embedder made, and the texts it was made of."""

    catalog: CatalogFile
    passages: FaissStore
    sentences: FaissStore
    tokens: TokenStore

    @property
    def is_settled(self) -> bool:
        """Whether the projection of the tokens was fitted on as many as one is to be fitted on."""
        return self.tokens.total >= SAMPLE


@dataclass(frozen=True, slots=True)
class Index(Embedded):
    """An open index in the folder `path`. Reading it never writes. The rows of a level's stores are the same spans."""

    passage_terms: LexicalIndex
    passage_grams: LexicalIndex
    sentence_terms: LexicalIndex
    path: Path
    manifest: Manifest


def open_index(path: Path) -> Index:
    """Opens the index in the folder `path`. Raises IndexMissing, IndexDamaged, IndexTooOld and IndexTooNew."""
    manifest = current_manifest(path)
    return open_data(path / manifest.data, manifest)


def open_data(data: Path, manifest: Manifest) -> Index:
    """Opens the index whose stores, in the folder `data`, are to be what `manifest` says. Raises IndexDamaged."""
    for name, reason in cut_files(data, manifest.files):
        raise IndexDamaged(path=data / name, reason=reason)
    made = open_embedded(data)
    index = Index(
        catalog=made.catalog,
        passages=made.passages,
        sentences=made.sentences,
        tokens=made.tokens,
        passage_terms=LexicalIndex.open(data / PASSAGE_TERMS),
        passage_grams=LexicalIndex.open(data / PASSAGE_GRAMS),
        sentence_terms=LexicalIndex.open(data / SENTENCE_TERMS),
        path=data.parent,
        manifest=manifest,
    )
    of_passages: list[Sized] = [index.passages, index.passage_terms, index.passage_grams, index.tokens]
    of_sentences: list[Sized] = [index.sentences, index.sentence_terms]
    found = (index.catalog.count_articles(), *map(len, of_passages), *map(len, of_sentences))
    expected = (manifest.articles, *(4 * [manifest.passages]), *(2 * [manifest.sentences]))
    if found != expected:
        raise IndexDamaged(path=data, reason=f"holds {found}, its manifest says {expected}")
    return index


def open_embedded(data: Path) -> Embedded:
    """Opens those of the stores in the folder `data` that an embedder is needed for. Raises IndexDamaged."""
    return Embedded(
        catalog=CatalogFile(data / CATALOG_FILE),
        passages=FaissStore.open(data / PASSAGES),
        sentences=FaissStore.open(data / SENTENCES),
        tokens=TokenStore.open(data / TOKENS),
    )


def check_embedder(manifest: Manifest, embedder: Embedder, path: Path | str) -> None:
    """Raises EmbedderMismatch unless the vectors of index and `embedder` may be compared."""
    if manifest.embedder_digest != embedder.digest:
        built, chosen = (
            f"{name} ({digest[:8]})"
            for name, digest in ((manifest.embedder, manifest.embedder_digest), (embedder.name, embedder.digest))
        )
        raise EmbedderMismatch(path=path, built=built, chosen=chosen)
