"""Endpoints that serve one model, used as one generator: requests are shared out, and what fails is gone round.

A request goes to the least busy endpoint. One that cannot be reached, is silent for too long or answers that it is
unwell (HTTP 5xx) is set aside for 1 s, 2 s, … 30 s, and the request goes to the next, unless part of its reply has been
passed on: that is never begun again. After its pause an endpoint is asked for its models, which costs it nothing, and
is used again when it tells the one of the others. Where all are set aside, none of them is spared that question.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

from rag.errors import EndpointUnusable, GenerationFailed, RagError
from rag.generation.endpoint import EndpointGenerator
from rag.generation.openai_client import ApiFailed
from rag.protocols import Message, Token

LONGEST_REST_S = 30.0
# What a request waits, at most, for an endpoint that was set aside to tell its models.
_LOOK_S = 2.0

Made = TypeVar("Made")


@dataclass(slots=True, eq=False)
class _Member:
    """An endpoint, the requests it has now, how often it has failed in a row, and why it did the last time."""

    endpoint: EndpointGenerator
    busy: int = 0
    failures: int = 0
    failure: object = ""
    is_aside: bool = False
    rests_until: float = 0.0

    def rest(self, failure: object) -> None:
        """Sets it aside, for twice as long as the last time."""
        self.is_aside, self.failure = True, failure
        self.rests_until = time.monotonic() + min(2.0 ** min(self.failures, 10), LONGEST_REST_S)
        self.failures += 1


class EndpointPool:
    """A `Generator` over `endpoints`, one at least, for any number of threads. See the module.

    From its start to its last token a request has `deadline_s`, however many endpoints are tried.
    """

    def __init__(self, endpoints: Sequence[EndpointGenerator], *, deadline_s: float = 120.0) -> None:
        self.endpoints = tuple(endpoints)
        self._members = [_Member(endpoint) for endpoint in endpoints]
        self._deadline_s = deadline_s
        self._lock = threading.Lock()
        self._agreed = ""

    @property
    def name(self) -> str:
        """The model of all endpoints that can be reached. Raises EndpointUnusable where two have different ones."""
        return self._agreed or self._agree()

    def _agree(self) -> str:
        names: dict[str, str] = {}
        for member in [member for member in self._members if not member.is_aside] or self._members:
            try:
                names[member.endpoint.url] = member.endpoint.name
            except EndpointUnusable as error:
                self._set_aside(member, error)
                failure = error
        if not names:
            raise failure
        (first, name), *others = names.items()
        for url, other in others:
            if other != name:
                raise EndpointUnusable(url=url, reason=f"its model is {other}, that of {first} is {name}")
        self._agreed = name
        return name

    @property
    def context_tokens(self) -> int:
        return self.endpoints[0].context_tokens

    def load(self) -> None:
        """Has all endpoints read one word. Those that cannot be reached are set aside, unless that is all of them.

        Raises EndpointUnusable for one that refuses what another could not make good, and as `name` does.
        """
        with ThreadPoolExecutor(len(self._members)) as threads:
            failures = list(threads.map(self._loaded, self._members))
        if all(failures):
            raise next(filter(None, failures))
        self._agree()

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return self.endpoints[0].count_tokens(messages)

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Generator[Token, None, None]:
        """See Generator, EndpointGenerator. Raises EndpointUnusable, at first use, as `name` does."""
        return self._first_to_do(lambda endpoint, until: endpoint.stream(messages, max_tokens, until))

    def score_choices(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        """See Generator, EndpointGenerator. Raises EndpointUnusable, at first use, as `name` does."""

        def scored(endpoint: EndpointGenerator, until: float) -> Generator[list[float], None, None]:
            yield endpoint.score_choices(messages, choices, until)

        (scores,) = self._first_to_do(scored)
        return scores

    def _first_to_do(
        self, work: Callable[[EndpointGenerator, float], Generator[Made, None, None]]
    ) -> Generator[Made, None, None]:
        """What the first endpoint makes that does not fail before it has made anything. Raises GenerationFailed."""
        until = time.monotonic() + self._deadline_s
        if not self._agreed:
            self._agree()
        tried: set[_Member] = set()
        while time.monotonic() < until and (member := self._take(tried)):
            begun = False
            try:
                with closing(work(member.endpoint, until)) as made:
                    for one in made:
                        begun = True
                        yield one
            except (GenerationFailed, EndpointUnusable) as error:
                if begun and time.monotonic() >= until:
                    raise  # a long reply, and no fault of the endpoint
                self._set_aside(member, error)
                if begun:
                    raise
                tried.add(member)
            else:
                member.is_aside, member.failures = False, 0
                return
            finally:
                with self._lock:
                    member.busy -= 1
        raise GenerationFailed(reason="; ".join(f"{one.endpoint.url}: {one.failure}" for one in self._members))

    def _take(self, tried: set[_Member]) -> _Member | None:
        """The endpoint to ask next, one request busier; none when all were tried or do not answer.

        Of endpoints that are equally busy it is the first: it may have read the beginning of the prompt before.
        """
        aside = [member for member in self._members if member.is_aside and member not in tried]
        for member in sorted(aside, key=lambda member: member.rests_until):
            if member.rests_until <= time.monotonic() or not self._well(tried):
                self._look(member)
        with self._lock:
            chosen = min(self._well(tried), key=lambda member: member.busy, default=None)
            if chosen:
                chosen.busy += 1
            return chosen

    def _well(self, tried: set[_Member]) -> list[_Member]:
        return [member for member in self._members if not member.is_aside and member not in tried]

    def _look(self, member: _Member) -> None:
        """Finds out whether an endpoint that was set aside is well again."""
        # Meanwhile other requests need not look too.
        member.rests_until = time.monotonic() + _LOOK_S
        failure: object
        try:
            name = member.endpoint.look(_LOOK_S)
            failure = "" if name == self._agreed else f"its model is {name}, that of the others is {self._agreed}"
        except EndpointUnusable as error:
            failure = error.fields["reason"]
        with self._lock:
            member.is_aside = bool(failure)
            if failure:
                member.rest(failure)

    def _loaded(self, member: _Member) -> EndpointUnusable | None:
        try:
            member.endpoint.load()
        except EndpointUnusable as error:
            self._set_aside(member, error)
            return error
        member.is_aside = False
        return None

    def _set_aside(self, member: _Member, error: RagError) -> None:
        """Sets an endpoint aside that failed by itself; raises `error` where another one would fail as well."""
        reason = error.fields["reason"]
        if not (isinstance(reason, ApiFailed) and reason.unavailable):
            raise error
        with self._lock:
            if not member.is_aside:  # several requests that fail at the same time are one failure
                member.rest(reason)
