"""Arrays of a store: files written piece by piece, so that one larger than memory can be made, and rows by id."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

from rag.protocols import Ids


class ArrayFile:
    """A new `.npy` file to which rows are appended; whole and flushed to disk once closed without an error.

    `row` is the shape of one row: `()` for a vector, `(128,)` for a matrix of 128 columns. Not mapped into memory
    while it is written: a full disk is then an OSError, not the end of the process.
    """

    def __init__(self, path: Path, dtype: DTypeLike, row: tuple[int, ...] = ()) -> None:
        self._dtype = np.dtype(dtype)
        self._row = row
        self._file = path.open("wb")
        self._rows = 0
        self._head()

    def _head(self) -> None:
        # NumPy leaves room in the header for the first axis to grow, so that it can be written over.
        shape = (self._rows, *self._row)
        descr = npy.dtype_to_descr(self._dtype)
        npy.write_array_header_1_0(self._file, {"descr": descr, "fortran_order": False, "shape": shape})

    def append(self, rows: NDArray[Any]) -> None:
        """Appends `rows`, [n, *row]."""
        self._file.write(np.ascontiguousarray(rows, self._dtype).data)
        self._rows += len(rows)

    def __enter__(self) -> ArrayFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            if error is None:
                self._file.seek(0)
                self._head()
                self._file.flush()
                os.fsync(self._file.fileno())


class Rows:
    """The rows of a store whose ids, int64 [n] and each there once, are `ids` in that order.

    They are looked up in a sorted array, which takes 8 bytes an id where a `dict` takes a hundred.
    """

    def __init__(self, ids: Ids) -> None:
        self.ids = ids

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def _order(self) -> Ids:
        order: Ids = np.argsort(self.ids, kind="stable")
        return order

    @cached_property
    def _sorted(self) -> Ids:
        return np.asarray(self.ids)[self._order]

    def locate(self, ids: Ids | Sequence[int]) -> Ids:
        """The row of each id, int64 [len(ids)]; -1 where it is not present."""
        wanted = np.asarray(ids, np.int64)
        if not len(self.ids):
            return np.full(len(wanted), -1, np.int64)
        places = np.minimum(np.searchsorted(self._sorted, wanted), len(self.ids) - 1)
        return np.where(self._sorted[places] == wanted, self._order[places], -1)

    def find(self, ids: Ids | Sequence[int]) -> Ids:
        """The row of each id, int64 [len(ids)]. Raises KeyError when one is not present."""
        rows = self.locate(ids)
        if (rows < 0).any():
            raise KeyError(int(np.asarray(ids)[np.argmin(rows)]))
        return rows
