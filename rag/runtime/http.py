"""What every server of the product has: its socket, its names, its guard, and an end that cuts nothing off."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.errors import CannotListen

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI
# Seconds that an answer which is being written has to end once the server is told to end.
LAST_S = 2
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
# Gradio makes functions of strings and puts scripts and styles into its page.
_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in _POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address `host`."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def own_names(host: str) -> frozenset[str] | None:
    """The names under which a server that listens to `host` is asked; None where any may be one of its own."""
    if is_loopback(host):
        return _LOOPBACK_NAMES | {host.lower()}
    try:
        everywhere = ip_address(host).is_unspecified
    except ValueError:
        everywhere = False
    return None if everywhere else frozenset({host.lower()})


def _plainly(status: HTTPStatus) -> ASGIApp:
    return PlainTextResponse(status.phrase, status)


class Guard:
    """Refuses what is too large or meant for another site, and gives every response the security headers.

    `refuse` makes the response of a status.
    """

    def __init__(
        self,
        app: ASGIApp,
        names: frozenset[str] | None,
        most_body_bytes: int,
        refuse: Callable[[HTTPStatus], ASGIApp] = _plainly,
    ) -> None:
        self._app = app
        self._names = names
        self._most_body_bytes = most_body_bytes
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name in [name for name in headers if name.startswith("access-control-")]:
                    del headers[name]  # set by Gradio; no other site may read what this one says
                headers.update(SECURITY_HEADERS)
            await send(message)

        status = self._refusal(scope["method"], Headers(scope=scope))
        app = self._refuse(status) if status else self._app
        await app(scope, self._bounded(receive), send_secured)

    def _refusal(self, method: str, headers: Headers) -> HTTPStatus | None:
        host = headers.get("host", "")
        if self._names is not None and _name(host) not in self._names:
            return HTTPStatus.MISDIRECTED_REQUEST
        origin = headers.get("origin")
        if method not in _SAFE_METHODS and origin is not None and origin.partition("://")[2] != host:
            return HTTPStatus.FORBIDDEN
        if int(headers.get("content-length", 0)) > self._most_body_bytes:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return None

    def _bounded(self, receive: Receive) -> Receive:
        """`receive` for bodies that do not tell their length."""
        received = 0

        async def receive_bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._most_body_bytes:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        return receive_bounded


def _name(host: str) -> str:
    """The name in a Host header, without the port; empty where it cannot be read."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections at `host` and `port` (0: a free one). Raises CannotListen."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family)
    except (OSError, OverflowError, UnicodeError) as error:
        raise CannotListen(host=host, port=port, reason=getattr(error, "strerror", None) or error) from error


def url_of(listener: socket.socket) -> str:
    """Where a browser on this machine finds the page."""
    host, port = listener.getsockname()[:2]
    address = ip_address(host)
    if address.is_unspecified:
        return f"http://localhost:{port}/"
    return f"http://[{host}]:{port}/" if address.version == 6 else f"http://{host}:{port}/"


def serve(app: FastAPI, listener: socket.socket) -> None:
    """Serves until Ctrl-C or SIGTERM, and then returns; what is still being answered has `LAST_S` seconds to end."""
    import uvicorn

    run(uvicorn.Server(quiet_config(app)), listener)


def quiet_config(app: ASGIApp, **options: Any) -> uvicorn.Config:
    """That of a server which says nothing by itself; `options` are uvicorn's."""
    import uvicorn

    quiet = {"log_level": "critical", "access_log": False, "server_header": False}
    return uvicorn.Config(app, timeout_graceful_shutdown=LAST_S, **{**quiet, **options})


def run(server: uvicorn.Server, listener: socket.socket) -> None:
    """Runs `server` until Ctrl-C or SIGTERM, and then returns."""
    with _term_as_interrupt(), contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


@contextlib.contextmanager
def _term_as_interrupt() -> Iterator[None]:
    """Uvicorn raises SIGTERM again once it has ended; as an interrupt it leaves the program time to clean up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
