"""Which name of the conversation a pronoun stands for.

The referent agrees in gender and number as far as determiner, title or first name tell. Of those that agree, whom the
last answer names when somebody was asked for, then the names of the last question, those first that no preposition
governs, then the names of the answer, then the turn before. What the conversation has only as a place (« à Tianjin »)
does not act and is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rag.question.agreement import Gender, gender, is_plural
from rag.question.grammar import grammar_of
from rag.question.names import Name, find_names
from rag.text import fold

_TURNS = 2
_LINK = re.compile(r",? (?:(?:et|and|und|y|e|ed) )?")
_WHO = re.compile(
    r"(?:qui|quel\w* \w+|who|which \w+|wer|welche\w* \w+|qui[eé]n\w*|qu[eé] \w+|chi|qual[ei] \w+)\b", re.IGNORECASE
)
# « Qui est Merz ? » is about Merz, whatever the answer names.
_IDENTITY = re.compile(r"\w+ (?:est|sont|était|is|are|was|ist|sind|war|es|son|fue|è|sono|era)$", re.IGNORECASE)
_OF = ("de", "of", "von", "di")


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A turn: the question made to stand alone, without marks, and what the answer told (empty: nothing)."""

    question: str
    answer: str
    language: str


@dataclass(frozen=True, slots=True)
class PastTurns:
    """What came before a question, the last exchange last, and the names in it, as folded and as written."""

    past: Sequence[PastTurn]
    known: Mapping[str, str]

    @property
    def recent(self) -> Sequence[PastTurn]:
        """The exchanges a pronoun may reach back to, the last one first."""
        return self.past[: -_TURNS - 1 : -1]

    @property
    def text(self) -> str:
        """All that was said."""
        return " ".join(f"{exchange.question}. {exchange.answer}" for exchange in self.past)

    def referent(self, wanted: Gender, *, plural: bool, excluded: Sequence[Name] = ()) -> Name | None:
        """The name that a pronoun of this gender (empty: any) and number most likely stands for, if one does."""
        shunned = {fold(word) for name in excluded for word in name.text.split()}
        places = self.places
        for exchange in self.recent:
            context = f"{exchange.question} {exchange.answer}"
            for name in self._by_salience(exchange):
                agrees = is_plural(name, exchange.language) == plural
                may_be = not wanted or gender(name, exchange.language, context) in ("", wanted)
                spoken_of = name.text not in places and shunned.isdisjoint(fold(name.text).split())
                if agrees and may_be and spoken_of:
                    return name
        return None

    def place(self, language: str) -> str:
        """The last place that was spoken of, with its preposition (« à Tianjin »); empty when there is none."""
        for exchange in self.recent:
            for said in (exchange.question, exchange.answer):
                for name in find_names(said, exchange.language, self.known):
                    if exchange.language == language and name.preposition in grammar_of(language).place:
                        where = said[name.start : name.end]
                        return where[0].lower() + where[1:]
        return ""

    @property
    def places(self) -> set[str]:
        """The names that something was said to be at or in."""
        names = [name for exchange in self.past for name in self._named(exchange)]
        return {name.text for name, language in names if _is_place(name, language)}

    def _named(self, exchange: PastTurn) -> list[tuple[Name, str]]:
        found = find_names(f"{exchange.question}. {exchange.answer}", exchange.language, self.known)
        return [(name, exchange.language) for name in found]

    def _by_salience(self, exchange: PastTurn) -> list[Name]:
        asked = _grouped(exchange.question, exchange.language, self.known)
        told = _grouped(exchange.answer, exchange.language, self.known)
        identity = asked and _IDENTITY.fullmatch(exchange.question[: asked[0].start].strip())
        if told and not told[0].start and _WHO.match(exchange.question) and not identity:
            return [*_ranked(told, exchange.language), *_ranked(asked, exchange.language)]
        return [*_ranked(asked, exchange.language), *_ranked(told, exchange.language)]


def _ranked(names: list[Name], language: str) -> list[Name]:
    kept = [name for name in names if not _is_place(name, language)]
    return sorted(kept, key=lambda name: 0 if not name.preposition else 1 if name.preposition in _OF else 2)


def _is_place(name: Name, language: str) -> bool:
    return name.preposition in grammar_of(language).place and not name.determiner


def _grouped(text: str, language: str, known: Mapping[str, str]) -> list[Name]:
    """The names of `text`; before those of a coordination, the coordination itself."""
    names = find_names(text, language, known)
    grouped: list[Name] = []
    last = -1
    for at, name in enumerate(names):
        end = at
        while end + 1 < len(names) and _LINK.fullmatch(text[names[end].end : names[end + 1].start]):
            end += 1
        if end > max(at, last):
            grouped.append(replace(name, text=name.text + text[name.end : names[end].end], end=names[end].end))
        last = max(last, end)
        grouped.append(name)
    return grouped
