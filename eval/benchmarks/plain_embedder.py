"""sentence-transformers as its manual has it, with the precision that the product gives it."""

from __future__ import annotations

from typing import Any

from rag.embedding import SentenceTransformerEmbedder, load_model
from rag.system import has_native_bfloat16


def plain_embedder(embedder: SentenceTransformerEmbedder) -> Any:
    """The model of `embedder` as the library's own class, loaded."""
    return load_model("SentenceTransformer", embedder.path, "bfloat16" if has_native_bfloat16() else "float32")
