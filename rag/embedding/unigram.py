"""The tokenizer of one text, without the half second that reading a vocabulary of a quarter of a million pieces takes.

A Unigram tokenizer (Kudo 2018, "Subword Regularization") splits each word into those pieces of its vocabulary that are
likeliest together. Only pieces that stand in the word can be among them, so a tokenizer that knows no others splits it
alike. They are looked up in a table, sorted, that is made once and kept beside the model as a dot file.
"""

from __future__ import annotations

import json
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import RagError
from rag.protocols import Ids
from rag.system import file_digest, replacing

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class Pieces:
    """The vocabulary of a Unigram tokenizer as a table. Threads may share it.

    `pieces` bytes [v], sorted, `ids` int64 [v] and `scores` float64 [v] are its columns; `frame` is the tokenizer's
    JSON without them.
    """

    def __init__(self, pieces: NDArray[np.bytes_], ids: Ids, scores: NDArray[np.float64], frame: str) -> None:
        self._pieces, self._ids, self._scores = pieces, ids, scores
        self._frame: dict[str, Any] = json.loads(frame)
        self._reserved = [str(token["content"]) for token in self._frame["added_tokens"]]
        # In every table of a text: a word without pieces becomes the unknown token, scored by the worst piece there is.
        unknown = int(np.flatnonzero(ids == self._frame["model"]["unk_id"])[0])
        reserved = self._find([word.encode() for word in self._reserved])
        self._always = np.unique(np.append(reserved, [unknown, int(scores.argmin())]))
        self._reading: Tokenizer = self._made(self._always)[0]

    @classmethod
    def open(cls, tokenizer: Path) -> Pieces | None:
        """Those of the file `tokenizer`, a `tokenizer.json`; None where it is of another kind.

        Raises OSError, and ValueError and its like for a damaged file.
        """
        kept = tokenizer.with_name(f".pieces-{file_digest(tokenizer)[:16]}.npz")
        with (
            suppress(OSError, ValueError, KeyError, zipfile.BadZipFile),
            kept.open("rb") as file,
            np.load(file) as table,
        ):
            return cls(table["pieces"], table["ids"], table["scores"], str(table["frame"]))
        made = _read(tokenizer)
        if made is None:
            return None
        # Where it cannot be kept it is made again.
        with suppress(RagError), replacing(kept) as out:
            pieces, ids, scores, frame = made
            np.savez(out, pieces=pieces, ids=ids, scores=scores, frame=frame)
        return cls(*made)

    def tokenizer(self, text: str) -> tuple[Tokenizer, Ids] | None:
        """A tokenizer that splits `text` as the whole one does, and the true id of each of its pieces, int64 [n].

        None for a text that spells out a token which stands for no text (`<s>`).
        """
        if any(token in text for token in self._reserved):
            return None
        reading = self._reading
        normal = reading.normalizer.normalize_str(text) if reading.normalizer else text
        split = reading.pre_tokenizer.pre_tokenize_str(normal) if reading.pre_tokenizer else [(normal, (0, 0))]
        return self._made(np.union1d(self._always, self._find(sorted(_parts([word for word, _ in split])))))

    def _find(self, parts: list[bytes]) -> Ids:
        """The rows of those of `parts` that are pieces."""
        longest = self._pieces.dtype.itemsize
        wanted = np.array([part for part in parts if len(part) <= longest], self._pieces.dtype)
        rows = np.searchsorted(self._pieces, wanted)
        rows[rows == len(self._pieces)] = 0
        found: Ids = rows[self._pieces[rows] == wanted]
        return found

    def _made(self, rows: Ids) -> tuple[Tokenizer, Ids]:
        from tokenizers import Tokenizer

        rows = rows[np.argsort(self._ids[rows])]
        ids = self._ids[rows]
        model = self._frame["model"]
        vocabulary = [(self._pieces[row].decode(), float(self._scores[row])) for row in rows]
        unknown = int(np.searchsorted(ids, model["unk_id"]))
        described = {**self._frame, "model": {**model, "vocab": vocabulary, "unk_id": unknown}}
        return Tokenizer.from_str(json.dumps(described)), ids


def _parts(words: list[str]) -> set[bytes]:
    """All that stands in one of `words`."""
    return {
        word[start:end].encode()
        for word in set(words)
        for start in range(len(word))
        for end in range(start + 1, len(word) + 1)
    }


def _read(tokenizer: Path) -> tuple[NDArray[np.bytes_], Ids, NDArray[np.float64], str] | None:
    described = json.loads(tokenizer.read_text(encoding="utf-8"))
    model = described["model"]
    # Bytes for what has no piece are pieces of their own, which stand in no word.
    if model.get("type") != "Unigram" or model.get("byte_fallback") or model.get("unk_id") is None:
        return None
    vocabulary = model.pop("vocab")
    described |= {"truncation": None, "padding": None}
    pieces = np.array([piece.encode() for piece, _ in vocabulary])
    order = np.argsort(pieces)
    scores = np.array([score for _, score in vocabulary], np.float64)
    return pieces[order], order.astype(np.int64), scores[order], json.dumps(described)
