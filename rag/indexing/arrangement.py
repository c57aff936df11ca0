"""In which order the spans of an index lie, and which of them an older index has already.

Spans lie in the order of the articles, so that an index to which an article was added is arranged as one that was
built with it from the beginning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from rag.protocols import Ids
from rag.store import Catalog, Rows


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The spans of one level, by row: `ids` int64 [n], `rows_before` int64 [n], the row in the older index or -1."""

    ids: Ids
    rows_before: Ids

    @property
    def kept(self) -> Ids:
        """The rows of what the older index has, int64 [k]."""
        return np.flatnonzero(self.rows_before >= 0)

    @property
    def added(self) -> Ids:
        """The rows of what it has not, int64 [n - k]."""
        return np.flatnonzero(self.rows_before < 0)

    def moved(self, before: int) -> Ids:
        """The row here of each of `before` rows of the older index, int64 [before]; -1 where there is none."""
        moved = np.full(before, -1, np.int64)
        moved[self.rows_before[self.kept]] = self.kept
        return moved

    def is_all_of(self, before: int) -> bool:
        """Whether these are the `before` spans of the older index, in the same order."""
        return len(self.ids) == before and bool((self.rows_before == np.arange(before)).all())


def arrange(documents: Iterable[str], new: Mapping[str, Ids], old: Ids, rows_of: Mapping[str, Ids]) -> Arrangement:
    """The spans of `documents`: those with the ids `new`, or else those of the rows of the older index, ids `old`.

    `rows_of` gives the rows of a document there, as `rows_by_document` does.
    """
    ids: list[Ids] = [np.empty(0, np.int64)]
    before: list[Ids] = [np.empty(0, np.int64)]
    for document in documents:
        if document in new:
            ids.append(new[document])
            before.append(np.full(len(new[document]), -1, np.int64))
        else:
            rows = rows_of.get(document, np.empty(0, np.int64))
            ids.append(np.asarray(old[rows]))
            before.append(rows)
    return Arrangement(np.concatenate(ids), np.concatenate(before))


def rows_by_document(catalog: Catalog, level: str, ids: Ids) -> dict[str, Ids]:
    """The rows of each document, ascending, in an index whose ids are `ids`, by the documents' order there."""
    homes = catalog.homes(level)
    rows = Rows(ids).find([id_ for id_, _ in homes])
    found: dict[str, list[int]] = {}
    for place in np.argsort(rows):
        found.setdefault(homes[place][1], []).append(int(rows[place]))
    return {document: np.array(some, np.int64) for document, some in found.items()}
