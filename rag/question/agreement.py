"""Names in the form that their place in a sentence asks for: contraction, elision, gender and number."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from rag.question.grammar import folded, grammar_of
from rag.question.names import Name
from rag.text import fold

Gender = Literal["m", "f", ""]

_COORDINATED = re.compile(r" (?:et|and|und|y|e|ed) ")
_TITLED = (
    r"\b(?:(?P<f>la|mme|madame|mrs|ms|frau|señora|signora)|(?:le|m\.|monsieur|mr|herr|señor|signor))"
    r"(?: (?!pour|de|à|en|sur|contre|avec|par)[^\W\d_]+){0,2} "
)
# Feminine first names that do not end in -a, and masculine ones that do.
_FEMININE_FIRST = folded(
    "élisabeth elizabeth marine christine sophie catherine valérie brigitte michèle nathalie sandrine yaël amélie"
    " clémentine anne marie claire camille céline édith juliette isabelle charlotte zoé manon julie pauline alice"
    " hillary annalena mette jill nancy margaret liz isabel elly simone rachel naomi nikki sarah deborah ségolène"
    " hélène agnès inès nicole michelle jeanne louise mathilde caroline audrey delphine virginie karine sigrid ingrid"
    " astrid ruth judith meryl taylor kate kim emily lucy mary jane susan helen carmen pilar dolores mercedes"
    " beatriz irene beatrice"
)
_MASCULINE_FIRST = folded("joshua luca andrea nikita mustafa sacha elia noa lula nicola mattia battista")

_AUXILIARY = "a|ont|est|sont|va|vont|veut|veulent|peut|peuvent|doit|doivent"
_PLURAL_VERBS = {
    "est": "sont", "a": "ont", "va": "vont", "fait": "font", "veut": "veulent", "peut": "peuvent", "doit": "doivent",
    "dit": "disent", "prend": "prennent", "sait": "savent", "tient": "tiennent", "soutient": "soutiennent",
    "vient": "viennent", "met": "mettent", "promet": "promettent", "reçoit": "reçoivent", "attend": "attendent",
    "perd": "perdent", "rejoint": "rejoignent", "craint": "craignent", "produit": "produisent", "devient": "deviennent",
}  # fmt: skip
_SINGULAR_VERBS = {plural: singular for singular, plural in _PLURAL_VERBS.items()}


def with_preposition(preposition: str, name: Name, language: str) -> str:
    """`name` after `preposition` as the language writes the two: « du Japon », « en France », « dell'Italia »."""
    if not preposition:
        return name.phrase
    if language == "fr" and preposition == "en":
        if name.determiner in ("la", "l'"):
            return f"en {name.text}"
        preposition = "à"
    for contracted, parts in grammar_of(language).contracted.items():
        if parts == (preposition, name.determiner):
            return f"{contracted}{'' if contracted.endswith(chr(39)) else ' '}{name.text}"
    if language == "fr" and preposition == "de" and not name.determiner and opens_with_vowel(name.text):
        return f"d'{name.text}"
    return f"{preposition} {name.phrase}"


def opens_with_vowel(text: str) -> bool:
    """Whether French « de » and « que » elide before `text`."""
    return fold(text)[:1] in tuple("aeiou")


def elided(before: str, following: str) -> str:
    """`before` with « que » or « qu' » at its end as `following` asks."""
    if opens_with_vowel(following):
        return re.sub(r"(?i)\b(qu)e $", r"\1'", before)
    return re.sub(r"(?i)\b(qu)'$", r"\1e ", before)


def contracted(text: str) -> str:
    """French `text` with « de le », « à les » written as one word."""
    for long, short in (("de le", "du"), ("de les", "des"), ("à le", "au"), ("à les", "aux")):
        text = re.sub(rf"\b{long}\b(?=\s)", short, text)
    return text


def is_plural(name: Name, language: str) -> bool:
    """Whether the determiner or a coordination makes it plural."""
    return name.determiner in grammar_of(language).plural or _COORDINATED.search(name.text) is not None


def gender(name: Name, language: str, context: str = "") -> Gender:
    """The gender that determiner, a title in `context` or the first name tell; empty when nothing does."""
    if _COORDINATED.search(name.text):
        return ""
    if language == "fr" and name.determiner == "l'":
        return "f" if name.text.endswith("e") else "m"
    if name.determiner:
        grammar = grammar_of(language)
        return "f" if name.determiner in grammar.feminine else "m" if name.determiner in grammar.masculine else ""
    if title := re.search(_TITLED + re.escape(name.text), context, re.IGNORECASE):
        return "f" if title["f"] else "m"
    first, *others = fold(name.text).split()
    if not others:
        return ""
    ends_feminine = first.endswith("a") and first not in _MASCULINE_FIRST
    return "f" if first in _FEMININE_FIRST or ends_feminine else "m"


def agreeing(before: str, after: str, old: Name, new: Name, context: str) -> tuple[str, str]:
    """French: what stands around the subject `old`, made to agree with `new`.

    The verb takes its number, the pronoun that repeats the subject after the verb its number and gender.
    """
    plural = is_plural(new, "fr")
    form: Callable[[str], str] = str
    if plural != is_plural(old, "fr"):
        form = _plural_verb if plural else _singular_verb
    its_gender = gender(new, "fr", context)

    def inverted(match: re.Match[str]) -> str:
        verb = form(match[1])
        stays_feminine = not its_gender and not new.determiner and match[2].lower().startswith("elle")
        pronoun = ("elle" if its_gender == "f" or stays_feminine else "il") + ("s" if plural else "")
        return f"{verb}-{'' if verb[-1] in 'td' else 't-'}{pronoun}"

    repeated, found = re.subn(r"([^\W\d_]+)-(?:t-)?(ils?|elles?)\b", inverted, after, count=1)
    if found:
        return before, repeated
    # The verb stands before its subject (« Que veut la France ? », « Qu'a dit la France ? »), or else after it.
    if compound := re.search(rf"(?i)(?<![^\W\d_])({_AUXILIARY})( [^\W\d_]+ )$", before):
        return before[: compound.start()] + form(compound[1]) + compound[2], after
    if verb := re.search(r"(?i)(?<= )(?!que\b|qui\b)[^\W\d_]+(?= $)", before):
        return before[: verb.start()] + form(verb[0]) + " ", after
    return before, re.sub(r"^ ([^\W\d_]+)", lambda match: f" {form(match[1])}", after)


def _plural_verb(verb: str) -> str:
    if verb in _PLURAL_VERBS:
        return _PLURAL_VERBS[verb]
    if verb.endswith("ait"):
        return verb[:-1] + "ent"
    return verb + "nt" if verb.endswith("e") else verb[:-1] + "ont" if verb.endswith("ra") else verb


def _singular_verb(verb: str) -> str:
    if verb in _SINGULAR_VERBS:
        return _SINGULAR_VERBS[verb]
    if verb.endswith("aient"):
        return verb[:-3] + "t"
    return verb[:-2] if verb.endswith("ent") else verb[:-3] + "a" if verb.endswith("ront") else verb
