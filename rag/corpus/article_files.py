"""Files to `Article`s: found, read, dated, taken apart.

A path is a file or a folder. Folders are walked in sorted order; hidden files and folders, symbolic links to folders
and files of other formats than `rag.corpus.formats` reads are passed over. What goes wrong with one file, or one
article of several in it, is reported and the next one is read; so are things worth knowing that are no failure
(`Notice`).

The text of a `.txt` or `.md` file is its content decoded as UTF-8 without newline translation, so that offsets can be
checked against the file. A byte order mark is furniture. Files that are not UTF-8 are decoded as UTF-16 where they say
so, otherwise as one of the encodings that French text still comes in; their offsets count characters of the decoded
text, and a notice says so. For other formats offsets count characters of the text that `rag.corpus.formats` extracted.

Limits: `document` must tell articles apart, so when two given folders hold files of the same relative path, the later
one carries as many of its parent folders' names as it takes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, Literal, Protocol

from rag.corpus import metadata
from rag.corpus.formats import MARKDOWN, MOST_BYTES, Reading, read_entries, reads
from rag.corpus.furniture import lay_out
from rag.domain import Article
from rag.errors import EmptyArticle, FileUnreadable, NoArticles, PathMissing, RagError
from rag.text import detect_language
from rag.wording import say

_JUDGED = 4_000  # characters of the story that tell its language

NoticeKind = Literal["encoding", "undated", "duplicate"]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a file that was read which its owner may want to know. Facts, not prose.

    Every kind has the field `path`. "encoding": the file is not UTF-8 and was read as `encoding`. "undated": no
    publication date was found. "duplicate": the text is that of `original` to the letter and was left out.
    """

    kind: NoticeKind
    fields: Mapping[str, str]

    def message(self, language: str) -> str:
        """What is worth knowing, in words."""
        return say(f"notice.{self.kind}", language, **self.fields)


Problem = RagError | Notice
OnProblem = Callable[[Problem], None]


class ReadArticle(Protocol):
    """Whatever reads the articles of a file as `read_articles` does."""

    def __call__(self, path: Path, document: str, *, most_bytes: int) -> Iterator[tuple[Article, str]]: ...


def ignore(problem: Problem) -> None:
    """The callback of a caller who wants to hear of no problems."""


def read_corpus(
    paths: Sequence[Path | str],
    on_problem: OnProblem = ignore,
    *,
    most_bytes: int = MOST_BYTES,
    read: ReadArticle | None = None,
) -> Iterator[Article]:
    """The articles of the files and folders `paths`, in order, read one at a time, with `read_articles` or `read`.

    Raises PathMissing at once when one of `paths` does not exist, and NoArticles at the end when nothing could be
    read. All else goes to `on_problem`: what `read_articles` raises, and notices.
    """
    given = [Path(path) for path in paths]
    for path in given:
        if not os.path.lexists(path):
            raise PathMissing(path=str(path))
    reading = read or partial(read_articles, on_problem=on_problem)
    return _read_all(given, on_problem, partial(reading, most_bytes=most_bytes))


def read_articles(
    path: Path,
    document: str,
    *,
    most_bytes: int = MOST_BYTES,
    fields: Mapping[str, str] | None = None,
    on_problem: Callable[[RagError], None] = ignore,
) -> Iterator[tuple[Article, str]]:
    """The articles in the file `path`, which is to be known as `document`, each with its encoding if that was guessed.

    `fields` names the fields of exports. What is wrong with one article of several goes to `on_problem`, and the next
    one is read. Raises EmptyArticle and what `rag.corpus.formats.read_entries` raises.
    """
    for entry in read_entries(path, Reading(most_bytes, fields or {}, on_problem)):
        content = entry.content
        # The name of a file that holds several, such as the day of an export, dates none of them.
        article = parse(
            content.text,
            document + entry.place,
            content.labels,
            pages=content.pages,
            markdown=content.markdown,
            dated_by=entry.place or document,
        )
        if any(segment.kind != "furniture" for segment in article.segments):
            yield article, content.encoding
        elif entry.place:
            on_problem(EmptyArticle(path=f"{path}{entry.place}"))
        else:
            raise EmptyArticle(path=str(path))


def parse(
    text: str,
    document: str,
    labels: Mapping[str, str] | None = None,
    *,
    pages: tuple[int, ...] = (),
    markdown: bool | None = None,
    dated_by: str | None = None,
) -> Article:
    """The article that `text` is, in a file whose relative path is `document`. `text` must not be blank.

    `labels` (title, date, author, source) is what the file says of itself beside its text, and is believed first.
    `pages` are the offsets where its pages begin. Whether it has headings as in Markdown, and what the path says of
    its date, is taken from `document` unless it is given.
    """
    start, day = metadata.header(text)
    if not start and text.startswith("\ufeff"):
        start = 1
    marked = document.lower().endswith(MARKDOWN) if markdown is None else markdown
    layout = lay_out(text, start, labels or {}, markdown=marked)
    story = "\n".join(text[part.start : part.end].strip() for part in layout.segments if part.kind == "story")
    found = {
        "date": (day, "header") if day else metadata.publication_date(layout.facts, story, dated_by or document),
        "title": metadata.title(layout.facts, layout.headline, story),
        "source": metadata.source(layout.facts, story),
        "author": metadata.author(layout.facts),
    }
    values: dict[str, Any] = {name: value and value[0] for name, value in found.items()}
    return Article(
        id=sha256(document.encode()).hexdigest()[:16],
        document=document,
        text=text,
        digest=sha256(text.encode()).hexdigest(),
        **values,
        language=detect_language(story[:_JUDGED] or text),
        segments=layout.segments,
        pages=pages,
        provenance={name: value[1] for name, value in found.items() if value and value[0]},
    )


def _read_all(
    given: list[Path], on_problem: OnProblem, read: Callable[[Path, str], Iterator[tuple[Article, str]]]
) -> Iterator[Article]:
    names: set[str] = set()
    texts: dict[str, str] = {}
    for path, root in find_files(given, on_problem):
        name = _name(path, root, names)
        try:
            for article, encoding in read(path, name):
                place = f"{path}{article.document[len(name) :]}"
                if article.digest in texts:
                    on_problem(Notice("duplicate", {"path": place, "original": texts[article.digest]}))
                    continue
                # The names of the folders are taken too: an archive may be called like one.
                names.update((name, article.document, *map(str, PurePosixPath(article.document).parents)))
                texts[article.digest] = place
                if encoding:
                    on_problem(Notice("encoding", {"path": place, "encoding": encoding}))
                if article.date is None:
                    on_problem(Notice("undated", {"path": place}))
                yield article
        except RagError as error:
            on_problem(error)
    if not texts:
        raise NoArticles(path=", ".join(map(str, given)))


def find_files(given: Sequence[Path], on_problem: OnProblem = ignore) -> Iterator[tuple[Path, Path]]:
    """Each file that would be read of the files and folders `given`, once, with the folder its name is relative to."""
    seen: set[str] = set()
    for root in given:
        inside = os.path.isdir(root)
        for path in _walk(root, on_problem) if inside else [root]:
            real = os.path.realpath(path)
            if real not in seen:
                seen.add(real)
                yield path, root if inside else path.parent


def _walk(folder: Path, on_problem: OnProblem) -> Iterator[Path]:
    def report(error: OSError) -> None:
        on_problem(FileUnreadable(path=str(error.filename), reason=error.strerror or type(error).__name__))

    for place, folders, files in os.walk(folder, onerror=report):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and reads(name):
                yield Path(place, name)


def _name(path: Path, root: Path, taken: set[str]) -> str:
    name = _printable(path.relative_to(root))
    parents = [part for part in path.absolute().parts[:-1] if part not in (path.anchor, "..")]
    depth = len(path.relative_to(root).parts)
    while name in taken and depth <= len(parents):
        depth += 1
        name = _printable(Path(*path.absolute().parts[-depth:]))
    return name


def _printable(path: Path) -> str:
    # A name that is not valid in the file system's encoding holds lone surrogates, which no JSON can carry.
    return path.as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
