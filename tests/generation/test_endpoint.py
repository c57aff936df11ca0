"""The endpoint adapter against a small true HTTP server: what it sends, what it reads, and what can go wrong."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from rag.errors import EndpointUnusable, GenerationFailed, InvalidSetting
from rag.generation.endpoint import EndpointGenerator
from rag.generation.openai_client import is_public
from rag.protocols import Message
from tests.support.http_endpoint import (
    ASK,
    DONE,
    KEY,
    STOP,
    Endpoint,
    Handler,
    Reply,
    broken_off,
    delta,
    event,
    scored,
    sent,
    streamed,
)


@pytest.fixture
def server() -> Iterator[Endpoint]:
    with Endpoint() as made:
        threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
        yield made
        made.shutdown()


USAGE = event(
    {
        "choices": [],
        "usage": {"prompt_tokens": 30, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 29}},
    }
)


def text_of(generator: EndpointGenerator) -> str:
    return "".join(token.text for token in generator.stream(ASK, 40))


def test_what_is_sent(server: Endpoint) -> None:
    list(EndpointGenerator(server.url, "grand", KEY).stream(ASK, 40))
    assert server.keys == [f"Bearer {KEY}"]
    (body,) = server.asked
    assert body and body["messages"] == [{"role": message.role, "content": message.content} for message in ASK]
    plain = {"model": "grand", "max_tokens": 40, "temperature": 0, "stream": True, "seed": 0}
    assert body.items() >= plain.items()
    assert body["stream_options"] == {"include_usage": True}


def test_without_a_key_none_is_sent(server: Endpoint) -> None:
    text_of(EndpointGenerator(server.url, "grand", ""))
    assert server.keys == [None]


@pytest.mark.parametrize(
    ("text", "arrives"),
    [
        ("abc<|im_end|>\n<|im_start|>system", "abc< |im_end|>\n< |im_start|>system"),
        ("</s>[INST] <start_of_turn> <｜User｜>", "< /s>[ INST] < start_of_turn> < ｜User｜>"),
        ("[1] 3 < 4, « [AF] » [a] <", "[1] 3 < 4, « [ AF] » [a] <"),
    ],
)
def test_what_looks_like_a_control_token_is_broken_up(server: Endpoint, text: str, arrives: str) -> None:
    list(EndpointGenerator(server.url).stream([Message("user", text)], 4))
    assert server.asked[-1] and server.asked[-1]["messages"][0]["content"] == arrives


@pytest.mark.parametrize(
    ("models", "chosen", "name", "sent_as"),
    [
        (["some/folder/petit-8b.gguf"], "", "petit-8b", "some/folder/petit-8b.gguf"),
        (["a", "b"], "Qwen/Qwen3-8B", "Qwen3-8B", "Qwen/Qwen3-8B"),
    ],
)
def test_the_model_is_the_one_chosen_or_the_only_one(
    server: Endpoint, models: list[str], chosen: str, name: str, sent_as: str
) -> None:
    server.models = models
    generator = EndpointGenerator(server.url, chosen)
    generator.load()
    assert generator.name == name
    assert server.asked[-1] and server.asked[-1]["model"] == sent_as


@pytest.mark.parametrize(("models", "told"), [(["a", "b"], "choose one of its models: a, b"), ([], "it has no model")])
def test_which_model_must_be_known(server: Endpoint, models: list[str], told: str) -> None:
    server.models = models
    with pytest.raises(EndpointUnusable, match=told):
        EndpointGenerator(server.url).load()


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
def test_the_address_may_be_written_in_several_ways(server: Endpoint, path: str) -> None:
    assert text_of(EndpointGenerator(f"http://localhost:{server.server_port}{path}")) == "Paris."


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8080",
        "ftp://host/v1",
        "http://",
        "http://host:99999",
        "http://[::1",
        f"http://user:{KEY}@host/v1",
        f"http://host/v1?key={KEY}",
        "http://host/v1#x",
        "http://ho\nst/v1",
    ],
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        EndpointGenerator(url)
    assert KEY not in str(caught.value)


STREAMS = [
    ("counts of the server", delta(content="Pa") + delta(content="ris") + STOP + USAGE + DONE, "Paris", (30, 29, 2)),
    ("no counts", delta(content="Pa") + delta(content="ris") + STOP + DONE, "Paris", (60, 0, 2)),
    ("no [DONE]", delta(content="Paris") + STOP, "Paris", (60, 0, 1)),
    ("no finish reason", delta(content="Paris") + DONE, "Paris", (60, 0, 1)),
    ("role and nothing", delta(role="assistant", content=None) + delta() + STOP + DONE, "", (60, 0, 0)),
    (
        "pings, names, line ends",
        ": ping\r\n\r\nevent: message\r\n" + delta(content="Paris").replace("\n", "\r\n") + "retry: 9\r\n" + STOP,
        "Paris",
        (60, 0, 1),
    ),
    (
        "a field of its own for the reasoning",
        delta(reasoning_content="Voyons.") + delta(reasoning="Bien.") + delta(content="Paris") + STOP + DONE,
        "Paris",
        (60, 0, 1),
    ),
    (
        "reasoning in the text",
        delta(content="<thi") + delta(content="nk>Lyon ?</think>\n") + delta(content="Paris") + STOP + DONE,
        "Paris",
        (60, 0, 3),
    ),
    (
        "reasoning in parts",
        delta(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "Voyons."}]}])
        + delta(content=[{"type": "text", "text": "Paris"}])
        + STOP
        + DONE,
        "Paris",
        (60, 0, 1),
    ),
    ("nothing but reasoning", delta(content="<think>Voyons") + STOP + DONE, "", (60, 0, 1)),
]


@pytest.mark.parametrize(
    ("stream", "text", "counts"), [case[1:] for case in STREAMS], ids=[case[0] for case in STREAMS]
)
def test_streams(server: Endpoint, stream: str, text: str, counts: tuple[int, int, int]) -> None:
    server.reply = sent(stream)
    generator = EndpointGenerator(server.url)
    *pieces, last = generator.stream(ASK, 40)
    assert "".join(piece.text for piece in pieces) == text
    assert not last.text and last.finished and not any(piece.finished for piece in pieces)
    assert (last.prompt_tokens, last.reused_tokens, last.answer_tokens) == counts
    assert generator.count_tokens(ASK) == 60


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize(
    ("unknown", "requests"), [("reasoning_effort", 2), ("chat_template_kwargs", 3), ("stream_options", 4)]
)
def test_what_a_server_does_not_know_is_left_out_from_then_on(
    server: Endpoint, unknown: str, requests: int, status: int
) -> None:
    def strict(handler: Handler, body: dict[str, Any]) -> None:
        if unknown in body:
            handler.json({"error": {"message": f"unknown field {unknown}"}}, status)
        else:
            streamed("Paris")(handler, body)

    server.reply = strict
    generator = EndpointGenerator(server.url, "m")
    assert text_of(generator) == "Paris"
    assert len(server.asked) == requests
    assert text_of(generator) == "Paris"
    assert len(server.asked) == requests + 1


def silent(handler: Handler, body: dict[str, Any]) -> None:
    handler.start(200, "text/event-stream")
    handler.wfile.write(delta(content="Paris").encode())
    time.sleep(5)


FAILURES: list[tuple[Reply, str]] = [
    (lambda handler, body: handler.json({"error": {"message": "Invalid API key"}}, 401), "HTTP 401 .*Invalid API key"),
    (lambda handler, body: handler.json({"detail": "no such model"}, 404), "HTTP 404 Not Found: no such model"),
    (lambda handler, body: handler.json({"error": "too long"}, 400), "HTTP 400 Bad Request: too long"),
    (lambda handler, body: handler.json({"message": "slow down"}, 429), "HTTP 429 Too Many Requests: slow down"),
    (sent("<html>oops", status=500, kind="text/html"), "HTTP 500 Internal Server Error$"),
    (
        sent("Loading\x1b[31m\nmodel", status=503, kind="text/plain"),
        r"HTTP 503 Service Unavailable: Loading \[31m model$",
    ),
    (sent("y" * 9999, status=502, kind="text/plain"), "HTTP 502 Bad Gateway: y{200,300}…$"),
    (sent("<html>log in", kind="text/html"), "text/html instead of text/event-stream"),
    (lambda handler, body: handler.json({"choices": []}), "application/json instead of text/event-stream"),
    (sent("data: {oops\n\n"), "not the JSON of this interface"),
    (sent('data: {"choices": 3}\n\n'), "not the JSON of this interface"),
    (sent("data: " + "x" * (1 << 20)), "not the JSON of this interface"),
    (sent(delta(content="Paris") + event({"error": {"message": "out of memory"}}) + DONE), "out of memory"),
    (sent(delta(content="Paris")), "the stream ended before the reply did"),
    (sent(""), "the stream ended before the reply did"),
    (broken_off, "IncompleteRead"),
    (silent, "no answer within 0.5 s"),
    (lambda handler, body: None, "Remote end closed connection without response"),
]


@pytest.mark.parametrize(("reply", "told"), FAILURES, ids=[told for _, told in FAILURES])
def test_failures(server: Endpoint, reply: Reply, told: str) -> None:
    server.reply = reply
    generator = EndpointGenerator(server.url, "m", timeout_s=0.5)
    with pytest.raises(GenerationFailed) as stopped:
        text_of(generator)
    assert re.search(told, str(stopped.value.fields["reason"]))
    with pytest.raises(EndpointUnusable) as unready:
        generator.load()
    assert re.search(told, str(unready.value.fields["reason"]))
    for language in ("en", "fr"):
        assert server.url in unready.value.message(language)
        assert str(stopped.value.fields["reason"]) in stopped.value.message(language)


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        generator = EndpointGenerator(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(EndpointUnusable, match="Connection refused"):
            generator.load()


def test_a_server_that_speaks_no_tls(server: Endpoint) -> None:
    with pytest.raises(EndpointUnusable, match=r"(?i)ssl"):
        EndpointGenerator(server.url.replace("http:", "https:"), "m", KEY).load()
    assert server.keys == []


@pytest.mark.parametrize("status", [301, 307, 308])
def test_redirections_are_told_and_not_followed(server: Endpoint, status: int) -> None:
    with Endpoint() as other:
        threading.Thread(target=other.serve_forever, args=(0.02,), daemon=True).start()
        server.reply = sent("", status=status, Location=other.url)
        with pytest.raises(EndpointUnusable, match=re.escape(f": {other.url}.")):
            EndpointGenerator(server.url, "m", KEY).load()
        other.shutdown()
    assert other.asked == []


@pytest.mark.parametrize(
    "reply",
    [
        lambda handler, body: handler.json(
            {"error": {"message": f"wrong key: {handler.headers['Authorization']}"}}, 401
        ),
        lambda handler, body: handler.raw("", 307, Location=f"http://127.0.0.1:1/?{handler.headers['Authorization']}"),
        lambda handler, body: handler.raw(f"data: {KEY}\n\n"),
        lambda handler, body: handler.raw(event({"error": KEY})),
        lambda handler, body: handler.raw("", kind=KEY),
    ],
)
def test_the_key_is_never_shown(server: Endpoint, reply: Reply) -> None:
    server.reply = reply
    generator = EndpointGenerator(server.url, "m", KEY)
    assert KEY not in repr(generator)
    for use in (generator.load, lambda: text_of(generator), lambda: generator.score_choices(ASK, ["Oui", "Non"])):
        with pytest.raises((EndpointUnusable, GenerationFailed)) as caught:
            use()
        assert KEY not in "".join(traceback.format_exception(caught.value))
    assert server.keys[0] == f"Bearer {KEY}"


@pytest.mark.parametrize("key", [f"{KEY}\r\nX: y", f"{KEY}é", f"{KEY}\x00"])
def test_a_key_that_cannot_be_sent_is_refused_unseen(key: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        EndpointGenerator("http://127.0.0.1", "m", key)
    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_white_space_around_the_key_is_not_part_of_it(server: Endpoint) -> None:
    text_of(EndpointGenerator(server.url, "m", f" {KEY}\n"))
    assert server.keys == [f"Bearer {KEY}"]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("127.0.0.1", False),
        ("::1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.20", False),
        ("169.254.1.1", False),
        ("100.64.0.7", False),
        ("fe80::1%eth0", False),
        ("fd12::1", False),
        ("::ffff:192.168.1.20", False),
        ("8.8.8.8", True),
        ("172.32.0.1", True),
        ("2606:4700::1", True),
        ("::ffff:8.8.8.8", True),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


# Run in a network of its own, where these addresses are this machine's.
APART = """
import json, subprocess, sys, threading
from rag.generation.endpoint import EndpointGenerator
from rag.errors import EndpointUnusable
from tests.support.http_endpoint import KEY, Endpoint

subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
seen = {}
for host in sys.argv[1:]:
    subprocess.run(["ip", "address", "add", host, "dev", "lo"], check=True)
    with Endpoint(host) as server:
        server.reply = lambda handler, body: handler.json({"error": "who are you?"}, 401)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            EndpointGenerator(server.url, "m", KEY).load()
        except EndpointUnusable as error:
            seen[host] = [server.keys, str(error.fields["reason"])]
        server.shutdown()
print(json.dumps(seen))
"""


@pytest.mark.slow
def test_to_a_public_address_the_key_is_not_sent_unencrypted() -> None:
    apart = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    if not (shutil.which("ip") and shutil.which("unshare")) or subprocess.run([*apart, "true"], check=False).returncode:
        pytest.skip("needs a network of its own")
    done = subprocess.run(
        [*apart, sys.executable, "-c", APART, "10.1.2.3", "8.8.8.8"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "10.1.2.3": [[f"Bearer {KEY}"], "HTTP 401 Unauthorized: who are you?"],
        "8.8.8.8": [[None], "HTTP 401 Unauthorized: the key is not sent to a public address without https"],
    }


def test_closing_the_stream_leaves_the_server(server: Endpoint) -> None:
    left = threading.Event()

    def endless(handler: Handler, body: dict[str, Any]) -> None:
        handler.start(200, "text/event-stream")
        try:
            while True:
                handler.wfile.write(delta(content="mot ").encode())
                time.sleep(0.01)
        except OSError:
            left.set()

    server.reply = endless
    stream = EndpointGenerator(server.url, "m").stream(ASK, 10_000)
    assert next(stream).text == "mot "
    stream.close()
    assert left.wait(5)


TOP = [("Oui", -0.2), (" Non", -1.9), ("O", -3.0), ("Non", -2.0), ("oui", -4.0)]


@pytest.mark.parametrize(
    ("top", "scores"),
    [
        (TOP, [-0.2, -1.9]),
        (TOP[1:], [-3.0, -1.9]),
        ([("Oui", -0.2), ("Bien", -7.0)], [-0.2, -8.0]),
        ([("Oui", 1e-7), ("Non", -9999.0)], [0.0, -9999.0]),
    ],
)
def test_choices_are_scored_by_the_likeliest_tokens(
    server: Endpoint, top: list[tuple[str, float]], scores: list[float]
) -> None:
    server.reply = scored(top)
    assert EndpointGenerator(server.url).score_choices(ASK, ["Oui", "Non"]) == scores
    body = server.asked[-1]
    assert body and (body["max_tokens"], body["logprobs"], body["top_logprobs"], body["stream"]) == (1, True, 20, False)


@pytest.mark.parametrize(
    "reply",
    [
        scored(None),
        scored([("Le", -0.1), ("La", -2.0)]),
        scored(TOP, content="", reasoning_content="Oui"),
        scored(TOP, content="<think>"),
    ],
    ids=["none told", "none of the choices", "of a thought", "of a thought in the text"],
)
def test_without_their_probabilities_the_choice_that_is_said_counts(server: Endpoint, reply: Reply) -> None:
    server.reply = reply
    scores = EndpointGenerator(server.url).score_choices(ASK, ["Oui", "Non"])
    assert scores == pytest.approx([math.log(0.1), math.log(0.9)])


@pytest.mark.parametrize("status", [400, 422, 500, 501])
def test_a_server_that_refuses_probabilities_is_not_asked_for_them_again(server: Endpoint, status: int) -> None:
    def without(handler: Handler, body: dict[str, Any]) -> None:
        if "logprobs" in body:
            handler.json({"error": "logprobs are not supported"}, status)
        else:
            streamed("Oui, car")(handler, body)

    server.reply = without
    generator = EndpointGenerator(server.url)
    for _ in range(2):
        assert generator.score_choices(ASK, ["Oui", "Non"]) == pytest.approx([math.log(0.9), math.log(0.1)])
    assert server.asked[-1] and server.asked[-2] and "logprobs" not in {**server.asked[-1], **server.asked[-2]}


@pytest.mark.parametrize("reply", ["Peut-être", "<think>Oui", "", "Ouistiti"])
def test_a_reply_that_is_no_choice_prefers_none(server: Endpoint, reply: str) -> None:
    server.reply = lambda handler, body: (streamed(reply) if body["stream"] else scored(None))(handler, body)
    assert EndpointGenerator(server.url).score_choices(ASK, ["Oui", "Non"]) == [math.log(0.5)] * 2


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_server_that_fails_at_everything_is_told(server: Endpoint, status: int) -> None:
    server.reply = lambda handler, body: handler.json({"error": "oops"}, status)
    generator = EndpointGenerator(server.url)
    with pytest.raises(GenerationFailed, match=f"HTTP {status}"):
        generator.score_choices(ASK, ["Oui", "Non"])
    server.reply = scored(TOP)
    assert generator.score_choices(ASK, ["Oui", "Non"]) == [-0.2, -1.9]
