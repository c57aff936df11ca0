"""Closed classes of words of the five languages, as far as the rules about names and pronouns need them."""

from __future__ import annotations

from functools import cache
from typing import Literal

from rag.text import fold

Table = Literal["determiner", "preposition", "verb", "asking", "and", "not a name"]

_DETERMINERS = {
    "fr": "le la les l'",
    "en": "the",
    "de": "der die das den dem des",
    "es": "el la los las",
    "it": "il lo la l' i gli le",
}
_PREPOSITIONS = {
    "fr": "de d' à en dans contre avec pour par sur chez selon vers entre sans sous depuis face envers concernant",
    "en": "of in at to from with for by on against about between towards without under since as than into over",
    "de": "von in mit für aus nach bei gegen über an zu auf seit zwischen ohne unter um durch vor wegen",
    "es": "de en a con por para contra sobre según entre sin desde hacia ante",
    "it": "di d' in a con per da su contro secondo tra fra senza verso",
}
# Preposition and determiner in one word.
CONTRACTED: dict[str, dict[str, tuple[str, str]]] = {
    "fr": {"du": ("de", "le"), "des": ("de", "les"), "au": ("à", "le"), "aux": ("à", "les")},
    "en": {},
    "de": {
        "im": ("in", "dem"), "vom": ("von", "dem"), "zum": ("zu", "dem"), "zur": ("zu", "der"), "beim": ("bei", "dem"),
    },
    "es": {"del": ("de", "el"), "al": ("a", "el")},
    "it": {
        stem + ending: (preposition, determiner)
        for preposition, stem in {"di": "de", "a": "a", "da": "da", "in": "ne", "su": "su"}.items()
        for determiner, ending in {
            "il": "l", "lo": "llo", "la": "lla", "l'": "ll'", "i": "i", "gli": "gli", "le": "lle",
        }.items()
    },
}  # fmt: skip
ELIDED = {"fr": {"d'": "de"}, "it": {"d'": "di"}}
# Where something is: these exchange with one another, as each name asks for its own.
PLACE = {"fr": ("en", "à", "dans"), "en": ("in", "at"), "de": ("in", "nach"), "es": ("en", "a"), "it": ("in", "a")}
PLURAL = {"fr": ("les",), "en": (), "de": (), "es": ("los", "las"), "it": ("i", "gli", "le")}
FEMININE = {"fr": ("la",), "en": (), "de": ("die",), "es": ("la", "las"), "it": ("la", "le")}
MASCULINE = {
    "fr": ("le",), "en": (), "de": ("der", "den", "dem", "das"), "es": ("el", "los"), "it": ("il", "lo", "i", "gli"),
}  # fmt: skip
# Common enough to tell a clause from a mere name.
_VERBS = {
    "fr": "a ont est sont va vont veut veulent fait peut doit dit avait était sera aura y lui leur n' s' ne se"
    " refuse demande",
    "en": "is are was were has have had does did will would can could wants says said",
    "de": "ist sind war hat haben wird will kann soll muss sagt",
    "es": "es son fue ha han va quiere dice era está",
    "it": "è sono ha hanno va vuole dice era",
}
_ASKING = {
    "fr": "qui que qu' quoi quel quelle quels quelles quand où comment pourquoi combien lequel laquelle lesquels"
    " lesquelles auquel duquel est-ce",
    "en": "who whom whose what which when where why how is are was were does do did has have will can could would",
    "de": "wer wen wem wessen was welche welcher welches welchen welchem wann wo wohin woher warum wieso weshalb wie"
    " womit"
    " wodurch wofür wovon ist sind hat haben wird",
    "es": "qué quién quiénes cuál cuáles cuándo dónde adónde cómo cuánto cuánta cuántos cuántas",
    "it": "che cosa cos' chi quale quali qual quando dove come perché quanto quanta quanti quante",
}
_AND = {"fr": "et ou", "en": "and or", "de": "und oder", "es": "y e o", "it": "e ed o"}
_NOT_NAMES = {
    "fr": "premier première aucun aucune rien personne oui plusieurs environ hier demain cependant toutefois",
    "en": "i monday tuesday wednesday thursday friday saturday sunday january february march april may june july august"
    " september october november december none nothing nobody yesterday",
    "de": "sie ihr ihnen ihre montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz april mai"
    " juni juli august september oktober november dezember keine keiner niemand nichts",
    "es": "ninguno ninguna nada nadie ayer",
    "it": "nessuno nessuna niente ieri",
}
_TABLES: dict[Table, dict[str, str]] = {
    "determiner": _DETERMINERS,
    "preposition": _PREPOSITIONS,
    "verb": _VERBS,
    "asking": _ASKING,
    "and": _AND,
    "not a name": _NOT_NAMES,
}


@cache
def words(table: Table, language: str) -> dict[str, str]:
    """The words of a class, as folded and as written. Contracted words are determiners and prepositions."""
    listed = _TABLES[table].get(language, "").split()
    if table in ("determiner", "preposition"):
        listed += CONTRACTED[language]
    return {fold(word): word for word in listed}


def folded(text: str) -> frozenset[str]:
    """The words of `text`, folded."""
    return frozenset(map(fold, text.split()))
