"""The reader made: the adapter that the package brings, merged with the embedder that was fetched."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file

from rag.domain import Progress
from rag.errors import ModelDamaged, ModelMissing
from rag.fetching.adapter import BASE, merged
from rag.fetching.reader_graph import reader_graph
from rag.protocols import OnProgress, silent

GRAPH = "reader.onnx"


def merge(adapter: Path, folder: Path, base: Path, base_digest: str, on_progress: OnProgress = silent) -> None:
    """Writes the reader of `adapter` and of the model in the folder `base` into `folder`, which must not exist yet.

    `base_digest` is the SHA-256 of the file that the base was made from. The folder is complete only when the call
    returns. Raises ModelMissing, ModelDamaged, and OSError when a file cannot be written.
    """
    if not base.is_dir():
        raise ModelMissing(path=base)
    on_progress(Progress("convert", 0, 1, "tensors", folder.name))
    try:
        _check_base(adapter, base_digest)
        config = json.loads((base / "config.json").read_text(encoding="utf-8"))
        layers, heads = int(config["num_hidden_layers"]), int(config["num_attention_heads"])
        weights = merged(load_file(base / "model.safetensors"), load_file(adapter), layers)
        graph = reader_graph(weights, layers, heads, float(config["layer_norm_eps"]))
    except (SafetensorError, KeyError, ValueError) as error:
        raise ModelDamaged(path=adapter, reason=error) from error
    folder.mkdir(parents=True)
    (folder / GRAPH).write_bytes(graph)
    on_progress(Progress("convert", 1, 1, "tensors", folder.name))


def _check_base(adapter: Path, digest: str) -> None:
    with safe_open(adapter, "numpy") as file:
        told = (file.metadata() or {}).get(BASE)
    if told != digest:
        raise ValueError(f"it belongs to a model made from {told}, not from {digest}")
