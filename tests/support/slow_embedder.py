"""An embedder that takes its time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from rag.protocols import OnProgress, TokenVectors, Vectors, silent
from tests.support.doubles import BagEmbedder


class Slow(BagEmbedder):
    """Takes its time over passages, as a model does."""

    def encode_passages(
        self, texts: Sequence[str], on_progress: OnProgress = silent
    ) -> Iterator[tuple[int, Vectors, TokenVectors]]:
        time.sleep(len(texts) / 400)
        yield from super().encode_passages(texts, on_progress)
