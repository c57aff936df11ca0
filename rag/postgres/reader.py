"""A shared index as questions use it: one state of it, opened for a question and let go of after it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, ClassVar

from rag.postgres.connection import server_at
from rag.postgres.lexical import SharedTerms
from rag.postgres.snapshot import State
from rag.postgres.vectors import SharedTokens, SharedVectors
from rag.store import Catalog, Manifest


class SharedCatalog(Catalog):
    """The articles and spans of one state of a shared index."""

    IN_LIST: ClassVar[str] = "IN (SELECT jsonb_array_elements_text(?::jsonb))"

    def __init__(self, state: State) -> None:
        super().__init__(state.server.shown)
        self._state = state

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self._state.rows(sql.replace("?", "%s"), parameters)

    def close(self) -> None:
        self._state.close()


@dataclass(frozen=True, slots=True)
class SharedIndex:
    """One state of a shared index, a `rag.store.searchable.Searchable`. `path` is its URL without the password.

    What is written meanwhile is seen by the next one that is opened. A connection belongs to it until it is closed, or
    nobody holds it any more.
    """

    path: str
    manifest: Manifest
    catalog: SharedCatalog
    passages: SharedVectors
    sentences: SharedVectors
    tokens: SharedTokens
    passage_terms: SharedTerms
    passage_grams: SharedTerms
    sentence_terms: SharedTerms
    state: State

    def close(self) -> None:
        """Gives its connection back."""
        self.state.close()


def open_shared(url: str) -> SharedIndex:
    """Opens the shared index at `url` as it is now.

    Raises StoreUnreachable, IndexMissing, IndexTooNew and IndexDamaged.
    """
    state = State(server_at(url))
    manifest, tally = state.manifest, state.tally
    return SharedIndex(
        path=state.server.shown,
        manifest=manifest,
        catalog=SharedCatalog(state),
        passages=SharedVectors(state, "passage", tally.passages, manifest.dimension),
        sentences=SharedVectors(state, "sentence", tally.sentences, manifest.dimension),
        tokens=SharedTokens(state),
        passage_terms=SharedTerms(state, "passage_terms", tally.passages, tally.passage_terms),
        passage_grams=SharedTerms(state, "passage_grams", tally.passages, tally.passage_grams),
        sentence_terms=SharedTerms(state, "sentence_terms", tally.sentences, tally.sentence_terms),
        state=state,
    )


def shared_manifest(url: str) -> Manifest:
    """What the shared index at `url` is now; another one after each change. Raises as `open_shared` does."""
    with closing(State(server_at(url))) as state:
        return state.manifest
