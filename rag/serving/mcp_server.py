"""The tools for assistants by the Model Context Protocol, over standard input and output or at `/mcp`.

The tools are hints to a language model, and so are the texts that come back: descriptions and instructions say that
articles are material to quote, never orders. What a tool gives comes as structured content, whose schema is listed,
and again as the same JSON for clients that only show text. What goes wrong is an error of the tool, in words.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from importlib.metadata import version
from itertools import count
from typing import Any

import anyio
from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette

from rag.config import Settings
from rag.contracts import AnswerObject, HitsObject, dump
from rag.runtime import Models, load_models
from rag.serving.desk import Desk
from rag.serving.fields import Body
from rag.serving.metrics import Meter, MeteredService
from rag.serving.problems import LANGUAGES, Problem, invalid, language_of, problem_of
from rag.serving.schemas import AskBody, SearchBody
from rag.serving.tools import LONGEST_STRETCH, ReadBody, StretchObject, ToolCall, Tools
from rag.text import detect_language
from rag.wording import say, user_language

PATH = "/mcp"
MOST_BODY_BYTES = 1 << 20
# Clients of before 2026 open a session each; one that is not used for a while ends.
MOST_SESSIONS = 256
IDLE_SESSION_S = 1800.0
_TOOLS: dict[str, tuple[type[Body], type[BaseModel]]] = {
    "ask": (AskBody, AnswerObject),
    "search": (SearchBody, HitsObject),
    "read_article": (ReadBody, StretchObject),
}
# Nothing is changed by any of them, and nothing but the index is looked at.
_HARMLESS = types.ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
_log = logging.getLogger(__name__)

Context = ServerRequestContext[Any, Any]


class ToolServer:
    """The tools of one server as the protocol wants them, in the language of `settings` where the client names none."""

    def __init__(self, desk: Desk) -> None:
        self._tools = Tools(desk)
        settings = desk.settings
        self._language = settings.language if settings.language in LANGUAGES else user_language()
        self.server: Server[Any] = Server(
            "rag",
            version=version("rag"),
            title="rag",
            instructions=say("tools.instructions", self._language),
            on_list_tools=self._list,
            on_call_tool=self._call,
        )

    async def _list(self, context: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(
            tools=[
                types.Tool(
                    name=name,
                    title=say(f"tools.{name}_title", self._language),
                    description=self._description(name),
                    input_schema=takes.model_json_schema(),
                    output_schema=gives.model_json_schema(mode="serialization"),
                    annotations=_HARMLESS,
                )
                for name, (takes, gives) in _TOOLS.items()
            ]
        )

    def _description(self, name: str) -> str:
        """What the tool is for, and each time what its texts are: not every client shows the instructions."""
        return " ".join(say(f"tools.{key}", self._language, most=LONGEST_STRETCH) for key in (name, "data"))

    async def _call(self, context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        if params.name not in _TOOLS:
            raise MCPError(code=types.INVALID_PARAMS, message=f"Unknown tool: {params.name}")
        arguments = params.arguments or {}
        language = self._language_of(context, arguments)
        takes, _ = _TOOLS[params.name]
        use: Callable[..., Awaitable[Any]] = getattr(self._tools, params.name)
        try:
            body = takes.model_validate(arguments)
            value = await use(body, ToolCall(str(context.request_id), _owner(context), language, _reporter(context)))
        except ValidationError as error:
            flaws = [{**flaw, "loc": ("arguments", *flaw["loc"])} for flaw in error.errors()]
            return _failed(invalid(flaws), language)
        except Exception as error:
            problem = problem_of(error)
            if problem.status >= 500:
                _log.warning("tool %s: %s", params.name, problem)
            return _failed(problem, language)
        return types.CallToolResult(content=[types.TextContent(text=dump(value))], structured_content=value)

    def _language_of(self, context: Context, arguments: dict[str, Any]) -> str:
        """That which an HTTP client asks for, or else that of the question."""
        headers = getattr(context.request, "headers", None)
        if headers and "accept-language" in headers:
            return language_of(headers)
        question = arguments.get("question")
        others = [language for language in LANGUAGES if language != self._language]
        return detect_language(question, [self._language, *others]) if isinstance(question, str) else self._language


def _owner(context: Context) -> str:
    """Who takes turns with others; over standard input there is only one."""
    client = getattr(context.request, "client", None)
    return f"address {client.host if client else ''}"


def _reporter(context: Context) -> Callable[[str], Awaitable[None]]:
    """Tells a client that asked for it what is going on; how much is left is not known."""
    steps = count(1)

    async def report(text: str) -> None:
        await context.session.report_progress(next(steps), message=text)

    return report


def _failed(problem: Problem, language: str) -> types.CallToolResult:
    text = problem.message(language)
    if later := problem.headers.get("Retry-After"):
        text += f" (Retry-After: {later} s)"
    return types.CallToolResult(content=[types.TextContent(text=text)], is_error=True)


def mcp_app(desk: Desk) -> Starlette:
    """What answers at `/mcp`, once its lifespan has begun.

    Which names and pages it is asked by, and with which token, is checked before it.
    """
    return ToolServer(desk).server.streamable_http_app(
        streamable_http_path=PATH,
        max_request_body_size=MOST_BODY_BYTES,
        max_sessions=MOST_SESSIONS,
        session_idle_timeout=IDLE_SESSION_S,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )


def serve_stdio(settings: Settings, load: Callable[[Settings], Models] | None = None) -> None:
    """Serves one assistant over standard input and output until it closes them; models load meanwhile.

    `load` gives other models than those of `settings`, whose generator runs in a process of its own.
    """
    anyio.run(_serve_stdio, settings, load or partial(load_models, apart=True))


async def _serve_stdio(settings: Settings, load: Callable[[Settings], Models]) -> None:
    service = MeteredService(settings, Meter(), load)
    desk = Desk(service, settings)
    server = ToolServer(desk).server
    service.start()
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())
    await desk.work.drain(0.0, lambda: True)
    service.close()
