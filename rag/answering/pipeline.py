"""A question to a checked, cited answer, as a stream of events.

1. Small talk gets a reply; of anything else the question is taken, orders in it left out, and a follow-up is
   written as a question that stands alone.
2. Retrieve passages and rank their sentences. The evidence is shown at once (`Found`).
3. Plan what will be said and on which quotations (see `planner`), and decide whether the articles answer.
4. Let the generator phrase an answer from the best quotations. Its words are shown as they come
   (`Written`), provisional until the sentence is complete. A question for yes or no is answered by quoting.
5. Ground each sentence: markers are given out by code; a sentence that the articles do not support, or support
   elsewhere than in the best quotations, is dropped (`Dropped`), and so is one in other words than theirs that the
   generator, asked again, does not confirm. Whether one stands enters the decision.
6. Quote the run of sentences that the answer rests on, and where nothing of the generator stands, the best one. Where
   another article tells something else than the best one, both are quoted and the generator is not asked.

Why so: of 120 native French questions the best quotation by rank held the answer in 0.63, the one that the generator's
answer rests on in 0.69, the generator's words alone in 0.42; of 80 others the best by rank in 0.60, the best by the
generator's judgement in 0.69.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.answering.article_facts import article_meant, asked_fact, shown_fact
from rag.answering.composer import AnswerDraft
from rag.answering.decision import Decider, Verdict
from rag.answering.grounding import Grounded, ground
from rag.answering.inquiry import Inquiry
from rag.answering.messages import answer_messages, fit
from rag.answering.planner import Plan, Planner
from rag.answering.sanitising import inert
from rag.answering.streaming import phrased
from rag.config import NO_GENERATOR, Settings
from rag.domain import EVERYTHING, Answer, Citation, Hit, Passage, Scope, ShortAnswer, Turn, page_at, within
from rag.events import Checked, Event, Finished, Found
from rag.prompting import LANGUAGES, fact_stated, frame, refusal
from rag.protocols import Embedder, Generator
from rag.question import asks_for_several, clean_question, reply, understand
from rag.retrieval import Retriever, sentences_of, vectors_of, widened
from rag.text import detect_language

SENTENCES = 60
EVIDENCE = 3
# A statement of fewer words is mostly names, which do not tell its language.
FEWEST_WORDS = 5
# The generator reads this many of the best quotations. With their neighbours, three times as long, it found no more.
READ = 2
# Below this support a sentence of the generator is not shown.
SUPPORTED = 0.5
# A second quotation is given when it is worth this share of the first.
SECOND_QUOTATION = 0.3


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
        self._planner = Planner(retriever.index, self._decider, settings.answer_threshold, writes=generator is not None)
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
        start = time.perf_counter()
        message = understand(question, history)
        run = Inquiry(message, start, self._load_s)
        if message.talk:
            yield Finished(self._answer(run, reply(message.talk), None))
            return
        found = self._retriever.find(run.question, self._settings.passages, SENTENCES, scope, language=message.language)
        hits, ranked = found.passages, found.sentences
        run.found(hits)
        yield Found(run.question, hits, tuple(widened(self._retriever.index, ranked, EVIDENCE)))
        if fact := self._fact(run, hits):
            yield from fact
            return
        plan = self._planner.plan(run.question, run.language, found)
        run.confidence = plan.confidence
        draft = AnswerDraft(
            run.language, plan.passages, separator="\n" if plan.form in ("comparison", "conflict") else " "
        )
        if plan.form == "written" and self._generator is not None:
            yield from self._write(run, self._generator, draft, plan)
        if plan.tells:
            run.confidence = plan.verdict.after_writing(bool(draft.statements)).probability
        if plan.form == "refusal" or run.confidence < self._settings.answer_threshold:
            yield self._refuse(run, plan.verdict)
            return
        if plan.form == "comparison":
            yield from self._compare(run, draft, plan.passages, plan.apart)
        elif plan.form == "conflict":
            yield from self._compare(run, draft, plan.apart, plan.apart)
        else:
            yield from self._quote(run, draft, plan.quoted)
        short = None if plan.form in ("comparison", "conflict") else draft.short(next(iter(found.sentences), None))
        yield Finished(self._answer(run, draft.text, draft, conflict=bool(plan.apart), short=short))

    def _fact(self, run: Inquiry, hits: Sequence[Hit]) -> list[Event]:
        """The answer to a question about an article's date, author or source; nothing for other questions."""
        fact = asked_fact(run.question, run.language)
        article = article_meant(run.question, run.language, self._retriever.index.catalog, hits) if fact else None
        if fact is None or article is None or (place := shown_fact(article, fact)) is None:
            return []
        run.confidence = 1.0
        draft = AnswerDraft(run.language, [])
        stated = draft.add(Grounded(fact_stated(article, fact, run.language), (place,), 1.0))
        return [stated, Finished(self._answer(run, draft.text, draft))]

    def _quote(self, run: Inquiry, draft: AnswerDraft, quoted: Sequence[Hit]) -> Iterator[Event]:
        for quotation in self._to_quote(run, draft, quoted):
            known = quotation.language == run.language
            framed = "" if known else frame(quotation, run.language, "in_its_language")
            if stated := draft.quote(quotation, framed):
                yield stated

    def _compare(
        self, run: Inquiry, draft: AnswerDraft, passages: Sequence[Passage], told: Sequence[Passage]
    ) -> Iterator[Event]:
        """What each article says, in its own words, so that who asks sees where they differ: above all in `told`."""
        for passage in passages:
            framed = frame(passage, run.language, "told_by")
            if stated := draft.quote(passage, framed, even_repeated=passage in told):
                yield stated

    def _write(self, run: Inquiry, generator: Generator, draft: AnswerDraft, plan: Plan) -> Iterator[Event]:
        index = self._retriever.index
        sentences = sentences_of(index, run.hits)
        vectors = vectors_of(index, sentences)
        read = plan.passages[:READ]
        read = fit(run.question, read, run.language, self._settings.prompt_tokens, generator.count_tokens)

        def take(text: str) -> Checked | None:
            if not any(c.isalnum() for c in text) or draft.repeats(text) or not _speaks(text, run.language, read):
                return None
            cosines = vectors @ self._embedder.encode_documents([text])[0]
            grounded = ground(text, run.language, sentences, cosines, run.question)
            if not _stands(grounded, plan.passages):
                return None
            # A statement may repeat from the question what no article says, such as who won when nobody did.
            rests_on = draft.quotations_of(grounded)
            sure = grounded.in_their_words or self._decider.confirms(text, run.language, rests_on)
            return draft.add(grounded) if sure else None

        messages = answer_messages(run.question, read, run.language)
        yield from phrased(run.timed(generator.stream(messages, self._settings.answer_tokens)), take)

    def _to_quote(self, run: Inquiry, draft: AnswerDraft, quoted: Sequence[Hit]) -> list[Passage]:
        """The best quotation, and the next where it is nearly as good or several things are asked for.

        With a draft the one that it rests on, and those only where several are asked for.
        """
        several = asks_for_several(run.question, run.language)
        enough = 0.0 if several else SECOND_QUOTATION * quoted[0].score
        best = [quoted[0].passage, *(quotation.passage for quotation in quoted[1:2] if quotation.score >= enough)]
        if not draft.statements:
            return best
        resting = [quotation.passage for quotation in quoted if quotation.passage in draft.cited][:1]
        # A quotation in another language than the answer is left to the list of sources.
        shown = dict.fromkeys([*resting, *(best if several else ())])
        return [passage for passage in shown if passage.language == run.language]

    def _refuse(self, run: Inquiry, verdict: Verdict) -> Finished:
        closest = list({hit.passage.document: hit.passage for hit in run.hits}.values())[:3]
        told = refusal(run.question, run.language, verdict.reason, verdict.names, closest)
        return Finished(self._answer(run, inert(told), None))

    def _answer(
        self,
        run: Inquiry,
        text: str,
        draft: AnswerDraft | None,
        conflict: bool = False,
        short: ShortAnswer | None = None,
    ) -> Answer:
        return Answer(
            question=run.asked,
            standalone_question=run.question,
            text=text,
            answered=draft is not None,
            confidence=run.confidence,
            language=run.language,
            statements=tuple(draft.statements) if draft else (),
            citations=tuple(map(self._paged, draft.citations)) if draft else (),
            passages=tuple(run.hits),
            timings=run.timings(),
            models={
                "embedder": self._embedder.name,
                "generator": self._generator.name if self._generator else NO_GENERATOR,
            },
            conflict=conflict,
            short_answer=short,
        )

    def _paged(self, citation: Citation) -> Citation:
        """`citation` with the page it is on."""
        return replace(citation, page=page_at(self._retriever.index.catalog.pages(citation.document), citation.start))


def _speaks(text: str, language: str, read: Sequence[Passage]) -> bool:
    """Whether `text` is not in the articles' language where that is another one than the question's."""
    theirs = {passage.language for passage in read} - {language}
    return not theirs or len(text.split()) < FEWEST_WORDS or detect_language(text, LANGUAGES) not in theirs


def _stands(grounded: Grounded, quoted: Sequence[Passage]) -> bool:
    """Whether a statement is supported, and by a sentence of what would be quoted."""
    return grounded.support >= SUPPORTED and any(
        within(sentence, quotation) for sentence in grounded.sentences for quotation in quoted
    )
