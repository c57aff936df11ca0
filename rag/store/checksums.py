"""What the files of an index's data are: the size and SHA-256 of each, in its manifest, of which a copy lies with them.

Opening an index compares the sizes, which costs nothing; `damaged_files` reads everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rag.store.manifest import MANIFEST_FILE
from rag.system import content_digest, flush_folder

# Files whose checksums are taken at a time, outside the interpreter's lock.
_AT_A_TIME = 2

Files = Mapping[str, Mapping[str, object]]


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
