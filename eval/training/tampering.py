"""Questions as people type them, and questions that nothing answers any more.

A question whose name, date or number is another one looks as much like the passage as before; only who reads it
closely sees that the passage does not answer it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from eval.cases.variants import keywords, misspelt, unaccented

_NUMBER = re.compile(r"\d+")
_CAPITAL = r"[^\W\d_a-zà-öø-ÿ]"
_NAME = re.compile(
    rf"(?<=[\s’'(«\"]){_CAPITAL}[\w-]*(?:[ -](?:(?:de|du|des|la|le|von|of|the|del)\s)?{_CAPITAL}[\w-]+)*"
)
_NOUNS_IN_CAPITALS = ("de",)
_SHARES = (("misspelt", 0.08), ("unaccented", 0.08), ("lower", 0.08), ("keywords", 0.07), ("careless", 0.06))


def typed(question: str, language: str, chance: random.Random) -> str:
    """`question` as it is, or as somebody in a hurry types it: misspelt, unaccented, in lower case, in keywords."""
    drawn = chance.random()
    for kind, share in _SHARES:
        if drawn < share:
            return _typed(question, kind, language, chance)
        drawn -= share
    return question


def _typed(question: str, kind: str, language: str, chance: random.Random) -> str:
    seed = chance.randrange(1 << 30)
    bare = question.rstrip(" ?\u00a0\u202f")
    if kind == "misspelt":
        return misspelt(question, seed)
    if kind == "unaccented":
        return unaccented(question)
    if kind == "lower":
        return bare.lower()
    if kind == "keywords":
        return keywords(bare, language)
    return unaccented(misspelt(bare, seed)).lower()


def names_in(question: str, language: str) -> list[str]:
    """The names of `question` as far as capitals tell them."""
    return [] if language in _NOUNS_IN_CAPITALS else [match[0] for match in _NAME.finditer(question)]


def changed(question: str, language: str, passage: str, names: Sequence[str], chance: random.Random) -> str | None:
    """`question` with one number or name replaced by one that `passage` does not hold; None where it has neither.

    `names` are those to take one from.
    """
    numbers = [match.span() for match in _NUMBER.finditer(question)]
    spans = [] if language in _NOUNS_IN_CAPITALS else [match.span() for match in _NAME.finditer(question)]
    for start, end in chance.sample(numbers + spans, len(numbers + spans)):
        old = question[start:end]
        for _ in range(8):
            new = _other_number(old, chance) if old.isdigit() else chance.choice(names) if names else old
            if new != old and new.lower() not in passage.lower() and new.lower() not in question.lower():
                return question[:start] + new + question[end:]
    return None


def _other_number(number: str, chance: random.Random) -> str:
    if len(number) == 4 and number[0] in "12":
        return str(max(1000, int(number) + chance.choice((-1, 1)) * chance.randrange(1, 40)))
    return str(max(1, int(number[:9]) + chance.choice((-1, 1)) * chance.randrange(1, 2 + int(number[:9]))))
