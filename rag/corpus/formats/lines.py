"""A stream of bytes as lines of text, of which none takes more memory than an article may.

A line that is not UTF-8 is read in one of the encodings of old French text, the same for all such lines of a file.
UTF-16 and UTF-32 with a byte order mark are written anew as UTF-8 on the way.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator

from rag.corpus.formats import plain
from rag.corpus.formats.content import InputFile, too_large
from rag.errors import FileTooLarge, NotText

_BLOCK = 1 << 16


class TextLines(Iterator[str]):
    """The lines of `source`, line ends included. `number` is that of the last one, from 1.

    `encoding` is that of a line since it was last set to "" which is not UTF-8. Raises NotText and FileTooLarge for a
    line, and goes on with the next one after it.
    """

    def __init__(self, source: InputFile, most_bytes: int) -> None:
        self._path = source.path
        self._stream, self._recoded = as_utf8(source)
        self._most_bytes = most_bytes
        self._legacy = ""
        self.number = 0
        self.encoding = ""

    def __next__(self) -> str:
        self.number += 1
        line = self._stream.readline(self._most_bytes + 1)
        if not line:
            raise StopIteration
        if len(line) > self._most_bytes and not line.endswith(b"\n"):
            raise self._too_long(len(line))
        text = self._decode(line)
        return text.removeprefix("\ufeff") if self.number == 1 else text

    def _decode(self, line: bytes) -> str:
        self.encoding = self.encoding or self._recoded
        try:
            return line.decode()
        except UnicodeDecodeError:
            text, guessed = plain.decode(self._place(), line, declared=self._legacy)
            self._legacy = self.encoding = guessed or self._legacy
            return text

    def _too_long(self, size: int) -> FileTooLarge:
        while rest := self._stream.readline(_BLOCK):
            size += len(rest)
            if rest.endswith(b"\n"):
                break
        return too_large(self._place(), size, self._most_bytes)

    def _place(self) -> str:
        return f"{self._path}#{self.number}"


def as_utf8(source: InputFile) -> tuple[io.BufferedReader, str]:
    """The bytes of `source` without those of UTF-16 or UTF-32, and its encoding where it was one of these."""
    encoding = plain.marked_encoding(source.stream.peek(4)[:4])
    if not encoding:
        return source.stream, ""
    return io.BufferedReader(_Recoded(source, encoding), _BLOCK), encoding


class _Recoded(io.RawIOBase):
    def __init__(self, source: InputFile, encoding: str) -> None:
        super().__init__()
        self._source = source
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # BufferedReader passes no other kind
        while not self._ready:
            block = self._source.stream.read(_BLOCK)
            try:
                self._ready = self._decoder.decode(block, final=not block).encode("utf-8", "replace")
            except UnicodeDecodeError as error:
                raise NotText(path=self._source.path, reason=self._encoding) from error
            if not block:
                break
        taken = min(len(buffer), len(self._ready))
        buffer[:taken], self._ready = self._ready[:taken], self._ready[taken:]
        return taken
