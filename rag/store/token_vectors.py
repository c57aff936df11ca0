"""Token vectors of passages, for late interaction: a question is compared with a passage word by word.

A passage is scored by the mean, over the tokens of the question, of the best inner product with a token of the
passage (Khattab & Zaharia 2020, "ColBERT"). The vectors are the embedder's own. They are centred, projected on
their 128 principal directions and stored in 8 bits with a scale and a place per token, 134 bytes, memory-mapped.
The projection is fitted on the first tokens of an index and kept while the index is updated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged
from rag.protocols import Ids, TokenVectors, Vectors
from rag.store.arrays import ArrayFile, Rows

DIRECTIONS = 128
SAMPLE = 8_000
"""Tokens on which a projection is fitted."""

# Passages whose tokens are written at a time.
_WRITTEN_AT_A_TIME = 128
_ARRAYS = ("centre", "basis", "ids", "starts", "vectors", "scales", "places")


@dataclass(frozen=True, slots=True)
class Projection:
    """`centre` float32 [dimension] and orthonormal `basis` float32 [dimension, directions]."""

    centre: Vectors
    basis: Vectors

    @classmethod
    def fit(cls, vectors: Vectors) -> Projection:
        """The principal directions of `vectors`, float32 [n, dimension]; the first ones there are when n is 0."""
        centre = vectors.mean(0) if len(vectors) else np.zeros(vectors.shape[1], np.float32)
        values = vectors - centre
        _, directions = np.linalg.eigh(values.T @ values)
        return cls(centre, np.ascontiguousarray(directions[:, ::-1][:, :DIRECTIONS], np.float32))

    @classmethod
    def unpacked(cls, centre: bytes, basis: bytes) -> Projection:
        """That of the bytes of the two arrays."""
        mean = np.frombuffer(centre, np.float32)
        return cls(mean, np.frombuffer(basis, np.float32).reshape(len(mean), -1))

    def packed(self) -> tuple[bytes, bytes]:
        """The bytes of `centre` and of `basis`."""
        return self.centre.tobytes(), self.basis.tobytes()

    def is_same(self, other: Projection) -> bool:
        """Whether tokens that went through the one and the other may be compared."""
        return np.array_equal(self.basis, other.basis) and np.array_equal(self.centre, other.centre)

    def apply(self, vectors: Vectors) -> Vectors:
        """float32 [n, dimension] to float32 [n, directions]."""
        return np.asarray((vectors - self.centre) @ self.basis, np.float32)


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """The tokens of one passage: `vectors` int8 [t, directions], `scales` float16 [t], `places` uint32 [t].

    A place is where in the passage's text the token begins.
    """

    vectors: NDArray[np.int8]
    scales: NDArray[np.float16]
    places: NDArray[np.uint32]

    @classmethod
    def of(cls, tokens: TokenVectors, projection: Projection) -> StoredTokens:
        """`tokens` projected and rounded."""
        values = projection.apply(tokens.vectors)
        largest = np.abs(values).max(1) if values.size else np.zeros(len(values), np.float32)
        scales: NDArray[np.float16] = np.maximum(largest / 127, 1e-7).astype(np.float16)
        rounded = np.clip(np.round(values / scales.astype(np.float32)[:, None]), -127, 127).astype(np.int8)
        return cls(rounded, scales, np.asarray(tokens.places, np.uint32))

    @classmethod
    def unpacked(cls, content: bytes, directions: int) -> StoredTokens:
        """What `packed` gave, of tokens with that number of `directions`."""
        count = len(content) // (directions + 6)
        vectors = np.frombuffer(content, np.int8, count * directions).reshape(count, directions)
        scales = np.frombuffer(content, np.float16, count, count * directions)
        return cls(vectors, scales, np.frombuffer(content, np.uint32, count, count * (directions + 2)))

    def packed(self) -> bytes:
        """The three arrays, one after the other."""
        return b"".join(part.tobytes() for part in (self.vectors, self.scales, self.places))

    def similarities(self, question: Vectors) -> Vectors:
        """Inner products float32 [q, t] with the projected question tokens, float32 [q, directions]."""
        products: Vectors = (question @ self.vectors.astype(np.float32).T) * self.scales.astype(np.float32)
        return products


class TokenStore(Rows):
    """The stored tokens of all passages of an index, by passage id."""

    def __init__(self, projection: Projection, ids: Ids, starts: Ids, tokens: StoredTokens) -> None:
        self.projection = projection
        super().__init__(ids)
        self._starts = starts
        self._tokens = tokens

    @classmethod
    def open(cls, folder: Path) -> TokenStore:
        """Reads what `write_tokens` wrote, memory-mapped. Raises IndexDamaged."""
        try:
            centre, basis, ids, starts, vectors, scales, places = (
                # As plain arrays, of which slices cost a tenth.
                np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))
                for name in _ARRAYS
            )
        except (OSError, ValueError, EOFError) as error:
            raise IndexDamaged(path=folder, reason=error) from error
        whole = len(starts) == len(ids) + 1 and starts[-1] == len(vectors) == len(scales) == len(places)
        if not whole or basis.shape != (len(centre), *vectors.shape[1:]):
            raise IndexDamaged(path=folder, reason="its arrays do not belong together")
        return cls(Projection(np.array(centre), np.array(basis)), ids, starts, StoredTokens(vectors, scales, places))

    @property
    def total(self) -> int:
        """Number of tokens of all passages together."""
        return len(self._tokens.scales)

    def many(self, ids: Ids | Sequence[int]) -> list[StoredTokens]:
        """The tokens of these passages. Raises KeyError."""
        return [self.at(int(row)) for row in self.find(ids)]

    def at(self, row: int) -> StoredTokens:
        """The tokens of the passage in this row."""
        some = slice(int(self._starts[row]), int(self._starts[row + 1]))
        return StoredTokens(self._tokens.vectors[some], self._tokens.scales[some], self._tokens.places[some])


def write_tokens(folder: Path, projection: Projection, ids: Ids, tokens: Iterable[StoredTokens]) -> None:
    """Writes the new folder of a store of `tokens`, those of each passage, some at a time in memory; flushed to disk.

    `ids` int64 [number of passages].
    """
    folder.mkdir(parents=True)
    with ExitStack() as files:

        def opened(name: str, dtype: type[np.generic], *row: int) -> ArrayFile:
            return files.enter_context(ArrayFile(folder / f"{name}.npy", dtype, row))

        directions = projection.basis.shape[1]
        opened("centre", np.float32).append(projection.centre)
        opened("basis", np.float32, directions).append(projection.basis)
        opened("ids", np.int64).append(ids)
        vectors = opened("vectors", np.int8, directions)
        scales, places = opened("scales", np.float16), opened("places", np.uint32)
        lengths = [0]
        rest = iter(tokens)
        while some := list(islice(rest, _WRITTEN_AT_A_TIME)):
            vectors.append(np.concatenate([one.vectors for one in some]))
            scales.append(np.concatenate([one.scales for one in some]))
            places.append(np.concatenate([one.places for one in some]))
            lengths += [len(one.scales) for one in some]
        opened("starts", np.int64).append(np.cumsum(lengths, dtype=np.int64))
