"""The one analysis of text into terms, shared by index and question: French first, other languages alike.

NFKC; typographic apostrophes; elision (« l'eau » is « eau »); accents folded, then Snowball stems (so that a
question typed without accents meets the same stem); stop words and question words left out; hyphened words
taken apart; figures kept (« 20 % » is « 20% », « 14H00 » is « 14h00 »), numbers in French words also as
figures (« Vingt-six » is also « 26 »).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

import Stemmer

from rag.text.folding import fold
from rag.text.lang import lexicon

_ELISION = re.compile(r"^(?:[ldjmtsnc]|qu|jusqu|lorsqu|puisqu|quoiqu|quelqu|presqu)'(?=\w)")
_TOKEN = re.compile(
    r"\d{1,2}\s?h\s?\d{2}\b|\d{1,2}\s?h\b"  # hours
    r"|\d+(?:[.,\u00a0\u202f ]\d{3})+\b|\d+(?:[.,]\d+)?(?:\s?%)?"  # figures
    r"|[^\W_]+(?:[-'][^\W_]+)*"  # words
)
_NO_WORD = re.compile(r"[\W_]+")
_GRAM = 5
_STEMMERS = {
    "fr": "french", "en": "english", "de": "german", "es": "spanish", "it": "italian",
    "pt": "portuguese", "nl": "dutch", "sv": "swedish", "da": "danish", "fi": "finnish", "ro": "romanian",
}  # fmt: skip
_UNITS = [
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize",
    "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
]  # fmt: skip
_TENS = {"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70, "octante": 80,
         "huitante": 80, "quatre-vingt": 80, "nonante": 90}  # fmt: skip
_GO_ON_TO_19 = ("soixante", "quatre-vingt")
_HUNDREDS = re.compile(r"(?:(?P<times>[a-z]+)-cents?|cent)(?:-(?P<rest>.+))?")


@cache
def stop_words(language: str) -> frozenset[str]:
    """Folded words of `language` that carry no content, question words included; empty for an unknown language."""
    known = lexicon(language)
    return frozenset(known.stop_words.split()) if known else frozenset()


@lru_cache(maxsize=100_000)
def _stem(word: str, language: str) -> str:
    algorithm = _STEMMERS.get(language)
    return _stemmer(algorithm).stemWord(word) if algorithm else word


@cache
def _stemmer(algorithm: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(algorithm)


def terms(text: str, language: str = "fr") -> list[str]:
    """The terms of `text` in order, repeated as often as they occur."""
    return list(_terms(text, language))


def _terms(text: str, language: str) -> Iterator[str]:
    stopped = stop_words(language)
    for match in _TOKEN.finditer(fold(text)):
        token = match[0]
        if token[0].isdigit():
            yield re.sub(r"\s", "", token).replace(",", ".")
            continue
        if language == "fr":
            if (number := french_number(token)) is not None and number > 1:
                yield str(number)
            token = _ELISION.sub("", token)
        for part in re.split("[-']", token):
            if part and part not in stopped:
                yield _stem(part, language)


def grams(text: str) -> list[str]:
    """Every run of five characters of the folded words of `text`, edges of words counting as spaces.

    They meet where terms do not: misspelt words, compounds, other forms of a stem.
    """
    plain = f" {re.sub(_NO_WORD, ' ', fold(text))} "
    return [plain[i : i + _GRAM] for i in range(len(plain) - _GRAM + 1)]


def french_number(word: str) -> int | None:
    """The value of a number written in French words with hyphens (« vingt-six », « quatre-vingt-dix »), below 1000.

    None for what is no number, also where its parts are (« deux-trois »).
    """
    plain = fold(word).replace("-et-", "-")
    hundreds = _HUNDREDS.fullmatch(plain)
    if hundreds is None:
        return _below_100().get(plain)
    times = _below_100().get(hundreds["times"], 0) if hundreds["times"] else 1
    rest = _below_100().get(hundreds["rest"], 0) if hundreds["rest"] else 0
    valid = bool(rest) == bool(hundreds["rest"]) and times < 10 and (times > 1 or not hundreds["times"])
    return 100 * times + rest if valid else None


@cache
def _below_100() -> dict[str, int]:
    """The numbers from 0 to 99 as they are written, folded, without « et »."""
    units = {fold(word): value for value, word in enumerate(_UNITS)}
    numbers = {**units, "quatre-vingts": 80}
    for ten, value in _TENS.items():
        last = 19 if ten in _GO_ON_TO_19 else 9
        numbers[ten] = value
        numbers |= {f"{ten}-{word}": value + unit for word, unit in units.items() if 1 <= unit <= last}
        numbers[f"{ten}-une"] = value + 1
    return numbers
