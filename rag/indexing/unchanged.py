"""Which articles of an index are still what their files hold, so that they need not be read and cut again.

A file counts as unchanged when the SHA-256 of its bytes is the same, whatever its date: files are read in full, which
takes a thousandth of the time that taking an article apart does.

Of a corpus that changes meanwhile, all that is at rest is read. A file that is held, because it is still being written,
keeps the articles that the index has of it, and so does every root that is not there, a drive that was taken out for
instance: what is gone with it is not removed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from stat import S_ISREG

import rag
from rag.corpus import OnProblem, ignore, most_on_disk, read_articles, read_corpus
from rag.domain import Article
from rag.errors import NoArticles, RagError
from rag.indexing.roots import Sources
from rag.store import CatalogFile, Origin

LIBRARIES = (
    "sentence-transformers", "faiss-cpu", "langchain-text-splitters", "PyStemmer", "py3langid",
    "charset-normalizer", "lxml", "trafilatura", "pypdf", "python-docx",
)  # fmt: skip
"""On whose versions it depends what an index holds."""

Holds = Callable[[Path], bool]
"""Whether a file is to be left as it was."""

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
    """Reads articles as `read_articles` does, from `catalog`, that of an index, where their files have not changed.

    Unless the catalog `is_current`, files would not become the same articles any more: all are read again then, but
    those that are to be left as they were. `origins` are the files of what was read so far, `kept` the documents whose
    spans the catalog has too. What is wrong with an article in a file that holds several is told when the file is read,
    and so not again until it changes.
    """

    def __init__(
        self,
        catalog: CatalogFile | None,
        fields: Mapping[str, str] | None = None,
        on_problem: Callable[[RagError], None] = ignore,
        *,
        is_current: bool = True,
    ) -> None:
        self._catalog = catalog
        self._is_current = is_current
        self._read = partial(read_articles, fields=fields, on_problem=on_problem)
        self._files: dict[str, dict[str, Origin]] = {}
        for document, origin in (catalog.origins() if catalog else {}).items():
            self._files.setdefault(origin.file or document, {})[document] = origin
        self.origins: dict[str, Origin] = {}
        self.kept: set[str] = set()

    def __call__(self, path: Path, document: str, *, most_bytes: int) -> Iterator[tuple[Article, str]]:
        content = _content(path, most_bytes)
        known = self._files.get(document, {})
        if self._is_current and known and all(origin.content == content != "" for origin in known.values()):
            yield from self.as_it_was(document)
            return
        here: set[str] = set()
        for article, encoding in self._read(path, document, most_bytes=most_bytes):
            # A second article of this file with the same text never gets into the index: it is no reason to read the
            # file again.
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
            assert self._catalog
            self.origins[name] = origin
            if self._is_current:
                self.kept.add(name)
            yield self._catalog.article(name), origin.encoding

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
        if not (self._catalog and self._is_current and origin) or origin.content:
            return False
        return self._catalog.article(article.document) == article


def read_sources(
    sources: Sources, reader: Reader, on_problem: OnProblem, holds: Holds | None = None
) -> Iterator[Article]:
    """The articles of `sources`; with `holds`, those that it holds and of roots that are not there from the catalog.

    Raises as `read_corpus` does; PathMissing for a root that is not there where its articles cannot be told.
    """
    if holds is None:
        yield from read_corpus(sources.roots, on_problem, read=sources.reading(reader))
        return

    def held(path: Path, document: str, *, most_bytes: int) -> Iterator[tuple[Article, str]]:
        return reader.as_it_was(document) if holds(path) else reader(path, document, most_bytes=most_bytes)

    there = [root for root in sources.roots if root.exists()]
    if not _can_be_told(there, reader):
        there = list(sources.roots)
    texts = set()
    try:
        for article in read_corpus(there, on_problem, read=sources.reading(held)):
            texts.add(article.digest)
            yield article
    except NoArticles:
        if len(there) == len(sources.roots):
            raise
    if len(there) < len(sources.roots):
        # One of which another file has the text was moved from the root that is gone to one that is there.
        yield from (article for article in reader.unread() if article.digest not in texts)


def _can_be_told(there: Sequence[Path], reader: Reader) -> bool:
    """Whether articles below `there`, the roots that are not gone, are still called as when none was gone.

    Where two roots held files of one name, that of the second is called by its folder's name too (`archive/pont.txt`);
    once the first root is gone it would be called `pont.txt`, and pass for the other's article.
    """
    return bool(reader.files) and not any(
        not (root / file).exists() and (root.parent / file).exists() for root in there for file in reader.files
    )


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
