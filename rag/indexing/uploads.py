"""The user's own articles: files that were added through an interface, in one folder that is rag's to write.

That folder is `articles` in the data folder of the settings. What is removed goes to `removed` beside it, so that it
can be put back; other folders that an index is built from are only read. Names that users give are shown, never used
as paths: a file name is made of their letters, digits, dots and dashes.
"""

from __future__ import annotations

import difflib
import filecmp
import os
import re
import shutil
import unicodedata
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock

from rag.config import Settings
from rag.corpus import check_name, check_size, read_articles, split_name
from rag.errors import (
    FileUnreadable,
    IndexMissing,
    NotOwnArticle,
    RagError,
    TooManyFiles,
    UnknownDocument,
    UploadTooLarge,
)
from rag.store import read_manifest
from rag.system import MEGABYTE, flush_folder, writing

MOST_FILES = 50
"""Taken at a time."""
MOST_TOTAL = 200 * MEGABYTE
"""Bytes of all files taken at a time."""

_LONGEST_STEM = 120  # bytes; file systems take 255, and a number may follow
_LONGEST_SHOWN = 200  # characters of a name as it is shown
_KEPT = "._-"
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_NO_NAME = "article"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to take in: where it lies for now, and what the user calls it."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an upload called `name`.

    "added" and "known" (the same content was there) give the file's name in the folder as `document`, "refused" the
    reason as `error`.
    """

    name: str
    state: Literal["added", "known", "refused"]
    document: str = ""
    error: RagError | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """An article that was removed: the name it had in the folder, and where it lies now."""

    document: str
    path: Path


def own_folder(settings: Settings) -> Path:
    """The folder of the user's own articles, absolute; it need not exist."""
    return settings.data_dir.expanduser().absolute() / "articles"


def index_roots(index: Path, folder: Path) -> list[Path]:
    """What the index in the folder `index` is built from once the own articles in `folder` belong to it.

    An index that is not there yet is built from these alone. Raises IndexDamaged and IndexTooNew.
    """
    try:
        roots = [Path(root) for root in read_manifest(index).roots]
    except IndexMissing:
        roots = []
    return roots if folder in roots else [*roots, folder]


def check_upload(name: str, size: int) -> None:
    """Raises NotText where no file called so is read, and FileTooLarge where `size` bytes are too many."""
    shown = shown_name(name)
    check_name(shown)
    check_size(shown, size)


def add(folder: Path, uploads: Sequence[Upload], fields: Mapping[str, str] | None = None) -> list[Outcome]:
    """Takes `uploads` into `folder`, each one that an article can be read from, and says what became of each, in order.

    `fields` names the fields of exports. Nothing that is there is overwritten. Raises DiskFull and WriteFailed when
    `folder` cannot be written at all.
    """
    outcomes = []
    total = 0
    with _alone(folder):
        for place, upload in enumerate(uploads):
            name = shown_name(upload.name)
            try:
                if place >= MOST_FILES:
                    raise TooManyFiles(path=name, limit=MOST_FILES)
                size = upload.path.stat().st_size
                check_upload(name, size)
                if total + size > MOST_TOTAL:
                    raise UploadTooLarge(path=name, limit=MOST_TOTAL // MEGABYTE)
                total += size
                outcomes.append(_take(folder, upload.path, name, fields or {}))
            except RagError as error:
                outcomes.append(Outcome(name, "refused", error=error))
            except OSError as error:
                reason = error.strerror or type(error).__name__
                outcomes.append(Outcome(name, "refused", error=FileUnreadable(path=name, reason=reason)))
    return outcomes


def remove(folder: Path, document: str, roots: Sequence[Path]) -> Removed:
    """Moves the article that an index built from `roots` calls `document` out of `folder`; `restore` puts it back.

    Raises NotOwnArticle where it lies in another of `roots`, UnknownDocument where it lies in none, WriteFailed.
    """
    path = _locate(folder, document, roots)
    if path.parent != folder:
        raise NotOwnArticle(document=document, folder=path.parent)
    removed = folder.parent / "removed" / uuid.uuid4().hex / path.name
    with _alone(folder), writing(removed):
        removed.parent.mkdir(parents=True)
        path.rename(removed)
        flush_folder(folder)
    return Removed(path.name, removed)


def removed_articles(folder: Path) -> list[Removed]:
    """What was removed from `folder` and can be restored, the latest of each name."""
    found = sorted((folder.parent / "removed").glob("*/*"), key=lambda path: path.parent.stat().st_mtime)
    return list({path.name: Removed(path.name, path) for path in found if path.is_file()}.values())


def restore(folder: Path, removed: Removed) -> str:
    """Puts a removed article back and returns its name, another one than before if that was taken meanwhile.

    Raises UnknownDocument where it is not there any more, and WriteFailed.
    """
    with _alone(folder), writing(folder):
        if not removed.path.is_file():
            raise UnknownDocument(name=removed.document, close="–")
        target = _free(folder, removed.document)
        removed.path.rename(target)
        removed.path.parent.rmdir()
        flush_folder(folder)
    return target.name


def holders(document: str) -> Iterator[str]:
    """The names that the file of the article `document` may have: its own, or what comes before a `#` or a `/`."""
    yield document
    for place in reversed([place for place, sign in enumerate(document) if sign in "#/"]):
        yield document[:place]


def shown_name(name: str) -> str:
    """The last part of the name that a user gave, without what cannot be seen or would turn the writing round."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(sign for sign in last if unicodedata.category(sign) not in _INVISIBLE)
    # A long name is cut before its suffix, which says how to read it.
    stem, dot, suffix = " ".join(visible.split()).rpartition(".")
    return f"{stem[:_LONGEST_SHOWN]}{dot}{suffix[:_LONGEST_SHOWN]}"


def file_name(name: str) -> str:
    """A safe file name for what a user calls `name`: its letters with accents, digits, dots, dashes and underscores."""
    stem, _, suffix = unicodedata.normalize("NFC", shown_name(name)).rpartition(".")
    # Accents for which there is no letter with the accent are signs of their own ("Mn"); they stay.
    kept = "".join(s if s.isalnum() or s in _KEPT or unicodedata.category(s) == "Mn" else "-" for s in stem)
    kept = re.sub(r"-{2,}", "-", kept).encode()[:_LONGEST_STEM].decode(errors="ignore").strip(_KEPT)
    return f"{kept or _NO_NAME}.{suffix.lower()}"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """`folder`, made if need be, with no one else writing in it."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        held = FileLock(folder.parent / ".articles.lock").acquire()
    with held:
        yield


def _take(folder: Path, source: Path, name: str, fields: Mapping[str, str]) -> Outcome:
    same = _same(folder, source)
    if same:
        return Outcome(name, "known", same.name)
    target = _free(folder, file_name(name))
    # Hidden: a build that goes on meanwhile passes it over. It has the suffix that says how to read it.
    beside = folder / f".{uuid.uuid4().hex}{split_name(target.name)[1]}"
    try:
        with writing(beside):
            _copy(source, beside)
        _check_readable(beside, name, fields)
        with writing(target):
            beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    flush_folder(folder)
    return Outcome(name, "added", target.name)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as read, target.open("xb") as written:
        shutil.copyfileobj(read, written)
        written.flush()
        os.fsync(written.fileno())


def _check_readable(path: Path, name: str, fields: Mapping[str, str]) -> None:
    """Raises what is wrong with the file `path`, under the name that the user knows, unless it holds an article."""
    problems: list[RagError] = []
    try:
        if next(read_articles(path, name, fields=fields, on_problem=problems.append), None):
            return
    except RagError as error:
        problems.append(error)
    first = problems[0]
    raise type(first)(
        **{**first.fields, "path": f"{name}{str(first.fields['path']).removeprefix(str(path))}"}
    ) from first


def _same(folder: Path, path: Path) -> Path | None:
    """The file of `folder` that has the content of `path`."""
    size = path.stat().st_size
    alike = (other for other in _articles(folder) if other.stat().st_size == size)
    return next((other for other in alike if filecmp.cmp(other, path, shallow=False)), None)


def _articles(folder: Path) -> list[Path]:
    """The files of the folder in the order of their names, none where there is no such folder."""
    return sorted(path for path in folder.glob("*") if path.is_file() and not path.name.startswith("."))


def _free(folder: Path, name: str) -> Path:
    """Where a file called so, or so with a number, overwrites nothing."""
    path, number = folder / name, 1
    stem, suffix = split_name(name)
    while os.path.lexists(path):
        number += 1
        path = folder / f"{stem}-{number}{suffix}"
    return path


def _locate(folder: Path, document: str, roots: Sequence[Path]) -> Path:
    """The file that an index built from `roots` calls `document`, or that holds the article so called.

    Of two files of one name the first root's has it; the other's begins with names of the folders above it.
    """
    if ".." not in Path(document).parts and not Path(document).is_absolute():
        for name in holders(document):
            if found := _find(folder, Path(name).parts, roots):
                return found
    close = difflib.get_close_matches(document, [path.name for path in _articles(folder)], 3)
    raise UnknownDocument(name=document, close=", ".join(close) or "–")


def _find(folder: Path, parts: tuple[str, ...], roots: Sequence[Path]) -> Path | None:
    for above in range(len(parts)):
        for root in roots:
            base = root if root.is_dir() else root.parent
            path = base.joinpath(*parts[above:])
            named = base.parts[len(base.parts) - above :] == parts[:above]
            if named and path.is_file() and root in (base, path):
                # A root above the folder holds its files too.
                return folder / path.name if path.parent.resolve() == folder.resolve() else path
    return None
