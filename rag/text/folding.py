"""Text as it is compared: without accents, case and typography. Every comparison of words goes through one of these."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = "’ʼ‘`´"
_HYPHENS = "‐‑–"
_APOSTROPHE = re.compile(f"[{_APOSTROPHES}]")


def fold(text: str) -> str:
    """Lower case, compatibility forms joined, accents and ligatures gone, apostrophes straight."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("œ", "oe").replace("æ", "ae")
    plain = _APOSTROPHE.sub("'", plain)
    return "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))


class _Letters(dict[int, str]):
    """Characters in lower case without accents, each still one character."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        marks = "'" if char in _APOSTROPHES else "-" if char in _HYPHENS else ""
        return self.setdefault(code, marks or unicodedata.normalize("NFKD", char).lower()[:1])


_LETTERS = _Letters()


def fold_letters(text: str) -> str:
    """`text` character for character, so that places in it stay what they are: lower case without accents."""
    return text.translate(_LETTERS)
