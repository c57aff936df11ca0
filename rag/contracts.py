"""Answers and hits as the JSON objects that the command line, the server and the evaluation share.

What an answer or a list of hits has is said once, by the models below: the objects are made with them, and the server
describes them by their schemas.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from rag.domain import EVERYTHING, Answer, Article, Heading, Hit, Scope, Shown, Turn
from rag.scopes import make_scope, with_default
from rag.wording import FALLBACK, say


def _whole(value: Any) -> Any:
    """3.0 as 3: JSON has one kind of number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


# Last in an `Annotated`: otherwise the schema loses the limits that stand before it.
WHOLE = BeforeValidator(_whole)
Count = Annotated[int, Field(ge=0), WHOLE]
Seconds = Annotated[float, Field(ge=0)]
Rounded = Annotated[float, AfterValidator(lambda value: round(value, 4))]
Day = Annotated[str | None, BeforeValidator(lambda day: day.isoformat() if isinstance(day, date) else day)]


class Contract(BaseModel):
    """An object of the contracts. What it is made and described with is built when first used, not at every start."""

    model_config = ConfigDict(defer_build=True)


class Span(Contract):
    """A stretch of an article: `text` is the article's text from `start` to `end`, in code points."""

    document: str
    start: Count
    end: Count
    text: str
    score: Rounded


class StatementObject(Contract):
    """A sentence of an answer without its markers, and how far its citations support it."""

    text: str
    citations: list[int]
    support: float = Field(ge=0, le=1)


class CitationObject(Contract):
    """The marker `[marker]` of an answer: `quote` is the article's text from `start` to `end`."""

    marker: int = Field(ge=1)
    document: str
    title: str
    date: Day
    source: str | None
    start: Count
    end: Count
    quote: str
    score: float
    page: int | None = Field(ge=1, description="the page it begins on, where the article has pages")


class TimingsObject(Contract):
    """Seconds since the question was taken up, and tokens of the generator."""

    load_s: Seconds
    retrieve_s: Seconds
    evidence_s: Seconds
    first_token_s: Seconds
    total_s: Seconds
    prompt_tokens: Count
    reused_tokens: Count
    answer_tokens: Count


class ShortAnswerObject(Contract):
    """Words of an article that answer, and the marker of the citation that holds them."""

    text: str
    citation: int = Field(ge=1)


class AnswerObject(Contract):
    """An answer, as `rag ask --json` prints it. A refusal has `answered` false and no citations."""

    id: str | int
    question: str
    standalone_question: str
    answer: str = Field(description="the text, with a marker [n] at each place that rests on an article")
    answered: bool
    confidence: Rounded = Field(ge=0, le=1)
    conflict: bool = Field(description="two of the articles cited state different values of the same thing")
    short_answer: ShortAnswerObject | None
    language: str
    statements: list[StatementObject]
    citations: list[CitationObject]
    passages: list[Span]
    timings: TimingsObject
    models: dict[str, str]


class PlaceObject(Contract):
    """Where another article repeats a passage."""

    document: str
    start: Count
    end: Count
    date: Day
    source: str | None


class WordsObject(Contract):
    """Words of an article: `text` is the article's text from `start` to `end`, in code points."""

    start: Count
    end: Count
    text: str


class HitObject(Span):
    """A passage or sentence found."""

    date: Day
    title: str
    source: str | None
    also: list[PlaceObject] = []
    parts: dict[str, Rounded] = {}
    answer: WordsObject | None = Field(None, description="of a sentence: the words that the reader points at")


class HitsObject(Contract):
    """Hits, best first, as `rag search --json` prints them."""

    id: str | int
    question: str
    hits: list[HitObject]
    answerable: Rounded | None = Field(None, ge=0, le=1, description="how likely it is that the articles answer")
    notices: list[str] = []


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One line of a batch file."""

    id: str | int
    question: str
    history: tuple[Turn, ...]
    scope: Scope


class BadRequest(ValueError):
    """A request or a history is not what it should be. `str(error)` says why in English, `text` in any language."""

    def __init__(self, kind: str, **fields: object) -> None:
        super().__init__(say(f"request.{kind}", FALLBACK, **fields))
        self._kind = kind
        self._fields = fields

    def text(self, language: str) -> str:
        """Why, in `language`."""
        return say(f"request.{self._kind}", language, **self._fields)


def answer_object(answer: Answer, id_: str | int) -> dict[str, Any]:
    """The object that `rag ask --json` prints."""
    passages = [{**asdict(hit.passage), "score": hit.score} for hit in answer.passages]
    known = {**asdict(answer), "id": id_, "answer": answer.text, "passages": passages}
    return AnswerObject.model_validate(known).model_dump()


def hits_object(question: str, found: Shown, id_: str | int, *, explain: bool = False) -> dict[str, Any]:
    """The object that `rag search --json` prints; with `explain` each hit has the scores it was made of."""
    shown: dict[str, Any] = {
        "id": id_,
        "question": question,
        "hits": [_hit(hit, explain=explain) for hit in found.hits],
    }
    if found.answerable is not None:
        shown["answerable"] = found.answerable
    if found.notices:
        shown["notices"] = list(found.notices)
    return HitsObject.model_validate(shown).model_dump(exclude_unset=True)


def hit_list(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """The hits of such an object."""
    return [HitObject.model_validate(_hit(hit)).model_dump(exclude_unset=True) for hit in hits]


def _hit(hit: Hit, *, explain: bool = False) -> dict[str, Any]:
    fields = {**asdict(hit.passage), "score": hit.score}
    if hit.also:
        fields["also"] = [asdict(passage) for passage in hit.also]
    if explain:
        fields["parts"] = dict(hit.parts)
    if hit.answer:
        start, end = hit.answer
        fields["answer"] = {"start": start, "end": end, "text": hit.answer_text}
    return fields


def headings_list(headings: list[Heading]) -> list[dict[str, Any]]:
    """The list that `rag articles --json` prints."""
    return [{**asdict(heading), "date": heading.date and heading.date.isoformat()} for heading in headings]


def heading_object(article: Article) -> dict[str, Any]:
    """What is known of an article, as every object that shows one has it."""
    return {
        "document": article.document,
        "title": article.title,
        "date": article.date and article.date.isoformat(),
        "source": article.source,
        "author": article.author,
        "language": article.language,
    }


def article_object(article: Article, file: str, passages: int) -> dict[str, Any]:
    """The object that `rag articles show --json` prints; `file` holds the article, cut into so many `passages`."""
    return {
        **heading_object(article),
        "file": file,
        "provenance": dict(article.provenance),
        "passages": passages,
        "pages": list(article.pages),
        "segments": [asdict(segment) for segment in article.segments],
        "text": article.text,
    }


def dump(value: object) -> str:
    """One line of JSON, accents as they are."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)  # a lone surrogate can only be written as an escape
    return text


def parse_request(text: str, default_id: int, default_scope: Scope = EVERYTHING) -> BatchLine:
    """One line of a batch file; a filter that it has counts instead of that of `default_scope`.

    Raises BadRequest, BadDate and PeriodReversed.
    """
    try:
        fields = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadRequest("not_json", column=error.colno, reason=error.msg) from error
    except (ValueError, RecursionError) as error:  # a number or a nesting beyond Python's limits
        raise BadRequest("not_json", column=1, reason=error) from error
    if not isinstance(fields, dict) or not isinstance(fields.get("question"), str):
        raise BadRequest("no_question")
    id_ = fields.get("id", default_id)
    if not isinstance(id_, str | int) or isinstance(id_, bool):
        raise BadRequest("bad_id")
    history = fields.get("history")
    return BatchLine(
        id=id_,
        question=fields["question"],
        history=() if history is None else tuple(parse_history(history)),
        scope=with_default(_scope(fields), default_scope),
    )


def _scope(fields: dict[str, Any]) -> Scope:
    dates = {key: fields.get(key) for key in ("since", "until", "date")}
    names = {key: fields.get(key) for key in ("documents", "sources", "languages")}
    for key, value in dates.items():
        if not isinstance(value, str | None):
            raise BadRequest("bad_date", key=key)
    for key, values in names.items():
        if values is not None and not (isinstance(values, list) and all(isinstance(name, str) for name in values)):
            raise BadRequest("bad_names", key=key)
    return make_scope(
        since=dates["since"],
        until=dates["until"],
        on=dates["date"],
        **{key: values or () for key, values in names.items()},
    )


def parse_history(turns: object) -> list[Turn]:
    """The turns of a history, a list of {"question", "answer"}. Raises BadRequest."""
    if not isinstance(turns, list):
        raise BadRequest("bad_history")
    history = []
    for turn in turns:
        question, answer = (turn.get("question"), turn.get("answer")) if isinstance(turn, dict) else (None, None)
        if not isinstance(question, str) or not isinstance(answer, str):
            raise BadRequest("bad_history")
        history.append(Turn(question, answer))
    return history
