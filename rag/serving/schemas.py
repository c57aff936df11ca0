"""What goes over the wire at `/api` beside the objects of `rag.contracts`, as models whose JSON schemas are shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from rag.contracts import WHOLE, AnswerObject, Count, HitObject, Seconds, StatementObject
from rag.domain import Scope, Turn
from rag.scopes import make_scope
from rag.serving.fields import Body, Date, Integer, Name, Names, Text

_MOST_TURNS = 200


class Filters(Body):
    """The articles that count; without filters, all."""

    since: Date | None = Field(None, description="published on that day, month or year, or later")
    until: Date | None = Field(None, description="published then or earlier")
    date: Date | None = Field(None, description="published then")
    documents: Names | None = Field(None, description="names, or patterns such as `2025/*`")
    sources: Names | None = Field(None, description="names of sources, without regard to case and accents")
    languages: Names | None = Field(None, description="two letters each")

    def scope(self) -> Scope:
        """The articles that the filters admit. Raises BadDate and PeriodReversed."""
        return make_scope(
            since=self.since,
            until=self.until,
            on=self.date,
            documents=self.documents or (),
            sources=self.sources or (),
            languages=self.languages or (),
        )


class TurnBody(Body):
    """An earlier question and the answer that was given."""

    question: Text
    answer: Text


class AskBody(Filters):
    """A question."""

    question: Text = Field(examples=["quelles conditions pose l'Allemagne ?"])
    history: Annotated[list[TurnBody], Field(max_length=_MOST_TURNS)] | None = None
    id: Name | Integer | None = Field(None, description="comes back with the answer; without one, the request's own id")

    def turns(self) -> list[Turn]:
        """The history."""
        return [Turn(turn.question, turn.answer) for turn in self.history or ()]


class SearchBody(Filters):
    """What to look for."""

    question: Text = Field(examples=["force de réassurance"])
    k: Annotated[int, Field(ge=1, le=50), WHOLE] | None = Field(
        None, description="most hits; otherwise as settings say"
    )
    evidence: bool = Field(False, description="sentences instead of passages")
    explain: bool = Field(False, description="the scores that each hit was made of")
    id: Name | Integer | None = Field(None, description="comes back with the hits; without one, the request's own id")


class HeadingObject(BaseModel):
    """What an article is listed by."""

    document: str
    title: str
    date: str | None
    source: str | None
    language: str


class ArticlesObject(BaseModel):
    """A part of a list of articles, by date and name; `total` is the length of the whole."""

    total: Count
    articles: list[HeadingObject]


class ArticleObject(HeadingObject):
    """An article with its text, in which the offsets of hits and citations count."""

    author: str | None
    digest: str = Field(description="SHA-256 of the text")
    provenance: dict[str, str] = Field(description="where the values of date, title, source and author come from")
    pages: list[Count] = Field(description="offsets where its pages begin; empty where it has none")
    text: str


class ErrorFields(BaseModel):
    """What went wrong: `code` for programs, `message` for people, in the language of Accept-Language (en, fr)."""

    code: str
    message: str
    type: str
    param: str | None


class ErrorObject(BaseModel):
    """The answer to a request that cannot be met."""

    error: ErrorFields


class FoundEvent(BaseModel):
    """Passages and sentences found; an answer is not there yet."""

    event: Literal["found"] = "found"
    question: str = Field(description="what was searched for: a follow-up as it stands alone")
    passages: list[HitObject]
    evidence: list[HitObject]


class QueuedEvent(BaseModel):
    """So many questions are before this one, and will take about so long."""

    event: Literal["queued"] = "queued"
    place: Count
    wait_s: Seconds


class WrittenEvent(BaseModel):
    """Words of the generator, not checked yet."""

    event: Literal["written"] = "written"
    text: str


class CheckedEvent(BaseModel):
    """A statement that stands, with its markers; what was written since the last one is superseded."""

    event: Literal["checked"] = "checked"
    statement: StatementObject
    text: str
    own_line: bool


class DroppedEvent(BaseModel):
    """What was written since the last statement is not supported, and withdrawn."""

    event: Literal["dropped"] = "dropped"


class FinishedEvent(BaseModel):
    """The whole answer; the last event."""

    event: Literal["finished"] = "finished"
    answer: AnswerObject


class ErrorEvent(ErrorObject):
    """Instead of the rest; the last event."""

    event: Literal["error"] = "error"


EventObject = Annotated[
    FoundEvent | QueuedEvent | WrittenEvent | CheckedEvent | DroppedEvent | FinishedEvent | ErrorEvent,
    Field(discriminator="event"),
]
