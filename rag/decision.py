"""Whether the articles answer a question, decided before an answer is generated.

Three signals go into a logistic score: the generator's own preference for « Oui » over « Non » when it is
asked whether the evidence answers the question (a small model cannot be told to abstain, but it can be
asked), the cosine of the best sentence, and the share of the question's content terms that the best
passages hold. The weights were fitted on questions about the seed articles (the `tune` half of
`eval/sets/seeds.jsonl`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rag.domain import Hit, Passage
from rag.french import terms
from rag.prompting import decide_choices, decide_messages
from rag.protocols import Generator


@dataclass(frozen=True, slots=True)
class Signals:
    """`margin`: log-odds of yes over no; `cosine` of question and best sentence; `coverage`: share of terms, 0..1."""

    margin: float
    cosine: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic regression over `Signals`."""

    bias: float
    margin: float
    cosine: float
    coverage: float

    def probability(self, signals: Signals) -> float:
        """That the articles answer, 0..1."""
        z = self.bias + self.margin * signals.margin + self.cosine * signals.cosine + self.coverage * signals.coverage
        return 1 / (1 + math.exp(-z))


SAME_LANGUAGE = Weights(bias=-20.96, margin=0.831, cosine=25.57, coverage=0.667)
# The words of a question in another language are not in the articles. Too few such questions were at hand to fit
# more than the bias.
OTHER_LANGUAGE = Weights(bias=-21.3, margin=0.831, cosine=25.57, coverage=0.0)


class Decider:
    """Asks the generator and weighs its reply with the evidence."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator

    def probability(
        self, question: str, language: str, hits: Sequence[Hit], evidence: Sequence[Hit], windows: Sequence[Passage]
    ) -> float:
        """That `windows` answer `question`, 0..1; 0 without evidence."""
        if not windows:
            return 0.0
        yes, no = self._generator.score_choices(decide_messages(question, windows, language), decide_choices(language))
        asked = set(terms(question, language))
        held = {term for hit in hits for term in terms(f"{hit.passage.title} {hit.passage.text}", hit.passage.language)}
        signals = Signals(
            margin=yes - no,
            cosine=max(hit.parts["dense"] for hit in evidence),
            coverage=len(asked & held) / len(asked) if asked else 0.0,
        )
        foreign = all(window.language != language for window in windows)
        return (OTHER_LANGUAGE if foreign else SAME_LANGUAGE).probability(signals)
