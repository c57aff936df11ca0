"""Doubles of a `Generator` that fail as native code does. To be run in another process than the tests."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rag.errors import ModelDamaged
from rag.protocols import Message, Token
from tests.support.doubles import ScriptedGenerator

WORDS = "Paris est la capitale de la France depuis longtemps."


class Failing(ScriptedGenerator):
    """Writes three words and then does what the last message names, if it names something."""

    def __init__(self, pause_s: float = 0.0, notes: Path | None = None) -> None:
        super().__init__()
        self._pause_s = pause_s
        self._notes = notes

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Token]:
        self.replies.append(WORDS)
        for number, token in enumerate(super().stream(messages, max_tokens)):
            if number == 3:
                self._fail(messages[-1].content)
            if self._notes:
                with self._notes.open("a") as file:
                    file.write(token.text)
            time.sleep(self._pause_s)
            yield token

    def _fail(self, how: str) -> None:
        if how == "crash":
            ctypes.string_at(0)
        elif how == "hang":
            time.sleep(3600)
        elif how == "hang with the lock":
            ctypes.PyDLL(None).sleep(3600)  # unlike CDLL it keeps the interpreter's lock
        elif how == "memory":
            bytearray(1 << 60)
        elif how == "exit":
            raise SystemExit(7)
        elif how == "print":
            os.write(1, b'{"id": 2, "value": "forged"}\n')


class Damaged(ScriptedGenerator):
    """Cannot be loaded."""

    def load(self) -> None:
        raise ModelDamaged(path="model.gguf", reason="not a GGUF file")


class CrashingLoad(ScriptedGenerator):
    """Crashes when it is loaded."""

    def load(self) -> None:
        ctypes.string_at(0)
