"""How long a search takes, stage by stage, each beside the library alone.

Models are warm and each question is asked several times. The stages of a search are timed one by one, then the whole
search; in the same turn the same libraries do the bare work on the same files, so that what else the machine does
falls on both. A stage without a bare counterpart has none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import bm25s
import faiss

from eval.benchmarks.figures import Bar, Figure
from eval.benchmarks.plain_embedder import plain_embedder
from rag.embedding import SentenceTransformerEmbedder
from rag.retrieval import CANDIDATES, FIRST_WEIGHTS, RERANKED, Query, Retriever, combine, order, rank_sentences
from rag.store import Searchable

T = TypeVar("T")
Reference = Callable[[Query], object]
Row = dict[str, float]

SECTION = "search"
REFERENCES_OF: Mapping[str, tuple[str, ...]] = {
    "question": ("encode",),
    "views": ("faiss", "bm25s"),
    "late": (),
    "sentences": (),
    "whole": ("encode", "faiss", "bm25s"),
}
"""The stages in their order, and the bare work that each cannot do without."""
BARS: Mapping[str, Bar] = {"whole": Bar(30, "value")}
SENTENCES = 6
"""As many as an answer is made from, or thereabouts."""


def figures(rows: Sequence[Row]) -> tuple[Figure, ...]:
    """The section's, from what `time_searches` gave."""
    return tuple(
        Figure.of(
            SECTION,
            stage,
            "ms",
            [1000 * row[stage] for row in rows],
            *(bar for name, bar in BARS.items() if name == stage),
            plain=" + ".join(needed),
            beside=[1000 * sum(row[part] for part in needed) for row in rows] if needed else (),
        )
        for stage, needed in REFERENCES_OF.items()
    )


def time_searches(
    retriever: Retriever, references: Mapping[str, Reference], questions: Sequence[str], repetitions: int, passages: int
) -> list[Row]:
    """Seconds of each stage and reference for each of `questions`, asked `repetitions` times for so many `passages`.

    Questions must have been asked once before if the first reading of mapped files is not to count.
    """
    rows: list[Row] = []
    for _ in range(repetitions):
        for question in questions:
            row, query = _stages(retriever, question, passages)
            rows.append(row | {name: _seconds(lambda: work(query))[0] for name, work in references.items()})  # noqa: B023
    return rows


def warm(retriever: Retriever, questions: Iterable[str], passages: int) -> None:
    """Asks each question once."""
    for question in questions:
        retriever.find(question, passages, SENTENCES)


def plain_libraries(index: Searchable, embedder: SentenceTransformerEmbedder) -> dict[str, Reference]:
    """The bare work on a question: sentence-transformers alone, FAISS alone, bm25s alone, as their manuals call them.

    Both searches have the files of the index.
    """
    data = Path(index.path) / index.manifest.data
    model = plain_embedder(embedder)
    vectors = [faiss.read_index(str(data / f"{kind}.faiss")) for kind in ("passages", "sentences")]
    words, runs = (bm25s.BM25.load(data / f"passages.{kind}", mmap=True) for kind in ("bm25", "grams"))

    def encode(query: Query) -> None:
        model.encode_query(query.text)

    def nearest(query: Query) -> None:
        for store in vectors:
            store.search(query.vector[None], CANDIDATES)

    def lexical(query: Query) -> None:
        for store, tokens in ((words, query.terms), (runs, query.grams)):
            known = [token for token in tokens if token in store.vocab_dict]
            if known:
                store.get_scores(known)

    return {"encode": encode, "faiss": nearest, "bm25s": lexical}


def _stages(retriever: Retriever, question: str, passages: int) -> tuple[Row, Query]:
    """Seconds of each stage of one search."""
    took: Row = {}
    took["question"], query = _seconds(lambda: retriever.read(question))
    took["views"], (candidates, parts) = _seconds(lambda: retriever.views(query))
    best = [candidates[i] for i in order(combine(parts, FIRST_WEIGHTS))[:RERANKED]]
    took["late"], _ = _seconds(lambda: retriever.late(query, best))
    took["whole"], found = _seconds(lambda: retriever.find(question, passages, SENTENCES))
    took["sentences"], _ = _seconds(lambda: rank_sentences(retriever.index, query, found.passages, SENTENCES))
    return took, query


def _seconds(work: Callable[[], T]) -> tuple[float, T]:
    """How long `work` took, and what it gave."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result
