"""Figures in a text: between which bounds it puts a number, and what it counts.

« près de 1 200 morts », « une trentaine de pays » and « entre 10 et 15 % » leave values open, and so does a round
number: two figures tell different things only where their bounds do not meet. Small tables of words for French,
English, German, Spanish and Italian; any other language is read as English. Left alone: one in words, which is mostly
an article, ordinals, fractions, hours, and figures that count nothing (« le vol 737 », « article 5 »).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import cache

from rag.text.analysis import french_number, terms
from rag.text.dates.vocabulary import words_of
from rag.text.folding import fold_letters

# How far from « environ 20 » or « une vingtaine » the number may be, as shares of it.
_ABOUT, _COLLECTIVE = 0.2, 0.3
# A number that ends in zeros may be rounded by half of its last place, but by no more than this share.
_ROUNDED = 0.1
_FEWEST_ROUNDED = 100
_COUNTED_WORDS = 3
_SIGN = r"[%€$£°]"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number written in `text[start:end]`: any value from `low` to `high`, of what `counted` (terms) names."""

    start: int
    end: int
    low: float
    high: float
    counted: tuple[str, ...]

    def meets(self, other: Figure) -> bool:
        """Whether one value can be meant by both."""
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True, slots=True)
class _Words:
    """Words of a language, as regular expressions over plain text where they are not lists."""

    about: str  # before a number
    least: str
    most: str
    to: str  # joins the two ends of a range
    of: str  # between a number and what it counts
    powers: dict[str, float]  # what multiplies the number before it
    article: str  # before a collective
    collectives: dict[str, int]  # « une dizaine »
    one: str = ""  # after a ten
    teens: str = ""  # from 13
    tens: str = ""  # from 20
    joined: str = ""  # a ten and a unit
    comma: str = ","


_LANGUAGES = {
    "fr": _Words(
        about="environ|quelque|pres d[e']|presque|autour d[e']|a peu pres|aux alentours d[e']",
        least="(?<!pas )plus d[e']|pas moins d[e']|au moins|au minimum|au-dela d[e']",
        most="(?<!pas )moins d[e']|pas plus d[e']|jusqu'a|au plus|au maximum",
        to="a|et|ou", of="d[e']",
        powers={"cents?": 100, "mille|milliers?": 1e3, "millions?": 1e6, "milliards?": 1e9},
        article="une?",
        collectives={
            "dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30, "quarantaine": 40,
            "cinquantaine": 50, "soixantaine": 60, "centaine": 100, "millier": 1000,
        },
    ),
    "en": _Words(
        about="about|around|nearly|almost|some|roughly|approximately|close to",
        least="(?<!no )more than|over|at least|no (?:fewer|less) than|above",
        most="(?:fewer|less|no more) than|under|up to|at most",
        to="to|and|or", of="of",
        powers={"dozen": 12, "hundred": 100, "thousand": 1e3, "million": 1e6, "billion": 1e9},
        article="a", collectives={"dozen": 12, "hundred": 100, "thousand": 1000}, one="one",
        teens="thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
        tens="twenty thirty forty fifty sixty seventy eighty ninety", joined="{ten}-{unit}", comma=".",
    ),
    "de": _Words(
        about="etwa|rund|circa|ca\\.|fast|knapp|ungefahr|gut", least="(?<!nicht )mehr als|uber|mindestens",
        most="weniger als|nicht mehr als|unter|bis zu|hochstens", to="bis|und|oder", of="von",
        powers={"tausend": 1e3, "million(?:en)?|mio\\.?": 1e6, "milliarden?|mrd\\.?": 1e9},
        article="ein", collectives={"dutzend": 12}, one="ein",
        teens="dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn",
        tens="zwanzig dreißig vierzig funfzig sechzig siebzig achtzig neunzig", joined="{unit}und{ten}",
    ),
    "es": _Words(
        about="un[oa]s|cerca de|casi|alrededor de|aproximadamente",
        least="(?<!no )mas de|al menos|por lo menos|como minimo",
        most="menos de|no mas de|hasta|como mucho|a lo sumo", to="a|y|o", of="de",
        powers={"mil": 1e3, "millon(?:es)?": 1e6, "mil millones": 1e9},
        article="una?",
        collectives={"decena": 10, "docena": 12, "veintena": 20, "treintena": 30, "centenar": 100, "millar": 1000},
        one="uno",
        teens="trece catorce quince dieciseis diecisiete dieciocho diecinueve veinte veintiuno veintidos veintitres"
        " veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve",
        tens="veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa", joined="{ten} y {unit}",
    ),
    "it": _Words(
        about="circa|quasi|intorno a|all'incirca", least="(?<!non )piu di|oltre|almeno|non meno di",
        most="(?<!non )meno di|non piu di|fino a|al massimo", to="a|e|o", of="di",
        powers={"mila": 1e3, "milion[ei]": 1e6, "miliard[oi]": 1e9},
        article="una?",
        collectives={"decina": 10, "dozzina": 12, "quindicina": 15, "ventina": 20, "trentina": 30, "centinaio": 100,
                     "migliaio": 1000},
        one="uno", teens="tredici quattordici quindici sedici diciassette diciotto diciannove",
        tens="venti trenta quaranta cinquanta sessanta settanta ottanta novanta", joined="{ten}{unit}",
    ),
}  # fmt: skip


def figures(text: str, language: str) -> list[Figure]:
    """The figures of `text` that count something, in order; a range is one figure."""
    language = language if language in _LANGUAGES else "en"
    flat = fold_letters(text)
    found: list[Figure] = []
    for match in _pattern(language).finditer(flat):
        figure = _read(match, language)
        if figure is None:
            continue
        if found and not found[-1].counted and _links(flat[found[-1].end : figure.start], language):
            found[-1] = replace(figure, start=found[-1].start, low=min(found[-1].low, figure.low))
        else:
            found.append(figure)
    return [replace(each, high=max(each.low, each.high)) for each in found if each.counted]


@cache
def _pattern(language: str) -> re.Pattern[str]:
    words = _LANGUAGES[language]
    group, comma = (",", r"\.") if words.comma == "." else ("[ .]", ",")
    # Three places after a comma are more likely thousands, set as in another language: not read at all.
    digits = rf"\d{{1,3}}(?:{group}\d{{3}})+(?:{comma}\d{{1,2}})?|\d+(?:[.,]\d{{1,2}})?"
    spelt = "|".join(sorted(_spelt(language), key=len, reverse=True)) or r"[a-z]+(?:-[a-z]+)*"
    powers = "|".join(sorted(words.powers, key=len, reverse=True))
    qualifiers = "|".join(rf"(?P<{name}>{getattr(words, name)})" for name in ("about", "least", "most"))
    return re.compile(
        rf"(?<![\w])(?:(?:{qualifiers})\s*)?(?P<before>{_SIGN})?"
        rf"(?:(?<![\w.,/:+-])(?P<digits>{digits})(?:(?=[ -]?(?:{powers})\b)|(?![\w/:]|[.,]\d))"
        rf"|(?:{words.article}) (?P<collective>{'|'.join(words.collectives)})\b|(?P<spelt>{spelt})\b(?!-))"
        rf"(?:[ -]?(?P<power>{powers})\b)?(?:\s?(?P<sign>{_SIGN}))?"
    )


@cache
def _spelt(language: str) -> dict[str, int]:
    """Numbers in words from two on, below 100; none for French, which has a reader of its own."""
    words = _LANGUAGES[language]
    if not words.tens:
        return {}
    small = dict(zip(words_of(language).numbers.split()[1:], range(2, 13), strict=False))
    numbers = small | dict(zip(words.teens.split(), range(13, 30), strict=False))
    for value, ten in zip(range(20, 100, 10), words.tens.split(), strict=True):
        numbers[ten] = value
        for unit, more in {words.one: 1, **small}.items():
            if more < 10:
                spelt = words.joined.format(ten=ten, unit=unit)
                numbers[re.sub("[ai](?=uno|otto)", "", spelt)] = value + more
    return numbers


def _read(match: re.Match[str], language: str) -> Figure | None:
    words = _LANGUAGES[language]
    spread = _ABOUT if match["about"] else 0.0
    if match["digits"]:
        value, place = _value(match["digits"], words.comma)
    elif match["spelt"]:
        value, place = float(_spelt(language).get(match["spelt"]) or french_number(match["spelt"]) or 0), 1.0
    else:
        value, place, spread = float(words.collectives[match["collective"]]), 1.0, _COLLECTIVE
    if match["spelt"] and (value < 2 or (language != "fr" and match["spelt"] not in _spelt(language))):
        return None
    power = next((times for word, times in words.powers.items() if re.fullmatch(word, match["power"] or "")), 1.0)
    value, place = value * power, place * power
    if value >= _FEWEST_ROUNDED:
        place = max(place, _last_place(value))
    rounding = 0.0 if place == 1.0 else min(place / 2, _ROUNDED * value)
    slack = max(value * spread, rounding)
    low = -math.inf if match["most"] else value - slack
    high = math.inf if match["least"] else value + slack
    sign = match["before"] or match["sign"]
    counted = (sign,) if sign else _counted(match.string, match.end(), language)
    return Figure(match.start(), match.end(), low, high, counted)


def _value(digits: str, comma: str) -> tuple[float, float]:
    """A number in figures, and the worth of its last decimal place."""
    whole, _, decimals = (
        re.sub(rf"[ {'.' if comma == ',' else ','}](?=\d{{3}})", "", digits).replace(",", ".").partition(".")
    )
    return float(f"{whole}.{decimals or 0}"), 10.0 ** -len(decimals)


def _last_place(value: float) -> float:
    """The worth of the last figure that is no zero."""
    place = 1.0
    while value % (place * 10) == 0:
        place *= 10
    return place


def _counted(flat: str, at: int, language: str) -> tuple[str, ...]:
    """The terms of the words right after a number, up to a mark or a word without content."""
    following = re.compile(rf"\s*(?:{_LANGUAGES[language].of})\s*").match(flat, at)
    at = following.end() if following else at
    counted: list[str] = []
    for word in re.compile(r"\s?([^\W\d_]+(?:-[^\W\d_]+)*)(?!\w|')").finditer(flat, at):
        if word.start() != at or len(counted) == _COUNTED_WORDS or not (found := terms(word[1], language)):
            break
        counted += found
        at = word.end()
    return tuple(counted)


def _links(between: str, language: str) -> bool:
    """Whether what stands between two numbers makes them the ends of a range."""
    return re.fullmatch(rf"\s*(?:-|{_LANGUAGES[language].to})\s*", between) is not None
