"""The encoder of BERT-like models in numpy (Devlin et al. 2019, "BERT"), in float32, one text at a time.

Importing PyTorch takes seconds and hundreds of megabytes, too much for one question. XLM-RoBERTa is the same network
but for the place of its first position. The weights are memory-mapped: opening them reads nothing, and of the table of
words only the rows asked for are ever read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Tensors = Mapping[str, NDArray[Any]]

# How numpy sees the types of a safetensors file. It has no bfloat16, which is the upper half of a float32.
_TYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}
_PREFIXES = ("", "bert.", "roberta.")
# What is computed here; a model without the key means the same.
_COMPUTED = {
    "hidden_act": "gelu", "position_embedding_type": "absolute", "is_decoder": False, "quantization_config": None,
}  # fmt: skip


class NotServed(Exception):
    """A model that is whole, as far as one sees, but of another kind than what is computed here."""


def map_tensors(path: Path) -> Tensors:
    """The floating-point tensors of a safetensors file by name, memory-mapped; bfloat16 as its bits, uint16.

    Raises OSError, and ValueError for a file that is no such file or ends too early.
    """
    raw = np.memmap(path, np.uint8, "r").view(np.ndarray)
    start = 8 + int.from_bytes(raw[:8].tobytes(), "little")
    header = json.loads(raw[8:start].tobytes())
    if not isinstance(header, dict):
        raise ValueError("its header is no object")
    header.pop("__metadata__", None)
    tensors = {}
    for name, told in header.items():
        first, last = (start + offset for offset in told["data_offsets"])
        if last > len(raw):
            raise ValueError(f"{len(raw)} bytes, {name} ends at {last}")
        if told["dtype"] in _TYPES:
            tensors[name] = raw[first:last].view(_TYPES[told["dtype"]]).reshape(told["shape"])
    return tensors


class Bert:
    """The network that `config` (of `config.json`) describes, with these weights. Raises NotServed.

    Threads may share it.
    """

    def __init__(self, config: Mapping[str, Any], tensors: Tensors) -> None:
        other = {key: config[key] for key, usual in _COMPUTED.items() if config.get(key, usual) != usual}
        if other or config.get("model_type") not in ("bert", "xlm-roberta"):
            raise NotServed(f"a model of type {config.get('model_type')!r} with {other}")
        self._first = int(config.get("pad_token_id", 1)) + 1 if config["model_type"] == "xlm-roberta" else 0
        width = self.width = int(config["hidden_size"])
        self.positions = int(config["max_position_embeddings"]) - self._first
        weights = _Weights(tensors, float(config.get("layer_norm_eps", 1e-12)))
        self._words = weights.raw("embeddings.word_embeddings.weight", int(config["vocab_size"]), width)
        self._places = weights("embeddings.position_embeddings.weight", self._first + self.positions, width)
        self._segment = weights("embeddings.token_type_embeddings.weight", int(config["type_vocab_size"]), width)[0]
        self._norm = weights.norm("embeddings", width)
        self._layers = [
            _Layer.of(weights, f"encoder.layer.{number}", config) for number in range(int(config["num_hidden_layers"]))
        ]

    def states(self, ids: Sequence[int]) -> Floats:
        """The last hidden state float32 [len(ids), width] of each token; at most `positions` tokens."""
        words = _float32(self._words[np.asarray(ids, np.int64)])
        x = self._norm(words + self._places[self._first : self._first + len(ids)] + self._segment)
        for layer in self._layers:
            x = layer(x)
        return x


class _Weights:
    """Tensors by name, their shapes checked. Raises NotServed for what is not there."""

    def __init__(self, tensors: Tensors, epsilon: float) -> None:
        self._tensors = tensors
        self._epsilon = epsilon
        known = [prefix for prefix in _PREFIXES if f"{prefix}embeddings.word_embeddings.weight" in tensors]
        if not known:
            raise NotServed("no table of words")
        self._prefix = known[0]

    def raw(self, name: str, *shape: int) -> NDArray[Any]:
        tensor = self._tensors.get(self._prefix + name)
        if tensor is None or tensor.shape != shape:
            raise NotServed(f"{name} is {tensor if tensor is None else tensor.shape}, not {shape}")
        return tensor

    def __call__(self, name: str, *shape: int) -> Floats:
        return _float32(self.raw(name, *shape))

    def linear(self, name: str, outputs: int, inputs: int) -> _Linear:
        return _Linear(self(f"{name}.weight", outputs, inputs), self(f"{name}.bias", outputs))

    def norm(self, name: str, width: int) -> _Norm:
        name = f"{name}.LayerNorm"
        return _Norm(self(f"{name}.weight", width), self(f"{name}.bias", width), self._epsilon)


@dataclass(frozen=True, slots=True)
class _Linear:
    weight: Floats
    bias: Floats

    def __call__(self, x: Floats) -> Floats:
        y: Floats = x @ self.weight.T
        y += self.bias
        return y


@dataclass(frozen=True, slots=True)
class _Norm:
    weight: Floats
    bias: Floats
    epsilon: float

    def __call__(self, x: Floats) -> Floats:
        x = x - x.mean(1, keepdims=True)
        x /= np.sqrt((x * x).mean(1, keepdims=True) + self.epsilon)
        x *= self.weight
        x += self.bias
        return x


@dataclass(frozen=True, slots=True)
class _Layer:
    heads: int
    query: _Linear
    key: _Linear
    value: _Linear
    attended: _Linear
    attended_norm: _Norm
    inner: _Linear
    outer: _Linear
    norm: _Norm

    @classmethod
    def of(cls, weights: _Weights, name: str, config: Mapping[str, Any]) -> _Layer:
        width, inner = int(config["hidden_size"]), int(config["intermediate_size"])
        return cls(
            heads=int(config["num_attention_heads"]),
            query=weights.linear(f"{name}.attention.self.query", width, width),
            key=weights.linear(f"{name}.attention.self.key", width, width),
            value=weights.linear(f"{name}.attention.self.value", width, width),
            attended=weights.linear(f"{name}.attention.output.dense", width, width),
            attended_norm=weights.norm(f"{name}.attention.output", width),
            inner=weights.linear(f"{name}.intermediate.dense", inner, width),
            outer=weights.linear(f"{name}.output.dense", width, inner),
            norm=weights.norm(f"{name}.output", width),
        )

    def __call__(self, x: Floats) -> Floats:
        x = self.attended_norm(x + self.attended(self._attend(x)))
        return self.norm(x + self.outer(_gelu(self.inner(x))))

    def _attend(self, x: Floats) -> Floats:
        parts = (self.query, self.key, self.value)
        query, key, value = (part(x).reshape(len(x), self.heads, -1).transpose(1, 0, 2) for part in parts)
        weights: Floats = query @ key.transpose(0, 2, 1)
        weights /= math.sqrt(query.shape[2])
        weights -= weights.max(2, keepdims=True)
        np.exp(weights, out=weights)
        weights /= weights.sum(2, keepdims=True)
        mixed: Floats = (weights @ value).transpose(1, 0, 2).reshape(x.shape)
        return mixed


def _gelu(x: Floats) -> Floats:
    """The Gaussian error linear unit, x * P(X <= x) for a normal X, by Abramowitz & Stegun 7.1.26: within 1e-6.

    Written as max(x, 0) - |x| * P(X > |x|), most of it in place: this is a tenth of the time of a text.
    """
    size: Floats = np.abs(x)
    t = size * np.float32(0.3275911 / math.sqrt(2))
    t += 1
    np.reciprocal(t, out=t)
    tail = t * np.float32(1.061405429)
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail += np.float32(coefficient)
        tail *= t
    tail *= np.exp(size * size * np.float32(-0.5))
    tail *= size
    tail *= np.float32(0.5)
    y: Floats = np.maximum(x, 0)
    y -= tail
    return y


def _float32(values: NDArray[Any]) -> Floats:
    """`values` themselves where they are float32 already and lie as the processor wants them."""
    if values.dtype == _TYPES["BF16"]:
        values = (values.astype(np.uint32) << 16).view(np.float32)
    return np.require(values, np.float32, ["ALIGNED", "C_CONTIGUOUS"])
