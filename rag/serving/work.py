"""The work of requests: in threads, bounded in number and time, ended when nobody waits for it any more.

Finding costs milliseconds and has a few threads of its own, searches and the beginnings of answers in order of arrival.
The rest of an answer has one thread; its events travel to the event loop, which never waits for a model. A question
whose client has left or whose time is over, or that still waits when the server ends, is ended between two events.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from rag.config import Settings
from rag.domain import Scope, Turn
from rag.errors import QueueFull
from rag.events import Event, Queued
from rag.serving.metrics import MeteredService
from rag.serving.problems import Problem

FINDING_THREADS = 2
# Calls that may wait for one of these threads; further ones are told to come again.
MOST_FINDING = 128
# Seconds until a client that waits is told its place again though it is the same.
_SAID_AGAIN_S = 1.0
# When to come again while the models load, and where the server ends.
_LATER_S = 5.0
# Seconds for a run that was ended: it notices with the generator's next token.
_LAST_WORD_S = 1.0

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question and what belongs to it. Owners take turns; it is given up after `deadline_s`."""

    question: str
    history: Sequence[Turn]
    scope: Scope
    owner: str
    deadline_s: float


class QuestionRun:
    """One question under way. Only the event loop uses it, but for `deliver` and `over`."""

    def __init__(self, deadline_s: float) -> None:
        self.loop = asyncio.get_running_loop()
        self._inbox: asyncio.Queue[Event | Exception | None] = asyncio.Queue()
        self._end = time.monotonic() + deadline_s
        self._left = threading.Event()
        self._told_place, self._told_at = 0, 0.0
        self.waiting = False

    @property
    def over(self) -> bool:
        """Whether nobody waits for it any more. For any thread."""
        return self._left.is_set() or time.monotonic() > self._end

    def deliver(self, item: Event | Exception | None) -> None:
        """The next event, or what went wrong, or None at the end. For any thread."""
        with suppress(RuntimeError):  # the loop has ended
            self.loop.call_soon_threadsafe(self._inbox.put_nowait, item)

    async def events(self) -> AsyncGenerator[Event, None]:
        """The events as they come; closing it ends the work. Raises what the service does, and Problem."""
        try:
            while (item := await self._next()) is not None:
                if isinstance(item, Exception):
                    raise item
                self.waiting = isinstance(item, Queued)
                if not isinstance(item, Queued) or self._is_news(item.place):
                    yield item
        finally:
            self._left.set()

    async def _next(self) -> Event | Exception | None:
        try:
            return await asyncio.wait_for(self._inbox.get(), max(0.0, self._end - time.monotonic()))
        except asyncio.TimeoutError:
            return _out_of_time()

    def _is_news(self, place: int) -> bool:
        now = time.monotonic()
        if place == self._told_place and now - self._told_at < _SAID_AGAIN_S:
            return False
        self._told_place, self._told_at = place, now
        return True


class RequestWork:
    """All that is under way in one server. Only the event loop uses it."""

    def __init__(self, service: MeteredService, settings: Settings) -> None:
        self._service = service
        self._most = settings.queue_size
        self._finders = ThreadPoolExecutor(FINDING_THREADS, "finding")
        self._embedder = ThreadPoolExecutor(1, "embedding")
        self._askers = ThreadPoolExecutor(settings.queue_size, "asking")
        self._finding = 0
        self._runs: set[QuestionRun] = set()
        self._ending = threading.Event()

    @property
    def waiting(self) -> int:
        """How many questions are before the next one."""
        return max(len(self._runs), self._service.queue_length)

    def wait_s(self, place: int) -> float:
        """How long `place` questions will take, by the pace of the last ones."""
        return round(place * self._service.meter.pace_s, 1)

    async def find(self, call: Callable[[], _Found], deadline_s: float) -> _Found:
        """What `call` gives, made in a thread. Raises what it does, and Problem."""
        return await self._run(self._finders, call, deadline_s)

    async def embed(self, call: Callable[[], _Found], deadline_s: float) -> _Found:
        """The same for what takes long: one at a time, so that no search waits for it."""
        return await self._run(self._embedder, call, deadline_s)

    async def _run(self, pool: ThreadPoolExecutor, call: Callable[[], _Found], deadline_s: float) -> _Found:
        if self._ending.is_set():
            raise _ending()
        if self._finding >= MOST_FINDING:
            raise _full(MOST_FINDING, 1.0)
        self._finding += 1
        future = pool.submit(call)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), deadline_s)
        except asyncio.TimeoutError:
            raise _out_of_time() from None
        except asyncio.CancelledError:
            if self._ending.is_set() and future.cancelled():  # by `drain`
                raise _ending() from None
            raise
        finally:
            self._finding -= 1

    def ask(self, asked: AskedQuestion) -> QuestionRun:
        """Takes a question up. Raises Problem when it cannot be."""
        self.check_ready()
        if self.waiting >= self._most:
            raise _full(self._most, self._service.meter.pace_s)
        run = QuestionRun(asked.deadline_s)
        self._runs.add(run)
        self._finders.submit(self._begin, run, asked)
        return run

    def _begin(self, run: QuestionRun, asked: AskedQuestion) -> None:
        events = self._service.stream(asked.question, asked.history, asked.scope, asked.owner)
        try:
            if not run.over:
                run.deliver(next(events))
            self._askers.submit(self._go_on, run, events)
        except Exception as error:  # an exception that ends a thread would be lost
            self._end(run, error)

    def _go_on(self, run: QuestionRun, events: Generator[Event, None, None]) -> None:
        flaw: Exception | None = None
        try:
            with closing(events):
                while not run.over and (event := next(events, None)):
                    run.deliver(event)
        except QueueFull:
            flaw = _full(self._most, self._service.meter.pace_s)
        except Exception as error:
            flaw = error
        self._end(run, flaw)

    def _end(self, run: QuestionRun, flaw: Exception | None) -> None:
        run.deliver(flaw)
        with suppress(RuntimeError):  # the loop has ended
            run.loop.call_soon_threadsafe(self._runs.discard, run)

    def check_ready(self) -> None:
        """Raises Problem while the models are not loaded, and once the server ends."""
        if self._ending.is_set():
            raise _ending()
        state = self._service.state
        if state == "failed":
            detail = str(self._service.status().error)
            self._service.start()
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "models_failed", retry_s=_LATER_S, detail=detail)
        if state == "loading":
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "models_loading", retry_s=_LATER_S)

    async def drain(self, grace_s: float, hurried: Callable[[], bool]) -> None:
        """Takes nothing up any more, lets go of who waits, and after `grace_s` seconds of the others too.

        What does not end then, because the generator is silent, is ended with its process.
        """
        self._ending.set()
        for run in list(self._runs):
            if run.waiting:
                run.deliver(_ending())
        await self._emptied(grace_s, hurried)
        for run in list(self._runs):
            run.deliver(_ending())
        if not await self._emptied(_LAST_WORD_S, hurried):
            await asyncio.to_thread(self._service.interrupt)
        for pool in (self._finders, self._embedder, self._askers):
            pool.shutdown(wait=False, cancel_futures=True)

    async def _emptied(self, seconds: float, hurried: Callable[[], bool]) -> bool:
        """Waits until no question and no search is under way, at most `seconds`; whether no question is."""
        end = time.monotonic() + seconds
        while (self._runs or self._finding) and time.monotonic() < end and not hurried():
            await asyncio.sleep(0.05)
        return not self._runs


def _full(limit: int, retry_s: float) -> Problem:
    return Problem(HTTPStatus.TOO_MANY_REQUESTS, "queue_full", retry_s=retry_s, limit=limit)


def _out_of_time() -> Problem:
    return Problem(HTTPStatus.GATEWAY_TIMEOUT, "deadline_exceeded")


def _ending() -> Problem:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "shutting_down", retry_s=_LATER_S)
