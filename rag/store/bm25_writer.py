"""Builds a BM25 index batch by batch, from texts and from an older index, straight to its files.

What it holds does not depend on how it was built: an index to which a passage was added is that of all passages.
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from rag.protocols import Ids
from rag.store.arrays import ArrayFile
from rag.store.bm25 import ARRAYS, K1, PARAMETERS, VOCABULARY, B, LexicalIndex, weighed
from rag.store.postings import Postings, Run, merged, spill
from rag.system import write_text

MOST_HELD = 25_000_000
"""Bytes of postings that are held in memory before they are written to files beside the index."""


class LexicalBuilder:
    """An index of the passages `ids`, int64 [n], to which their terms are given in any order, each passage's once.

    It is to be written to `folder`, which must not exist yet; more can be given than memory holds.
    """

    def __init__(self, ids: Ids, folder: Path, *, most_held: int = MOST_HELD) -> None:
        self._ids = ids
        self._folder = folder
        self._spilled = folder.with_name(f"{folder.name}.runs")
        self._most_held = most_held
        self._lengths = np.zeros(len(ids), np.int32)
        self._numbers: defaultdict[str, int] = defaultdict()
        self._numbers.default_factory = self._numbers.__len__
        self._runs: list[Run] = []
        self._held: list[Run] = []

    def keep(self, old: LexicalIndex, moved: Ids) -> None:
        """Takes passages over: `moved` int64 [len(old)] gives each row of `old` its row here, -1 where it has none.

        To be done first, since it numbers the terms.
        """
        self._numbers.update(old.term_numbers)
        self._runs.append(Run(old.postings, moved))
        kept = moved >= 0
        self._lengths[moved[kept]] = old.lengths[kept]

    def add(self, rows: Ids, documents: Sequence[Sequence[str]]) -> None:
        """The terms of the passages in these rows, int64 [len(documents)]."""
        self._lengths[rows] = [len(terms) for terms in documents]
        postings = Postings.count(documents, rows, self._numbers.__getitem__)
        self._held.append(Run(postings))
        if sum(run.postings.size for run in self._held) > self._most_held:
            # Merged: a run has a number for each term, whether it holds it or not.
            self._runs.append(Run(spill(self._spilled / str(len(self._runs)), merged(self._held, len(self._ids)))))
            self._held.clear()

    def write(self) -> None:
        """Writes the folder, flushed to disk."""
        self._folder.mkdir(parents=True)
        mean = float(self._lengths.mean()) if len(self._ids) else 0.0
        with ExitStack() as files:
            ids, lengths, counts, starts, rows, scores = (
                files.enter_context(ArrayFile(self._folder / f"{name}.npy", dtype)) for name, dtype in ARRAYS.items()
            )
            ids.append(self._ids)
            lengths.append(self._lengths)
            held = np.empty(0, np.int64)
            for some in merged([*self._runs, *self._held], len(self._ids)):
                holders = np.diff(some.starts)
                held = np.append(held, holders)
                counts.append(some.counts)
                rows.append(some.rows)
                scores.append(weighed(holders, some.counts, self._lengths[some.rows], len(self._ids), mean))
            starts.append(np.append(np.int64(0), np.cumsum(held[held > 0])))
        # Terms that no passage holds any more go, and the others are numbered anew.
        numbers = np.cumsum(held > 0) - 1
        vocabulary = {term: int(numbers[number]) for term, number in self._numbers.items() if held[number]}
        parameters = {"k1": K1, "b": B, "method": "lucene", "num_docs": len(self._ids)}
        for name, value in ((VOCABULARY, vocabulary), (PARAMETERS, parameters)):
            write_text(self._folder / name, json.dumps(value, ensure_ascii=False))
        if self._spilled.exists():
            self._runs.clear()
            shutil.rmtree(self._spilled)
