"""Every request on record: an id, a line of JSON on standard error, and a place in the metrics.

A line has no words of a question unless that was asked for.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.contracts import dump
from rag.serving.metrics import Meter

ID_HEADER = "X-Request-Id"
# Nginx's number for a client that left before there was a response.
LEFT = 499
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

log = logging.getLogger("rag.serving")


class JsonLines(logging.Formatter):
    """A record as one line of JSON; `extra={"fields": {…}}` adds fields."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return dump(line)


def log_to_stderr() -> None:
    """Sends all that is logged to standard error, as lines of JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    log.setLevel(logging.INFO)


def note(event: str, **fields: Any) -> None:
    """Logs that something happened."""
    log.info(event, extra={"fields": fields})


class Observer:
    """Gives each request its id (that of its header, if it is one), and notes what became of it."""

    def __init__(self, app: ASGIApp, meter: Meter, *, log_questions: bool = False) -> None:
        self._app = app
        self._meter = meter
        self._log_questions = log_questions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.monotonic()
        given = Headers(scope=scope).get(ID_HEADER, "")
        state = scope.setdefault("state", {})
        state["request_id"] = given if _ID.fullmatch(given) else uuid4().hex
        status = 0

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[ID_HEADER] = state["request_id"]
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        finally:
            self._note(scope, status or LEFT, time.monotonic() - start)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        state = scope["state"]
        route = route_of(scope)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._meter.requests.labels(route, method, str(status)).inc()
        self._meter.seconds.labels(route).observe(seconds)
        fields: dict[str, Any] = {
            "id": state["request_id"],
            "route": route,
            "method": method,
            "status": status,
            "seconds": round(seconds, 4),
            "client": (scope.get("client") or ("",))[0],
        }
        if problem := state.get("problem"):
            self._meter.problems.labels(problem.code).inc()
            fields |= {"code": problem.code, **({"detail": problem.detail} if problem.detail else {})}
        if self._log_questions and (question := state.get("question")):
            fields["question"] = question
        note("request", **fields)


def route_of(scope: Mapping[str, Any]) -> str:
    """The route of a request as its path is declared, for the API; else the part of the site that it went to."""
    part = scope.get("rag.part", "")
    return getattr(scope.get("route"), "path", "other") if part == "api" else part or "other"
