"""How the vectors of a level are stored: one by one as long as that is fast, quantised when there are more.

The quantised form is an inverted file (Sivic & Zisserman 2003) of 4-bit product codes (Jégou et al. 2011), scanned in
registers (André et al. 2015), whose best are compared again by their vectors in 16 bits. Among 200,000 vectors it was
fifty times as fast as comparing all and found 0.999 of the ten nearest, where a graph (HNSW) found 0.96, takes ten
times as long to build, and cannot be searched among some. How much is read is chosen by what it takes to find
`LEAST_RECALL` of the true nearest of a sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from rag.protocols import Ids, Vectors
from rag.store.arrays import ArrayFile
from rag.store.faiss_store import FaissStore
from rag.store.faiss_writer import rewrite_effort, write_flat, write_refined

FLAT_BYTES = 160_000_000
"""Vectors of 32 bits that together are larger are quantised: to read so much takes about ten milliseconds."""
LEAST_RECALL = 0.98
NEIGHBOURS = 100
"""As many as a search asks for, and as the recall is measured on."""

_AT_A_TIME = 10_000
_TRAINED_ON = 40  # vectors for each list
_FEWEST_TRAINED_ON = 4_096
_MEASURED_ON = 100  # queries
_FACTOR = 4  # times as many as asked for are compared again
_LARGEST_FACTOR = 64
_FEWEST_PROBES = 8
_SEED = 1


@dataclass(frozen=True, slots=True)
class Layout:
    """How a store of `vectors` lies: `kind` "flat", or "ivf-pq" with `probes` of its `lists` read for a question.

    `factor` times as many as are asked for are compared again. `recall` is the share of the 100 true nearest that were
    found for stored vectors when the store was built; that of a flat store is 1.
    """

    kind: str
    vectors: int
    lists: int = 0
    probes: int = 0
    factor: int = 0
    recall: float = 1.0


def write_store(
    path: Path, ids: Ids, batches: Iterable[Vectors], dimension: int, *, most_flat: int = FLAT_BYTES
) -> Layout:
    """Writes the file of a store, of which only some vectors are in memory at a time.

    `batches`, float32 [m, dimension], hold one for each of `ids`. It is quantised when they take more than `most_flat`
    bytes.
    """
    if len(ids) * dimension * 4 <= most_flat:
        write_flat(path, ids, batches, dimension)
        return Layout("flat", len(ids))
    whole = path.with_suffix(".npy")
    with ArrayFile(whole, np.float32, (dimension,)) as file:
        for some in batches:
            file.append(some)
    vectors = np.load(whole, mmap_mode="r")
    index = _trained(vectors)
    base: Any = faiss.downcast_index(index.base_index)
    for _, some in _batches(vectors):
        base.add(some)
    write_refined(path, ids, index, (some for _, some in _batches(vectors)))
    written = FaissStore.open(path, read_whole=0)
    layout = _tuned(written.refined, vectors)
    base.nprobe, index.k_factor = layout.probes, layout.factor
    rewrite_effort(path, ids, index)
    whole.unlink()
    return layout


def _batches(vectors: Vectors) -> Iterator[tuple[int, Vectors]]:
    for start in range(0, len(vectors), _AT_A_TIME):
        yield start, np.ascontiguousarray(vectors[start : start + _AT_A_TIME], np.float32)


def _sample(vectors: Vectors, size: int) -> Vectors:
    chosen = np.random.default_rng(_SEED).permutation(len(vectors))[:size]
    return np.ascontiguousarray(vectors[np.sort(chosen)], np.float32)


def _trained(vectors: Vectors) -> Any:
    """An empty index whose lists and codes were fitted to a sample of `vectors`."""
    dimension = vectors.shape[1]
    lists = max(1, 2 ** round(np.log2(2 * np.sqrt(len(vectors)))))
    codes = next(n for n in range(max(1, dimension // 4), 0, -1) if dimension % n == 0)
    base = faiss.index_factory(dimension, f"IVF{lists},PQ{codes}x4fs", faiss.METRIC_INNER_PRODUCT)
    whole = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    sample = _sample(vectors, max(_FEWEST_TRAINED_ON, _TRAINED_ON * lists))
    base.train(sample)
    whole.train(sample)
    index = faiss.IndexRefine(base, whole)
    index.k_factor = _FACTOR
    return index


def _tuned(index: Any, vectors: Vectors) -> Layout:
    """Sets how much `index` reads to the least that finds enough."""
    base: Any = faiss.downcast_index(index.base_index)
    queries = _sample(vectors, _MEASURED_ON)
    true = nearest(queries, _batches(vectors), NEIGHBOURS)
    found_of_them = 0.0
    for probes, factor in _efforts(base.nlist):
        base.nprobe, index.k_factor = probes, factor
        _, found = index.search(queries, true.shape[1])
        found_of_them = recall(found, true)
        if found_of_them >= LEAST_RECALL:
            break
    return Layout("ivf-pq", len(vectors), base.nlist, base.nprobe, int(index.k_factor), round(found_of_them, 4))


def _efforts(lists: int) -> Iterator[tuple[int, int]]:
    """Numbers of lists to read and factors, more and more of the first, then of the second."""
    probes, factor = min(_FEWEST_PROBES, lists), _FACTOR
    while factor <= _LARGEST_FACTOR:
        yield probes, factor
        probes, factor = (min(2 * probes, lists), factor) if probes < lists else (lists, 2 * factor)


def nearest(queries: Vectors, blocks: Iterable[tuple[int, Vectors]], k: int) -> Ids:
    """The rows of the `k` true nearest of each query, int64 [q, k], best first; fewer where there are no more.

    `blocks` are all vectors in parts, each with the row of its first.
    """
    scores, rows = np.empty((len(queries), 0), np.float32), np.empty((len(queries), 0), np.int64)
    for start, some in blocks:
        near, places = faiss.knn(queries, some, min(k, len(some)), metric=faiss.METRIC_INNER_PRODUCT)
        scores, rows = np.hstack([scores, near]), np.hstack([rows, places + start])
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        scores, rows = np.take_along_axis(scores, best, 1), np.take_along_axis(rows, best, 1)
    return rows


def recall(found: Ids, true: Ids) -> float:
    """The mean share of the `true` nearest of each query, int64 [q, k], that are in `found`, int64 [q, m]."""
    return float(np.mean([np.isin(wanted, some).mean() for some, wanted in zip(found, true, strict=True)]))
