"""The sentence-transformers adapter: text to unit vectors, wholly offline.

Prompts (`query: `, `passage: `) are those of the model's own configuration. Documents are embedded longest
first, so that a batch holds texts of like length. Where the processor multiplies bfloat16 natively that is
used (vectors stay within cosine 0.995 of float32), elsewhere float32.

Threads may share an embedder: a build goes on while questions are asked. The model may be run by several at a time; its
tokenizer may not, since padding and truncation are state of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.domain import Progress
from rag.hardware import has_native_bfloat16, usable_threads
from rag.loading import load_model
from rag.protocols import Ids, OnProgress, TokenVectors, Vectors, silent

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 32


class SentenceTransformerEmbedder:
    """An `Embedder` over a sentence-transformers folder. `digest` names its content and is given by the caller."""

    def __init__(self, path: Path, digest: str, *, threads: int | None = None) -> None:
        self.path = path
        self.digest = digest
        self.threads = threads or usable_threads()
        self._tokenizing = threading.Lock()

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def dimension(self) -> int:
        return int(self._model.get_embedding_dimension() or 0)

    @property
    def max_tokens(self) -> int:
        return int(self._model.max_seq_length or 0)

    @cached_property
    def _model(self) -> SentenceTransformer:
        model: SentenceTransformer = load_model(
            "SentenceTransformer", self.path, "bfloat16" if has_native_bfloat16() else "float32"
        )
        return model

    @cached_property
    def _tokenizer(self) -> Any:
        return self._model.tokenizer

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, self._prompt("query"), silent)

    def encode_documents(self, texts: Sequence[str], on_progress: OnProgress = silent) -> Vectors:
        return self._encode(texts, self._prompt("document", "passage", "corpus"), on_progress)

    def _encode(self, texts: Sequence[str], prompt: str, on_progress: OnProgress) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for rows in self._batches(texts, on_progress):
            _, made = self._forward([texts[i] for i in rows], prompt)
            vectors[rows] = self._unit(made["sentence_embedding"])
        return vectors

    def encode_question(self, text: str) -> tuple[Vectors, TokenVectors]:
        self._use_threads(1)
        vectors, (tokens,) = self._with_tokens([text], self._prompt("query"))
        return vectors[0], tokens

    def encode_passages(
        self, texts: Sequence[str], on_progress: OnProgress = silent
    ) -> Iterator[tuple[int, Vectors, TokenVectors]]:
        prompt = self._prompt("document", "passage", "corpus")
        for rows in self._batches(texts, on_progress):
            vectors, tokens = self._with_tokens([texts[i] for i in rows], prompt)
            yield from zip(rows, vectors, tokens, strict=True)

    def _batches(self, texts: Sequence[str], on_progress: OnProgress) -> Iterator[list[int]]:
        """Places of texts to read together, the longest first; tells the progress between."""
        # A single text is too short to share between threads, which only wait for each other on a busy machine.
        self._use_threads(self.threads if len(texts) > 1 else 1)
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        for start in range(0, len(order), BATCH):
            on_progress(Progress("embed", start, len(texts), "passages"))
            yield order[start : start + BATCH]
        on_progress(Progress("embed", len(texts), len(texts), "passages"))

    def _prompt(self, *names: str) -> str:
        """The model's own prompt of the first of these names, as `encode_query` and `encode_document` choose it."""
        prompts = self._model.prompts
        return next((prompts[name] for name in names if prompts.get(name)), "")

    def _forward(self, texts: Sequence[str], prompt: str) -> tuple[Any, Any]:
        """What tokenizer and model give for `texts` with `prompt` before them."""
        import torch

        with self._tokenizing:
            encoded = self._tokenizer(
                [prompt + text for text in texts],
                padding=True,
                truncation=True,
                max_length=self.max_tokens,
                return_offsets_mapping=True,
                return_special_tokens_mask=True,
                return_tensors="pt",
            )
        with torch.inference_mode():
            return encoded, self._model({name: encoded[name] for name in ("input_ids", "attention_mask")})

    def _with_tokens(self, texts: Sequence[str], prompt: str) -> tuple[Vectors, list[TokenVectors]]:
        """The texts' vectors and their tokens', from one pass."""
        encoded, made = self._forward(texts, prompt)
        begins, ends = encoded["offset_mapping"].unbind(-1)
        # The space before a word belongs to its token: that of the text's first word begins in the prompt.
        content = (encoded["special_tokens_mask"] == 0) & (ends > len(prompt))
        tokens = [
            TokenVectors(self._unit(states[mask]), _word_starts(text, places[mask].numpy() - len(prompt)))
            for text, states, mask, places in zip(texts, made["token_embeddings"], content, begins, strict=True)
        ]
        return self._unit(made["sentence_embedding"]), tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        with self._tokenizing:
            encoded = self._tokenizer(list(texts), add_special_tokens=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def _use_threads(self, count: int) -> None:
        import torch

        torch.set_num_threads(count)

    @staticmethod
    def _unit(tensor: Any) -> Vectors:
        vectors: Vectors = tensor.float().cpu().numpy().astype(np.float32)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vectors = vectors / np.maximum(norms, 1e-12)
        return unit


def _word_starts(text: str, places: Ids) -> Ids:
    """`places` in `text` moved on over white space; its end where nothing else follows."""
    solid = np.array([place for place, character in enumerate(text) if not character.isspace()], np.int64)
    starts: Ids = np.append(solid, len(text))[np.searchsorted(solid, places)]
    return starts
