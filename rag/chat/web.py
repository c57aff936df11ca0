"""The chat page on the network: an application around the page, closed to other pages, and the server that runs it.

What a browser loads comes from here alone (Content-Security-Policy): an address in an article or an answer is never
fetched. While only this machine is listened to, a request under another name is refused, for by such a name any page of
the web could speak with this one (DNS rebinding); so is a changing request that another page sends (Origin). Whoever
fails to log in waits before the next attempt.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.corpus.formats import MOST_BYTES
from rag.errors import CannotListen

if TYPE_CHECKING:
    import gradio as gr
    import uvicorn
    from fastapi import FastAPI

# A request may hold several files.
MOST_BODY_BYTES = 10 * MOST_BYTES
FAILED_LOGIN_S = 1.0
# What an answer that is being written has left when the server is told to end.
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


def make_app(
    blocks: gr.Blocks,
    *,
    host: str = "127.0.0.1",
    auth: Mapping[str, str] | None = None,
    most_body_bytes: int = MOST_BODY_BYTES,
    **page: Any,
) -> FastAPI:
    """The application that shows `blocks` at `/` and tells at `/healthz` that it is there.

    `host` is what is listened to, `auth` the passwords by user (none: nobody is asked), `page` what else
    `gr.mount_gradio_app` takes (theme, css, head, i18n, …).
    """
    import gradio as gr
    from fastapi import FastAPI

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/healthz", _healthy, methods=["GET"], response_class=PlainTextResponse)
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        **{
            "server_name": host,
            "auth": password_check(auth) if auth else None,
            "max_file_size": MOST_BYTES,
            "show_error": False,
            "enable_monitoring": False,
            "ssr_mode": False,
        }
        | page,
    )
    app.add_middleware(LoginBrake)
    app.add_middleware(Guard, names=own_names(host), most_body_bytes=most_body_bytes)
    return app


def _healthy() -> str:
    return "ok"


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


def password_check(passwords: Mapping[str, str]) -> Callable[[str, str], bool]:
    """Whether a user has that password; takes as long whoever is asked for."""
    known = [_digest(user, password) for user, password in passwords.items()]

    def check(user: str, password: str) -> bool:
        given = _digest(user, password)
        return sum(hmac.compare_digest(given, one) for one in known) > 0  # all of them are compared

    return check


def _digest(user: str, password: str) -> bytes:
    return sha256(user.encode()).digest() + sha256(password.encode()).digest()


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
                    del headers[name]  # of Gradio's; no other site is let in
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


class LoginBrake:
    """Takes the logins of an address one after the other, and after one that failed lets `pause_s` seconds pass."""

    def __init__(self, app: ASGIApp, pause_s: float = FAILED_LOGIN_S) -> None:
        self._app = app
        self._pause_s = pause_s
        # Kept for as long as somebody waits.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"].rstrip("/") != "/login":
            await self._app(scope, receive, send)
            return
        failed = False

        async def send_noted(message: Message) -> None:
            nonlocal failed
            if message["type"] == "http.response.start":
                failed = message["status"] >= HTTPStatus.BAD_REQUEST
            await send(message)

        address = (scope["client"] or ("",))[0]
        async with self._turns.setdefault(address, asyncio.Lock()):
            await self._app(scope, receive, send_noted)
            if failed:
                await asyncio.sleep(self._pause_s)


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
    """The signal that the server raises again once it has ended does not end the program before it has cleaned up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
