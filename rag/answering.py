"""A question to a checked, cited answer, as a stream of events.

1. Small talk gets a reply; of anything else the question is taken, orders in it left out, and a follow-up is
   written as a question that stands alone.
2. Retrieve passages and rank their sentences. The evidence is shown at once (`Found`).
3. Decide from that evidence, and from the generator's own yes or no on it, whether the articles answer.
4. Let the generator phrase an answer from the best sentences and their neighbours. Its words are shown as they come
   (`Written`), provisional until the sentence is complete. A question for yes or no is answered by quoting.
5. Ground each complete sentence: markers are given out by code; a sentence that the articles do not support, or
   support elsewhere than in the best quotations, is dropped (`Dropped`).
6. Quote the run of sentences that the answer rests on, and where nothing of the generator stands, the best one.

Why both: of 41 native French questions the quotation picked by where the generator's answer rests held the answer in
0.78, the first by rank in 0.71, the generator's words alone in 0.51. On 40 others, refusals included, the whole held it
in 0.53 and quoting alone in 0.65: the decision refuses too many there.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from rag.composing import Draft
from rag.config import NO_GENERATOR, Settings
from rag.conversation import SmallTalk, reply, small_talk, without_instructions
from rag.decision import Decider, Verdict
from rag.domain import EVERYTHING, Answer, Hit, Passage, Scope, Timings, Turn
from rag.errors import EmptyQuestion, QuestionTooLong
from rag.events import Dropped, Event, Finished, Found, Written
from rag.evidence import quotations, sentences_of, vectors_of, widened, windows, within
from rag.followups import standalone
from rag.grounding import Grounded, begins_line, ground, running_text, strip_markers, strip_markup
from rag.languages import detect
from rag.prompting import LANGUAGES, answer_messages, fit, refusal
from rag.protocols import Embedder, Generator
from rag.question_types import asks_yes_or_no
from rag.retrieval import Retriever
from rag.sentences import quotes_open, sentence_spans

LONGEST_QUESTION = 2_000
SENTENCES = 60
EVIDENCE = 3
WINDOWS = 4
QUOTATIONS = 3
# Below this support a sentence of the generator is not shown.
SUPPORTED = 0.5
# Without a generator to choose, a second quotation is given when it is worth this share of the first.
SECOND_QUOTATION = 0.5


class Pipeline:
    """Answers questions over one open index; without a generator by quoting alone.

    `load_s` is what loading took, for the timings.
    """

    def __init__(
        self,
        retriever: Retriever,
        embedder: Embedder,
        generator: Generator | None,
        settings: Settings,
        load_s: float = 0.0,
    ) -> None:
        self._retriever = retriever
        self._embedder = embedder
        self._generator = generator
        self._settings = settings
        self._decider = Decider(retriever.index, generator)
        self._load_s = load_s

    @property
    def quotes_only(self) -> bool:
        """Whether there is no generator."""
        return self._generator is None

    def ask(self, question: str, history: Sequence[Turn] = (), scope: Scope = EVERYTHING) -> Answer:
        """The answer to `question`. Raises EmptyQuestion, QuestionTooLong, GenerationFailed and what `search` does."""
        for event in self.stream(question, history, scope):
            if isinstance(event, Finished):
                return event.answer
        raise AssertionError("a stream ends with Finished")

    def search(self, question: str, k: int | None = None, scope: Scope = EVERYTHING) -> list[Hit]:
        """The `k` best passages. Raises UnknownDocument, UnknownSource, UnknownLanguage and NothingInScope."""
        return self._retriever.search(clean_question(question), k or self._settings.passages, scope)

    def stream(self, question: str, history: Sequence[Turn] = (), scope: Scope = EVERYTHING) -> Iterator[Event]:
        """The events of answering `question`, the last one `Finished`. Raises as `ask` does."""
        run = _Run(clean_question(question), self._load_s)
        if talk := small_talk(run.asked, run.language):
            yield self._talk(run, talk)
            return
        run.stand_alone(history)
        hits, ranked = self._retriever.search_with_evidence(run.question, self._settings.passages, SENTENCES, scope)
        run.found(hits)
        index = self._retriever.index
        yield Found(run.question, tuple(hits), tuple(widened(index, ranked, EVIDENCE)))
        quoted = quotations(index, ranked, QUOTATIONS)
        around = self._fitting(run, windows(index, hits, ranked[:WINDOWS]))
        verdict = self._decider.decide(run.question, run.language, hits, ranked, around)
        run.confidence = verdict.probability
        if not quoted or verdict.probability < self._settings.answer_threshold:
            yield self._refuse(run, hits, verdict)
            return
        draft = Draft(run.language, [quotation.passage for quotation in quoted])
        if self._generator is not None and not asks_yes_or_no(run.question, run.language):
            yield from self._generate(run, self._generator, draft, around, hits, quoted)
        if not draft.statements and verdict.probability < self._settings.quote_threshold:
            yield self._refuse(run, hits, verdict)
            return
        for quotation in self._to_quote(run, draft, quoted):
            if stated := draft.quote(quotation):
                yield stated
        yield Finished(self._answer(run, draft.text, draft))

    def _fitting(self, run: _Run, around: list[Passage]) -> list[Passage]:
        if self._generator is None:
            return around
        return fit(run.question, around, run.language, self._settings.prompt_tokens, self._generator.count_tokens)

    def _generate(
        self,
        run: _Run,
        generator: Generator,
        draft: Draft,
        around: Sequence[Passage],
        hits: Sequence[Hit],
        quoted: Sequence[Hit],
    ) -> Iterator[Event]:
        sentences = sentences_of(self._retriever.index, hits)
        vectors = vectors_of(self._retriever.index, sentences)
        pending = ""
        for token in generator.stream(
            answer_messages(run.question, around, run.language), self._settings.answer_tokens
        ):
            run.first_token()
            text = _visible(token.text)
            pending += text
            if text:
                yield Written(text)
            if token.finished:
                run.count(token.prompt_tokens, token.reused_tokens, token.answer_tokens)
            elif begins_line(pending) or quotes_open(pending):
                continue
            pending = running_text(pending)
            spans = sentence_spans(pending)
            complete = spans if token.finished else spans[:-1]
            for start, end in complete:
                grounded = self._grounded(run, strip_markup(strip_markers(pending[start:end])), sentences, vectors)
                stands = _stands(grounded, quoted) and not draft.repeats(grounded.text)
                yield draft.add(grounded) if stands else Dropped()
            if complete:
                pending = pending[complete[-1][1] :]

    def _grounded(self, run: _Run, text: str, sentences: Sequence[Passage], vectors: np.ndarray) -> Grounded:
        if not any(c.isalnum() for c in text):
            return Grounded(text, (), 0.0)
        cosines = vectors @ self._embedder.encode_documents([text])[0]
        return ground(text, run.language, sentences, cosines, run.question)

    def _to_quote(self, run: _Run, draft: Draft, quoted: Sequence[Hit]) -> list[Passage]:
        """The quotation that the draft rests on; without a draft the best, and the next where it is nearly as good."""
        if draft.statements:
            resting = [quotation.passage for quotation in quoted if quotation.passage in draft.cited]
            # A quotation in another language than the answer is read among the sources.
            return [passage for passage in resting[:1] if passage.language == run.language]
        close = [quotation for quotation in quoted[1:2] if quotation.score >= SECOND_QUOTATION * quoted[0].score]
        return [quotation.passage for quotation in (quoted[0], *close)]

    def _talk(self, run: _Run, talk: SmallTalk) -> Finished:
        run.language = talk.language
        return Finished(self._answer(run, reply(talk), None))

    def _refuse(self, run: _Run, hits: Sequence[Hit], verdict: Verdict) -> Finished:
        closest = list({hit.passage.document: hit.passage for hit in hits}.values())[:3]
        return Finished(
            self._answer(run, refusal(run.question, run.language, verdict.reason, verdict.names, closest), None)
        )

    def _answer(self, run: _Run, text: str, draft: Draft | None) -> Answer:
        return Answer(
            question=run.asked,
            standalone_question=run.question,
            text=text,
            answered=draft is not None,
            confidence=run.confidence,
            language=run.language,
            statements=tuple(draft.statements) if draft else (),
            citations=tuple(draft.citations) if draft else (),
            passages=tuple(run.hits),
            timings=run.timings(),
            models={
                "embedder": self._embedder.name,
                "generator": self._generator.name if self._generator else NO_GENERATOR,
            },
        )


def _stands(grounded: Grounded, quoted: Sequence[Hit]) -> bool:
    """Whether a statement is supported, and by a sentence of what would be quoted."""
    return grounded.support >= SUPPORTED and any(
        within(sentence, quotation.passage) for sentence in grounded.sentences for quotation in quoted
    )


def clean_question(question: str) -> str:
    """The question without control characters, white space joined. Raises EmptyQuestion and QuestionTooLong."""
    plain = " ".join(_visible(question).split())
    if not any(c.isalnum() for c in plain):
        raise EmptyQuestion()
    if len(plain) > LONGEST_QUESTION:
        raise QuestionTooLong(length=len(plain), limit=LONGEST_QUESTION)
    return plain


def _visible(text: str) -> str:
    """`text` with a space for each control and format character, line ends excepted."""
    unseen = ("Cc", "Cf", "Cs", "Co", "Cn")
    return "".join(" " if unicodedata.category(c) in unseen and c != "\n" else c for c in text)


class _Run:
    """What one question gathers on its way: what is asked, in which language, what was found, times."""

    def __init__(self, question: str, load_s: float) -> None:
        self._start = time.perf_counter()
        self._timings = Timings(load_s=load_s)
        self.asked = self.question = question
        self.language = detect(question, LANGUAGES)
        self.confidence = 0.0
        self.hits: Sequence[Hit] = ()

    def stand_alone(self, history: Sequence[Turn]) -> None:
        """Takes what is asked out of the message and writes it so that it needs no history."""
        self.question = standalone(without_instructions(self.asked) or self.asked, history, self.language)
        self.language = detect(self.question, LANGUAGES)

    def _elapsed(self) -> float:
        return round(time.perf_counter() - self._start, 4)

    def found(self, hits: Sequence[Hit]) -> None:
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
