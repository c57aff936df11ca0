"""A generator that fails when it is told to, in a module that its own process can import."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rag.protocols import Message, Token
from tests.support.doubles import ScriptedGenerator

REPLY = "Berlin pose trois conditions préalables à ses garanties de sécurité."


class BrittleGenerator(ScriptedGenerator):
    """Writes the same reply until a file tells it to fail."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Token]:
        self.replies.append(REPLY)
        for token in super().stream(messages, max_tokens):
            if self._told("crash"):
                ctypes.string_at(0)
            if self._told("hang"):
                time.sleep(3600)
            yield token

    def _told(self, name: str) -> bool:
        if not (self._folder / name).exists():
            return False
        (self._folder / name).unlink()
        return True
