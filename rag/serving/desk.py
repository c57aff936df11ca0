"""What both APIs and the tools work with: one service, its work and its settings; and how they take a question up."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Header
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from starlette.requests import Request

from rag.config import Settings
from rag.contracts import hits_object
from rag.domain import EVERYTHING, Scope, Turn
from rag.question import clean_question
from rag.serving.metrics import MeteredService
from rag.serving.schemas import SearchBody
from rag.serving.work import AskedQuestion, QuestionRun, RequestWork

Deadline = Annotated[
    Annotated[float, Field(ge=1, le=3600)] | SkipJsonSchema[None],
    Header(
        alias="X-Deadline",
        description="seconds after which the request is given up; no more than the server's settings say",
    ),
]


class Desk:
    """Where questions are handed in."""

    def __init__(self, service: MeteredService, settings: Settings) -> None:
        self.service = service
        self.settings = settings
        self.work = RequestWork(service, settings)
        self.opened = int(time.time())

    def deadline_s(self, asked: float | None = None) -> float:
        """The seconds that a request has which asks for so many."""
        return min(asked or self.settings.deadline_s, self.settings.deadline_s)

    def take_up(
        self,
        request: Request,
        question: str,
        history: Sequence[Turn],
        deadline: float | None,
        scope: Scope = EVERYTHING,
    ) -> tuple[QuestionRun, dict[str, str]]:
        """The question under way, and the headers that tell its place.

        Those who ask from one address take turns with those from others.
        Raises Problem, EmptyQuestion and QuestionTooLong.
        """
        clean_question(question)
        request.state.question = question
        owner = f"address {request.client.host if request.client else ''}"
        before = self.work.waiting
        run = self.work.ask(AskedQuestion(question, history, scope, owner, self.deadline_s(deadline)))
        return run, {"X-Queue-Place": str(before), "X-Queue-Wait": str(self.work.wait_s(before))}

    async def search(self, body: SearchBody, id_: str | int, deadline: float | None = None) -> dict[str, Any]:
        """The object of the hits. Raises Problem, BadDate, PeriodReversed and what `Service.search` does."""
        scope = body.scope()
        self.work.check_ready()
        found = await self.work.find(
            lambda: self.service.search(body.question, body.k, scope, evidence=body.evidence), self.deadline_s(deadline)
        )
        return hits_object(body.question, found, id_, explain=body.explain)


async def _desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(_desk_of)]
