"""Follow-up questions that leave out what the last question said: « Et la France ? », « En 2024 ? », « Pourquoi ? ».

Each function returns the last question with what is new put in, or None where its rule does not apply.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from rag.question.agreement import agreeing, elided, with_preposition
from rag.question.grammar import grammar_of, words
from rag.question.names import Name, find_names, uncapitalised
from rag.question.referents import PastTurn, PastTurns
from rag.text import fold, terms

_LONGEST_FRAGMENT = 8  # words
_MOST_OF_IT = 0.6
# « Et pour la France ? » need not be a question of « pour ».
_TOPICAL = ("pour", "concernant", "for", "about", "für", "para", "per")
_TOO = re.compile(r",? (?:aussi|non plus|alors|too|then|auch|también|anche|invece)$", re.IGNORECASE)
_THE_ONE = re.compile(
    r"(?:celui|celle|ceux|celles|that|those|el|la|los|las|quell[oaie])\s(?=(?:de|du|des|of|del|della|dei|delle)\b|d'"
    "|dell')",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"(?:(?P<preposition>pour|avec|contre|chez|selon) )?(?P<pronoun>lui|elles?|eux)", re.IGNORECASE)
_COMMON = re.compile(r"(?P<determiner>(?:le|la|les|the|die|el|los|il) |l')?(?P<noun>[^\W\d_][\w-]+)")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_LINK = re.compile(r",? (?:(?:et|and|und|y|e|ou|or) )?")
# Question words that ask for a circumstance: the rest of the question stands without them.
_CIRCUMSTANCE = {
    "fr": r"(?:(?:depuis|jusqu'à|pour|dès|à partir de) )?quand|(?:d'|jusqu'|par )?où|comment|pourquoi"
    r"|(?:à|en|dans|depuis|pour|avec|par|sur|contre|vers|pendant|selon|chez|sous) (?:qui|quoi|quel\w* [^\W\d_]+)"
    r"|(?:depuis|pendant|pour) combien de temps",
    "en": "(?:since )?when|where|why|how(?: long| often)?(?=$| (?:is|are|was|were|do|does|did|has|have|had|can|will"
    r"|would)\b)"
    r"|(?:with|by|for|to|from) (?:whom|who|what)|(?:in|at|on|with|for|from) (?:what|which) \w+",
    "de": "(?:seit |bis |ab )?wann|wohin|woher|wo|warum|wieso|weshalb|wie(?: lange| oft)?(?=$| (?:ist|sind|war|hat"
    r"|haben|wird|wurde|kann|will|soll)\b)|womit|wodurch"
    r"|(?:mit|von|für) wem|(?:in|an|mit|aus|bei|seit|zu) welche\w+ \w+",
    "es": r"(?:desde |hasta )?cu[áa]ndo|(?:a|de )?d[óo]nde|c[óo]mo|(?:por|para) qu[ée](?: \w+)?"
    r"|(?:con|por|para|de) qui[ée]n(?:es)?|(?:en|con|a|de|desde) qu[ée] \w+",
    "it": "(?:da |fino a )?quando|(?:da )?dove|come|perch[ée]|(?:con|da|per) chi|(?:in|con|a|da|di|per) (?:quale"
    r"|quali|che) \w+",
}
# Questions that are answered with yes or no; in French one that opens with another question word is none.
_POLAR = {
    "fr": re.compile(
        r"est-ce qu|(?!qu|comment|combien|où|pourquoi|lequel|laquelle|lesquel|(?:à|de|en|par|pour|avec|dans) qu)"
        r"(?:[^?]+ )?[^\W\d_]+-(?:t-)?(?:ils?|elles?|on)\b",
        re.IGNORECASE,
    ),
    "en": re.compile(r"(?:is|are|was|were|does|do|did|has|have|had|will|can|could|would|should) ", re.IGNORECASE),
    "de": re.compile(
        r"(?:ist|sind|war|waren|hat|haben|wird|werden|kann|können|will|wollen|soll|sollen|muss) ", re.IGNORECASE
    ),
}
# « Qui d'autre ? »: the question word that is widened.
_ELSE = re.compile(
    r"(?P<fr>qui|où) d'autre|(?P<en>who|what|where) else|(?P<de>wer|was|wo) (?:sonst(?: noch)?|noch)"
    r"|(?P<es>qui[ée]n|qu[ée]|d[óo]nde) más|(?P<it>chi) altro",
    re.IGNORECASE,
)


def asks(text: str, language: str) -> bool:
    """Whether `text` has a question word or, in French, a pronoun after its verb."""
    asked = words("asking", language)
    tokens = [token for token in re.findall(r"[\w'-]+", text) if token.lower() != "ou"]
    inverted = language == "fr" and re.search(r"-(?:t-)?(?:ils?|elles?|on|ce)\b", text) is not None
    return (
        inverted
        or text.lower().startswith("ou ")
        or any(fold(part) in asked for token in tokens for part in (token, token[: token.find("'") + 1]))
    )


def is_fragment(text: str, language: str, known: Mapping[str, str]) -> bool:
    """Whether `text` has no verb, as far as question words, a few common verbs and what follows a name tell."""
    if asks(text, language) or len(text.split()) > _LONGEST_FRAGMENT:
        return False
    if any(fold(word) in words("verb", language) and fold(word) != "a" for word in re.findall(r"[\w'-]+", text)):
        return False
    following = [re.match(r" ([^\W\d_]+)", text[name.end :]) for name in find_names(text, language, known)]
    joining = words("preposition", language).keys() | words("and", language).keys()
    return all(
        not word or fold(word[1]) in joining or (text.endswith(word[0]) and _TOO.search(text)) for word in following
    )


def asked_of_another(fragment: str, conversation: PastTurns, language: str, *, led: bool) -> str | None:
    """The last question, asked of what `fragment` names. `led`: an « et » stands before it."""
    last = conversation.past[-1].question
    fragment = _THE_ONE.sub("", _TOO.sub("", fragment))
    if pronoun := _PRONOUN.fullmatch(fragment) if language == "fr" and led else None:
        spoken = pronoun["pronoun"].lower()
        name = conversation.referent(
            "f" if spoken.startswith("elle") else "m",
            plural=spoken in ("eux", "elles"),
            excluded=find_names(last, language, conversation.known)[:1],
        )
        preposition = (pronoun["preposition"] or "").lower()
        return _asked_of(replace(name, preposition=preposition), "", conversation, language) if name else None
    name = _sole_name(fragment, conversation, language, led=led)
    if name is not None and not name.preposition and _was_listed(conversation.past[-1], conversation.known):
        return None
    if name is not None:
        return _asked_of(name, fragment, conversation, language)
    if find_names(fragment, language, conversation.known) or not (led or _YEAR.search(fragment)):
        return None
    return _with_circumstance(fragment, last, language)


def _sole_name(fragment: str, conversation: PastTurns, language: str, *, led: bool) -> Name | None:
    """The name, or the names joined by « et », that make up all of `fragment`."""
    names = find_names(fragment, language, conversation.known)
    if not names:
        last = conversation.past[-1].question
        common = _COMMON.fullmatch(fragment)
        # Who types « allemagne » types « la france ».
        careless = any(
            not last[name.start : name.end].endswith(name.text)
            for name in find_names(last, language, conversation.known)
        )
        if not careless or not common or fold(common["noun"]) in words("preposition", language):
            return None
        return Name(common["noun"].title(), (common["determiner"] or "").strip(), "", 0, len(fragment))
    linked = all(_LINK.fullmatch(fragment[one.end : two.start]) for one, two in pairwise(names))
    # Without an « et » any word that opens the message has a capital.
    bare = not led and len(names[0].text.split()) == 1 and names[0].phrase == fragment and names[0].determiner == ""
    if (
        names[0].start
        or names[-1].end != len(fragment)
        or not linked
        or (bare and fold(fragment) not in conversation.known)
    ):
        return None
    return replace(names[0], text=names[0].text + fragment[names[0].end :])


def _was_listed(last: PastTurn, known: Mapping[str, str]) -> bool:
    """Whether the answer was a list of names: one more name asks whether it is among them."""
    told = set(terms(last.answer, last.language)) - set(terms(last.question, last.language))
    names = find_names(last.answer, last.language, known)
    named = {term for name in names for term in terms(name.text, last.language)} & told
    return len(names) > 1 and len(named) > _MOST_OF_IT * len(told)


def _asked_of(new: Name, written: str, conversation: PastTurns, language: str) -> str | None:
    last = conversation.past[-1].question
    own_relation = bool(new.preposition) and new.preposition not in _TOPICAL
    old = _counterpart(new, last, conversation, language)
    if old is None:
        return _with_circumstance(written, last, language) if own_relation and written else None
    if written and new.preposition and (own_relation or new.preposition == old.preposition):
        phrase = written
    else:
        phrase = with_preposition(old.preposition, new, language)
    before, after = elided(last[: old.start], phrase), last[old.end :]
    if language == "fr" and not old.preposition:
        before, after = agreeing(before, after, old, new, conversation.text)
    return before + phrase + after


def _counterpart(new: Name, last: str, conversation: PastTurns, language: str) -> Name | None:
    """The name of the last question that `new` takes the place of.

    One after the same preposition; or else one without a preposition, and with a determiner where `new` has one.
    """
    places = grammar_of(language).place
    names = [name for name in find_names(last, language, conversation.known) if fold(name.text) != fold(new.text)]
    for name in names:
        alike = name.preposition == new.preposition or (name.preposition in places and new.preposition in places)
        if new.preposition and alike:
            return name
    if new.preposition and new.preposition not in _TOPICAL:
        return None
    # « le sommet de Tianjin » is not a summit of whatever else is named.
    names = [name for name in names if name.text not in conversation.places or name.preposition in places]

    def distance(name: Name) -> int:
        if name.preposition in places and not name.determiner:
            return 4
        return 2 * (bool(name.determiner) != bool(new.determiner)) + bool(name.preposition)

    return min(names, key=distance, default=None)


def _with_circumstance(fragment: str, last: str, language: str) -> str | None:
    """`last` with « en 2024 », « chez les femmes » in place of what it has after the same preposition, or after it."""
    if (year := _YEAR.search(fragment)) and len(fragment.split()) < 3 and _YEAR.search(last):
        return _YEAR.sub(year[0], last)
    if year and year[0] == fragment:
        return f"{last} {fragment}"
    first = fragment.split(maxsplit=1)[0]
    if fold(first) not in words("preposition", language) or first.lower() in _TOPICAL or first == fragment:
        return None
    same = re.search(rf" {re.escape(first)} (?:(?:la|le|les|the|el|il) |l')?[\w-]+$", last, re.IGNORECASE)
    # « en 2024 » does not take the place of « en France ».
    same = None if same and find_names(same[0], language) else same
    return f"{last[: same.start()] if same else last} {fragment[0].lower()}{fragment[1:]}"


def someone_else(text: str, last: str) -> str | None:
    """« Qui d'autre ? » after « Qui soutient … ? »."""
    widened = _ELSE.fullmatch(text)
    word = widened[widened.lastgroup or 0] if widened else ""
    if widened is None or not re.match(rf"{word}\b", last, re.IGNORECASE):
        return None
    return widened[0] + last[len(word) :]


def other_circumstance(text: str, last: str, language: str) -> str | None:
    """« Pourquoi ? » after « Quand a-t-il … ? » or « A-t-il … ? »: the last question with the new question word."""
    asked = rf"(?:{_CIRCUMSTANCE[language]})(?![\w'-])"
    if not re.fullmatch(asked, text, re.IGNORECASE):
        return None
    if old := re.match(rf"{asked} ", last, re.IGNORECASE):
        return f"{text} {last[old.end() :]}"
    polar = _POLAR.get(language)
    return f"{text} {uncapitalised(last, language)}" if polar and polar.match(last) else None
