"""What is read of a corpus that changes meanwhile: all that is at rest, and the rest as the index has it.

A file that is held, because it is still being written, keeps the articles that the index has of it. So does every root
that is not there, a drive that was taken out for instance: what is gone with it is not removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.corpus import OnProblem, read_corpus
from rag.domain import Article
from rag.errors import NoArticles
from rag.indexing.roots import Sources
from rag.indexing.unchanged import Reader

Holds = Callable[[Path], bool]
"""Whether a file is to be left as it was."""


def read_sources(
    sources: Sources, reader: Reader, on_problem: OnProblem, holds: Holds | None = None
) -> Iterator[Article]:
    """The articles of `sources`; with `holds`, those that it holds and of roots that are not there from the catalog.

    Raises as `read_corpus` does; PathMissing for a root that is not there where its articles cannot be told.
    """
    if holds is None:
        yield from read_corpus(sources.roots, on_problem, read=sources.reading(reader))
        return
    there = [root for root in sources.roots if root.exists()]
    if not _can_be_told(there, reader):
        there = list(sources.roots)
    texts = set()
    try:
        for article in read_corpus(there, on_problem, read=sources.reading(_Holding(reader, holds))):
            texts.add(article.digest)
            yield article
    except NoArticles:
        if len(there) == len(sources.roots):
            raise
    if len(there) < len(sources.roots):
        # One that was read under another name was moved from there to here.
        yield from (article for article in reader.unread() if article.digest not in texts)


@dataclass(frozen=True, slots=True)
class _Holding:
    reader: Reader
    holds: Holds

    def __call__(self, path: Path, document: str, *, most_bytes: int) -> Iterator[tuple[Article, str]]:
        if self.holds(path):
            return self.reader.as_it_was(document)
        return self.reader(path, document, most_bytes=most_bytes)


def _can_be_told(there: Sequence[Path], reader: Reader) -> bool:
    """Whether files below `there` have the names that they had with all roots.

    They have not where two roots held files of one name, of which the one that is gone came first.
    """
    return bool(reader.files) and not any(
        not (root / file).exists() and (root.parent / file).exists() for root in there for file in reader.files
    )
