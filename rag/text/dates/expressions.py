"""Finds the date expressions of a text: one pattern and one reader for each way to write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial

from rag.text.dates.dated_text import Page, choose_near, compiled, ending, following, modified, part_before, tense
from rag.text.dates.periods import (
    NEAREST,
    PAST,
    UNITS,
    Candidates,
    Period,
    around,
    choose,
    month_period,
    on_day,
    only,
    plus,
    same_days,
    same_months,
    same_weekdays,
    third_of,
)
from rag.text.dates.vocabulary import any_of, full_names, numbers_of, words_of
from rag.text.lang import DateWords

_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:1\d|2[01])\d\d(?![\w%/°]|[.,:]\d|-(?!(?:1\d|2[01])\d\d\b))"
_ISO = r"(?<![\w/.-])(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?![\d-])"
_FIGURES = r"(?<![\w/.,-])(?P<day>\d{1,2})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4})(?![\w/-])"
_SHORT = (
    r"(?<=\b(?:le|du|au|am|il|el|al) )(?P<day>\d{1,2})(?:/|\.(?=\d{1,2}\.))(?P<month>\d{1,2})"
    r"(?![\w/%]|[.,]\d|\s+(?:d[eu]|des|of|der|dei|degli)\b|\s+d')"
)
_SOME = {"day": 7, "week": 4, "weekend": 4, "month": 6, "year": 5}  # of each in « ces derniers … »
_DAYS = {"day": 1, "week": 7, "weekend": 7, "month": 30, "year": 365}


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A mention in the making; `candidates` are the periods around a day that it can mean."""

    start: int
    end: int
    period: Period
    candidates: Candidates
    relative: bool = False
    is_range: bool = False


def read(page: Page) -> list[FoundDate]:
    """The expressions in order, disjoint, ranges joined."""
    found: list[FoundDate] = []
    for pattern, reader in _readers(page.words):
        for match in pattern.finditer(page.flat):
            if _is_free(*match.span(), found):
                found += [each for each in reader(match, page) if _is_free(each.start, each.end, found)]
    return _linked(sorted(found, key=lambda each: each.start), page)


def _is_free(start: int, end: int, found: Sequence[FoundDate]) -> bool:
    return not any(start < other.end and other.start < end for other in found)


def _linked(found: list[FoundDate], page: Page) -> list[FoundDate]:
    """Ranges made one; what lacks a year (« entre le 30 août et le 4 septembre 2024 ») takes that of its neighbour."""
    words = page.words
    article = rf"(?:\s*(?:{words.the}))?\s*"
    linked = found[-1:]
    for each in reversed(found[:-1]):
        following = linked[-1]
        between = page.flat[each.end : following.start]
        both = compiled(rf"\s*(?:{words.both}){article}").fullmatch(between)
        to = compiled(rf"\s*(?:-|{words.to}){article}").fullmatch(between) or (
            both and ending(page, each.start, rf"(?:{words.between}){article}")
        )
        last, period = following.period.last, each.period
        if to or (both and each.relative == following.relative):
            period = choose(each.candidates(last), last, PAST if to else NEAREST)
        if to and period.first <= last:
            linked[-1] = replace(following, start=each.start, period=Period(period.first, last), is_range=True)
        else:
            linked.append(replace(each, period=period))
    return linked[::-1]


Reader = Callable[[re.Match[str], Page], Iterator[FoundDate]]


@cache
def _readers(words: DateWords) -> tuple[tuple[re.Pattern[str], Reader], ...]:
    """What finds each kind of expression; where two would overlap, the first has it."""
    english = words_of("en")
    weekday = f"(?P<weekday>{any_of(words.weekdays)}){words.time_of_day}"
    year = rf"(?:{words.month_year}(?P<year>{_YEAR}))"
    one, some, either = _unit_patterns(words)
    amount = rf"(?P<count>\d{{1,3}}|{'|'.join(words.numbers.split())})"
    blanks = ((" ", r"\s+"), ("{n}", amount), ("{unit}", either), ("{one}", one), ("{some}", some))
    rows: list[tuple[str, Reader]] = [
        (_ISO, _figures),
        (_FIGURES, _figures),
        (_SHORT, partial(_day, months={str(number): number for number in range(1, 13)})),
        (
            rf"(?<![\w/])(?<!\d[.,:])(?:{weekday},?\s+(?:(?:{words.the})\s+)?)?(?P<day>{_DAY}|{words.first})"
            rf"(?:{words.ordinal})?{words.day_month}(?P<month>{any_of(words.months)})\b(?:\.(?=\s\d))?{year}?(?!\w|-[a-z])",
            partial(_day, months=numbers_of(words.months)),
        ),
        (
            # Embedded posts carry an English date, whatever the language of the article.
            rf"(?<![\w/-])(?:(?:{any_of(english.weekdays)}),?\s+)?(?P<month>{any_of(english.months)})\b\.?\s+(?P<day>{_DAY})"
            rf"(?:{english.ordinal})?(?:\s*(?:-|to|through)\s*(?P<upto>{_DAY})(?:{english.ordinal})?)?(?![\w/%]|[.:,]\d)"
            rf"(?:,?\s+(?P<year>{_YEAR})){'?' if words is english else ''}",
            partial(_day, months=numbers_of(english.months)),
        ),
        (rf"(?<![\w/])(?P<month>{any_of(words.months)})\b\.?{year}(?!\w)", _month_of_year),
        (rf"(?<![\w/])(?P<month>{full_names(words.months)})(?!\w|\s+'?\d)", _month),
        *(
            (r"(?<![\w-])" + _filled(form, blanks), partial(_counted, sign=sign, several="{some}" in form))
            for form, sign in words.counted
        ),
        (rf"(?<![\w-]){one}(?:-ci)?(?!\w|-la\b|\s+of\b|\s+\d)", _unit),
        (rf"(?<![\w-])(?:{'|'.join(f'({day})' for day in words.days)})(?!\w|-la\b)", _day_word),
        (rf"(?<![\w/-]){weekday}(?!\w|-la\b|-\w)", _weekday),
        (
            rf"(?<![\w/.,:])(?P<year>{_YEAR})(?:\s*(?P<link>{words.to}|{words.both}|-)\s*(?P<upto>{_YEAR}))?"
            rf"(?!\s+(?:{'|'.join(words.plurals.split())})\b)",
            _year,
        ),
    ]
    return tuple((re.compile(pattern), reader) for pattern, reader in rows)


def _unit_patterns(words: DateWords) -> tuple[str, str, str]:
    """A unit of time in the singular, in the plural, in either; the group that matches is its name."""
    rows = list(zip(UNITS, words.units.split(), words.plurals.split(), strict=True))
    patterns = (
        "|".join(rf"(?P<{name}>(?:{forms.format(*row)})\b)" for name, *row in rows)
        for forms in ("{0}", "{1}", "{0}|{1}")
    )
    one, some, either = (f"(?:{pattern})" for pattern in patterns)
    return one, some, either


def _filled(form: str, blanks: Iterable[tuple[str, str]]) -> str:
    for blank, pattern in blanks:
        form = form.replace(blank, pattern)
    return form


def _fixed(start: int, end: int, period: Period, *, relative: bool = False) -> FoundDate:
    return FoundDate(start, end, period, only(period), relative)


def _figures(match: re.Match[str], page: Page) -> Iterator[FoundDate]:
    year, month, day = (int(match[name]) for name in ("year", "month", "day"))
    # The American order only where the other one names no day.
    period = on_day(year, month, day) or on_day(year, day, month)
    if period:
        yield _fixed(*match.span(), period)


def _day(match: re.Match[str], page: Page, months: Mapping[str, int]) -> Iterator[FoundDate]:
    words, parts = page.words, match.groupdict()
    number, month = _number(match["day"]), months.get(match["month"].lstrip("0"), 0)
    earlier = _numbers_before(match, page)
    is_place = ending(page, match.start(), rf"(?:{words.places})(?:\s+(?:{words.the}))?")
    if is_place or _is_verb(match, page) or (_is_joined(match.start(), page) and not earlier):
        return
    year = int(parts.get("year") or 0)
    start, end, direction = (*match.span(), None) if year else modified(*match.span(), page)
    candidates: Candidates = partial(same_days, year=year, month=month, number=number)
    if not candidates(page.reference):
        return
    period = choose_near(candidates, direction, start, end, page)
    same_month = partial(on_day, period.first.year, month)
    for number_start, number_end, value in earlier:
        if other := same_month(value):
            yield _fixed(number_start, number_end, other)
    if direction:
        candidates = only(period)
    upto = same_month(_number(parts.get("upto") or match["day"]))
    if upto and upto.last > period.last:
        yield FoundDate(start, end, Period(period.first, upto.last), candidates, is_range=True)
    else:
        yield FoundDate(start, end, period, candidates)


def _month_of_year(match: re.Match[str], page: Page) -> Iterator[FoundDate]:
    words = page.words
    start, part = part_before(match.start(), page)
    is_name = (
        re.fullmatch(words.doubtful, match["month"])
        and words.months.islower()
        and page.text[match.start()].isupper()
        and ending(page, start, r"\w+")
        and not ending(page, start, rf"{words.at}|{words.of}")
    )  # « le robot Mars 2020 »
    joined = _is_joined(start, page) and not ending(page, start - 1, any_of(words.months))
    if not is_name and not joined:
        number = numbers_of(words.months)[match["month"]]
        yield _fixed(start, match.end(), third_of(month_period(int(match["year"]), number), part))


def _month(match: re.Match[str], page: Page) -> Iterator[FoundDate]:
    words, (start, part) = page.words, part_before(match.start(), page)
    start, end, direction = modified(start, match.end(), page)
    text = page.text[match.start() : match.end()]
    doubtful = re.fullmatch(words.doubtful, match["month"])
    # « la réunion de juin », not « la monarchie de Juillet » nor « the end of may »
    plainly = not doubtful and not text.istitle() if words.months.islower() else not doubtful or text.istitle()
    link, names = rf"(?:{words.to}|{words.both}|-)", f"(?:{full_names(words.months)})"
    if (
        part is not None
        or direction is not None
        or ending(page, start, words.at)
        or (plainly and ending(page, start, words.of))
        or ending(page, start, rf"{names}\s*{link}(?:\s+(?:{words.the}))?")
        or (ending(page, start, words.of) and following(page, end, rf"{link}\s+{names}"))
    ) and not (_is_joined(start, page) and not ending(page, start - 1, names)):
        candidates = partial(same_months, month=numbers_of(words.months)[match["month"]], part=part)
        period = choose_near(candidates, direction, start, end, page)
        yield FoundDate(start, end, period, only(period) if direction else candidates)


def _counted(match: re.Match[str], page: Page, sign: int, several: bool) -> Iterator[FoundDate]:
    parts = match.groupdict()
    unit = next(name for name in UNITS if parts.get(name))
    written = parts.get("count")
    count = _number(written, page.words.numbers) if written else _SOME[unit] if several else 1
    now = page.reference
    period = around(unit, now, sign * count) if sign else Period(plus(now, -count * _DAYS[unit]), now)
    yield _fixed(*match.span(), period, relative=True)


def _unit(match: re.Match[str], page: Page) -> Iterator[FoundDate]:
    unit = next(name for name in UNITS if match[name])
    start, end, direction = modified(*match.span(), page)
    # « ce mois de septembre 1792 » is that month, not this one.
    is_named = following(page, end, rf"(?:{page.words.of})\s*(?:{full_names(page.words.months)})")
    if direction is not None and unit != "day" and not is_named:
        periods = [around(unit, page.reference, count) for count in (-1, 0, 1)]
        period = choose(periods, page.reference, direction or tense(start, end, page))
        yield _fixed(start, end, period, relative=True)


def _day_word(match: re.Match[str], page: Page) -> Iterator[FoundDate]:
    distance = (match.lastindex or 0) - 3
    yield _fixed(*match.span(), around("day", page.reference, distance), relative=True)


def _weekday(match: re.Match[str], page: Page) -> Iterator[FoundDate]:
    words = page.words
    start, end, direction = modified(*match.span(), page)
    weekday = numbers_of(words.weekdays)[match["weekday"]]
    candidates: Candidates = partial(same_weekdays, weekday=weekday, number=0)
    # « jeudi 4 », if that was or will be a Thursday, but not « jeudi 4 soldats »
    numbered = following(page, end, rf"(?P<number>{_DAY})(?=\s*$|\s?[^\w\s%](?!\d)|\s+[a-z]{{1,2}}\s)")
    dated = partial(same_weekdays, weekday=weekday, number=int(numbered["number"])) if numbered else None
    if numbered and dated and dated(page.reference):
        end, candidates = numbered.end(), dated
    elif direction is None and ending(page, start, words.habits):
        return
    if not (ending(page, start, words.feasts[0]) or following(page, match.end(), words.feasts[1])):
        period = choose(candidates(page.reference), page.reference, direction or tense(start, end, page))
        yield FoundDate(start, end, period, only(period) if direction else candidates, relative=True)


def _year(match: re.Match[str], page: Page) -> Iterator[FoundDate]:
    words, (start, part) = page.words, part_before(match.start(), page)
    years = [int(match[name]) for name in ("year", "upto") if match[name]]
    exact = all(year % 100 for year in years)  # « entre 1500 et 2000 soldats »
    if _is_joined(start, page) or not (
        part is not None
        or ending(page, start, words.at_year)
        or (exact and ending(page, start, words.at))
        or (exact and match["link"] and not re.fullmatch(words.both, match["link"]))
    ):
        return
    yield _fixed(start, match.end("year"), third_of(Period(date(years[0], 1, 1), date(years[0], 12, 31)), part))
    for year in years[1:]:
        yield _fixed(*match.span("upto"), Period(date(year, 1, 1), date(year, 12, 31)))


def _numbers_before(match: re.Match[str], page: Page) -> list[tuple[int, int, int]]:
    """The days of « les 2, 3 et 4 septembre » that have no month of their own: start, end, number."""
    words = page.words
    number = rf"{_DAY}(?:{words.ordinal})?"
    listed = ending(
        page,
        match.start(),
        rf"(?<!\d[.,:/-])(?P<days>(?:{number},\s*)*{number})\s*(?:-|(?:{words.to}|{words.both})(?:\s+(?:{words.the}))?)",
    )
    if not listed:
        return []
    days = compiled(rf"(?P<day>\d+)(?:{words.ordinal})?").finditer(page.flat, *listed.span("days"))
    return [(*day.span(), int(day["day"])) for day in days]


def _is_verb(match: re.Match[str], page: Page) -> bool:
    """« 26 may join »: where months have a capital, a doubtful one without needs more than a number."""
    words = page.words
    return (
        not words.months.islower()
        and page.text[match.start("month")].islower()
        and re.fullmatch(words.doubtful, match["month"]) is not None
        and not match["year"]
        and not ending(page, match.start(), words.at)
    )


def _is_joined(start: int, page: Page) -> bool:
    return page.flat[start - 1 : start] == "-"


def _number(text: str, names: str = "") -> int:
    """A number in figures or in one of the words `names`, counted from one; the ordinal of the first is 1."""
    if text.isdigit():
        return int(text)
    return next((value for value, name in enumerate(names.split(), 1) if re.fullmatch(name, text)), 1)
