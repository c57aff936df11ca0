"""The beginning of a GGUF file, read before llama.cpp reads it: what it counts must fit into the file.

llama.cpp looks at most of a file itself and says no; a number of layers that it does not have room for ends the whole
process instead. No more is read here than comes before the first list, which is the vocabulary: milliseconds.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from rag.errors import ModelDamaged, ModelMissing

MOST_LAYERS = 512
"""LLAMA_MAX_LAYERS of llama.cpp."""

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
# Bytes of the shortest entries there can be: a key, a type and a value; a name, a shape, a type and a place.
_LEAST_VALUE, _LEAST_TENSOR = 8 + 4 + 1, 8 + 4 + 4 + 8
# Of a key or a text. The longest there are, licences and chat templates, have some ten thousand bytes.
_LONGEST_TEXT = 16_000_000
_NUMBERS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_TEXT, _LIST = 8, 9


def check_gguf(path: Path) -> None:
    """Raises ModelMissing or ModelDamaged unless `path` is a file that begins as a GGUF does."""
    if not path.is_file():
        raise ModelMissing(path=path)
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ModelDamaged(path=path, reason="not a GGUF file")


def check_header(path: Path) -> None:
    """The same, and what the file says of itself is possible: to be called before llama.cpp opens it."""
    check_gguf(path)
    with path.open("rb") as file:
        file.seek(len(_MAGIC))
        try:
            _check_counts(file, path.stat().st_size)
        except (ValueError, struct.error) as flaw:
            raise ModelDamaged(path=path, reason=flaw) from flaw


def _check_counts(file: BinaryIO, size: int) -> None:
    """Raises ValueError, and struct.error where the file ends too early."""
    version = _number(file, "<I")
    if version not in _VERSIONS:
        raise ValueError(f"GGUF version {version}")
    tensors, values = int(_number(file, "<Q")), int(_number(file, "<Q"))
    if not 0 < tensors <= size // _LEAST_TENSOR or not 0 < values <= size // _LEAST_VALUE:
        raise ValueError(f"{tensors} tensors and {values} values in {size} bytes")
    for _ in range(values):
        key = _text(file, size)
        kind = int(_number(file, "<I"))
        if kind == _LIST:
            return
        if kind != _TEXT and kind not in _NUMBERS:
            raise ValueError(f"{key}: type {kind}")
        value = _text(file, size) if kind == _TEXT else _number(file, _NUMBERS[kind])
        if key.endswith(".block_count") and not (isinstance(value, int) and 0 < value <= MOST_LAYERS):
            raise ValueError(f"{key} is {value}")


def _number(file: BinaryIO, layout: str) -> float:
    (number,) = struct.unpack(layout, file.read(struct.calcsize(layout)))
    return number  # type: ignore[no-any-return]


def _text(file: BinaryIO, size: int) -> str:
    length = int(_number(file, "<Q"))
    if length > min(size - file.tell(), _LONGEST_TEXT):
        raise ValueError(f"a text of {length} bytes in {size}")
    return file.read(length).decode(errors="replace")
