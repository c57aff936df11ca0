"""States of beginnings on disk, so that a new process need not read them again.

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
# Prompts and models change; what was written first goes when there are more.
_MOST_FILES = 16


class SavedStates:
    """The states in `folder` that belong to `model`, a name for everything that they depend on beside the text."""

    def __init__(self, folder: Path, model: str) -> None:
        self._folder = folder
        self._model = model

    def _path(self, text: Sequence[int]) -> Path:
        digest = hashlib.sha256(self._model.encode() + b"\0" + np.array(text, np.int64).tobytes())
        return self._folder / f"{digest.hexdigest()}.state"

    def get(self, text: Sequence[int]) -> bytes | None:
        """The state after `text`, if it was saved whole."""
        with suppress(OSError):
            content = self._path(text).read_bytes()
            digest, state = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
            if hashlib.sha256(state).digest() == digest:
                return state
        return None

    def put(self, text: Sequence[int], state: bytes) -> None:
        """Keeps `state` as that after `text`."""
        path = self._path(text)
        beside = path.with_name(f".{path.name}.{os.getpid()}.part")
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                beside.write_bytes(hashlib.sha256(state).digest() + state)
                beside.replace(path)
            finally:
                beside.unlink(missing_ok=True)
            kept = sorted(self._folder.glob("*.state"), key=lambda file: file.stat().st_mtime)
            for old in kept[:-_MOST_FILES]:
                old.unlink(missing_ok=True)
