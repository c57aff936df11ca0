"""A sentence-transformers folder of a few kilobytes, for commands that load an embedder in a process of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np


def write_tiny_model(folder: Path) -> Path:
    """Writes a folder as sentence-transformers 5 does: a network of random weights that knows three words."""
    from safetensors.numpy import save_file

    (folder / "1_Pooling").mkdir(parents=True)
    config = {
        "model_type": "bert", "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 1,
        "num_attention_heads": 2, "max_position_embeddings": 16, "type_vocab_size": 2, "vocab_size": 7,
        "hidden_act": "gelu", "layer_norm_eps": 1e-12, "pad_token_id": 0,
    }  # fmt: skip
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    files: dict[str, Any] = {
        "config.json": config,
        "modules.json": modules,
        "sentence_bert_config.json": {"max_seq_length": 6, "do_lower_case": False},
        "tokenizer_config.json": {"model_max_length": 16, "tokenizer_class": "PreTrainedTokenizerFast"},
        "1_Pooling/config.json": {"word_embedding_dimension": 8, "pooling_mode_mean_tokens": True},
        "config_sentence_transformers.json": {"prompts": {"query": "un "}},
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    layer, random = "encoder.layer.0", np.random.default_rng(0)
    shapes = {
        "embeddings.word_embeddings.weight": (7, 8), "embeddings.position_embeddings.weight": (16, 8),
        "embeddings.token_type_embeddings.weight": (2, 8),
        **{f"{layer}.attention.self.{part}.weight": (8, 8) for part in ("query", "key", "value")},
        **{f"{layer}.attention.self.{part}.bias": (8,) for part in ("query", "key", "value")},
        f"{layer}.attention.output.dense.weight": (8, 8), f"{layer}.attention.output.dense.bias": (8,),
        f"{layer}.intermediate.dense.weight": (12, 8), f"{layer}.intermediate.dense.bias": (12,),
        f"{layer}.output.dense.weight": (8, 12), f"{layer}.output.dense.bias": (8,),
        **{
            f"{norm}.LayerNorm.{part}": (8,)
            for norm in ("embeddings", f"{layer}.attention.output", f"{layer}.output")
            for part in ("weight", "bias")
        },
    }  # fmt: skip
    save_file(
        {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()},
        folder / "model.safetensors",
    )
    _tokenizer(folder)
    return folder


def _tokenizer(folder: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    words = ["<s>", "<pad>", "</s>", "<unk>", "un", "deux", "trois"]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=9)
    tokenizer.save(str(folder / "tokenizer.json"))
