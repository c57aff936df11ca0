"""Token ids to vectors by sentence-transformers: in batches, on several threads, for any model it can load.

Where the processor multiplies bfloat16 natively that is used (vectors stay within cosine 0.995 of float32), elsewhere
float32. PyTorch is imported when an encoder is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.embedding.loading import load_model
from rag.errors import ModelDamaged
from rag.protocols import Vectors
from rag.system import has_native_bfloat16

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer


class TorchEncoder:
    """An `Encoder` of sentence-transformers, for batches and for any model. Raises as `load_model`."""

    def __init__(self, path: Path, threads: int) -> None:
        self._model: SentenceTransformer = load_model(
            "SentenceTransformer", path, "bfloat16" if has_native_bfloat16() else "float32"
        )
        tokenizer = getattr(self._model.tokenizer, "backend_tokenizer", None)
        if tokenizer is None:
            raise ModelDamaged(path=path, reason="no tokenizer that tells where its tokens stand")
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.tokenizer: Tokenizer = tokenizer
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self.max_tokens = int(self._model.max_seq_length or 0)
        self.prompts: Mapping[str, str] = self._model.prompts
        self._threads = threads

    def read(self, texts: Sequence[Sequence[int]]) -> Iterator[tuple[Vectors, Vectors]]:
        """All in one pass."""
        import torch
        from torch.nn.utils.rnn import pad_sequence

        # One text alone is too short to share.
        torch.set_num_threads(self._threads if len(texts) > 1 else 1)
        rows = [torch.tensor(ids, dtype=torch.long) for ids in texts]
        padding = self._model.tokenizer.pad_token_id or 0
        features = {
            "input_ids": pad_sequence(rows, batch_first=True, padding_value=padding),
            "attention_mask": pad_sequence([torch.ones_like(row) for row in rows], batch_first=True),
        }
        with torch.inference_mode():
            made = self._model(features)
        for vector, states, row in zip(made["sentence_embedding"], made["token_embeddings"], rows, strict=True):
            yield vector.float().numpy(), states[: len(row)].float().numpy()
