"""Whether the articles answer a question, decided before an answer is generated, and if not, why.

The signals go into a logistic score: the generator's own preference for « Oui » over « Non » when it is asked of one
quotation after the other whether it answers (a small model cannot be told to abstain, but it can be asked), the cosine
of the best sentence, the share of the question's terms that one passage holds, and whether the question names somebody
or something that no article names. The weights were fitted on the `tune` half of `eval/sets/seeds.jsonl` (142
questions) and 80 native French questions of PIAF; left out one at a time, the area under the ROC curve is 0.83 in
French (0.84 for the generator's preference alone) and 0.97 across languages (26 questions). Another generator or
embedder needs its own, or another threshold.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from rag.answering.grounding import names
from rag.answering.messages import confirm_messages, decide_choices, decide_messages
from rag.domain import Hit, Passage
from rag.protocols import Generator
from rag.store import Searchable
from rag.text import terms

Reason = Literal["off_topic", "not_stated", "unknown_name"]

# Below these the best passage shares too little with the question to be about its subject.
_ABOUT_COVERAGE, _ABOUT_COSINE = 0.35, 0.84
# Log-odds that the generator's attempt adds: asked for what the articles do not say it invents, and what it invents
# finds no support or is not confirmed. A sentence of it stood for 34 of 49 answerable questions (PIAF and the tune
# half) and for 8 of 21 that are not, most of these with a false premise, which it repeats.
STANDS, NOTHING_STANDS = 0.8, -0.8
# What the generator's judgement counts for in the order of quotations, beside the logarithm of their share of the
# evidence. On 30 native French questions the first then held the answer in 0.81 instead of 0.72.
MARGIN_WEIGHT = 2.0
# Log-odds at which a quotation is taken without reading the next: of 80 native French questions the first then held
# the answer in 0.70 as when all three were read, and 1.45 were read on average.
SURE = 0.6
# Log-odds of yes over no from which the generator confirms what it wrote. Of 64 right sentences 0.81 reached it, of 36
# that were wrong, because the gold passage was held back or nothing tells, 0.47 (PIAF and the tune half).
CONFIRMED = -0.5
# A name that is spelt almost like one of the articles is taken for that one.
_SPELT_ALIKE = 0.75


@dataclass(frozen=True, slots=True)
class Verdict:
    """`probability` (0..1) that the articles answer; `reason` and `names` say why not, should they not."""

    probability: float
    reason: Reason
    names: tuple[str, ...] = ()

    def after_writing(self, stands: bool) -> Verdict:
        """The verdict once the generator has tried: whether a sentence of what it wrote is supported by a quotation."""
        sure = min(self.probability, 1 - 1e-9)
        odds = sure / (1 - sure) * math.exp(STANDS if stands else NOTHING_STANDS)
        return replace(self, probability=odds / (1 + odds))


@dataclass(frozen=True, slots=True)
class Signals:
    """What tells an answerable question from others.

    `margin`: log-odds of yes over no for the best quotation, None without a generator; `cosine`: of the best sentence;
    `coverage`: share of terms in the best passage, 0..1; `unknown`: names that no article holds; `foreign`: the
    question is in another language than the articles found.
    """

    margin: float | None
    cosine: float
    coverage: float
    unknown: int
    foreign: bool


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic regression over `Signals`."""

    bias: float
    cosine: float
    coverage: float = 0.0
    unknown: float = 0.0
    margin: float = 0.0

    def probability(self, signals: Signals) -> float:
        """That the articles answer, 0..1."""
        z = (
            self.bias
            + self.cosine * signals.cosine
            + self.coverage * signals.coverage
            + self.unknown * min(signals.unknown, 2)
            + self.margin * (signals.margin or 0.0)
        )
        return 1 / (1 + math.exp(-z))


# Fitted with as many unanswerable questions as answerable ones in mind: 0.5 is where refusing costs as much as
# answering. That a passage holds every word of a question speaks a little against it: such questions were often made
# of the article's words and ask for what it does not say.
WITH_GENERATOR = Weights(bias=-6.26, cosine=8.45, coverage=-1.22, unknown=-4.34, margin=1.22)
FOREIGN_WITH_GENERATOR = Weights(bias=-24.45, cosine=28.98, margin=0.83)
# Without the generator little tells the two apart; these refuse what is plainly about something else.
ALONE = Weights(bias=-24.6, cosine=30.0, unknown=-2.65)
FOREIGN_ALONE = Weights(bias=-28.0, cosine=35.0)


class Decider:
    """Asks the generator, where there is one, and weighs its reply with the evidence found in `index`."""

    def __init__(self, index: Searchable, generator: Generator | None) -> None:
        self._index = index
        self._generator = generator

    def judged(self, question: str, language: str, quotations: Sequence[Hit]) -> list[Hit]:
        """`quotations` in the order of what the generator makes of them; as they are where there is none.

        They are read one after the other until one is surely the answer. A part named `margin` holds the log-odds of
        yes over no for those that were read. Scores are shares again.
        """
        if self._generator is None:
            return list(quotations)
        choices = decide_choices(language)
        judged: list[Hit] = []
        for quotation in quotations:
            if any(hit.parts.get("margin", 0.0) >= SURE for hit in judged):
                judged.append(quotation)
                continue
            yes, no = self._generator.score_choices(decide_messages(question, quotation.passage, language), choices)
            worth = quotation.score * math.exp(MARGIN_WEIGHT * (yes - no))
            judged.append(Hit(quotation.passage, worth, {**quotation.parts, "margin": yes - no}))
        whole = sum(hit.score for hit in judged)
        return sorted((replace(hit, score=hit.score / whole) for hit in judged), key=lambda hit: -hit.score)

    def confirms(self, statement: str, language: str, passages: Sequence[Passage]) -> bool:
        """Whether the generator, asked, takes `statement` for what `passages` say; True where there is none."""
        if self._generator is None:
            return True
        yes, no = self._generator.score_choices(
            confirm_messages(statement, passages, language), decide_choices(language)
        )
        return yes - no >= CONFIRMED

    def decide(
        self, question: str, language: str, hits: Sequence[Hit], evidence: Sequence[Hit], judged: Sequence[Hit]
    ) -> Verdict:
        """How likely the `judged` quotations answer `question`; not at all without any."""
        if not judged:
            return Verdict(0.0, "off_topic")
        foreign = all(hit.passage.language != language for hit in judged)
        unknown = () if foreign else self._unknown(question, language)
        signals = Signals(
            margin=max((hit.parts["margin"] for hit in judged if "margin" in hit.parts), default=None),
            cosine=max(hit.parts["dense"] for hit in evidence),
            coverage=max((hit.parts["coverage"] for hit in hits), default=0.0),
            unknown=len(unknown),
            foreign=foreign,
        )
        about = signals.coverage >= _ABOUT_COVERAGE or signals.cosine >= _ABOUT_COSINE
        reason: Reason = "unknown_name" if unknown else "not_stated" if about else "off_topic"
        return Verdict(_weights(signals).probability(signals), reason, unknown)

    def _unknown(self, question: str, language: str) -> tuple[str, ...]:
        """The names of `question` that occur in no article, nor anything spelt almost alike."""
        lexical = self._index.passage_terms
        unknown = []
        for name in dict.fromkeys(names(question)):
            analysed = terms(name, language)
            known = (lexical.knows(term) or term in self._credited or self._misspelt(term) for term in analysed)
            if analysed and not all(known):
                unknown.append(name)
        return tuple(unknown)

    @cached_property
    def _credited(self) -> frozenset[str]:
        """The terms of the sources and authors of all articles."""
        rows = self._index.catalog.query(
            "SELECT source, language FROM article UNION SELECT author, language FROM article"
        )
        return frozenset(term for name, language in rows if name for term in terms(str(name), str(language)))

    def _misspelt(self, term: str) -> bool:
        alike = (other for other in self._index.passage_terms.vocabulary if other[:1] == term[:1])
        return bool(difflib.get_close_matches(term, alike, 1, _SPELT_ALIKE))


def _weights(signals: Signals) -> Weights:
    if signals.foreign:
        return FOREIGN_ALONE if signals.margin is None else FOREIGN_WITH_GENERATOR
    return ALONE if signals.margin is None else WITH_GENERATOR
