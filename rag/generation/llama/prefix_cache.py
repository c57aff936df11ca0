"""States of beginnings, in memory and on disk, so that neither the next prompt nor a new process reads them again.

A file holds the SHA-256 of what follows it, so that a damaged one is passed over. The folder is a cache: what cannot
be read or written there is read by the model once more.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

_DIGEST_BYTES = 32
# Prompts and models change; what was kept first goes when there are more.
_MOST = 16


class SavedStates:
    """States that belong to `model`, a name for everything that they depend on beside the text.

    In the folder `folder` too, if there is one.
    """

    def __init__(self, folder: Path | None, model: str) -> None:
        self._folder = folder
        self._model = model
        self._known: dict[str, bytes] = {}

    def _name(self, text: Sequence[int]) -> str:
        return hashlib.sha256(self._model.encode() + b"\0" + np.array(text, np.int64).tobytes()).hexdigest()

    def get(self, text: Sequence[int]) -> bytes | None:
        """The state after `text`, if it was saved whole."""
        name = self._name(text)
        if name not in self._known and self._folder and (state := _read(self._folder / f"{name}.state")):
            self._keep(name, state)
        return self._known.get(name)

    def put(self, text: Sequence[int], state: bytes) -> None:
        """Keeps `state` as that after `text`."""
        name = self._name(text)
        self._keep(name, state)
        if self._folder:
            with suppress(OSError):
                _write(self._folder / f"{name}.state", state)

    def _keep(self, name: str, state: bytes) -> None:
        self._known[name] = state
        while len(self._known) > _MOST:
            del self._known[next(iter(self._known))]


def _read(path: Path) -> bytes | None:
    with suppress(OSError):
        content = path.read_bytes()
        digest, state = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        if hashlib.sha256(state).digest() == digest:
            return state
    return None


def _write(path: Path, state: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(hashlib.sha256(state).digest() + state)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    kept = sorted(path.parent.glob("*.state"), key=lambda file: file.stat().st_mtime)
    for old in kept[:-_MOST]:
        old.unlink(missing_ok=True)
