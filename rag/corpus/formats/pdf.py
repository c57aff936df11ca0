"""A PDF to text: lines joined to paragraphs, headings marked, what repeats at the edges of pages left out.

A PDF holds lines at places on pages, no paragraphs. A new one begins where the size of the type changes, where the
gap to the line above is wider than usual, and, after a line that ends a sentence, where that is short or the next one
indented; bylines and the like stand alone. A word that was divided at a line's end is put together again. Larger type
than that of the text makes a heading, the largest of the first lines the headline.

Limits: columns come in the order in which the file has them; a page that is a picture has no text; what needs the
library `cryptography` to be opened counts as encrypted.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from rag.corpus.formats.content import Content, damage_told
from rag.corpus.formats.properties import believable
from rag.corpus.metadata import label
from rag.corpus.newsroom import Role, role
from rag.errors import ArticleTooLong, FileDamaged, FileEncrypted, NoTextLayer

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

# Without a handler of its own, Python prints its warnings to the terminal.
logging.getLogger("pypdf").addHandler(logging.NullHandler())

MOST_PAGES = 300
"""Of one article."""

_MOST_OPERATIONS = 1_000_000  # of drawing, in all: a page of text has some thousands
_TAIL = 2048  # bytes in which the end of a whole file is marked
_HEADING = 1.15  # times the size of the text
_SAME_SIZE = 0.08  # part by which the sizes in one paragraph may differ
_WIDE_GAP = 1.25  # times the usual gap between two lines
_INDENT = 0.5  # times the size of the text
_SHORT_LINE = 0.8  # of the length of a full line
_LONGEST_HEADING = 200
_TOP = 20  # lines in which the headline stands
_ALONE: tuple[Role, ...] = ("button", "stamp", "byline", "credit", "signoff")
_EDGE = 2  # lines at the top and at the bottom of a page that may repeat on others
_LIGATURES = str.maketrans({chr(code): unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)})
_DIVIDED = re.compile(r"[^\W\d_](?P<hyphen>[-\u2010\u00ad])$")
_SENTENCE_END = re.compile(r"[.!?…][\"'»”’)\]\s]*$")
# Words that French joins to the one before by a hyphen.
_JOINED = re.compile(r"(?:je|tu|ils?|elles?|on|nous|vous|ce|ci|là|la|les?|lui|leur|moi|toi|en|y|t|mêmes?)")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a page: size of its type, where it begins, from the left and from the bottom, in points, and the page.

    Pages count from 0.
    """

    text: str
    size: float
    left: float
    height: float
    page: int = 0


def extract(path: str, content: bytes) -> Content:
    """The text of the document, its labels, and where its pages begin.

    Raises FileEncrypted, FileDamaged, ArticleTooLong and NoTextLayer.
    """
    # The library can often read a file that was cut off: that would give half an article and no error.
    if b"%%EOF" not in content[-_TAIL:]:
        raise FileDamaged(path=path, reason="%%EOF")
    with damage_told(path):
        pages, labels = _read(path, content)
    lines = _without_edges(pages)
    if not lines:
        raise NoTextLayer(path=path)
    return _joined(_paragraphs(lines), len(pages), labels)


def _joined(paragraphs: Iterable[tuple[str, list[tuple[int, int]]]], pages: int, labels: dict[str, str]) -> Content:
    """The paragraphs as one text. A page without text begins where the next one does."""
    text = ""
    begins = [-1] * pages
    for paragraph, places in paragraphs:
        text += "\n\n" if text else ""
        for page, place in places:
            begins[page] = len(text) + place if begins[page] < 0 else begins[page]
        text += paragraph
    after = len(text)
    for page in reversed(range(pages)):
        after = begins[page] = begins[page] if begins[page] >= 0 else after
    return Content(text, labels, pages=(0, *begins[1:]), markdown=True)


def _read(path: str, content: bytes) -> tuple[list[list[_Line]], dict[str, str]]:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError

    try:
        reader = PdfReader(BytesIO(content))  # tries the empty password, which many locked files have
        if len(reader.pages) > MOST_PAGES:
            raise ArticleTooLong(path=path, limit=f"{MOST_PAGES} pages")
        return _read_pages(path, reader), _labels(reader)
    except (FileNotDecryptedError, DependencyError) as error:
        raise FileEncrypted(path=path) from error


def _labels(reader: PdfReader) -> dict[str, str]:
    about: Any = reader.metadata or {}
    title, author = (value if isinstance(value, str) else "" for value in (about.get("/Title"), about.get("/Author")))
    return believable(title, author)


def _read_pages(path: str, reader: PdfReader) -> list[list[_Line]]:
    operations = 0

    def count(*_: Any) -> None:
        nonlocal operations
        operations += 1
        if operations > _MOST_OPERATIONS:
            raise ArticleTooLong(path=path, limit=f"{_MOST_OPERATIONS} operations")

    return [_lines(page, number, count) for number, page in enumerate(reader.pages)]


def _lines(page: PageObject, number: int, count: Any) -> list[_Line]:
    """The lines of a page in the order of the file, without blank ones."""
    pieces: list[_Line] = []

    def note(text: str, matrix: Sequence[float], text_matrix: Sequence[float], _: Any, size: float) -> None:
        scale = abs(text_matrix[3] * matrix[3]) or abs(text_matrix[1] * matrix[1]) or 1
        left, height = (text_matrix[4] * matrix[0] + matrix[4], text_matrix[5] * matrix[3] + matrix[5])
        pieces.append(_Line(text, round(size * scale, 1), left, height, number))

    page.extract_text(visitor_operand_before=count, visitor_text=note)
    lines: list[_Line] = []
    current: list[_Line] = []
    for piece in pieces:
        first, *others = piece.text.split("\n")
        current.append(replace(piece, text=first))
        for text in others:
            lines.append(_one_line(current))
            current = [replace(piece, text=text)]
    lines += [_one_line(current)] if current else []
    return [line for line in lines if line.text]


def _one_line(pieces: Sequence[_Line]) -> _Line:
    text = re.sub(r"[ \t\r]+", " ", "".join(piece.text for piece in pieces)).translate(_LIGATURES).strip()
    longest = max(pieces, key=lambda piece: len(piece.text.strip()))
    first = next((piece for piece in pieces if piece.text.strip()), longest)
    return _Line(text, longest.size, first.left, longest.height, first.page)


def _without_edges(pages: Sequence[Sequence[_Line]]) -> list[_Line]:
    """The lines of all pages but running heads, feet and page numbers: what most pages have at an edge."""
    edges = Counter(key for lines in pages for key in {_key(line) for line in [*lines[:_EDGE], *lines[-_EDGE:]]})
    running = {key for key, times in edges.items() if times >= 2 and times * 2 > len(pages)}
    kept: list[_Line] = []
    for lines in pages:
        inner = range(_EDGE, len(lines) - _EDGE)
        kept += [line for place, line in enumerate(lines) if place in inner or _key(line) not in running]
    return kept


def _key(line: _Line) -> str:
    return re.sub(r"\d+", "0", line.text)


def _paragraphs(lines: Sequence[_Line]) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Each paragraph, with the pages of its lines and where in it those begin."""
    sizes = Counter({line.size: 0 for line in lines})
    for line in lines:
        sizes[line.size] += len(line.text)
    body = sizes.most_common(1)[0][0]
    headline = max(line.size for line in lines[:_TOP])
    hyphenated = set(re.findall(r"\w+-\w+", " ".join(line.text for line in lines).casefold()))
    for group in _groups(lines):
        text = ""
        places: list[tuple[int, int]] = []
        for line in group:
            text = _append(text, line.text, hyphenated)
            places.append((line.page, len(text) - len(line.text)))
        level = ("# " if group[0].size == headline else "## ") if group[0].size >= body * _HEADING else ""
        mark = level if len(text) <= _LONGEST_HEADING else ""
        yield mark + text, [(page, place + len(mark) if place else 0) for page, place in places]


def _groups(lines: Sequence[_Line]) -> Iterator[list[_Line]]:
    """The lines of each paragraph; `lines` must not be empty."""
    full = sorted(len(line.text) for line in lines)[len(lines) * 9 // 10]
    gaps = [_gap(above, line) for above, line in pairwise(lines) if _alike(above, line)]
    usual = median([gap for gap in gaps if gap > 0] or [0])
    group: list[_Line] = []
    for line in lines:
        if group and _begins(group[-1], line, full, usual):
            yield group
            group = []
        group.append(line)
    yield group


def _alike(above: _Line, line: _Line) -> bool:
    return abs(above.size - line.size) <= _SAME_SIZE * max(above.size, line.size)


def _gap(above: _Line, line: _Line) -> float:
    """How far `line` lies below the one before, in sizes of its type."""
    return (above.height - line.height) / (line.size or 1)


def _begins(above: _Line, line: _Line, full: int, usual: float) -> bool:
    """Whether `line` begins a paragraph: `full` characters fill a line, `usual` is the gap between two."""
    if not _alike(above, line) or _stands_alone(above.text) or _stands_alone(line.text):
        return True
    gap = _gap(above, line)
    ended = _SENTENCE_END.search(above.text) is not None
    if gap <= 0:  # another column or page
        return ended
    indented = line.left - above.left > _INDENT * line.size
    return gap > usual * _WIDE_GAP or (ended and (indented or len(above.text) < full * _SHORT_LINE))


def _stands_alone(text: str) -> bool:
    """Whether a line is a byline, a date, « Source : AFP » or the like, which is no part of a paragraph."""
    return role(text) in _ALONE or label(text) is not None


def _append(text: str, line: str, hyphenated: set[str]) -> str:
    """`text` with the next line of its paragraph, a divided word put together."""
    divided = _DIVIDED.search(text)
    if not divided:
        return f"{text} {line}" if text else line
    before, after = (re.search(r"\w+$", text[:-1]), re.match(r"\w+", line))
    if not before or not after:
        return f"{text} {line}"
    compound = f"{before[0]}-{after[0]}".casefold()
    kept = divided["hyphen"] != "\u00ad" and (
        not after[0][0].islower() or _JOINED.fullmatch(after[0]) or compound in hyphenated
    )
    return text + line if kept else text[:-1] + line
