"""The articles and spans of a shared index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rag.postgres.snapshot import State
from rag.store import Catalog


class SharedCatalog(Catalog):
    """The catalog of one state of a shared index."""

    IN_LIST: ClassVar[str] = "IN (SELECT jsonb_array_elements_text(?::jsonb))"

    def __init__(self, state: State) -> None:
        super().__init__(state.server.shown)
        self._state = state

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self._state.rows(sql.replace("?", "%s"), parameters)

    def close(self) -> None:
        self._state.close()
