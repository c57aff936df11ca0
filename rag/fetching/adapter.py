"""The adapter of the reader: what training changed in the base model, small enough to ship, and the two merged.

A safetensors file. Of each matrix of the base it holds the two thin ones whose product is added (Hu et al. 2021,
"LoRA", https://arxiv.org/abs/2106.09685), as whole numbers of 8 bits with one scale for each pair of row and column;
the norms in float32; the heads in float16. Its metadata name the base that it belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]
Floats = NDArray[np.float32]

BASE = "base"
"""The key of the metadata that holds the SHA-256 of the file that the base model is made from."""
_MATRICES = {
    "qkv": "attention.self",
    "out": "attention.output.dense",
    "up": "intermediate.dense",
    "down": "output.dense",
}
_WIDEST = 127


def pack(learnt: Arrays) -> dict[str, NDArray[Any]]:
    """What training learnt, by name and in float32, in the form that is shipped."""
    packed: dict[str, NDArray[Any]] = {}
    for name, array in learnt.items():
        if name.endswith(".a"):
            stem = name.removesuffix(".a")
            a, b = array, learnt[f"{stem}.b"]
            rows, columns = np.abs(a).max(1), np.abs(b).max(0)
            packed[name] = _eight_bits(a, rows[:, None])
            packed[f"{stem}.b"] = _eight_bits(b, columns[None, :])
            packed[f"{stem}.scale"] = (rows * columns / _WIDEST**2).astype(np.float32)
        elif not name.endswith(".b"):
            packed[name] = array.astype(np.float16 if array.ndim > 1 else np.float32)
    return packed


def merged(base: Arrays, adapter: Arrays, layers: int) -> dict[str, Floats]:
    """The weights of the reader in float32: those of `base`, a BERT model, with what `adapter` changes.

    Names are those of the adapter. Raises KeyError and ValueError where the two do not go together.
    """
    made: dict[str, Floats] = {
        name: array.astype(np.float32) for name, array in adapter.items() if not name.endswith((".a", ".b", ".scale"))
    }
    made["places"] = base["embeddings.position_embeddings.weight"] + base["embeddings.token_type_embeddings.weight"][0]
    for number in range(layers):
        for name in _MATRICES:
            stem = f"layers.{number}.{name}"
            weight, bias = _of_base(base, number, name)
            a, b, scale = (adapter[f"{stem}.{part}"] for part in ("a", "b", "scale"))
            made[f"{stem}.weight"] = weight + (b.astype(np.float32) * scale) @ a.astype(np.float32)
            made[f"{stem}.bias"] = bias
    return made


def _of_base(base: Arrays, number: int, name: str) -> tuple[Floats, Floats]:
    """Weight and bias of one linear layer; those of query, key and value one below the other."""
    stem = f"encoder.layer.{number}.{_MATRICES[name]}"
    parts = [f"{stem}.{part}" for part in ("query", "key", "value")] if name == "qkv" else [stem]
    weight, bias = (np.concatenate([base[f"{part}.{kind}"] for part in parts]) for kind in ("weight", "bias"))
    return weight, bias


def _eight_bits(array: Floats, widest: Floats) -> NDArray[np.int8]:
    return np.round(array / np.maximum(widest, 1e-12) * _WIDEST).astype(np.int8)
