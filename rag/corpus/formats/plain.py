"""Bytes to text: UTF-8, what a byte order mark says, what a page declares, or one of the encodings of old French text.

Nothing is translated, so that offsets can be checked against the file. A byte order mark is part of its content and
kept: taking it out would shift every offset by one against a plain decoding.
"""

from __future__ import annotations

import codecs
import re

from rag.errors import NotText

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LEGACY = ["cp1252", "iso8859_15", "mac_roman"]  # by likelihood
_CONTROLS = re.compile("[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MOST_CONTROLS = 0.01  # of the characters; stray ones happen in old exports


# Codecs of Python's in which no file is written: some take quadratic time, or give lone surrogates.
_NO_ENCODINGS = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"})


def decode(path: str, content: bytes, declared: str = "") -> tuple[str, str]:
    """The text, and the name of its encoding where that is neither UTF-8 nor `declared`. Raises NotText."""
    text, encoding = _decode(path, content, declared)
    check_text(path, text)
    return text, encoding


def check_text(path: str, text: str) -> None:
    """Raises NotText where `text` holds what no writing does."""
    if "\0" in text:
        raise NotText(path=path, reason="NUL")
    if len(_CONTROLS.findall(text)) > _MOST_CONTROLS * len(text):
        raise NotText(path=path, reason="control characters")


def marked_encoding(start: bytes) -> str:
    """The encoding whose byte order mark `start` begins with; empty for none and for that of UTF-8."""
    return next((encoding for mark, encoding in _BYTE_ORDER_MARKS if start.startswith(mark)), "")


def _decode(path: str, content: bytes, declared: str) -> tuple[str, str]:
    marked = marked_encoding(content)
    if marked:
        try:
            return content.decode(marked), marked
        except UnicodeDecodeError as error:
            raise NotText(path=path, reason=marked) from error
    for encoding in ("utf-8", _trusted(declared)):
        try:
            return content.decode(encoding), ""
        except (UnicodeDecodeError, LookupError):  # LookupError: a codec from bytes to bytes
            if b"\0" in content:
                raise NotText(path=path, reason="NUL") from None
    from charset_normalizer import from_bytes

    match = from_bytes(content, cp_isolation=_LEGACY, enable_fallback=False).best()
    if match is None:
        raise NotText(path=path, reason="?")
    return content.decode(match.encoding), match.encoding


def _trusted(declared: str) -> str:
    """The encoding that is declared, UTF-8 where it is none for texts."""
    try:
        name = codecs.lookup(declared).name
    except (LookupError, ValueError):
        return "utf-8"
    return "utf-8" if name in _NO_ENCODINGS else name
