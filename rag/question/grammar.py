"""Closed classes of words, as far as the rules about names and pronouns need them."""

from __future__ import annotations

from functools import cache
from typing import Literal

from rag.text import Grammar, fold, lexicon

Table = Literal["determiner", "preposition", "verb", "asking", "and", "not a name"]


@cache
def grammar_of(language: str) -> Grammar:
    """The words of `language` by class; none where it is not known."""
    known = lexicon(language)
    return known.grammar if known else Grammar()


@cache
def words(table: Table, language: str) -> dict[str, str]:
    """The words of a class, as folded and as written. Contracted words are determiners and prepositions."""
    known, grammar = lexicon(language), grammar_of(language)
    listed = {
        "determiner": [*grammar.determiners.split(), *grammar.contracted],
        "preposition": [*grammar.prepositions.split(), *grammar.contracted],
        "verb": grammar.verbs.split(),
        "asking": [*(known.asking.split() if known else ()), *grammar.opening.split()],
        "and": grammar.joining.split(),
        "not a name": grammar.not_names.split(),
    }[table]
    return {fold(word): word for word in listed}


def folded(text: str) -> frozenset[str]:
    """The words of `text`, folded."""
    return frozenset(map(fold, text.split()))
