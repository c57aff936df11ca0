"""Who may use the API: whoever has the token. Without one nobody is asked, which only loopback allows."""

from __future__ import annotations

import asyncio
import hmac
import os
import time
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.config import TOKEN_VARIABLE
from rag.errors import FileUnreadable, InvalidSetting
from rag.serving.problems import refusing

SHORTEST_TOKEN = 16
# Seconds for a body, which is small and comes at once.
BODY_S = 30.0
# A supervisor asks whether the server is there and ready, and learns nothing else.
OPEN_PATHS = ("/healthz", "/readyz")


def read_token(path: Path | None) -> str | None:
    """The token in the file `path`, or of the environment; None where there is neither.

    Raises FileUnreadable and InvalidSetting, which does not show it.
    """
    place = str(path) if path else TOKEN_VARIABLE
    try:
        text = path.read_text(encoding="utf-8") if path else os.environ.get(TOKEN_VARIABLE)
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(path=path, reason=getattr(error, "strerror", None) or "UTF-8") from error
    if text is None:
        return None
    token = text.strip()
    if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidSetting(key="token", place=place, reason=f"ASCII, >= {SHORTEST_TOKEN}")
    return token


class BodyClock:
    """Gives a request `seconds` to send its body."""

    def __init__(self, app: ASGIApp, seconds: float = BODY_S) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        end = time.monotonic() + self._seconds
        whole = scope["type"] != "http"

        async def receive_in_time() -> Message:
            nonlocal whole
            if whole:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), max(0.0, end - time.monotonic()))
            except asyncio.TimeoutError:
                raise HTTPException(HTTPStatus.REQUEST_TIMEOUT) from None
            whole = not message.get("more_body", False)
            return message

        await self._app(scope, receive_in_time, send)


class TokenCheck:
    """Passes on what carries `Authorization: Bearer TOKEN`, compared in constant time."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._digest = sha256(token.encode()).digest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in OPEN_PATHS and not self._admits(Headers(scope=scope)):
            await refusing(HTTPStatus.UNAUTHORIZED)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _admits(self, headers: Headers) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(sha256(given.encode()).digest(), self._digest)
