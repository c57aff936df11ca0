"""The data of an index, planned and written: its articles cut into spans, those of an older index taken over.

The data folder holds `articles.sqlite`, for passages and for sentences a `.faiss` file and a `.bm25` folder, for
passages also `.grams` and `.tokens`. What it holds is the same whether an older index was there or not, but for the
projection of the tokens, which is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from rag.arrangement import Arrangement, arrange, rows_by_document
from rag.catalog import FILE, Catalog, Origin, write_catalog
from rag.chunking import split_article, split_sentences
from rag.config import Settings
from rag.domain import Article, Passage, Progress
from rag.french import grams, terms
from rag.lexical import LexicalIndex
from rag.lexical_build import LexicalBuilder
from rag.protocols import Embedder, Ids, OnProgress, Vectors
from rag.quantisation import build_store
from rag.storage import flush_folder
from rag.stores import PASSAGE_GRAMS, PASSAGE_TERMS, PASSAGES, SENTENCE_TERMS, SENTENCES, TOKENS, Stores
from rag.tokens import StoredTokens, write_tokens
from rag.vectorising import passage_vectors, sentence_vectors
from rag.vectors import FaissStore

# Spans whose terms are in memory at a time.
_ANALYSED_AT_A_TIME = 5_000

Analyse = Callable[[Passage], list[str]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an index is to hold: the articles that are not in `kept`, an older index, and what of that stays."""

    articles: Sequence[Article]
    passages: Arrangement
    sentences: Arrangement
    kept: Stores | None
    dropped: Sequence[str]

    @property
    def changes_nothing(self) -> bool:
        """Whether it is what `kept` holds, in the same order."""
        return (
            self.kept is not None
            and not self.articles
            and not self.dropped
            and self.passages.is_all_of(len(self.kept.passages))
            and self.sentences.is_all_of(len(self.kept.sentences))
        )


@dataclass(frozen=True, slots=True)
class Written:
    """The dimension of the vectors, how those of each level are stored, and how many texts were embedded."""

    dimension: int
    vectors: Mapping[str, Mapping[str, object]]
    embedded: int


def plan(
    articles: Sequence[Article],
    unchanged: Set[str],
    kept: Stores | None,
    embedder: Embedder,
    settings: Settings,
    on_progress: OnProgress,
) -> Plan:
    """The plan of an index of `articles`; the `unchanged` documents, if any, are those of `kept`."""
    new = [article for article in articles if article.document not in unchanged]
    passages, sentences = _split(new, embedder, settings, on_progress)
    documents = [article.document for article in articles]
    if kept is None:
        none = np.empty(0, np.int64)
        return Plan(new, arrange(documents, passages, none, {}), arrange(documents, sentences, none, {}), None, ())
    staying = unchanged & set(documents)
    return Plan(
        articles=new,
        passages=_arranged(documents, passages, kept.catalog, kept.passages.ids, "passage"),
        sentences=_arranged(documents, sentences, kept.catalog, kept.sentences.ids, "sentence"),
        kept=kept,
        dropped=[document for document in kept.catalog.digests() if document not in staying],
    )


def _arranged(
    documents: Sequence[str], new: Mapping[str, Sequence[Passage]], catalog: Catalog, ids: Ids, level: str
) -> Arrangement:
    return arrange(documents, new, ids, rows_by_document(catalog, level, ids))


def _split(
    articles: Sequence[Article], embedder: Embedder, settings: Settings, on_progress: OnProgress
) -> tuple[dict[str, list[Passage]], dict[str, list[Passage]]]:
    """Passages and sentences of each article; a sentence that two overlapping passages share comes once."""
    count = partial(_count_one, embedder)
    passages: dict[str, list[Passage]] = {}
    sentences: dict[str, list[Passage]] = {}
    for done, article in enumerate(articles, 1):
        split = split_article(
            article, count, chunk_tokens=settings.chunk_tokens, overlap_sentences=settings.overlap_sentences
        )
        within = {s.id: s for passage in split for s in split_sentences(article, passage)}
        passages[article.document], sentences[article.document] = split, list(within.values())
        on_progress(Progress("split", done, len(articles), "articles"))
    return passages, sentences


def _count_one(embedder: Embedder, text: str) -> int:
    return embedder.count_tokens([text])[0]


def write_data(
    data: Path,
    planned: Plan,
    origins: Mapping[str, Origin],
    embedder: Embedder,
    known: Stores | None,
    on_progress: OnProgress,
) -> Written:
    """Writes the stores of what was `planned` into the folder `data`, flushed to disk.

    `known` is an index by the same embedder: texts that it has are not embedded.
    """
    kept, passages, sentences = planned.kept, planned.passages, planned.sentences
    read = passage_vectors([p.text for p in passages.new], embedder, known, on_progress)
    made, more = sentence_vectors([s.text for s in sentences.new], embedder, known, on_progress)
    on_progress(Progress("write", 0, 0))
    write_catalog(
        data / FILE, planned.articles, passages.new, sentences.new,
        origins=origins, old=kept.catalog if kept else None, dropped=planned.dropped,
    )  # fmt: skip
    lexical: tuple[tuple[str, Arrangement, LexicalIndex | None, Analyse], ...] = (
        (PASSAGE_TERMS, passages, kept.passage_terms if kept else None, lambda p: terms(findable(p), p.language)),
        (PASSAGE_GRAMS, passages, kept.passage_grams if kept else None, lambda p: grams(findable(p))),
        (SENTENCE_TERMS, sentences, kept.sentence_terms if kept else None, lambda s: terms(s.text, s.language)),
    )
    for name, spans, before, analyse in lexical:
        _write_terms(data / name, spans, before, analyse)
    dimension = known.passages.dimension if known else embedder.dimension
    vectors = {
        "passages": _write_vectors(data / PASSAGES, passages, kept.passages if kept else None, read.vectors, dimension),
        "sentences": _write_vectors(data / SENTENCES, sentences, kept.sentences if kept else None, made, dimension),
    }
    write_tokens(data / TOKENS, read.projection, passages.ids, _tokens(passages, kept, read.tokens))
    flush_folder(data)
    return Written(dimension, vectors, read.embedded + more)


def findable(passage: Passage) -> str:
    """What a passage is found by: title, words of the file's name (often a title too) and text."""
    return f"{passage.title}\n{' '.join(document_words(passage.document))}\n{passage.text}"


def document_words(document: str) -> list[str]:
    """The words of a file's name, which often is a title too."""
    return re.findall(r"[^\W\d_]{2,}", Path(document).stem)


def _write_terms(folder: Path, spans: Arrangement, kept: LexicalIndex | None, analyse: Analyse) -> None:
    builder = LexicalBuilder(spans.ids, folder)
    if kept:
        builder.keep(kept, spans.moved(len(kept)))
    rows = spans.added
    for start in range(0, len(rows), _ANALYSED_AT_A_TIME):
        some = slice(start, start + _ANALYSED_AT_A_TIME)
        builder.add(rows[some], [analyse(span) for span in spans.new[some]])
    builder.write()


def _write_vectors(
    path: Path, spans: Arrangement, kept: FaissStore | None, new: Vectors, dimension: int
) -> Mapping[str, object]:
    vectors = np.empty((len(spans.ids), dimension), np.float32)
    if kept:
        vectors[spans.kept] = kept.at(spans.rows_before[spans.kept])
    if len(new):
        vectors[spans.added] = new
    store, layout = build_store(spans.ids, vectors)
    store.save(path)
    return asdict(layout)


def _tokens(spans: Arrangement, kept: Stores | None, new: Sequence[StoredTokens]) -> Iterator[StoredTokens]:
    added = iter(new)
    for row in spans.rows_before:
        yield kept.tokens.at(int(row)) if kept and row >= 0 else next(added)
