"""Where the vectors of new spans come from: an older index that has the text, or the embedder, once for each text.

What is embedded goes to `Made` as it comes, and is read from there when the index is written: neither texts nor vectors
are ever all in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from rag.domain import Progress
from rag.indexing.checkpoint import Made
from rag.protocols import Embedder, Ids, OnProgress, TokenVectors, Vectors
from rag.store import SAMPLE, Embedded, FaissStore, Projection, Rows, StoredTokens

# Passages whose vectors are committed at a time, as many as an embedder reads at a time.
_PASSAGES_KEPT = 32
# Sentences that are embedded, and committed, at a time.
_SENTENCES_KEPT = 512


@dataclass(slots=True)
class Vectoriser:
    """Finds or makes the vectors of texts. `known` is an index by the same embedder.

    Its tokens are used too if it is `projected`, by the projection of the index that is made. A place is where a
    text's vector lies: a row of `known`, or, below zero, minus the place in `made`.
    """

    embedder: Embedder
    made: Made
    known: Embedded | None
    projected: bool
    on_progress: OnProgress
    embedded: int = field(default=0, init=False)

    def places(self, level: str, batches: Iterable[Sequence[str]], total: int) -> Ids:
        """The places of `total` texts of a level, int64 [total]; what is in neither of the two is embedded."""
        if level == "passage" and self.known and self.projected:
            self.made.project(self.known.tokens.projection)
        found: list[Ids] = [np.empty(0, np.int64)]
        done = 0
        for texts in batches:
            found.append(self._places_of(level, texts, partial(self._tell, done, total)))
            done += len(texts)
            self.on_progress(Progress("embed", done, total, "passages"))
        return np.concatenate(found)

    def vectors(self, level: str, places: Ids) -> Vectors:
        """The vectors float32 [n, dimension] in these places."""
        vectors = np.empty((len(places), self.dimension), np.float32)
        old = places >= 0
        if old.any():
            vectors[old] = self._store(level).at(places[old])
        if not old.all():
            vectors[~old] = self.made.vectors((-places[~old]).tolist())
        return vectors

    def tokens(self, places: Ids) -> Iterator[StoredTokens]:
        """The tokens of the passages in these places."""
        new = iter(self.made.tokens((-places[places < 0]).tolist()))
        for place in places:
            yield self.known.tokens.at(int(place)) if self.known and place >= 0 else next(new)

    @property
    def projection(self) -> Projection:
        """That of the tokens; fitted to nothing where there are none."""
        return self.made.projection or _fit([], self.dimension)

    @property
    def dimension(self) -> int:
        """Number of components of a vector."""
        return self.known.passages.dimension if self.known else self.embedder.dimension

    def _store(self, level: str) -> FaissStore:
        assert self.known
        return self.known.passages if level == "passage" else self.known.sentences

    def _places_of(self, level: str, texts: Sequence[str], on_progress: OnProgress) -> Ids:
        found = self._rows(level, texts)
        others = [text for text in dict.fromkeys(texts) if text not in found]
        made = self.made.resume(level, others)
        # The longest first, as an embedder reads them.
        missing = sorted((text for text in others if text not in made), key=len, reverse=True)
        if missing:
            embed = self._embed_passages if level == "passage" else self._embed_sentences
            embed(missing, on_progress)
            self.embedded += len(missing)
            made |= self.made.places(level, missing)
        return np.array([found[text] if text in found else -made[text] for text in texts], np.int64)

    def _rows(self, level: str, texts: Sequence[str]) -> dict[str, int]:
        """The rows of `known` where texts lie."""
        if not self.known or (level == "passage" and not self.projected):
            return {}
        ids = self.known.catalog.with_texts(level, set(texts))
        rows = Rows(self._store(level).ids).find(list(ids.values()))
        return dict(zip(ids, rows.tolist(), strict=True))

    def _embed_passages(self, texts: Sequence[str], on_progress: OnProgress) -> None:
        waiting: list[tuple[str, Vectors, TokenVectors]] = []
        # Whole token vectors are large: they are held only until there are enough of them to fit the projection.
        for place, vector, tokens in self.embedder.encode_passages(texts, on_progress):
            waiting.append((texts[place], vector, tokens))
            fits = self.made.projection or sum(len(t.places) for *_, t in waiting) >= SAMPLE
            if fits and len(waiting) >= _PASSAGES_KEPT:
                self._keep(waiting)
                waiting.clear()
        self._keep(waiting)

    def _keep(self, read: Sequence[tuple[str, Vectors, TokenVectors]]) -> None:
        if read and not self.made.projection:
            self.made.project(_fit([tokens for *_, tokens in read], self.dimension))
        projection = self.projection
        self.made.put("passage", [(text, v, StoredTokens.of(tokens, projection)) for text, v, tokens in read])

    def _embed_sentences(self, texts: Sequence[str], on_progress: OnProgress) -> None:
        for start in range(0, len(texts), _SENTENCES_KEPT):
            some = texts[start : start + _SENTENCES_KEPT]
            vectors = self.embedder.encode_documents(some, partial(_later, on_progress, start))
            self.made.put("sentence", zip(some, vectors, [None] * len(some), strict=True))

    def _tell(self, done: int, total: int, progress: Progress) -> None:
        self.on_progress(Progress("embed", min(done + progress.done, total), total, progress.unit, progress.detail))


def is_outgrown(known: Embedded, texts: Iterable[str]) -> bool:
    """Whether the projection of `known` was fitted on few tokens and most of `texts`, those of all passages, are new.

    All are then read again, for a better one.
    """
    if known.is_settled:
        return False
    held = {passage.text for passage in known.catalog.spans("passage")}
    seen: set[str] = set()
    for text in texts:
        seen.add(text)
        if len(seen - held) > len(held):
            break
    return len(seen - held) > len(seen & held)


def _later(on_progress: OnProgress, start: int, progress: Progress) -> None:
    on_progress(Progress(progress.step, start + progress.done, progress.total, progress.unit, progress.detail))


def _fit(read: Sequence[TokenVectors], dimension: int) -> Projection:
    none = np.empty((0, dimension), np.float32)
    return Projection.fit(np.concatenate([none, *(tokens.vectors for tokens in read)]))
