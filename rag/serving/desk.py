"""Taking a question up from a request, as both APIs do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Header
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from starlette.requests import Request

from rag.config import Settings
from rag.domain import EVERYTHING, Scope, Turn
from rag.question import clean_question
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

    def __init__(self, work: RequestWork, settings: Settings) -> None:
        self.work = work
        self.settings = settings

    def deadline_s(self, asked: float | None) -> float:
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

        Raises Problem, EmptyQuestion and QuestionTooLong.

        Those who ask from one address take turns with those from others.
        """
        clean_question(question)
        request.state.question = question
        owner = f"address {request.client.host if request.client else ''}"
        before = self.work.waiting
        run = self.work.ask(AskedQuestion(question, history, scope, owner, self.deadline_s(deadline)))
        return run, {"X-Queue-Place": str(before), "X-Queue-Wait": str(self.work.wait_s(before))}
