"""Settings to what a run needs: the index and its texts, the system, and all that its figures depend on."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from eval.harness.run_store import code_digest
from eval.harness.runner import Facts, System
from rag.answering import Pipeline
from rag.config import NO_GENERATOR, Settings
from rag.domain import Answer, Hit, Turn
from rag.generation import LlamaCppGenerator
from rag.runtime import make_generator, open_retrieval
from rag.store import Searchable
from rag.system import file_digest

PROJECT = Path(__file__).parents[2]
_LIBRARIES = (
    "rag",
    "numpy",
    "torch",
    "transformers",
    "sentence-transformers",
    "faiss-cpu",
    "llama-cpp-python",
)
# Where things lie and how fast they go says nothing about their quality, and paths belong in no file.
_LEFT_OUT = {"index", "models_dir", "data_dir", "generator", "embedder", "language", "threads"}


class _Searcher(Protocol):
    def search(self, question: str, k: int) -> list[Hit]: ...

    def evidence(self, question: str, k: int) -> list[Hit]: ...


class _Asked(Protocol):
    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer: ...


class Product:
    """`rag` as a `System`: its retriever, which knows no history, and its pipeline (none: retrieval only)."""

    def __init__(self, retriever: _Searcher, pipeline: _Asked | None = None) -> None:
        self._retriever = retriever
        self._pipeline = pipeline

    def search(self, question: str, k: int, history: Sequence[Turn]) -> list[Hit]:
        return self._retriever.search(question, k)

    def evidence(self, question: str, k: int, history: Sequence[Turn]) -> list[Hit]:
        return self._retriever.evidence(question, k)

    def ask(self, question: str, history: Sequence[Turn]) -> Answer:
        if self._pipeline is None:
            raise ValueError("a product without a pipeline cannot be asked")
        return self._pipeline.ask(question, history)


@dataclass(frozen=True, slots=True)
class Opened:
    """An open index, the texts of its articles by document, and what else the figures depend on."""

    system: System
    corpus: Mapping[str, str]
    facts: Facts


def texts_of(index: Searchable) -> dict[str, str]:
    """The text of each article of `index` by document."""
    return {article.document: article.text for article in index.catalog.articles()}


def open_system(settings: Settings, *, answers: bool) -> Opened:
    """The product over the index of `settings`, models loaded. Raises what `open_pipeline` raises."""
    # A single question is too little work for several threads: on a busy machine they wait for each other ten times
    # as long as one thread computes. Answers are timed as the product gives them.
    retriever, embedder = open_retrieval(settings if answers else settings.model_copy(update={"threads": 1}))
    index = retriever.index
    models = {"embedder": embedder.name, "embedder_sha256": embedder.digest}
    pipeline = None
    if answers:
        generator = make_generator(settings)
        if generator:
            generator.load()
        pipeline = Pipeline(retriever, embedder, generator, settings)
        models["generator"] = generator.name if generator else NO_GENERATOR
        if isinstance(generator, LlamaCppGenerator):
            models["generator_sha256"] = file_digest(generator.path)
    facts = Facts(
        settings=quality_settings(settings),
        versions=versions(),
        models=models,
        corpus_digest=index.manifest.corpus_digest,
        index={
            "articles": index.manifest.articles,
            "passages": index.manifest.passages,
            "sentences": index.manifest.sentences,
            "chunk_tokens": index.manifest.chunk_tokens,
            "overlap_sentences": index.manifest.overlap_sentences,
            "embedder_sha256": index.manifest.embedder_digest,
            "libraries": dict(index.manifest.libraries),
        },
    )
    return Opened(Product(retriever, pipeline), texts_of(index), facts)


def quality_settings(settings: Settings) -> dict[str, Any]:
    """The settings that can change an answer, without paths."""
    return settings.model_dump(mode="json", exclude=_LEFT_OUT)


def versions() -> dict[str, str]:
    """Python, libraries, commit and a digest of the sources: the commit alone does not tell what was changed since."""
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        **{name: version(name) for name in _LIBRARIES},
        "commit": _commit(),
        "sources": code_digest(PROJECT / "rag", PROJECT / "eval")[:16],
    }


def _commit() -> str:
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
