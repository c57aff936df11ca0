"""The chat page on the network: an application around the page, closed to other pages, and the server that runs it.

What a browser loads comes from here alone (Content-Security-Policy): an address in an article or an answer is never
fetched. While only this machine is listened to, a request under another name is refused, for by such a name any page of
the web could speak with this one (DNS rebinding); so is a changing request that another page sends (Origin). Whoever
fails to log in waits before the next attempt.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.corpus import MOST_BYTES
from rag.runtime import Guard, own_names

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

# A request may hold several files.
MOST_BODY_BYTES = 10 * MOST_BYTES
FAILED_LOGIN_S = 1.0


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
    app.add_api_route("/healthz", lambda: "ok", methods=["GET"], response_class=PlainTextResponse)
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


def password_check(passwords: Mapping[str, str]) -> Callable[[str, str], bool]:
    """Whether a user has that password; takes as long whoever is asked for."""
    known = [_digest(user, password) for user, password in passwords.items()]

    def check(user: str, password: str) -> bool:
        given = _digest(user, password)
        return sum(hmac.compare_digest(given, one) for one in known) > 0  # all of them are compared

    return check


def _digest(user: str, password: str) -> bytes:
    return sha256(user.encode()).digest() + sha256(password.encode()).digest()


class LoginBrake:
    """Takes the logins of an address one after the other, and after one that failed lets `pause_s` seconds pass."""

    def __init__(self, app: ASGIApp, pause_s: float = FAILED_LOGIN_S) -> None:
        self._app = app
        self._pause_s = pause_s
        # The lock of an address is kept for as long as a login waits for it.
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
