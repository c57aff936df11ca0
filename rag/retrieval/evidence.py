"""Within the passages found, the sentences that answer the question, and the text around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from rag.domain import Hit, Passage, within
from rag.protocols import Vectors
from rag.retrieval.fusion import READER_SENTENCE_WEIGHT, SENTENCE_WEIGHTS, Scores, combine, order, standardised
from rag.retrieval.query import Query
from rag.store import Searchable
from rag.text import is_order

EVIDENCE_PASSAGES = 8
# A sentence is shown with the one that follows while both fit in this many characters: the answer is often there.
SHOWN_CHARACTERS = 340
QUOTED_CHARACTERS = 400
# The run that is quoted holds one of this many best sentences, and none at its ends worth less than this share of it.
_QUOTED_FROM = 6
_WORTH_QUOTING = 0.1


def sentences_of(index: Searchable, hits: Sequence[Hit]) -> list[Passage]:
    """The sentences of the passages found, each once, in the order of the passages."""
    each = index.catalog.sentences_within_each([hit.passage for hit in hits])
    return list({sentence.id: sentence for some in each for sentence in some}.values())


def vectors_of(index: Searchable, sentences: Sequence[Passage]) -> Vectors:
    """Their stored vectors, float32 [len(sentences), dimension]."""
    return index.sentences.reconstruct(np.array([s.id for s in sentences], np.int64))


def rank_sentences(index: Searchable, query: Query, hits: Sequence[Hit], k: int) -> list[Hit]:
    """The `k` best sentences of the best of `hits`, best first.

    Questions and orders to whoever answers are left out: they answer nothing.
    """
    home: dict[int, Hit] = {}
    worth: dict[int, float] = {}
    sentences: list[Passage] = []
    read = hits[:EVIDENCE_PASSAGES]
    for hit, some in zip(read, index.catalog.sentences_within_each([hit.passage for hit in read]), strict=True):
        for place, sentence in enumerate(some):
            if hit.reading:
                worth[sentence.id] = max(worth.get(sentence.id, -np.inf), hit.reading.sentences[place])
            if sentence.id not in home and not _asks(sentence.text):
                home[sentence.id] = hit
                sentences.append(sentence)
    if not sentences:
        return []
    parts: dict[str, Scores] = {
        "dense": (vectors_of(index, sentences) @ query.vector).astype(np.float64),
        "bm25": index.sentence_terms.scores(query.terms, [s.id for s in sentences]).astype(np.float64),
        "passage": np.array([home[s.id].score for s in sentences]),
        "late": _late(index, query, sentences, home),
    }
    total = combine(parts, SENTENCE_WEIGHTS)
    if all(sentence.id in worth for sentence in sentences):
        parts["reader"] = np.array([worth[sentence.id] for sentence in sentences])
        both = standardised(total) + READER_SENTENCE_WEIGHT * standardised(parts["reader"])
        # On the scale of the others alone: what a sentence is worth beside the rest follows from it.
        total = standardised(both) * total.std()
    best = islice((i for i in order(total) if not is_order(sentences[i].text)), k)
    return [
        Hit(
            sentences[i],
            float(total[i]),
            {name: float(parts[name][i]) for name in parts},
            answer=_pointed_at(sentences[i], home[sentences[i].id]),
        )
        for i in best
    ]


def _pointed_at(sentence: Passage, home: Hit) -> tuple[int, int] | None:
    """Where in the article the answer stands that the reader points at in `home`, if that is in `sentence`."""
    if home.reading is None:
        return None
    start, end = (home.passage.start + offset for offset in home.reading.span)
    return (start, end) if sentence.start <= start < end <= sentence.end else None


def _late(index: Searchable, query: Query, sentences: Sequence[Passage], home: dict[int, Hit]) -> Scores:
    """Late interaction with each sentence's tokens, which were read in the context of its passage."""
    ids = list(dict.fromkeys(hit.passage.id for hit in home.values()))
    stored = dict(zip(ids, index.tokens.many(ids), strict=True))
    products = {id_: tokens.similarities(query.tokens) for id_, tokens in stored.items()}
    scores = np.full(len(sentences), -np.inf)
    for i, sentence in enumerate(sentences):
        passage = home[sentence.id].passage
        places = stored[passage.id].places
        inside = (places >= sentence.start - passage.start) & (places < sentence.end - passage.start)
        if inside.any() and len(query.tokens):
            scores[i] = products[passage.id][:, inside].max(1).mean()
    finite = scores[np.isfinite(scores)]
    # What lies past the embedder's limit was not read: it is neither better nor worse for that.
    return np.where(np.isfinite(scores), scores, finite.mean() if len(finite) else 0.0)


def widened(index: Searchable, ranked: Sequence[Hit], k: int) -> list[Hit]:
    """The `k` best of `ranked` sentences as they are shown: short ones with the next of their paragraph."""
    shown: list[Hit] = []
    for hit in ranked:
        if len(shown) == k:
            break
        if not any(within(hit.passage, other.passage) for other in shown):
            shown.append(replace(hit, passage=_with_next(index, hit.passage)))
    return shown


def _with_next(index: Searchable, sentence: Passage) -> Passage:
    text = index.catalog.article(sentence.document).text
    reach = replace(sentence, end=min(len(text), sentence.start + SHOWN_CHARACTERS))
    inside = index.catalog.sentences_within(reach)
    following = next((s for s in inside if s.start >= sentence.end), None)
    if following is None or "\n" in text[sentence.end : following.start] or is_order(following.text):
        return sentence
    return replace(sentence, end=following.end, text=text[sentence.start : following.end])


def quotations(index: Searchable, ranked: Sequence[Hit], most: int, *, apart: bool = False) -> list[Hit]:
    """Up to `most` quotable spans, best first: runs of sentences that hold most of what all sentences are worth.

    With `apart` each is of another article.

    A span's score is its share, 0..1, of the weight of all `ranked` sentences (softmax of their scores). One run of
    two or three sentences holds the answer as often as two loose sentences do, and reads better.
    """
    weights = np.exp(np.array([hit.score for hit in ranked]) - max((hit.score for hit in ranked), default=0.0))
    weight_of = {hit.passage.id: float(weight) for hit, weight in zip(ranked, weights / weights.sum(), strict=True)}
    chosen: list[Hit] = []
    while len(chosen) < most:
        runs = [
            run
            for hit in _starts(ranked, chosen, apart)
            for run in _runs(index, hit.passage, weight_of)
            if not any(_touch(run.passage, other.passage) for other in chosen)
        ]
        if not runs:
            break
        chosen.append(max(runs, key=lambda run: run.score))
    return chosen


def _starts(ranked: Sequence[Hit], chosen: Sequence[Hit], apart: bool) -> Sequence[Hit]:
    """The best sentences, of which the next quotation holds one."""
    if not apart:
        return ranked[:_QUOTED_FROM]
    taken = {hit.passage.document for hit in chosen}
    return [hit for hit in ranked if hit.passage.document not in taken][:_QUOTED_FROM]


def _runs(index: Searchable, sentence: Passage, weight_of: Mapping[int, float]) -> Iterator[Hit]:
    """The runs of sentences of one paragraph that hold `sentence` and are not too long to quote."""
    text = index.catalog.article(sentence.document).text
    reach = replace(
        sentence,
        start=max(0, sentence.start - QUOTED_CHARACTERS),
        end=min(len(text), sentence.end + QUOTED_CHARACTERS),
    )
    around = index.catalog.sentences_within(reach)
    here = next(i for i, other in enumerate(around) if other.id == sentence.id)
    for first in range(here + 1):
        for last in range(here, len(around)):
            start, end = around[first].start, around[last].end
            worth = [weight_of.get(s.id, 0.0) for s in around[first : last + 1]]
            if first != last:
                too_long = end - start > QUOTED_CHARACTERS or "\n" in text[start:end]
                if too_long or min(worth[0], worth[-1]) < _WORTH_QUOTING * max(worth):
                    continue
            yield Hit(replace(sentence, start=start, end=end, text=text[start:end]), sum(worth))


def _touch(one: Passage, other: Passage) -> bool:
    return one.document == other.document and one.start <= other.end and other.start <= one.end


def _asks(sentence: str) -> bool:
    """Whether a sentence is itself a question, which resembles the user's more than any answer does."""
    return sentence.rstrip(' \u00a0\u202f»"”)').endswith("?")
