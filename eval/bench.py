"""How long a question takes, stage by stage, each beside the library alone.

Models are warm and each question is asked several times. The stages of a search are timed one by one, then the whole
search; in the same turn the same libraries do the bare work on the same files, so that what else the machine does
falls on both. A stage without a bare counterpart has none.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import bm25s
import faiss
import numpy as np

from rag.embedding import SentenceTransformerEmbedder
from rag.evidence import rank_sentences
from rag.hardware import has_native_bfloat16, usable_threads
from rag.indexing import Index
from rag.query import Query
from rag.ranking import FIRST_WEIGHTS, combine, order
from rag.retrieval import CANDIDATES, RERANKED, Retriever

T = TypeVar("T")
Reference = Callable[[Query], object]
REFERENCES_OF: Mapping[str, tuple[str, ...]] = {
    "question": ("encode",),
    "views": ("faiss", "bm25s"),
    "late": (),
    "sentences": (),
    "whole": ("encode", "faiss", "bm25s"),
}
"""The stages in their order, and the bare work that each cannot do without."""
SENTENCES = 6
"""As many as an answer is made from, or thereabouts."""
_STARTS = 5


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds: median and 95th percentile over questions and repetitions."""

    median_ms: float
    p95_ms: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Timing:
        """`seconds` summed up."""
        return cls(round(1000 * median(seconds), 3), round(1000 * float(np.quantile(seconds, 0.95)), 3))


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage and the sum of its references, by name; None where nothing is like it."""

    name: str
    took: Timing
    references: tuple[str, ...]
    reference: Timing | None

    @property
    def ratio(self) -> float | None:
        """How many times as long as the bare work, by the medians."""
        return round(self.took.median_ms / self.reference.median_ms, 2) if self.reference else None


def time_searches(
    retriever: Retriever, references: Mapping[str, Reference], questions: Sequence[str], repetitions: int, passages: int
) -> tuple[Stage, ...]:
    """The stages of `REFERENCES_OF` over `questions`, each asked `repetitions` times; `passages` are those wanted.

    Questions must have been asked once before if the first reading of mapped files is not to count.
    """
    rows: list[dict[str, float]] = []
    for _ in range(repetitions):
        for question in questions:
            row, query = _stages(retriever, question, passages)
            rows.append(row | {name: _seconds(lambda: work(query))[0] for name, work in references.items()})  # noqa: B023
    return tuple(
        Stage(
            name,
            Timing.of([row[name] for row in rows]),
            needed,
            Timing.of([sum(row[part] for part in needed) for row in rows]) if needed else None,
        )
        for name, needed in REFERENCES_OF.items()
    )


def warm(retriever: Retriever, questions: Iterable[str], passages: int) -> None:
    """Asks each question once."""
    for question in questions:
        retriever.search_with_evidence(question, passages, SENTENCES)


def plain_libraries(index: Index, embedder: SentenceTransformerEmbedder) -> dict[str, Reference]:
    """The bare work on a question: sentence-transformers alone, FAISS alone, bm25s alone, as their manuals call them.

    The model has the precision and the threads that the product gives it, and both searches the files of the index.
    """
    import torch  # noqa: PLC0415 (the product loads these two late; its start and its memory are measured first)
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    data = index.path / index.manifest.data
    precision = torch.bfloat16 if has_native_bfloat16() else torch.float32
    model = SentenceTransformer(
        str(embedder.path), device="cpu", local_files_only=True, model_kwargs={"dtype": precision}
    )
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


def start_times(starts: int = _STARTS) -> dict[str, float]:
    """Seconds, medians: `rag --help` from start to end, and a Python that does nothing."""
    commands = {
        "rag_help_s": [str(Path(sys.executable).with_name("rag")), "--help"],
        "python_s": [sys.executable, "-c", "pass"],
    }
    return {
        name: round(median(_seconds(lambda: _run(command))[0] for _ in range(starts)), 3)  # noqa: B023
        for name, command in commands.items()
    }


def machine() -> dict[str, Any]:
    """What else decides how long things take: cores, the threads that libraries may start, the load just now.

    Where other work has the cores, the threads of one question wait for each other many times as long as they compute.
    """
    return {
        "cores": usable_threads(),
        "omp_num_threads": os.environ.get("OMP_NUM_THREADS"),
        "load_average": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def table(report: Mapping[str, Any]) -> str:
    """What `rag eval bench` measured as lines of text."""
    lines = [f"{'ms':<10}  {'median':>8}  {'p95':>8}  {'bare':>8}  {'p95':>8}  {'times':>6}  bare work"]
    for name, row in report["stages"].items():
        bare = (row["reference_median_ms"], row["reference_p95_ms"], row["ratio"])
        lines.append(
            f"{name:<10}  {row['median_ms']:>8.2f}  {row['p95_ms']:>8.2f}  "
            + (f"{bare[0]:>8.2f}  {bare[1]:>8.2f}  {bare[2]:>6.2f}" if bare[0] is not None else f"{'–':>8}" * 3)
            + f"  {' + '.join(row['references'])}".rstrip()
        )
    start, memory, on = report["start"], report["memory"], report["machine"]
    lines += [
        "",
        f"rag --help {start['rag_help_s']:.2f} s, a bare Python {start['python_s']:.2f} s",
        f"{on['cores']} cores, load {on['load_average']}, OMP_NUM_THREADS {on['omp_num_threads']}",
        f"memory at most {memory['loaded_mb']} MB when loaded, {memory['searched_mb']} MB after searching",
    ]
    return "\n".join(lines)


def stage_object(stage: Stage) -> dict[str, Any]:
    """A stage as JSON."""
    bare = stage.reference
    return {
        "median_ms": stage.took.median_ms,
        "p95_ms": stage.took.p95_ms,
        "references": list(stage.references),
        "reference_median_ms": bare and bare.median_ms,
        "reference_p95_ms": bare and bare.p95_ms,
        "ratio": stage.ratio,
    }


def _stages(retriever: Retriever, question: str, passages: int) -> tuple[dict[str, float], Query]:
    """Seconds of each stage of one search."""
    took: dict[str, float] = {}
    took["question"], query = _seconds(lambda: retriever.read(question))
    took["views"], (candidates, parts) = _seconds(lambda: retriever.views(query))
    best = [candidates[i] for i in order(combine(parts, FIRST_WEIGHTS))[:RERANKED]]
    took["late"], _ = _seconds(lambda: retriever.late(query, best))
    took["whole"], (hits, _) = _seconds(
        lambda: retriever.search_with_evidence(question, passages, SENTENCES)
    )  # fmt: skip
    took["sentences"], _ = _seconds(lambda: rank_sentences(retriever.index, query, hits, SENTENCES))
    return took, query


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)


def _seconds(work: Callable[[], T]) -> tuple[float, T]:
    """How long `work` took, and what it gave."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result
