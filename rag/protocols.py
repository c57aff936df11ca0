"""The seams of the product: what an embedder, a generator and a reranker promise.

`tests/contracts` runs one suite per protocol on the doubles and on the real adapters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.domain import Progress, Reading

Vectors = NDArray[np.float32]
Ids = NDArray[np.int64]
OnProgress = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """The progress callback of those who do not watch."""


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """A text token by token: `vectors` float32 [t, dimension], rows of unit length; `places` int64 [t].

    A place is the offset in the text where the token begins, past white space. Prompt and special tokens are left out.
    """

    vectors: Vectors
    places: Ids


class Embedder(Protocol):
    """Text to unit vectors. Constructing is cheap; the model loads at first use."""

    @property
    def name(self) -> str:
        """Short name of the model, for people."""

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of what the vectors depend on; equal digests, comparable vectors."""

    @property
    def dimension(self) -> int:
        """Number of components of a vector."""

    @property
    def max_tokens(self) -> int:
        """Tokens of a text that are read, special tokens and prompt included; what follows is cut."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Questions to float32 [len(texts), dimension], rows of unit length."""

    def encode_documents(self, texts: Sequence[str], on_progress: OnProgress = silent) -> Vectors:
        """Passages to float32 [len(texts), dimension], rows of unit length."""

    def encode_question(self, text: str) -> tuple[Vectors, TokenVectors]:
        """A question to its unit vector, float32 [dimension], as `encode_queries` gives it, and to its tokens'."""

    def encode_passages(
        self, texts: Sequence[str], on_progress: OnProgress = silent
    ) -> Iterator[tuple[int, Vectors, TokenVectors]]:
        """Each text's place in `texts`, its vector as `encode_documents` gives it, and its tokens', in any order."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text without prompt and special tokens."""


@dataclass(frozen=True, slots=True)
class ReadText:
    """A passage to read: its text, the title of its article (empty: none), its sentences as offsets in the text."""

    text: str
    title: str
    sentences: Sequence[tuple[int, int]]


class Reader(Protocol):
    """Reads a question and passages together. Constructing is cheap; the model loads at first use."""

    @property
    def name(self) -> str:
        """Short name of the model, for people."""

    def read(self, question: str, texts: Sequence[ReadText]) -> list[Reading]:
        """What each of `texts` says to `question`; a text too long for the model is read as far as it fits."""


Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of generated text. The last one of a stream has `finished` set and carries the counts."""

    text: str
    finished: bool = False
    prompt_tokens: int = 0
    reused_tokens: int = 0
    answer_tokens: int = 0


class Generator(Protocol):
    """A chat model, greedy: the same messages give the same text. Constructing is cheap; loads at first use."""

    @property
    def name(self) -> str:
        """Short name of the model, for people."""

    @property
    def context_tokens(self) -> int:
        """Tokens that prompt and answer may have together."""

    def load(self) -> None:
        """Loads now what would load at first use. Raises NotReady when it cannot."""

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of the prompt that the chat template makes of `messages`, or an estimate that is not too low."""

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Token]:
        """The reply, piece by piece, without the model's reasoning; closing it stops the work.

        Raises GenerationFailed.
        """

    def score_choices(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        """Natural-log probability that the reply begins with the first token of each choice."""


class Reranker(Protocol):
    """Reads question and passage together. Constructing is cheap; the model loads at first use."""

    @property
    def name(self) -> str:
        """Short name of the model, for people."""

    def scores(self, question: str, texts: Sequence[str]) -> Vectors:
        """How well each text answers, float32 [len(texts)]; higher is better, of no fixed range. Raises NotReady."""
