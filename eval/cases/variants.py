"""A question as people also type it: misspelt, without accents, in capitals, in keywords.

To measure how much a system loses on them: the labels stay those of the original, and the same seed gives the same
variants on every machine. Kinds of slips after Damerau 1964, https://doi.org/10.1145/363958.363994 (a letter dropped,
added, replaced or swapped with the next: four fifths of all misspellings), on the French keyboard.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from eval.cases.records import Case
from rag.text import fold, stop_words

_WORD = re.compile(r"[^\W\d_]{4,}")
_TOKEN = re.compile(r"\d+(?:[.,:/ \u00a0\u202f]\d+)*(?:\s?%)?|[^\W_]+(?:-[^\W_]+)*")
_INVERTED = re.compile(r"-(?:t-)?(?:je|tu|il|elle|on|nous|vous|ils|elles|ce)$", re.IGNORECASE)
_ROWS = ("azertyuiop", "qsdfghjklm", "wxcvbn")
_NEIGHBOURS = {
    row[i]: row[max(0, i - 1) : i] + row[i + 1 : i + 2] for row in _ROWS for i in range(len(row))
}  # fmt: skip
_SHARE = 0.25  # of the longer words get a slip


def misspelt(question: str, seed: int) -> str:
    """One slip in a quarter of the words of four letters and more, at least in one; first letters stay."""
    chance = random.Random(f"{seed}\0{question}")
    found = list(_WORD.finditer(question))
    for match in sorted(chance.sample(found, _slips(len(found))), key=lambda match: -match.start()):
        question = question[: match.start()] + _slip(match[0], chance) + question[match.end() :]
    return question


def unaccented(question: str) -> str:
    """Accents, cedillas and ligatures gone, capitals and all else as they were."""
    apart = unicodedata.normalize("NFD", question)
    joined = unicodedata.normalize("NFC", "".join(c for c in apart if not unicodedata.combining(c)))
    for ligature, letters in (("œ", "oe"), ("Œ", "Oe"), ("æ", "ae"), ("Æ", "Ae")):
        joined = joined.replace(ligature, letters)
    return joined


def upper_case(question: str) -> str:
    """In capitals, accents kept."""
    return question.upper()


def keywords(question: str, lang: str) -> str:
    """The words that carry content, as written and in order; the question itself when none do."""
    stopped = stop_words(lang)
    kept = [
        token
        for token in (_INVERTED.sub("", token) for token in _TOKEN.findall(question))
        if token[0].isdigit() or not all(part in stopped or len(part) == 1 for part in fold(token).split("-"))
    ]
    return " ".join(kept) or question


VARIANTS: Mapping[str, Callable[[str, str, int], str]] = {
    "misspelt": lambda question, _, seed: misspelt(question, seed),
    "unaccented": lambda question, _lang, _seed: unaccented(question),
    "upper_case": lambda question, _lang, _seed: upper_case(question),
    "keywords": lambda question, lang, _: keywords(question, lang),
}
"""Each kind of variant: from question, language and seed."""


def vary(cases: Sequence[Case], kind: str, seed: int) -> tuple[Case, ...]:
    """The `kind` of variant of each case whose question it changes, under the id "original~kind".

    Labels and half stay the original's, so that a variant of a test question is never tuned on. Raises KeyError for
    an unknown kind.
    """
    made = [(case, VARIANTS[kind](case.question, case.lang, seed)) for case in cases]
    return tuple(
        replace(case, id=f"{case.id}~{kind}", question=question) for case, question in made if question != case.question
    )


def original_id(id_: str) -> str:
    """The id of the case that a variant was made of, to pair the two."""
    return id_.rpartition("~")[0] or id_


def _slips(words: int) -> int:
    return min(words, max(1, round(_SHARE * words)))


def _slip(word: str, chance: random.Random) -> str:
    """`word` with one letter after the first dropped, doubled, replaced by its neighbour or swapped with the next."""
    place = chance.randrange(1, len(word) - 1)
    letter = word[place]
    neighbours = _NEIGHBOURS.get(letter.lower(), "")
    slips = [word[:place] + word[place + 1 :], word[:place] + letter + word[place:]]
    if neighbours:
        slips.append(word[:place] + chance.choice(neighbours) + word[place + 1 :])
    if letter != word[place + 1]:
        slips.append(word[:place] + word[place + 1] + letter + word[place + 2 :])
    return chance.choice(slips)
