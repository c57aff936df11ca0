"""Texts and values for the page, escaped: everything that an article, a question or a file name says goes through here.

The page is HTML made by functions that return strings. No Markdown is ever rendered, so that none can be smuggled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from html import escape

from rag.errors import RagError
from rag.prompting import written_date
from rag.wording import say

LANGUAGES = {"fr": "Français", "en": "English", "de": "Deutsch", "es": "Español", "it": "Italiano"}
DEFAULT_LANGUAGE = "fr"


def t(key: str, language: str, /, **fields: object) -> str:
    """The text `chat.key`, its fields filled in, escaped."""
    return escape(say(f"chat.{key}", language, **fields))


def told(error: RagError, language: str) -> str:
    """What went wrong and what to do, not escaped."""
    return f"{error.message(language)} {error.next_step(language)}"


def counted(key: str, count: int, language: str, /, **fields: object) -> str:
    """As `t`, the text for one or for several of something; a language may have a third for none."""
    return t(f"{key}_one" if count == 1 else f"{key}_many", language, count=count, **fields)


def attributes(values: Mapping[str, object]) -> str:
    """` name="value"` for each value; True gives the name alone, False and None give nothing."""
    shown = ((name, value) for name, value in values.items() if value is not None and value is not False)
    return "".join(f" {name}" if value is True else f' {name}="{escape(str(value))}"' for name, value in shown)


def button(event: str, label: str, *, kind: str = "quiet", data: Mapping[str, object] | None = None) -> str:
    """A button that sends `event` with `data` to the server. `label` is escaped already."""
    fields = {f"data-{name}": value for name, value in (data or {}).items()}
    return f'<button type="button" class="{kind}"{attributes({"data-event": event, **fields})}>{label}</button>'


def origin(source: str | None, day: date | None, language: str) -> str:
    """Where an article is from, escaped: « Le Monde, 4 septembre 2025 »."""
    return escape(", ".join(filter(None, (source, written_date(day, language)))))


def seconds(duration: float, language: str) -> str:
    """« 4,2 s », with the decimal sign of the language."""
    text = f"{duration:.1f}"
    return f"{text if language == 'en' else text.replace('.', ',')}\u00a0s"
