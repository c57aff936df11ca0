"""One writer at a time: a lock of the operating system on the file `.lock`, which goes with the process that holds it.

The file says who that is, for those who are kept out. What it says after that process has gone means nothing.
"""

from __future__ import annotations

import errno
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import IndexBusy, LocksMissing
from rag.system.files import writing

FILE = ".lock"
_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keeps other writers out of the index in `folder`, which exists; readers come and go.

    Raises IndexBusy, LocksMissing where the file system has no locks, and WriteFailed.
    """
    path = folder / FILE
    # Not the library's makeshift where there are no locks: a file that is there is no sign of life.
    lock = FileLock(path, timeout=0, fallback_to_soft=False, on_acquired=_sign)
    with writing(path):
        try:
            held = lock.acquire()
        except Timeout as error:
            raise IndexBusy(path=folder, **_owner(path)) from error
        except NotImplementedError as error:
            raise LocksMissing(path=folder, reason=error) from error
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            raise LocksMissing(path=folder, reason=error.strerror) from error
    with held:
        yield


def _sign(handle: int) -> None:
    started = datetime.now(timezone.utc).isoformat(timespec="seconds")
    os.write(handle, json.dumps({"pid": os.getpid(), "host": platform.node(), "started": started}).encode())


def _owner(path: Path) -> dict[str, object]:
    """What the file says of its owner; question marks where it does not say yet."""
    unknown: dict[str, object] = dict.fromkeys(("pid", "host", "started"), "?")
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return unknown
    return {name: told.get(name, "?") for name in unknown} if isinstance(told, dict) else unknown
