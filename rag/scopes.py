"""Filters as they are typed, in flags or in the lines of a batch, to a `Scope`.

A date is a day, a month or a year (`2025-09-04`, `2025-09`, `2025`): the last two stand for their first day where a
period begins and for their last where it ends.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date

from rag.domain import Scope
from rag.errors import BadDate, PeriodReversed

_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")


def make_scope(
    *,
    since: str | None = None,
    until: str | None = None,
    on: str | None = None,
    documents: Sequence[str] = (),
    sources: Sequence[str] = (),
    languages: Sequence[str] = (),
) -> Scope:
    """The scope of these filters; `on` is a whole period, and where it is given too all three apply.

    Raises BadDate, and PeriodReversed when no day is left.
    """
    first = [period(text)[0] for text in (since, on) if text is not None]
    last = [period(text)[1] for text in (until, on) if text is not None]
    scope = Scope(
        documents=tuple(map(_encodable, documents)),
        sources=tuple(map(_encodable, sources)),
        languages=tuple(map(_encodable, languages)),
        since=max(first, default=None),
        until=min(last, default=None),
    )
    if scope.since and scope.until and scope.since > scope.until:
        raise PeriodReversed(since=scope.since, until=scope.until)
    return scope


def period(text: str) -> tuple[date, date]:
    """First and last day of a day, a month or a year. Raises BadDate."""
    if not _DATE.fullmatch(text.strip()):
        raise BadDate(text=text)
    try:
        year, *rest = map(int, text.split("-"))
        month, day = (*rest, 1, 1)[:2]
        first = date(year, month, day)
        if not rest:
            return first, date(year, 12, 31)
        return first, first if len(rest) == 2 else first.replace(day=monthrange(year, month)[1])
    except ValueError as error:  # there is no such day
        raise BadDate(text=text) from error


def _encodable(name: str) -> str:
    """`name` without lone surrogates, which bytes that are no UTF-8 leave in flags, and which no database takes."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def with_default(scope: Scope, default: Scope) -> Scope:
    """`scope`, and what it leaves open as in `default`; the two ends of a period go together."""
    dated = scope if scope.since or scope.until else default
    return Scope(
        documents=scope.documents or default.documents,
        sources=scope.sources or default.sources,
        languages=scope.languages or default.languages,
        since=dated.since,
        until=dated.until,
    )
