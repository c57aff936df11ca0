"""Requests to a server with the OpenAI chat interface: what goes over the wire, and what can go wrong there.

Question and evidence go to the server; nothing else does. The key is sent over https and, without it, to addresses
that are not public (this machine, a local network, a VPN): the address really connected to counts. From a public
address over http it is withheld, and the failure of a server that then asks for one says so. No failure shows the
key. Redirections are not followed and proxies not used. Certificates are checked; the environment variable
`SSL_CERT_FILE` names those of one's own authority.

Servers refuse a request for fields they do not know. It is then asked again with fewer of those that matter least
(`_OPTIONAL`), and what was refused once is not sent again.
"""

from __future__ import annotations

import json
import math
import socket
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import IPv6Address, ip_address
from typing import Any, TypeVar
from urllib.parse import SplitResult, quote, urlsplit

from pydantic import BaseModel, ValidationError

from rag.errors import InvalidSetting
from rag.generation.openai_replies import CompletionReply, ModelList

_CONNECT_S = 10.0
_LONGEST_BODY = 8 << 20
_LONGEST_LINE = 1 << 20
_LONGEST_REASON = 300
# The server may do it at another time, and another server now.
_BUSY = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)

_STANDARD: Mapping[str, Any] = {"seed": 0, "stream_options": {"include_usage": True}}
# Whether to think goes by one name in the interface and by others in the templates of the models.
_NO_THINKING: Mapping[str, Any] = {"chat_template_kwargs": {"enable_thinking": False, "thinking": False}}
_OPTIONAL: tuple[Mapping[str, Any], ...] = (
    {**_STANDARD, **_NO_THINKING, "reasoning_effort": "none"},
    {**_STANDARD, **_NO_THINKING},
    _STANDARD,
    {},
)

_Shape = TypeVar("_Shape", bound=BaseModel)


class ApiFailed(Exception):
    """A request failed; the text says how, `status` is that of HTTP and 0 for failures of any other kind.

    `unavailable`: the server could not take it or see it through, and another one may.
    """

    def __init__(self, reason: str, status: int = 0, *, unavailable: bool = False) -> None:
        super().__init__(reason)
        self.status = status
        self.unavailable = unavailable or status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _BUSY


@dataclass(frozen=True, slots=True)
class _Patience:
    """How long is waited: `timeout_s` seconds for the next bytes, and for none after `until` (time.monotonic)."""

    timeout_s: float
    until: float

    def left_s(self) -> float:
        """Seconds to wait for the next bytes. Raises TimeoutError when there are none left."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(self.timeout_s, left)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A response whose body is being read."""

    response: HTTPResponse
    # That of the connection, which http.client lets go of once the headers are there.
    socket: socket.socket
    patience: _Patience

    def lines(self) -> Iterator[bytes]:
        while True:
            self.socket.settimeout(self.patience.left_s())
            if not (line := self.response.readline(_LONGEST_LINE)):
                return
            yield line


class ChatServer:
    """The server at `url`, such as `http://127.0.0.1:8080/v1`, asked over a new connection each time.

    `timeout_s` bounds the wait for the next bytes, and `until` (time.monotonic) that for the whole of a reply. Raises
    InvalidSetting for a `url` or `key` that cannot be one.
    """

    def __init__(self, url: str, key: str | None, timeout_s: float) -> None:
        self._address = _address(url)
        self._key = _usable(key)
        self._timeout_s = timeout_s
        self._level = 0
        self.url = self._address.geturl()

    def models(self, timeout_s: float) -> list[str]:
        """The names of the models it has. Raises ApiFailed, after `timeout_s` seconds for any reply."""
        patience = _Patience(timeout_s, time.monotonic() + timeout_s)
        with self._request("GET", "/models", patience) as reading:
            return [model.id for model in _read(ModelList, reading).data]

    def complete(self, body: Mapping[str, Any], until: float = math.inf) -> CompletionReply:
        """The whole reply. Raises ApiFailed."""
        with self._chat({**body, "stream": False}, until) as reading:
            return _read(CompletionReply, reading)

    def stream(self, body: Mapping[str, Any], until: float = math.inf) -> Generator[CompletionReply, None, None]:
        """The reply in pieces; closing the iterator closes the connection. Raises ApiFailed."""
        with self._chat({**body, "stream": True}, until) as reading:
            yield from _pieces(reading)

    @contextmanager
    def _chat(self, body: Mapping[str, Any], until: float) -> Iterator[_Reading]:
        patience = _Patience(self._timeout_s, until)
        with ExitStack() as opened:
            for level in range(self._level, len(_OPTIONAL)):
                optional = dict(_OPTIONAL[level])
                if not body["stream"]:
                    optional.pop("stream_options", None)
                try:
                    reading = opened.enter_context(
                        self._request("POST", "/chat/completions", patience, {**optional, **body})
                    )
                except ApiFailed as error:
                    refused = error.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
                    if not refused or level == len(_OPTIONAL) - 1:
                        raise
                else:
                    self._level = level
                    yield reading
                    break

    @contextmanager
    def _request(
        self, method: str, route: str, patience: _Patience, body: Mapping[str, Any] | None = None
    ) -> Iterator[_Reading]:
        """A successful response; leaving closes the connection. Raises ApiFailed, for failures while it is read too."""
        secure = self._address.scheme == "https"
        connection = (HTTPSConnection if secure else HTTPConnection)(
            self._address.hostname or "", self._address.port or (443 if secure else 80)
        )
        begun = time.monotonic()
        wait_s = _CONNECT_S
        try:
            connection.timeout = min(_CONNECT_S, patience.left_s())
            connection.connect()
            wait_s = patience.timeout_s
            opened = connection.sock
            opened.settimeout(patience.left_s())
            headers = {"Content-Type": "application/json"}
            withheld = not secure and is_public(opened.getpeername()[0])
            if self._key and not withheld:
                headers["Authorization"] = f"Bearer {self._key}"
            content = None if body is None else json.dumps(body).encode()
            connection.request(method, self._address.path + route, content, headers)
            with connection.getresponse() as response:
                _check(response, streamed=bool(body and body["stream"]), withheld=bool(self._key) and withheld)
                yield _Reading(response, opened, patience)
        except (ApiFailed, OSError, HTTPException, ValueError) as error:
            # Without its cause: that may hold what the server sent, and so the key, and a traceback would show it.
            told = self._clean(_described(error, min(wait_s, patience.until - begun)))
            unavailable = getattr(error, "unavailable", not isinstance(error, ValueError))
            raise ApiFailed(told, getattr(error, "status", 0), unavailable=unavailable) from None
        finally:
            connection.close()

    def _clean(self, text: str) -> str:
        """`text` in one line, not too long, without control characters and without the key."""
        hidden = text.replace(self._key, "…") if self._key else text
        line = " ".join("".join(c if c.isprintable() else " " for c in hidden).split())
        return line if len(line) <= _LONGEST_REASON else line[:_LONGEST_REASON] + "…"


def _check(response: HTTPResponse, *, streamed: bool, withheld: bool) -> None:
    """Raises ApiFailed unless `response` is a success with the content asked for; `withheld`: it went without key."""
    expected, found = "text/event-stream" if streamed else "application/json", response.headers.get_content_type()
    if response.status == HTTPStatus.OK and found != expected:
        raise ApiFailed(f"{found} instead of {expected}")
    if response.status == HTTPStatus.OK:
        return
    if withheld and response.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        told = "the key is not sent to a public address without https"
    elif found == "text/html":
        told = ""
    else:
        told = response.headers.get("Location") or _told(response.read(_LONGEST_BODY).decode(errors="replace"))
    status = f"HTTP {response.status} {response.reason}"
    raise ApiFailed(f"{status}: {told}" if told else status, response.status)


def _told(body: str) -> str:
    """What the body of an error says, JSON or not."""
    try:
        return _message(json.loads(body))
    except ValueError:
        return body


def _message(error: Any) -> str:
    """The text of an error in any of the shapes that servers give it."""
    while isinstance(error, dict):
        error = next((error[key] for key in ("error", "message", "detail") if error.get(key)), "")
    return str(error)


def _described(error: Exception, wait_s: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {wait_s:.3g} s"
    if isinstance(error, ValidationError):
        return "not the JSON of this interface"
    return str(error) or type(error).__name__


def _read(shape: type[_Shape], reading: _Reading) -> _Shape:
    return shape.model_validate_json(reading.response.read(_LONGEST_BODY))


def _pieces(reading: _Reading) -> Iterator[CompletionReply]:
    """The events of a stream. Raises ApiFailed when one is an error, or the stream ends before the reply does."""
    complete = False
    for line in reading.lines():
        field, _, value = line.partition(b":")
        if field != b"data":
            continue
        if value.strip() == b"[DONE]":
            return
        piece = CompletionReply.model_validate_json(value)
        if piece.error:
            raise ApiFailed(_message(piece.error))
        complete = complete or any(choice.finish_reason for choice in piece.choices)
        yield piece
    if not complete:
        raise ApiFailed("the stream ended before the reply did", unavailable=True)


def _address(url: str) -> SplitResult:
    """The base of the routes, `/v1` unless `url` has a path. Raises InvalidSetting, which shows nothing of `url`."""
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in parts.netloc or parts.query or parts.fragment or not url.strip().isprintable():
        raise InvalidSetting(key="generator", place="URL", reason="http(s)://HOST[:PORT][/PATH]")
    path = parts.path.rstrip("/").removesuffix("/chat/completions")
    return parts._replace(path=quote(path, safe="/%") or "/v1")


def _usable(key: str | None) -> str:
    """The key without white space around it, empty for none. Raises InvalidSetting, which does not show it."""
    key = (key or "").strip()
    if not key.isascii() or not key.isprintable():
        raise InvalidSetting(key="generator_key", place="RAG_GENERATOR_KEY", reason="ASCII")
    return key


def is_public(host: str) -> bool:
    """Whether the numeric address `host` belongs to the open network."""
    address = ip_address(host)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_global
