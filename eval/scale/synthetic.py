"""Synthetic indexes of any size: French-like words by Zipf's law, clustered unit vectors, no model.

Everything follows from a seed, batch by batch, so that nothing has to be held: whatever needs a batch makes it again.
Words are put together from a few hundred syllables, so that runs of letters are shared as in a real language.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from rag.domain import Article, Passage, Segment
from rag.protocols import Ids, TokenVectors, Vectors
from rag.store import DIRECTIONS, Projection, StoredTokens
from rag.text import stop_words

DIMENSION = 384
BATCH = 10_000
"""Passages that are made at a time."""
SENTENCES = 4
"""In each passage."""
_WORDS = 22  # in each sentence
_IN_AN_ARTICLE = 10  # passages
_VOCABULARY = 150_000
_TOPICS_PER_PASSAGE = 1 / 250
_SPREAD = 0.8  # of the passages of a topic, and of questions about a passage: as long as the vector itself is 1
_WITHIN = 0.6  # of the sentences of a passage
_ONSETS = [
    "b", "c", "ch", "d", "f", "g", "j", "l", "m", "n", "p", "r", "s", "t", "v",
    "br", "cr", "dr", "fr", "gr", "pr", "tr", "bl", "cl", "fl", "pl", "qu", "ss",
]  # fmt: skip
_VOWELS = ["a", "e", "i", "o", "u", "ai", "au", "eu", "ou", "oi", "an", "en", "in", "on", "un", "ien"]
_ENDINGS = ["", "s", "e", "es", "er", "ement", "tion", "tions", "ique", "eur", "ais", "ait"]
_FIRST = date(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some passages: the number of the first, and the words of each, [passages, SENTENCES, words]."""

    first: int
    words: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a passage, its vector float32 [DIMENSION], and the number of the passage."""

    text: str
    vector: Vectors
    passage: int


class Corpus:
    """`passages` passages in articles of ten."""

    def __init__(self, passages: int, seed: int = 0) -> None:
        self.passages = passages
        self._seed = seed

    def batches(self) -> Iterator[Batch]:
        """All passages, in order."""
        for first in range(0, self.passages, BATCH):
            yield self.batch(first)

    def batch(self, first: int) -> Batch:
        """The batch that begins with the passage number `first`."""
        size = min(BATCH, self.passages - first)
        ranks = self._random(1, first).random((size, SENTENCES, _WORDS))
        return Batch(first, np.searchsorted(self._frequencies, ranks))

    def _random(self, *what: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, *what])

    @cached_property
    def _frequencies(self) -> NDArray[np.float64]:
        """Cumulative share of the words by rank."""
        shares = 1 / (np.arange(_VOCABULARY) + 2.7)
        cumulative: NDArray[np.float64] = np.cumsum(shares / shares.sum())
        cumulative[-1] = 1.0
        return cumulative

    @cached_property
    def _stopped(self) -> list[str]:
        return sorted(word for word in stop_words("fr") if word.isalpha())[:100]

    @cached_property
    def words(self) -> list[str]:
        """The vocabulary, the most frequent word first; stop words come first, as in French."""
        random = self._random(0)
        made = dict.fromkeys(self._stopped)
        while len(made) < _VOCABULARY:
            onsets, vowels = random.integers(0, len(_ONSETS), 4), random.integers(0, len(_VOWELS), 4)
            syllables = [_ONSETS[a] + _VOWELS[b] for a, b in zip(onsets, vowels, strict=True)]
            made["".join(syllables[: random.integers(1, 5)]) + _ENDINGS[random.integers(len(_ENDINGS))]] = None
        return list(made)

    def terms(self, words: NDArray[np.int64]) -> list[str]:
        """The words that are no stop words: they are their own stems."""
        first = len(self._stopped)
        return [self.words[word] for word in words.ravel() if word >= first]

    def text(self, words: NDArray[np.int64]) -> str:
        """The words as they stand in a passage, sentence marks aside."""
        return " ".join(self.words[word] for word in words.ravel())

    @property
    def articles_in_all(self) -> int:
        """Number of articles."""
        return -(-self.passages // _IN_AN_ARTICLE)

    # Vectors

    @cached_property
    def _topics(self) -> Vectors:
        number = max(1, int(self.passages * _TOPICS_PER_PASSAGE))
        return _unit(self._random(2).normal(size=(number, DIMENSION)))

    def passage_vectors(self, batch: Batch) -> Vectors:
        """float32 [passages, DIMENSION]."""
        random = self._random(3, batch.first)
        return _near(self._topics[random.integers(0, len(self._topics), len(batch))], _SPREAD, random)

    def sentence_vectors(self, batch: Batch) -> Vectors:
        """float32 [passages * SENTENCES, DIMENSION]."""
        passages = self.passage_vectors(batch)
        return _near(np.repeat(passages, SENTENCES, 0), _WITHIN, self._random(4, batch.first))

    @cached_property
    def projection(self) -> Projection:
        """Keeps the first directions."""
        return Projection(np.zeros(DIMENSION, np.float32), np.eye(DIMENSION, DIRECTIONS, dtype=np.float32))

    @cached_property
    def _word_tokens(self) -> StoredTokens:
        vectors = _unit(self._random(5).normal(size=(5_000, DIMENSION)))
        return StoredTokens.of(TokenVectors(vectors, np.zeros(len(vectors), np.int64)), self.projection)

    def tokens(self, batch: Batch) -> Iterator[StoredTokens]:
        """Those of each passage: one a word."""
        known = self._word_tokens
        for words in batch.words.reshape(len(batch), -1):
            which = words % len(known.scales)
            places = np.cumsum([0, *(len(self.words[word]) + 1 for word in words[:-1])])
            yield StoredTokens(known.vectors[which], known.scales[which], places.astype(np.uint32))

    # Texts

    def articles(self, batch: Batch) -> Iterator[tuple[Article, list[Passage], list[Passage]]]:
        """Each article with its passages and their sentences."""
        for place in range(0, len(batch), _IN_AN_ARTICLE):
            yield self._article(batch.first + place, batch.words[place : place + _IN_AN_ARTICLE])

    def _article(self, first: int, words: NDArray[np.int64]) -> tuple[Article, list[Passage], list[Passage]]:
        document, day = f"{first:09}.txt", _FIRST + timedelta(first // _IN_AN_ARTICLE % 2_000)
        title = f"Article {first}"
        pieces: list[str] = []
        passages: list[Passage] = []
        sentences: list[Passage] = []
        start = 0

        def span(id_: int, start: int, text: str) -> Passage:
            return Passage(id_, document, start, start + len(text), text, title, day, "AFP")

        for place, some in enumerate(words):
            number, texts, at = first + place, [], start
            for place_within, sentence in enumerate(some):
                text = f"{' '.join(self.words[word] for word in sentence)}."
                sentences.append(span(int(sentence_ids(number, 1)[place_within]), at, text))
                texts.append(text)
                at += len(text) + 1
            pieces.append(" ".join(texts))
            passages.append(span(int(passage_ids(number, 1)[0]), start, pieces[-1]))
            start = at
        text = "\n".join(pieces)
        article = Article(
            sha256(document.encode()).hexdigest()[:16], document, text, sha256(text.encode()).hexdigest(),
            day, title, "AFP", None, "fr", (Segment(0, len(text), "story"),),
        )  # fmt: skip
        return article, passages, sentences

    # Questions

    def questions(self, number: int) -> list[Asked]:
        """Questions in some words of a passage, at some distance of its vector."""
        random = self._random(6)
        asked = []
        for passage in random.integers(0, self.passages, number):
            batch = self.batch(int(passage) // BATCH * BATCH)
            place = int(passage) - batch.first
            words = random.choice(batch.words[place].ravel(), 9, replace=False)
            vector = _near(self.passage_vectors(batch)[place : place + 1], _SPREAD, random)[0]
            asked.append(Asked(" ".join(self.words[word] for word in words), vector, int(passage)))
        return asked


def passage_ids(first: int, number: int) -> Ids:
    """The ids of passages, int64 [number]."""
    return _scattered(np.arange(first, first + number, dtype=np.uint64) * np.uint64(SENTENCES + 1))


def sentence_ids(first: int, number: int) -> Ids:
    """The ids of their sentences, int64 [number * SENTENCES]."""
    passages = np.arange(first, first + number, dtype=np.uint64)[:, None] * np.uint64(SENTENCES + 1)
    each = passages + np.arange(1, SENTENCES + 1, dtype=np.uint64)
    return _scattered(np.asarray(each.ravel(), np.uint64))


def _scattered(numbers: NDArray[np.uint64]) -> Ids:
    """Different numbers become different ones of 63 bits that do not ascend, as hashes are."""
    return ((numbers * np.uint64(0x9E3779B97F4A7C15)) % np.uint64(1 << 63)).astype(np.int64)


def _near(vectors: Vectors, spread: float, random: np.random.Generator) -> Vectors:
    noise = random.standard_normal(vectors.shape, np.float32) * np.float32(spread / np.sqrt(DIMENSION))
    return _unit(vectors + noise)


def _unit(vectors: NDArray[np.floating]) -> Vectors:
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit
