"""Where the rows of a store lie, by id: a sorted array, which takes 8 bytes an id where a `dict` takes a hundred."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from rag.protocols import Ids


class Rows:
    """The rows of a store whose ids, int64 [n] and each there once, are `ids` in that order."""

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
