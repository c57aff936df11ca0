"""What a question asks for, as far as its form tells: yes or no, or something else.

A small generator gets the polarity of an answer wrong, so a yes-or-no question is answered by quoting.
"""

from __future__ import annotations

import re

_ASKING = {
    "fr": "qui que qu' quoi quel quelle quels quelles où quand comment combien pourquoi lequel laquelle lesquels"
    " lesquelles auquel duquel",
    "en": "who whom whose what which when where why how",
    "de": "wer wen wem wessen was welche welcher welches welchen welchem wann wo wohin woher warum wieso weshalb wie"
    " womit wodurch wofür wovon woran worüber",
    "es": "quién quiénes qué cuál cuáles cuándo dónde adónde cómo cuánto cuánta cuántos cuántas",
    "it": "chi che cosa cos' quale quali quando dove dov' perché come quanto quanta quanti quante qual",
}
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


def asks_yes_or_no(question: str, language: str) -> bool:
    """Whether `question` is to be answered by yes or no. A message without a question mark is taken for keywords."""
    plain = question.replace("’", "'").strip().lstrip("¿ ")
    if not plain.rstrip().endswith("?") or len(plain.split()) < _FEWEST_WORDS:
        return False
    if (opening := _OPENING.get(language)) and opening.match(plain):
        return True
    asking = _ASKING.get(language, _ASKING["en"]).split()
    before = plain
    if language == "fr" and (inversion := _INVERSION.search(plain)):
        before = plain[: inversion.start()]
    return not any(word in asking for word in (match[0].lower() for match in _WORD.finditer(before)))
