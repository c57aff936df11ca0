"""What a question takes from the conversation without naming it: pronouns, possessives, demonstratives.

`resolve` puts names of earlier turns in their place where rules can tell which (« Where is she going? » is « Where is
Ursula von der Leyen going? »), and says whether something is left that only the conversation explains. A pronoun that a
noun of its own question explains is left alone. French has its own module; the other languages have their subjects
replaced, English and Italian also possessives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.question import french_pronouns
from rag.question.agreement import Gender, with_preposition
from rag.question.names import find_names
from rag.question.referents import PastTurns


@dataclass(frozen=True, slots=True)
class Resolution:
    """A question with names for its pronouns; `is_open` when it still takes something from the conversation."""

    text: str
    is_open: bool


_QUOTED = re.compile('«[^»]*»|“[^”]*”|„[^“]*“|"[^"]*"')
_PLACEHOLDER = "\N{OBJECT REPLACEMENT CHARACTER}"
_SUBJECTS: dict[str, dict[str, tuple[Gender, bool]]] = {
    "en": {"he": ("m", False), "she": ("f", False), "they": ("", True)},
    "de": {"er": ("m", False), "sie": ("", False)},
    "es": {"él": ("m", False), "ella": ("f", False), "ellos": ("m", True), "ellas": ("f", True)},
    "it": {"lui": ("m", False), "lei": ("f", False), "egli": ("m", False), "loro": ("", True)},
}
_POSSESSIVE_EN = re.compile(r"\b(?P<own>his|her|their) (?=[a-z])(?!(?:in|at|on|to|for|with|about)\b)")
_OBJECT_EN = re.compile(r"\b(?P<own>him|her(?=$| (?:in|at|on|to|for|with|about)\b)|them)\b")
_OWNERS: dict[str, tuple[Gender, bool]] = {
    "his": ("m", False), "him": ("m", False), "her": ("f", False), "their": ("", True), "them": ("", True),
}  # fmt: skip
_POSSESSIVE_IT = re.compile(r"(?P<article>\b(?:il|la|i|le) |\bl')(?P<own>suo|sua|suoi|sue|loro) (?P<noun>\w+)")
_THERE = {"en": "there", "de": "dorthin|dort", "es": "allí|allá|ahí", "it": "lì|là"}
_OPEN = {
    "en": re.compile(
        r"\b(?P<personal>he|she|him|hers?|his|they|them|theirs?|it|its)\b|\bthere\b|\bthat(?= *$)"
        r"|\b(?:this|these|those)\b(?! (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|article|morning"
        "|afternoon|evening|week|weekend|month|year|summer|winter|spring"
        r"|autumn|time)s?\b)"
        r"|\b(?:is|was|does|did|do|after|about) that (?=mean|happen|work|affect|change|true|right|so\b|possible|help)",
        re.IGNORECASE,
    ),
    # « Sie » is you, « das Haus » has its noun.
    "de": re.compile(
        r"\b(?P<personal>er|sie|ihn|ihm|ihnen|sein|seine[nmrs]?|ihre?[nmrs]?|deren|dessen)\b|\b(?:dort|dorthin)\b"
        r"|\bdies(?:e[nmrs]?)?\b(?! (?:Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag|Artikel|Jahr|Woche"
        r"|Monat|Morgen|Abend|Sommer|Winter|Tag|Wochenende)e?s?\b)"
        r"|\bdas\b(?! (?:\w+e[nrs]? )?[A-ZÄÖÜ])|\bda(?:von|für|gegen|mit|ran|rauf|rüber|bei|nach|durch|zu)\b"
    ),
    "es": re.compile(
        r"\b(?P<personal>él|ella|ellos|ellas|sus?|les?|suy[oa]s?)\b|\b(?:eso|esto|aquello|allí|allá|ahí)\b"
        r"|\blo (?!que\b|más\b)"
        r"|\b(?:es[eao]s?|est[ea]|estos|estas|dich[oa]s?)\b(?! (?:lunes|martes|miércoles|jueves|viernes|sábado"
        "|domingo|artículo|mañana|tarde|noche|semana|mes|año|verano"
        r"|invierno)s?\b)",
        re.IGNORECASE,
    ),
    "it": re.compile(
        r"\b(?P<personal>lui|lei|egli|loro|suo|sua|suoi|sue)\b|\b(?:ciò|lì|gliel\w+)\b|\bci (?!sono\b|sarà\b|saranno\b)"
        r"|\b(?:lo|la|li|le) h\w+|\bl'(?:ha|hanno|aveva)\b|\b(?:quest|quell)[oaie]\b(?! (?:lunedì|martedì|mercoledì"
        "|giovedì|venerdì|sabato|domenica|articol[oi]|mattina|sera|notte"
        r"|settimana|mese|anno|estate|inverno)\b)",
        re.IGNORECASE,
    ),
}
_EXPLETIVE = {
    "en": re.compile(
        r"\b(?:is|was|will|would|does|did) it (?:be )?(?:true|possible|likely|rain\w*|snow\w*|take\w*|cost|\w+ (?:to"
        r"|that|for)\b)"
        r"|\bit (?:is|was|will|takes|took|rains|seems)\b|\btime is it\b"
        r"|\b(?:is|are|was|were|will|has|have) there\b|\bthere (?:is|are|was|were)\b",
        re.IGNORECASE,
    )
}
_NOUN_PHRASE = {
    "en": re.compile(r"\b(?:the|an?|my|our|your|every|each)\s", re.IGNORECASE),
    "de": re.compile(r"\b(?:der|die|das|den|dem|ein|eine|einen)\s(?:\w+e[nrs]? )?[A-ZÄÖÜ]", re.IGNORECASE),
    "es": re.compile(r"\b(?:el|la|los|las|un|una)\s", re.IGNORECASE),
    "it": re.compile(r"\b(?:il|lo|la|i|gli|le|un|una)\s|\bl'", re.IGNORECASE),
}


def resolve(question: str, conversation: PastTurns, language: str) -> Resolution:
    """`question`, without its closing mark, with names of the conversation for its pronouns."""
    # What is quoted has its pronouns for itself.
    quoted = iter(_QUOTED.findall(question))
    resolved = _resolve(_QUOTED.sub(_PLACEHOLDER, question), conversation, language)
    return Resolution(re.sub(_PLACEHOLDER, lambda _: next(quoted), resolved.text), resolved.is_open)


def _resolve(text: str, conversation: PastTurns, language: str) -> Resolution:
    if language == "fr":
        open_words, unresolved = french_pronouns.open_words(text, conversation), False
        for step in french_pronouns.STEPS:
            changed = step(text, conversation)
            text, unresolved = changed or text, unresolved or changed is None
        return Resolution(text, unresolved or any(word in text for word in open_words))
    text = _subject(text, conversation, language)
    text = _there(text, conversation, language)
    if language == "en":
        text = _english(text, conversation, _POSSESSIVE_EN)
        text = _english(text, conversation, _OBJECT_EN)
    if language == "it":
        text = _possessive_it(text, conversation)
    return Resolution(text, _is_open(text, conversation, language))


def _subject(text: str, conversation: PastTurns, language: str) -> str:
    subjects = _SUBJECTS[language]
    match = re.search(rf"(?<![\w'])(?:{'|'.join(subjects)})(?![\w'])", text)
    if match is None or _explains(text[: match.start()], conversation, language):
        return text
    wanted, plural = subjects[match[0]]
    name = conversation.referent(wanted, plural=plural, excluded=find_names(text, language, conversation.known))
    return text[: match.start()] + name.phrase + text[match.end() :] if name else text


def _english(text: str, conversation: PastTurns, pattern: re.Pattern[str]) -> str:
    match = pattern.search(text)
    if match is None or _explains(text[: match.start()], conversation, "en"):
        return text
    wanted, plural = _OWNERS[match["own"]]
    name = conversation.referent(wanted, plural=plural, excluded=find_names(text, "en", conversation.known))
    if name is None:
        return text
    owner = "" if pattern is _OBJECT_EN else "'" if name.text.endswith("s") else "'s"
    return f"{text[: match.start()]}{name.phrase}{owner}{text[match.end('own') :]}"


def _possessive_it(text: str, conversation: PastTurns) -> str:
    match = _POSSESSIVE_IT.search(text)
    if match is None or _explains(text[: match.start()], conversation, "it"):
        return text
    name = conversation.referent("", plural=match["own"] == "loro", excluded=find_names(text, "it", conversation.known))
    if name is None:
        return text
    whole = f"{match['article']}{match['noun']} {with_preposition('di', name, 'it')}"
    return text[: match.start()] + whole + text[match.end() :]


def _there(text: str, conversation: PastTurns, language: str) -> str:
    masked = _without_expletives(text, language)
    match = re.search(rf"(?<![\w-])(?:{_THERE[language]})(?![\w-])", masked, re.IGNORECASE)
    place = conversation.place(language) if match else ""
    return text[: match.start()] + place + text[match.end() :] if match and place else text


def _is_open(text: str, conversation: PastTurns, language: str) -> bool:
    masked = _without_expletives(text, language)
    return any(
        found["personal"] is None or not _explains(masked[: found.start()], conversation, language)
        for found in _OPEN[language].finditer(masked)
    )


def _explains(before: str, conversation: PastTurns, language: str) -> bool:
    """Whether a name or a noun that precedes a pronoun in its question is what it stands for."""
    return bool(find_names(before, language, conversation.known)) or _NOUN_PHRASE[language].search(before) is not None


def _without_expletives(text: str, language: str) -> str:
    pattern = _EXPLETIVE.get(language)
    return pattern.sub(lambda match: "_" * len(match[0]), text) if pattern else text
