"""Texts, names and bytes that are likely to break a parser: pieces of real pages between anything at all."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.support.sample_files import FILES, LINES, WORDS

# What ends a line for some and not for others.
_BREAKS = ("\n", "\n\n", "\r\n", "\r", "\n\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", " ", "\u00a0", "")
# Marks that join to what stands before, signs of no width, of the other direction, and of two UTF-16 units.
_ODD = (
    "e\u0301", "\u0301" * 20, "\u0345", "\u200b", "\u200d", "\ufeff", "\u202e", "\u2066", "\u00ad", "\u0640", "\ue000",
    "\U0001f469\u200d\U0001f467", "\U0001f1eb\U0001f1f7", "\U0001d54f", "\ufffd", "\uffff", "\x00", "\x1b[0m", "\ufb01",
    "ß", "İ", "ǆ", "שלום", "مرحبا", "北京。", "½", "²", "٣", "Ⅷ",
)  # fmt: skip

_piece = st.one_of(st.sampled_from(LINES), st.sampled_from(WORDS), st.sampled_from(_ODD), st.text(max_size=40))
texts = st.text() | st.lists(st.tuples(_piece, st.sampled_from(_BREAKS)), max_size=30).map(
    lambda pieces: "".join(piece + after for piece, after in pieces)
)
"""Any Unicode text without lone surrogates."""

_names = st.text(st.characters(), max_size=300)  # lone surrogates included
names = st.builds(lambda stem, suffix: stem + suffix, _names, st.sampled_from([".txt", ".PDF", ".md", "", ".tar.gz"]))
"""Anything that a file may be called, most of it of a known suffix."""


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A real file with some bytes cut out, doubled or overwritten."""
    content = bytearray(draw(st.sampled_from(FILES)))
    for _ in range(draw(st.integers(0, 8))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 400)))
        new = draw(st.binary(max_size=60) | st.just(bytes(content[start:end]) * 2) | st.just(b""))
        content[start:end] = new
    return bytes(content)


_declared = st.sampled_from(
    [b"utf-7", b"utf-16", b"utf-16-le", b"unicode_escape", b"raw_unicode_escape", b"idna", b"punycode", b"undefined",
     b"base64", b"rot13", b"utf-8-sig", b"cp65001", b"latin1", b"shift_jis", b"iso2022_jp", b"hz", b"mbcs", b"x"]
)  # fmt: skip
contents = st.one_of(
    st.binary(max_size=300),
    texts.flatmap(lambda text: st.sampled_from(["utf-8", "utf-16", "utf-16-be", "utf-32", "cp1252", "utf-7"]).map(
        lambda encoding: text.encode(encoding, "replace"))),
    st.builds(lambda name, rest: b'<html><meta charset="' + name + b'"><p>' + rest, _declared, st.binary(max_size=80)),
)  # fmt: skip
"""Bytes: random ones, texts in many encodings, pages that declare any encoding."""
