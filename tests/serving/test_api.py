"""`/api` and what supervises the server: the contracts, languages, streams, articles, logs and counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from rag.contracts import AnswerObject, HitsObject
from rag.serving.schemas import ArticleObject, ArticlesObject, EventObject
from tests.support.api_process import QUESTION, Server, serving
from tests.support.contract_checks import check_answer, check_spans, schema
from tests.support.paths import SEEDS

EVENT: TypeAdapter[Any] = TypeAdapter(EventObject)


def test_an_answer_is_the_object_of_the_command_line(server: Server) -> None:
    with server.client() as client:
        reply = client.post("api/ask", json={"question": QUESTION, "id": 7}, headers={"X-Request-Id": "mine-1"})
    answer = reply.json()
    check_answer(answer)
    assert answer["id"] == 7 and answer["answered"]
    AnswerObject.model_validate(answer, extra="forbid")
    assert reply.headers["X-Request-Id"] == "mine-1"
    assert reply.headers["X-Queue-Place"] == "0" and reply.headers["X-Queue-Wait"] == "0.0"


@pytest.mark.parametrize("kind", ["text/event-stream", "application/x-ndjson"])
def test_a_stream_tells_each_event(server: Server, kind: str) -> None:
    with server.client() as client:
        reply = client.post("api/ask", json={"question": QUESTION}, headers={"Accept": f"{kind}, */*"})
    assert reply.headers["Content-Type"].startswith(kind)
    lines = reply.text.splitlines()
    if kind == "text/event-stream":
        names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
        lines = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
        assert names == [json.loads(line)["event"] for line in lines]
    events = [EVENT.validate_json(line, extra="forbid") for line in lines]
    assert [events[0].event, events[-1].event] == ["found", "finished"]
    assert {"written", "checked"} <= {event.event for event in events}
    checked = [event.text for event in events if event.event == "checked"]
    assert " ".join(checked) == events[-1].answer.answer


def test_a_search(server: Server) -> None:
    with server.client() as client:
        found = client.post("api/search", json={"question": QUESTION, "k": 3, "sources": ["cnews"]}).json()
        sentences = client.post("api/search", json={"question": QUESTION, "evidence": True, "explain": True}).json()
    for hits in (found, sentences):
        schema("search").validate(hits)
        HitsObject.model_validate(hits, extra="forbid")
        check_spans(hits["hits"], "text")
    assert len(found["hits"]) == 3 and {hit["source"] for hit in found["hits"]} == {"CNEWS"}
    assert all(hit["parts"] for hit in sentences["hits"])


def test_articles_and_one_with_its_text(server: Server) -> None:
    with server.client() as client:
        listed = client.get("api/articles").json()
        some = client.get("api/articles", params={"since": "2025-09-04", "limit": 1, "offset": 1}).json()
        ArticlesObject.model_validate(listed, extra="forbid")
        assert listed["total"] == len(listed["articles"]) == 5
        assert 1 < some["total"] < 5 and len(some["articles"]) == 1
        name = listed["articles"][0]["document"]
        article = client.get(f"api/articles/{name}").json()
    ArticleObject.model_validate(article, extra="forbid")
    assert article["text"] == (SEEDS / name).read_bytes().decode()


@pytest.mark.parametrize(
    "name",
    ["../manifest.json", "..%2Fmanifest.json", "%2Fetc%2Fpasswd", "/etc/passwd", "....//etc/passwd", "file:///etc/passwd",
     "absent.txt", "%00", "*"],
)  # fmt: skip
def test_a_name_is_looked_up_and_opens_no_file(server: Server, name: str) -> None:
    with server.client() as client:
        reply = client.get(f"{server.url}api/articles/{name}")
    assert reply.status_code == 404
    assert "root:" not in reply.text and '"schema"' not in reply.text


@pytest.mark.parametrize(
    ("languages", "text"),
    [("fr-FR,fr;q=0.9,en;q=0.8", "manque"), ("en", "is missing"), ("de, fr;q=0.5", "manque"), ("de", "is missing"),
     ("fr;q=0.1, en;q=0.2", "is missing"), (";;q=,", "is missing")],
)  # fmt: skip
def test_errors_speak_the_clients_language(server: Server, languages: str, text: str) -> None:
    with server.client() as client:
        reply = client.post("api/ask", json={}, headers={"Accept-Language": languages})
    error = reply.json()["error"]
    assert reply.status_code == 400 and text in error["message"]
    assert (error["code"], error["param"]) == ("missing_parameter", "question")


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ('{"question": "?"}', 422, "empty_question"),
        ('{"question": "%s"}' % ("mot " * 1000), 422, "question_too_long"),
        ('{"question": "a", "since": "2025-13"}', 400, "invalid_value"),
        ('{"question": "a", "since": "2025-02-30"}', 422, "bad_date"),
        ('{"question": "a", "since": "2026", "until": "2025"}', 422, "period_reversed"),
        ('{"question": "a", "sources": ["nobody"]}', 422, "unknown_source"),
        ('{"question": "a", "documents": ["none.txt"]}', 422, "unknown_document"),
        ('{"question": "\\ud800"}', 400, "invalid_value"),
        ('{"question": 1}', 400, "invalid_value"),
        ('{"question": "a", "more": 1}', 400, "unsupported_parameter"),
        ('{"question"', 400, "not_json"),
        ("[" * 100_000, 400, "bad_request"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_question_is_told_before_anything_else(
    server: Server, body: str, status: int, code: str, kind: str
) -> None:
    with server.client() as client:
        reply = client.post("api/ask", content=body, headers={"Content-Type": "application/json", "Accept": kind})
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "api/none", 404, "not_found"), ("DELETE", "api/ask", 405, "method_not_allowed"),
     ("GET", "v1/none", 404, "not_found")],
)  # fmt: skip
def test_routes_that_are_not_there(server: Server, method: str, path: str, status: int, code: str) -> None:
    with server.client() as client:
        reply = client.request(method, path)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)


def test_the_page_is_at_the_same_port(server: Server) -> None:
    with server.client() as client:
        assert "gradio" in client.get("").text
        assert client.get("config").json()["components"]


def test_readiness_follows_models_and_index(tmp_path: Path) -> None:
    with serving(tmp_path, RAG_TEST_LOAD_S="3") as server, server.client() as client:
        reply = client.get("readyz")
        assert (reply.status_code, reply.json()["models"]) == (503, "loading")
        refused = client.post("api/ask", json={"question": QUESTION})
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "models_loading")
        assert int(refused.headers["Retry-After"]) > 0
        assert client.get("api/articles").json()["total"] == 5
        _wait_until_ready(server)
        (tmp_path / "index" / "manifest.json").unlink()
        assert client.get("readyz").json() == {"ready": False, "models": "ready", "index": False}
        gone = client.post("api/search", json={"question": QUESTION})
        assert (gone.status_code, gone.json()["error"]["code"]) == (503, "not_available")
        assert str(tmp_path) not in gone.text
    assert any(str(tmp_path) in line.get("detail", "") for line in server.lines())


def _wait_until_ready(server: Server) -> None:
    import time

    end = time.monotonic() + 60
    with server.client() as client:
        while client.get("readyz").status_code != 200:
            assert time.monotonic() < end
            time.sleep(0.1)


@pytest.mark.parametrize("logged", [False, True])
def test_each_request_is_in_the_log_and_in_the_counts(tmp_path: Path, logged: bool) -> None:
    more = {"RAG_TEST_LOG_QUESTIONS": "1"} if logged else {}
    with serving(tmp_path, **more) as server, server.client() as client:
        _wait_until_ready(server)
        before = server.metrics()
        client.post("api/ask", json={"question": QUESTION}, headers={"X-Request-Id": "first"})
        client.post("api/ask", json={"question": "Allemagne", "x": "secret word"}, headers={"X-Request-Id": "no good"})
        client.get("")
        counts = server.metrics()
    lines = [line for line in server.lines() if line["event"] == "request"]
    first = next(line for line in lines if line["id"] == "first")
    assert (first["route"], first["status"], first.get("question")) == ("/api/ask", 200, QUESTION if logged else None)
    assert "secret word" not in server.log() and "no good" not in server.log()
    assert ("Allemagne" in server.log()) == logged
    assert counts['rag_requests_total{method="POST",route="/api/ask",status="200"}'] == 1
    assert counts['rag_requests_total{method="POST",route="/api/ask",status="400"}'] == 1
    assert counts['rag_problems_total{code="unsupported_parameter"}'] == 1
    assert counts['rag_requests_total{method="GET",route="page",status="200"}'] == 1
    assert counts['rag_answers_total{outcome="answered"}'] == 1
    assert counts["rag_generation_seconds_count"] - before["rag_generation_seconds_count"] == 1
    assert counts['rag_tokens_total{kind="answer"}'] > 0
    assert counts['rag_models{rag_models="ready"}'] == 1 and counts["rag_articles"] == 5
    assert counts["rag_queue_length"] == 0
