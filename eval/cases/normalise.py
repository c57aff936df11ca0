"""Text made comparable: for a search of key facts, and for a count of shared words.

The counting follows the normalisation of SQuAD (Rajpurkar et al. 2016, https://arxiv.org/abs/1606.05250: lower case,
no punctuation, no articles) with French articles and prepositions, and accents folded, as published French scores on
PIAF do. Limits: no stemming, so « soldat » and « soldats » are two words; hyphened words are taken apart.
"""

from __future__ import annotations

import re
from functools import cache

from rag.text import fold

_MARKER = re.compile(r"\s*\[\d+(?:\s*[,;]\s*\d+)*\]")
_HYPHENS = re.compile("[\u2010\u2011\u00ad]")
_PUNCTUATION = re.compile(r"[^\w\s]")
_GROUPED = 3  # the most digits that can stand before a group of thousands
_EMPTY = frozenset(["le", "la", "les", "l", "un", "une", "des", "du", "de", "d", "a", "au", "aux", "en", "et"])


def without_markers(answer: str) -> str:
    """The answer as a reader reads it, the markers `[1]` gone, so that their figures are not taken for content."""
    return _MARKER.sub("", answer).strip()


def markers(answer: str) -> list[int]:
    """The numbers of the markers in `answer`, in order."""
    return [int(number) for marker in _MARKER.findall(answer) for number in re.findall(r"\d+", marker)]


def plain(text: str) -> str:
    """Lower case, accents folded, apostrophes, hyphens and spaces of one kind, for a search that spelling escapes."""
    return " ".join(_HYPHENS.sub("-", fold(text)).split())


@cache
def _pattern(alternative: str) -> re.Pattern[str]:
    wanted = plain(alternative)
    figures = re.search(r"\d+$", wanted)
    end = ""
    if figures:
        end = r"(?!\d|[ .,]\d{3}(?!\d))" if len(figures[0]) <= _GROUPED else r"(?!\d)"
    return re.compile(r"(?<![^\W_])" + re.escape(wanted) + end)


def mentions(text: str, alternative: str) -> bool:
    """Whether `alternative` is in `text`, starting at a word and whatever the spelling of accents, case and spaces.

    It may end within a word (« troupe » is in « troupes »), but not within a number: « 26 » is neither in « 260 »
    nor in « 26 000 ».
    """
    return _pattern(alternative).search(plain(text)) is not None


def words(text: str) -> list[str]:
    """All words of `text`, folded, without punctuation."""
    return _PUNCTUATION.sub(" ", fold(text)).split()


def content_words(text: str) -> list[str]:
    """The words of `text` but articles and the commonest prepositions."""
    return [word for word in words(text) if word not in _EMPTY]


def comparable(text: str, gold: str) -> tuple[list[str], list[str]]:
    """The words of both that count: content words, or all of them where `gold` has no content word (« à »)."""
    wanted = content_words(gold)
    return (content_words(text), wanted) if wanted else (words(text), words(gold))
