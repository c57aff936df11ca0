"""What the reader's raw scores of a pair say: whether it answers, which sentence does, and with which words."""

from __future__ import annotations

import numpy as np

from rag.domain import Reading
from rag.embedding.pairing import Pair
from rag.protocols import Vectors

LONGEST_ANSWER = 40
"""Tokens of an answer that is pointed at, at most."""


def reading_of(made: Pair, relevance: float, spans: Vectors, sentences: Vectors) -> Reading:
    """The reading of a pair: `spans` float32 [ids, 2] are logits of begin and end, `sentences` float32 [sentences].

    The answer is the likeliest span of the passage, its margin the log-odds against the first token, which stands for
    "not here" (Devlin et al. 2019, section 4.3).
    """
    worth = tuple(map(float, sentences))
    first, last = made.words
    begins, ends = spans[first:last].astype(np.float64).T
    if not len(begins):
        return Reading(relevance, worth, (0, 0), -np.inf)
    tokens = np.arange(len(begins))
    length = tokens[None, :] - tokens[:, None]
    scores = np.where((length >= 0) & (length < LONGEST_ANSWER), begins[:, None] + ends[None, :], -np.inf)
    begin, end = np.unravel_index(int(scores.argmax()), scores.shape)
    span = int(made.passage.starts[begin]), int(made.passage.ends[end])
    margin = float(scores[begin, end]) - float(spans[0].sum())
    return Reading(relevance, worth, span, margin)
