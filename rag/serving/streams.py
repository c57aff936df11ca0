"""Answers as they come: the events of a question as JSON, one a line or as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import aclosing
from dataclasses import asdict
from typing import Any, Literal, TypeVar

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from rag.contracts import answer_object, dump, hit_list
from rag.domain import Answer
from rag.events import Checked, Event, Finished, Found, Queued, Written
from rag.serving.problems import language_of, problem_of
from rag.serving.work import QuestionRun, RequestWork

Kind = Literal["application/json", "text/event-stream", "application/x-ndjson"]
_KINDS: tuple[Kind, ...] = ("application/json", "text/event-stream", "application/x-ndjson")

_Made = TypeVar("_Made")


class ClientLeft(Exception):
    """Nobody waits for the response any more."""


def kind_of(request: Request) -> Kind:
    """What of the kinds that there are the Accept header names first; otherwise one JSON object."""
    asked = [offer.partition(";")[0].strip().lower() for offer in request.headers.get("accept", "").split(",")]
    return next((kind for offer in asked for kind in _KINDS if kind == offer), "application/json")


def event_object(event: Event, id_: str | int, work: RequestWork) -> dict[str, Any]:
    """`event` as JSON has it."""
    if isinstance(event, Found):
        passages, evidence = hit_list(event.passages), hit_list(event.evidence)
        return {"event": "found", "question": event.question, "passages": passages, "evidence": evidence}
    if isinstance(event, Queued):
        return {"event": "queued", "place": event.place, "wait_s": work.wait_s(event.place)}
    if isinstance(event, Written):
        return {"event": "written", "text": event.text}
    if isinstance(event, Checked):
        return {"event": "checked", **asdict(event)}
    if isinstance(event, Finished):
        return {"event": "finished", "answer": answer_object(event.answer, id_)}
    return {"event": "dropped"}


def encoded(value: dict[str, Any], kind: Kind) -> str:
    """One event on the wire."""
    text = dump(value)
    return f"event: {value['event']}\ndata: {text}\n\n" if kind == "text/event-stream" else f"{text}\n"


async def whole_answer(request: Request, run: QuestionRun) -> Answer:
    """The answer at the end of `run`. Raises what `QuestionRun.events` does, and ClientLeft."""

    async def last() -> Answer:
        async with aclosing(run.events()) as events:
            async for event in events:
                if isinstance(event, Finished):
                    return event.answer
        raise AssertionError("a run ends with Finished")

    return await while_connected(request, last())


async def while_connected(request: Request, work: Awaitable[_Made]) -> _Made:
    """What `work` gives, unless the client leaves first: then it is ended. Raises ClientLeft."""
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientLeft
        return working.result()
    finally:
        for one in (working, leaving):
            one.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def begun(request: Request, run: QuestionRun) -> AsyncGenerator[Event, None]:
    """The events of `run`, once the first is there: until then what goes wrong can still be told by the status.

    Raises what `QuestionRun.events` does, and ClientLeft.
    """
    events = run.events()
    first = await while_connected(request, anext(events))

    async def all_of_them() -> AsyncGenerator[Event, None]:
        async with aclosing(events):
            yield first
            async for event in events:
                yield event

    return all_of_them()


async def streamed(
    request: Request, run: QuestionRun, id_: str | int, work: RequestWork, kind: Kind, headers: dict[str, str]
) -> Response:
    """The events of `run` as they come; a failure is the last one of them. Raises as `begun` does."""
    begun_events = await begun(request, run)

    async def lines() -> AsyncIterator[str]:
        try:
            async with aclosing(begun_events) as events:
                async for event in events:
                    yield encoded(event_object(event, id_, work), kind)
        except Exception as error:
            problem = request.state.problem = problem_of(error)
            yield encoded({"event": "error", **problem.body(language_of(request.headers))}, kind)

    return StreamingResponse(lines(), headers=headers, media_type=kind)
