"""Words of a generator, an article or a question as they can be shown: no markers, no markup, nothing hidden."""

from __future__ import annotations

import re
import unicodedata

_LIST_MARK = re.compile(r"\s*\n\s*(?:(?:[-•*–—]|\d{1,2}[.)])\s+)?")
# What may yet become the mark of a list.
_LINE_BEGINS = re.compile(r"(?:^|\n)\s*(?:[-•*–—]|\d{1,2}[.)]?)?\s*$")
_MARKUP = re.compile(
    r" *(?:!\[[^\]]*\]\([^)]*\)|https?://[^\s)\]>]*[^\s)\]>.,;:!?])"
    r"|<(script|style)\b.{0,2000}?</\1\s*>|</?[a-zA-Z][^<>]*>|<\|[^|<>]{1,40}\|>|[*`]+|_{2,}|#{1,6}(?= )",
    re.IGNORECASE | re.DOTALL,
)
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\([^)]*\)")
_MARKER = re.compile(r"\s*[\[［【(]\s*\d{1,2}(?:\s*[,;–-]\s*\d{1,2})*\s*[\]］】)](?=\W|$)")
# What of an article, its title or a question looks like one.
_FALSE_MARKER = re.compile(r"[\[［【]\s*(\d[\d\s,;–-]*)[\]］】]")


def strip_markers(text: str) -> str:
    """`text` without the `[n]` a generator wrote: markers are given out by code."""
    return _MARKER.sub("", text)


def strip_markup(text: str) -> str:
    """`text` without Markdown, HTML, addresses and images, which a page that shows an answer might obey."""
    return re.sub(r"  +", " ", _MARKUP.sub("", _LINK.sub(r"\1", text))).strip()


def inert(text: str) -> str:
    """Words of an article or of a question as they can be shown: nothing that a page might obey, no hidden characters.

    What looks like a marker comes to stand in round brackets: only markers that code gives out lead anywhere.
    """
    return _FALSE_MARKER.sub(r"(\1)", strip_markup("".join(map(_visible, text))))


def _visible(character: str) -> str:
    kind = unicodedata.category(character)
    if kind == "Cf" and character != "\xad":  # French words may be divided at a soft hyphen
        return ""
    return " " if kind in ("Cc", "Co", "Cs") and character != "\n" else character


def begins_line(text: str) -> bool:
    """Whether generated `text` stops where a list mark may still be growing, too early for `running_text`."""
    return _LINE_BEGINS.search(text) is not None


def running_text(text: str) -> str:
    """`text` with its lists written on: line ends, bullets and numbers of items gone."""
    return _LIST_MARK.sub(" ", f"\n{text}").lstrip(" ")
