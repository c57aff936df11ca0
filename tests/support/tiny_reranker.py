"""A cross-encoder of a few kilobytes."""

from __future__ import annotations

from pathlib import Path
from string import ascii_lowercase


def make_model(folder: Path, *, architecture: str = "BertForSequenceClassification", labels: int = 1) -> Path:
    """A BERT of one layer with random weights that reads texts letter by letter, at most 64 of them."""
    import torch
    import transformers
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    folder.mkdir()
    letters = [mark + letter for letter in ascii_lowercase for mark in ("", "##")]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), "utf-8")
    transformers.BertTokenizerFast.from_pretrained(folder).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=64, num_labels=labels, initializer_range=0.5,
    )  # fmt: skip
    getattr(transformers, architecture)(config).save_pretrained(folder)
    return folder
