"""One long-lived process's hold on the product: models loaded once, an index that may be replaced, several askers.

Finding passages and sentences costs milliseconds and is done for everybody at once. Only what comes after needs the
generator, which has one context: there the questions queue, owners taking turns (see `fair_queue`). Before each
question the manifest is read again; where it has changed the new index is opened, with the same models. Questions under
way finish on the old one, which is closed when nobody uses it any more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from rag.answering import Pipeline
from rag.config import Settings
from rag.corpus import OnProblem
from rag.domain import EVERYTHING, Article, Heading, Scope, Shown, Turn
from rag.errors import RagError, UnexpectedError
from rag.events import Event, Finished, Queued
from rag.generation import GeneratorApart
from rag.indexing import BuildReport
from rag.protocols import OnProgress, silent
from rag.question import clean_question
from rag.retrieval import Retriever
from rag.runtime.assembly import Models, build, load_models, pipeline_over, retriever_over
from rag.runtime.fair_queue import FairQueue, OnTurn, Ticket
from rag.runtime.location import open_present, present_manifest, present_place
from rag.store import Catalog, Searchable, check_embedder, headings

# A consumer in another thread can leave only between two events, so one comes at least this often in the queue.
POLL_S = 0.2

ModelsState = Literal["loading", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """How things stand. `state` is that of the models; after "failed" the next question or `start` tries again.

    `step` names what is being done ("load"), empty when nothing is. `error` is why the models cannot be loaded, or
    why the index of `articles` articles cannot be asked; that goes by itself once there is a good one. `generator` is
    the name of the generator; None while it is loaded and where there is none: answers are then quotations.
    """

    state: ModelsState
    step: str
    error: RagError | None
    articles: int
    generator: str | None


class Service:
    """Answers questions over the index of `settings` for any number of threads.

    What needs the models has them loaded, if `start` has not, waits for it, and raises what kept them from it.
    `on_turn` is told of each turn with the generator that is over.
    """

    def __init__(
        self,
        settings: Settings,
        load: Callable[[Settings], Models] = load_models,
        on_turn: OnTurn = lambda waited_s, held_s: None,
    ) -> None:
        self._settings = settings
        self._load = load
        self._queue = FairQueue(settings.queue_size, on_turn)
        self._starting = threading.Lock()
        self._loading: Future[Models] | None = None
        self._opening = threading.RLock()
        self._index: Searchable | None = None
        self._over: tuple[Searchable, Retriever, Pipeline] | None = None
        self._updating = threading.Lock()

    def start(self) -> Future[Models]:
        """Begins to load the models and returns at once; after a failure it begins again."""
        with self._starting:
            if self._loading is None or (self._loading.done() and self._loading.exception()):
                self._loading = Future()
                # A daemon: the program may end while it loads.
                threading.Thread(target=self._load_into, args=[self._loading], name="loading", daemon=True).start()
            return self._loading

    def _load_into(self, loading: Future[Models]) -> None:
        try:
            loading.set_result(self._load(self._settings))
        except RagError as error:
            loading.set_exception(error)
        except Exception as error:  # an exception that ends a thread would be lost
            loading.set_exception(UnexpectedError(reason=f"{type(error).__name__}: {error}"))

    @property
    def state(self) -> ModelsState:
        """That of the models; known at once."""
        return self._loaded()[0]

    def _loaded(self) -> tuple[ModelsState, Models | None, BaseException | None]:
        loading = self._loading
        if loading is None or not loading.done():
            return "loading", None, None
        error = loading.exception()
        return ("failed", None, error) if error else ("ready", loading.result(), None)

    def status(self) -> ServiceStatus:
        """How things stand; quick."""
        state, models, error = self._loaded()
        articles = 0
        try:
            manifest = present_manifest(self._settings)
            articles = manifest.articles
            if models:
                check_embedder(manifest, models.embedder, present_place(self._settings))
        except RagError as flaw:
            error = error or flaw
        return ServiceStatus(
            state=state,
            step="load" if state == "loading" else "",
            error=cast("RagError | None", error),
            articles=articles,
            generator=models.generator.name if models and models.generator else None,
        )

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until the models are loaded or have failed, at most `timeout` seconds; whether that is so."""
        return bool(wait([self._loading or self.start()], timeout).done)

    def stream(
        self, question: str, history: Sequence[Turn] = (), scope: Scope = EVERYTHING, owner: str = ""
    ) -> Generator[Event, None, None]:
        """The events of answering `question`, `Queued` among them, the last one `Finished`.

        Closing the iterator ends the work. Raises as `Pipeline.stream` and `open_index` do, EmbedderMismatch, and
        QueueFull.
        """
        events = self._current()[1].stream(question, history, scope)
        first = next(events)
        yield first
        if isinstance(first, Finished):
            return
        with self._queue.join(owner) as ticket:
            yield from _turn(ticket)
            yield from events

    @property
    def queue_length(self) -> int:
        """How many questions wait for the generator or have it."""
        return len(self._queue)

    def search(
        self, question: str, k: int | None = None, scope: Scope = EVERYTHING, *, evidence: bool = False
    ) -> Shown:
        """The `k` best passages, or with `evidence` sentences.

        Raises EmptyQuestion, QuestionTooLong, and as `Retriever` and `open_index` do.
        """
        cleaned = clean_question(question)
        return self._current()[0].look(cleaned, k or self._settings.passages, scope, evidence=evidence)

    def models(self) -> Models:
        """The models, loaded."""
        return self.start().result()

    def articles(self, scope: Scope = EVERYTHING) -> list[Heading]:
        """The articles in `scope` by date and name. Raises as `headings` and `open_index` do."""
        return headings(self.catalog(), scope)

    def article(self, document: str) -> Article | None:
        """The article of that name, if there is one. Raises as `open_index` does."""
        try:
            return self.catalog().article(document)
        except KeyError:
            return None

    def catalog(self) -> Catalog:
        """That of the present index, not to be closed; needs no models. Raises as `open_index` does."""
        return self._current_index().catalog

    def update(
        self,
        paths: Sequence[Path] = (),
        *,
        replace: bool = False,
        on_progress: OnProgress = silent,
        on_problem: OnProblem = lambda problem: None,
    ) -> BuildReport:
        """Builds or updates the index from `paths` while questions go on; one caller after the other.

        Raises as `build_index` does.
        """
        models = self.models()
        with self._updating:
            return build(
                paths,
                self._settings,
                embedder=models.embedder,
                replace=replace,
                on_progress=on_progress,
                on_problem=on_problem,
            )

    def close(self) -> None:
        """Lets go of models and index. Questions under way finish, new ones load anew."""
        with self._starting, self._opening:
            self._loading = self._index = self._over = None

    def interrupt(self) -> None:
        """Ends the generator's process, where it has one of its own: what it is doing fails."""
        models = self._loaded()[1]
        if models and isinstance(models.generator, GeneratorApart):
            models.generator.close()

    def _current(self) -> tuple[Retriever, Pipeline]:
        models = self.models()
        with self._opening:
            index = self._current_index()
            if self._over and self._over[0] is index:
                return self._over[1:]
            retriever = retriever_over(index, models, self._settings)
            pipeline = pipeline_over(retriever, models, self._settings)
            if not self._settings.store:
                self._over = index, retriever, pipeline
            return retriever, pipeline

    def _current_index(self) -> Searchable:
        """The index as it is now, opened if that is not the one that is open."""
        with self._opening:
            # A shared index is opened for each question: it is a transaction, which is not to be kept open in between.
            if self._settings.store:
                return open_present(self._settings)
            if self._index is None or self._index.manifest != present_manifest(self._settings):
                self._index = open_present(self._settings)
            return self._index


def _turn(ticket: Ticket) -> Iterator[Queued]:
    """The places on the way to one's turn; nothing when it is at once."""
    while place := ticket.wait(POLL_S):
        yield Queued(place)
