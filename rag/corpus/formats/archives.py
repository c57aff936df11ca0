"""What archives hold (.zip, .tar.gz, .gz), one file after the other as a stream: nothing is written to disk.

How much is unpacked of a file on disk, archives within it included, is bounded by its size, so that a small one cannot
unpack to gigabytes; so are the files it may hold. Names in it are shown, cleaned of what is no name, and never used as
paths. Links, hidden files and files of other formats are passed over.
"""

from __future__ import annotations

import gzip
import io
import lzma
import re
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from io import BufferedIOBase
from itertools import count
from pathlib import PurePosixPath
from stat import S_ISLNK
from typing import IO, cast

from rag.corpus.formats.content import MOST_TOTAL, InputFile, Names, read_whole, split_name
from rag.errors import ArchiveTooLarge, ArchiveTooMany, FileDamaged, FileEncrypted
from rag.system import MEGABYTE

MOST_MEMBERS = 50_000
"""Files of an archive, those of other formats included."""
MOST_RATIO = 200
"""Bytes unpacked for one on disk. Text shrinks to a tenth, monotonous tables to a fiftieth."""

_ALWAYS = 20 * MEGABYTE  # may be unpacked, however small the archive
_BLOCK = 1 << 16
_DIRECTORY_ENTRY = 1_000  # bytes that a file takes at most in the directory of a .zip, on an average
_END = b"PK\x05\x06"
_END_WITHIN = 22 + 65_535
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)


class Budget:
    """How much may still be unpacked of the file `path`, which has `size` bytes."""

    def __init__(self, path: str, size: int) -> None:
        self._path = path
        self._most = min(MOST_TOTAL, _ALWAYS + MOST_RATIO * size)
        self._taken = 0

    @property
    def spent(self) -> bool:
        """Whether nothing more may be unpacked."""
        return self._taken > self._most

    def take(self, count: int) -> None:
        """Counts `count` bytes. Raises ArchiveTooLarge where they are too many."""
        self._taken += count
        if self.spent:
            raise ArchiveTooLarge(path=self._path, limit=self._most // MEGABYTE)


def zip_members(
    source: InputFile, budget: Budget, most_bytes: int, reads: Callable[[str], bool]
) -> Iterator[InputFile]:
    """The files in a .zip whose names `reads`. Raises FileDamaged, ArchiveTooMany, and FileTooLarge for one in another.

    One that needs a password raises FileEncrypted as soon as it is read.
    """
    shown = _namer(source.path, reads)
    archive = open_zip(source, most_bytes)
    for member in archive.infolist():
        name = "" if member.is_dir() or S_ISLNK(member.external_attr >> 16) else shown(member.filename)
        if name and not budget.spent:
            place = f"{source.path}/{name}"
            yield open_member(place, name, archive, member, budget)


def open_zip(source: InputFile, most_bytes: int) -> zipfile.ZipFile:
    """The .zip that `source` is; one in another archive is read as a whole.

    Raises FileDamaged, ArchiveTooMany and FileTooLarge.
    """
    stream = source.stream if source.stream.seekable() else io.BytesIO(read_whole(source, most_bytes))
    with _told(source.path):
        _check_directory(source.path, stream)
        return zipfile.ZipFile(stream)


def open_member(path: str, name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: Budget) -> InputFile:
    """The file `member` of `archive`, known by `path` and `name`. Reading it raises FileDamaged, FileEncrypted."""
    return InputFile(
        path, name, _unpacked(path, lambda: cast(BufferedIOBase, archive.open(member)), budget), member.file_size
    )


def tar_members(
    source: InputFile, budget: Budget, most_bytes: int, reads: Callable[[str], bool]
) -> Iterator[InputFile]:
    """The files in a .tar.gz whose names `reads`; each must be read before the next. Raises as `zip_members` does."""
    shown = _namer(source.path, reads)
    with _told(source.path, budget), tarfile.open(fileobj=gunzip(source, budget).stream, mode="r|") as archive:
        for member in archive:
            name = shown(member.name)
            held = archive.extractfile(member) if name and member.isreg() else None
            if held:
                place = f"{source.path}/{name}"
                # The budget is not charged: these bytes were counted when the .gz around them was unpacked.
                stream = _unpacked(place, partial(cast, BufferedIOBase, held), Budget(place, MOST_TOTAL))
                yield InputFile(place, name, stream, member.size)


def gunzip(source: InputFile, budget: Budget) -> InputFile:
    """The one file that is packed in a .gz, known by the same path. Reading it raises FileDamaged."""
    stream = _unpacked(source.path, lambda: gzip.GzipFile(fileobj=source.stream), budget)
    return replace(source, name=PurePosixPath(source.name).stem, stream=stream, size=0)


def _namer(path: str, reads: Callable[[str], bool]) -> Callable[[str], str]:
    """Gives each member of the archive `path` the path to show it by, unlike those before; empty: it is passed over.

    What is given raises ArchiveTooMany.
    """
    names, numbers = Names(), count(1)

    def shown(name: str) -> str:
        if next(numbers) > MOST_MEMBERS:
            raise ArchiveTooMany(path=path, limit=MOST_MEMBERS)
        parts = [part for part in re.split(r"[/\\]+", _visible(name)) if part not in ("", ".", "..")]
        hidden = any(part.startswith(".") for part in parts) or "__MACOSX" in parts
        if hidden or not parts or not reads(parts[-1]):
            return ""
        return names.free(*split_name("/".join(parts)))

    return shown


def _visible(name: str) -> str:
    return "".join("_" if unicodedata.category(sign).startswith("C") else sign for sign in name)


def _check_directory(path: str, stream: IO[bytes]) -> None:
    """Raises ArchiveTooMany where the directory at the end of a .zip, which is read as a whole, is too large."""
    size = stream.seek(0, io.SEEK_END)
    start = stream.seek(max(0, size - _END_WITHIN))
    end = stream.read()
    place = end.rfind(_END)
    if place < 0 or len(end) < place + 22:
        raise FileDamaged(path=path, reason="PK")
    # With more than 4 GB or 65,535 files the numbers stand elsewhere; what lies before the end is the most it can be.
    directory = int.from_bytes(end[place + 12 : place + 16], "little")
    if end[place - 20 : place - 16] == b"PK\x06\x07":
        directory = start + place
    if directory > MOST_MEMBERS * _DIRECTORY_ENTRY:
        raise ArchiveTooMany(path=path, limit=MOST_MEMBERS)


@contextmanager
def _told(path: str, budget: Budget | None = None) -> Iterator[None]:
    """Turns what the libraries raise into errors of the file `path`, but not what comes of a `budget` that is spent."""
    try:
        yield
    except RuntimeError as error:  # also that a method of compression is unknown
        if "password" in str(error):
            raise FileEncrypted(path=path) from error
        raise FileDamaged(path=path, reason=error) from error
    except _BROKEN as error:
        if not (budget and budget.spent):
            raise FileDamaged(path=path, reason=str(error) or type(error).__name__) from error


def _unpacked(path: str, unpack: Callable[[], BufferedIOBase], budget: Budget) -> io.BufferedReader:
    return io.BufferedReader(_Unpacked(path, unpack, budget), _BLOCK)


class _Unpacked(io.RawIOBase):
    """What `unpack` gives, opened when it is first read, and counted. After an error it is at its end."""

    def __init__(self, path: str, unpack: Callable[[], BufferedIOBase], budget: Budget) -> None:
        super().__init__()
        self._path = path
        self._unpack = unpack
        self._stream: BufferedIOBase | None = None
        self._budget = budget
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # BufferedReader passes no other kind
        if self._ended:
            return 0
        self._ended = True
        with _told(self._path):
            self._stream = self._stream or self._unpack()
            # `read1` gives what is there: of a file that is cut off, the part before the cut.
            block = self._stream.read1(len(buffer))
            self._budget.take(len(block))
            buffer[: len(block)] = block
            self._ended = not block
        return len(block)
