"""Question and evidence to the messages of a chat, in the language of the question, within a token budget.

The texts are the Markdown files of `rag/prompts`, one a language, a heading for each part. The question
whether the evidence suffices and the question itself are asked after the same beginning (system text,
evidence, question), so that a generator that keeps its state reads it once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from importlib.resources import files

from rag.domain import Passage
from rag.protocols import Message

LANGUAGES = ("fr", "en", "de", "es", "it")

_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
}
_DAY = {"fr": "{d} {m} {y}", "en": "{d} {m} {y}", "de": "{d}. {m} {y}", "es": "{d} de {m} de {y}", "it": "{d} {m} {y}"}


@cache
def prompt_parts(language: str) -> dict[str, str]:
    """The parts of a language's prompt file by heading; French where a language has no file."""
    chosen = language if language in LANGUAGES else LANGUAGES[0]
    text = (files("rag") / "prompts" / f"{chosen}.md").read_text(encoding="utf-8")
    _, *sections = re.split(r"^# (\w+)\n", text, flags=re.MULTILINE)
    return {name: body.strip() for name, body in zip(sections[::2], sections[1::2], strict=True)}


def fill(template: str, **fields: object) -> str:
    """`template` with its `{fields}` filled in one pass: braces in a value stay as they are."""
    return re.sub(r"\{(\w+)\}", lambda match: str(fields.get(match[1], match[0])), template)


def written_date(day: date | None, language: str) -> str:
    """A date as people write it: « 4 septembre 2025 »."""
    parts = prompt_parts(language)
    if day is None:
        return parts["undated"]
    chosen = language if language in _MONTHS else LANGUAGES[0]
    return fill(_DAY[chosen], d=day.day, m=_MONTHS[chosen].split()[day.month - 1], y=day.year)


def answer_messages(question: str, evidence: Sequence[Passage], language: str) -> list[Message]:
    """Messages that ask for the answer."""
    return _messages(question, evidence, language, "answer")


def decide_messages(question: str, evidence: Sequence[Passage], language: str) -> list[Message]:
    """Messages that ask whether `evidence` answers the question; the reply is one of `decide_choices`."""
    return _messages(question, evidence, language, "decide")


def decide_choices(language: str) -> tuple[str, str]:
    """The words for yes and no that `decide_messages` asks for."""
    yes, no = prompt_parts(language)["choices"].splitlines()
    return yes, no


def fit(
    question: str,
    evidence: Sequence[Passage],
    language: str,
    budget: int,
    count_tokens: Callable[[Sequence[Message]], int],
) -> list[Passage]:
    """The first of `evidence` that a prompt of at most `budget` tokens can hold; always at least one."""
    kept = list(evidence)
    while len(kept) > 1 and count_tokens(answer_messages(question, kept, language)) > budget:
        kept.pop()
    return kept


def _messages(question: str, evidence: Sequence[Passage], language: str, ask: str) -> list[Message]:
    parts = prompt_parts(language)
    passages = "\n\n".join(
        fill(
            parts["passage"],
            number=number,
            source=passage.source or passage.title,
            date=written_date(passage.date, language),
            text=passage.text,
        )
        for number, passage in enumerate(evidence, 1)
    )
    body = (fill(parts["evidence"], passages=passages), fill(parts["question"], question=question), parts[ask])
    return [Message("system", parts["system"]), Message("user", "\n\n".join(body))]
