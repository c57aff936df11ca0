"""Passages a second of the product's embedding, which keeps the tokens' vectors too, beside the library's own."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import cycle, islice

from eval.benchmarks.figures import Bar, Figure
from eval.benchmarks.plain_embedder import plain_embedder
from rag.embedding import BATCH, FEW, SentenceTransformerEmbedder

SECTION = "indexing"
PASSAGES = FEW + BATCH
"""More than are read in numpy: this is about the many texts of a build."""
_PLAIN_BATCHES = (32, 64)


def measure(embedder: SentenceTransformerEmbedder, texts: Sequence[str], repetitions: int) -> tuple[Figure, ...]:
    """The section's, over `PASSAGES` of `texts`, those repeated if they are fewer.

    The library sorts by length itself; of its batch sizes the one counts that is faster here.
    """
    import torch  # noqa: PLC0415 (late, as the product imports it)

    model = plain_embedder(embedder)
    passages = list(islice(cycle(texts), PASSAGES))

    def product() -> None:
        deque(embedder.encode_passages(passages), maxlen=0)

    def plain(batch: int) -> None:
        torch.set_num_threads(embedder.threads)
        model.encode_document(passages, batch_size=batch, show_progress_bar=False)

    product()
    plain(_PLAIN_BATCHES[0])
    best = min(_PLAIN_BATCHES, key=lambda batch: _seconds(lambda: plain(batch)))
    rows = [(_seconds(product), _seconds(lambda: plain(best))) for _ in range(repetitions)]
    speeds = [[PASSAGES / took for took in side] for side in zip(*rows, strict=True)]
    return (
        Figure.of(
            SECTION, "embedding", "passages/s", speeds[0], Bar(0.9, at_least=True),
            plain=f"encode_document, batches of {best}", beside=speeds[1],
        ),
    )  # fmt: skip


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
