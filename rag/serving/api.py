"""`/api`: questions, searches and articles, with the objects that the command line prints as JSON."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path as PathParameter, Query
from pydantic.json_schema import SkipJsonSchema
from starlette.requests import Request
from starlette.responses import Response

from rag.contracts import AnswerObject, HitsObject, answer_object, heading_object, headings_list
from rag.scopes import make_scope
from rag.serving.desk import AtDesk, Deadline
from rag.serving.fields import Date, Name
from rag.serving.problems import JsonResponse, Problem
from rag.serving.schemas import ArticleObject, ArticlesObject, AskBody, SearchBody
from rag.serving.streams import kind_of, streamed, whole_answer

_STREAMS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer; or, where Accept asks for one of the streams, its events as they come.",
        "content": {
            "text/event-stream": {"schema": {"$ref": "#/components/schemas/Event"}},
            "application/x-ndjson": {"schema": {"$ref": "#/components/schemas/Event"}},
        },
    },
}


router = APIRouter(prefix="/api", tags=["rag"])


@router.post("/ask", response_model=AnswerObject, responses=_STREAMS, summary="Answer a question")
async def ask(request: Request, body: AskBody, desk: AtDesk, deadline: Deadline = None) -> Response:
    """An answer with its citations.

    With `Accept: text/event-stream` or `application/x-ndjson` the events come as they happen: `found`, `queued`
    while others are before, `written` (not checked yet), `checked` or `dropped`, `finished`; `error` ends a stream
    that cannot go on.
    """
    run, place = desk.take_up(request, body.question, body.turns(), deadline, body.scope())
    id_ = body.id if body.id is not None else request.state.request_id
    kind = kind_of(request)
    if kind != "application/json":
        return await streamed(request, run, id_, desk.work, kind, place)
    return JsonResponse(answer_object(await whole_answer(request, run), id_), headers=place)


@router.post("/search", response_model=HitsObject, summary="Find passages or sentences")
async def search(request: Request, body: SearchBody, desk: AtDesk, deadline: Deadline = None) -> Response:
    """The best passages of the articles, or with `evidence` the best sentences."""
    request.state.question = body.question
    id_ = body.id if body.id is not None else request.state.request_id
    return JsonResponse(await desk.search(body, id_, deadline))


@router.get("/articles", response_model=ArticlesObject, summary="List the articles")
async def articles(
    desk: AtDesk,
    since: Annotated[Date | SkipJsonSchema[None], Query(description="published then or later")] = None,
    until: Annotated[Date | SkipJsonSchema[None], Query(description="published then or earlier")] = None,
    date: Annotated[Date | SkipJsonSchema[None], Query(description="published then")] = None,
    document: Annotated[list[Name], Query(max_length=100)] = [],  # noqa: B006
    source: Annotated[list[Name], Query(max_length=100)] = [],  # noqa: B006
    lang: Annotated[list[Name], Query(max_length=100)] = [],  # noqa: B006
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Response:
    """The articles by date and name, undated ones last."""
    scope = make_scope(since=since, until=until, on=date, documents=document, sources=source, languages=lang)
    found = await desk.work.find(lambda: desk.service.articles(scope), desk.deadline_s())
    return JsonResponse({"total": len(found), "articles": headings_list(found[offset : offset + limit])})


@router.get("/articles/{document:path}", response_model=ArticleObject, summary="Read an article")
async def article(
    document: Annotated[Name, PathParameter(description="its name in the index")], desk: AtDesk
) -> Response:
    """One article with its text. Its name is looked up in the index; no file is opened by it."""
    found = await desk.work.find(lambda: desk.service.article(document), desk.deadline_s())
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no_such_article", name=document)
    about = {"digest": found.digest, "provenance": dict(found.provenance), "pages": list(found.pages)}
    return JsonResponse({**heading_object(found), **about, "text": found.text})
