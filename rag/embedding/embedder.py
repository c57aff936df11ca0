"""The sentence-transformers adapter: text to unit vectors, wholly offline.

A question, and a few texts, are read in numpy where `rag.embedding.numpy_encoder` can. PyTorch is imported for more
than that, and for the models it alone can run; its vectors stay within cosine 0.995 of those. Prompts (`query: `,
`passage: `) are those of the model's own configuration. Many texts are read longest first, so that a batch holds texts
of like length.

Threads may share an embedder: a build goes on while questions are asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.domain import Progress
from rag.embedding.numpy_encoder import NumpyEncoder
from rag.embedding.torch_encoder import TorchEncoder
from rag.protocols import Ids, OnProgress, TokenVectors, Vectors, silent
from rag.system import one_thread, usable_threads

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BATCH = 32
FEW = 64
"""Up to so many texts are read in numpy. It takes twice as long for each (about 20 ms for a sentence, 90 for a passage)
as PyTorch in batches, whose import alone takes five seconds: what is saved first is more than what is lost later."""


class Encoder(Protocol):
    """A model that reads token ids."""

    dimension: int
    max_tokens: int
    prompts: Mapping[str, str]

    @property
    def tokenizer(self) -> Tokenizer:
        """It neither cuts nor pads."""

    def read(self, texts: Sequence[Sequence[int]]) -> Iterable[tuple[Vectors, Vectors]]:
        """For the token ids of each text its vector, float32 [dimension], and those of its tokens, [t, dimension]."""


class SentenceTransformerEmbedder:
    """An `Embedder` over a sentence-transformers folder. `digest` names its content and is given by the caller.

    Raises at first use ModelMissing, ModelDamaged and LibraryMissing.
    """

    def __init__(self, path: Path, digest: str, *, threads: int | None = None) -> None:
        self.path = path
        self.digest = digest
        self.threads = threads or usable_threads()

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def dimension(self) -> int:
        return self._told.dimension

    @property
    def max_tokens(self) -> int:
        return self._told.max_tokens

    @cached_property
    def _light(self) -> NumpyEncoder | None:
        return NumpyEncoder.open(self.path)

    @cached_property
    def _heavy(self) -> TorchEncoder:
        return TorchEncoder(self.path, self.threads)

    @property
    def _told(self) -> Encoder:
        """The encoder that is asked about the model and splits texts: the one without PyTorch, if it can be read so."""
        return self._light or self._heavy

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, self._prompt("query"), silent)

    def encode_documents(self, texts: Sequence[str], on_progress: OnProgress = silent) -> Vectors:
        # A single text is too short to share between threads, which only wait for each other on a busy machine.
        with one_thread() if len(texts) == 1 else nullcontext():
            return self._encode(texts, self._prompt("document", "passage", "corpus"), on_progress)

    def encode_question(self, text: str) -> tuple[Vectors, TokenVectors]:
        ((_, vector, tokens),) = self._with_tokens([text], self._prompt("query"), silent)
        return vector, tokens

    def encode_passages(
        self, texts: Sequence[str], on_progress: OnProgress = silent
    ) -> Iterator[tuple[int, Vectors, TokenVectors]]:
        return self._with_tokens(texts, self._prompt("document", "passage", "corpus"), on_progress)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        tokenizer = self._told.tokenizer
        return [len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts]

    def _prompt(self, *names: str) -> str:
        """The model's own prompt of the first of these names, as `encode_query` and `encode_document` choose it."""
        prompts = self._told.prompts
        return next((prompts[name] for name in names if prompts.get(name)), "")

    def _encode(self, texts: Sequence[str], prompt: str, on_progress: OnProgress) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for place, _, vector, _ in self._read(texts, prompt, on_progress):
            vectors[place] = vector
        return _unit(vectors)

    def _with_tokens(
        self, texts: Sequence[str], prompt: str, on_progress: OnProgress
    ) -> Iterator[tuple[int, Vectors, TokenVectors]]:
        for place, split, vector, states in self._read(texts, prompt, on_progress):
            begins, ends = split.offsets.T
            # The space before a word belongs to its token: that of the text's first word begins in the prompt.
            content = ~split.special & (ends > len(prompt))
            places = _word_starts(texts[place], begins[content] - len(prompt))
            yield place, _unit(vector), TokenVectors(_unit(states[content]), places)

    def _read(
        self, texts: Sequence[str], prompt: str, on_progress: OnProgress
    ) -> Iterator[tuple[int, _Tokens, Vectors, Vectors]]:
        """Each text's place in `texts`, its tokens and what the model gives, the longest first."""
        encoder = self._light if self._light and len(texts) <= FEW else self._heavy
        order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        for start in range(0, len(order), BATCH):
            on_progress(Progress("embed", start, len(texts), "passages"))
            places = order[start : start + BATCH]
            split = [self._tokenize(prompt + texts[place], encoder) for place in places]
            made = encoder.read([tokens.ids for tokens in split])
            for place, tokens, (vector, states) in zip(places, split, made, strict=True):
                yield place, tokens, vector, states
        on_progress(Progress("embed", len(texts), len(texts), "passages"))

    def _tokenize(self, text: str, encoder: Encoder) -> _Tokens:
        """The tokens of `text` as the model reads them: cut to what it can read, then special tokens added."""
        # Cut here, because cutting by the tokenizer itself is a state that threads would share.
        light = encoder is self._light and self._light
        tokenizer, ids = light.tokenizer_of(text) if light else (self._told.tokenizer, None)
        encoding = tokenizer.encode(text, add_special_tokens=False)
        encoding.truncate(self.max_tokens - tokenizer.num_special_tokens_to_add(is_pair=False))
        encoding = tokenizer.post_process(encoding)
        true = encoding.ids if ids is None else ids[encoding.ids].tolist()
        return _Tokens(true, np.array(encoding.offsets, np.int64), np.array(encoding.special_tokens_mask, np.bool_))


@dataclass(frozen=True, slots=True)
class _Tokens:
    """The ids of a text's tokens, where they begin and end in it, int64 [t, 2], and which stand for no text, [t]."""

    ids: list[int]
    offsets: Ids
    special: NDArray[np.bool_]


def _unit(vectors: Vectors) -> Vectors:
    """`vectors` float32 [..., dimension] at unit length."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: Vectors = vectors / np.maximum(norms, 1e-12)
    return unit


def _word_starts(text: str, places: Ids) -> Ids:
    """`places` in `text` moved on over white space; its end where nothing else follows."""
    solid = np.array([place for place, character in enumerate(text) if not character.isspace()], np.int64)
    starts: Ids = np.append(solid, len(text))[np.searchsorted(solid, places)]
    return starts
