"""Many at once, those who leave, those who are out of time, and the end of the server."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.api_process import QUESTION, Server, serving

ASK = {"question": QUESTION}
CHAT = "v1/chat/completions"
STREAM = {"Accept": "application/x-ndjson"}
# Longer than any test: who asks has the generator until it leaves.
ENDLESS = {"RAG_TEST_REPLY": "mot " * 5000, "RAG_TEST_PAUSE_S": "0.05"}


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    """Waits until it is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def events_of(reply: httpx.Response) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in reply.iter_lines())


@contextmanager
def writing(client: httpx.Client) -> Iterator[tuple[httpx.Response, Iterator[dict[str, Any]]]]:
    """A question whose answer has begun to be written."""
    with client.stream("POST", "api/ask", json=ASK, headers=STREAM) as reply:
        events = events_of(reply)
        until(lambda: next(events)["event"] == "written")
        yield reply, events


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Server]:
    """A server whose answers never end, with room for two."""
    with serving(tmp_path, RAG_QUEUE_SIZE="2", **ENDLESS) as server:
        until(lambda: server.metrics()['rag_models{rag_models="ready"}'] == 1)
        yield server


def test_who_waits_is_told_the_place_and_who_comes_too_late_when_to_return(busy: Server) -> None:
    with busy.client() as client, writing(client):
        with client.stream("POST", "api/ask", json=ASK, headers=STREAM) as second:
            assert second.headers["X-Queue-Place"] == "1" and float(second.headers["X-Queue-Wait"]) > 0
            events = events_of(second)
            assert next(events)["event"] == "found"  # found at once, whoever has the generator
            queued = next(events)
            assert queued["event"] == "queued" and queued["place"] == 1 and queued["wait_s"] > 0
            for path, body in (("api/ask", ASK), (CHAT, _chat(stream=True)), (CHAT, _chat())):
                third = client.post(path, json=body)
                assert (third.status_code, third.json()["error"]["code"]) == (429, "queue_full")
                assert int(third.headers["Retry-After"]) >= 1
            # Retrieval waits for nobody.
            assert client.post("api/search", json=ASK).status_code == 200
            assert busy.metrics()["rag_queue_length"] == 2
        until(lambda: busy.metrics()["rag_queue_length"] == 1)
    assert busy.metrics()['rag_problems_total{code="queue_full"}'] == 3


def _chat(**more: Any) -> dict[str, Any]:
    return {"model": "rag", "messages": [{"role": "user", "content": QUESTION}], **more}


def test_a_stream_of_openai_tells_the_place(busy: Server) -> None:
    with (
        busy.client() as client,
        writing(client),
        client.stream("POST", CHAT, json=_chat(stream=True)) as second,
    ):
        lines = (json.loads(line.removeprefix("data: ")) for line in second.iter_lines() if line)
        assert next(lines)["choices"][0]["delta"]["role"] == "assistant"
        assert next(lines)["rag"]["queued"]["place"] == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [("api/ask", ASK), (CHAT, _chat()), (CHAT, _chat(stream=True))],
)
def test_the_generation_of_who_leaves_stops(busy: Server, path: str, body: dict[str, Any]) -> None:
    before = busy.metrics()
    with busy.client() as client, pytest.raises(httpx.ReadTimeout):
        client.post(path, json=body, timeout=1.5)
    until(lambda: busy.metrics()["rag_queue_length"] == 0, 10)
    after = busy.metrics()
    assert after['rag_answers_total{outcome="left"}'] == before['rag_answers_total{outcome="left"}'] + 1
    assert after["rag_generation_seconds_count"] == before["rag_generation_seconds_count"] + 1


def test_out_of_time(busy: Server) -> None:
    with busy.client() as client:
        whole = client.post("api/ask", json=ASK, headers={"X-Deadline": "1"})
        assert (whole.status_code, whole.json()["error"]["code"]) == (504, "deadline_exceeded")
        *_, last = client.post("api/ask", json=ASK, headers={"X-Deadline": "1"} | STREAM).text.splitlines()
        assert json.loads(last)["error"]["code"] == "deadline_exceeded"
        chat = client.post(CHAT, json=_chat(stream=True), headers={"X-Deadline": "1"}).text
        assert '"deadline_exceeded"' in chat and chat.endswith("data: [DONE]\n\n")
        assert client.post("api/ask", json=ASK, headers={"X-Deadline": "0"}).status_code == 400
    until(lambda: busy.metrics()["rag_queue_length"] == 0, 10)


def test_many_at_once_are_all_answered_or_told_to_return(tmp_path: Path) -> None:
    with serving(tmp_path, RAG_QUEUE_SIZE="8") as server, server.client() as client:
        until(lambda: client.get("readyz").status_code == 200)

        def ask(number: int) -> int:
            path, body = (("api/ask", ASK), (CHAT, _chat()), ("api/search", ASK))[number % 3]
            return client.post(path, json=body).status_code

        with ThreadPoolExecutor(20) as threads:
            statuses = list(threads.map(ask, range(60)))
        assert set(statuses) == {200, 429}
        counts = server.metrics()
        posted = [name for name in counts if name.startswith('rag_requests_total{method="POST"')]
        answered = sum(counts[name] for name in posted if 'status="200"' in name)
        assert answered == statuses.count(200)
        assert counts['rag_problems_total{code="queue_full"}'] == statuses.count(429)


@pytest.mark.parametrize("ends", [True, False])
def test_the_end_finishes_what_can_be_finished_and_tells_the_others(tmp_path: Path, ends: bool) -> None:
    more = {"RAG_TEST_PAUSE_S": "0.2"} if ends else ENDLESS
    with serving(tmp_path, **more) as server, server.client() as client:
        until(lambda: client.get("readyz").status_code == 200)
        with writing(client) as (_, events), client.stream("POST", "api/ask", json=ASK, headers=STREAM) as second:
            waiting = events_of(second)
            until(lambda: next(waiting)["event"] == "queued")
            told: list[float] = []
            start = time.monotonic()
            stopping = threading.Thread(target=server.stop, args=[signal.SIGTERM])
            stopping.start()
            *_, last = waiting
            told.append(time.monotonic() - start)
            assert last["error"]["code"] == "shutting_down"
            *_, last = events
            assert (last["event"] == "finished") if ends else (last["error"]["code"] == "shutting_down")
            stopping.join(30)
            assert told[0] < 5 and time.monotonic() - start < 20
    assert server.lines()[-1]["event"] == "ended"


def test_searches_that_wait_at_the_end_are_made(tmp_path: Path) -> None:
    """As many as have been received; who comes later is told that it ends, or finds nobody."""
    searches = 60
    with serving(tmp_path) as server, server.client() as client:
        until(lambda: client.get("readyz").status_code == 200)

        def search(_: int) -> int | None:
            try:
                return client.post("api/search", json=ASK).status_code
            except httpx.TransportError:
                return None

        with ThreadPoolExecutor(searches) as threads:
            asked = [threads.submit(search, number) for number in range(searches)]
            until(lambda: any(one.done() for one in asked))
            server.stop(signal.SIGTERM)
            statuses = [one.result() for one in asked]
    assert set(statuses) <= {200, 503, None} and 200 in statuses
    logged = [line["status"] for line in server.lines() if line.get("route") == "/api/search"]
    assert sorted(logged) == sorted(status for status in statuses if status)
