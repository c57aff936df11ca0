"""Elements of HTML, or of what trafilatura makes of a page, to paragraphs with headings marked.

For pieces that are an article and nothing else, such as an entry of a feed or a chapter of a book: all of it stays.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

TEI: Mapping[str, str] = {
    **dict.fromkeys(("p", "list", "item", "quote", "code", "table", "row", "ab", "div"), "block"),
    **{"head": "heading", "lb": "break", "cell": "cell"},
}
"""What the elements of trafilatura do to the text."""

_HTML: Mapping[str, str] = {
    **dict.fromkeys(("address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "div", "dl", "dt",
                     "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "li", "main", "nav", "ol",
                     "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"), "block"),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    **{"br": "break", "td": "cell", "th": "cell"},
    **dict.fromkeys(("audio", "button", "canvas", "head", "iframe", "math", "noscript", "object", "script", "select",
                     "style", "svg", "template", "textarea", "title", "video"), "nothing"),
}  # fmt: skip
_TAG = re.compile(
    r"</?(?:p|br|div|span|h[1-6]|[uo]l|li|table|tr|td|blockquote|section|article|figure|img|strong|em|b|i|u|a)"
    r"(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)
_LAID_OUT = re.compile(r"<(?:p|br|div|li|tr|h[1-6]|section|article)\b", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\r?\n[ \t]{0,100}\r?\n\s{0,1000}")
_DECLARATION = re.compile(r"^\s{0,1000}<\?xml[^>]{0,1000}>")
_SPACE = re.compile(r"[ \t\r\n]+")  # not the spaces that do not break, which French sets
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8}\d{0,2});", re.IGNORECASE)


def is_html(text: str) -> bool:
    """Whether `text` has tags of HTML."""
    return _TAG.search(text) is not None


def unescaped(text: str) -> str:
    """`text` with the characters that entities such as `&eacute;` stand for."""
    return html.unescape(text) if _ENTITY.search(text) else text


def line_of(text: str) -> str:
    """`text`, HTML or not, as it is read, on one line."""
    return " ".join((text_of(text) if is_html(text) else unescaped(text)).split())


def text_of(markup: str) -> str:
    """The text of a page or a piece of one, paragraphs parted by blank lines. Empty where there is none."""
    from lxml.etree import LxmlError
    from lxml.html import document_fromstring

    piece = _DECLARATION.sub("", markup)
    if not _LAID_OUT.search(piece):
        # Some editors store paragraphs as line ends and add the tags only when they show the text.
        piece = "".join(f"<p>{part}</p>" for part in _BLANK_LINES.split(piece))
    try:
        tree = document_fromstring(f"<div>{piece}</div>")
    except (LxmlError, ValueError):  # what is no markup at all
        return ""
    return "\n\n".join(blocks(tree, _HTML))


def blocks(body: _Element, roles: Mapping[str, str]) -> list[str]:
    """The paragraphs of the tree `body`, of whose elements `roles` says what they do to the text."""
    from lxml.etree import iterwalk

    found: list[str] = []
    pieces: list[str] = []
    walk = iterwalk(body, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        # For a comment or an instruction lxml gives a function instead of a name.
        role = roles.get(element.tag, "") if isinstance(element.tag, str) else "nothing"
        if role in ("block", "heading"):
            _close(pieces, found)
        if event != "start":
            pieces.append(_SPACE.sub(" ", element.tail or "") if element is not body else "")
            continue
        if role == "nothing":
            walk.skip_subtree()
            continue
        if role == "heading":
            pieces.append("# " if "h1" in (element.tag, element.get("rend")) else "## ")
        elif role == "break":
            pieces.append("\n")
        elif role == "cell" and element.getprevious() is not None:
            pieces.append(" | ")
        pieces.append(_SPACE.sub(" ", element.text or ""))
    _close(pieces, found)
    return found


def _close(pieces: list[str], found: list[str]) -> None:
    """Makes a paragraph of what was gathered, if it says anything."""
    lines = (re.sub(" {2,}", " ", line).strip(" ") for line in "".join(pieces).split("\n"))
    block = "\n".join(line for line in lines if line)
    if any(map(str.isalnum, block)):
        found.append(block)
    pieces.clear()
