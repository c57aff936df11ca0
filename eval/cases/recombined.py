"""A corpus of articles of any size, made of the sentences of a smaller one: for measuring builds, not for questions.

A sentence of it begins as one of the paragraphs' sentences does and ends as another one, so that words, lengths and
punctuation are those of French while hardly any sentence comes twice: what an index keeps of texts that it knows would
otherwise spare it the work. Each article follows from the seed and its number alone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from eval.cases.squad import load_squad
from rag.text import sentences

_PARAGRAPHS = (4, 9)  # of an article
_SENTENCES = (3, 7)  # of a paragraph
_SHORTEST = 40  # characters of a sentence that is taken apart
_FIRST = date(2015, 1, 1)
_IN_A_FOLDER = 1_000


class Recombined:
    """Articles of the sentences of `paragraphs`. Raises ValueError where there are too few to be combined."""

    def __init__(self, paragraphs: Sequence[str], seed: int = 0) -> None:
        self._seed = seed
        pairs = [_halves(sentence) for paragraph in paragraphs for sentence in sentences(paragraph)]
        self._pairs = [pair for pair in pairs if pair]
        if len(self._pairs) < 2:
            raise ValueError("no two sentences of some length")

    def article(self, number: int) -> str:
        """The article with this number, as the text of a file."""
        drawn = random.Random(f"{self._seed} {number}")
        day = _FIRST + timedelta(drawn.randrange(4_000))
        paragraphs = [
            " ".join(self._sentence(drawn) for _ in range(drawn.randint(*_SENTENCES)))
            for _ in range(drawn.randint(*_PARAGRAPHS))
        ]
        title = self._sentence(drawn).rstrip(".")
        return "\n\n".join((f" date {day} {title}", *paragraphs)) + "\n"

    def _sentence(self, drawn: random.Random) -> str:
        (beginning, _), (_, end) = drawn.sample(self._pairs, 2)
        return f"{beginning} {end}"


def squad_paragraphs(path: Path) -> list[str]:
    """The paragraphs of the SQuAD file `path`. Raises as `load_squad` does."""
    return [part for text in load_squad(path).documents.values() for part in text.split("\n\n")]


def write_articles(folder: Path, corpus: Recombined, count: int) -> None:
    """Writes the first `count` articles into the new folder `folder`, a thousand in a folder of their own."""
    for number in range(count):
        path = folder / f"{number // _IN_A_FOLDER:03}" / f"{number:06}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(corpus.article(number), encoding="utf-8")


def _halves(sentence: str) -> tuple[str, str] | None:
    """A sentence cut at the white space nearest to its middle; None for a short one."""
    words = sentence.split()
    if len(sentence) < _SHORTEST or len(words) < 4:
        return None
    middle = len(words) // 2
    return " ".join(words[:middle]), " ".join(words[middle:])
