"""How fast and how large a search is at sizes for which there are no articles: `scale build`, `scale run`.

A synthetic index (see `synthetic`) is written by the writers of the product and searched by its retriever. The vector
of a question is not computed but given. Beside the stages of a search the same run times FAISS's flat search of the
passages, so that what else the machine does falls on both; the processor time of the thread is told too, on which
other work has less influence.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from itertools import chain
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from eval.benchmarks.machine import machine
from eval.benchmarks.memory import held
from eval.harness.runner import peak_memory_mb
from eval.scale.synthetic import DIMENSION, SENTENCES, Asked, Corpus, passage_ids, sentence_ids
from rag.protocols import Ids, TokenVectors, Vectors
from rag.retrieval import CANDIDATES, Query, Retriever
from rag.store import (
    CATALOG_FILE,
    PASSAGE_GRAMS,
    PASSAGE_TERMS,
    PASSAGES,
    SENTENCE_TERMS,
    SENTENCES as SENTENCE_VECTORS,
    TOKENS,
    FaissStore,
    LexicalBuilder,
    Manifest,
    nearest,
    open_index,
    recall,
    write_manifest,
    write_store,
    write_tokens,
    writing_catalog,
)
from rag.system import one_thread
from rag.text import grams

OnPart = Callable[[str], None]
Analysed = Iterable[list[list[str]]]

_DATA = "data-synthetic"
_AT_A_TIME = 50_000
_NEAREST = 10
_SENTENCES_SHOWN = 6


class GivenEmbedder:
    """As much of an `Embedder` as a search needs: questions whose vectors are known."""

    def __init__(self, asked: Sequence[Asked]) -> None:
        self._vectors = {question.text: question.vector for question in asked}

    def encode_question(self, text: str) -> tuple[Vectors, TokenVectors]:
        """Its vector, and any for its tokens."""
        words = len(text.split())
        tokens = np.random.default_rng(len(text)).standard_normal((words, DIMENSION), np.float32)
        return self._vectors[text], TokenVectors(tokens / np.float32(np.sqrt(DIMENSION)), np.arange(words))


def build(folder: Path, corpus: Corpus, on_part: OnPart) -> dict[str, Any]:
    """Writes an index of `corpus` into the new folder `folder`; how its vectors lie and the seconds of each part."""
    data = folder / _DATA
    data.mkdir(parents=True)
    passages, sentences = passage_ids(0, corpus.passages), sentence_ids(0, corpus.passages)
    vectors: dict[str, Mapping[str, object]] = {}

    def layout(level: str, ids: Ids, batches: Iterator[Vectors]) -> None:
        vectors[level] = asdict(write_store(data / f"{level}.faiss", ids, batches, DIMENSION))

    parts: dict[str, Callable[[], None]] = {
        "catalog": lambda: _write_catalog(data / CATALOG_FILE, corpus),
        PASSAGE_TERMS: lambda: _write_terms(data / PASSAGE_TERMS, passages, _words(corpus, 1)),
        PASSAGE_GRAMS: lambda: _write_terms(data / PASSAGE_GRAMS, passages, _grams(corpus)),
        SENTENCE_TERMS: lambda: _write_terms(data / SENTENCE_TERMS, sentences, _words(corpus, SENTENCES)),
        TOKENS: lambda: write_tokens(
            data / TOKENS, corpus.projection, passages, chain.from_iterable(map(corpus.tokens, corpus.batches()))
        ),
        PASSAGES: lambda: layout("passages", passages, map(corpus.passage_vectors, corpus.batches())),
        SENTENCE_VECTORS: lambda: layout("sentences", sentences, map(corpus.sentence_vectors, corpus.batches())),
    }
    took = {}
    for name, write in parts.items():
        on_part(name)
        start = time.perf_counter()
        write()
        took[name] = round(time.perf_counter() - start, 1)
    write_manifest(folder, _manifest(corpus, len(passages), len(sentences), vectors))
    return {"passages": len(passages), "sentences": len(sentences), "vectors": vectors, "seconds": took}


def _manifest(corpus: Corpus, passages: int, sentences: int, vectors: Mapping[str, Mapping[str, object]]) -> Manifest:
    return Manifest(
        data=_DATA, embedder="synthetic", embedder_digest="synthetic", dimension=DIMENSION, chunk_tokens=0,
        overlap_sentences=0, roots=(), corpus_digest="synthetic", articles=corpus.articles_in_all, passages=passages,
        sentences=sentences, created=datetime.now(timezone.utc).isoformat(timespec="seconds"), libraries={},
        vectors=vectors,
    )  # fmt: skip


def _write_catalog(path: Path, corpus: Corpus) -> None:
    with writing_catalog(path) as catalog:
        for article, passages, sentences in chain.from_iterable(map(corpus.articles, corpus.batches())):
            catalog.add(article, passages, sentences)


def _words(corpus: Corpus, parts: int) -> Analysed:
    """The terms of each of so many parts of each passage, batch by batch."""
    for batch in corpus.batches():
        yield [corpus.terms(words) for words in batch.words.reshape(len(batch) * parts, -1)]


def _grams(corpus: Corpus) -> Analysed:
    for batch in corpus.batches():
        yield [grams(corpus.text(words)) for words in batch.words]


def _write_terms(folder: Path, ids: Ids, batches: Analysed) -> None:
    builder = LexicalBuilder(ids, folder)
    first = 0
    for documents in batches:
        builder.add(np.arange(first, first + len(documents)), documents)
        first += len(documents)
    builder.write()


def run(folder: Path, corpus: Corpus, questions: int, repetitions: int) -> dict[str, Any]:
    """Searches the index in `folder`: milliseconds, memory and recall."""
    start = time.perf_counter()
    index = open_index(folder)
    opened = round(time.perf_counter() - start, 2)
    asked = corpus.questions(questions)
    retriever = Retriever(index, GivenEmbedder(asked))  # type: ignore[arg-type]
    memory = {"opened": _memory()}
    stages: dict[str, list[tuple[float, float]]] = {}
    with one_thread():
        for repetition in range(repetitions + 1):  # the first one warms up
            for question in asked:
                for name, took in _stages(retriever, question).items():
                    if repetition:
                        stages.setdefault(name, []).append(took)
        memory["searched"] = _memory()
        peak = peak_memory_mb()
        vectors = np.stack([question.vector for question in asked])
        measured = {
            "passages": _recall(index.passages, vectors),
            "sentences": _recall(index.sentences, vectors),
        }
        stages["flat"] = _flat(index.passages, vectors)
    return {
        "index": {"passages": len(index.passages), "sentences": len(index.sentences)},
        "vectors": index.manifest.vectors,
        "questions": questions,
        "repetitions": repetitions,
        "open_s": opened,
        "stages": {name: _timing(rows) for name, rows in stages.items()},
        "recall@10": measured,
        "found": _found(retriever, asked),
        "memory": {**memory, "peak_mb": peak},
        "machine": machine(),
    }  # fmt: skip


def _stages(retriever: Retriever, question: Asked) -> dict[str, tuple[float, float]]:
    """Seconds on the clock and of the processor for the stages of one search, and for the whole."""
    index = retriever.index
    query: Query = retriever.read(question.text)
    vector = question.vector[None]
    works: dict[str, Callable[[], object]] = {
        "passages": lambda: index.passages.search(vector, CANDIDATES),
        "sentences": lambda: index.sentences.search(vector, CANDIDATES),
        "terms": lambda: index.passage_terms.best(query.terms, CANDIDATES),
        "grams": lambda: index.passage_grams.best(query.grams, CANDIDATES),
        "views": lambda: retriever.views(query),
        "search": lambda: retriever.search(question.text, 10),
        "evidence": lambda: retriever.find(question.text, 10, _SENTENCES_SHOWN),
    }
    return {name: _seconds(work) for name, work in works.items()}


def _seconds(work: Callable[[], object]) -> tuple[float, float]:
    clock, processor = time.perf_counter(), time.thread_time()
    work()
    return time.perf_counter() - clock, time.thread_time() - processor


def _timing(rows: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Medians and 95th percentiles in milliseconds."""
    clock, processor = 1000 * np.array(rows).T
    return {
        "median_ms": _rounded(np.median(clock)),
        "p95_ms": _rounded(np.quantile(clock, 0.95)),
        "processor_median_ms": _rounded(np.median(processor)),
        "processor_p95_ms": _rounded(np.quantile(processor, 0.95)),
    }


def _rounded(value: np.floating) -> float:
    return round(float(value), 3)


def _blocks(store: FaissStore) -> Iterator[tuple[int, Vectors]]:
    for start in range(0, len(store), _AT_A_TIME):
        yield start, store.at(np.arange(start, min(start + _AT_A_TIME, len(store))))


def _recall(store: FaissStore, queries: Vectors) -> float:
    """Of the true nearest as the store keeps them."""
    found = np.stack([store.search(query[None], CANDIDATES)[1][0] for query in queries])
    return round(recall(found, store.ids[nearest(queries, _blocks(store), _NEAREST)]), 4)


def _flat(store: FaissStore, queries: Vectors) -> list[tuple[float, float]]:
    """FAISS's flat search of the same vectors."""
    flat = faiss.IndexFlatIP(store.dimension)
    for _, some in _blocks(store):
        flat.add(some)
    flat.search(queries[:1], CANDIDATES)
    return [_seconds(lambda: flat.search(query[None], CANDIDATES)) for query in queries]  # noqa: B023


def _found(retriever: Retriever, asked: Sequence[Asked]) -> float:
    """Share of the questions whose passage is among the first ten."""
    hits = [[hit.passage.id for hit in retriever.search(question.text, 10)] for question in asked]
    own = [int(passage_ids(question.passage, 1)[0]) for question in asked]
    return round(sum(id_ in ids for ids, id_ in zip(hits, own, strict=True)) / len(asked), 3)


def _memory() -> dict[str, int]:
    """Megabytes in memory; `own` are those that are not pages of files, which the system takes back when it needs."""
    now = held()
    return {"resident_mb": round(now.resident_mb), "own_mb": round(now.own_mb)}


def table(report: Mapping[str, Any]) -> str:
    """What `run` measured as lines of text."""
    flat = report["stages"]["flat"]
    lines = [f"{'ms':<10}  {'median':>8}  {'p95':>8}  {'processor':>9}  {'p95':>8}  {'of flat':>8}"]
    for name, row in report["stages"].items():
        share = row["processor_median_ms"] / flat["processor_median_ms"]
        lines.append(
            f"{name:<10}  {row['median_ms']:>8.2f}  {row['p95_ms']:>8.2f}  "
            f"{row['processor_median_ms']:>9.2f}  {row['processor_p95_ms']:>8.2f}  {share:>8.3f}"
        )
    memory = report["memory"]
    lines += [
        "",
        *(f"recall@10 of {level}: {value}" for level, value in report["recall@10"].items()),
        *(f"memory {when}: {memory[when]['resident_mb']} MB, of its own {memory[when]['own_mb']} MB"
          for when in ("opened", "searched")),
        f"opened in {report['open_s']} s, peak {memory['peak_mb']} MB",
    ]  # fmt: skip
    return "\n".join(lines)
