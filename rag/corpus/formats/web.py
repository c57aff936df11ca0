"""A saved web page to the text of its article; menus, pictures, comments and scripts are left out.

What is the article, and what the page says of it (title, date, author, site), is found by trafilatura. The date is
that of publication, not of the last change, from metadata, the address or marked elements of the page. Nothing is
fetched.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from rag.corpus.formats.properties import believable
from rag.errors import EmptyArticle, FileDamaged

if TYPE_CHECKING:
    from lxml.etree import _Element

# Without a handler of their own, Python prints their warnings to the terminal.
for _library in ("trafilatura", "htmldate", "courlan", "justext", "charset_normalizer"):
    logging.getLogger(_library).addHandler(logging.NullHandler())

_CHARSET = re.compile(rb"""<meta[^>]{0,200}\bcharset\s{0,9}=\s{0,9}["']?\s{0,9}([\w:.-]{1,40})""", re.IGNORECASE)
_WHOLE = re.compile(r"<(?:html|body)\b", re.IGNORECASE)
_DECLARED_WITHIN = 4096  # bytes; browsers look at the first 1024
# Browsers read these as Windows-1252, which is what pages that declare them are written in.
_LATIN = frozenset({"iso-8859-1", "iso8859-1", "latin1", "us-ascii", "ascii"})
_BLOCKS = frozenset({"head", "p", "list", "item", "quote", "code", "table", "row", "ab", "div"})
_SPACE = re.compile(r"[ \t\r\n]+")  # not the spaces that do not break, which French sets


def charset(content: bytes) -> str:
    """The encoding that the page declares, or ""."""
    found = _CHARSET.search(content[:_DECLARED_WITHIN])
    name = found[1].decode().lower() if found else ""
    return "cp1252" if name in _LATIN else name


def extract(path: str, page: str) -> tuple[str, dict[str, str]]:
    """The text of the article on `page`, and its labels. Raises EmptyArticle and FileDamaged."""
    import trafilatura

    try:
        found: Any = trafilatura.bare_extraction(
            page if _WHOLE.search(page) else f"<html><body>{page}</body></html>",
            with_metadata=True,
            include_comments=False,
            date_extraction_params={"original_date": True, "extensive_search": False},
        )
    except Exception as error:  # the library lets through whatever its parsers raise
        raise FileDamaged(path=path, reason=str(error) or type(error).__name__) from error
    if found is None or found.body is None:
        raise EmptyArticle(path=path)
    text = "\n\n".join(_blocks(found.body))
    day = "" if _is_told(found.date or "", text, page) else found.date
    return text, believable(found.title, found.author, found.sitename or found.hostname, day)


def _is_told(day: str, text: str, page: str) -> bool:
    """Whether `day` (2025-09-04) stands in the text of the article alone: it tells of that day, and may be any."""
    spellings = (day, ".".join(reversed(day.split("-"))))
    return any(0 < text.count(spelling) == page.count(spelling) for spelling in spellings if day)


def _blocks(body: _Element) -> list[str]:
    """The paragraphs of the tree that trafilatura gives: headings marked, cells of a row beside each other."""
    from lxml.etree import iterwalk

    blocks: list[str] = []
    pieces: list[str] = []
    for event, element in iterwalk(body, events=("start", "end")):
        if element.tag in _BLOCKS:
            _close(pieces, blocks)
        if event == "end":
            pieces.append(_SPACE.sub(" ", element.tail or "") if element is not body else "")
            continue
        if element.tag == "head":
            pieces.append("## " if element.get("rend") != "h1" else "# ")
        elif element.tag == "lb":
            pieces.append("\n")
        elif element.tag == "cell" and element.getprevious() is not None:
            pieces.append(" | ")
        pieces.append(_SPACE.sub(" ", element.text or ""))
    _close(pieces, blocks)
    return blocks


def _close(pieces: list[str], blocks: list[str]) -> None:
    """Makes a block of what was gathered, if it says anything."""
    lines = (re.sub(" {2,}", " ", line).strip(" ") for line in "".join(pieces).split("\n"))
    block = "\n".join(line for line in lines if line)
    if any(map(str.isalnum, block)):
        blocks.append(block)
    pieces.clear()
