"""A BERT of random weights, small enough to train in a test, in the folder of a default embedder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

WIDTH, LAYERS, HEADS, INNER, WORDS, PLACES = 32, 2, 4, 48, 300, 512


def write_tiny_base(folder: Path, seed: int = 0) -> Path:
    """Writes `config.json` and `model.safetensors` into the new folder, and returns it."""
    chance = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    shapes = {
        "embeddings.word_embeddings.weight": (WORDS, WIDTH),
        "embeddings.position_embeddings.weight": (PLACES, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
    }
    for number in range(LAYERS):
        stem = f"encoder.layer.{number}"
        sizes = {
            **{f"attention.self.{name}": (WIDTH, WIDTH) for name in ("query", "key", "value")},
            "attention.output.dense": (WIDTH, WIDTH),
            "intermediate.dense": (INNER, WIDTH),
            "output.dense": (WIDTH, INNER),
        }
        for name, (outputs, inputs) in sizes.items():
            shapes[f"{stem}.{name}.weight"] = (outputs, inputs)
            shapes[f"{stem}.{name}.bias"] = (outputs,)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"{stem}.{name}.weight"] = shapes[f"{stem}.{name}.bias"] = (WIDTH,)
    tensors = {name: chance.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}
    for name in tensors:
        if name.endswith("LayerNorm.weight"):
            tensors[name] += 1
    save_file(tensors, folder / "model.safetensors")
    config = {
        "model_type": "bert",
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "intermediate_size": INNER,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": PLACES,
        "vocab_size": WORDS,
        "type_vocab_size": 2,
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def encode(text: str) -> tuple[list[int], list[tuple[int, int]]]:
    """Words by white space; a word's id follows from its letters. The space before a word belongs to it."""
    ids, spans, place = [], [], 0
    for word in text.split():
        start = text.index(word, place)
        ids.append(10 + sum(map(ord, word.lower())) % (WORDS - 10))
        spans.append((max(place, start - 1) if start else 0, start + len(word)))
        place = start + len(word)
    return ids, spans
