"""What the module of a language holds, and how one is looked up by its code."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import import_module

LANGUAGES = ("fr", "en", "de", "es", "it", "pt")
"""The languages told apart; the first is assumed when nothing tells."""
NEVER = "(?!)"
"""A pattern that nothing meets."""


@dataclass(frozen=True, slots=True)
class DateWords:
    """The words for dates: regular expressions over text in plain letters where nothing else is said."""

    months: str  # as people write them; after a slash what needs a day or a year beside it
    weekdays: str  # as people write them
    written: str  # a day, as people write it
    days: tuple[str, str, str, str, str]  # the day before yesterday, yesterday, today, tomorrow, the day after
    numbers: str  # from one
    units: str  # day, week, weekend, month, year
    plurals: str
    counted: tuple[tuple[str, int], ...]  # with a number {n}, {one} or {some} of a unit: ago -1, until now 0, ahead 1
    this: str
    last: tuple[str, str]  # before and after what it belongs to
    next: tuple[str, str]
    parts: tuple[str, str, str]  # beginning, middle, end
    at: str  # makes a month a date, and a year that is no round number
    at_year: str  # makes any year a date
    of: str  # joins a date to what happened then
    the: str
    to: str
    both: str
    between: str
    since: str
    before: str
    after: str
    until: str
    now: str  # before a date: that is today
    habits: str  # before a weekday
    feasts: tuple[str, str]  # before and after a weekday
    places: str  # what is named after a day
    past: str  # accents kept
    coming: str  # accents kept
    latest: str
    first: str = "1"
    written_first: str = "1"
    ordinal: str = ""
    day_month: str = r"\s+"
    month_year: str = r"\s+"
    time_of_day: str = ""
    doubtful: str = "(?!)"  # months that are also other words


@dataclass(frozen=True, slots=True)
class Grammar:
    """Closed classes of words, as far as the rules about names and pronouns need them."""

    determiners: str = ""
    prepositions: str = ""
    verbs: str = ""  # common enough to tell a clause from a mere name
    opening: str = ""  # opens a question, beside the question words
    joining: str = ""
    not_names: str = ""  # has a capital without being a name
    contracted: dict[str, tuple[str, str]] = field(default_factory=dict)  # preposition and determiner in one word
    elided: dict[str, str] = field(default_factory=dict)
    place: tuple[str, ...] = ()  # where something is: these exchange with one another, as each name asks for its own
    plural: tuple[str, ...] = ()
    feminine: tuple[str, ...] = ()
    masculine: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of a language, apart by spaces.

    `common` ones tell it from others, `asking` are its question words. `stop_words`, folded, carry no content: those
    that bm25s 0.3 lists (Lù 2024; MIT) and a few that questions are made of. An index was made without them, so that a
    change here changes which terms it holds.
    """

    common: str
    asking: str = ""
    stop_words: str = ""
    grammar: Grammar = Grammar()
    dates: DateWords | None = None


@cache
def lexicon(language: str) -> Lexicon | None:
    """The words of `language`; None where it has no module."""
    if language not in LANGUAGES:
        return None
    words: Lexicon = import_module(f"rag.text.lang.{language}").LEXICON
    return words
