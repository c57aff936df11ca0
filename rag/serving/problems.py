"""What can go wrong with a request, as one JSON shape: that of OpenAI, which its clients know, for every route.

`{"error": {"code", "message", "type", "param"}}`: `code` is for machines and stays, `message` is in the language that
the client asks for. A failure of the server's own tells no paths and no reasons: those are in its log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from rag.contracts import dump
from rag.errors import BadInput, GenerationFailed, RagError
from rag.wording import FALLBACK, say

LANGUAGES = ("en", "fr")
_TYPES = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.NOT_FOUND: "not_found_error",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
}
# What pydantic calls the flaws that have words of their own here.
_FLAWS = {
    "missing": "missing_parameter",
    "extra_forbidden": "unsupported_parameter",
    "only": "unsupported_value",
    "literal_error": "unsupported_value",
    "json_invalid": "not_json",
}


class JsonResponse(Response):
    """A JSON object, accents as they are."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return dump(content).encode()


class Problem(Exception):
    """A request is answered with `status`, `code` and the text `serving.{code}`, or that of `error`.

    `param` names what of the request is at fault, `retry_s` is when to come again, `detail` is for the log alone.
    """

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        *,
        error: RagError | None = None,
        param: str | None = None,
        retry_s: float | None = None,
        detail: str = "",
        headers: Mapping[str, str] | None = None,
        **fields: object,
    ) -> None:
        super().__init__(f"{code} {detail}".strip())
        self.status = status
        self.code = code
        self.error = error
        self.param = param
        self.detail = detail
        retry = {} if retry_s is None else {"Retry-After": str(max(1, round(retry_s)))}
        self.headers = {**(headers or {}), **retry}
        self._fields = fields

    def message(self, language: str) -> str:
        """What happened, in `language`."""
        return self.error.message(language) if self.error else say(f"serving.{self.code}", language, **self._fields)

    def body(self, language: str) -> dict[str, Any]:
        """The object that the client gets."""
        server = self.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        kind = _TYPES.get(self.status, "server_error" if server else "invalid_request_error")
        return {"error": {"code": self.code, "message": self.message(language), "type": kind, "param": self.param}}

    def response(self, language: str) -> Response:
        """The same as a response."""
        return JsonResponse(self.body(language), self.status, self.headers)


def problem_of(error: Exception) -> Problem:
    """What a client is told of `error`."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return invalid(error.errors())
    if isinstance(error, HTTPException):
        return http_problem(error.status_code, error.headers)
    if isinstance(error, BadInput):
        return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, _code(error), error=error)
    if isinstance(error, RagError):
        code = "generation_failed" if isinstance(error, GenerationFailed) else "not_available"
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, code, detail=str(error), retry_s=5)
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "unexpected", detail=f"{type(error).__name__}: {error}")


def _code(error: RagError) -> str:
    """The name of its class in small letters: `empty_question`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


def invalid(flaws: Sequence[Mapping[str, Any]]) -> Problem:
    """The first of the flaws that pydantic found in a request."""
    flaw = flaws[0]
    param = _place(flaw["loc"])
    code = _FLAWS.get(flaw["type"], "invalid_value")
    context = flaw.get("ctx") or {}
    allowed = context.get("allowed") or context.get("expected", "")
    return Problem(HTTPStatus.BAD_REQUEST, code, param=param or None, name=param or "body", allowed=allowed)


def _place(location: Sequence[str | int]) -> str:
    """`messages[0].content` for ("body", "messages", 0, "str", "content")."""
    _, *parts = location
    # Where a field takes several types, pydantic adds the name of the type, which the client does not know.
    named = [part for part in parts if isinstance(part, int) or re.fullmatch(r"[a-z_A-Z-]+", part)]
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in named).lstrip(".")


def language_of(headers: Headers) -> str:
    """The first language of Accept-Language that there are texts in, by its weight; otherwise English."""
    offers = []
    for offer in headers.get("accept-language", "").split(","):
        name, _, weight = offer.partition(";q=")
        code = name.strip()[:2].lower()
        if code in LANGUAGES and re.fullmatch(r"\s*(0(\.[0-9]*)?|1(\.0*)?)?\s*", weight):
            offers.append((float(weight.strip() or 1), code))
    return max(offers, key=lambda offer: offer[0])[1] if offers else FALLBACK


async def answer_problem(request: Request, error: Exception) -> Response:
    """The response to `error`, a handler of exceptions; it is noted for the log."""
    problem = problem_of(error)
    request.state.problem = problem
    return problem.response(language_of(request.headers))


def refusing(status: HTTPStatus) -> ASGIApp:
    """An application that answers with `status`, before any other is asked."""

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        response = await answer_problem(Request(scope), http_problem(status))
        await response(scope, receive, send)

    return refuse


def http_problem(status: int, headers: Mapping[str, str] | None = None) -> Problem:
    """A failure of HTTP itself, such as a route that is not there."""
    known = HTTPStatus(status)
    asked = {"WWW-Authenticate": "Bearer"} if known == HTTPStatus.UNAUTHORIZED else {}
    return Problem(known, _HTTP.get(known, "bad_request"), headers={**asked, **(headers or {})})


_HTTP = {
    HTTPStatus.UNAUTHORIZED: "unauthorized",
    HTTPStatus.FORBIDDEN: "foreign_origin",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_TIMEOUT: "too_slow",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.MISDIRECTED_REQUEST: "foreign_host",
}
