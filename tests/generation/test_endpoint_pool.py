"""Several endpoints as one generator, against small true HTTP servers and against two real ones."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from rag.config import Settings
from rag.errors import EndpointUnusable, GenerationFailed, InvalidSetting
from rag.generation.endpoint import EndpointGenerator
from rag.generation.endpoint_pool import EndpointPool
from rag.generation.llama_cpp import LlamaCppGenerator
from rag.protocols import Message
from rag.runtime.assembly import make_generator
from rag.runtime.doctor import examine
from tests.support.http_endpoint import DONE, STOP, Endpoint, Handler, Reply, broken_off, delta, scored, sent, streamed
from tests.support.llama_server import serving
from tests.support.ports import free_port

ASK = [Message("user", "Quelle est la capitale de la France ?")]
# The first rest of an endpoint, and a little more.
REST_S = 1.1


class Moody(Handler):
    """Answers nothing well while the server is down."""

    server: MoodyEndpoint

    def do_GET(self) -> None:  # noqa: N802
        if self.server.is_down:
            self.server.asked.append(None)
            self.json({"error": "loading"}, 503)
        else:
            super().do_GET()


class MoodyEndpoint(Endpoint):
    """An endpoint that may be down."""

    def __init__(self, says: str) -> None:
        super().__init__()
        self.RequestHandlerClass = Moody
        self.reply = streamed(says)
        self.is_down = False

    @property
    def questions(self) -> int:
        """How many chats it was asked for."""
        return sum(body is not None for body in self.asked)

    @property
    def looks(self) -> int:
        """How often it was asked for its models."""
        return len(self.asked) - self.questions


@pytest.fixture
def servers() -> Iterator[tuple[MoodyEndpoint, MoodyEndpoint]]:
    """Two with one model; the first says « un », the second « deux »."""
    with MoodyEndpoint("un") as one, MoodyEndpoint("deux") as two:
        for server in (one, two):
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield one, two
        for server in (one, two):
            server.shutdown()


Servers = tuple[MoodyEndpoint, MoodyEndpoint]


def pool_of(*servers: Endpoint, deadline_s: float = 20.0, timeout_s: float = 0.4) -> EndpointPool:
    return EndpointPool([EndpointGenerator(s.url, timeout_s=timeout_s) for s in servers], deadline_s=deadline_s)


def text_of(generator: EndpointPool) -> str:
    return "".join(token.text for token in generator.stream(ASK, 40))


def unwell(handler: Handler, body: dict[str, Any]) -> None:
    handler.json({"error": {"message": "loading model"}}, 503)


def silent(handler: Handler, body: dict[str, Any]) -> None:
    time.sleep(2)


def test_the_least_busy_is_asked_and_of_equals_the_first(servers: Servers) -> None:
    one, two = servers
    held = threading.Event()

    def slow(handler: Handler, body: dict[str, Any]) -> None:
        handler.raw(delta(content="un"))
        held.wait(5)
        handler.wfile.write((STOP + DONE).encode())

    pool = pool_of(one, two, timeout_s=10)
    assert [text_of(pool), text_of(pool)] == ["un", "un"]
    one.reply = slow
    first = pool.stream(ASK, 40)
    assert next(first).text == "un"
    assert text_of(pool) == "deux"
    held.set()
    list(first)
    one.reply = streamed("un")
    assert text_of(pool) == "un"


def test_a_stream_that_is_closed_leaves_its_endpoint_free(servers: Servers) -> None:
    pool = pool_of(*servers)
    stream = pool.stream(ASK, 40)
    next(stream)
    stream.close()
    assert text_of(pool) == "un"


FAILURES: list[tuple[str, Reply]] = [
    ("unwell", unwell),
    ("busy", lambda handler, body: handler.json({"error": "slow down"}, 429)),
    ("silent", silent),
    ("hangs up", lambda handler, body: None),
    ("ends before a word", sent("")),
    ("ends within a thought", sent(delta(content="<think>Voyons"))),
]


@pytest.mark.parametrize("reply", [reply for _, reply in FAILURES], ids=[name for name, _ in FAILURES])
def test_what_fails_before_a_word_is_gone_round_and_set_aside(servers: Servers, reply: Reply) -> None:
    one, two = servers
    pool = pool_of(one, two)
    pool.load()
    one.reply = reply
    assert [text_of(pool), text_of(pool)] == ["deux", "deux"]
    assert one.questions == 2, "once when it was loaded, once in vain"


def test_choices_are_scored_by_another_too(servers: Servers) -> None:
    one, two = servers
    one.reply, two.reply = unwell, scored([("Oui", -0.2), ("Non", -1.9)])
    assert pool_of(one, two).score_choices(ASK, ["Oui", "Non"]) == [-0.2, -1.9]


@pytest.mark.parametrize("status", [400, 401, 404])
def test_what_another_would_refuse_as_well_is_told(servers: Servers, status: int) -> None:
    one, two = servers
    pool = pool_of(one, two)
    pool.load()
    one.reply = lambda handler, body: handler.json({"error": "no"}, status)
    for _ in range(2):
        with pytest.raises(GenerationFailed, match=f"HTTP {status}"):
            text_of(pool)
    assert two.questions == 1, "when it was loaded"


@pytest.mark.parametrize("reply", [broken_off, sent(delta(content="Pa"))], ids=["broken off", "ends early"])
def test_a_reply_that_has_begun_is_not_begun_again(servers: Servers, reply: Reply) -> None:
    one, two = servers
    pool = pool_of(one, two)
    one.reply = reply
    stream = pool.stream(ASK, 40)
    assert next(stream).text in ("Pa", "Paris")
    with pytest.raises(GenerationFailed):
        list(stream)
    assert two.questions == 0
    assert text_of(pool) == "deux"


def test_an_endpoint_is_used_again_when_it_tells_its_model(servers: Servers) -> None:
    one, two = servers
    pool = pool_of(one, two)
    one.reply, one.is_down = unwell, True
    pool.load()
    looks = one.looks
    assert text_of(pool) == "deux"
    assert one.looks == looks, "it rests"
    time.sleep(REST_S)
    assert [text_of(pool), text_of(pool)] == ["deux", "deux"]
    assert one.looks == looks + 1, "once, and then it rests for longer"
    one.reply, one.is_down = streamed("un"), False
    time.sleep(REST_S)
    assert text_of(pool) == "deux", "the second rest is not over"
    time.sleep(REST_S)
    assert text_of(pool) == "un"


def test_where_all_rest_none_is_spared(servers: Servers) -> None:
    one, two = servers
    pool = pool_of(one, two)
    pool.load()
    for server in servers:
        server.reply, server.is_down = unwell, True
    for _ in range(2):
        with pytest.raises(GenerationFailed) as caught:
            text_of(pool)
        assert all(f"{server.url}: HTTP 503" in str(caught.value.fields["reason"]) for server in servers)
    two.reply, two.is_down = streamed("deux"), False
    assert text_of(pool) == "deux", "without waiting for its rest to end"


def test_all_serve_one_model(servers: Servers) -> None:
    one, two = servers
    two.models = ["grand-70b"]
    with pytest.raises(EndpointUnusable) as caught:
        pool_of(one, two).load()
    assert caught.value.fields["url"] == two.url
    assert caught.value.fields["reason"] == f"its model is grand-70b, that of {one.url} is petit-8b"
    two.models = ["/elsewhere/petit-8b.gguf"]
    pool = pool_of(one, two)
    pool.load()
    assert pool.name == "petit-8b"


def test_an_endpoint_that_comes_back_with_another_model_stays_aside(servers: Servers) -> None:
    one, two = servers
    pool = pool_of(one, two)
    pool.load()
    one.reply = unwell
    assert text_of(pool) == "deux"
    one.models, one.reply = ["grand-70b"], streamed("un")
    time.sleep(REST_S)
    assert text_of(pool) == "deux"


def test_not_all_have_to_be_there(servers: Servers) -> None:
    _, two = servers
    gone = EndpointGenerator(f"http://127.0.0.1:{free_port()}")
    pool = EndpointPool([gone, EndpointGenerator(two.url)])
    pool.load()
    assert text_of(pool) == "deux"
    with pytest.raises(EndpointUnusable, match="Connection refused"):
        EndpointPool([gone, gone]).load()


@pytest.mark.parametrize("begun", [False, True])
def test_a_request_has_one_deadline(servers: Servers, begun: bool) -> None:
    def endless(handler: Handler, body: dict[str, Any]) -> None:
        handler.start(200, "text/event-stream")
        while True:
            handler.wfile.write(delta(content="mot ").encode())
            time.sleep(0.05)

    pool = pool_of(*servers, deadline_s=1.8, timeout_s=1.5)
    pool.load()
    for server in servers:
        server.reply = endless if begun else silent
    start = time.monotonic()
    with pytest.raises(GenerationFailed, match=r"no answer within [01]") as caught:
        text_of(pool)
    assert 1.7 < time.monotonic() - start < 2.9  # two servers that are silent for as long as they may take 3 s
    assert (servers[0].url in str(caught.value)) is not begun


@pytest.mark.parametrize("between", [",", " ", ", ", "\n"])
def test_the_setting_names_several(servers: Servers, monkeypatch: pytest.MonkeyPatch, between: str) -> None:
    monkeypatch.setenv("RAG_GENERATOR_KEY", "sesame")
    pool = make_generator(Settings(generator=between.join(server.url for server in servers), token_deadline_s=1))
    assert isinstance(pool, EndpointPool)
    pool.load()
    assert [server.keys[-1] for server in servers] == ["Bearer sesame"] * 2
    servers[0].reply = silent
    assert text_of(pool) == "deux"


def test_an_address_that_is_none_among_several() -> None:
    with pytest.raises(InvalidSetting):
        make_generator(Settings(generator="http://127.0.0.1:8080, petit.gguf"))


@pytest.mark.parametrize(
    ("unwell_ones", "second_model", "told"),
    [
        (0, "petit-8b", ["ok", "ok", "ok"]),
        (1, "petit-8b", ["warning", "ok"]),
        (2, "petit-8b", ["failed", "failed"]),
        (0, "grand-70b", ["ok", "ok", "failed"]),
    ],
)
@pytest.mark.slow
def test_doctor_tells_the_state_of_each(servers: Servers, unwell_ones: int, second_model: str, told: list[str]) -> None:
    servers[1].models = [second_model]
    for server in servers[:unwell_ones]:
        server.reply = unwell
    checks = examine(Settings(generator=",".join(server.url for server in servers)), "en")
    found = [check for check in checks if check.name in ("generator", "model")]
    assert [check.status for check in found] == told
    assert all(server.url in check.finding for server, check in zip(servers, found, strict=False))


@pytest.mark.models
def test_a_real_server_killed_midway_and_back(models_dir: Path, tmp_path: Path) -> None:
    local = make_generator(Settings(models_dir=models_dir))
    assert isinstance(local, LlamaCppGenerator)
    asked = [*ASK, Message("assistant", "Paris."), Message("user", "Et celle de l'Italie ?")]
    flags = ["--n_ctx=512", "--n_threads=1"]
    ports = [free_port(), free_port()]
    with ExitStack() as running:
        (url, first), (other, second) = (
            running.enter_context(serving(local.path, tmp_path / f"log{port}", *flags, port=port)) for port in ports
        )
        pool = EndpointPool([EndpointGenerator(url), EndpointGenerator(other)])
        pool.load()
        assert pool.name == local.name
        stream = pool.stream([Message("user", "Compte de un à cent, en toutes lettres.")], 200)
        assert next(stream).text
        first.kill()
        with pytest.raises(GenerationFailed):
            list(stream)
        for _ in range(2):
            assert "Rome" in "".join(token.text for token in pool.stream(asked, 20))
        running.enter_context(serving(local.path, tmp_path / "again", *flags, port=ports[0]))
        second.kill()
        assert "Rome" in "".join(token.text for token in pool.stream(asked, 20))
