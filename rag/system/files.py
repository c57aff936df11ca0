"""Files that are whole or absent: written beside, flushed to disk, then renamed."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rag.errors import DiskFull, RagError, WriteFailed

MEGABYTE = 1_000_000


def write_text(path: Path, text: str) -> None:
    """Replaces `path` by `text` in one step."""
    with replacing(path) as file:
        file.write(text.encode())


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file that takes the place of `path` in one step when the block is left without an error.

    Raises DiskFull and WriteFailed.
    """
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    with writing(path):
        try:
            with beside.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Flushes renames in `folder` to disk, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns what the system says of a failed write below into DiskFull or WriteFailed."""
    try:
        yield
    except RagError:
        raise
    except OSError as error:
        free = free_megabytes(path)
        # NumPy does not tell the system's number of a failed write.
        if error.errno in (errno.ENOSPC, errno.EDQUOT) or (error.errno is None and free == 0):
            raise DiskFull(path=path, free=free, needed=free + 1) from error
        raise WriteFailed(path=path, reason=error.strerror or error) from error


def failed_write(path: Path, error: sqlite3.OperationalError) -> OSError:
    """What SQLite says when it cannot write the file `path`, as the system says it.

    Its own number is not to be had before Python 3.11.
    """
    return OSError(errno.ENOSPC if "full" in str(error) else errno.EIO, str(error), str(path))


def free_megabytes(path: Path) -> int:
    """Free space where `path` is or will be, in MB."""
    existing = next(folder for folder in (path, *path.resolve().parents) if folder.exists())
    return shutil.disk_usage(existing).free // MEGABYTE
