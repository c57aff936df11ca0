"""The data of an index beside its catalog, written batch by batch: no part of it is ever all in memory.

The data folder holds `articles.sqlite`, for passages and for sentences a `.faiss` file and a `.bm25` folder, for
passages also `.grams` and `.tokens`. What it holds is the same whether an older index was there or not, but for the
projection of the tokens, which is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from rag.domain import Passage, Progress
from rag.indexing.arrangement import Arrangement
from rag.indexing.checkpoint import Made
from rag.indexing.embed import Vectoriser, is_outgrown
from rag.indexing.spans import Plan
from rag.protocols import Embedder, Ids, OnProgress
from rag.store import (
    CATALOG_FILE,
    PASSAGE_GRAMS,
    PASSAGE_TERMS,
    PASSAGES,
    SENTENCE_TERMS,
    SENTENCES,
    TOKENS,
    CatalogFile,
    Embedded,
    LexicalBuilder,
    LexicalIndex,
    Projection,
    StoredTokens,
    write_store,
    write_tokens,
)
from rag.system import flush_folder
from rag.text import grams, terms

# Spans whose terms are in memory at a time.
_ANALYSED_AT_A_TIME = 2_000
# Vectors that are in memory at a time, and passages whose tokens are.
_VECTORS_AT_A_TIME, _TOKENS_AT_A_TIME = 4_096, 128
# Texts that are looked for in an older index at a time; of many more at most so many parts, each of which reads it all.
_TEXTS_AT_A_TIME, _MOST_PARTS = 8_192, 16

Analyse = Callable[[Passage], list[str]]


@dataclass(frozen=True, slots=True)
class Written:
    """The dimension of the vectors, how those of each level are stored, and how many texts were embedded.

    `resumed` is of how many texts the embeddings were left by a build that had been interrupted.
    """

    dimension: int
    vectors: Mapping[str, Mapping[str, object]]
    embedded: int
    resumed: int


def write_data(
    data: Path,
    made: Made,
    planned: Plan,
    embedder: Embedder,
    known: Embedded | None,
    on_progress: OnProgress,
    projection: Projection | None = None,
) -> Written:
    """Writes the other stores beside the catalog in the folder `data`, flushed to disk.

    `known` is an index by the same embedder: texts that it has are not embedded. What is embedded is kept in `made`.
    With a `projection` the tokens go through that one.
    """
    kept, passages, sentences = planned.kept, planned.passages, planned.sentences
    with closing(CatalogFile(data / CATALOG_FILE)) as catalog:
        read = partial(_texts, catalog, passages)
        if projection:
            made.project(projection)
            projected = known is not None and known.tokens.projection.is_same(projection)
        else:
            projected = known is not None and (kept is not None or not is_outgrown(known, chain.from_iterable(read())))
        source = Vectoriser(embedder, made, known, projected, on_progress)
        at = _places(source, "passage", passages, catalog)
        sentences_at = _places(source, "sentence", sentences, catalog)
        on_progress(Progress("write", 0, 0))
        lexical: tuple[tuple[str, Arrangement, LexicalIndex | None, Analyse], ...] = (
            (PASSAGE_TERMS, passages, kept.passage_terms if kept else None, passage_terms),
            (PASSAGE_GRAMS, passages, kept.passage_grams if kept else None, passage_grams),
            (SENTENCE_TERMS, sentences, kept.sentence_terms if kept else None, sentence_terms),
        )
        for name, spans, before, analyse in lexical:
            write_terms(data / name, spans, before, catalog, analyse)
    vectors = {
        "passages": _write_vectors(data / PASSAGES, "passage", passages.ids, at, source),
        "sentences": _write_vectors(data / SENTENCES, "sentence", sentences.ids, sentences_at, source),
    }
    write_tokens(data / TOKENS, source.projection, passages.ids, _tokens(source, at))
    flush_folder(data)
    return Written(source.dimension, vectors, source.embedded, made.resumed)


def findable(passage: Passage) -> str:
    """What a passage is found by: title, words of the file's name (often a title too) and text."""
    return f"{passage.title}\n{' '.join(document_words(passage.document))}\n{passage.text}"


def passage_terms(passage: Passage) -> list[str]:
    """The terms by which a passage is found."""
    return terms(findable(passage), passage.language)


def passage_grams(passage: Passage) -> list[str]:
    """The runs of characters by which a passage is found."""
    return grams(findable(passage))


def sentence_terms(sentence: Passage) -> list[str]:
    """The terms by which a sentence is found."""
    return terms(sentence.text, sentence.language)


def document_words(document: str) -> list[str]:
    """The words of a file's name, which often is a title too."""
    return re.findall(r"[^\W\d_]{2,}", Path(document).stem)


def _places(source: Vectoriser, level: str, spans: Arrangement, catalog: CatalogFile) -> Ids:
    """Where the vectors of all spans lie, int64 [n]: those of new ones are looked for, or made."""
    places = spans.rows_before.copy()
    places[spans.added] = source.places(level, _texts(catalog, spans), len(spans.added))
    return places


def _texts(catalog: CatalogFile, spans: Arrangement) -> Iterator[list[str]]:
    """The texts of the new spans, in order."""
    ids = spans.ids[spans.added]
    for some in _parts(ids, max(_TEXTS_AT_A_TIME, -(-len(ids) // _MOST_PARTS))):
        texts = catalog.texts(some)
        yield [texts[int(id_)] for id_ in some]


def write_terms(
    folder: Path, spans: Arrangement, kept: LexicalIndex | None, catalog: CatalogFile, analyse: Analyse
) -> None:
    """Writes the folder of a lexical index of `spans`, with what `kept` has of them."""
    builder = LexicalBuilder(spans.ids, folder)
    if kept:
        builder.keep(kept, spans.moved(len(kept)))
    for rows in _parts(spans.added, _ANALYSED_AT_A_TIME):
        builder.add(rows, [analyse(span) for span in catalog.passages(spans.ids[rows])])
    builder.write()


def _write_vectors(path: Path, level: str, ids: Ids, places: Ids, source: Vectoriser) -> Mapping[str, object]:
    batches = (source.vectors(level, some) for some in _parts(places, _VECTORS_AT_A_TIME))
    return asdict(write_store(path, ids, batches, source.dimension))


def _tokens(source: Vectoriser, places: Ids) -> Iterator[StoredTokens]:
    for some in _parts(places, _TOKENS_AT_A_TIME):
        yield from source.tokens_at(some)


def _parts(values: Ids, size: int) -> Iterator[Ids]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
