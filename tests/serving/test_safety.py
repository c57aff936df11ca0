"""Who is let in, what a request may be, and what every response carries."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from rag.errors import InvalidSetting, TokenMissing
from rag.runtime.http import SECURITY_HEADERS
from rag.serving.app import MOST_BODY_BYTES
from rag.serving.security import BodyClock, read_token
from tests.support.api_process import QUESTION, Server, serving
from tests.support.commands import run_rag

TOKEN = "a-token-of-more-than-sixteen"
PATHS = ["api/articles", "v1/models", "metrics", "openapi.json", "api/none"]


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that asks for a token."""
    with serving(tmp_path_factory.mktemp("closed"), RAG_TOKEN=TOKEN) as server:
        yield server


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "given", [None, "", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer é", "Bearer"]
)
def test_nothing_without_the_token(closed: Server, path: str, given: str | None) -> None:
    headers = {} if given is None else {b"Authorization": given.encode()}
    reply = httpx.get(closed.url + path, headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (401, "unauthorized")
    assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_with_the_token_everything_and_without_it_health(closed: Server) -> None:
    with closed.client(TOKEN) as client:
        assert client.get("api/articles").status_code == 200
        assert client.get("openapi.json").json()["security"] == [{"token": []}]
    assert httpx.get(f"{closed.url}healthz").text == "ok"
    assert httpx.get(f"{closed.url}readyz").json()["ready"] in (True, False)
    assert TOKEN not in closed.log()


def test_the_page_asks_for_the_token_too(closed: Server) -> None:
    with httpx.Client(base_url=closed.url, timeout=60) as client:
        assert client.get("config").status_code == 401
        assert client.post("login", data={"username": "rag", "password": "wrong"}).status_code == 400
        assert client.post("login", data={"username": "rag", "password": TOKEN}).status_code == 200
        assert client.get("config").json()["components"]
        # A login to the page is none to the API.
        assert client.get("api/articles").status_code == 401


@pytest.mark.parametrize("path", ["api/articles", "api/none", "healthz", "metrics", ""])
def test_every_response_has_the_security_headers_and_no_cors(server: Server, path: str) -> None:
    reply = httpx.get(server.url + path, headers={"Origin": "http://evil.example"})
    assert {name: reply.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert reply.headers["X-Request-Id"]
    assert not [name for name in reply.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Host": "evil.example"}, 421, "foreign_host"),
        ({"Host": "127.0.0.1.evil.example"}, 421, "foreign_host"),
        ({"Origin": "http://evil.example"}, 403, "foreign_origin"),
        ({"Origin": "null"}, 403, "foreign_origin"),
        ({"Content-Type": "text/plain"}, 400, "invalid_value"),  # what another page may send without being asked
    ],
)
def test_no_other_site_can_ask(server: Server, headers: dict[str, str], status: int, code: str) -> None:
    content = json.dumps({"question": QUESTION})
    reply = httpx.post(f"{server.url}api/ask", content=content, headers={"Content-Type": "application/json"} | headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)


def test_another_page_may_not_be_told_that_it_can(server: Server) -> None:
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    assert httpx.options(f"{server.url}api/ask", headers=asked).status_code == 405


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_has_a_largest_size(server: Server, announced: bool) -> None:
    body = b"x" * (MOST_BODY_BYTES + 1)
    content = body if announced else iter([body])
    reply = httpx.post(
        f"{server.url}api/ask", content=content, headers={"Content-Type": "application/json"}, timeout=60
    )
    assert (reply.status_code, reply.json()["error"]["code"]) == (413, "too_large")


def test_a_body_has_a_time_to_come() -> None:
    async def echo(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    async def slowly() -> Iterator[bytes]:  # type: ignore[misc]
        for _ in range(20):
            await asyncio.sleep(0.05)
            yield b"x"

    async def ask(seconds: float) -> int:
        app = BodyClock(Starlette(routes=[Route("/", echo, methods=["POST"])]), seconds)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return (await client.post("/", content=slowly())).status_code

    assert asyncio.run(ask(60)) == 200
    assert asyncio.run(ask(0.2)) == 408


def test_headers_have_a_largest_size(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000)
        assert connection.recv(100).startswith(b"HTTP/1.1 4")


# The command


@pytest.mark.parametrize("language", ["en", "fr"])
def test_others_are_not_let_in_without_a_token(language: str, tmp_path: Path) -> None:
    done = run_rag("serve", "--host", "0.0.0.0", "--auth", "a:b", cwd=tmp_path, LC_ALL=f"{language}.UTF-8")
    assert (done.returncode, done.stdout) == (2, "")
    error = TokenMissing(host="0.0.0.0")
    assert error.message(language) in done.stderr and error.next_step(language) in done.stderr


@pytest.mark.parametrize("content", ["short", "", "with a space in the middle", "accentué-accentué-accentué"])
def test_a_token_that_is_none(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "token"
    path.write_text(content, encoding="utf-8")
    monkeypatch.setenv("RAG_TOKEN", TOKEN)  # the file counts
    with pytest.raises(InvalidSetting) as refused:
        read_token(path)
    assert not content or content not in str(refused.value)


def test_where_the_token_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_token(None) is None
    monkeypatch.setenv("RAG_TOKEN", TOKEN)
    assert read_token(None) == TOKEN
    (tmp_path / "token").write_text(f"{TOKEN[::-1]}\n", encoding="utf-8")
    assert read_token(tmp_path / "token") == TOKEN[::-1]
    done = run_rag("serve", "--token-file", str(tmp_path / "absent"), cwd=tmp_path)
    assert done.returncode == 5 and "absent" in done.stderr


def test_over_tls(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    server = Server(tmp_path)
    start = "from rag.cli import main; main()"
    options = ["--cert", str(certificate), "--key", str(key), "--port", str(server.port)]
    command = [sys.executable, "-c", start, "serve", *options]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=_places(tmp_path)) as process:
        assert process.stderr is not None
        listening = json.loads(process.stderr.readline())
        assert listening["url"] == f"https://127.0.0.1:{server.port}/"
        context = ssl.create_default_context(cafile=str(certificate))
        with httpx.Client(verify=context, base_url=listening["url"], timeout=60) as client:
            assert client.get("healthz").text == "ok"
            # Without an index and without models it is there and says so.
            assert client.get("readyz").status_code == 503
        process.terminate()
        assert process.wait(60) == 0


def test_a_certificate_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("none", encoding="utf-8")
    done = run_rag(
        "serve", "--cert", str(tmp_path / "cert.pem"), "--port", "0", cwd=tmp_path, RAG_DATA_DIR=str(tmp_path)
    )
    assert done.returncode == 2 and "--cert" in done.stderr


def _places(folder: Path) -> dict[str, str]:
    import os

    return {**os.environ, "RAG_INDEX": str(folder / "i"), "RAG_MODELS_DIR": str(folder), "RAG_DATA_DIR": str(folder)}
