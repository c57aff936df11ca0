"""Periods of days, and which of several that an expression can mean lies where a text points."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

UNITS = ("day", "week", "weekend", "month", "year")
BEFORE, PAST, NEAREST, COMING, AFTER = -2, -1, 0, 1, 2  # the outer two leave the day itself out


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last`, both included; `date.min` and `date.max` are open ends."""

    first: date
    last: date


Candidates = Callable[[date], Sequence[Period]]


def choose(candidates: Sequence[Period], reference: date, direction: int) -> Period:
    """The candidate that lies where `direction` points from `reference`; the nearest one where there is none."""
    past = [p for p in candidates if (p.last < reference if direction == BEFORE else p.first <= reference)]
    coming = [p for p in candidates if (p.first > reference if direction == AFTER else p.last >= reference)]
    if direction < 0 and past:
        return max(past, key=lambda period: period.first)
    if direction > 0 and coming:
        return min(coming, key=lambda period: period.first)

    def distance(period: Period) -> tuple[int, date]:
        return max((period.first - reference).days, (reference - period.last).days, 0), period.first

    return min(candidates, key=distance)


def only(period: Period) -> Candidates:
    """What can mean one thing only, wherever it stands."""
    return lambda _: [period]


def on_day(year: int, month: int, day: int) -> Period | None:
    """That day as a period; None when there is no such day."""
    try:
        return Period(date(year, month, day), date(year, month, day))
    except ValueError:
        return None


def plus(day: date, days: int) -> date:
    """The day `days` later, within what `date` can hold."""
    return date.fromordinal(min(max(day.toordinal() + days, 1), date.max.toordinal()))


def month_period(year: int, month: int) -> Period:
    """The days of a month."""
    return Period(date(year, month, 1), date(year, month, monthrange(year, month)[1]))


def around(unit: str, reference: date, count: int) -> Period:
    """The day, week, weekend, month or year that is `count` of them away from the one of `reference`."""
    if unit == "day":
        return Period(plus(reference, count), plus(reference, count))
    if unit in ("week", "weekend"):
        monday = plus(reference, 7 * count - reference.weekday())
        return Period(plus(monday, 5 if unit == "weekend" else 0), plus(monday, 6))
    months = reference.year * 12 + reference.month - 1 + count * (12 if unit == "year" else 1)
    year, month = min(max(months // 12, 1), date.max.year), months % 12 + 1
    return month_period(year, month) if unit == "month" else Period(date(year, 1, 1), date(year, 12, 31))


def third_of(period: Period, part: int | None) -> Period:
    """The beginning, middle or end of a month (ten days) or a year (four months)."""
    if part is None:
        return period
    if period.first.month != period.last.month:
        return Period(date(period.first.year, 4 * part + 1, 1), month_period(period.first.year, 4 * part + 4).last)
    return Period(plus(period.first, 10 * part), period.last if part == 2 else plus(period.first, 10 * part + 9))


def same_days(near: date, year: int, month: int, number: int) -> list[Period]:
    """The days of that date, in the years around `near` when `year` is 0."""
    years = [year] if year else range(near.year - 8, near.year + 9)
    return [day for each in years if (day := on_day(each, month, number))]


def same_months(near: date, month: int, part: int | None) -> list[Period]:
    """That month, or a third of it, in the years around `near`."""
    years = range(max(near.year - 1, 1), min(near.year + 1, date.max.year) + 1)
    return [third_of(month_period(year, month), part) for year in years]


def same_weekdays(near: date, weekday: int, number: int) -> list[Period]:
    """That weekday in the weeks around `near`; the one that is the day `number` of a month unless that is 0."""
    days = (plus(near, count) for count in (range(-35, 36) if number else range(-7, 8)))
    return [Period(day, day) for day in days if day.isoweekday() == weekday and number in (0, day.day)]
