"""What is said around the words of articles, in the language of the question: for the generator and for who asks.

The texts are the Markdown files of `rag/prompts`, one a language, a heading for each part.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files

from rag.domain import Article, Passage
from rag.text import written_day

LANGUAGES = ("fr", "en", "de", "es", "it")
"""The languages in which the program answers."""
_NEAREST = {"pt": "es"}


def answer_language(language: str) -> str:
    """The language in which a question in `language` is answered: that one, the nearest to it, or French."""
    nearest = _NEAREST.get(language, language)
    return nearest if nearest in LANGUAGES else LANGUAGES[0]


@cache
def prompt_parts(language: str) -> dict[str, str]:
    """The parts of the prompt file of a language's `answer_language` by heading."""
    text = (files("rag") / "prompts" / f"{answer_language(language)}.md").read_text(encoding="utf-8")
    _, *sections = re.split(r"^# (\w+)\n", text, flags=re.MULTILINE)
    return {name: body.strip() for name, body in zip(sections[::2], sections[1::2], strict=True)}


def fill(template: str, **fields: object) -> str:
    """`template` with its `{fields}` filled in one pass: braces in a value stay as they are."""
    return re.sub(r"\{(\w+)\}", lambda match: str(fields.get(match[1], match[0])), template)


def written_date(day: date | None, language: str) -> str:
    """A date as people write it: « 4 septembre 2025 »."""
    return prompt_parts(language)["undated"] if day is None else written_day(day, language)


def frame(passage: Passage, language: str, name: str) -> str:
    """A quotation after who says it and when (`name` "told_by"), or that it is in another language.

    « Reuters (4 septembre 2025) : … »; “The article says, in its own language: …” (`name` "in_its_language").
    """
    source = passage.source or passage.title
    day = written_date(passage.date, language)
    return fill(prompt_parts(language)[name], source=source, date=day, text=passage.text)


def fact_stated(article: Article, fact: str, language: str) -> str:
    """The sentence that states a fact about an article: its "date", "author" or "source"."""
    origin = f" ({article.source})" if article.source else ""
    value = written_date(article.date, language) if fact == "date" else getattr(article, fact)
    return fill(prompt_parts(language)[f"fact_{fact}"], title=article.title, origin=origin, value=value)


def refusal(question: str, language: str, reason: str, names: Sequence[str], closest: Sequence[Passage]) -> str:
    """Why `question` is not answered (`reason`: the name of a part), and the articles nearest to it."""
    parts = prompt_parts(language)
    text = fill(parts[f"refusal_{reason}"], question=question, names=", ".join(names))
    if not closest:
        return text
    titles = dict.fromkeys(f"{passage.title} ({written_date(passage.date, language)})" for passage in closest)
    return f"{text} {fill(parts['closest'], titles=' ; '.join(titles))}"
