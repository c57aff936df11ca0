"""A text that is read for dates, and what the words around an expression say about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from rag.text.dates.periods import AFTER, BEFORE, COMING, NEAREST, PAST, Candidates, Period, choose
from rag.text.lang import DateWords

_CLAUSE_ENDS = re.compile(r"[,;:.!?«»“”\"()\n—]")
_CLAUSE = 160  # characters on either side in which a verb may tell the tense
_NEARBY = 100  # days within which a date without a year is the nearest one, whatever the verb
_NEAR = 80  # characters before an expression that are looked at


@dataclass(frozen=True, slots=True)
class Page:
    """A text being read; `flat` is `text` in plain letters, character by character."""

    text: str
    flat: str
    words: DateWords
    reference: date
    lean: int


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, compiled once."""
    return re.compile(pattern)


def ending(page: Page, position: int, words: str) -> re.Match[str] | None:
    """`words` right before `position`."""
    return compiled(rf"(?<![\w-])(?:{words})\s*$").search(page.flat, max(0, position - _NEAR), position)


def following(page: Page, position: int, words: str) -> re.Match[str] | None:
    """`words` right after `position`."""
    return compiled(rf"\s+(?:{words})(?![\w-])").match(page.flat, position)


def part_before(start: int, page: Page) -> tuple[int, int | None]:
    """Where an expression starts with « début », « mi- » or « fin » before it, and which of the three that is."""
    words = page.words
    *_, month, year = words.units.split()
    named = rf"(?:\s+(?:{words.of}|{words.the}))*(?:\s*(?:{month}|{year})(?:\s+(?:{words.of}))?)?"
    for number, part in enumerate(words.parts):
        if found := ending(page, start, rf"(?:{part})(?:-|{named})"):
            return found.start(), number
    return start, None


def modified(start: int, end: int, page: Page) -> tuple[int, int, int | None]:
    """An expression with « ce », « dernier » or « prochain » around it, and where that points."""
    words, direction = page.words, None
    for (before, after), value in ((words.last, BEFORE), (words.next, AFTER)):
        if found := ending(page, start, before):
            start, direction = found.start(), value
        if found := following(page, end, after):
            end, direction = found.end(), value
    if found := ending(page, start, words.this):
        start, direction = found.start(), NEAREST if direction is None else direction
    return start, end, direction


def tense(start: int, end: int, page: Page) -> int:
    """Where the nearest verb of the clause points, the one before the expression first; `lean` when none tells."""
    first = max((match.end() for match in _CLAUSE_ENDS.finditer(page.text, max(0, start - _CLAUSE), start)), default=0)
    first = max(first, start - _CLAUSE)
    closing = _CLAUSE_ENDS.search(page.text, end, end + _CLAUSE)
    clause = page.text[first : closing.start() if closing else end + _CLAUSE].replace("’", "'").lower()
    cues = [
        (*match.span(), direction)
        for direction, verbs in ((PAST, page.words.past), (COMING, page.words.coming))
        for match in compiled(verbs).finditer(clause)
    ]
    before = [(stop, direction) for _, stop, direction in cues if stop <= start - first]
    after = [(begin, -direction) for begin, _, direction in cues if begin >= end - first]
    # « est prévu » ends like a past tense and points ahead.
    return max(before)[1] if before else -min(after)[1] if after else page.lean


def choose_near(candidates: Candidates, direction: int | None, start: int, end: int, page: Page) -> Period:
    """The year of a date without one: the nearest, but one far away where a verb says which way."""
    near = choose(candidates(page.reference), page.reference, direction or page.lean)
    if direction or abs((near.first - page.reference).days) <= _NEARBY:
        return near
    return choose(candidates(page.reference), page.reference, tense(start, end, page))
