"""Faults planted on purpose, to see that the gates catch them.

`Oracle` answers from the set itself, over passages that a real retriever finds: about the best a system can
do, in no time. Each of `FAULTS` wraps a system and spoils one thing. `without_accents` spoils an open index.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from eval.cases.records import Case
from eval.harness.runner import System
from rag.domain import Answer, Citation, Hit, Passage, Statement, Timings, Turn
from rag.prompting import refusal as refusal_text
from rag.protocols import Embedder
from rag.store.bm25 import LexicalIndex
from rag.store.faiss_store import FaissStore
from rag.store.index import PASSAGE_GRAMS, PASSAGE_TERMS, PASSAGES, SENTENCE_TERMS, SENTENCES, TOKENS, Index
from rag.store.token_vectors import StoredTokens, TokenStore
from rag.text.analysis import grams, terms
from tests.support.stores import written_terms, written_tokens, written_vectors

ENGLISH = "The leaders met in Paris and they agreed on the next steps for the security of the country."


class Oracle:
    """A `System` that finds with `searcher` and answers what the cases expect, citing their evidence."""

    def __init__(self, searcher: System, cases: Sequence[Case]) -> None:
        self._searcher = searcher
        self._cases = {_key(case.question, [turn["question"] for turn in case.history]): case for case in cases}

    def search(self, question: str, k: int, history: Sequence[Turn]) -> list[Hit]:
        return self._searcher.search(question, k, history)

    def evidence(self, question: str, k: int, history: Sequence[Turn]) -> list[Hit]:
        return self._searcher.evidence(question, k, history)

    def ask(self, question: str, history: Sequence[Turn]) -> Answer:
        case = self._cases[_key(question, [turn.question for turn in history])]
        passages = tuple(self.search(question, 4, history))
        if case.expected != "answer":
            refusal = refusal_text(question, case.lang, "not_stated", (), ())
            return _answer(question, case.lang, passages, refusal, (), (), answered=False)
        citations = tuple(
            _citation(number, evidence.file, *evidence.spans[0], evidence.quote)
            for number, evidence in enumerate(case.evidence, 1)
        )
        markers = tuple(citation.marker for citation in citations)
        statement = Statement(case.answers[0], markers, 1.0)
        return _answer(question, case.lang, passages, shown([statement]), (statement,), citations, answered=True)


def _key(question: str, history: Sequence[str]) -> str:
    return "\0".join([*history, question])


def _citation(marker: int, document: str, start: int, end: int, quote: str) -> Citation:
    return Citation(marker, document, document, None, None, start, end, quote, 1.0)


def _answer(
    question: str,
    language: str,
    passages: tuple[Hit, ...],
    text: str,
    statements: tuple[Statement, ...],
    citations: tuple[Citation, ...],
    *,
    answered: bool,
) -> Answer:
    return Answer(
        question=question,
        standalone_question=question,
        text=text,
        answered=answered,
        confidence=float(answered),
        language=language,
        statements=statements,
        citations=citations,
        passages=passages,
        timings=Timings(),
        models={"embedder": "oracle", "generator": "oracle"},
    )


def shown(statements: Sequence[Statement]) -> str:
    """The text of an answer made of `statements`, each with its markers."""
    return " ".join(" ".join([s.text, *(f"[{marker}]" for marker in s.citations)]) for s in statements)


class _Wrapper:
    """A system that behaves as the one it wraps."""

    def __init__(self, system: System) -> None:
        self._system = system

    def search(self, question: str, k: int, history: Sequence[Turn]) -> list[Hit]:
        return self._system.search(question, k, history)

    def evidence(self, question: str, k: int, history: Sequence[Turn]) -> list[Hit]:
        return self._system.evidence(question, k, history)

    def ask(self, question: str, history: Sequence[Turn]) -> Answer:
        return self._system.ask(question, history)


class SecondFirst(_Wrapper):
    """The second best comes first."""

    def search(self, question: str, k: int, history: Sequence[Turn]) -> list[Hit]:
        return _second_first(super().search(question, k, history))

    def evidence(self, question: str, k: int, history: Sequence[Turn]) -> list[Hit]:
        return _second_first(super().evidence(question, k, history))


def _second_first(hits: list[Hit]) -> list[Hit]:
    return [*hits[1:2], *hits[:1], *hits[2:]]


class ShiftedCitations(_Wrapper):
    """Each marker is one too high."""

    def ask(self, question: str, history: Sequence[Turn]) -> Answer:
        answer = super().ask(question, history)
        return replace(
            answer,
            text=re.sub(r"\[(\d+)\]", lambda match: f"[{int(match[1]) + 1}]", answer.text),
            statements=tuple(replace(s, citations=tuple(m + 1 for m in s.citations)) for s in answer.statements),
        )


class NeverRefuses(_Wrapper):
    """Where it should refuse, it quotes the best passage."""

    def ask(self, question: str, history: Sequence[Turn]) -> Answer:
        answer = super().ask(question, history)
        if answer.answered or not answer.passages:
            return answer
        best = answer.passages[0].passage
        statement = Statement(best.text, (1,), 1.0)
        citation = _citation(1, best.document, best.start, best.end, best.text)
        return replace(answer, answered=True, text=shown([statement]), statements=(statement,), citations=(citation,))


class AlwaysRefuses(_Wrapper):
    """It never knows."""

    def ask(self, question: str, history: Sequence[Turn]) -> Answer:
        answer = super().ask(question, history)
        refusal = refusal_text(question, answer.language, "not_stated", (), ())
        return replace(answer, answered=False, text=refusal, statements=(), citations=())


class AnswersInEnglish(_Wrapper):
    """It says it speaks the language of the question, and speaks English."""

    def ask(self, question: str, history: Sequence[Turn]) -> Answer:
        answer = super().ask(question, history)
        statements = tuple(replace(statement, text=ENGLISH) for statement in answer.statements)
        return replace(answer, text=shown(statements) if statements else ENGLISH, statements=statements)


class OffByOne(_Wrapper):
    """Every offset is one too high."""

    def search(self, question: str, k: int, history: Sequence[Turn]) -> list[Hit]:
        return [_off_by_one(hit) for hit in super().search(question, k, history)]

    def evidence(self, question: str, k: int, history: Sequence[Turn]) -> list[Hit]:
        return [_off_by_one(hit) for hit in super().evidence(question, k, history)]

    def ask(self, question: str, history: Sequence[Turn]) -> Answer:
        answer = super().ask(question, history)
        citations = tuple(replace(c, start=c.start + 1, end=c.end + 1) for c in answer.citations)
        return replace(answer, citations=citations, passages=tuple(_off_by_one(hit) for hit in answer.passages))


def _off_by_one(hit: Hit) -> Hit:
    passage = hit.passage
    return replace(hit, passage=replace(passage, start=passage.start + 1, end=passage.end + 1))


FAULTS: Mapping[str, Callable[[System], System]] = {
    "second best first": SecondFirst,
    "citations shifted by one": ShiftedCitations,
    "never refuses": NeverRefuses,
    "always refuses": AlwaysRefuses,
    "answers in English": AnswersInEnglish,
    "offsets off by one": OffByOne,
}


def without_accents(index: Index, embedder: Embedder, folder: Path) -> Index:
    """`index` as it would be had its texts lost their accented letters: « Élysée » is « lyse »; lies in `folder`."""
    return replace(
        index,
        passages=_vectors(folder / PASSAGES, index, index.passage_terms, embedder),
        sentences=_vectors(folder / SENTENCES, index, index.sentence_terms, embedder),
        passage_terms=_lexical(folder / PASSAGE_TERMS, index, index.passage_terms, terms, titled=True),
        passage_grams=_lexical(folder / PASSAGE_GRAMS, index, index.passage_grams, lambda t, _: grams(t), titled=True),
        sentence_terms=_lexical(folder / SENTENCE_TERMS, index, index.sentence_terms, terms, titled=False),
        tokens=_tokens(folder / TOKENS, index, embedder),
    )


def _spans(index: Index, of: LexicalIndex) -> list[Passage]:
    return index.catalog.passages([int(id_) for id_ in of.ids])


def _lexical(
    folder: Path, index: Index, old: LexicalIndex, analyse: Callable[[str, str], list[str]], *, titled: bool
) -> LexicalIndex:
    texts = [(f"{span.title}\n{span.text}" if titled else span.text, span.language) for span in _spans(index, old)]
    return written_terms(folder, old.ids, [analyse(_drop_accented(text), language) for text, language in texts])


def _vectors(path: Path, index: Index, of: LexicalIndex, embedder: Embedder) -> FaissStore:
    texts = [_drop_accented(span.text) for span in _spans(index, of)]
    return written_vectors(path, of.ids, embedder.encode_documents(texts))


def _tokens(folder: Path, index: Index, embedder: Embedder) -> TokenStore:
    texts = [_drop_accented(span.text) for span in _spans(index, index.passage_terms)]
    projection = index.tokens.projection
    read = {place: StoredTokens.of(tokens, projection) for place, _, tokens in embedder.encode_passages(texts)}
    return written_tokens(folder, projection, index.passage_terms.ids, [read[n] for n in range(len(texts))])


def _drop_accented(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFC", text) if len(unicodedata.normalize("NFD", c)) == 1)
