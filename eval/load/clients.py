"""Users of a server: each asks or searches, reads what it got, and goes on, as a browser or a program would.

Standard library only, a thread a user: what they measure is the server, over a connection of their own.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any, Literal
from urllib.parse import urlsplit

Kind = Literal["ask", "search"]
PATHS: dict[Kind, str] = {"ask": "/api/ask", "search": "/api/search"}
NO_ANSWER = 0
"""Status of a request that was not answered."""
TOO_MANY = 429
# Longer than any deadline of the server.
_PATIENCE_S = 150.0
# A user who is sent away comes again, at the latest after so long.
_LONGEST_PAUSE_S = 10.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a request: begun `began_s` after the start, over after `took_s`; `flaw` says what was wrong.

    `question` is what was asked, `places` where in the articles its answer points.
    """

    kind: Kind
    status: int
    began_s: float
    took_s: float
    flaw: str = ""
    retry_s: float = 0.0
    question: str = ""
    places: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Habits:
    """What a user does: the share of questions among requests, and the mean seconds spent reading between two."""

    ask_share: float = 0.3
    reading_s: float = 2.0
    token: str = ""


class User(threading.Thread):
    """Sends requests to `url` until `end` (of the monotonic clock); `replies` has what became of each."""

    def __init__(self, url: str, questions: Sequence[str], habits: Habits, start: float, end: float, seed: int) -> None:
        super().__init__(name=f"user {seed}", daemon=True)
        self.replies: list[Reply] = []
        self._url = url
        self._questions = questions
        self._habits = habits
        self._start_s, self._end_s = start, end
        self._over = threading.Event()
        self._random = random.Random(seed)

    def run(self) -> None:
        self._pause(self._random.uniform(0, self._habits.reading_s))  # not all at the same moment
        while time.monotonic() < self._end_s and not self._over.is_set():
            kind: Kind = "ask" if self._random.random() < self._habits.ask_share else "search"
            reply = send(self._url, kind, self._random.choice(self._questions), self._habits.token, self._start_s)
            self.replies.append(reply)
            reading = self._random.expovariate(1 / self._habits.reading_s) if self._habits.reading_s else 0.0
            self._pause(max(reading, min(reply.retry_s, _LONGEST_PAUSE_S)))

    def _pause(self, seconds: float) -> None:
        self._over.wait(max(0.0, min(seconds, self._end_s - time.monotonic())))

    def stop(self) -> None:
        """No request after the present one. For any thread."""
        self._over.set()


def send(url: str, kind: Kind, question: str, token: str = "", start: float = 0.0) -> Reply:
    """One request, and whether the answer is what it should be. `start` is the beginning of the time that counts."""
    began = time.monotonic()
    retry = 0.0
    told: dict[str, Any] = {}
    try:
        status, headers, body = call(url, "POST", PATHS[kind], {"question": question}, token)
        retry = float(headers.get("retry-after", 0))
        told = json.loads(body)
        flaw = _flaw(kind, status, headers, told, question)
    except (OSError, HTTPException, ValueError) as error:
        status, flaw = NO_ANSWER, f"{type(error).__name__}: {error}"
    took_s = time.monotonic() - began
    found = told.get("hits" if kind == "search" else "citations", ())
    places = tuple((one["document"], one["start"], one["end"]) for one in found)
    return Reply(kind, status, began - start, took_s, flaw, retry, question, places)


def call(
    url: str, method: str, path: str, body: object = None, token: str = "", patience_s: float = _PATIENCE_S
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers by their names in small letters, and body. Raises OSError and HTTPException."""
    place = urlsplit(url)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with closing(HTTPConnection(place.hostname or "", place.port, timeout=patience_s)) as connection:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()


def _flaw(kind: Kind, status: int, headers: Mapping[str, str], told: Mapping[str, Any], question: str) -> str:
    """What is wrong with an answer to `question`; empty when nothing is."""
    if status == TOO_MANY:
        return "" if "retry-after" in headers else "429 without Retry-After"
    if status != 200:
        return str(told)[:200]
    if told["question"] != question:
        return "the answer to another question"
    if kind == "search":
        return "" if "hits" in told else "no hits"
    markers = {marker for statement in told["statements"] for marker in statement["citations"]}
    return "" if markers == {citation["marker"] for citation in told["citations"]} else "markers without citations"
