"""Answers and hits as the JSON objects that the command line, the server and the evaluation share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rag.domain import EVERYTHING, Answer, Article, Citation, Heading, Hit, Passage, Scope, Turn
from rag.scopes import make_scope, with_default
from rag.wording import FALLBACK, say


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
    return {
        "id": id_,
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "answer": answer.text,
        "answered": answer.answered,
        "confidence": round(answer.confidence, 4),
        "conflict": answer.conflict,
        "language": answer.language,
        "statements": [asdict(statement) for statement in answer.statements],
        "citations": [_citation(citation) for citation in answer.citations],
        "passages": [
            {
                "document": hit.passage.document,
                "start": hit.passage.start,
                "end": hit.passage.end,
                "text": hit.passage.text,
                "score": round(hit.score, 4),
            }
            for hit in answer.passages
        ],
        "timings": asdict(answer.timings),
        "models": dict(answer.models),
    }


def hits_object(
    question: str, hits: Sequence[Hit], id_: str | int, *, explain: bool = False, notices: Sequence[str] = ()
) -> dict[str, Any]:
    """The object that `rag search --json` prints; with `explain` each hit has the scores it was made of.

    `notices` are names of what is worth knowing about all of the hits.
    """
    return {
        "id": id_,
        "question": question,
        "hits": [
            {
                "document": hit.passage.document,
                "start": hit.passage.start,
                "end": hit.passage.end,
                "text": hit.passage.text,
                "score": round(hit.score, 4),
                "date": hit.passage.date and hit.passage.date.isoformat(),
                "title": hit.passage.title,
                "source": hit.passage.source,
                **({"also": [_place(passage) for passage in hit.also]} if hit.also else {}),
                **({"parts": {name: round(value, 4) for name, value in hit.parts.items()}} if explain else {}),
            }
            for hit in hits
        ],
        **({"notices": list(notices)} if notices else {}),
    }


def _place(passage: Passage) -> dict[str, Any]:
    return {
        "document": passage.document,
        "start": passage.start,
        "end": passage.end,
        "date": passage.date and passage.date.isoformat(),
        "source": passage.source,
    }


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
        return json.dumps(value)  # half of a surrogate pair, which only an escape can carry
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


def _citation(citation: Citation) -> dict[str, Any]:
    return {**asdict(citation), "date": citation.date and citation.date.isoformat()}
