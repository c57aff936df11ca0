"""What will be said to a question, and on which evidence, before a word of it is.

Whether the articles answer is told by what the reader made of the passages; where there is none, each of the best
quotations is put to the generator, which tells whether it answers, and they are ordered by that. A comparison is made
of several articles' words, and so is an answer where two articles tell different things; a question for yes or no is
answered by quoting. Anything else the generator may write.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag.answering.decision import Decider, Verdict
from rag.answering.disagreement import disagreement
from rag.domain import Hit, Passage
from rag.question import asks_yes_or_no, compares
from rag.retrieval import Findings, quotations
from rag.store import Searchable

QUOTATIONS = 3

Form = Literal["refusal", "comparison", "conflict", "quotation", "written"]


@dataclass(frozen=True, slots=True)
class Plan:
    """The `form` of an answer and the quotations it may be made of, best first.

    `apart` are the two that tell different things, if any. `tells`: whether the generator's words, by standing or not,
    tell whether the articles answer; `confidence` is then what it would be if they stood.
    """

    form: Form
    quoted: tuple[Hit, ...]
    apart: tuple[Passage, ...]
    verdict: Verdict
    tells: bool
    confidence: float

    @property
    def passages(self) -> list[Passage]:
        """The quotations as passages."""
        return [quotation.passage for quotation in self.quoted]


class Planner:
    """Plans answers over one open index; `writes`: whether there is a generator to write them."""

    def __init__(self, index: Searchable, decider: Decider, threshold: float, *, writes: bool) -> None:
        self._index = index
        self._decider = decider
        self._threshold = threshold
        self._writes = writes

    def plan(self, question: str, language: str, found: Findings) -> Plan:
        """The plan for `question` from what was found for it."""
        hits, ranked = found.passages, found.sentences
        compared = compares(question, language)
        # Captions and bylines are not what an article has to say on the matter.
        quotable = [hit for hit in ranked if hit.passage.kind != "aside"] if compared else ranked
        quoted = quotations(self._index, quotable, QUOTATIONS, apart=compared)
        if not compared and found.answerable is None:
            quoted = self._decider.judged(question, language, quoted)
        apart = self._told_apart(ranked, quoted, compared)
        verdict = self._decider.decide(question, language, hits, ranked, quoted)
        if found.answerable is not None and quoted:
            verdict = replace(verdict, probability=found.answerable)
        writes = self._writes and not (compared or apart or asks_yes_or_no(question, language))
        # The reader has told. In another language than the articles' much that the generator rightly writes finds no
        # support by its words: that nothing of it stands then tells nothing.
        tells = writes and found.answerable is None and any(hit.passage.language == language for hit in quoted)
        confidence = (verdict.after_writing(True) if tells else verdict).probability
        form: Form = "comparison" if compared else "conflict" if apart else "written" if writes else "quotation"
        if not quoted or confidence < self._threshold:
            form = "refusal"
        return Plan(form, tuple(quoted), apart, verdict, tells, confidence)

    def _told_apart(self, ranked: Sequence[Hit], quoted: Sequence[Hit], compared: bool) -> tuple[Passage, ...]:
        """The two articles' words that disagree: any two of those compared, else the best quotation and another."""
        passages = [quotation.passage for quotation in quoted]
        if compared or not passages:
            return disagreement(passages)
        # The best quotations may all be of one article, so the best of each of the others are looked at too.
        apart = quotations(self._index, ranked, QUOTATIONS, apart=True)
        others = dict.fromkeys([*passages[1:], *(hit.passage for hit in apart)])
        return next((pair for other in others if (pair := disagreement([passages[0], other]))), ())
