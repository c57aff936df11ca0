"""The words for dates of a language, and patterns made of them."""

from __future__ import annotations

from rag.text.folding import fold_letters
from rag.text.lang import DateWords, lexicon


def words_of(language: str) -> DateWords:
    """The words of `language`; English where it has no table."""
    known = lexicon(language)
    words = known.dates if known and known.dates else None
    return words or words_of("en")


def numbers_of(names: str) -> dict[str, int]:
    """The place of each of `names`, from one; variants after a slash share it."""
    return {fold_letters(name): place for place, group in enumerate(names.split(), 1) for name in group.split("/")}


def any_of(names: str) -> str:
    """A pattern of all of `names`, variants included."""
    return "|".join(sorted(numbers_of(names), key=len, reverse=True))


def full_names(names: str) -> str:
    """A pattern of `names` without the variants."""
    return "|".join(fold_letters(group.split("/")[0]) for group in names.split())
