"""A question and a passage as the one sequence of tokens that the reader reads, and where things lie in it.

`<s> question </s></s> title, passage </s>`: the form of a pair in the models that XLM-RoBERTa's vocabulary was made
for. Training and inference both take it from here, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rag.protocols import Ids

Span = tuple[int, int]
Encode = Callable[[str], tuple[Sequence[int], Sequence[Span]]]
"""Text to the ids of its tokens and where each begins and ends in it, no special tokens added."""

BEGIN, END = 0, 2
LONGEST = 512
QUESTION_TOKENS = 96
TITLE_TOKENS = 32


@dataclass(frozen=True, slots=True)
class TokenisedPassage:
    """A passage's tokens behind those of its title. `ids` of both; `title` is how many of them are the title's.

    `starts` and `ends`, int64 [tokens of the passage], are offsets in its text, white space before a word left out;
    `sentences`, int64 [sentences, 2], the first token of each sentence, counted in `ids`, and the one after its last.
    """

    ids: tuple[int, ...]
    title: int
    starts: Ids
    ends: Ids
    sentences: Ids


@dataclass(frozen=True, slots=True)
class Pair:
    """What is read: `ids`, at most `LONGEST`; `offset` is where the ids of the passage and its title begin in them.

    `words` are the places in `ids` of the passage's own first token and of the one after its last that fits.
    """

    ids: tuple[int, ...]
    offset: int
    words: Span
    passage: TokenisedPassage

    def sentences(self) -> Ids:
        """int64 [sentences, 2]: those of the passage as places in `ids`; both alike for one that did not fit."""
        return np.minimum(self.passage.sentences + self.offset, self.words[1])


def question_tokens(text: str, encode: Encode) -> tuple[int, ...]:
    """The ids of a question, those past `QUESTION_TOKENS` cut."""
    return tuple(encode(text)[0][:QUESTION_TOKENS])


def passage_tokens(text: str, title: str, sentences: Sequence[Span], encode: Encode) -> TokenisedPassage:
    """The tokens of a passage whose `sentences` are given by their offsets in `text`."""
    heading = encode(title)[0][:TITLE_TOKENS] if title else ()
    ids, spans = encode(text)
    starts, ends = np.array(spans, np.int64).reshape(-1, 2).T
    solid = np.array([place for place, letter in enumerate(text) if not letter.isspace()], np.int64)
    starts = np.append(solid, len(text))[np.searchsorted(solid, starts)]
    within = [(np.searchsorted(ends, start, "right"), np.searchsorted(starts, end)) for start, end in sentences]
    places = np.array(within, np.int64).reshape(-1, 2) + len(heading)
    return TokenisedPassage((*heading, *ids), len(heading), starts, ends, places)


def pair(question: Sequence[int], passage: TokenisedPassage) -> Pair:
    """The sequence of a question and a passage; what of the passage does not fit is cut."""
    before = (BEGIN, *question, END, END)
    kept = passage.ids[: LONGEST - len(before) - 1]
    words = min(passage.title, len(kept)), len(kept)
    return Pair((*before, *kept, END), len(before), (len(before) + words[0], len(before) + words[1]), passage)
