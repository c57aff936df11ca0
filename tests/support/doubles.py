"""Small true implementations of the protocols, for speed: what they do can be worked out by hand."""

from __future__ import annotations

import hashlib
import math
import re
from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from rag.domain import Progress, Reading
from rag.errors import GenerationFailed
from rag.protocols import Message, OnProgress, ReadText, Token, TokenVectors, Vectors, silent
from rag.text.analysis import terms


class BagEmbedder:
    """An `Embedder` whose vector counts the text's terms, each in a component chosen by its SHA-256.

    Texts that share words are close, others are orthogonal but for rare collisions.
    """

    def __init__(self, dimension: int = 64, name: str = "bag") -> None:
        self.name = name
        self.dimension = dimension
        self.max_tokens = 512
        self.embedded: list[str] = []

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.name} {self.dimension}".encode()).hexdigest()

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts)

    def encode_documents(self, texts: Sequence[str], on_progress: OnProgress = silent) -> Vectors:
        self.embedded += texts
        on_progress(Progress("embed", len(texts), len(texts), "passages"))
        return self._encode(texts)

    def encode_question(self, text: str) -> tuple[Vectors, TokenVectors]:
        return self._encode([text])[0], self._tokens(text)

    def encode_passages(
        self, texts: Sequence[str], on_progress: OnProgress = silent
    ) -> Iterator[tuple[int, Vectors, TokenVectors]]:
        for place, vector in enumerate(self.encode_documents(texts, on_progress)):
            yield place, vector, self._tokens(texts[place])

    def _tokens(self, text: str) -> TokenVectors:
        words = list(re.finditer(r"\S+", text))
        return TokenVectors(self._encode([word[0] for word in words]), np.array([w.start() for w in words], np.int64))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def _encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for number in _numbers(text):
                row[number % self.dimension] += 1
            row /= np.linalg.norm(row)
        return vectors


@lru_cache(20_000)
def _numbers(text: str) -> tuple[int, ...]:
    """A number for each term. Remembered: tests make many indexes of the same words."""
    return tuple(int.from_bytes(hashlib.sha256(term.encode()).digest()[:4], "big") for term in terms(text) or ["\0"])


class ScriptedGenerator:
    """A `Generator` that replies from a script, word by word, and remembers what it was asked.

    Says yes to whether the evidence answers unless `yes` is lower. An exception in the script is raised there.
    """

    def __init__(self, *replies: str | Exception, yes: float = 0.95) -> None:
        self.name = "scripted"
        self.context_tokens = 4096
        self.replies: deque[str | Exception] = deque(replies)
        self.history: list[list[Message]] = []
        self.yes = yes

    def load(self) -> None:
        """Nothing to load."""

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content.split()) for message in messages)

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Token]:
        self.history.append(list(messages))
        reply = self.replies.popleft() if self.replies else ""
        if isinstance(reply, Exception):
            raise GenerationFailed(reason=reply)
        words = [word for word in reply.replace(" ", " \0").split("\0") if word][:max_tokens]
        for word in words:
            yield Token(word)
        yield Token("", finished=True, prompt_tokens=self.count_tokens(messages), answer_tokens=len(words))

    def score_choices(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        rest = (1 - self.yes) / max(1, len(choices) - 1)
        return [math.log(self.yes if i == 0 else rest) for i in range(len(choices))]


class OverlapReranker:
    """A `Reranker` that counts the terms of the question that a text shares."""

    name = "overlap"

    def scores(self, question: str, texts: Sequence[str]) -> Vectors:
        asked = set(terms(question))
        return np.array([len(asked.intersection(terms(text))) for text in texts], np.float32)


class OverlapReader:
    """A `Reader` that counts the terms of the question that a text, and each sentence, shares.

    It points at the first word of the best sentence. `read_texts` are how many texts each question made it read.
    """

    name = "overlap"

    def __init__(self) -> None:
        self.read_texts: list[int] = []

    def read(self, question: str, texts: Sequence[ReadText]) -> list[Reading]:
        self.read_texts.append(len(texts))
        return [self._read(set(terms(question)), text) for text in texts]

    def _read(self, asked: set[str], text: ReadText) -> Reading:
        worth = tuple(float(len(asked.intersection(terms(text.text[start:end])))) for start, end in text.sentences)
        best = max(range(len(worth)), key=worth.__getitem__, default=None)
        start = text.sentences[best][0] if best is not None else 0
        span = (start, start + len(text.text[start:].split()[0])) if best is not None else (0, 0)
        shared = float(len(asked.intersection(terms(text.text))))
        return Reading(shared - 1.5, worth, span, shared - 1.5)
