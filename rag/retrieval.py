"""Passages for a question, and in the best of them the sentences that answer it.

Three views of a passage are scored: its vector, its best sentence's vector, and BM25 over title and text.
The candidates are the best of each view; their scores are standardised (z-scores over the candidates) and
summed with the weights below. On native French questions such a sum beats reciprocal rank fusion and each
view alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rag.domain import Hit, Passage
from rag.french import terms
from rag.indexing import Index
from rag.languages import detect
from rag.protocols import Embedder, Ids, Vectors

CANDIDATES = 100
PASSAGE_WEIGHTS = {"dense": 0.5, "sentence": 0.2, "bm25": 0.3}
# The passage that a sentence stands in knows its context, which the sentence alone has lost.
SENTENCE_WEIGHTS = {"dense": 0.5, "bm25": 0.5, "passage": 0.6}
EVIDENCE_PASSAGES = 8


class Retriever:
    """Searches one open index with the embedder that built it."""

    def __init__(self, index: Index, embedder: Embedder) -> None:
        self.index = index
        self._embedder = embedder
        self._row_of = {int(id_): row for row, id_ in enumerate(index.passage_terms.ids)}
        self._sentence_row_of = {int(id_): row for row, id_ in enumerate(index.sentence_terms.ids)}

    def search(self, question: str, k: int) -> list[Hit]:
        """The `k` best passages, best first. `parts` of a hit holds the raw score of each view."""
        return self._search(question, self._embedder.encode_queries([question]), k)

    def evidence(self, question: str, k: int) -> list[Hit]:
        """The `k` best sentences of the best passages, best first."""
        query = self._embedder.encode_queries([question])
        return self._rank_sentences(question, query, self._search(question, query, EVIDENCE_PASSAGES), k)

    def search_with_evidence(self, question: str, k: int, sentences: int) -> tuple[list[Hit], list[Hit]]:
        """Both of them, the question embedded once."""
        query = self._embedder.encode_queries([question])
        hits = self._search(question, query, k)
        return hits, self._rank_sentences(question, query, hits[:EVIDENCE_PASSAGES], sentences)

    def windows(self, hits: Sequence[Hit], evidence: Sequence[Hit]) -> list[Passage]:
        """Each evidence sentence with the sentence before and after it in its passage, what overlaps joined.

        Loose sentences cost a small generator the context it needs; whole passages cost time and distract it.
        """
        spans: list[Passage] = []
        for hit in evidence:
            around = self._neighbourhood(hits, hit.passage)
            joined = next((i for i, other in enumerate(spans) if _touch(around, other)), None)
            if joined is None:
                spans.append(around)
            else:
                spans[joined] = self._span(
                    around, min(around.start, spans[joined].start), max(around.end, spans[joined].end)
                )
        return spans

    def sentences_of(self, hits: Sequence[Hit]) -> list[Passage]:
        """The sentences of the passages found, each once, in the order of the passages."""
        return list({s.id: s for hit in hits for s in self.index.catalog.sentences_within(hit.passage)}.values())

    def sentence_vectors(self, sentences: Sequence[Passage]) -> Vectors:
        """Their stored vectors, float32 [len(sentences), dimension]."""
        return self.index.sentences.reconstruct(np.array([s.id for s in sentences], np.int64))

    def _neighbourhood(self, hits: Sequence[Hit], sentence: Passage) -> Passage:
        passage = next(hit.passage for hit in hits if _within(sentence, hit.passage))
        inside = self.index.catalog.sentences_within(passage)
        i = next(i for i, other in enumerate(inside) if other.id == sentence.id)
        return self._span(sentence, inside[max(0, i - 1)].start, inside[min(len(inside) - 1, i + 1)].end)

    def _span(self, passage: Passage, start: int, end: int) -> Passage:
        return replace(passage, start=start, end=end, text=self.index.catalog.article(passage.document).text[start:end])

    def _search(self, question: str, query: Vectors, k: int) -> list[Hit]:
        index = self.index
        lexical = index.passage_terms.scores(_question_terms(question, index))
        _, dense_ids = index.passages.search(query, CANDIDATES)
        sentence_scores, sentence_ids = index.sentences.search(query, CANDIDATES)
        best_lexical = index.passage_terms.ids[np.argsort(-lexical, kind="stable")[:CANDIDATES]]
        candidates = list(dict.fromkeys(int(i) for i in (*dense_ids[0], *best_lexical)))
        passages = index.catalog.passages(candidates)
        parts = {
            "dense": index.passages.reconstruct(np.array(candidates, np.int64)) @ query[0],
            "sentence": self._best_sentences(passages, sentence_ids[0], sentence_scores[0]),
            "bm25": lexical[[self._row_of[i] for i in candidates]],
        }
        return _ranked(passages, parts, PASSAGE_WEIGHTS, k)

    def _best_sentences(self, passages: Sequence[Passage], ids: Ids, scores: Vectors) -> Vectors:
        """For each passage the score of its best sentence among those found; the lowest found where it has none."""
        found = self.index.catalog.passages([int(i) for i in ids])
        floor = float(scores[-1]) if len(scores) else 0.0
        by_document: dict[str, list[tuple[Passage, float]]] = {}
        for sentence, score in zip(found, scores, strict=True):
            by_document.setdefault(sentence.document, []).append((sentence, float(score)))
        return np.array(
            [
                max((score for x, score in by_document.get(p.document, ()) if _within(x, p)), default=floor)
                for p in passages
            ],
            np.float32,
        )

    def _rank_sentences(self, question: str, query: Vectors, hits: Sequence[Hit], k: int) -> list[Hit]:
        index = self.index
        sentences = [s for s in self.sentences_of(hits) if not _asks(s.text)]
        if not sentences:
            return []
        lexical = index.sentence_terms.scores(_question_terms(question, index))
        parts = {
            "dense": self.sentence_vectors(sentences) @ query[0],
            "bm25": lexical[[self._sentence_row_of[s.id] for s in sentences]],
            "passage": np.array(
                [max(hit.score for hit in hits if _within(s, hit.passage)) for s in sentences], np.float32
            ),
        }
        return _ranked(sentences, parts, SENTENCE_WEIGHTS, k)


def _asks(sentence: str) -> bool:
    """A question resembles the user's more than any answer does, and answers nothing."""
    return sentence.rstrip(' \u00a0\u202f»"”)').endswith("?")


def _within(inner: Passage, outer: Passage) -> bool:
    return inner.document == outer.document and outer.start <= inner.start and inner.end <= outer.end


def _touch(one: Passage, other: Passage) -> bool:
    return one.document == other.document and one.start <= other.end and other.start <= one.end


def _question_terms(question: str, index: Index) -> list[str]:
    return terms(question, detect(question))


def _ranked(passages: Sequence[Passage], parts: dict[str, Vectors], weights: dict[str, float], k: int) -> list[Hit]:
    total = sum((weight * _standardised(parts[name]) for name, weight in weights.items()), np.zeros(len(passages)))
    order = np.argsort(-total, kind="stable")[:k]
    return [
        Hit(passages[i], float(total[i]), {name: float(values[i]) for name, values in parts.items()}) for i in order
    ]


def _standardised(values: Vectors) -> NDArray[np.float64]:
    spread = float(values.std())
    return (values.astype(np.float64) - values.mean()) / spread if spread > 1e-9 else np.zeros(len(values))
