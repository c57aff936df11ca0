"""What a browser tells with each of its events: who asks, in which language, and what the page holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from rag.chat.live_answer import LiveAnswer
from rag.chat.page_text import DEFAULT_LANGUAGE, LANGUAGES
from rag.domain import EVERYTHING, Scope

LANGUAGE_COOKIE = "rag_language"
_SCOPE = TypeAdapter(Scope)


@dataclass(slots=True)
class Slot:
    """What the server keeps of a session.

    The exchange under way, so that stopping can find it, and which conversation is open, as what a browser tells of it
    may be a moment late (None: the browser knows).
    """

    under_way: LiveAnswer = field(default_factory=LiveAnswer)
    conversation: str | None = None


@dataclass(frozen=True, slots=True)
class View:
    """The state of one page.

    `owner` has the conversations, `session` is one open page. `conversation` and `editing`, the exchange whose
    question is being changed, are ids, empty when there is none. `seen` is what the page was last
    told of the server's state, `sent` the data of the event.
    """

    owner: str
    session: str
    language: str
    conversation: str
    editing: str
    scope: Scope
    slot: Slot
    question: str = ""
    conversation_search: str = ""
    article_search: str = ""
    files: tuple[str, ...] = ()
    seen: str = ""
    sent: Mapping[str, Any] = field(default_factory=dict)

    def text(self, key: str) -> str:
        """A text that the event sent; empty when it sent none."""
        value = self.sent.get(key)
        return value if isinstance(value, str) else ""

    def at(self, conversation: str) -> View:
        """The same page with another conversation open."""
        return replace(self, conversation=conversation, editing="")


def page_language(cookies: Mapping[str, str], accepted: str) -> str:
    """The language chosen on the page, or the first of the browser's languages that the page has, or French.

    `accepted` is the header `Accept-Language`.
    """
    if cookies.get(LANGUAGE_COOKIE) in LANGUAGES:
        return cookies[LANGUAGE_COOKIE]
    wanted = sorted(map(_weighted, accepted.split(",")), key=lambda one: -one[1])
    return next((code for code, weight in wanted if weight > 0 and code in LANGUAGES), DEFAULT_LANGUAGE)


def _weighted(part: str) -> tuple[str, float]:
    """Two letters and the weight of `fr-FR;q=0.8`."""
    name, _, quality = part.partition(";q=")
    try:
        weight = float(quality or 1)
    except ValueError:
        weight = 0.0
    return name.strip()[:2].lower(), weight


def stored_scope(scope: Scope) -> dict[str, Any]:
    """A scope as the browser keeps it."""
    return dict(_SCOPE.dump_python(scope, mode="json", exclude={"languages"}))


def read_scope(stored: object) -> Scope:
    """The scope that `stored_scope` made; everything where the browser keeps something else."""
    try:
        return _SCOPE.validate_python(stored)
    except ValidationError:
        return EVERYTHING
