"""A saved web page to the text of its article; menus, pictures, comments and scripts are left out.

What is the article, and what the page says of it (title, date, author, site), is found by trafilatura. The date is
that of publication, not of the last change, from metadata, the address or marked elements of the page. Nothing is
fetched.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from rag.corpus.formats import markup
from rag.corpus.formats.content import damage_told
from rag.corpus.formats.properties import believable
from rag.errors import EmptyArticle

# Without a handler of their own, Python prints their warnings to the terminal.
for _library in ("trafilatura", "htmldate", "courlan", "justext", "charset_normalizer"):
    logging.getLogger(_library).addHandler(logging.NullHandler())

_CHARSET = re.compile(rb"""<meta[^>]{0,200}\bcharset\s{0,9}=\s{0,9}["']?\s{0,9}([\w:.-]{1,40})""", re.IGNORECASE)
_WHOLE = re.compile(r"<(?:html|body)\b", re.IGNORECASE)
_DECLARED_WITHIN = 4096  # bytes; browsers look at the first 1024
# Browsers read these as Windows-1252, which is what pages that declare them are written in.
_LATIN = frozenset({"iso-8859-1", "iso8859-1", "latin1", "us-ascii", "ascii"})


def charset(content: bytes) -> str:
    """The encoding that the page declares, or ""."""
    found = _CHARSET.search(content[:_DECLARED_WITHIN])
    name = found[1].decode().lower() if found else ""
    if name.startswith(("utf-16", "utf-32")):
        return ""  # in which this declaration could not have been found
    return "cp1252" if name in _LATIN else name


def extract(path: str, page: str) -> tuple[str, dict[str, str]]:
    """The text of the article on `page`, and its labels. Raises EmptyArticle and FileDamaged."""
    import trafilatura

    with damage_told(path):
        found: Any = trafilatura.bare_extraction(
            page if _WHOLE.search(page) else f"<html><body>{page}</body></html>",
            with_metadata=True,
            include_comments=False,
            date_extraction_params={"original_date": True, "extensive_search": False},
        )
    if found is None or found.body is None:
        raise EmptyArticle(path=path)
    text = "\n\n".join(markup.blocks(found.body, markup.TEI))
    day = "" if _is_told(found.date or "", text, page) else found.date
    return text, believable(found.title, found.author, found.sitename or found.hostname, day)


def _is_told(day: str, text: str, page: str) -> bool:
    """Whether `day` (2025-09-04) stands only in the text of the article, which then tells of that day."""
    spellings = (day, ".".join(reversed(day.split("-"))))
    return any(0 < text.count(spelling) == page.count(spelling) for spelling in spellings if day)
