"""One process, many questions: loading, the queue for the generator, an index that changes meanwhile."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from threadpoolctl import threadpool_info

from rag.config import Settings
from rag.domain import Passage, Scope
from rag.errors import EmbedderMismatch, IndexDamaged, IndexMissing, ModelMissing, RagError, UnexpectedError
from rag.events import Event, Finished, Found, Queued, Written
from rag.indexing.build import build_index
from rag.protocols import Message, Token
from rag.retrieval.retriever import Retriever
from rag.runtime.assembly import Models
from rag.runtime.service import Service
from rag.store.index import open_index
from rag.store.manifest import MANIFEST_FILE
from tests.support.doubles import BagEmbedder, ScriptedGenerator
from tests.support.paths import SEEDS

QUESTION = "quelles conditions pose l'Allemagne ?"
BRIDGE = "Le pont du village de Sainte-Engrâce a été rouvert au public mardi matin.\n"
ABOUT_BRIDGE = "quand le pont de Sainte-Engrâce a-t-il été rouvert ?"


class Talkative(ScriptedGenerator):
    """A generator that always gives the same reply and knows how many streams are open, and how many ever were."""

    def __init__(self, reply: str) -> None:
        super().__init__()
        self.reply = reply
        self.open = self.most_open = self.opened = 0

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Token]:
        self.open += 1
        self.opened += 1
        self.most_open = max(self.most_open, self.open)
        try:
            for token in ScriptedGenerator(self.reply).stream(messages, max_tokens):
                time.sleep(0.0005)  # lets other threads in
                yield token
        finally:
            self.open -= 1


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings for an index of the seeds made without models. Nothing is refused."""
    settings = Settings(index=tmp_path / "index", answer_threshold=0.0)
    build_index([SEEDS], settings.index, BagEmbedder(), settings)
    return settings


@pytest.fixture
def generator(settings: Settings) -> Talkative:
    """Repeats two sentences of an article, which are quoted for the question too."""
    best = Retriever(open_index(settings.index), BagEmbedder()).evidence(QUESTION, 2)
    return Talkative(" ".join(hit.passage.text for hit in best))


@pytest.fixture
def service(settings: Settings, generator: Talkative) -> Service:
    """A service with doubles."""
    return Service(settings, lambda settings: Models(BagEmbedder(), generator, None))


def finished(events: Iterator[Event]) -> Finished:
    *_, last = events
    assert isinstance(last, Finished)
    return last


def documents(event: Event) -> set[str]:
    assert isinstance(event, Found)
    return {hit.passage.document for hit in event.passages}


# Loading


def test_loading_goes_on_in_the_background(settings: Settings) -> None:
    gate = threading.Event()

    def load(settings: Settings) -> Models:
        assert gate.wait(60)
        return Models(BagEmbedder(), ScriptedGenerator(), None)

    service = Service(settings, load)
    service.start()
    status = service.status()
    assert (service.state, status.state, status.step, status.generator) == ("loading", "loading", "load", None)
    assert not service.wait(0.01)
    # What needs no models does not wait for them.
    assert status.articles == len(service.articles()) == 5
    gate.set()
    assert service.wait(60)
    status = service.status()
    assert (status.state, status.step, status.error, status.generator) == ("ready", "", None, "scripted")


@pytest.mark.parametrize(
    ("failure", "told"), [(ModelMissing(path="here"), ModelMissing), (OSError("broken"), UnexpectedError)]
)
def test_a_failure_is_told_and_the_next_question_tries_again(
    failure: Exception, told: type[RagError], settings: Settings
) -> None:
    failures = [failure, failure]

    def load(settings: Settings) -> Models:
        if failures:
            raise failures.pop()
        return Models(BagEmbedder(), None, None)

    service = Service(settings, load)
    service.start()
    assert service.wait(60)
    assert service.state == "failed" and isinstance(service.status().error, told)
    with pytest.raises(told):
        next(service.stream(QUESTION))
    assert finished(service.stream(QUESTION)).answer.answered
    assert service.status().state == "ready" and service.status().error is None


def test_closed_it_lets_go_and_loads_anew_for_the_next_question(settings: Settings) -> None:
    loaded = []

    def load(settings: Settings) -> Models:
        loaded.append(1)
        return Models(BagEmbedder(), None, None)

    service = Service(settings, load)
    under_way = service.stream(QUESTION)
    next(under_way)
    service.close()
    assert service.state == "loading"
    assert finished(under_way).answer.answered
    assert finished(service.stream(QUESTION)).answer.answered
    assert len(loaded) == 2


# Questions


def test_what_is_found_waits_for_nobody_and_the_rest_does(service: Service, generator: Talkative) -> None:
    first = service.stream(QUESTION, owner="a")
    while not isinstance(next(first), Written):
        pass
    second, third = service.stream(QUESTION, owner="b"), service.stream(QUESTION, owner="c")
    assert isinstance(next(second), Found) and isinstance(next(third), Found)
    assert [next(second), next(second), next(third)] == [Queued(1), Queued(1), Queued(2)]
    # Small talk needs no generator.
    assert [type(event) for event in service.stream("bonjour", owner="d")] == [Finished]
    second.close()
    assert next(third) == Queued(1)
    assert generator.open == 1
    first.close()
    assert generator.open == 0
    events = list(third)
    assert not any(isinstance(event, Queued) for event in events)
    assert isinstance(events[-1], Finished) and events[-1].answer.answered
    assert generator.opened == 2


def test_a_failed_answer_leaves_the_generator_to_the_next(settings: Settings) -> None:
    models = Models(BagEmbedder(), ScriptedGenerator(OSError("out of memory"), ""), None)
    service = Service(settings, lambda settings: models)
    with pytest.raises(RagError, match="out of memory"):
        list(service.stream(QUESTION))
    assert finished(service.stream(QUESTION)).answer.answered


def test_many_threads_get_the_answers_that_one_gets(service: Service, generator: Talkative) -> None:
    questions = [QUESTION, "qui est Friedrich Merz ?", "que dit Emmanuel Macron de l'Ukraine ?", "où est Pékin ?"]
    scopes = [Scope(), Scope(documents=("00[0-3]*",))]
    asked = [(question, scope) for question in questions for scope in scopes]

    def ask(number: int) -> tuple[str, list[Passage]]:
        question, scope = asked[number % len(asked)]
        answer = finished(service.stream(question, scope=scope, owner=str(number % 5))).answer
        return answer.text, [hit.passage for hit in answer.passages]

    alone = [ask(number) for number in range(len(asked))]
    generator.most_open = 0
    pools = threadpool_info()
    with ThreadPoolExecutor(20) as threads:
        together = list(threads.map(ask, range(40)))
    assert together == [alone[number % len(asked)] for number in range(40)]
    assert generator.most_open == 1
    assert len({text for text, _ in alone}) > 1
    assert threadpool_info() == pools


# Articles and the index


def test_articles_by_scope_and_name(service: Service) -> None:
    (heading,) = service.articles(Scope(documents=("001*",)))
    article = service.article(heading.document)
    assert article is not None and article.title == heading.title and heading.document.startswith("001")
    assert service.article("absent.txt") is None


def test_a_new_index_is_asked_from_the_next_question_on(service: Service, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "pont.txt").write_text(BRIDGE, encoding="utf-8")
    before = service.catalog()
    old = [service.stream(QUESTION, owner=owner) for owner in "ab"]
    found = [documents(next(stream)) for stream in old]
    assert "pont.txt" not in documents(next(service.stream(ABOUT_BRIDGE)))
    build_index([SEEDS, tmp_path / "pont.txt"], settings.index, BagEmbedder(), settings)
    assert len(list(settings.index.glob("data-*"))) == 1  # the data of the old one is gone
    assert "pont.txt" in documents(next(service.stream(ABOUT_BRIDGE)))
    assert len(service.articles()) == 6 and service.catalog() is not before
    # Those under way finish on the old one, in whatever thread they go on.
    with ThreadPoolExecutor(1) as thread:
        answers = [thread.submit(finished, stream).result(60).answer for stream in old]
    for answer, passages in zip(answers, found, strict=True):
        assert answer.answered and {hit.passage.document for hit in answer.passages} == passages
    assert service.catalog() is service.catalog()


def _missing(index: Path) -> None:
    shutil.rmtree(index)


def _cut(index: Path) -> None:
    path = index / MANIFEST_FILE
    path.write_text(path.read_text(encoding="utf-8")[:40], encoding="utf-8")


def _emptied(index: Path) -> None:
    """Another index, whose data cannot be read."""
    fields = json.loads((index / MANIFEST_FILE).read_text(encoding="utf-8"))
    (index / fields["data"]).rename(index / "data-other")
    (index / "data-other" / "passages.faiss").write_bytes(b"")
    (index / MANIFEST_FILE).write_text(json.dumps({**fields, "data": "data-other"}), encoding="utf-8")


def _of_another_embedder(index: Path) -> None:
    build_index([SEEDS], index, BagEmbedder(32, "other"), Settings(index=index))


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (_missing, IndexMissing),
        (_cut, IndexDamaged),
        (_emptied, IndexDamaged),
        (_of_another_embedder, EmbedderMismatch),
    ],
)
def test_an_unusable_index_is_told_until_there_is_a_good_one(
    spoil: Callable[[Path], None], error: type[RagError], service: Service, settings: Settings, tmp_path: Path
) -> None:
    shutil.copytree(settings.index, tmp_path / "good")
    assert finished(service.stream(QUESTION)).answer.answered
    spoil(settings.index)
    for _ in range(2):
        with pytest.raises(error):
            next(service.stream(QUESTION))
    status = service.status()
    assert status.state == "ready"
    if spoil is not _emptied:  # it looks whole until it is opened
        assert isinstance(status.error, error)
    shutil.rmtree(settings.index, ignore_errors=True)
    shutil.copytree(tmp_path / "good", settings.index)
    assert finished(service.stream(QUESTION)).answer.answered
    assert service.status().error is None


def test_without_an_index_it_starts_and_builds_one(tmp_path: Path) -> None:
    settings = Settings(index=tmp_path / "none yet", answer_threshold=0.0)
    service = Service(settings, lambda settings: Models(BagEmbedder(), None, None))
    with pytest.raises(IndexMissing):
        service.articles()
    assert isinstance(service.status().error, IndexMissing)
    assert service.update([SEEDS]).manifest.articles == 5
    status = service.status()
    assert (status.state, status.error, status.articles) == ("ready", None, 5)
    assert finished(service.stream(QUESTION)).answer.answered


def test_updates_come_one_after_the_other_while_questions_go_on(
    service: Service, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "pont.txt").write_text(BRIDGE, encoding="utf-8")
    inside, release = threading.Event(), threading.Event()

    def hold(_: object) -> None:
        inside.set()
        assert release.wait(60)

    paths = [SEEDS, tmp_path / "pont.txt"]
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(service.update, paths, on_progress=hold)
        assert inside.wait(60)
        second = threads.submit(service.update, paths)
        assert finished(service.stream(QUESTION)).answer.answered
        assert not second.done()
        release.set()
        assert first.result(60).changes.added == ("pont.txt",)
        report = second.result(60)  # not refused because another is at work
    assert (report.changes.added, report.changes.unchanged, report.embedded) == ((), 6, 0)
    assert len(service.articles()) == 6
