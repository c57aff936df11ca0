"""Which articles of an index are still what their files hold, so that they need not be read and cut again.

A file counts as unchanged when the SHA-256 of its bytes is the same, whatever its date: files are read in full, which
takes a thousandth of the time that taking an article apart does.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from stat import S_ISREG

from rag.catalog import Catalog, Origin
from rag.corpus import read_article
from rag.domain import Article

LIBRARIES = (
    "sentence-transformers", "faiss-cpu", "bm25s", "langchain-text-splitters", "PyStemmer", "py3langid",
    "charset-normalizer", "lxml", "trafilatura", "pypdf", "python-docx",
)  # fmt: skip
"""On whose versions it depends what an index holds."""


def reading_digest(*circumstances: object) -> str:
    """SHA-256 over the program, its libraries and what else decides how a file becomes an article and its spans."""
    digest = hashlib.sha256(repr(circumstances).encode())
    for name in LIBRARIES:
        digest.update(f"{name} {version(name)}\n".encode())
    package = Path(__file__).parent
    for path in sorted(package.rglob("*.py")):
        digest.update(f"{path.relative_to(package).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


class Reader:
    """Reads articles as `read_article` does, from `catalog` where their files have not changed.

    `origins` are the files of what was read so far, `kept` the documents that came from the catalog.
    """

    def __init__(self, catalog: Catalog | None) -> None:
        self._catalog = catalog
        self._known = catalog.origins() if catalog else {}
        self.origins: dict[str, Origin] = {}
        self.kept: set[str] = set()

    def __call__(self, path: Path, document: str, *, most_bytes: int) -> tuple[Article, str]:
        content = _content(path, most_bytes)
        known = self._known.get(document)
        if self._catalog and known and known.content == content != "":
            self.kept.add(document)
            self.origins[document] = known
            return self._catalog.article(document), known.encoding
        article, encoding = read_article(path, document, most_bytes=most_bytes)
        self.origins[document] = Origin(content, encoding)
        return article, encoding


def _content(path: Path, most_bytes: int) -> str:
    """SHA-256 of the file's bytes; empty for what cannot be read, of which `read_article` says why."""
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode) or status.st_size > most_bytes:
            return ""
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
