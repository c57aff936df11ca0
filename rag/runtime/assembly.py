"""The one place that picks concrete classes from settings and puts the product together."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rag import answering, generation, postgres
from rag.config import KEY_VARIABLE, NO_GENERATOR, NO_READER, PREFIX, Settings, load_settings
from rag.corpus import OnProblem
from rag.embedding import CrossEncoderReranker, OnnxReader, RayEmbedder, SentenceTransformerEmbedder
from rag.errors import ModelDamaged, ModelMissing
from rag.fetching import EMBEDDER, GENERATOR, GRAPH, READER, ModelSpec, check, fetch
from rag.generation import EndpointGenerator, EndpointPool, LlamaCppGenerator, check_gguf
from rag.indexing import BuildReport, Changes, Holds, build_index, preview_index
from rag.protocols import Embedder, Generator, OnProgress, Reader, ReadText, Reranker, silent
from rag.retrieval import Retriever
from rag.runtime.location import open_present
from rag.store import Searchable, check_embedder
from rag.system import folder_digest
from rag.text import load_detector

DEFAULT_MODELS: tuple[ModelSpec, ...] = (GENERATOR, EMBEDDER, READER)
# The folder, in that of the models, of what the generator keeps of prompts' beginnings that it has read.
STATES = ".states"


def open_pipeline(
    index: Path | str | None = None, *, settings: Settings | None = None, **choices: Any
) -> answering.Pipeline:
    """A pipeline over the index in the folder `index`, models loaded, ready to be asked.

    `choices` are settings by name (`generator="model.gguf"`); they win over the environment and `rag.toml`.
    Raises IndexMissing, IndexDamaged, IndexTooOld, IndexTooNew, EmbedderMismatch, ModelMissing, ModelDamaged and
    LibraryMissing.
    """
    return open_answering(settings or load_settings({"index": index, **choices}, os.environ))[0]


def open_answering(settings: Settings) -> tuple[answering.Pipeline, Retriever]:
    """The same with its retriever."""
    start = time.perf_counter()
    index = open_present(settings)
    models = make_models(settings)
    retriever = retriever_over(index, models, settings)
    models.load()
    return pipeline_over(retriever, models, settings, load_s=round(time.perf_counter() - start, 3)), retriever


def open_retrieval(settings: Settings) -> tuple[Retriever, SentenceTransformerEmbedder]:
    """A retriever over the index of `settings`, and its embedder, which grounding needs too; no generator is needed."""
    index = open_present(settings)
    embedder = make_embedder(settings)
    models = Models(embedder, None, make_reranker(settings), make_reader(settings))
    retriever = retriever_over(index, models, settings)
    models.load()
    return retriever, embedder


@dataclass(frozen=True, slots=True)
class Models:
    """The models of a process. They outlive an index: a new one is asked with the same."""

    embedder: Embedder
    generator: Generator | None
    reranker: Reranker | None
    reader: Reader | None = None

    def load(self) -> None:
        """Loads now what would load at first use. Raises ModelMissing, ModelDamaged, ModelCrashed, LibraryMissing."""
        loads: list[Callable[[], object]] = [load_detector]
        if self.generator:
            loads.append(self.generator.load)
        if self.reader:
            loads.append(partial(self.reader.read, "?", [ReadText("?", "", [(0, 1)])]))
        # Side by side with the embedder: all of them mostly read and unpack files, outside the interpreter's lock.
        with ThreadPoolExecutor(len(loads)) as pool:
            loading = [pool.submit(load) for load in loads]
            self.embedder.encode_queries(["?"])
            if self.reranker:
                self.reranker.scores("?", ["?"])
            for one in loading:
                one.result()


def make_models(settings: Settings, *, apart: bool = False) -> Models:
    """The models of `settings`, not loaded yet; with `apart` a local generator runs in a process of its own.

    Raises ModelMissing, ModelDamaged and InvalidSetting.
    """
    generator: Generator | None = None
    try:  # first: an error in the generator that was named comes before others
        generator = make_generator(settings)
    except ModelMissing:
        if settings.generator:
            raise  # without a name it is the default one, which was never fetched: answers are then quotations
    if apart and isinstance(generator, LlamaCppGenerator):
        generator = generation.GeneratorApart(generator, token_deadline_s=settings.token_deadline_s)
    return Models(make_embedder(settings), generator, make_reranker(settings), make_reader(settings))


def load_models(settings: Settings, *, apart: bool = False) -> Models:
    """The models of `settings`, loaded. Raises as `make_models` and `Models.load` do."""
    models = make_models(settings, apart=apart)
    models.load()
    return models


def retriever_over(index: Searchable, models: Models, settings: Settings) -> Retriever:
    """A retriever over an open index. Raises EmbedderMismatch."""
    check_embedder(index.manifest, models.embedder, index.path)
    return Retriever(index, models.embedder, reranker=models.reranker, reader=models.reader, today=settings.today)


def pipeline_over(retriever: Retriever, models: Models, settings: Settings, load_s: float = 0.0) -> answering.Pipeline:
    """A pipeline over a retriever of the same models; `load_s` is what loading them took."""
    # Loaded now: a search alone does not wait for what only answers need.
    return answering.Pipeline(retriever, models.embedder, models.generator, settings, load_s=load_s)


def build(
    paths: Sequence[Path],
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    without: Sequence[Path] = (),
    replace: bool = False,
    holds: Holds | None = None,
    on_progress: OnProgress = silent,
    on_problem: OnProblem = lambda problem: None,
) -> BuildReport:
    """Builds or updates the index of `settings` from `paths`, with that of its `embedder` which is loaded already.

    With the setting `store` its folder is what this machine brings to the shared index, which is brought in step. See
    `build_index` and `rag.postgres.share`.
    """
    # The server is asked before anything is embedded: it may not be there.
    projection = postgres.store_projection(settings.store) if settings.store else None
    report = build_index(
        paths,
        settings.index,
        embedder or make_embedder(settings),
        settings,
        without=without,
        replace=replace,
        holds=holds,
        projection=projection,
        on_progress=on_progress,
        on_problem=on_problem,
    )
    if settings.store:
        postgres.share(settings.index, settings.store, on_progress=on_progress, on_problem=on_problem)
    return report


def preview(
    paths: Sequence[Path],
    settings: Settings,
    *,
    without: Sequence[Path] = (),
    replace: bool = False,
    on_progress: OnProgress = silent,
    on_problem: OnProblem = lambda problem: None,
) -> Changes:
    """What `build` would change; loads no model and writes nothing. See `preview_index`."""
    return preview_index(
        paths,
        settings.index,
        make_embedder(settings).digest,
        settings,
        without=without,
        replace=replace,
        on_progress=on_progress,
        on_problem=on_problem,
    )


def fetch_models(settings: Settings, on_progress: OnProgress = silent) -> dict[str, Path]:
    """Fetches the default models that are not there, and returns where they are."""
    return {spec.name: fetch(spec, settings.models_dir, on_progress) for spec in DEFAULT_MODELS}


def make_generator(settings: Settings) -> LlamaCppGenerator | EndpointPool | None:
    """The generator of `settings`, not loaded yet; None when they want none.

    Raises ModelMissing, ModelDamaged and, for the URLs of endpoints, InvalidSetting.
    """
    if settings.generator == NO_GENERATOR:
        return None
    if settings.generator.startswith(("http://", "https://")):
        return _make_pool(settings)
    path = Path(settings.generator).expanduser() if settings.generator else check(GENERATOR, settings.models_dir)
    check_gguf(path)
    return LlamaCppGenerator(
        path,
        context_tokens=settings.context_tokens,
        threads=settings.threads or None,
        states=settings.models_dir / STATES,
    )


def _make_pool(settings: Settings) -> EndpointPool:
    endpoints = [
        EndpointGenerator(
            url,
            settings.generator_model,
            os.environ.get(KEY_VARIABLE),
            context_tokens=settings.context_tokens,
            timeout_s=settings.token_deadline_s,
        )
        for url in dict.fromkeys(re.split(r"[\s,]+", settings.generator.strip(", ")))
    ]
    return EndpointPool(endpoints, deadline_s=settings.deadline_s)


def make_embedder(settings: Settings) -> SentenceTransformerEmbedder:
    """The embedder of `settings`, not loaded yet. Raises ModelMissing and ModelDamaged."""
    threads = settings.threads or None
    if not settings.embedder:
        return SentenceTransformerEmbedder(check(EMBEDDER, settings.models_dir), EMBEDDER.file.sha256, threads=threads)
    path = _model_folder(settings.embedder, settings.models_dir)
    return SentenceTransformerEmbedder(path, _embedder_digest(path), threads=threads)


@contextmanager
def embedder_on_ray(settings: Settings, address: str) -> Iterator[RayEmbedder]:
    """That of `settings` with its work done by the Ray cluster at `address`; see `RayEmbedder`."""
    local = make_embedder(settings)
    model = str(local.path.resolve()) if settings.embedder else ""
    there = settings.model_copy(update={"embedder": model, "models_dir": settings.models_dir.resolve(), "threads": 1})
    embedder = RayEmbedder(local, partial(_embedder_there, there), address)
    try:
        yield embedder
    finally:
        embedder.close()


def _embedder_there(settings: Settings) -> SentenceTransformerEmbedder:
    """`make_embedder` on another machine, which may have the models elsewhere."""
    folder = os.environ.get(f"{PREFIX}MODELS_DIR")
    return make_embedder(settings.model_copy(update={"models_dir": Path(folder)}) if folder else settings)


def make_reranker(settings: Settings) -> CrossEncoderReranker | None:
    """The cross-encoder of `settings`, not loaded yet; None where they name none. Raises ModelMissing."""
    if not settings.reranker:
        return None
    path = _model_folder(settings.reranker, settings.models_dir)
    return CrossEncoderReranker(path, threads=settings.threads or None)


def make_reader(settings: Settings) -> OnnxReader | None:
    """The reader, not loaded yet; None where `settings` want none. Raises ModelMissing and ModelDamaged."""
    if settings.reader == NO_READER:
        return None
    graph = check(READER, settings.models_dir) / GRAPH
    return OnnxReader(graph, settings.models_dir / EMBEDDER.target, threads=settings.threads or None)


def _model_folder(name: str, models_dir: Path) -> Path:
    """The folder `name`, or else the one of that name in the models folder. Raises ModelMissing."""
    for path in (Path(name).expanduser(), models_dir / name):
        if path.is_dir():
            return path
    raise ModelMissing(path=name)


def _embedder_digest(path: Path) -> str:
    """The default embedder goes by the digest of its source wherever it lies, another folder by its own content."""
    is_default = path.name == EMBEDDER.target
    try:
        return EMBEDDER.file.sha256 if is_default and check(EMBEDDER, path.parent) else folder_digest(path)
    except ModelDamaged:
        return folder_digest(path)
