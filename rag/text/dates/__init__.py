"""Days and periods that questions and sentences name: found by rules, resolved to the calendar.

Small tables of words for French, English, German, Spanish and Italian; text is read without accents and case, so
that « FEVRIER » and « aout » are months. A word that could be another one is a date only where its neighbours say so:
a month has a day, a year or a preposition (« en mars », not « sur Mars »), a year a preposition, and a weekday is no
habit (« le lundi », « every Monday »). « 11-Septembre » and « rue du 4 septembre » are names.

A weekday is the nearest one, as agencies write it; next to a verb in the future the coming one, in the past the last
one, the day itself included. A missing year is the one that brings the date nearest, unless that is more than three
months away and a verb says which way to look. Weeks begin on Monday, « début », « mi- » and « fin » are thirds, « ces
derniers jours » are seven; in figures the day comes before the month. Left alone: seasons, hours, decades, and days
counted from another event (« la veille »).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from rag.text.dates.dated_text import Page, ending
from rag.text.dates.expressions import FoundDate, read
from rag.text.dates.periods import NEAREST, PAST, Period, plus
from rag.text.dates.vocabulary import words_of
from rag.text.folding import fold_letters

__all__ = ["Lean", "Mention", "Period", "annotate", "asked_period", "asks_latest", "mentions", "written_day"]

Lean = Literal["past", "nearest"]


@dataclass(frozen=True, slots=True)
class Mention:
    """A date expression `text[start:end]`; `relative` if its words name another day on another day (« hier »)."""

    start: int
    end: int
    text: str
    period: Period
    relative: bool


def mentions(text: str, language: str, reference: date, lean: Lean = "nearest") -> list[Mention]:
    """The date expressions of `text` in order, disjoint, written (or asked) on the day `reference`.

    `lean` decides for weekdays that no verb decides, and for dates without a year: the nearest, or the last one.
    A language without a table is read as English.
    """
    places = [place for place, char in enumerate(text) if not unicodedata.combining(char)]
    page = _page("".join(text[place] for place in places), language, reference, lean)
    places.append(len(text))
    spans = [(places[found.start], places[found.end], found) for found in read(page)]
    return [Mention(start, end, text[start:end], found.period, found.relative) for start, end, found in spans]


def asked_period(question: str, language: str, reference: date) -> Period | None:
    """The period to which `question`, asked on the day `reference`, restricts itself; None when to none.

    Of several the most precise counts, of several equally precise ones the time that they span, and « depuis »,
    « avant », « après » bound it. « Nous sommes le … » is another reference.
    """
    page = _page(unicodedata.normalize("NFC", question), language, reference, "nearest")
    found = read(page)
    for position, today in enumerate(found):
        if ending(page, today.start, rf"(?:{page.words.now})(?:\s+(?:{page.words.the}))?"):
            found = read(replace(page, reference=today.period.first))[position + 1 :]
            break
    bounds = [(each, _bound(each, page)) for each in found]
    opened = [period for _, period in bounds if period]
    closed = [each for each, period in bounds if not period]
    limits = _overlap(opened) if opened else None
    if not closed:
        return limits
    finest = min(_coarseness(each.period) for each in closed)
    wider = [each.period for each in closed if _coarseness(each.period) > finest]
    chosen = [_within(wider, each) for each in closed if _coarseness(each.period) == finest]
    span = Period(min(period.first for period in chosen), max(period.last for period in chosen))
    return (_overlap([span, limits]) if limits else None) or span


def asks_latest(question: str, language: str) -> bool:
    """Whether `question` wants the newest state of things (« quoi de neuf », « dernières nouvelles »)."""
    return re.search(rf"(?<![\w-])(?:{words_of(language).latest})(?!\w)", fold_letters(question)) is not None


def annotate(text: str, language: str, published: date, reader: str = "") -> str:
    """`text` with the calendar in brackets after each expression relative to it: « jeudi [4 septembre 2025] ».

    Days and whole weeks are resolved, written in the language `reader`; where that is not the text's, other days are
    written out too. What stands in a bracket already, or before one, is left alone.
    """
    reader = reader or language
    for mention in reversed(mentions(text, language, published)):
        told = mention.relative or reader != language
        written = _written(mention.period, reader) if told else ""
        bracketed = text[: mention.start].endswith("[") or text[mention.end :].lstrip().startswith("[")
        if written and not bracketed:
            text = f"{text[: mention.end]} [{written}]{text[mention.end :]}"
    return text


def _written(period: Period, language: str) -> str:
    """A day, or a week from Monday to Sunday; empty for what is not so definite."""
    if period.first == period.last:
        return written_day(period.first, language)
    is_week = period.first.weekday() == 0 and (period.last - period.first).days == 6
    return f"{written_day(period.first, language)} – {written_day(period.last, language)}" if is_week else ""


def written_day(day: date, language: str) -> str:
    """A day as people write it: « 4 septembre 2025 »."""
    words = words_of(language)
    month = words.months.split()[day.month - 1].split("/")[0]
    return words.written.format(d=words.written_first if day.day == 1 else day.day, m=month, y=day.year)


def _page(text: str, language: str, reference: date, lean: Lean) -> Page:
    return Page(text, fold_letters(text), words_of(language), reference, PAST if lean == "past" else NEAREST)


def _bound(found: FoundDate, page: Page) -> Period | None:
    """The open period that a preposition makes: « depuis mardi », « après la réunion de mardi », that day included."""
    words, (first, last) = page.words, (found.period.first, found.period.last)
    opened = (
        (words.since, Period(first, date.max), Period(first, date.max)),
        (words.after, Period(plus(last, 1), date.max), Period(first, date.max)),
        (words.before, Period(date.min, plus(first, -1)), Period(date.min, last)),
        (words.until, Period(date.min, last), Period(date.min, last)),
    )
    if found.is_range:
        return None
    for preposition, at_day, at_event in opened:
        if ending(page, found.start, rf"(?:{preposition})(?:\s*(?:{words.the}))?"):
            return at_day
        if ending(page, found.start, rf"(?:{preposition})\s+(?:[\w'-]+\s+){{1,4}}(?:{words.of})"):
            return at_event
    return None


def _within(wider: Sequence[Period], found: FoundDate) -> Period:
    """What is meant where the question names a wider period too (« en 2024, … le 4 septembre »)."""
    for outer in wider:
        if not outer.first <= found.period.first <= outer.last:
            inner = [period for period in found.candidates(outer.first) if outer.first <= period.first <= outer.last]
            if len(inner) == 1 and not (found.relative and _coarseness(outer) > 1):
                return inner[0]
    return found.period


def _coarseness(period: Period) -> int:
    days = (period.last - period.first).days
    return sum(days > limit for limit in (0, 10, 31))


def _overlap(periods: Sequence[Period]) -> Period | None:
    first, last = max(period.first for period in periods), min(period.last for period in periods)
    return Period(first, last) if first <= last else None
