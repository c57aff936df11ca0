"""Messages that ask nothing of the articles: greetings, thanks, questions to the assistant, orders.

A message is small talk only when all of it is: it is read phrase by phrase against tables, in its own
language first, and any word left over makes it a question (« Bonjour, qui est Merz ? »). Read without case, accents,
marks and emoji, each run of a letter as one letter (« Saluuut !!! »). The replies are in `rag/prompts`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Literal, get_args

from rag.prompting import LANGUAGES, prompt_parts
from rag.question.courtesy_phrases import PHRASES
from rag.text import plain_words, sentences, sort_orders

Kind = Literal[
    "about", "wellbeing", "farewell", "thanks", "insult", "compliment", "apology", "greeting", "no", "yes",
    "request", "instructions",
]  # fmt: skip
# Of several kinds in one message the first of these is answered.
_ORDER: tuple[Kind, ...] = get_args(Kind)

_LONGEST = 200  # characters: a longer message is no small talk
_RUN = re.compile(r"([a-z])\1+")


@dataclass(frozen=True, slots=True)
class SmallTalk:
    """What a message that asks nothing of the articles is, and the language to reply in."""

    kind: Kind
    language: str


def small_talk(question: str, language: str) -> SmallTalk | None:
    """What `question` is when nothing in it is for the articles; None when it is to be answered from them."""
    known = language if language in LANGUAGES else LANGUAGES[0]
    ordered = (known, *(other for other in LANGUAGES if other != known))
    # One language by itself tells more (« ciao » is a farewell in French); a mixture is still small talk.
    for group in (*((one,) for one in ordered), ordered):
        if kind := _kind(question, group):
            return SmallTalk(kind, group[0])
    sorted_ = sort_orders(question)
    if any(not _kind(asked, LANGUAGES) for asked in sorted_.questions):
        return None
    if sorted_.instructions:
        return SmallTalk("instructions", known)
    return SmallTalk("request", known) if sorted_.request else None


def without_instructions(question: str) -> str:
    """The sentences of `question` that ask something: orders and courtesies beside them are left out.

    The question itself when it holds no order; empty when it holds nothing else.
    """
    sorted_ = sort_orders(question)
    if not (sorted_.request or sorted_.instructions):
        return question
    return " ".join(asked for asked in sorted_.questions if not _kind(asked, LANGUAGES))


def without_courtesies(question: str) -> str:
    """`question` without what is small talk in it: « Merci ! Et la France ? » and « Ok, et la France ? » lose it."""
    kept = []
    for sentence in sentences(question):
        clauses = sentence.split(", ")
        while clauses and _kind(clauses[0], LANGUAGES):
            clauses.pop(0)
        kept += [", ".join(clauses)] if clauses else []
    return " ".join(kept) or question


def reply(talk: SmallTalk) -> str:
    """What is said to it: a sentence or two."""
    return prompt_parts(talk.language)[f"talk_{talk.kind}"]


def _kind(text: str, languages: tuple[str, ...]) -> Kind | None:
    """The kind of `text` when phrases of `languages` make up all of it."""
    if len(text) > _LONGEST:
        return None
    read = _squeezed(" ".join(plain_words(text).replace('"', " ").split()))
    found: set[str] = set()
    at = 0
    while at < len(read):
        matches = ((pattern.match(read, at), kind) for pattern, kind in _patterns(languages))
        end, kind = max(((match.end(), kind) for match, kind in matches if match), key=itemgetter(0), default=(at, ""))
        if end == at:
            return None
        found.add(kind)
        at = end + 1
    return next((kind for kind in _ORDER if kind in found), None)


@cache
def _patterns(languages: tuple[str, ...]) -> list[tuple[re.Pattern[str], str]]:
    """A pattern for each phrase, in the order of the kinds; filler comes last."""
    kinds = [*(kind for kind in _ORDER if kind in PHRASES[languages[0]]), "_"]
    return [
        (re.compile(rf"(?:{_squeezed(phrase.strip())})(?= |$)"), kind)
        for kind in kinds
        for language in languages
        for phrase in PHRASES[language][kind].split(" | ")
    ]


def _squeezed(text: str) -> str:
    return _RUN.sub(r"\1", text)
