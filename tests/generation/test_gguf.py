"""Broken model files are told as what they are before llama.cpp, which some of them would end, has opened them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from rag.errors import ModelDamaged, ModelMissing
from rag.fetching.download import GENERATOR
from rag.generation.llama import GgufModel
from rag.generation.llama.gguf import MOST_LAYERS, check_header

HUGE = 2**63 - 1
U32, TEXT, LIST = 4, 8, 9


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def number(key: str, value: int) -> bytes:
    return text(key) + struct.pack("<II", U32, value)


def gguf(*values: bytes, version: int = 3, tensors: int = 1, count: int | None = None, padding: int = 200) -> bytes:
    counts = struct.pack("<IQQ", version, tensors, len(values) if count is None else count)
    return b"GGUF" + counts + b"".join(values) + bytes(padding)


ARCHITECTURE = text("general.architecture") + struct.pack("<I", TEXT) + text("qwen2")
BROKEN = {
    "nothing": b"",
    "another file": b"PK\x03\x04" + bytes(100),
    "the magic alone": b"GGUF",
    "an old version": gguf(ARCHITECTURE, version=1),
    "a version to come": gguf(ARCHITECTURE, version=99),
    "written for another byte order": b"GGUF" + struct.pack(">IQQ", 3, 1, 1) + bytes(100),
    "no tensors": gguf(ARCHITECTURE, tensors=0),
    "huge count of tensors": gguf(ARCHITECTURE, tensors=HUGE),
    "a thousand million tensors": gguf(ARCHITECTURE, tensors=10**9),
    "negative count of tensors": gguf(ARCHITECTURE, tensors=2**64 - 1),
    "huge count of values": gguf(ARCHITECTURE, count=HUGE),
    "a thousand million values": gguf(ARCHITECTURE, count=10**9),
    "huge key": gguf(struct.pack("<Q", HUGE)),
    "huge text": gguf(text("general.architecture") + struct.pack("<IQ", TEXT, HUGE)),
    "text of more than the file": gguf(text("general.architecture") + struct.pack("<IQ", TEXT, 2**33)),
    "unknown type": gguf(text("x") + struct.pack("<I", 77)),
    "no layers": gguf(ARCHITECTURE, number("qwen2.block_count", 0)),
    "too many layers": gguf(ARCHITECTURE, number("qwen2.block_count", MOST_LAYERS + 1)),
    "layers as text": gguf(text("qwen2.block_count") + struct.pack("<I", TEXT) + text("28")),
    "cut in a value": gguf(ARCHITECTURE, number("qwen2.block_count", 28), padding=0)[:-2],
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelDamaged):
        check_header(path)


@pytest.mark.parametrize("layers", [1, 28, MOST_LAYERS])
def test_a_possible_header_is_let_through(tmp_path: Path, layers: int) -> None:
    path = tmp_path / "model.gguf"
    # What comes after the first list is not looked at.
    path.write_bytes(gguf(ARCHITECTURE, number("qwen2.block_count", layers), text("x") + struct.pack("<I", LIST)))
    check_header(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        check_header(tmp_path / "model.gguf")


@pytest.mark.models
@pytest.mark.parametrize("size", [100, 5_000, 2_000_000, 7_000_000])
def test_a_model_that_was_cut_off_does_not_end_the_process(models_dir: Path, tmp_path: Path, size: int) -> None:
    check_header(models_dir / GENERATOR.target)
    path = tmp_path / "model.gguf"
    with (models_dir / GENERATOR.target).open("rb") as whole:
        path.write_bytes(whole.read(size))
    with pytest.raises(ModelDamaged):
        GgufModel(path)
