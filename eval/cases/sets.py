"""Evaluation sets: JSON lines, one case each, checked against the corpus they speak of.

```
{"id", "question", "lang", "type", "history": [{"question", "answer"}], "answerable": bool,
 "expected": "answer|refuse|refuse_or_correct|chat", "answers": [gold…], "must_include": [[alternatives]…],
 "must_not_include": [text…], "evidence": [{"file", "quote"}]}
```
Every key is there in every line; further ones are passed over. A label that the corpus does not bear out, such as a
quote that is not in its file to the letter, makes the whole set unusable: a wrong label costs more than none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

from eval.cases.normalise import plain
from eval.cases.records import Case, Evidence, Expected
from eval.errors import MalformedSet
from rag.errors import FileUnreadable, PathMissing


def _said(text: str) -> str:
    if not plain(text):
        raise ValueError("an empty text")
    return text


def _not_empty(group: list[str]) -> list[str]:
    if not group:
        raise ValueError("a group without alternatives can never be met")
    return group


_Text = Annotated[str, AfterValidator(_said)]
_Group = Annotated[list[_Text], AfterValidator(_not_empty)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True)


class _Turn(_Strict):
    question: _Text
    answer: str


class _Quote(_Strict):
    file: _Text
    quote: _Text


class _Line(_Strict):
    id: _Text
    question: _Text
    lang: Annotated[str, StringConstraints(pattern="^[a-z]{2}$")]
    type: _Text
    history: list[_Turn]
    answerable: bool
    expected: Expected
    answers: list[_Text]
    must_include: list[_Group]
    must_not_include: list[_Text]
    evidence: list[_Quote]

    @model_validator(mode="after")
    def _agree(self) -> _Line:
        if self.answerable != (self.expected == "answer"):
            raise ValueError(f'"answerable" is {str(self.answerable).lower()} but "expected" is "{self.expected}"')
        return self


def load_set(path: Path, corpus: Mapping[str, str]) -> tuple[Case, ...]:
    """The cases of the file `path`, in its order; `corpus` is the text of each document.

    Blank lines are passed over. Raises MalformedSet, PathMissing and FileUnreadable.
    """
    cases: dict[str, Case] = {}
    for number, line in _lines(path):
        try:
            case = _case(line, corpus)
            check_new(case.id, cases)
        except ValueError as error:
            raise MalformedSet(path=path, line=number, reason=_reason(error)) from error
        cases[case.id] = case
    return tuple(cases.values())


def load_questions(path: Path, *, answerable_in: str | None = None) -> tuple[str, ...]:
    """The questions of the file `path` alone, whatever corpus they are about. Raises what `load_set` raises.

    With `answerable_in` only those in this language that have an answer and no history.
    """
    return tuple(
        line.question
        for _, line in _lines(path)
        if answerable_in is None or (line.lang == answerable_in and line.answerable and not line.history)
    )


def corpus_fingerprint(corpus: Mapping[str, str]) -> str:
    """SHA-256 (hex) of the documents' names and texts, whatever their order."""
    total = sha256()
    for document in sorted(corpus):
        for part in (document, corpus[document]):
            total.update(sha256(part.encode("utf-8", "surrogatepass")).digest())
    return total.hexdigest()


def half_of(id_: str) -> Literal["tune", "test"]:
    """Which half the case `id_` is in, for ever: "tune" when the first byte of the id's SHA-256 is even."""
    return "test" if sha256(id_.encode("utf-8", "surrogatepass")).digest()[0] % 2 else "tune"


def check_new(id_: str, known: Container[str]) -> None:
    """Raises ValueError when the id `id_` is among those `known`."""
    if id_ in known:
        raise ValueError(f'the id "{id_}" is there twice')


def places(quote: str, text: str) -> tuple[tuple[int, int], ...]:
    """Every span of `text` that is `quote`, overlapping ones too."""
    return tuple((start, start + len(quote)) for start in _starts(quote, text.find))


def read_bytes(path: Path) -> bytes:
    """The content of the file `path`. Raises PathMissing and FileUnreadable."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise PathMissing(path=path) from error
    except OSError as error:
        raise FileUnreadable(path=path, reason=error.strerror) from error


def _lines(path: Path) -> Iterator[tuple[int, _Line]]:
    """Each line that is not blank, with its number. Raises MalformedSet, also when there is none."""
    number = 0
    for place, line in enumerate(read_bytes(path).split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            yield place, _Line.model_validate(_object(line))
        except ValueError as error:
            raise MalformedSet(path=path, line=place, reason=_reason(error)) from error
        number += 1
    if not number:
        raise MalformedSet(path=path, line=1, reason="there is no case in it")


def _starts(quote: str, find: Callable[[str, int], int]) -> Iterator[int]:
    start = find(quote, 0)
    while start >= 0:
        yield start
        start = find(quote, start + 1)


def _object(line: bytes) -> object:
    try:
        fields = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start + 1}") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON at column {error.colno} ({error.msg})") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(fields, dict):
        raise ValueError("not an object")
    return fields


def _case(line: _Line, corpus: Mapping[str, str]) -> Case:
    return Case(
        id=line.id,
        question=line.question,
        lang=line.lang,
        type=line.type,
        history=tuple(turn.model_dump() for turn in line.history),
        answerable=line.answerable,
        expected=line.expected,
        answers=tuple(line.answers),
        must_include=tuple(tuple(group) for group in line.must_include),
        must_not_include=tuple(line.must_not_include),
        evidence=tuple(_evidence(piece, corpus) for piece in line.evidence),
        half=half_of(line.id),
    )


def _evidence(piece: _Quote, corpus: Mapping[str, str]) -> Evidence:
    if piece.file not in corpus:
        raise ValueError(f'the corpus has no file "{piece.file}"')
    spans = places(piece.quote, corpus[piece.file])
    if not spans:
        raise ValueError(f'not to the letter in "{piece.file}": « {piece.quote[:60]} »')
    return Evidence(piece.file, piece.quote, spans)


def _reason(error: Exception) -> str:
    """The first thing wrong, with the place in the line where pydantic found it."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    message = first["msg"].removeprefix("Value error, ")
    return f'"{place}": {message}' if place else message
