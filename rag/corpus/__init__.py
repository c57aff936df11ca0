"""Files to `Article`s: found, decoded, dated, taken apart.

A path is a file or a folder. Folders are walked in sorted order; hidden files and folders, symbolic links to folders
and everything but `.txt` and `.md` are passed over. What goes wrong with one file is reported and the next one is
read; so are things worth knowing that are no failure (`Notice`).

Text is the file's content decoded as UTF-8 without newline translation, so that offsets can be checked against the
file. A byte order mark is part of that content and kept, as furniture: taking it out would shift every offset by one
against a plain decoding. Files that are not UTF-8 are decoded as UTF-16 where they say so, otherwise as one of the
encodings that French text still comes in; their offsets count characters of the decoded text, and a notice says so.

Limits: `document` must tell articles apart, so when two given folders hold files of the same relative path, the later
one carries as many of its parent folders' names as it takes.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from typing import Literal

from charset_normalizer import from_bytes

from rag import languages
from rag.corpus import metadata
from rag.corpus.furniture import lay_out
from rag.domain import Article
from rag.errors import EmptyArticle, FileTooLarge, FileUnreadable, NoArticles, NotText, PathMissing, RagError

SUFFIXES = (".txt", ".md")
"""Of the files that are read."""
MOST_BYTES = 20_000_000
"""A larger file is not read unless the caller says so."""

_MEGABYTE = 1_000_000
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LEGACY = ["cp1252", "iso8859_15", "mac_roman"]  # by likelihood
_CONTROLS = re.compile("[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MOST_CONTROLS = 0.01  # of the characters; stray ones happen in old exports
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


Problem = RagError | Notice
OnProblem = Callable[[Problem], None]


def ignore(problem: Problem) -> None:
    """The callback of those who do not listen."""


def read_corpus(
    paths: Sequence[Path | str], on_problem: OnProblem = ignore, *, most_bytes: int = MOST_BYTES
) -> Iterator[Article]:
    """The articles of the files and folders `paths`, in order, read one at a time.

    Raises PathMissing at once when one of `paths` does not exist, and NoArticles at the end when nothing could be
    read. All else goes to `on_problem`: NotText, FileUnreadable, FileTooLarge, EmptyArticle and notices.
    """
    given = [Path(path) for path in paths]
    for path in given:
        if not os.path.lexists(path):
            raise PathMissing(path=str(path))
    return _read_all(given, on_problem, most_bytes)


def parse(text: str, document: str) -> Article:
    """The article that `text` is, in a file whose relative path is `document`. `text` must not be blank."""
    start, day = metadata.header(text)
    if not start and text.startswith("\ufeff"):
        start = 1
    layout = lay_out(text, start, markdown=document.lower().endswith(".md"))
    story = "\n".join(text[part.start : part.end].strip() for part in layout.segments if part.kind == "story")
    return Article(
        id=sha256(document.encode()).hexdigest()[:16],
        document=document,
        text=text,
        digest=sha256(text.encode()).hexdigest(),
        date=day or metadata.publication_date(layout.facts, story, document),
        title=layout.headline or metadata.title_from(story),
        source=metadata.source(layout.facts, story),
        author=metadata.author(layout.facts),
        language=languages.detect(story[:_JUDGED] or text),
        segments=layout.segments,
    )


def _read_all(given: list[Path], on_problem: OnProblem, most_bytes: int) -> Iterator[Article]:
    names: set[str] = set()
    texts: dict[str, str] = {}
    found = False
    for path, root in _files(given, on_problem):
        try:
            text, encoding = _decode(path, _read(path, most_bytes))
            name = _name(path, root, names)
            article = parse(text, name)
            if all(segment.kind == "furniture" for segment in article.segments):
                raise EmptyArticle(path=str(path))
        except RagError as error:
            on_problem(error)
            continue
        if article.digest in texts:
            on_problem(Notice("duplicate", {"path": str(path), "original": texts[article.digest]}))
            continue
        names.add(name)
        texts[article.digest] = str(path)
        if encoding:
            on_problem(Notice("encoding", {"path": str(path), "encoding": encoding}))
        if article.date is None:
            on_problem(Notice("undated", {"path": str(path)}))
        found = True
        yield article
    if not found:
        raise NoArticles(path=", ".join(map(str, given)))


def _files(given: list[Path], on_problem: OnProblem) -> Iterator[tuple[Path, Path]]:
    """Each file once, with the folder that its name is relative to."""
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
            if not name.startswith(".") and name.lower().endswith(SUFFIXES):
                yield Path(place, name)


def _read(path: Path, most_bytes: int) -> bytes:
    if path.suffix.lower() not in SUFFIXES:
        raise NotText(path=str(path), reason=path.suffix or path.name)
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            # A pipe would wait for ever.
            raise FileUnreadable(path=str(path), reason="not a regular file")
        if status.st_size > most_bytes:
            size, limit = (round(count / _MEGABYTE, 1) for count in (status.st_size, most_bytes))
            raise FileTooLarge(path=str(path), size=size, limit=limit)
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(path=str(path), reason=error.strerror or type(error).__name__) from error


def _decode(path: Path, content: bytes) -> tuple[str, str]:
    """The text, and the name of its encoding where that is not UTF-8."""
    text, encoding = _decoded(path, content)
    if not text.strip("\ufeff\u200b").strip():
        raise EmptyArticle(path=str(path))
    if "\0" in text:
        raise NotText(path=str(path), reason="NUL")
    if len(_CONTROLS.findall(text)) > _MOST_CONTROLS * len(text):
        raise NotText(path=str(path), reason="control characters")
    return text, encoding


def _decoded(path: Path, content: bytes) -> tuple[str, str]:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            try:
                return content.decode(encoding), encoding
            except UnicodeDecodeError as error:
                raise NotText(path=str(path), reason=encoding) from error
    try:
        return content.decode("utf-8"), ""
    except UnicodeDecodeError:
        if b"\0" in content:
            raise NotText(path=str(path), reason="NUL") from None
    match = from_bytes(content, cp_isolation=_LEGACY, enable_fallback=False).best()
    if match is None:
        raise NotText(path=str(path), reason="?")
    return content.decode(match.encoding), match.encoding


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
