"""What a question asks for, as far as its form tells: yes or no, a comparison of articles, several things, one fact.

A small generator gets the polarity of an answer wrong, so a yes-or-no question is answered by quoting; so is one that
compares what the articles say, each article in its own words.
"""

from __future__ import annotations

import re

from rag.text import fold, lexicon

_OPENING = {
    "fr": re.compile(r"(?:est-ce|n'est-ce pas)\b(?: que\b| qu')", re.IGNORECASE),
    "en": re.compile(
        r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|must|may)(?:n't)?\b", re.IGNORECASE
    ),
}
# « Trump a-t-il », « Les États-Unis envoient-ils »: what asks for a fact has its question word before.
_INVERSION = re.compile(r"\b[^\W\d_]+-(?:t-)?(?:il|elle|ils|elles|on|ce|nous|vous|tu)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+'?")
_FEWEST_WORDS = 3
# After `fold`.
_COMPARING = {
    "fr": r"d'une? \w+ a l'autre|\btoutes (?:les )?sources|\bensemble des (?:articles|sources|medias|journaux)"
    r"|\b(?:differente?s|deux|trois|plusieurs) (?:articles|sources|medias|journaux|depeches|versions)"
    r"|\b(?:articles|sources|medias|journaux|depeches)\b.{0,80}\b(?:tous|toutes|meme|identique|accord|concord|diver[gs]"
    r"|differ|compar|vari|situent|presentent|decrivent|rapportent|(?:se )?contredi)"
    r"|\b(?:vari|differ|diver[gs]|contredi)\w*.{0,40}\b(?:articles|sources|medias|journaux)"
    r"|\bde la meme (?:facon|maniere)\b.{0,60}\b(?:partout|articles?|sources|texte)",
    "en": r"\b(?:articles|sources|outlets|papers|reports) (?:all )?(?:agree|differ|disagree|contradict|diverge|compare)"
    r"|\b(?:different|all|various) (?:articles|sources|outlets|reports)"
    r"|\bfrom one (?:article|source) to (?:another|the next)",
    "de": r"\b(?:artikel|quellen|medien|berichte)\b.{0,60}\b(?:einig|unterschied|widersprech|ubereinstimm|verschieden)"
    r"|\b(?:verschiedene|alle) (?:artikel|quellen|medien|berichte)",
    "es": r"\b(?:articulos|fuentes|medios)\b.{0,60}\b(?:coinciden|difieren|contradicen|de acuerdo)"
    r"|\b(?:distint[oa]s|diferentes|tod[oa]s l[oa]s) (?:articulos|fuentes|medios)",
    "it": r"\b(?:articoli|fonti|giornali)\b.{0,60}\b(?:concordano|differiscono|contraddicono|d'accordo)"
    r"|\b(?:divers[ei]|tutt[ei] (?:gli|le)) (?:articoli|fonti|giornali)",
}
_SEVERAL = {
    "fr": r"^(?:fai(?:s|tes)|dresse|retrace|resume|compare|presente|liste|cite|enumere|decri[st]|explique|donne"
    r"|raconte)(?:z|r)?\b|\brespectivement\b|\b(?:lesquels|lesquelles|quels|quelles|comment|pourquoi)\b"
    r"|\bqu(?:e|els?|elles?) (?:disent|reclament|pensent|font|comptent|veulent|proposent|demandent|prevoient)"
    r"|\bquel (?:role|programme|bilan)\b",
    "en": r"^(?:list|name|summari[sz]e|compare|describe|explain|give|outline|retrace)\b|\brespectively\b"
    r"|\b(?:how|why)\b(?! (?:many|much|long|old|far|often))|\bwhat are\b|\bwhich \w+s\b",
    "de": r"^(?:nenne|liste|fasse|vergleiche|beschreibe|erklare|gib)\b|\bjeweils\b|\b(?:warum|wieso|weshalb)\b"
    r"|\bwie (?!viele?\b|lange\b|alt\b|oft\b)|\bwelche \w+en\b",
    "es": r"^(?:enumera|resume|compara|describe|explica|cita|nombra)\b|\brespectivamente\b|\b(?:como|cuales|por que)\b",
    "it": r"^(?:elenca|riassumi|confronta|descrivi|spiega|cita|nomina)\b|\brispettivamente\b|\b(?:come|quali|perche)\b",
}


def asks_yes_or_no(question: str, language: str) -> bool:
    """Whether `question` is to be answered by yes or no. A message without a question mark is taken for keywords."""
    plain = question.replace("’", "'").strip().lstrip("¿ ")
    if not plain.rstrip().endswith("?") or len(plain.split()) < _FEWEST_WORDS:
        return False
    if (opening := _OPENING.get(language)) and opening.match(plain):
        return True
    asking = _asking(language)
    before = plain
    if language == "fr" and (inversion := _INVERSION.search(plain)):
        before = plain[: inversion.start()]
    return not any(word in asking for word in (match[0].lower() for match in _WORD.finditer(before)))


def _asking(language: str) -> frozenset[str]:
    known = lexicon(language)
    return frozenset(known.asking.split()) if known and known.asking else _asking("en")


def compares(question: str, language: str) -> bool:
    """Whether `question` asks how articles or sources agree, or what all of them say together."""
    return _has_form(question, _COMPARING.get(language))


def asks_for_several(question: str, language: str) -> bool:
    """Whether one quotation hardly holds all that `question` asks for: a list, reasons, a summary."""
    return _has_form(question, _SEVERAL.get(language))


def _has_form(question: str, pattern: str | None) -> bool:
    return pattern is not None and re.search(pattern, fold(question).lstrip("¿ ")) is not None
