"""The site: the API, the tools and the chat page at one port, over one service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from rag.errors import RagError
from rag.runtime import Guard, own_names
from rag.serving import api, embeddings, health, openai_api
from rag.serving.desk import Desk
from rag.serving.problems import Problem, answer_problem, refusing
from rag.serving.request_log import LEFT, Observer
from rag.serving.schemas import ErrorObject, EventObject
from rag.serving.security import BodyClock, TokenCheck
from rag.serving.streams import ClientLeft

MOST_BODY_BYTES = 1 << 20
# How the paths of the API begin; every other path belongs to the page.
_API_PARTS = ("api", "v1", "healthz", "readyz", "metrics", "openapi.json")
_DESCRIPTION = """Questions to the articles of one index, answered with citations that can be checked.

Every error is `{"error": {"code", "message", "type", "param"}}`; `message` is in the language of Accept-Language
(English or French). 429 and 503 come with Retry-After. X-Request-Id is taken from the request or made, and given back.
Answers have X-Queue-Place (questions that were before) and X-Queue-Wait (seconds that those were expected to take)."""
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorObject, "description": text}
    for status, text in (
        (400, "The request is not as the schema says"),
        (401, "The token is missing or wrong"),
        (403, "Sent by another site's page"),
        (404, "There is no such thing"),
        (405, "There is no such method"),
        (408, "The body did not come in time"),
        (413, "The body is too large"),
        (421, "Asked under a foreign name"),
        (422, "It is, and still cannot be met: a question without words, a source that is not there"),
        (429, "Too many wait already"),
        (503, "Not ready, or ending"),
        (504, "The deadline passed"),
    )
}


def make_api(desk: Desk, *, closed: bool = False) -> FastAPI:
    """The API alone; `closed`: its documentation says that a token is asked for."""
    app = FastAPI(
        title="rag",
        version=version("rag"),
        description=_DESCRIPTION,
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
        responses=_ERRORS,
    )
    app.state.desk = desk
    for part in (api, openai_api, embeddings, health):
        app.include_router(part.router)
    app.add_exception_handler(ClientLeft, _on_left)
    for kind in (RequestValidationError, HTTPException, Problem, RagError, Exception):
        app.add_exception_handler(kind, answer_problem)
    described = app.openapi

    def openapi() -> dict[str, Any]:
        return _completed(described(), closed)

    app.openapi = openapi  # type: ignore[method-assign]
    return app


async def _on_left(request: Request, error: Exception) -> Response:
    return Response(status_code=LEFT)


def _completed(schema: dict[str, Any], closed: bool) -> dict[str, Any]:
    """FastAPI's description with the events of streams and the token."""
    events = TypeAdapter(EventObject).json_schema(ref_template="#/components/schemas/{model}")
    schema["components"]["schemas"] |= {**events.pop("$defs"), "Event": events}
    schema["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    if closed:
        schema["security"] = [{"token": []}]
    return schema


class Site:
    """Sends each request to the part that its path begins with, and what belongs to none to the page."""

    def __init__(self, parts: Mapping[str, tuple[str, ASGIApp]], page: ASGIApp) -> None:
        self._parts = parts
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        first = scope["path"].split("/", 2)[1] if "/" in scope["path"] else ""
        scope["rag.part"], app = self._parts.get(first, ("page", self._page))
        await app(scope, receive, send)


def make_site(
    desk: Desk,
    *,
    host: str,
    page: FastAPI,
    tools: ASGIApp | None = None,
    token: str | None = None,
    log_questions: bool = False,
) -> ASGIApp:
    """All of it: `page` is that of `make_chat`, guarded already, `tools` what answers at `/mcp`."""

    def guarded(app: ASGIApp) -> ASGIApp:
        checked = TokenCheck(app, token) if token else app
        return Guard(BodyClock(checked), own_names(host), MOST_BODY_BYTES, refusing)

    parts = dict.fromkeys(_API_PARTS, ("api", guarded(make_api(desk, closed=token is not None))))
    if tools is not None:
        parts["mcp"] = ("mcp", guarded(tools))

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for part in (page, tools):
                if router := getattr(part, "router", None):
                    await stack.enter_async_context(router.lifespan_context(part))
            yield

    site = Observer(Site(parts, page), desk.service.meter, log_questions=log_questions)
    return Router(default=site, lifespan=lifespan)
