"""Proper names in a question or an answer, with the preposition and the determiner they stand with.

A name is a run of words with a capital, other than one that merely opens a sentence, or of words that have a capital
elsewhere in the conversation (« quelles conditions pose l'allemagne »). An institution keeps its adjectives or its
complement (« la Coalition des volontaires », « Bank of England »). Limits: German nouns have capitals too, so there a
name may be any noun without an indefinite word before it; « Charles de Gaulle » is two names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rag.question.grammar import Table, folded, grammar_of, words
from rag.text import fold, french_number, stop_words

_TOKEN = re.compile(
    r"(?:[ldjmtsnc]|qu|jusqu|lorsqu|puisqu|un|dell|nell|all|dall|sull)'(?=\w)|[^\W_]+(?:[-'][^\W_]+)*", re.IGNORECASE
)
_PARTICLES = ("von", "van", "der", "den", "bin", "ben", "ibn", "al", "el", "della", "dos", "da", "zu")
_INSTITUTION = folded(
    "coalition commission union conseil banque cour organisation fonds assemblée ministère agence fédération ligue"
    " coupe"
    " tour jeux forum accord traité comité parti arabie"
    " bank council court league house organization university ministry department cup"
    " coalición unión consejo banco tribunal organización copa"
    " coalizione unione consiglio banca corte organizzazione coppa"
)
_ADJECTIVE = re.compile(
    r"\w+(?:éen|éenne|ale?|aux|ales|aire|aine?|aise?|oise?|ienne?|elle?|uni[es]*|ive|ea|eo|ole|ana?)|olympiques?"
    "|saoudite"
)
_COMPLEMENT = re.compile(
    r" (?:of the |of |de la |de los |della |delle |del |dei |di |des |du |de l'|d'|de )[^\W\d_]+(?: de (?!la |l'|les"
    r" )[a-z]\w+)?"
)
_BEARING = re.compile(
    r" (?:du|de l'|del)\s?(?:Sud|Nord|Est|Ouest|Sur|Norte|Este|Oeste)\b",
)
_TITLES = folded("m mm mme mlle mr mrs ms dr herr frau sr sra signor signora lord sir")
# After these a German noun is no name.
_INDEFINITE_DE = re.compile(
    r"(?:k?ein|welch|dies|jed|viel|mein|dein|sein|ihr|unser|all|manch|wenig)\w*|mehr|\d+|\w+sche[nrms]?"
)
# Before a noun a capital is an English adjective: « the German government ».
_ADJECTIVE_EN = re.compile(r"\w+(?:an|ish|ese)|French|Dutch|Czech|Greek|Swiss")
_FUNCTIONAL: tuple[Table, ...] = ("determiner", "preposition", "asking")
_OPENS = re.compile(r"(?:^|[.!?…:«\"“¿¡(])\s*$")
_MISTER = re.compile(r"\bM\.\s*$")
_INVERTED = re.compile(r"[^\W\d_]+-(?:t-)?(?:il|elle)s?")


@dataclass(frozen=True, slots=True)
class Name:
    """A name and where it stands.

    `start` to `end` are preposition, determiner and name. `determiner` and `preposition` are in small letters, taken
    apart (« du Japon » has « le » and « de ») and empty when absent.
    """

    text: str
    determiner: str
    preposition: str
    start: int
    end: int

    @property
    def phrase(self) -> str:
        """The name with its determiner: « l'Allemagne »."""
        return f"{self.determiner}{'' if self.determiner.endswith(chr(39)) else ' '}{self.text}".strip()


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int

    @property
    def folded(self) -> str:
        return fold(self.text)


def written_names(texts: Iterable[str], language: str) -> dict[str, str]:
    """The words of the names of `texts`, as folded and as written, for `find_names`."""
    mixed = [text for text in texts if not text.isupper()]
    found = [word for text in mixed for name in find_names(text, language) for word in name.text.split()]
    return {fold(word): word for word in found if word[0].isupper()}


def find_names(text: str, language: str, known: Mapping[str, str] | None = None) -> list[Name]:
    """The names of `text` in order. `known`: folded words that are names however they are written here."""
    known = known or {}
    tokens = [_Token(match[0], *match.span()) for match in _TOKEN.finditer(text)]
    names: list[Name] = []
    at = 0
    while at < len(tokens):
        end = _name_end(text, tokens, at, language, known)
        if end > at:
            names.append(_name(text, tokens, at, end, language, known))
        at = max(end, at + 1)
    return names


def uncapitalised(text: str, language: str) -> str:
    """`text` as it goes on after other words: with a small letter, unless it begins with a name or an acronym."""
    names = find_names(text, language)
    named = bool(names) and not names[0].start and not names[0].determiner and not names[0].preposition
    return text if named or text[1:2].isupper() else text[:1].lower() + text[1:]


def _name(text: str, tokens: list[_Token], at: int, end: int, language: str, known: Mapping[str, str]) -> Name:
    determiner, preposition, first = _before(tokens, at, language)
    stop = tokens[end - 1].start + len(re.sub(r"'s?$", "", tokens[end - 1].text))
    whole = text[tokens[at].start : stop]
    for token in tokens[at:end]:
        whole = whole.replace(token.text, known.get(token.folded, token.text))
    return Name(whole, determiner, preposition, tokens[first].start, stop)


def _before(tokens: list[_Token], at: int, language: str) -> tuple[str, str, int]:
    """Determiner and preposition of the name at token `at`, and the index of the first of them."""
    determiner, preposition, first = "", "", at
    if first and (parts := grammar_of(language).contracted.get(tokens[first - 1].text.lower())):
        return parts[1], parts[0], first - 1
    if first and tokens[first - 1].folded in words("determiner", language):
        determiner, first = tokens[first - 1].text.lower(), first - 1
    if first and (found := words("preposition", language).get(tokens[first - 1].folded)):
        # French « a » is the verb.
        if language == "fr" and tokens[first - 1].text.lower() == "a":
            return determiner, "", first
        preposition, first = grammar_of(language).elided.get(found, found), first - 1
    return determiner, preposition, first


def _name_end(text: str, tokens: list[_Token], at: int, language: str, known: Mapping[str, str]) -> int:
    """The end of the name that begins with token `at`; `at` where none does."""
    if not (_has_capital(tokens[at], language, known) and _begins_name(text, tokens, at, language, known)):
        return at
    end = at + 1
    while end < len(tokens) and text[tokens[end - 1].end : tokens[end].start] == " ":
        after = end
        while after < len(tokens) - 1 and tokens[after].text in _PARTICLES:
            after += 1
        if not _has_capital(tokens[after], language, known):
            break
        end = after + 1
    if bearing := _BEARING.match(text, tokens[end - 1].end):
        return end + len(_TOKEN.findall(bearing[0]))
    return _complement_end(text, tokens, end) if tokens[at].folded in _INSTITUTION else end


def _complement_end(text: str, tokens: list[_Token], end: int) -> int:
    adjectives = end
    while adjectives < len(tokens) and _ADJECTIVE.fullmatch(tokens[adjectives].text):
        adjectives += 1
    if adjectives > end:
        return adjectives
    complement = _COMPLEMENT.match(text, tokens[end - 1].end)
    return end + len(_TOKEN.findall(complement[0])) if complement else end


def _has_capital(token: _Token, language: str, known: Mapping[str, str]) -> bool:
    word = re.sub(r"'s?$", "", token.folded)
    if token.text.endswith("'") or word in words("not a name", language) or word in _TITLES:
        return False
    return token.text[0].isupper() or (word in known and word not in stop_words(language))


def _begins_name(text: str, tokens: list[_Token], at: int, language: str, known: Mapping[str, str]) -> bool:
    token = tokens[at]
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    if language == "de" and at and _INDEFINITE_DE.fullmatch(tokens[at - 1].folded):
        return False
    if language == "en" and _ADJECTIVE_EN.fullmatch(token.text) and following and following.text[0].islower():
        return following.folded in words("preposition", "en") or following.folded in stop_words("en")
    before = text[: token.start]
    if not _OPENS.search(before) or _MISTER.search(before) or token.folded in known:
        return True
    return _opens_sentence_as_name(text, token, following, language, alone=at == 0)


def _opens_sentence_as_name(text: str, token: _Token, following: _Token | None, language: str, *, alone: bool) -> bool:
    """Of the first word of a sentence, where any word has a capital: what follows tells whether it is a name."""
    functional = stop_words(language).union(*(words(table, language) for table in _FUNCTIONAL))
    if token.folded.partition("-")[0] in functional or french_number(token.text) is not None:
        return False
    if following is None:
        return alone
    gap = text[token.end : following.start]
    named = gap == " " and (following.text[0].isupper() or following.text in _PARTICLES)
    listed = gap.strip() in ("", ",") and following.folded in words("and", language)
    addressed = gap == ", " and following.folded in words("asking", language)
    acts = following.folded in words("verb", language) or _INVERTED.fullmatch(following.folded) is not None
    return named or listed or addressed or acts
