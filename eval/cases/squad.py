"""Sets in the SQuAD layout (Rajpurkar et al. 2016, https://arxiv.org/abs/1606.05250), read as they are.

One document an article, its paragraphs joined by a blank line, named after its title. Evidence is the span of each
gold answer; where an offset does not point at the answer's text, the nearest place of that text in the paragraph is
taken. Questions without an answer are left out: that a paragraph does not answer them does not say that no other
does. There are no key facts: answers are judged by the gold's words.
"""

from __future__ import annotations

import json
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from eval.cases.records import Case, Evidence
from eval.cases.sets import check_new, half_of, places, read_bytes
from eval.errors import MalformedSet

_BREAK = "\n\n"


class _Answer(BaseModel):
    text: str
    answer_start: int


class _Question(BaseModel):
    id: str
    question: str
    answers: list[_Answer]


class _Paragraph(BaseModel):
    context: str
    qas: list[_Question]


class _Article(BaseModel):
    title: str
    paragraphs: list[_Paragraph]


class _File(BaseModel):
    data: list[_Article]


@dataclass(frozen=True, slots=True)
class SquadSet:
    """The text of each document, and the cases in the order of the file."""

    documents: Mapping[str, str]
    cases: tuple[Case, ...]


def load_squad(path: Path, lang: str = "fr") -> SquadSet:
    """Documents and cases of the file `path`. Raises MalformedSet, PathMissing and FileUnreadable."""
    content = read_bytes(path)
    documents: dict[str, str] = {}
    cases: dict[str, Case] = {}
    for name, article in _named(_parsed(path, content).data):
        documents[name] = _BREAK.join(paragraph.context for paragraph in article.paragraphs)
        base = 0
        for paragraph in article.paragraphs:
            for question in paragraph.qas:
                try:
                    case = _case(question, name, paragraph.context, base, lang)
                    check_new(question.id, cases)
                except ValueError as error:
                    line = _line_of(question.id, content)
                    raise MalformedSet(path=path, line=line, reason=str(error)) from error
                if case:
                    cases[case.id] = case
            base += len(paragraph.context) + len(_BREAK)
    if not cases:
        raise MalformedSet(path=path, line=1, reason="there is no answered question in it")
    return SquadSet(documents, tuple(cases.values()))


def sample(cases: Sequence[Case], n: int, seed: int) -> tuple[Case, ...]:
    """`n` of `cases` drawn without replacement, in the order drawn; all of them when there are fewer."""
    return tuple(random.Random(seed).sample(cases, min(n, len(cases))))


def write_documents(documents: Mapping[str, str], folder: Path) -> None:
    """Writes each document as a file that reads back to the letter, for an index to be built from."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents.items():
        (folder / name).write_bytes(text.encode("utf-8"))


def _parsed(path: Path, content: bytes) -> _File:
    try:
        return _File.model_validate(json.loads(content.decode("utf-8")))
    except UnicodeDecodeError as error:
        reason, line = "not UTF-8", content.count(b"\n", 0, error.start) + 1
    except json.JSONDecodeError as error:
        reason, line = f"not JSON at column {error.colno} ({error.msg})", error.lineno
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        reason, line = f'"{".".join(map(str, first["loc"]))}": {first["msg"]}', 1
    raise MalformedSet(path=path, line=line, reason=reason)


def _named(articles: Sequence[_Article]) -> Iterator[tuple[str, _Article]]:
    """Each article with the name of its file: its title in plain letters, and the how-manieth of that title it is."""
    used: Counter[str] = Counter()
    for article in articles:
        ascii_title = unicodedata.normalize("NFKD", article.title).encode("ascii", "ignore").decode().lower()
        slug = re.sub(r"\W+", "_", ascii_title).strip("_") or "x"
        used[slug] += 1
        yield f"{slug}_{used[slug]}.txt", article


def _case(question: _Question, document: str, context: str, base: int, lang: str) -> Case | None:
    if not question.answers:
        return None
    spans: dict[str, set[tuple[int, int]]] = {}
    for answer in question.answers:
        spans.setdefault(answer.text, set()).add(_span(answer, context, base))
    return Case(
        id=question.id,
        question=question.question,
        lang=lang,
        type="squad",
        history=(),
        answerable=True,
        expected="answer",
        answers=tuple(spans),
        must_include=(),
        must_not_include=(),
        evidence=tuple(Evidence(document, text, tuple(sorted(where))) for text, where in spans.items()),
        half=half_of(question.id),
    )


def _span(answer: _Answer, context: str, base: int) -> tuple[int, int]:
    found = places(answer.text, context) if answer.text.strip() else ()
    if not found:
        raise ValueError(f"not to the letter in its paragraph: « {answer.text[:60]} »")
    start, end = min(found, key=lambda span: abs(span[0] - answer.answer_start))
    return base + start, base + end


def _line_of(id_: str, content: bytes) -> int:
    return content.count(b"\n", 0, max(0, content.find(json.dumps(id_).encode()))) + 1
