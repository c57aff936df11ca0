"""A question to a checked, cited answer, as a stream of events.

1. Retrieve passages and rank their sentences. The evidence is shown at once (`Found`).
2. Decide from that evidence, and from the generator's own yes or no on it, whether the articles answer.
3. Let the generator phrase an answer from the best sentences and their neighbours. Its words are shown as
   they come (`Written`), provisional until the sentence is complete.
4. Ground each complete sentence: the markers are given out here, never by the generator; a sentence that
   the articles do not support is dropped. When nothing is left, the best sentence is quoted instead, or
   the question refused after all where the articles were not likely to answer it.
5. The last event (`Finished`) holds the whole answer.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from rag.config import Settings
from rag.decision import Decider
from rag.domain import EVERYTHING, Answer, Citation, Hit, Passage, Scope, Statement, Timings, Turn
from rag.errors import EmptyQuestion, QuestionTooLong
from rag.events import Checked, Dropped, Event, Finished, Found, Written
from rag.evidence import sentences_of, vectors_of
from rag.evidence import windows as windows_of
from rag.grounding import Grounded, ground, running_text, strip_markers
from rag.languages import detect
from rag.prompting import LANGUAGES, answer_messages, fill, fit, prompt_parts, written_date
from rag.protocols import Embedder, Generator
from rag.retrieval import Retriever
from rag.sentences import sentence_spans

LONGEST_QUESTION = 2_000
EVIDENCE_SENTENCES = 6
WINDOWS = 4
# Below this support a sentence of the generator is not shown.
SUPPORTED = 0.5


class Pipeline:
    """Answers questions over one open index. `load_s` is what loading took, for the timings."""

    def __init__(
        self, retriever: Retriever, embedder: Embedder, generator: Generator, settings: Settings, load_s: float = 0.0
    ) -> None:
        self._retriever = retriever
        self._embedder = embedder
        self._generator = generator
        self._settings = settings
        self._decider = Decider(generator)
        self._load_s = load_s

    def ask(self, question: str, history: Sequence[Turn] = (), scope: Scope = EVERYTHING) -> Answer:
        """The answer to `question` from the articles in `scope`.

        Raises EmptyQuestion, QuestionTooLong and GenerationFailed; UnknownDocument, UnknownSource, UnknownLanguage
        and NothingInScope.
        """
        for event in self.stream(question, history, scope):
            if isinstance(event, Finished):
                return event.answer
        raise AssertionError("a stream ends with Finished")

    def search(self, question: str, k: int | None = None, scope: Scope = EVERYTHING) -> list[Hit]:
        """The `k` best passages in `scope`."""
        return self._retriever.search(clean_question(question), k or self._settings.passages, scope)

    def stream(self, question: str, history: Sequence[Turn] = (), scope: Scope = EVERYTHING) -> Iterator[Event]:
        """The events of answering `question`, the last one `Finished`. Raises as `ask` does."""
        run = _Run(self._embedder, clean_question(question), self._load_s)
        hits, evidence = self._retriever.search_with_evidence(
            run.question, self._settings.passages, EVIDENCE_SENTENCES, scope
        )
        run.found(hits)
        yield Found(tuple(hits), tuple(evidence))
        windows = windows_of(self._retriever.index, hits, evidence[:WINDOWS])
        windows = fit(run.question, windows, run.language, self._settings.prompt_tokens, self._generator.count_tokens)
        run.confidence = self._decider.probability(run.question, run.language, hits, evidence, windows)
        if run.confidence < self._settings.answer_threshold:
            yield self._refuse(run, hits)
            return
        sentences = sentences_of(self._retriever.index, hits)
        yield from self._generate(run, windows, sentences)
        if not run.statements and run.confidence < self._settings.quote_threshold:
            yield self._refuse(run, hits)
            return
        if not run.statements:
            yield run.add(Grounded(evidence[0].passage.text, (evidence[0].passage,), 1.0))
        yield Finished(self._finish(run, " ".join(run.shown), answered=True))

    def _generate(self, run: _Run, windows: Sequence[Passage], sentences: Sequence[Passage]) -> Iterator[Event]:
        vectors = vectors_of(self._retriever.index, sentences)
        messages = answer_messages(run.question, windows, run.language)
        pending = ""
        for token in self._generator.stream(messages, self._settings.answer_tokens):
            run.first_token()
            pending += token.text
            if token.text:
                yield Written(token.text)
            if token.finished:
                run.count(token.prompt_tokens, token.reused_tokens, token.answer_tokens)
            pending = running_text(pending)
            spans = sentence_spans(pending)
            complete = spans if token.finished else spans[:-1]
            for start, end in complete:
                yield run.check(strip_markers(pending[start:end]).strip(), sentences, vectors)
            if complete:
                pending = pending[complete[-1][1] :]

    def _refuse(self, run: _Run, hits: Sequence[Hit]) -> Finished:
        parts = prompt_parts(run.language)
        dated = [f"{hit.passage.title} ({written_date(hit.passage.date, run.language)})" for hit in hits]
        titles = list(dict.fromkeys(dated))
        refusal = fill(parts["refusal"], question=run.question)
        text = f"{refusal} {fill(parts['closest'], titles=' ; '.join(titles[:3]))}" if titles else refusal
        return Finished(self._finish(run, text, answered=False))

    def _finish(self, run: _Run, text: str, *, answered: bool) -> Answer:
        return Answer(
            question=run.asked,
            standalone_question=run.question,
            text=text,
            answered=answered,
            confidence=run.confidence,
            language=run.language,
            statements=tuple(run.statements) if answered else (),
            citations=tuple(run.citations) if answered else (),
            passages=tuple(run.hits),
            timings=run.timings(),
            models={"embedder": self._embedder.name, "generator": self._generator.name},
        )


def clean_question(question: str) -> str:
    """The question without control characters, white space joined. Raises EmptyQuestion and QuestionTooLong."""
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") else c for c in question)
    plain = " ".join(plain.split())
    if not any(c.isalnum() for c in plain):
        raise EmptyQuestion()
    if len(plain) > LONGEST_QUESTION:
        raise QuestionTooLong(length=len(plain), limit=LONGEST_QUESTION)
    return plain


class _Run:
    """What one question gathers on its way: statements, markers in order of first use, times."""

    def __init__(self, embedder: Embedder, question: str, load_s: float) -> None:
        self._embedder = embedder
        self._start = time.perf_counter()
        self._timings = Timings(load_s=load_s)
        self.asked = self.question = question
        self.language = detect(question, LANGUAGES)
        self.confidence = 0.0
        self.hits: list[Hit] = []
        self.statements: list[Statement] = []
        self.shown: list[str] = []
        self.citations: list[Citation] = []

    def _elapsed(self) -> float:
        return round(time.perf_counter() - self._start, 4)

    def found(self, hits: list[Hit]) -> None:
        self.hits = hits
        self._timings = replace(self._timings, retrieve_s=self._elapsed(), evidence_s=self._elapsed())

    def first_token(self) -> None:
        if not self._timings.first_token_s:
            self._timings = replace(self._timings, first_token_s=self._elapsed())

    def count(self, prompt: int, reused: int, answer: int) -> None:
        self._timings = replace(self._timings, prompt_tokens=prompt, reused_tokens=reused, answer_tokens=answer)

    def timings(self) -> Timings:
        total = self._elapsed()
        return replace(self._timings, first_token_s=self._timings.first_token_s or total, total_s=total)

    def check(self, text: str, sentences: Sequence[Passage], vectors: np.ndarray) -> Checked | Dropped:
        """Grounds one sentence of the generator."""
        if not any(c.isalnum() for c in text):
            return Dropped()
        cosines = vectors @ self._embedder.encode_documents([text])[0]
        grounded = ground(text, self.language, sentences, cosines, self.question)
        repeated = any(text == statement.text for statement in self.statements)
        return Dropped() if repeated or grounded.support < SUPPORTED else self.add(grounded)

    def add(self, grounded: Grounded) -> Checked:
        """Takes a statement into the answer and gives its sentences their markers."""
        markers = tuple(self._marker(sentence, grounded.support) for sentence in grounded.sentences)
        statement = Statement(grounded.text, markers, round(grounded.support, 3))
        shown = f"{grounded.text} {' '.join(f'[{marker}]' for marker in markers)}"
        self.statements.append(statement)
        self.shown.append(shown)
        return Checked(statement, shown)

    def _marker(self, sentence: Passage, score: float) -> int:
        for citation in self.citations:
            if (citation.document, citation.start, citation.end) == (sentence.document, sentence.start, sentence.end):
                return citation.marker
        self.citations.append(
            Citation(
                marker=len(self.citations) + 1,
                document=sentence.document,
                title=sentence.title,
                date=sentence.date,
                source=sentence.source,
                start=sentence.start,
                end=sentence.end,
                quote=sentence.text,
                score=round(score, 3),
            )
        )
        return len(self.citations)
