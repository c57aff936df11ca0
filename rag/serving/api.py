"""`/api`: questions, searches and articles, with the objects that the command line prints as JSON."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path as PathParameter, Query
from pydantic.json_schema import SkipJsonSchema
from starlette.requests import Request
from starlette.responses import Response

from rag.contracts import AnswerObject, HitsObject, answer_object, dump, heading_object, headings_list, hits_object
from rag.domain import Scope, Turn
from rag.runtime import Service
from rag.scopes import make_scope
from rag.serving.desk import Deadline, Desk
from rag.serving.fields import Date, Name
from rag.serving.problems import Problem
from rag.serving.schemas import ArticleObject, ArticlesObject, AskBody, Filters, SearchBody
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


class Api:
    """The routes below `/api`, over one service."""

    def __init__(self, service: Service, desk: Desk) -> None:
        self._service = service
        self._desk = desk

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/api", tags=["rag"])
        router.post("/ask", response_model=AnswerObject, responses=_STREAMS, summary="Answer a question")(self.ask)
        router.post("/search", response_model=HitsObject, summary="Find passages or sentences")(self.search)
        router.get("/articles", response_model=ArticlesObject, summary="List the articles")(self.articles)
        router.get("/articles/{document:path}", response_model=ArticleObject, summary="Read an article")(self.article)
        return router

    async def ask(self, request: Request, body: AskBody, deadline: Deadline = None) -> Response:
        """An answer with its citations.

        With `Accept: text/event-stream` or `application/x-ndjson` the events come as they happen: `found`, `queued`
        while others are before, `written` (not checked yet), `checked` or `dropped`, `finished`; `error` ends a stream
        that cannot go on.
        """
        history = [Turn(turn.question, turn.answer) for turn in body.history or ()]
        run, place = self._desk.take_up(request, body.question, history, deadline, scope_of(body))
        id_ = body.id if body.id is not None else request.state.request_id
        kind = kind_of(request)
        if kind != "application/json":
            return await streamed(request, run, id_, self._desk.work, kind, place)
        answer = await whole_answer(request, run)
        return _json(answer_object(answer, id_), place)

    async def search(self, request: Request, body: SearchBody, deadline: Deadline = None) -> Response:
        """The best passages of the articles, or with `evidence` the best sentences."""
        request.state.question = body.question
        scope = scope_of(body)
        self._desk.work.check_ready()
        hits, notices = await self._desk.work.find(
            lambda: self._service.search(body.question, body.k, scope, evidence=body.evidence),
            self._desk.deadline_s(deadline),
        )
        id_ = body.id if body.id is not None else request.state.request_id
        return _json(hits_object(body.question, hits, id_, explain=body.explain, notices=notices))

    async def articles(
        self,
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
        found = await self._desk.work.find(lambda: self._service.articles(scope), self._desk.deadline_s(None))
        return _json({"total": len(found), "articles": headings_list(found[offset : offset + limit])})

    async def article(self, document: Annotated[Name, PathParameter(description="its name in the index")]) -> Response:
        """One article with its text. Its name is looked up in the index; no file is opened by it."""
        found = await self._desk.work.find(lambda: self._service.article(document), self._desk.deadline_s(None))
        if found is None:
            raise Problem(HTTPStatus.NOT_FOUND, "no_such_article", name=document)
        return _json(
            {
                **heading_object(found),
                "digest": found.digest,
                "provenance": dict(found.provenance),
                "pages": list(found.pages),
                "text": found.text,
            }
        )


def scope_of(body: Filters) -> Scope:
    """The articles that the filters of a request admit. Raises BadDate and PeriodReversed."""
    return make_scope(
        since=body.since,
        until=body.until,
        on=body.date,
        documents=body.documents or (),
        sources=body.sources or (),
        languages=body.languages or (),
    )


def _json(value: object, headers: dict[str, str] | None = None) -> Response:
    return Response(dump(value), headers=headers, media_type="application/json")
