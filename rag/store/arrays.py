"""NumPy files that are written piece by piece, so that an array larger than memory can be made."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray


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
