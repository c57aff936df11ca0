"""How the views of a passage become one score: standardised over the candidates, weighted, summed.

The weights of each stage come from a listwise logistic regression (`python -m eval fit-ranking`) on native
French questions over encyclopaedia paragraphs, checked on other questions and on the news articles of `seeds/`.
A fitted sum of standardised scores beat reciprocal rank fusion and each view alone; gradient-boosted trees over
the same views were no better than the sum.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

FIRST_WEIGHTS = {
    "dense": 0.85,  # cosine of question and passage
    "sentence": 0.4,  # cosine of question and the passage's best sentence
    "grams": 0.4,  # BM25 over runs of five characters: misspelt words, compounds
    "coverage": 0.55,  # share of the question's terms that the passage holds, by rarity
}
SECOND_WEIGHTS = {
    **{"dense": 0.4, "sentence": 0.55, "grams": 0.45, "coverage": 0.55},
    "late": 0.65,  # mean over the question's tokens of the nearest token of the passage
}
SENTENCE_WEIGHTS = {
    "dense": 0.6,
    "bm25": 0.3,
    "passage": 0.9,  # a sentence has lost the context that its passage knows
    "late": 0.6,  # over the sentence's own tokens, as they were read within the passage
}
READER_WEIGHT = 0.5
"""Of the reader's score of a passage, standardised over those that were read, beside the second stage's."""
READER_SENTENCE_WEIGHT = 0.5
"""Of the reader's score of a sentence, standardised, beside the sum of the others."""


def combine(parts: Mapping[str, Scores], weights: Mapping[str, float]) -> Scores:
    """The weighted sum of the standardised `parts` named in `weights`, each float64 [n]; float64 [n]."""
    some = next(iter(parts.values()))
    return sum((weight * standardised(parts[name]) for name, weight in weights.items()), np.zeros(len(some)))


def standardised(values: Scores) -> Scores:
    """z-scores; zeros where all values are equal."""
    spread = float(values.std()) if len(values) else 0.0
    return (values - values.mean()) / spread if spread > 1e-9 else np.zeros(len(values))


def order(scores: Scores) -> NDArray[np.intp]:
    """Indices of `scores`, best first, equal ones in their order."""
    return np.argsort(-scores, kind="stable")
