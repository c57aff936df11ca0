"""`/v1`: chat completions and models as OpenAI's clients ask for them.

A stream holds checked statements alone, since what was sent cannot be taken back; the place in the queue comes in the
field `rag` of chunks without text.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import asdict
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from rag.contracts import dump
from rag.domain import Answer, Citation, Turn
from rag.events import Checked, Event, Finished, Queued
from rag.serving.desk import AtDesk, Deadline, Desk
from rag.serving.openai_schemas import About, ChatBody, ChatMessage, Completion, Model, Models, UrlCitation
from rag.serving.problems import JsonResponse, Problem, language_of, problem_of
from rag.serving.streams import begun, whole_answer

MODEL = "rag"
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer; with `stream`, its chunks as server-sent events.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


router = APIRouter(prefix="/v1", tags=["OpenAI"])


@router.post("/chat/completions", response_model=Completion, responses=_STREAM, summary="Answer a question")
async def chat(request: Request, body: ChatBody, desk: AtDesk, deadline: Deadline = None) -> Response:
    """The answer to the last message, from the articles alone, with markers [n] and annotations that resolve them.

    Sampling, tools, other system prompts and lengths are refused by name.
    """
    if body.model != MODEL:
        raise Problem(HTTPStatus.NOT_FOUND, "model_not_found", param="model", name=body.model)
    question, history = conversation(body.messages)
    run, place = desk.take_up(request, question, history, deadline)
    head = {"id": f"chatcmpl-{request.state.request_id}", "created": int(time.time()), "model": MODEL}
    if body.stream:
        with_usage = bool(body.stream_options and body.stream_options.include_usage)
        events = await begun(request, run)
        chunks = _chunks(desk, request, events, {**head, "object": "chat.completion.chunk"}, with_usage)
        return StreamingResponse(chunks, headers=place, media_type="text/event-stream")
    answer = await whole_answer(request, run)
    message = {"role": "assistant", "content": answer.text, "refusal": None, "annotations": citations_of(answer)}
    completion = {
        **head,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": usage(answer),
        "rag": about(answer),
    }
    return JsonResponse(completion, headers=place)


async def _chunks(
    desk: Desk, request: Request, begun_events: AsyncGenerator[Event, None], head: dict[str, Any], with_usage: bool
) -> AsyncIterator[str]:
    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _line({**head, "choices": [choice], **({"usage": None} if with_usage else {}), **more})

    sent = ""
    try:
        yield chunk({"role": "assistant", "content": ""})
        async with aclosing(begun_events) as events:
            async for event in events:
                if isinstance(event, Queued):
                    queued = {"place": event.place, "wait_s": desk.work.wait_s(event.place)}
                    yield chunk({}, rag={"queued": queued})
                elif isinstance(event, Checked):
                    said = event.after(sent)
                    sent += said
                    yield chunk({"content": said})
                elif isinstance(event, Finished):
                    answer = event.answer
                    if rest := answer.text.removeprefix(sent):
                        yield chunk({"content": rest})
                    yield chunk({"annotations": citations_of(answer)}, "stop", rag=about(answer))
                    if with_usage:
                        yield _line({**head, "choices": [], "usage": usage(answer)})
    except Exception as error:
        problem = request.state.problem = problem_of(error)
        yield _line(problem.body(language_of(request.headers)))
    yield "data: [DONE]\n\n"


@router.get("/models", response_model=Models, summary="List the models")
async def models(desk: AtDesk) -> Response:
    """`rag`, which answers, and the embedder."""
    return JsonResponse({"object": "list", "data": _models(desk)})


@router.get("/models/{model}", response_model=Model, summary="Tell of a model")
async def model(model: str, desk: AtDesk) -> Response:
    """One of them."""
    found = next((one for one in _models(desk) if one["id"] == model), None)
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "model_not_found", param="model", name=model)
    return JsonResponse(found)


def _models(desk: Desk) -> list[dict[str, Any]]:
    desk.work.check_ready()
    names = [MODEL, desk.service.models().embedder.name]
    return [{"id": name, "object": "model", "created": desk.opened, "owned_by": "rag"} for name in names]


def conversation(messages: Sequence[ChatMessage]) -> tuple[str, list[Turn]]:
    """The question that the messages end with, and the turns before it. Raises Problem unless they take turns."""
    for place, message in enumerate(messages):
        if message.role != ("user", "assistant")[place % 2]:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "bad_turns", param=f"messages[{place}].role")
    if len(messages) % 2 == 0:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "bad_turns", param=f"messages[{len(messages) - 1}].role")
    texts = [message.text for message in messages]
    return texts[-1], [Turn(*pair) for pair in zip(texts[:-1:2], texts[1::2], strict=True)]


def citations_of(answer: Answer) -> list[dict[str, Any]]:
    """What each marker in the text cites, in the order of the text."""
    cited = {citation.marker: citation for citation in answer.citations}
    return [
        {"type": "url_citation", "url_citation": _url_citation(cited[int(found[1])], found)}
        for found in re.finditer(r"\[(\d+)\]", answer.text)
        if int(found[1]) in cited
    ]


def _url_citation(citation: Citation, marker: re.Match[str]) -> dict[str, Any]:
    url = f"/api/articles/{quote(citation.document)}"
    start, end = marker.span()
    return UrlCitation(start_index=start, end_index=end, url=url, **asdict(citation)).model_dump()


def usage(answer: Answer) -> dict[str, Any]:
    """The tokens of the generator."""
    timings = answer.timings
    return {
        "prompt_tokens": timings.prompt_tokens,
        "completion_tokens": timings.answer_tokens,
        "total_tokens": timings.prompt_tokens + timings.answer_tokens,
        "prompt_tokens_details": {"cached_tokens": timings.reused_tokens},
    }


def about(answer: Answer) -> dict[str, Any]:
    """What OpenAI's interface has no field for."""
    return About.model_validate(answer, from_attributes=True).model_dump()


def _line(value: dict[str, Any]) -> str:
    return f"data: {dump(value)}\n\n"
