"""Passages for a question, and in the best of them the sentences that answer it.

First stage: the candidates are the best by vector, by terms and by runs of characters; four views of each are weighed
(see `fusion`). Second stage: the best are compared with the question token by token, by the user's cross-encoder
where there is one, and by date where the question names one. Passages that repeat another take no place of their own.
The reader reads the best few and orders them anew, so that what it takes does not grow with the articles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from rag.domain import EVERYTHING, Hit, Passage, Scope, Shown, within
from rag.protocols import Embedder, Reader, ReadText, Reranker
from rag.retrieval.answerability import answerable
from rag.retrieval.duplicates import Group, group
from rag.retrieval.evidence import EVIDENCE_PASSAGES, rank_sentences, widened
from rag.retrieval.fusion import (
    FIRST_WEIGHTS,
    READER_WEIGHT,
    SECOND_WEIGHTS,
    Scores,
    combine,
    order,
    standardised,
)
from rag.retrieval.query import Query, content_words, read_query
from rag.store import Searchable, span_ids
from rag.system import one_thread
from rag.text import Period, detect_language, mentions

CANDIDATES = 100
RERANKED = 40
# What is added to the z-scores of the other views for a passage about the period asked for, and for the newest day.
PERIOD_WEIGHT = 1.0
LATEST_WEIGHT = 0.5
CROSS_ENCODER_WEIGHT = 2.0


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found for a question, best first, and how likely the articles answer it (None without a reader)."""

    passages: tuple[Hit, ...]
    sentences: tuple[Hit, ...]
    answerable: float | None


class Retriever:
    """Searches one open index with the embedder that built it.

    What is given a scope looks at nothing outside it, and raises UnknownDocument, UnknownSource, UnknownLanguage and
    NothingInScope. `today` is the day that « hier » in a question counts from.
    """

    def __init__(
        self,
        index: Searchable,
        embedder: Embedder,
        *,
        reranker: Reranker | None = None,
        reader: Reader | None = None,
        today: date | None = None,
    ) -> None:
        self.index = index
        self._embedder = embedder
        self._reranker = reranker
        self._reader = reader
        self._today = today

    def search(self, question: str, k: int, scope: Scope = EVERYTHING) -> list[Hit]:
        """The `k` best passages, best first. `parts` of a hit holds the raw score of each view."""
        return list(self.find(question, k, scope=scope).passages)

    def evidence(self, question: str, k: int, scope: Scope = EVERYTHING) -> list[Hit]:
        """The `k` best sentences of the best passages, best first, short ones with the sentence that follows."""
        return list(self._evidence(question, k, scope).sentences)

    def look(self, question: str, k: int, scope: Scope = EVERYTHING, *, evidence: bool = False) -> Shown:
        """The `k` best passages as `search` gives them, or with `evidence` the sentences."""
        found = self._evidence(question, k, scope) if evidence else self.find(question, k, scope=scope)
        notices = ("no_word_found",) if self.meets_no_word(question, scope) else ()
        return Shown(found.sentences if evidence else found.passages, found.answerable, notices)

    def find(
        self, question: str, k: int, sentences: int = 0, scope: Scope = EVERYTHING, *, language: str | None = None
    ) -> Findings:
        """The `k` best passages and so many of the best sentences of the best of them, the question read once."""
        with one_thread():
            query = self.read(question, language)
            hits = self._search(query, k, scope)
            ranked = rank_sentences(self.index, query, hits[:k], sentences) if sentences else []
            return Findings(tuple(hits[:k]), tuple(ranked), answerable(hits))

    def meets_no_word(self, question: str, scope: Scope = EVERYTHING) -> bool:
        """Whether no content word of `question` occurs in the articles, so that only meaning finds any. Quick."""
        allowed = span_ids(self.index.catalog, "passage", scope)
        return not self.index.passage_terms.meets(content_words(question, detect_language(question)), allowed)

    def read(self, question: str, language: str | None = None) -> Query:
        """`question` as the index is asked for it; its `language` is told from it where it is not given."""
        told, today = language or detect_language(question), self._today or date.today()
        return read_query(question, told, self.index, self._embedder, today)

    def views(self, query: Query, scope: Scope = EVERYTHING) -> tuple[list[Passage], dict[str, Scores]]:
        """The candidates and the raw scores of their views of the first stage, each float64 [candidates]."""
        index = self.index
        allowed = span_ids(index.catalog, "passage", scope)
        _, dense = index.passages.search(query.vector[None], CANDIDATES, allowed)
        _, lexical = index.passage_terms.best(query.terms, CANDIDATES, allowed)
        _, grams = index.passage_grams.best(query.grams, CANDIDATES, allowed)
        candidates = list(dict.fromkeys(int(i) for ids in (dense[0], lexical, grams) for i in ids))
        passages = index.catalog.passages(candidates)
        parts = {
            "dense": index.passages.reconstruct(np.array(candidates, np.int64)) @ query.vector,
            "sentence": self._best_sentences(query, passages, scope),
            "grams": index.passage_grams.scores(query.grams, candidates),
            "coverage": self._coverage(query, candidates),
        }
        return passages, {name: np.asarray(values, np.float64) for name, values in parts.items()}

    def late(self, query: Query, passages: Sequence[Passage]) -> Scores:
        """Late interaction: how near, on average, each token of the question comes to one of the passage."""
        scores = []
        for stored in self.index.tokens.many([passage.id for passage in passages]):
            similarities = stored.similarities(query.tokens)
            scores.append(float(similarities.max(1).mean()) if similarities.size else 0.0)
        return np.array(scores)

    def _evidence(self, question: str, k: int, scope: Scope) -> Findings:
        found = self.find(question, EVIDENCE_PASSAGES, 3 * k, scope)
        return replace(found, sentences=tuple(widened(self.index, found.sentences, k)))

    def _coverage(self, query: Query, ids: Sequence[int]) -> Scores:
        rarity = self.index.passage_terms.rarity(query.terms).astype(np.float64)
        whole = float(rarity.sum())
        held = self.index.passage_terms.held(query.terms, ids)
        return rarity @ held / whole if whole else np.zeros(len(ids))

    def _search(self, query: Query, k: int, scope: Scope) -> list[Hit]:
        """The `k` best, or as many as are read where that is more."""
        passages, parts = self.views(query, scope)
        if not passages:
            return []
        first = order(combine(parts, FIRST_WEIGHTS))[: max(RERANKED, k)]
        best = [passages[i] for i in first]
        parts = {name: values[first] for name, values in parts.items()} | {"late": self.late(query, best)}
        total = combine(parts, SECOND_WEIGHTS)
        for name, values, added in self._circumstances(query, best):
            parts[name] = values
            total = total + added
        ranked = [
            Hit(best[i], float(total[i]), {name: float(values[i]) for name, values in parts.items()})
            for i in order(total)
        ]
        hits = [replace(g.hit, also=_elsewhere(g)) for g in group(ranked)[: max(k, EVIDENCE_PASSAGES)]]
        return self._read(query, hits)

    def _read(self, query: Query, hits: Sequence[Hit]) -> list[Hit]:
        """`hits` in the order that the reader's score, added to their own, gives the best `EVIDENCE_PASSAGES`."""
        if self._reader is None or not hits:
            return list(hits)
        best = hits[:EVIDENCE_PASSAGES]
        sentences = self.index.catalog.sentences_within_each([hit.passage for hit in best])
        texts = [
            ReadText(hit.passage.text, hit.passage.title, [_inside(s, hit.passage) for s in some])
            for hit, some in zip(best, sentences, strict=True)
        ]
        readings = self._reader.read(query.text, texts)
        relevance = np.array([reading.relevance for reading in readings])
        own = standardised(np.array([hit.score for hit in best]))
        total = own + READER_WEIGHT * standardised(relevance)
        ranked = [
            replace(
                best[i],
                score=float(total[i]),
                parts={**best[i].parts, "reader": readings[i].relevance},
                reading=readings[i],
            )
            for i in order(total)
        ]
        # What was not read comes behind what was, in its order.
        last = ranked[-1].score - hits[len(best)].score if len(hits) > len(best) else 0.0
        return [*ranked, *(replace(hit, score=hit.score + last) for hit in hits[len(best) :])]

    def _circumstances(self, query: Query, best: Sequence[Passage]) -> Iterator[tuple[str, Scores, Scores]]:
        """Views that only some questions have: their raw scores, and what they add to the sum of the others."""
        if query.period is not None:
            within_period = np.array([float(_is_of(passage, query.period)) for passage in best])
            yield "period", within_period, PERIOD_WEIGHT * within_period
        if query.latest:
            days = sorted({passage.date for passage in best if passage.date})
            newness = {day: place / max(1, len(days) - 1) for place, day in enumerate(days)}
            recent = np.array([newness.get(p.date, 0.0) if p.date else 0.0 for p in best])
            yield "recent", recent, LATEST_WEIGHT * recent
        if self._reranker is not None:
            scores = self._reranker.scores(query.text, [passage.text for passage in best]).astype(np.float64)
            yield "reranker", scores, CROSS_ENCODER_WEIGHT * standardised(scores)

    def _best_sentences(self, query: Query, passages: Sequence[Passage], scope: Scope) -> Scores:
        """For each passage the cosine of its best sentence among those found; the lowest found where it has none."""
        allowed = span_ids(self.index.catalog, "sentence", scope)
        scores, ids = self.index.sentences.search(query.vector[None], CANDIDATES, allowed)
        found = self.index.catalog.passages([int(i) for i in ids[0]])
        floor = float(scores[0][-1]) if ids.size else 0.0
        by_document: dict[str, list[tuple[Passage, float]]] = {}
        for sentence, score in zip(found, scores[0], strict=True):
            by_document.setdefault(sentence.document, []).append((sentence, float(score)))
        return np.array(
            [max((s for x, s in by_document.get(p.document, ()) if within(x, p)), default=floor) for p in passages]
        )


def _inside(sentence: Passage, passage: Passage) -> tuple[int, int]:
    return sentence.start - passage.start, sentence.end - passage.start


def _elsewhere(repeated: Group) -> tuple[Passage, ...]:
    """The passages of other articles in a group; one of its own article is a part of the passage shown."""
    others = (hit.passage for hit in repeated.also)
    return tuple(passage for passage in others if passage.document != repeated.hit.passage.document)


def _is_of(passage: Passage, period: Period) -> bool:
    """Whether a passage was published in the period or speaks of a day in it."""
    if passage.date is None:
        return False
    if period.first <= passage.date <= period.last:
        return True
    named = [mention.period for mention in mentions(passage.text, passage.language, passage.date)]
    return any(period.first <= p.first and p.last <= period.last for p in named)
