"""The data folders of an index: a new one is written beside the one that the manifest names, then takes its place.

A copy of the manifest lies with the data, from which it can be made again. It says what the files are: the size and
SHA-256 of each. Opening an index compares the sizes, which costs nothing; `damaged_files` reads everything.
"""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rag.errors import RagError
from rag.store.manifest import MANIFEST_FILE, Manifest, read_manifest, write_manifest
from rag.system import content_digest, flush_folder, writing

DATA_PREFIX = "data-"

# Files whose checksums are taken at a time, outside the interpreter's lock.
_AT_A_TIME = 2

Files = Mapping[str, Mapping[str, object]]


@contextlib.contextmanager
def new_data(target: Path) -> Iterator[Path]:
    """A new data folder for the index in `target`; it goes again unless it was made that of the index."""
    data = target / f"{DATA_PREFIX}{uuid.uuid4().hex[:12]}"
    try:
        with writing(target):
            data.mkdir()
            yield data
    finally:
        if _named(target) != data.name:
            shutil.rmtree(data, ignore_errors=True)


def put_in_place(target: Path, manifest: Manifest) -> None:
    """Makes the folder that `manifest` names the data of the index in `target`, and takes others away."""
    write_manifest(target / manifest.data, manifest)
    write_manifest(target, manifest)
    remove_others(target, manifest)


def remove_others(target: Path, manifest: Manifest) -> None:
    """Takes away the data folders that `manifest` does not name: old ones, and those of builds that were killed."""
    for folder in target.glob(f"{DATA_PREFIX}*"):
        if folder.name != manifest.data:
            shutil.rmtree(folder, ignore_errors=True)


def _named(target: Path) -> str:
    try:
        return read_manifest(target).data
    except RagError:
        return ""


def sealed(data: Path) -> Files:
    """The "size" and "sha256" of each file below `data`, by its path there; the folders are flushed to disk."""
    for folder in (data, *(path for path in data.rglob("*") if path.is_dir())):
        flush_folder(folder)
    files = dict(sorted(_below(data)))
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        digests = pool.map(content_digest, files.values())
        return {
            name: {"size": path.stat().st_size, "sha256": digest}
            for (name, path), digest in zip(files.items(), digests, strict=True)
        }


def cut_files(data: Path, files: Files) -> Iterator[tuple[str, str]]:
    """Those of `files` that are not there in full, and what is wrong with them."""
    for name, told in files.items():
        try:
            size = (data / name).stat().st_size
        except OSError as error:
            yield name, error.strerror or type(error).__name__
        else:
            if size != told["size"]:
                yield name, f"{size} bytes, not {told['size']}"


def damaged_files(data: Path, files: Files) -> Iterator[str]:
    """Those of `files` whose content is another than it was, and files that are not among them."""
    for name, told in files.items():
        try:
            if content_digest(data / name) != told["sha256"]:
                yield name
        except OSError:
            yield name
    yield from sorted(name for name, _ in _below(data) if name not in files)


def _below(folder: Path) -> Iterator[tuple[str, Path]]:
    files = ((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file())
    return ((name, path) for name, path in files if name != MANIFEST_FILE)
