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


def decode(path: str, content: bytes, declared: str = "") -> tuple[str, str]:
    """The text, and the name of its encoding where that is neither UTF-8 nor `declared`. Raises NotText."""
    text, encoding = _decode(path, content, declared)
    if "\0" in text:
        raise NotText(path=path, reason="NUL")
    if len(_CONTROLS.findall(text)) > _MOST_CONTROLS * len(text):
        raise NotText(path=path, reason="control characters")
    return text, encoding


def _decode(path: str, content: bytes, declared: str) -> tuple[str, str]:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            try:
                return content.decode(encoding), encoding
            except UnicodeDecodeError as error:
                raise NotText(path=path, reason=encoding) from error
    for encoding in ("utf-8", declared):
        try:
            return content.decode(encoding or "utf-8"), ""
        except (UnicodeDecodeError, LookupError):
            if b"\0" in content:
                raise NotText(path=path, reason="NUL") from None
    from charset_normalizer import from_bytes

    match = from_bytes(content, cp_isolation=_LEGACY, enable_fallback=False).best()
    if match is None:
        raise NotText(path=path, reason="?")
    return content.decode(match.encoding), match.encoding
