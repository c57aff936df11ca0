"""What the readers of every format share: what they give, what they are told, and how much they may hold at a time."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import PurePath

from rag.corpus.formats.plain import check_text
from rag.errors import EmptyArticle, FileDamaged, FileTooLarge, RagError
from rag.system import MEGABYTE

MOST_BYTES = 20 * MEGABYTE
"""A larger article, in a file of its own or with others, is not read unless the caller says so."""
MOST_TOTAL = 2_000 * MEGABYTE
"""Bytes of a file that holds several articles, as it lies on disk and as it is unpacked."""

_LONGEST_NAME = 80
_NOTHING = re.compile("[\\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*")  # characters that show nothing


@dataclass(frozen=True, slots=True)
class Content:
    """The text of an article, never blank, and `labels` (title, date, author, source) where the file says so itself.

    `encoding` is that of a text that is not UTF-8 and does not say what it is, otherwise empty. `pages` are the offsets
    where pages begin. `markdown`: headings are written as in Markdown.
    """

    text: str
    labels: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    pages: tuple[int, ...] = ()
    markdown: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """An article in a file. `place` is what follows the file's name, empty where it holds nothing else.

    Within a file that lists articles that is `#` and a name, within an archive `/` and the path there.
    """

    place: str
    content: Content


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to read, on disk or in an archive: `path` as it is told to the user, `name`, and its bytes from the start.

    `size` is what it says of its own length, which for one in an archive may be untrue.
    """

    path: str
    name: str
    stream: BufferedReader
    size: int


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read: the most bytes of one article, names of fields in exports, and whom to tell of bad articles."""

    most_bytes: int = MOST_BYTES
    fields: Mapping[str, str] = field(default_factory=dict)
    on_problem: Callable[[RagError], None] = lambda error: None


class Names:
    """Gives each article in a file a name of its own that stays when others are added before it."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def take(self, *candidates: str) -> str:
        """The first of `candidates` that makes a name, with a number where that is taken."""
        return self.free(next(filter(None, map(slug, candidates)), "article"))

    def free(self, name: str, suffix: str = "") -> str:
        """`name` with `suffix`, and a number between them where that is taken."""
        # Counting goes on from the last number: from one each time it would be quadratic where all names are the same.
        wanted = free = name + suffix
        number = self._numbers.get(wanted, 1)
        while free in self._numbers:
            number += 1
            free = f"{name}-{number}{suffix}"
        self._numbers[wanted] = number
        self._numbers.setdefault(free, 1)
        return free


def slug(text: str) -> str:
    """`text` as a short name: letters and digits of any writing, dashes between. Two long texts give two names."""
    kept = re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", re.sub(r"^https?://(?:www\.)?", "", text))).strip("-")
    if len(kept) <= _LONGEST_NAME:
        return kept
    return f"{kept[: _LONGEST_NAME - 9].strip('-')}-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:8]}"


def split_name(name: str) -> tuple[str, str]:
    """The name of a file without what says how to read it, and that: `.txt`, or `.txt.gz` for one that is packed."""
    path = PurePath(name)
    suffix = "".join(path.suffixes[-2:]) if path.suffix.lower() == ".gz" else path.suffix
    return name[: len(name) - len(suffix)], suffix


def check_size(path: str, size: int, most_bytes: int = MOST_BYTES) -> None:
    """Raises FileTooLarge where `size` bytes of the file `path` are more than are read."""
    if size > most_bytes:
        raise too_large(path, size, most_bytes)


def too_large(path: str, size: int, most_bytes: int) -> FileTooLarge:
    """That the file `path` has `size` bytes, more than `most_bytes`."""
    megabytes, limit = (round(count / MEGABYTE, 1) for count in (size, most_bytes))
    return FileTooLarge(path=path, size=megabytes, limit=limit)


def make_entry(path: str, place: str, content: Content, most_bytes: int) -> Entry:
    """The article at `place` in the file `path`. Raises EmptyArticle, FileTooLarge and NotText."""
    check_text(path + place, content.text)
    return Entry(place, check_content(path + place, content, most_bytes))


def check_content(path: str, content: Content, most_bytes: int) -> Content:
    """`content`, which was read from `path`. Raises EmptyArticle and FileTooLarge."""
    if _NOTHING.fullmatch(content.text):
        raise EmptyArticle(path=path)
    # A small file may unpack to a large text.
    check_size(path, len(content.text), most_bytes)
    return content


@contextmanager
def damage_told(path: str) -> Iterator[None]:
    """Turns whatever a library lets through of what its parsers raise into FileDamaged."""
    try:
        yield
    except RagError:
        raise
    except Exception as error:
        raise FileDamaged(path=path, reason=str(error) or type(error).__name__) from error


def read_whole(source: InputFile, most_bytes: int) -> bytes:
    """All bytes of `source`. Raises FileTooLarge."""
    check_size(source.path, source.size, most_bytes)
    content = source.stream.read(most_bytes + 1)
    # The size that an archive states may be wrong.
    check_size(source.path, len(content), most_bytes)
    return content
