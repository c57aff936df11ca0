"""Posting lists: for each term the documents that hold it, and how often, merged from runs that fit in memory.

An inverted index is made as Zobel & Moffat describe it ("Inverted files for text search engines", 2006, 5.2): batches
of documents become sorted runs, and the runs are merged term by term. An older index is one more run, its documents
renumbered, so that a few new documents cost a merge and no analysis of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.protocols import Ids
from rag.store.arrays import ArrayFile

Number = Callable[[str], int]

MOST_COUNTED = 255
"""Of one term in one document: BM25 hardly tells more from fewer by then."""
# Postings that are merged at a time: about 30 bytes each meanwhile.
_BLOCK = 1_000_000


@dataclass(frozen=True, slots=True)
class Postings:
    """Of term `t`: `rows` int32 and `counts` uint8 from `starts[t]` to `starts[t + 1]` (int64), by ascending row."""

    starts: Ids
    rows: NDArray[np.int32]
    counts: NDArray[np.uint8]

    @classmethod
    def count(cls, documents: Sequence[Sequence[str]], rows: Ids, number: Number) -> Postings:
        """The terms of `documents`, whose rows are `rows`, int64 [len(documents)]; `number` numbers terms from 0 on."""
        lengths = np.fromiter(map(len, documents), np.int64, len(documents))
        terms = np.fromiter(map(number, chain.from_iterable(documents)), np.int64, int(lengths.sum()))
        width = int(rows.max(initial=0)) + 1
        keys, counts = np.unique(terms * width + np.repeat(rows, lengths), return_counts=True)
        held = np.bincount(keys // width, minlength=int(terms.max(initial=-1)) + 1)
        return cls(
            _starts(held), (keys % width).astype(np.int32), np.minimum(counts, MOST_COUNTED).astype(np.uint8)
        )  # fmt: skip

    @property
    def terms(self) -> int:
        """Number of terms, those without a document included."""
        return len(self.starts) - 1

    @property
    def size(self) -> int:
        """Bytes."""
        return self.starts.nbytes + self.rows.nbytes + self.counts.nbytes


@dataclass(frozen=True, slots=True)
class Run:
    """Postings to be merged. `moved` int64 [documents] gives each row its new one, -1 to leave it out; None: as is."""

    postings: Postings
    moved: Ids | None = None

    def between(self, first: int, last: int) -> tuple[Ids, Ids, NDArray[np.uint8]]:
        """Term, row and count of the postings of the terms from `first` to before `last`."""
        starts = self.postings.starts[first : last + 1]
        if len(starts) < 2:
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint8)
        some = slice(int(starts[0]), int(starts[-1]))
        terms = np.repeat(np.arange(first, first + len(starts) - 1), np.diff(starts))
        rows = self.postings.rows[some].astype(np.int64)
        counts = np.asarray(self.postings.counts[some])
        if self.moved is None:
            return terms, rows, counts
        rows = self.moved[rows]
        kept = rows >= 0
        return terms[kept], rows[kept], counts[kept]


def merged(runs: Sequence[Run], documents: int) -> Iterator[Postings]:
    """The postings of all `runs`, some terms after the other in the order of their numbers.

    No term and row may stand in two runs; `documents` is the number of rows there are.
    """
    terms = max((run.postings.terms for run in runs), default=0)
    sizes = np.zeros(terms, np.int64)
    for run in runs:
        sizes[: run.postings.terms] += np.diff(run.postings.starts)
    for first, last in _blocks(sizes):
        parts = [run.between(first, last) for run in runs]
        held, rows, counts = (np.concatenate(some) for some in zip(*parts, strict=True))
        # Each part is sorted already, which a stable sort makes use of.
        order = np.argsort(held * max(1, documents) + rows, kind="stable")
        starts = _starts(np.bincount(held - first, minlength=last - first))
        yield Postings(starts, rows[order].astype(np.int32), counts[order])


def spill(folder: Path, parts: Iterable[Postings]) -> Postings:
    """All of `parts`, some terms after the other, in files of the new folder `folder`, memory-mapped."""
    folder.mkdir(parents=True)
    held = [np.zeros(1, np.int64)]
    with ArrayFile(folder / "rows.npy", np.int32) as rows, ArrayFile(folder / "counts.npy", np.uint8) as counts:
        for some in parts:
            held.append(np.diff(some.starts))
            rows.append(some.rows)
            counts.append(some.counts)
    np.save(folder / "starts.npy", np.cumsum(np.concatenate(held)))
    return Postings(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("starts", "rows", "counts")))


def _blocks(sizes: Ids) -> Iterator[tuple[int, int]]:
    """Ranges of terms that together have about as many postings as are merged at a time."""
    ends = np.cumsum(sizes)
    first = 0
    while first < len(sizes):
        before = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + _BLOCK, "right")))
        yield first, last
        first = last


def _starts(sizes: Ids) -> Ids:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])
