"""What stands between the chat page and the network: names, headers, sizes, logins, ports, the end."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import PIPE

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from rag.chat.web import LoginBrake, password_check
from rag.errors import CannotListen, LoginMissing
from rag.runtime.http import SECURITY_HEADERS, Guard, is_loopback, listen, own_names, url_of
from tests.support.commands import run_rag
from tests.support.paths import PROJECT

PASSWORDS = {"anne": "sésame, ouvre-toi", "bob": "1234:5678"}


# Gradio leaves event loops and sockets unclosed, which would fail whatever test comes next: it has its own process.
PAGE = """
import sys
import time
import gradio as gr
from rag.chat.web import make_app
from rag.runtime.http import listen, serve, url_of

def answer(question: str) -> str:
    text = ""
    while True:
        time.sleep(0.02)
        text += "word "
        yield text

with gr.Blocks() as blocks:
    gr.api(answer, api_name="answer")
passwords = dict(zip(sys.argv[1::2], sys.argv[2::2]))
listener = listen("127.0.0.1", 0)
print(url_of(listener), flush=True)
serve(make_app(blocks, auth=passwords, most_body_bytes=10_000), listener)
print("cleaned up", flush=True)
"""


@contextmanager
def serving(passwords: Mapping[str, str]) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A small page, with a body of at most 10 kB, and an answer that never ends: its address and its process."""
    arguments = [text for login in passwords.items() for text in login]
    process = subprocess.Popen(
        [sys.executable, "-c", PAGE, *arguments], cwd=PROJECT, stdout=PIPE, stderr=PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip().rstrip("/"), process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def page() -> Iterator[str]:
    """The address of a page behind a login."""
    with serving(PASSWORDS) as (address, _):
        yield address


async def echo(request: Request) -> Response:
    """What was sent."""
    return PlainTextResponse(str(len(await request.body())))


ECHO = Starlette(routes=[Route("/", echo, methods=["GET", "POST"])])


def ask_guard(names: frozenset[str] | None, method: str, headers: dict[str, str], body: bytes = b"") -> httpx.Response:
    """The response of a guarded `echo`, without a network."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(Guard(ECHO, names, most_body_bytes=100))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, "/", headers=headers, content=body)

    return asyncio.run(ask())


# Names and headers


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/", "/healthz", "/config", "/absent"])
def test_every_response_keeps_the_browser_here(page: str, path: str) -> None:
    headers = httpx.get(page + path).headers
    assert {name: headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["frame-ancestors"] == "'none'"
    assert not any("http" in sources or "*" in sources for sources in policy.values())


@pytest.mark.parametrize(
    ("host", "asked", "status"),
    [
        ("127.0.0.1", "127.0.0.1:7860", 200),
        ("127.0.0.1", "localhost:9000", 200),
        ("127.0.0.1", "LOCALHOST", 200),
        ("127.0.0.1", "[::1]:7860", 200),
        ("127.0.0.1", "evil.example:7860", 421),
        ("127.0.0.1", "127.0.0.1.evil.example", 421),
        ("127.0.0.1", "localhost@evil.example", 421),
        ("127.0.0.1", "[::1", 421),
        ("127.0.0.1", "", 421),
        ("192.168.1.5", "192.168.1.5:7860", 200),
        ("192.168.1.5", "evil.example", 421),
        ("archive.local", "archive.local:7860", 200),
        ("0.0.0.0", "archive.example", 200),
        ("::", "archive.example", 200),
    ],
)
def test_a_request_under_a_foreign_name_is_refused(host: str, asked: str, status: int) -> None:
    response = ask_guard(own_names(host), "GET", {"Host": asked})
    assert response.status_code == status
    assert response.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("method", "origin", "status"),
    [
        ("POST", None, 200),
        ("POST", "http://localhost:7860", 200),
        ("POST", "https://localhost:7860", 200),
        ("POST", "http://localhost:80", 403),
        ("POST", "http://evil.example", 403),
        ("POST", "null", 403),
        ("GET", "http://evil.example", 200),
    ],
)
def test_another_page_cannot_send_anything(method: str, origin: str | None, status: int) -> None:
    headers = {"Host": "localhost:7860"} | ({"Origin": origin} if origin else {})
    assert ask_guard(own_names("127.0.0.1"), method, headers).status_code == status


@pytest.mark.parametrize(("size", "status"), [(100, 200), (101, 413)])
@pytest.mark.parametrize("announced", [True, False])
def test_a_body_has_a_largest_size(size: int, status: int, announced: bool) -> None:
    headers = {"Content-Length": str(size)} if announced else {"Transfer-Encoding": "chunked"}
    response = ask_guard(None, "POST", headers, b"x" * size)
    assert response.status_code == status
    assert response.text == "100" or status == 413


@pytest.mark.slow
def test_the_page_refuses_a_large_body_before_the_login(page: str) -> None:
    assert httpx.post(page + "/login", data={"username": "a", "password": "x" * 20_000}).status_code == 413


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.5", False),
        ("localhost.evil.example", False),
    ],
)
def test_which_addresses_are_of_this_machine_alone(host: str, alone: bool) -> None:
    assert is_loopback(host) == alone


# Logins


@pytest.mark.slow
def test_nothing_is_shown_before_the_login_but_that_it_is_there(page: str) -> None:
    assert httpx.get(page + "/healthz").text == "ok"
    assert httpx.get(page + "/config").status_code == 401
    with httpx.Client(base_url=page) as client:
        login = client.post("/login", data={"username": "anne", "password": PASSWORDS["anne"]})
        assert login.status_code == 200
        assert client.get("/config").json()["components"]


@pytest.mark.parametrize(
    ("user", "password", "right"),
    [
        ("anne", "sésame, ouvre-toi", True),
        ("bob", "1234:5678", True),
        ("bob", "sésame, ouvre-toi", False),
        ("anne", "", False),
        ("ann", "esésame, ouvre-toi", False),
        ("", "", False),
    ],
)
def test_a_password_belongs_to_its_user(user: str, password: str, right: bool) -> None:
    assert password_check(PASSWORDS)(user, password) == right


def test_failed_logins_of_an_address_come_slowly_and_hold_up_nobody_else() -> None:
    times: dict[str, list[float]] = {"a": [], "b": []}

    async def log_in(request: Request) -> Response:
        assert request.client is not None
        times[request.client.host].append(time.monotonic())
        return PlainTextResponse("", 400 if request.client.host == "a" else 200)

    app = LoginBrake(Starlette(routes=[Route("/login", log_in, methods=["POST"])]), pause_s=0.2)

    async def attempt(address: str) -> None:
        transport = httpx.ASGITransport(app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await client.post("/login")

    async def attempts() -> None:
        await asyncio.gather(*(attempt(address) for address in "aaabbb"))

    asyncio.run(attempts())
    assert all(later - earlier >= 0.2 for earlier, later in zip(times["a"], times["a"][1:], strict=False))
    assert len(times["a"]) == len(times["b"]) == 3
    assert times["b"][-1] < times["a"][1]


# The command


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "fr"])
def test_others_are_not_let_in_without_a_login(language: str, tmp_path: Path) -> None:
    done = run_rag("chat", "--host", "0.0.0.0", cwd=tmp_path, LC_ALL=f"{language}.UTF-8")
    assert (done.returncode, done.stdout) == (2, "")
    error = LoginMissing(host="0.0.0.0")
    assert error.message(language) in done.stderr and error.next_step(language) in done.stderr
    assert "--auth" in done.stderr and "RAG_AUTH" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "variables", "place"),
    [
        (["--auth", "geheim"], {}, "--auth"),
        (["--auth", "a:b", "--auth", ":geheim"], {}, "--auth"),
        ([], {"RAG_AUTH": "a:b\ngeheim:"}, "RAG_AUTH"),
    ],
)
def test_a_login_without_user_or_password(
    arguments: list[str], variables: dict[str, str], place: str, tmp_path: Path
) -> None:
    done = run_rag("chat", *arguments, cwd=tmp_path, **variables)
    assert done.returncode == 2
    assert f"({place})" in done.stderr and "USER:PASSWORD" in done.stderr
    assert "geheim" not in done.stderr


@pytest.mark.slow
def test_a_port_in_use_is_named_with_what_to_do(tmp_path: Path) -> None:
    with closing(listen("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_rag("chat", "--port", port, "--no-browser", cwd=tmp_path, RAG_DATA_DIR=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert f"Port {port} of 127.0.0.1" in done.stderr and "--port" in done.stderr


@pytest.mark.parametrize("host", ["not an address", "a" * 300, "192.0.2.1"])
def test_an_address_that_is_not_ours_cannot_be_listened_at(host: str) -> None:
    with pytest.raises(CannotListen, match="--host"):
        listen(host, 0)


@pytest.mark.parametrize(("host", "url"), [("127.0.0.1", "http://127.0.0.1:{}/"), ("0.0.0.0", "http://localhost:{}/")])
def test_where_the_page_is(host: str, url: str) -> None:
    with closing(listen(host, 0)) as listener:
        assert url_of(listener) == url.format(listener.getsockname()[1])


# The end


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_soon_and_cleans_up_while_an_answer_is_written(number: signal.Signals) -> None:
    with serving({}) as (address, process):
        call = f"{address}/gradio_api/call/answer"
        event = httpx.post(call, json={"data": ["?"]}, timeout=60).json()["event_id"]
        with httpx.stream("GET", f"{call}/{event}", timeout=60) as response:
            lines = response.iter_lines()
            assert next(lines) == "event: generating"
            process.send_signal(number)
            start = time.monotonic()
            with pytest.raises(httpx.RemoteProtocolError):
                deque(lines, 0)
        assert process.communicate(timeout=60) == ("cleaned up\n", "")
        assert process.returncode == 0
        assert time.monotonic() - start < 20
