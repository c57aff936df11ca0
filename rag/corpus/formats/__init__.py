"""One file to the text of its article and what the file says of it: text files, web pages, PDF and Word documents.

A file is what its content says, not what it is called: where the two differ it is refused, not guessed at. The text
of a web page, a PDF or a Word document is what was extracted from it, headings written as in Markdown (`## Heading`),
paragraphs parted by blank lines; offsets count its characters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG

from rag.corpus.formats import pdf, plain, web, word
from rag.errors import EmptyArticle, FileTooLarge, FileUnreadable, FormatMismatch, NotText
from rag.storage import MEGABYTE

SUFFIXES = (".txt", ".md", ".html", ".htm", ".pdf", ".docx")
"""Of the files that are read."""
MARKDOWN = tuple(suffix for suffix in SUFFIXES if suffix != ".txt")
"""Of the files whose text has headings as in Markdown: by themselves, or as extracted."""
MOST_BYTES = 20_000_000
"""A larger file is not read unless the caller says so."""

_WEB = (".html", ".htm")
# By their first bytes. The name of a format is the same in every language.
_SIGNATURES = (
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "ZIP"),
    (word.OLE, "DOC"),
    (b"{\\rtf", "RTF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"\x1f\x8b", "GZIP"),
)
_EXPECTED = {".pdf": "PDF", ".docx": "ZIP"}
_PAGE = re.compile(r"[\s\ufeff]{0,1000}(?:<\?xml[^>]{0,200}>\s{0,100})?<(?:!doctype\s{1,9}html|html)\b", re.IGNORECASE)
_TAG = re.compile(r"<[a-z!][^<>]{0,1000}>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds: `text`, never blank, and `labels` (title, date, author, source) where it says so itself.

    `encoding` is that of a text that is not UTF-8 and does not say what it is, otherwise empty.
    """

    text: str
    labels: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""


def check_name(name: str) -> None:
    """Raises NotText unless files called so are read."""
    if Path(name).suffix.lower() not in SUFFIXES:
        raise NotText(path=name, reason=Path(name).suffix or Path(name).name)


def check_size(name: str, size: int, most_bytes: int = MOST_BYTES) -> None:
    """Raises FileTooLarge where `size` bytes of the file `name` are more than are read."""
    if size > most_bytes:
        megabytes, limit = (round(count / MEGABYTE, 1) for count in (size, most_bytes))
        raise FileTooLarge(path=name, size=megabytes, limit=limit)


def read_file(path: Path, most_bytes: int = MOST_BYTES) -> Content:
    """What the file `path` holds.

    Raises NotText, FormatMismatch, FileUnreadable, FileTooLarge, FileEncrypted, FileDamaged, NoTextLayer,
    ArticleTooLong and EmptyArticle.
    """
    check_name(str(path))
    content = _read(path, most_bytes)
    read = _extract(str(path), path.suffix.lower(), content)
    if not read.text.strip("\ufeff\u200b").strip():
        raise EmptyArticle(path=str(path))
    # A small file may unpack to a large text.
    check_size(str(path), len(read.text), most_bytes)
    return read


def _read(path: Path, most_bytes: int) -> bytes:
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            # A pipe would wait for ever.
            raise FileUnreadable(path=str(path), reason="not a regular file")
        check_size(str(path), status.st_size, most_bytes)
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(path=str(path), reason=error.strerror or type(error).__name__) from error


def _extract(path: str, suffix: str, content: bytes) -> Content:
    if not content:
        raise EmptyArticle(path=path)
    _check_signature(path, suffix, content)
    if suffix == ".pdf":
        return Content(*pdf.extract(path, content))
    if suffix == ".docx":
        return Content(*word.extract(path, content))
    if suffix in _WEB:
        text, encoding = plain.decode(path, content, declared=web.charset(content))
        if not _TAG.search(text):
            raise FormatMismatch(path=path, named=suffix, found="TXT")
        return Content(*web.extract(path, text), encoding)
    text, encoding = plain.decode(path, content)
    if _PAGE.match(text):
        raise FormatMismatch(path=path, named=suffix, found="HTML")
    return Content(text, encoding=encoding)


def _check_signature(path: str, suffix: str, content: bytes) -> None:
    found = next((name for signature, name in _SIGNATURES if content.startswith(signature)), "")
    if suffix == ".docx" and found == "DOC":
        word.check_encryption(path, content)
    # Some programs write a few bytes before the header of a PDF.
    if suffix == ".pdf" and not found and b"%PDF-" in content[:1024]:
        return
    if found != _EXPECTED.get(suffix, ""):
        raise FormatMismatch(path=path, named=suffix, found=found or "?")
