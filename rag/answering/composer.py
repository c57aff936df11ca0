"""An answer as it is put together: statements, and the markers that code gives out.

A statement cites the quotations (runs of sentences) that hold the sentences it rests on, and those sentences
themselves where no quotation does. Relative days are resolved beside them: « jeudi [4 septembre 2025] ». What an
article has of markers, markup and hidden characters stays in its citation and does not reach the answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.answering.grounding import Grounded
from rag.answering.sanitising import inert
from rag.domain import Citation, Hit, Passage, ShortAnswer, Statement, within
from rag.events import Checked
from rag.text import annotate, fold, terms

# A quotation that a statement repeats to this share of its terms is cited, not printed again.
_REPEATED = 0.7


class AnswerDraft:
    """The statements of one answer so far. `quotations` are the runs of sentences that may be quoted, best first.

    `separator` stands between statements.
    """

    def __init__(self, language: str, quotations: Sequence[Passage], separator: str = " ") -> None:
        self.statements: list[Statement] = []
        self.citations: list[Citation] = []
        self._language = language
        self._quotations = quotations
        self._separator = separator
        self._shown: list[str] = []
        self._taken: set[str] = set()
        self._cited: list[Passage] = []

    @property
    def text(self) -> str:
        """The answer with its markers."""
        return self._separator.join(self._shown)

    @property
    def cited(self) -> tuple[Passage, ...]:
        """What the statements cite, by marker."""
        return tuple(self._cited)

    def repeats(self, text: str) -> bool:
        """Whether a statement with this text, as it was before its days were resolved, is there already."""
        return fold(text) in self._taken

    def add(self, grounded: Grounded) -> Checked:
        """Takes a supported statement in and gives what it cites its markers."""
        return self._state(grounded, self._language)

    def _state(self, grounded: Grounded, language: str) -> Checked:
        cited = self.quotations_of(grounded)
        markers = tuple(sorted({self._marker(passage, grounded.support) for passage in cited}))
        text = _dated(inert(grounded.text), cited, language, self._language)
        statement = Statement(text, markers, round(grounded.support, 3))
        shown = f"{text} {' '.join(f'[{marker}]' for marker in markers)}"
        self.statements.append(statement)
        self._taken.add(fold(grounded.text))
        self._shown.append(shown)
        return Checked(statement, shown, own_line=self._separator == "\n")

    def quote(self, passage: Passage, framed: str = "", *, even_repeated: bool = False) -> Checked | None:
        """Takes a quotation in, word for word or as `framed`.

        None when the statements say almost all of it already, unless it is to be shown `even_repeated`.
        """
        held = set(terms(passage.text, passage.language))
        told = {term for statement in self.statements for term in terms(statement.text, self._language)}
        if not even_repeated and held and len(held & told) >= _REPEATED * len(held):
            return None
        return self._state(Grounded(framed or passage.text, (passage,), 1.0), passage.language)

    def quotations_of(self, grounded: Grounded) -> list[Passage]:
        """What a statement cites: the quotations that its sentences stand in, else these themselves."""
        return list(dict.fromkeys(self._quoted(sentence) for sentence in grounded.sentences))

    def short(self, best: Hit | None) -> ShortAnswer | None:
        """The words that the reader points at in the `best` sentence, where a citation holds them."""
        if best is None or best.answer is None:
            return None
        start, end = best.answer
        return next(
            (
                ShortAnswer(inert(best.answer_text), citation.marker)
                for citation in self.citations
                if citation.document == best.passage.document and citation.start <= start and end <= citation.end
            ),
            None,
        )

    def _quoted(self, sentence: Passage) -> Passage:
        return next((run for run in self._quotations if within(sentence, run)), sentence)

    def _marker(self, passage: Passage, score: float) -> int:
        if passage in self._cited:
            return self._cited.index(passage) + 1
        self._cited.append(passage)
        self.citations.append(
            Citation(
                marker=len(self.citations) + 1,
                document=passage.document,
                title=passage.title,
                date=passage.date,
                source=passage.source,
                start=passage.start,
                end=passage.end,
                quote=passage.text,
                score=round(score, 3),
            )
        )
        return len(self.citations)


def _dated(text: str, cited: Sequence[Passage], language: str, reader: str) -> str:
    """`text` with its relative days resolved, where all that it cites was published on one day."""
    days = {passage.date for passage in cited}
    (day,) = days if len(days) == 1 else (None,)
    return annotate(text, language, day, reader) if day else text
