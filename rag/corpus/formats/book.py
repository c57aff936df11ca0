"""A book, a magazine or a saved page as .epub to articles: one a chapter, in the order in which it is read.

Who cites names the chapter; but what has one chapter beside its cover, or is no longer than an article, is one. A part
that is too short to stand alone, such as the title of a chapter on a page of its own, goes with the one that follows.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from rag.corpus.formats import markup, plain
from rag.corpus.formats.archives import Budget, open_member, open_zip
from rag.corpus.formats.content import Content, Entry, InputFile, Names, Reading, make_entry, read_whole
from rag.corpus.formats.properties import named
from rag.corpus.newsroom import outlet
from rag.errors import ArchiveTooMany, EmptyArticle, FileDamaged, FileEncrypted, RagError

if TYPE_CHECKING:
    from zipfile import ZipFile

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_SHORT = 500  # characters of a part that does not stand alone
_ARTICLE = 8_000  # characters of a book that is one article
_MOST_PARTS = 5_000
_PAGES = ("application/xhtml+xml", "text/html", "text/x-oeb1-document")
_HEADING = re.compile(r"#{1,2} (?P<title>.{2,300})$", re.MULTILINE)
_FIRST_YEAR = 1450  # of printing; some programs write the year 101 for none


@dataclass(frozen=True, slots=True)
class _BookPart:
    """A document of the book: what its file calls it, and its text."""

    name: str
    text: str


def entries(source: InputFile, reading: Reading, budget: Budget) -> Iterator[Entry]:
    """The articles of a book.

    Parts that cannot be read are reported. Raises FileDamaged, FileEncrypted, EmptyArticle, FileTooLarge,
    ArchiveTooLarge and ArchiveTooMany.
    """
    book = _Book(source.path, open_zip(source, reading.most_bytes), budget, reading)
    parts = _joined(book.parts())
    if not parts:
        raise EmptyArticle(path=source.path)
    if len(parts) == 1 or sum(len(part.text) for part in parts) <= _ARTICLE:
        text = "\n\n".join(part.text for part in parts)
        yield make_entry(source.path, "", Content(text, book.labels(), markdown=True), reading.most_bytes)
        return
    names = Names()
    for part in parts:
        place = f"#{names.take(part.name)}"
        heading = _HEADING.search(part.text[:_SHORT])
        content = Content(part.text, book.labels(heading["title"] if heading else None), markdown=True)
        try:
            yield make_entry(source.path, place, content, reading.most_bytes)
        except RagError as error:
            reading.on_problem(error)


def _joined(parts: Iterable[_BookPart]) -> list[_BookPart]:
    """The parts that stand alone, each with the short ones before it; the last one also with those after it."""
    joined: list[_BookPart] = []
    for part in parts:
        if joined and len(joined[-1].text) < _SHORT:
            joined[-1] = _BookPart(part.name, f"{joined[-1].text}\n\n{part.text}")
        else:
            joined.append(part)
    if len(joined) > 1 and len(joined[-1].text) < _SHORT:
        last = joined.pop()
        joined[-1] = _BookPart(joined[-1].name, f"{joined[-1].text}\n\n{last.text}")
    return joined


class _Book:
    """An open .epub: its package file tells the order of its documents, and what it is."""

    def __init__(self, path: str, archive: ZipFile, budget: Budget, reading: Reading) -> None:
        self._path = path
        self._archive = archive
        self._budget = budget
        self._reading = reading
        container = self._tree(_CONTAINER)
        package = next((str(file.get("full-path")) for file in container.iter("{*}rootfile")), "")
        self._folder = posixpath.dirname(package)
        self._package = self._tree(package)

    def parts(self) -> Iterator[_BookPart]:
        """The documents that have text."""
        hidden = self._encrypted()
        items = {item.get("id"): item for item in self._package.iter("{*}item")}
        for number, reference in enumerate(self._package.iter("{*}itemref"), 1):
            if number > _MOST_PARTS:
                raise ArchiveTooMany(path=self._path, limit=_MOST_PARTS)
            item = items.get(reference.get("idref"))
            if item is None or item.get("media-type") not in _PAGES or "nav" in (item.get("properties") or "").split():
                continue
            name = posixpath.normpath(posixpath.join(self._folder, unquote(item.get("href") or "")))
            if name in hidden:
                raise FileEncrypted(path=self._path)
            try:
                page, _ = plain.decode(f"{self._path}/{name}", self._read(name))
            except RagError as error:
                if self._budget.spent:
                    raise
                self._reading.on_problem(error)
                continue
            text = markup.text_of(page)
            if text:
                yield _BookPart(str(item.get("id")), text)

    def labels(self, heading: str | None = None) -> dict[str, str]:
        """What the book says of itself, or of a chapter called `heading`, whose source is the book."""
        title, publisher = self._about("title"), self._about("publisher")
        medium = outlet(publisher) or outlet(title)
        days = [day for day in self._all("date") if int((re.match(r"\d{4}", day) or ["0"])[0]) >= _FIRST_YEAR]
        return named(
            title=title if heading is None else heading,
            date=next(iter(days), ""),
            source=medium or (publisher if heading is None else title),
            author=", ".join(self._all("creator")),
        )

    def _about(self, name: str) -> str:
        return next(iter(self._all(name)), "")

    def _all(self, name: str) -> list[str]:
        # Dates of an older kind say which event they are of.
        found = [
            " ".join("".join(element.itertext()).split())
            for element in self._package.iter(f"{{http://purl.org/dc/elements/1.1/}}{name}")
            if next((value for key, value in element.items() if key.endswith("event")), "publication") == "publication"
        ]
        return [value for value in found if value]

    def _encrypted(self) -> set[str]:
        """The files that only a device of the shop can read."""
        if _ENCRYPTION not in self._archive.namelist():
            return set()
        references = self._tree(_ENCRYPTION).iter("{*}CipherReference")
        return {unquote(reference.get("URI") or "") for reference in references}

    def _tree(self, name: str) -> Any:
        from lxml.etree import LxmlError, XMLParser, fromstring

        try:
            tree = fromstring(self._read(name), XMLParser(resolve_entities=False, no_network=True, recover=True))
        except LxmlError as error:
            raise FileDamaged(path=self._path, reason=f"{name}: {error}") from error
        if tree is None:
            raise FileDamaged(path=self._path, reason=name)
        return tree

    def _read(self, name: str) -> bytes:
        try:
            member = self._archive.getinfo(name)
        except KeyError as error:
            raise FileDamaged(path=self._path, reason=name or _CONTAINER) from error
        place = f"{self._path}/{name}"
        return read_whole(open_member(place, name, self._archive, member, self._budget), self._reading.most_bytes)
