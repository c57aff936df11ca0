"""SHA-256 of files and folders, remembered so that a model of a gigabyte is not read at every start.

The memory is one JSON file in the user's cache: resolved path to size, modification time and digest. A file whose
size or modification time differs is read again. Two limits follow: a change that keeps both goes unseen, and a
file modified within the last two seconds is not remembered, because the clock of a file system may be too coarse
to tell a second change from the first. The memory is a convenience: when it cannot be read or written, files are
just read.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_dir

from rag.errors import RagError
from rag.system.files import write_text

_BLOCK = 1 << 20
_SETTLED_NS = 2_000_000_000


def file_digest(path: Path) -> str:
    """SHA-256 (hex) of the content of the file `path`. Raises OSError when it cannot be read."""
    memory = _Memory()
    digest = memory.digest(path)
    memory.save()
    return digest


def folder_digest(path: Path) -> str:
    """SHA-256 (hex) over the names and contents of all files below `path`, in the order of their names.

    Dot files, files in dot folders and README files do not count. Raises OSError when a file cannot be read.
    """
    if not path.is_dir():
        raise NotADirectoryError(path)
    memory = _Memory()
    total = hashlib.sha256()
    files = {file.relative_to(path).as_posix(): file for file in path.rglob("*") if file.is_file()}
    for name in sorted(files):
        if not any(part.startswith(".") for part in name.split("/")) and not files[name].name.startswith("README"):
            total.update(f"{name}\0{memory.digest(files[name])}\n".encode())
    memory.save()
    return total.hexdigest()


class _Memory:
    """What was hashed before, as read from the user's cache; `save` writes it back when something is new."""

    def __init__(self) -> None:
        self._file = Path(user_cache_dir("rag")) / "digests.json"
        self._known: dict[str, list[object]] = {}
        self._changed = False
        with suppress(OSError, ValueError):
            known = json.loads(self._file.read_text(encoding="utf-8"))
            self._known = known if isinstance(known, dict) else {}

    def digest(self, path: Path) -> str:
        """The digest of the file `path`, remembered or computed."""
        key = str(path.resolve())
        state = path.stat()
        match self._known.get(key):
            case [state.st_size, state.st_mtime_ns, str(digest)]:
                return digest
        settled = time.time_ns() - state.st_mtime_ns > _SETTLED_NS
        digest = content_digest(path)
        if settled:
            self._known[key] = [state.st_size, state.st_mtime_ns, digest]
            self._changed = True
        return digest

    def save(self) -> None:
        """Replaces the JSON file atomically, without the files that are gone; does nothing where it may not write."""
        if not self._changed:
            return
        known = {key: value for key, value in self._known.items() if os.path.exists(key)}
        with suppress(OSError, RagError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_text(self._file, json.dumps(known, indent=1))


def content_digest(path: Path) -> str:
    """SHA-256 (hex) of the content of the file `path`, read now. Raises OSError when it cannot be read."""
    digest = hashlib.sha256()
    buffer = bytearray(_BLOCK)
    view = memoryview(buffer)
    with open(path, "rb", buffering=0) as source:
        while count := source.readinto(buffer):
            digest.update(view[:count])
    return digest.hexdigest()
