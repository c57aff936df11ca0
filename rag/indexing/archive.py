"""An index as one file: an uncompressed tar, its manifest first, then the files of its data.

What is written and what is taken in is compared with the checksums of the manifest. A file may come from anywhere:
nothing in it is believed before, no name in it becomes a path that the manifest of an index would not have, and the
index that is there stays until the new one was opened.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from rag.errors import FileUnreadable, IndexDamaged, IndexPresent, PackDamaged
from rag.indexing.checkpoint import forget
from rag.store import (
    MANIFEST_FILE,
    Manifest,
    current_manifest,
    manifest_text,
    new_data,
    open_data,
    parse_manifest,
    put_in_place,
    readable,
    sealed,
)
from rag.system import alone, replacing, writing

# The longest manifest that is read.
_MOST_MANIFEST = 10_000_000
_BLOCK = 1 << 20
_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?", re.ASCII)


def export_index(index: Path, file: Path) -> Manifest:
    """Writes the index in the folder `index` to `file`, which is there once it is whole.

    Raises as `open_index` does, IndexDamaged for a file of it that has changed, DiskFull and WriteFailed.
    """
    while True:
        manifest = current_manifest(index)
        try:
            return _export(index / manifest.data, manifest, file)
        except IndexDamaged:
            # A build that ended meanwhile took the data away; the manifest then names the new.
            if current_manifest(index) == manifest:
                raise


def import_index(file: Path, index: Path, *, replace: bool = False) -> Manifest:
    """Makes what `file` holds the index in the folder `index`.

    Raises IndexPresent when there is one and `replace` is false, PackDamaged for what is no whole index, IndexTooNew,
    IndexTooOld, IndexBusy, DiskFull and WriteFailed.
    """
    with writing(index):
        index.mkdir(parents=True, exist_ok=True)
    with alone(index):
        if not replace and (index / MANIFEST_FILE).exists():
            raise IndexPresent(path=index)
        with new_data(index) as data:
            manifest = dataclasses.replace(_unpack(file, data), data=data.name)
            try:
                open_data(data, manifest).catalog.close()
            except IndexDamaged as error:
                raise PackDamaged(path=file, reason=error.fields["reason"]) from error
            put_in_place(index, manifest)
        forget(index)
        return manifest


def _export(data: Path, manifest: Manifest, file: Path) -> Manifest:
    # An index of the previous schema does not say what its files are.
    manifest = dataclasses.replace(manifest, files=manifest.files or sealed(data))
    with replacing(file) as out, tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        content = manifest_text(manifest).encode()
        tar.addfile(_member(MANIFEST_FILE, len(content)), io.BytesIO(content))
        for name, told in manifest.files.items():
            try:
                source = (data / name).open("rb")
            except OSError as error:
                raise IndexDamaged(path=data / name, reason=error) from error
            with source:
                reader = _Hashing(source)
                tar.addfile(_member(name, os.fstat(source.fileno()).st_size), reader)
            if reader.digest() != told["sha256"]:
                raise IndexDamaged(path=data / name, reason="not what was written")
    return manifest


def _member(name: str, size: int) -> tarfile.TarInfo:
    """The head of a file in the tar; without owner and time, the same index gives the same bytes."""
    member = tarfile.TarInfo(name)
    member.size = size
    return member


class _Hashing(io.RawIOBase):
    """A file whose SHA-256 is taken as it is read."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._source.read(size)
        self._digest.update(block)
        return block

    def digest(self) -> str:
        """SHA-256 of what was read so far."""
        return self._digest.hexdigest()


def _unpack(file: Path, data: Path) -> Manifest:
    """Writes the data that `file` holds into the folder `data`, and gives its manifest."""
    try:
        source = file.open("rb")
    except OSError as error:
        raise FileUnreadable(path=file, reason=error.strerror or type(error).__name__) from error
    with source:
        try:
            with tarfile.open(fileobj=source, mode="r|") as tar:
                members = _members(tar)
                manifest = _first(next(members, None), file)
                _check_names(manifest)
                missing = dict(manifest.files)
                for member, content in members:
                    _take(member, content, missing.pop(member.name, None), data)
        except IndexDamaged as error:
            raise PackDamaged(path=file, reason=error.fields["reason"]) from error
        except (tarfile.TarError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise PackDamaged(path=file, reason=error) from error
    if missing:
        raise PackDamaged(path=file, reason=f"it lacks {next(iter(missing))}")
    return manifest


def _members(tar: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    for member in tar:
        content = tar.extractfile(member) if member.isreg() else None
        if content is None:
            raise ValueError(f"{member.name!r} is not a plain file")
        yield member, content


def _first(found: tuple[tarfile.TarInfo, IO[bytes]] | None, file: Path) -> Manifest:
    if found is None or found[0].name != MANIFEST_FILE or found[0].size > _MOST_MANIFEST:
        raise ValueError(f"it does not begin with {MANIFEST_FILE}")
    return readable(parse_manifest(found[1].read().decode(), file), file)


def _check_names(manifest: Manifest) -> None:
    for name in manifest.files:
        if not _NAME.fullmatch(name) or name == MANIFEST_FILE:
            raise ValueError(f"{name!r} is not the name of a file of an index")
    if not manifest.files:
        raise ValueError("its manifest names no files")


def _take(member: tarfile.TarInfo, content: IO[bytes], told: Mapping[str, object] | None, data: Path) -> None:
    """Writes the content of `member`, which must be what the manifest has `told` of it."""
    if told is None or member.size != told["size"]:
        raise ValueError(f"{member.name!r} is not what its manifest says")
    path = data / member.name
    path.parent.mkdir(exist_ok=True)
    reader = _Hashing(content)
    with path.open("xb") as out:
        while block := reader.read(_BLOCK):
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    if reader.digest() != told["sha256"]:
        raise ValueError(f"{member.name!r} is not what was written")
