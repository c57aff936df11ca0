"""Which articles of an index are still what their files hold, so that they need not be read and cut again.

A file counts as unchanged when the SHA-256 of its bytes is the same, whatever its date: files are read in full, which
takes a thousandth of the time that taking an article apart does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Container, Iterator, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from stat import S_ISREG

import rag
from rag.corpus import ignore, most_on_disk, read_articles
from rag.domain import Article
from rag.errors import RagError
from rag.store import CatalogFile, Origin

LIBRARIES = (
    "sentence-transformers", "faiss-cpu", "bm25s", "langchain-text-splitters", "PyStemmer", "py3langid",
    "charset-normalizer", "lxml", "trafilatura", "pypdf", "python-docx",
)  # fmt: skip
"""On whose versions it depends what an index holds."""

_BLOCK = 1 << 20


def reading_digest(*circumstances: object) -> str:
    """SHA-256 over the program, its libraries and what else decides how a file becomes an article and its spans."""
    digest = hashlib.sha256(repr(circumstances).encode())
    for name in LIBRARIES:
        digest.update(f"{name} {version(name)}\n".encode())
    package = Path(rag.__file__).parent  # all of the program, not this room alone
    for path in sorted(package.rglob("*.py")):
        digest.update(f"{path.relative_to(package).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


class Reader:
    """Reads articles as `read_articles` does, from `catalog` where their files have not changed.

    `before` is the catalog of an index whose articles are not read as they would be now, but can be left as they were.
    `origins` are the files of what was read so far, `kept` the documents that came from the catalog. What is wrong with
    an article in a file that holds several is told when the file is read, and so not again until it changes.
    """

    def __init__(
        self,
        catalog: CatalogFile | None,
        fields: Mapping[str, str] | None = None,
        on_problem: Callable[[RagError], None] = ignore,
        before: CatalogFile | None = None,
    ) -> None:
        self._catalog = catalog
        self._before = catalog or before
        self._read = partial(read_articles, fields=fields, on_problem=on_problem)
        self._files: dict[str, dict[str, Origin]] = {}
        for document, origin in (self._before.origins() if self._before else {}).items():
            self._files.setdefault(origin.file or document, {})[document] = origin
        self.origins: dict[str, Origin] = {}
        self.kept: set[str] = set()

    def __call__(self, path: Path, document: str, *, most_bytes: int) -> Iterator[tuple[Article, str]]:
        content = _content(path, most_bytes)
        known = self._files.get(document, {})
        if self._catalog and known and all(origin.content == content != "" for origin in known.values()):
            yield from self.as_it_was(document)
            return
        here: set[str] = set()
        for article, encoding in self._read(path, document, most_bytes=most_bytes):
            # A second one with the same text is left out whatever becomes of other files.
            if article.digest not in here:
                here.add(article.digest)
                self.origins[article.document] = Origin(content, encoding, document)
                if self._holds(article, known.get(article.document)):
                    self.kept.add(article.document)
            yield article, encoding

    @property
    def files(self) -> Collection[str]:
        """The names of the files that there were articles of before."""
        return self._files.keys()

    def as_it_was(self, document: str) -> Iterator[tuple[Article, str]]:
        """The articles that there were before of the file known as `document`, whatever it holds now."""
        for name, origin in self._files.get(document, {}).items():
            if self._before:
                self.origins[name] = origin
                if self._catalog:
                    self.kept.add(name)
                yield self._before.article(name), origin.encoding

    def unread(self) -> Iterator[Article]:
        """The articles that there were before and that have not been read."""
        for file, known in self._files.items():
            if not known.keys() & self.origins.keys():
                yield from (article for article, _ in self.as_it_was(file))

    def incomplete(self, documents: Container[str]) -> set[str]:
        """The files, by name, of which an article was read that is not among `documents`, those of the index.

        They must be read again even if they do not change: what an article was left out for may be gone by then.
        """
        return {origin.file or name for name, origin in self.origins.items() if name not in documents}

    def _holds(self, article: Article, origin: Origin | None) -> bool:
        """Whether the catalog has this very article, of a file that is to be read every time."""
        if self._catalog is None or origin is None or origin.content:
            return False
        return self._catalog.article(article.document) == article


def _content(path: Path, most_bytes: int) -> str:
    """SHA-256 of the file's bytes; empty for what cannot be read, of which `read_articles` says why."""
    digest = hashlib.sha256()
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode) or status.st_size > most_on_disk(path.name, most_bytes):
            return ""
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError:
        return ""
    return digest.hexdigest()
