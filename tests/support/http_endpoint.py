"""A small true HTTP server that speaks as OpenAI-compatible endpoints do, and the replies it gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from rag.protocols import Message

ASK = [Message("system", "Réponds en un mot."), Message("user", "Quelle est la capitale de la France ?")]
KEY = "sk-sesame-0123456789"


class Handler(BaseHTTPRequestHandler):
    """Notes what is asked and leaves the answer to the server's `reply`."""

    server: Endpoint

    def do_GET(self) -> None:
        self.server.asked.append(None)
        self.server.keys.append(self.headers["Authorization"])
        self.json({"data": [{"id": name} for name in self.server.models]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body)
        self.server.keys.append(self.headers["Authorization"])
        self.server.reply(self, body)

    def start(self, status: int, kind: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def json(self, value: object, status: int = 200) -> None:
        self.raw(json.dumps(value), status, "application/json")

    def raw(self, text: str, status: int = 200, kind: str = "text/event-stream", **headers: str) -> None:
        self.start(status, kind, **headers)
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Prints nothing."""


Reply = Callable[[Handler, dict[str, Any]], None]


class Endpoint(ThreadingHTTPServer):
    """A server on a port of its own, for the time of a test."""

    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__((host, 0), Handler)
        self.host = host
        self.asked: list[dict[str, Any] | None] = []
        self.keys: list[str | None] = []
        self.models = ["some/folder/petit-8b.gguf"]
        self.reply: Reply = streamed("Paris", ".")

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.server_port}/v1"

    def handle_error(self, request: object, client_address: object) -> None:
        """The client may leave in the middle."""


def event(value: object) -> str:
    return f"data: {json.dumps(value)}\n\n"


def delta(**fields: object) -> str:
    return event({"choices": [{"index": 0, "delta": fields, "finish_reason": None}]})


STOP = event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
DONE = "data: [DONE]\n\n"


def sent(text: str, **arguments: Any) -> Reply:
    return lambda handler, body: handler.raw(text, **arguments)


def streamed(*texts: str) -> Reply:
    return sent("".join(delta(content=text) for text in texts) + STOP + DONE)


def broken_off(handler: Handler, body: dict[str, Any]) -> None:
    handler.protocol_version = "HTTP/1.1"
    handler.start(200, "text/event-stream", **{"Transfer-Encoding": "chunked"})
    piece = delta(content="Paris").encode()
    handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\nff\r\ndata: {")


def scored(top: list[tuple[str, float]] | None, **message: object) -> Reply:
    """The first token as `top` has it; a whole reply says « non »."""

    def reply(handler: Handler, body: dict[str, Any]) -> None:
        if body["stream"]:
            streamed("<think>Oui ?</think>", "**no", "n**, car")(handler, body)
            return
        likely = [{"token": token, "logprob": logprob} for token, logprob in top or []]
        logprobs = {"content": [{"token": "?", "logprob": 0, "top_logprobs": likely}]} if top else None
        choice: dict[str, object] = {"message": message or {"content": "Oui"}, "logprobs": logprobs}
        handler.json({"choices": [choice]})

    return reply
