"""What goes over the wire at `/api`, as models whose JSON schemas are the contracts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from rag.serving.fields import WHOLE, Body, Date, Integer, Name, Names, Text

_MOST_TURNS = 200
Count = Annotated[int, Field(ge=0), WHOLE]
Seconds = Annotated[float, Field(ge=0)]


class Filters(Body):
    """The articles that count; without filters, all."""

    since: Date | None = Field(None, description="published on that day, month or year, or later")
    until: Date | None = Field(None, description="published then or earlier")
    date: Date | None = Field(None, description="published then")
    documents: Names | None = Field(None, description="names, or patterns such as `2025/*`")
    sources: Names | None = Field(None, description="names of sources, without regard to case and accents")
    languages: Names | None = Field(None, description="two letters each")


class TurnBody(Body):
    """An earlier question and the answer that was given."""

    question: Text
    answer: Text


class AskBody(Filters):
    """A question."""

    question: Text = Field(examples=["quelles conditions pose l'Allemagne ?"])
    history: Annotated[list[TurnBody], Field(max_length=_MOST_TURNS)] | None = None
    id: Name | Integer | None = Field(None, description="comes back with the answer; without one, the request's own id")


class SearchBody(Filters):
    """What to look for."""

    question: Text = Field(examples=["force de réassurance"])
    k: Annotated[int, Field(ge=1, le=50), WHOLE] | None = Field(
        None, description="most hits; otherwise as settings say"
    )
    evidence: bool = Field(False, description="sentences instead of passages")
    explain: bool = Field(False, description="the scores that each hit was made of")
    id: Name | Integer | None = Field(None, description="comes back with the hits; without one, the request's own id")


class Span(BaseModel):
    """A stretch of an article: `text` is the article's text from `start` to `end`, in code points."""

    document: str
    start: Count
    end: Count
    text: str
    score: float


class StatementObject(BaseModel):
    """A sentence of an answer without its markers, and how far its citations support it."""

    text: str
    citations: list[int]
    support: float = Field(ge=0, le=1)


class CitationObject(BaseModel):
    """The marker `[marker]` of an answer: `quote` is the article's text from `start` to `end`."""

    marker: int = Field(ge=1)
    document: str
    title: str
    date: str | None
    source: str | None
    start: Count
    end: Count
    page: int | None = Field(ge=1, description="the page it begins on, where the article has pages")
    quote: str
    score: float


class TimingsObject(BaseModel):
    """Seconds since the question was taken up, and tokens of the generator."""

    load_s: Seconds
    retrieve_s: Seconds
    evidence_s: Seconds
    first_token_s: Seconds
    total_s: Seconds
    prompt_tokens: Count
    reused_tokens: Count
    answer_tokens: Count


class AnswerObject(BaseModel):
    """An answer, as `rag ask --json` prints it. A refusal has `answered` false and no citations."""

    id: str | int
    question: str
    standalone_question: str
    answer: str = Field(description="the text, with a marker [n] at each place that rests on an article")
    answered: bool
    confidence: float = Field(ge=0, le=1)
    conflict: bool = Field(description="two of the articles cited state different values of the same thing")
    language: str
    statements: list[StatementObject]
    citations: list[CitationObject]
    passages: list[Span]
    timings: TimingsObject
    models: dict[str, str]


class PlaceObject(BaseModel):
    """Where another article repeats a passage."""

    document: str
    start: Count
    end: Count
    date: str | None
    source: str | None


class HitObject(Span):
    """A passage or sentence found."""

    date: str | None
    title: str
    source: str | None
    also: list[PlaceObject] = []
    parts: dict[str, float] = {}


class HitsObject(BaseModel):
    """Hits, best first, as `rag search --json` prints them."""

    id: str | int
    question: str
    hits: list[HitObject]
    notices: list[str] = []


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
