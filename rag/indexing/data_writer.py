"""The data of an index beside its catalog, written batch by batch: no part of it is ever all in memory.

The data folder holds `articles.sqlite`, for passages and for sentences a `.faiss` file and a `.bm25` folder, for
passages also `.grams` and `.tokens`. What it holds is the same whether an older index was there or not, but for the
projection of the tokens, which is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

from rag.domain import Passage, Progress
from rag.indexing.checkpoint import keeping
from rag.indexing.embed import Vectoriser, is_outgrown
from rag.indexing.spans import Arrangement, SpanPlan
from rag.protocols import Embedder, Ids, OnProgress, Vectors
from rag.store import (
    CATALOG_FILE,
    PASSAGE_GRAMS,
    PASSAGE_TERMS,
    PASSAGES,
    SENTENCE_TERMS,
    SENTENCES,
    TOKENS,
    Catalog,
    CatalogFile,
    Embedded,
    Index,
    LexicalBuilder,
    LexicalIndex,
    Projection,
    StoredTokens,
    sealed,
    write_store,
    write_tokens,
)
from rag.system import flush_folder
from rag.text import grams, terms

# Spans whose terms are in memory at a time.
_ANALYSED_AT_A_TIME = 2_000
# Vectors that are in memory at a time, and passages whose tokens are.
_VECTORS_AT_A_TIME, _TOKENS_AT_A_TIME = 4_096, 512
# Texts that an older index is asked for at a time. To answer it reads all it has, so it is not asked more often than
# this: where there are very many texts, it is asked for more of them at a time.
_TEXTS_AT_A_TIME, _MOST_TIMES = 8_192, 16


class VectorSource(Protocol):
    """Where the vectors and tokens of spans come from, each from a place."""

    @property
    def dimension(self) -> int:
        """Number of components of a vector."""

    @property
    def projection(self) -> Projection:
        """That of the tokens."""

    def vectors(self, level: str, places: Ids) -> Vectors:
        """The vectors float32 [n, dimension] in these places of a level."""

    def tokens(self, places: Ids) -> Iterable[StoredTokens]:
        """The tokens of the passages in these places."""


@dataclass(frozen=True, slots=True)
class WrittenData:
    """What was written, as a manifest says it (`facts`), and how many texts were embedded.

    `resumed` is of how many texts the embeddings were left by a build that had been interrupted.
    """

    facts: dict[str, Any]
    embedded: int
    resumed: int


def write_data(
    data: Path,
    planned: SpanPlan,
    embedder: Embedder,
    known: Embedded | None,
    on_progress: OnProgress,
    projection: Projection | None = None,
) -> WrittenData:
    """Writes the other stores beside the catalog in the folder `data`, flushed to disk.

    `known` is an index by the same embedder: texts that it has are not embedded. What is embedded is kept beside `data`
    until the index is in place. With a `projection` the tokens go through that one.
    """
    spans = {"passage": planned.passages, "sentence": planned.sentences}
    with keeping(data.parent, embedder.digest) as made, closing(CatalogFile(data / CATALOG_FILE)) as catalog:
        if projection:
            made.project(projection)
            projected = known is not None and known.tokens.projection.is_same(projection)
        else:
            texts = chain.from_iterable(_texts(catalog, planned.passages))
            projected = known is not None and (planned.kept is not None or not is_outgrown(known, texts))
        source = Vectoriser(embedder, made, known, projected, on_progress)
        places = {level: _places(source, level, some, catalog) for level, some in spans.items()}
        on_progress(Progress("write", 0, 0))
        vectors = write_stores(data, catalog, spans, source, places, planned.kept)
        resumed = made.resumed
    facts: dict[str, Any] = {
        "data": data.name,
        "dimension": source.dimension,
        "passages": len(planned.passages.ids),
        "sentences": len(planned.sentences.ids),
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "vectors": vectors,
        "files": sealed(data),
    }
    return WrittenData(facts, source.embedded, resumed)


def write_stores(
    data: Path,
    catalog: Catalog,
    spans: Mapping[str, Arrangement],
    source: VectorSource,
    places: Mapping[str, Ids],
    kept: Index | None = None,
) -> Mapping[str, Mapping[str, object]]:
    """Writes the stores of `spans`, by level, beside their `catalog` in the folder `data`; how the vectors are stored.

    `places` int64 [n], by level, are those of the spans in `source`. Terms that `kept` has are not counted again.
    """
    for part, (level, analyse) in ANALYSED.items():
        _write_terms(data / _TERMS[part], spans[level], getattr(kept, part, None), catalog, analyse)
    vectors = {}
    for level, name, file in (("passage", "passages", PASSAGES), ("sentence", "sentences", SENTENCES)):
        batches = (source.vectors(level, some) for some in _parts(places[level], _VECTORS_AT_A_TIME))
        vectors[name] = asdict(write_store(data / file, spans[level].ids, batches, source.dimension))
    tokens = chain.from_iterable(map(source.tokens, _parts(places["passage"], _TOKENS_AT_A_TIME)))
    write_tokens(data / TOKENS, source.projection, spans["passage"].ids, tokens)
    flush_folder(data)
    return vectors


def _findable(passage: Passage) -> str:
    """What a passage is found by: title, words of the file's name (often a title too) and text."""
    words = re.findall(r"[^\W\d_]{2,}", Path(passage.document).stem)
    return f"{passage.title}\n{' '.join(words)}\n{passage.text}"


Analyse = Callable[[Passage], list[str]]
ANALYSED: Mapping[str, tuple[str, Analyse]] = {
    "passage_terms": ("passage", lambda passage: terms(_findable(passage), passage.language)),
    "passage_grams": ("passage", lambda passage: grams(_findable(passage))),
    "sentence_terms": ("sentence", lambda sentence: terms(sentence.text, sentence.language)),
}
"""Of each part of an index that is searched by terms, the level of its spans and how they become terms."""
_TERMS = {"passage_terms": PASSAGE_TERMS, "passage_grams": PASSAGE_GRAMS, "sentence_terms": SENTENCE_TERMS}


def _places(source: Vectoriser, level: str, spans: Arrangement, catalog: CatalogFile) -> Ids:
    """Where the vectors of all spans lie, int64 [n]: those of new ones are looked for, or made."""
    places = spans.rows_before.copy()
    places[spans.added] = source.places(level, _texts(catalog, spans), len(spans.added))
    return places


def _texts(catalog: CatalogFile, spans: Arrangement) -> Iterator[list[str]]:
    """The texts of the new spans, in order."""
    ids = spans.ids[spans.added]
    for some in _parts(ids, max(_TEXTS_AT_A_TIME, -(-len(ids) // _MOST_TIMES))):
        texts = catalog.texts(some)
        yield [texts[int(id_)] for id_ in some]


def _write_terms(
    folder: Path, spans: Arrangement, kept: LexicalIndex | None, catalog: Catalog, analyse: Analyse
) -> None:
    """Writes the folder of a lexical index of `spans`, with what `kept` has of them."""
    builder = LexicalBuilder(spans.ids, folder)
    if kept:
        builder.keep(kept, spans.moved(len(kept)))
    for rows in _parts(spans.added, _ANALYSED_AT_A_TIME):
        builder.add(rows, [analyse(span) for span in catalog.passages(spans.ids[rows])])
    builder.write()


def _parts(values: Ids, size: int) -> Iterator[Ids]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
