"""An embedder whose texts are read on a Ray cluster, by a process on each of its processors.

Which texts are read together changes the last bits of their vectors. So a worker is given whole batches of those that
the local embedder would read, and the results come in its order: where the processors are alike, an index is the same
to the last bit. What a worker that is lost had before it is given to another. The results are passed on as they come,
and so are kept (`rag.indexing.checkpoint`): who loses this process loses next to nothing.

Ray is an extra, and a worker needs what this process has: this version of rag, this embedder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from itertools import accumulate
from platform import node
from typing import Any

import numpy as np

from rag.domain import Progress
from rag.embedding.embedder import BATCH, FEW
from rag.embedding.ray_cluster import Cluster
from rag.errors import RagError, WorkerUnfit
from rag.protocols import Embedder, Ids, OnProgress, TokenVectors, Vectors, silent

UNIT = 3 * BATCH
"""Texts that a worker is given at a time; the last ones of a call are up to `FEW` more."""

MakeEmbedder = Callable[[], Embedder]


class RayEmbedder:
    """An `Embedder` that has the cluster at `address` read documents and passages, and everything else done by `local`.

    `make` makes the same embedder in a worker; it travels there, so it is a function of a module, or a `partial` of
    one. An address is `auto`, HOST:PORT or `ray://HOST:PORT`. Connects at first use; to be closed. A call raises
    ExtraMissing without Ray, ClusterUnusable, WorkerUnfit, and what the embedder raises in a worker.
    """

    def __init__(self, local: Embedder, make: MakeEmbedder, address: str) -> None:
        self._local = local
        self._make = make
        self._address = address

    @property
    def name(self) -> str:
        return self._local.name

    @property
    def digest(self) -> str:
        return self._local.digest

    @property
    def dimension(self) -> int:
        return self._local.dimension

    @property
    def max_tokens(self) -> int:
        return self._local.max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._local.count_tokens(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._local.encode_queries(texts)

    def encode_question(self, text: str) -> tuple[Vectors, TokenVectors]:
        return self._local.encode_question(text)

    def encode_documents(self, texts: Sequence[str], on_progress: OnProgress = silent) -> Vectors:
        if len(texts) <= FEW:
            return self._local.encode_documents(texts, on_progress)
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for places, made in self._read("documents", texts, on_progress):
            vectors[places] = made
        return vectors

    def encode_passages(
        self, texts: Sequence[str], on_progress: OnProgress = silent
    ) -> Iterator[tuple[int, Vectors, TokenVectors]]:
        if len(texts) <= FEW:
            yield from self._local.encode_passages(texts, on_progress)
            return
        for places, (vectors, ends, tokens, starts) in self._read("passages", texts, on_progress):
            for place, vector, begin, end in zip(places, vectors, [0, *ends], ends, strict=False):
                yield place, vector, TokenVectors(tokens[begin:end], starts[begin:end])

    def _read(self, task: str, texts: Sequence[str], on_progress: OnProgress) -> Iterator[tuple[Sequence[int], Any]]:
        """The places in `texts` of each unit and what the `task` of a worker makes of it, the longest texts first."""
        units = list(units_of(texts))
        done = 0
        results = self._cluster.map(task, [[texts[place] for place in places] for places in units])
        for places, made in zip(units, results, strict=True):
            on_progress(Progress("embed", done, len(texts), "passages"))
            yield places, made
            done += len(places)
        on_progress(Progress("embed", done, len(texts), "passages"))

    @cached_property
    def _cluster(self) -> Cluster:
        return Cluster(self._address, _Worker, self._make, self.digest, version("rag"))

    def close(self) -> None:
        """Leaves the cluster; the workers end."""
        if "_cluster" in self.__dict__:
            self._cluster.close()
            del self._cluster


def units_of(texts: Sequence[str]) -> Iterator[Sequence[int]]:
    """The places of more than `FEW` texts, the longest first, in units of whole batches and of more than `FEW` texts.

    So a worker that is given a unit reads the very batches, and by the same means, that it would make of all texts.
    """
    order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
    starts = range(0, len(order) - FEW, UNIT)
    for start in starts:
        yield order[start:] if start == starts[-1] else order[start : start + UNIT]


@dataclass
class _Worker:
    """What runs in the cluster; the embedder is made at first use, also after a new start on another machine."""

    _make: MakeEmbedder
    _digest: str
    _release: str

    @cached_property
    def _embedder(self) -> Embedder:
        """Raises WorkerUnfit where it is not that of the process that asks."""
        try:
            embedder = self._make()
        except RagError as error:
            raise WorkerUnfit(host=node(), reason=error.message().rstrip(".")) from error
        for name, there, here in (
            ("rag", version("rag"), self._release), (embedder.name, embedder.digest[:8], self._digest[:8]),
        ):  # fmt: skip
            if there != here:
                raise WorkerUnfit(host=node(), reason=f"{name} ({there} ≠ {here})")
        return embedder

    def ready(self) -> None:
        """Loads what reads many texts; raises as the embedder does."""
        self._embedder.encode_documents(["?"] * (FEW + 1))

    def documents(self, texts: Sequence[str]) -> Vectors:
        """Their vectors, float32 [len(texts), dimension]."""
        return self._embedder.encode_documents(texts)

    def passages(self, texts: Sequence[str]) -> tuple[Vectors, list[int], Vectors, Ids]:
        """Their vectors; where the tokens of each end among those of all; vectors and places of all tokens.

        Four arrays travel by shared memory, hundreds of small ones would be copied one by one.
        """
        made = {place: (vector, tokens) for place, vector, tokens in self._embedder.encode_passages(texts)}
        vectors, tokens = zip(*(made[place] for place in range(len(texts))), strict=True)
        ends = list(accumulate(len(one.places) for one in tokens))
        rows, places = (np.concatenate(some) for some in zip(*((t.vectors, t.places) for t in tokens), strict=True))
        return np.stack(vectors), ends, rows, places
