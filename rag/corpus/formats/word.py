"""A Word document (.docx) to text: paragraphs in order, headings marked, rows of tables as lines.

Text that was deleted or moved away under tracked changes is left out, what was inserted is in. Headers, footers,
footnotes, comments and text boxes are left out: they are no part of the article's own run of text.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

from rag.corpus.formats.content import damage_told
from rag.corpus.formats.properties import believable
from rag.errors import FileDamaged, FileEncrypted, FileTooLarge, FormatMismatch
from rag.system import MEGABYTE

if TYPE_CHECKING:
    from docx.document import Document

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""First bytes of the containers that older Word documents and encrypted ones of today are."""

_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_DOCUMENT = "word/document.xml"
# A parser needs many times the memory of what it parses. Real articles stay far below, pictures included.
_MOST_TEXT = 20 * MEGABYTE
_MOST_UNPACKED = 100 * MEGABYTE
_PARAGRAPHS = ".//w:p[not(ancestor::w:tbl or ancestor::w:txbxContent)] | .//w:tbl[not(ancestor::w:tbl)]"
_PIECES = (
    "(.//w:t | .//w:tab | .//w:br | .//w:cr | .//w:noBreakHyphen)"
    "[not(ancestor::w:txbxContent or ancestor::w:moveFrom or ancestor::w:pPr)]"
)
_SIGNS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011"}


def check_encryption(path: str, content: bytes) -> None:
    """Raises FileEncrypted when `content`, an OLE container, is a .docx with a password."""
    if _ENCRYPTED in content:
        raise FileEncrypted(path=path)


def extract(path: str, content: bytes) -> tuple[str, dict[str, str]]:
    """The text of the document, and its labels. Raises FormatMismatch, FileTooLarge and FileDamaged."""
    _check_archive(path, content)
    import docx

    with damage_told(path):
        document = docx.Document(BytesIO(content))
        about = document.core_properties
        return "\n\n".join(_blocks(document)), believable(about.title, about.author)


def _check_archive(path: str, content: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            sizes = {part.filename: part.file_size for part in archive.infolist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise FileDamaged(path=path, reason=error) from error
    if _DOCUMENT not in sizes:
        raise FormatMismatch(path=path, named=".docx", found="ZIP")
    # What an archive says of its sizes can be relied on: no more than that is ever unpacked.
    for size, limit in ((sizes[_DOCUMENT], _MOST_TEXT), (sum(sizes.values()), _MOST_UNPACKED)):
        if size > limit:
            raise FileTooLarge(path=path, size=round(size / MEGABYTE, 1), limit=limit // MEGABYTE)


def _blocks(document: Document) -> Iterator[str]:
    body: Any = document.element.body
    marks = {style.style_id: _mark(style.name or "") for style in document.styles}
    # Not the paragraphs that the library lists: those leave out what lies in content controls.
    for element in body.xpath(_PARAGRAPHS):
        if element.tag.endswith("}tbl"):
            yield from _rows(element)
        else:
            text = _text(element)
            if text:
                yield marks.get(element.style, "") + text


def _rows(table: Any) -> Iterator[str]:
    for row in table.xpath("./w:tr"):
        cells = (" ".join(filter(None, map(_text, cell.xpath(".//w:p")))) for cell in row.xpath("./w:tc"))
        line = " | ".join(filter(None, cells))
        if line:
            yield line


def _text(paragraph: Any) -> str:
    pieces = (_SIGNS.get(piece.tag.rpartition("}")[2], piece.text or "") for piece in paragraph.xpath(_PIECES))
    return "\n".join(line.strip() for line in "".join(pieces).split("\n") if line.strip())


def _mark(style: str) -> str:
    """The Markdown mark of a heading in this style; the names of built-in styles are English in every language."""
    if style == "Title":
        return "# "
    return "## " if style.startswith("Heading") else ""
