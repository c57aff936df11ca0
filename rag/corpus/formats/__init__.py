"""One file to the texts of its articles and what it says of them: most hold one, exports, feeds and archives several.

A file is what its content says, not what it is called: where the two differ it is refused, not guessed at. The text
of a web page, a PDF, a Word document, a book or a mail is what was extracted from it, headings written as in Markdown
(`## Heading`), paragraphs parted by blank lines; offsets count its characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePath
from stat import S_ISREG

from rag.corpus.formats import book, feeds, mail, objects, pdf, plain, tables, web_page as web, word
from rag.corpus.formats.archives import Budget, gunzip, tar_members, zip_members
from rag.corpus.formats.content import (
    MOST_BYTES,
    MOST_TOTAL,
    Content,
    Entry,
    InputFile,
    Reading,
    check_content,
    check_size,
    read_whole,
    split_name,
)
from rag.errors import (
    ArchiveTooDeep,
    ArchiveTooLarge,
    EmptyArticle,
    FileUnreadable,
    FormatMismatch,
    NoArticles,
    NotText,
    RagError,
)

__all__ = (
    "MARKDOWN", "MOST_BYTES", "SUFFIXES", "Content", "Entry", "Reading", "check_name", "check_size", "most_on_disk",
    "read_entries", "reads", "split_name",
)  # fmt: skip

_WEB = (".html", ".htm")
_SINGLE = (".txt", ".md", *_WEB, ".pdf", ".docx", ".eml")
_LISTED: dict[str, Callable[[InputFile, Reading], Iterator[Entry]]] = {
    ".jsonl": objects.line_entries,
    ".ndjson": objects.line_entries,
    ".json": objects.entries,
    ".csv": tables.entries,
    ".tsv": tables.entries,
    ".mbox": mail.entries,
    **dict.fromkeys((".xml", ".rss", ".atom", ".rdf"), feeds.entries),
}
_PACKED = (".gz", ".tgz")
_TARS = (".tar.gz", ".tgz")
SUFFIXES = (*_SINGLE, ".epub", *_LISTED, ".zip", *_PACKED)
"""Of the files that are read."""
MARKDOWN = (".md",)
"""Of the files whose text has headings as in Markdown by itself."""

_DEPTH = 2  # of archives within each other
# By their first bytes. The name of a format is the same in every language.
_SIGNATURES = (
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "ZIP"),
    (b"PK\x05\x06", "ZIP"),
    (word.OLE, "DOC"),
    (b"{\\rtf", "RTF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"\x1f\x8b", "GZIP"),
)
_START = 1024  # bytes in which a PDF may begin
_EXPECTED = {".pdf": "PDF", **dict.fromkeys((".docx", ".zip", ".epub"), "ZIP"), **dict.fromkeys(_PACKED, "GZIP")}
_PAGE = re.compile(r"[\s\ufeff]{0,1000}(?:<\?xml[^>]{0,200}>\s{0,100})?<(?:!doctype\s{1,9}html|html)\b", re.IGNORECASE)
_TAG = re.compile(r"<[a-z!][^<>]{0,1000}>", re.IGNORECASE)


def reads(name: str) -> bool:
    """Whether files called so are read: by their suffix, of one that is packed by the one before it."""
    path = PurePath(name.lower())
    inner = PurePath(path.stem).suffix
    return path.suffix in SUFFIXES and (path.suffix != ".gz" or inner == ".tar" or inner in SUFFIXES)


def check_name(name: str) -> None:
    """Raises NotText unless files called so are read."""
    if not reads(name):
        raise NotText(path=name, reason=Path(name).suffix or Path(name).name)


def most_on_disk(name: str, most_bytes: int) -> int:
    """How large a file called so may be, where one article has at most `most_bytes`."""
    return most_bytes if PurePath(name).suffix.lower() in _SINGLE else MOST_TOTAL


def read_entries(path: Path, reading: Reading) -> Iterator[Entry]:
    """The articles that the file `path` holds. What is wrong with one of several goes to `reading.on_problem`.

    Raises NotText, FormatMismatch, FileUnreadable, FileTooLarge, FileEncrypted, FileDamaged, NoTextLayer,
    ArticleTooLong, EmptyArticle, TextFieldMissing, NotAFeed, ArchiveTooLarge, ArchiveTooMany, and NoArticles where it
    holds no file or entry at all; for a file that holds several, maybe after some of them.
    """
    check_name(str(path))
    told = False

    def tell(error: RagError) -> None:
        nonlocal told
        told = True
        reading.on_problem(error)

    try:
        if not S_ISREG(path.stat().st_mode):
            # Reading a pipe could wait for ever.
            raise FileUnreadable(path=str(path), reason="not a regular file")
        with path.open("rb") as stream:
            source = InputFile(str(path), path.name, stream, path.stat().st_size)
            check_size(source.path, source.size, most_on_disk(path.name, reading.most_bytes))
            entries = _entries(source, replace(reading, on_problem=tell), Budget(str(path), source.size))
            first = next(entries, None)
            if first:
                yield first
                yield from entries
            elif not told:
                raise NoArticles(path=str(path))
    except OSError as error:
        raise FileUnreadable(path=str(path), reason=error.strerror or type(error).__name__) from error


def _entries(source: InputFile, reading: Reading, budget: Budget, depth: int = 0) -> Iterator[Entry]:
    suffix = PurePath(source.name).suffix.lower()
    if suffix in _SINGLE:
        yield Entry("", _one(source, suffix, reading.most_bytes))
        return
    start = source.stream.peek(_START)[:_START]
    if not start:
        raise EmptyArticle(path=source.path)
    _check_signature(source.path, suffix, start)
    if suffix in _LISTED:
        yield from _LISTED[suffix](source, reading)
    elif suffix == ".epub":
        yield from book.entries(source, reading, budget)
    elif depth >= _DEPTH:
        raise ArchiveTooDeep(path=source.path, limit=_DEPTH)
    elif suffix in _PACKED and not source.name.lower().endswith(_TARS):
        yield from _entries(gunzip(source, budget), reading, budget, depth + 1)
    else:
        yield from _packed(source, suffix, reading, budget, depth + 1)


def _packed(source: InputFile, suffix: str, reading: Reading, budget: Budget, depth: int) -> Iterator[Entry]:
    zipped = suffix == ".zip"
    for member in (zip_members if zipped else tar_members)(source, budget, reading.most_bytes, reads):
        try:
            for entry in _entries(member, reading, budget, depth):
                yield replace(entry, place=f"/{member.name}{entry.place}")
        except RagError as error:
            # An error of the archive itself ends the reading of it.
            if isinstance(error, ArchiveTooLarge) or error.fields["path"] == source.path:
                raise
            reading.on_problem(error)


def _one(source: InputFile, suffix: str, most_bytes: int) -> Content:
    content = read_whole(source, most_bytes)
    if not content:
        raise EmptyArticle(path=source.path)
    _check_signature(source.path, suffix, content)
    return check_content(source.path, _extract(source.path, suffix, content), most_bytes)


def _extract(path: str, suffix: str, content: bytes) -> Content:
    if suffix == ".pdf":
        return pdf.extract(path, content)
    if suffix == ".docx":
        return Content(*word.extract(path, content), markdown=True)
    if suffix == ".eml":
        return mail.extract(path, content)
    if suffix in _WEB:
        text, encoding = plain.decode(path, content, declared=web.charset(content))
        if not _TAG.search(text):
            raise FormatMismatch(path=path, named=suffix, found="TXT")
        return Content(*web.extract(path, text), encoding, markdown=True)
    text, encoding = plain.decode(path, content)
    if _PAGE.match(text):
        raise FormatMismatch(path=path, named=suffix, found="HTML")
    return Content(text, encoding=encoding, markdown=suffix in MARKDOWN)


def _check_signature(path: str, suffix: str, content: bytes) -> None:
    found = next((name for signature, name in _SIGNATURES if content.startswith(signature)), "")
    if suffix == ".docx" and found == "DOC":
        word.check_encryption(path, content)
    # Some programs write a few bytes before the header of a PDF.
    if suffix == ".pdf" and not found and b"%PDF-" in content[:_START]:
        return
    if found != _EXPECTED.get(suffix, ""):
        raise FormatMismatch(path=path, named=suffix, found=found or "?")
