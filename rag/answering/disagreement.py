"""Whether two articles tell different things of the same: another figure of what is counted, another day of an event.

A wrong alarm is worse than a miss, so the two sentences must be the same but for the value. They are in one language;
one of them says nothing that the other does not, words of reporting left out (« selon la police », « le bilan »); they
name the same names; and their articles appeared within a day of each other or speak of the same day. Figures differ
where their bounds do not meet (see `figures`). No alarm is raised where a text says that things have moved (« le bilan
est passé à », “postponed”), where a later article counts more victims, and where one article gives both values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import product

from rag.answering.grounding import denies
from rag.domain import Passage
from rag.text import Figure, Period, figures, fold_letters, mentions, sentences, terms

FEWEST_SHARED = 3
# The longer sentence may say more, but not mostly other things.
MOST_SHARED = 0.5
# Days between two articles of one event; later the same words may tell of another « jeudi », another accident.
MOST_DAYS_APART = 1

# An undated article's days are found, to be left out of the comparison, but not resolved.
_ANY_DAY = date(2000, 1, 1)
_NAME = re.compile(r"[A-ZÀ-ÖØ-Þ][\w’'-]*")


@dataclass(frozen=True, slots=True)
class _Words:
    """Words of a language; regular expressions over plain text but for `light`."""

    source: str  # opens who said it, up to the next mark
    said: str  # after a comma it opens who said it; with `that` after it, it ends who said it
    that: str
    moved: str  # the value is not what it was
    light: str  # says nothing of the thing itself
    growing: str  # what is counted as it goes on


_LANGUAGES = {
    "fr": _Words(
        source="selon|d'apres|de source",
        said=r"(?:a|ont|avait|avaient) (?:\w+ )?(?:indique|declare|annonce|affirme|precise|rapporte|ajoute|assure"
        "|confirme|souligne|dit|fait savoir)",
        that="qu[e']",
        moved=r"alourdi|pass(?:e|ent|ee?s?) (?:a|de)|desormais|provisoire|revue?s?|revise|corrige|(?:nouveau|dernier)"
        r" bilan|(?:report|repouss|avanc|decal)ee?s?|initialement|dans un premier temps|au lieu de|jusqu'ici"
        "|pour l'instant",
        light="bilan total nombre chiffre compte comptait recense dénombre enregistré cause causé causant provoqué"
        " provoquant entraîné entraînant coûté fait faisant élève élevait atteint atteignait estimé moins environ près",
        growing="mort décès décédé tué blessé disparu victime arrêté interpellé évacué déplacé rescapé cas",
    ),
    "en": _Words(
        source="according to",
        said="(?:ha(?:s|ve|d) )?(?:said|says?|told|reported|reports?|announced|confirmed|stated|added)",
        that="that",
        moved="ris(?:es?|en|ing) to|rose to|climb(?:s|ed) to|updated|revised|corrected|now|so far|provisional"
        "|postponed|moved|rescheduled|delayed|initially|at first|instead of",
        light="toll total number figure count counted recorded reached reaches left leaving caused causing according"
        " least about nearly",
        growing="dead death died killed injured wounded missing victim casualty arrested detained evacuated displaced"
        " case",
    ),
    "de": _Words(
        source="laut|nach angaben|nach auskunft|(?<=, )so",
        said="(?:sagte|teilte|teilten|erklarte|erklarten|berichtete|berichteten|meldete|meldeten|bestatigte)",
        that="(?:mit, )?dass",
        moved="gestiegen|stieg|steigt|vorlaufig|aktualisiert|korrigiert|verschoben|verlegt|inzwischen|bisher|bislang"
        "|zunachst|ursprunglich|nunmehr|mittlerweile|statt",
        light="Bilanz Zahl Gesamtzahl gezählt zählt verursacht forderte gefordert beträgt erreicht mindestens etwa",
        growing="Tote getötet gestorben verletzt Verletzte vermisst Vermisste Opfer festgenommen evakuiert Fälle",
    ),
    "es": _Words(
        source="segun|de acuerdo con",
        said="(?:ha |han )?(?:dicho|dijo|dijeron|informo|informaron|declaro|anuncio|anunciado|senalo|indico|confirmo)",
        that="que",
        moved=r"ascend\w+|aument\w+|elev\w+|provisional|actualiz\w+|revis\w+|correg\w+|aplaz\w+|pospuest\w+"
        "|inicialmente|hasta ahora|por el momento|ahora|en lugar de",
        light="balance total número cifra cuenta registrado registró causado causó provocado provocó dejó dejado"
        " alcanza menos cerca",
        growing="muerto fallecido herido desaparecido víctima detenido evacuado desplazado caso",
    ),
    "it": _Words(
        source="secondo|stando a",
        said="(?:ha|hanno) (?:detto|dichiarato|annunciato|riferito|riportato|confermato|affermato|precisato)",
        that="che",
        moved=r"salit\w+|sale a|provvisori\w+|aggiornat\w+|rivist\w+|corrett\w+|rinviat\w+|posticipat\w+|spostat\w+"
        "|inizialmente|finora|al momento|ora|invece di",
        light="bilancio totale numero cifra conta contato registrato causato provocato fatto raggiunge almeno circa",
        growing="morto vittima ferito disperso arrestato evacuato sfollato caso",
    ),
}


@dataclass(frozen=True, slots=True)
class _Told:
    """What a sentence tells: its terms, of them the names, its figures, and the periods that it names."""

    terms: frozenset[str]
    names: frozenset[str]
    figures: tuple[Figure, ...]
    periods: frozenset[Period]
    denies: bool
    moved: bool


def disagreement(quotations: Sequence[Passage]) -> tuple[Passage, ...]:
    """The first two of `quotations` (best first) that disagree; empty where no two do."""
    pairs = ((one, other) for place, other in enumerate(quotations) for one in quotations[:place])
    return next((pair for pair in pairs if disagree(*pair)), ())


def disagree(one: Passage, other: Passage) -> bool:
    """Whether two quotations of different articles state different values of the same thing."""
    if one.document == other.document or one.language != other.language or one.language not in _LANGUAGES:
        return False
    if one.date and other.date and one.date < other.date:
        one, other = other, one
    newer, older = _told(one), _told(other)
    dated = one.date is not None and other.date is not None
    apart = (one.date - other.date).days if one.date and other.date else 0
    growing = _terms_of("growing", one.language) if dated and apart else frozenset()
    return any(
        _days_differ(new, old) or _figures_differ(new, old, newer, older, growing)
        for new, old in product(newer, older)
        if _same_thing(new, old, one.language) and (apart <= MOST_DAYS_APART or new.periods & old.periods)
    )


def _told(passage: Passage) -> list[_Told]:
    return [_read(sentence, passage.language, passage.date) for sentence in sentences(passage.text)]


def _read(sentence: str, language: str, published: date | None) -> _Told:
    moved = re.search(rf"\b(?:{_LANGUAGES[language].moved})\b", fold_letters(sentence)) is not None
    text = _blanked(sentence, (match.span() for match in _reporting(language).finditer(fold_letters(sentence))))
    days = mentions(text, language, published or _ANY_DAY)
    text = _blanked(text, ((day.start, day.end) for day in days))
    found = figures(text, language)
    words = _blanked(text, ((figure.start, figure.end) for figure in found))
    opening = re.match(r"\W*\w+", words)
    names = " ".join(_NAME.findall(words, opening.end() if opening else 0))
    return _Told(
        terms=frozenset(terms(words, language)) - _terms_of("light", language),
        names=frozenset(terms(names, language)),
        figures=tuple(found),
        periods=frozenset(day.period for day in days if published),
        denies=denies(text, language),
        moved=moved,
    )


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` with spaces in place of each of `spans`."""
    for start, end in spans:
        text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text


@cache
def _reporting(language: str) -> re.Pattern[str]:
    """Who says it: « selon la police », « , a indiqué l'AFP », « Le ministre a annoncé mardi que »."""
    words, rest = _LANGUAGES[language], "[^,;:.!?]*"
    that = rf"{rest}?\b(?:{words.that})"
    return re.compile(
        rf"(?:^|(?<=[,;»”\"])){rest}?\b{words.said}\b{that}|\b(?:{words.source})\b{rest}"
        rf"|[,»”\"]\s*(?:[^\W\d]+\s+){{0,4}}?{words.said}\b(?!{that}){rest}"
    )


@cache
def _terms_of(name: str, language: str) -> frozenset[str]:
    return frozenset(terms(getattr(_LANGUAGES[language], name), language))


def _same_thing(one: _Told, other: _Told, language: str) -> bool:
    shared = one.terms & other.terms
    return (
        len(shared) >= FEWEST_SHARED
        and len(shared) == min(len(one.terms), len(other.terms))
        and len(shared) >= MOST_SHARED * max(len(one.terms), len(other.terms))
        and one.names <= other.terms
        and other.names <= one.terms
        and one.denies == other.denies
        and not (one.moved or other.moved)
    )


def _days_differ(one: _Told, other: _Told) -> bool:
    """Whether each names one day, not the same one, and all that both count is the same."""
    days = [period for told in (one, other) for period in told.periods]
    return (
        len(one.periods) == len(other.periods) == 1
        and days[0] != days[1]
        and all(day.first == day.last for day in days)
        and all(figure.meets(same) for figure in one.figures for same in _of_the_same(figure, other.figures))
    )


def _figures_differ(
    new: _Told, old: _Told, newer: Sequence[_Told], older: Sequence[_Told], growing: frozenset[str]
) -> bool:
    """Whether something that each counts once has another number, which neither of the articles gives as well.

    What counts `growing` terms may be more in the newer one.
    """
    if new.periods and old.periods and not new.periods & old.periods:
        return False
    for figure in new.figures:
        same = _of_the_same(figure, old.figures)
        if len(same) != 1 or len(_of_the_same(figure, new.figures)) != 1:
            continue
        known = set(new.terms & old.terms) | set(same[0].counted) & set(figure.counted)
        counted = set(figure.counted) | set(same[0].counted)
        grown = bool(growing & counted) and figure.low > same[0].high
        if counted <= known and not (grown or _given(figure, older) or _given(same[0], newer)):
            return True
    return False


def _of_the_same(figure: Figure, others: Sequence[Figure]) -> list[Figure]:
    return [other for other in others if set(figure.counted) & set(other.counted)]


def _given(figure: Figure, article: Sequence[_Told]) -> bool:
    return any(figure.meets(same) for told in article for same in _of_the_same(figure, told.figures))
