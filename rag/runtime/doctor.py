"""Checks of the installation, the models and the index, as data: what was found, and what repairs it."""

from __future__ import annotations

import importlib
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from rag.config import NO_READER, Settings
from rag.errors import RagError
from rag.generation import EndpointGenerator, EndpointPool
from rag.runtime.assembly import make_embedder, make_generator, make_reader, make_reranker
from rag.runtime.location import open_present, present_manifest, present_place
from rag.store import check_embedder
from rag.system import available_memory, free_megabytes, usable_threads
from rag.wording import say

CheckStatus = Literal["ok", "warning", "failed"]

MEMORY_MB = 3_000
DISK_MB = 500
_LIBRARIES = {
    "torch": "torch",
    "sentence-transformers": "sentence_transformers",
    "llama-cpp-python": "llama_cpp",
    "faiss-cpu": "faiss",
    "onnxruntime": "onnxruntime",
    "langchain-text-splitters": "langchain_text_splitters",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One finding; `repair` is the command or step that helps, empty when nothing needs repair."""

    name: str
    status: CheckStatus
    finding: str
    repair: str = ""


def examine(settings: Settings, language: str) -> list[Check]:
    """Every check, in the order in which repairs should be made. Changes nothing."""
    return [check for part in _PARTS for check in part(settings, language)]


def _python(_: Settings, language: str) -> Iterator[Check]:
    yield Check("python", "ok", say("doctor.python", language, found=platform.python_version()))


def _libraries(_: Settings, language: str) -> Iterator[Check]:
    for name, module in _LIBRARIES.items():
        try:
            importlib.import_module(module)
            yield Check(name, "ok", say("doctor.library", language, name=name, found=version(name)))
        except (ImportError, OSError, RuntimeError, PackageNotFoundError) as error:
            finding = say("doctor.library_missing", language, name=name, reason=error)
            yield Check(name, "failed", finding, f"make setup | pip install {name}")


def _processor(_: Settings, language: str) -> Iterator[Check]:
    try:
        from llama_cpp import llama_cpp
    except (ImportError, OSError, RuntimeError):
        return  # `_libraries` says so
    described = llama_cpp.llama_print_system_info().decode()
    features = [
        part.split("=")[0].split(":")[-1].strip() for part in described.split("|") if part.strip().endswith("= 1")
    ]
    finding = say("doctor.processor", language, features=" ".join(features), threads=usable_threads())
    yield Check("processor", "ok", finding)
    if "AMX_INT8" in features:
        yield Check("amx", "warning", say("doctor.amx", language), "make clean setup")


def _models(settings: Settings, language: str) -> Iterator[Check]:
    def reranker() -> str:
        made = make_reranker(settings)
        return say("doctor.reranker", language, path=made and made.path)

    def reader() -> str:
        made = make_reader(settings)
        return say("doctor.reader", language, path=made and made.path)

    yield from _generator(settings, language)
    yield _attempt("embedder", language, lambda: say("doctor.embedder", language, path=make_embedder(settings).path))
    if settings.reranker:
        yield _attempt("reranker", language, reranker)
    if settings.reader != NO_READER:
        yield _attempt("reader", language, reader)


def _generator(settings: Settings, language: str) -> Iterator[Check]:
    try:
        made = make_generator(settings)
    except RagError as error:
        yield _failure("generator", language, error)
        return
    if isinstance(made, EndpointPool):
        yield from _endpoints(made, language)
    else:
        path = made.path if made else settings.generator
        yield Check("generator", "ok", say("doctor.generator", language, path=path))


def _endpoints(pool: EndpointPool, language: str) -> Iterator[Check]:
    def reach(endpoint: EndpointGenerator) -> str:
        endpoint.load()
        return say("doctor.generator", language, path=endpoint.url)

    checks = [_attempt("generator", language, partial(reach, endpoint)) for endpoint in pool.endpoints]
    if any(check.status == "ok" for check in checks):  # the pool does without the others
        checks = [replace(check, status="warning") if check.status == "failed" else check for check in checks]
    yield from checks
    if [check.status for check in checks].count("ok") > 1:
        yield _attempt("model", language, lambda: say("doctor.same_model", language, model=pool.name))


def _index(settings: Settings, language: str) -> Iterator[Check]:
    def open_it() -> str:
        manifest = open_present(settings).manifest
        check_embedder(manifest, make_embedder(settings), place)
        counts = {"articles": manifest.articles, "passages": manifest.passages, "sentences": manifest.sentences}
        return say("doctor.index", language, path=place, **counts)

    place = present_place(settings)
    opened = _attempt("index", language, open_it)
    yield opened
    if opened.status == "ok":
        built = present_manifest(settings).chunk_tokens
        if built != settings.chunk_tokens:
            fields = {"path": place, "built": built, "chosen": settings.chunk_tokens}
            finding = say("doctor.index_other_chunks", language, **fields)
            yield Check("chunks", "warning", finding, f"rag index --index {settings.index}")


def _machine(settings: Settings, language: str) -> Iterator[Check]:
    for name, path in (("index disk", settings.index), ("models disk", settings.models_dir)):
        free = free_megabytes(path)
        yield Check(name, "ok" if free >= DISK_MB else "warning", say("doctor.disk", language, free=free, path=path))
    available = available_memory() // 1_000_000
    if available >= MEMORY_MB:
        yield Check("memory", "ok", say("doctor.memory", language, available=available))
    else:
        fields = {"available": available, "needed": MEMORY_MB}
        yield Check("memory", "warning", say("doctor.memory_low", language, **fields))


def _attempt(name: str, language: str, find: Callable[[], str]) -> Check:
    try:
        return Check(name, "ok", find())
    except RagError as error:
        return _failure(name, language, error)


def _failure(name: str, language: str, error: RagError) -> Check:
    return Check(name, "failed", error.message(language), error.next_step(language))


_PARTS = (_python, _libraries, _processor, _models, _index, _machine)
