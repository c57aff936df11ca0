"""Articles of an index folder as they travel to a shared index: with their spans, vectors, tokens and terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

import numpy as np

from rag.domain import Article, Passage
from rag.indexing import ANALYSED
from rag.postgres.posting_lists import PARTS, Held, packed
from rag.protocols import Ids, Vectors
from rag.store import Index, StoredTokens

LEVELS = ("passage", "sentence")

_SEALED = """
SELECT document, digest, id, date, title, source, author, language, pages, provenance, segments, file,
(SELECT count(*) FROM passage WHERE passage.document = article.document),
(SELECT sum(id % 2147483647) FROM passage WHERE passage.document = article.document)
FROM article ORDER BY rowid
"""


class Sealed(NamedTuple):
    """The digest of an article's text, and one of all that an index holds of it."""

    digest: str
    seal: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """An article with what an index holds of it, and its `file`.

    By level its `spans` and their `vectors`, float32 [n, dimension]; by part the terms of each span.
    """

    article: Article
    file: str
    seal: str
    spans: dict[str, list[Passage]]
    vectors: dict[str, Vectors]
    tokens: list[StoredTokens]
    terms: dict[str, list[list[str]]]

    def counts(self) -> tuple[int, ...]:
        """Number of passages and of sentences, then of the terms of each part."""
        spans = (len(self.spans[level]) for level in LEVELS)
        return (*spans, *(sum(map(len, self.terms[part])) for part in PARTS))


def sealed(index: Index) -> dict[str, Sealed]:
    """Every article of an index folder, by document, in its order there."""
    rows = index.catalog.query(_SEALED)
    return {
        document: Sealed(digest, sha256(repr((digest, *rest)).encode("utf-8", "surrogatepass")).hexdigest())
        for document, digest, *rest in rows
    }


def parcel(index: Index, document: str, seal: str) -> Parcel:
    """The article of that name in an index folder."""
    spans = {level: index.catalog.spans_of(level, document) for level in LEVELS}
    ids = {level: _ids(spans[level]) for level in LEVELS}
    ((file,),) = index.catalog.query("SELECT file FROM article WHERE document = ?", [document])
    return Parcel(
        article=index.catalog.article(document),
        file=file,
        seal=seal,
        spans=spans,
        vectors={
            "passage": index.passages.reconstruct(ids["passage"]),
            "sentence": index.sentences.reconstruct(ids["sentence"]),
        },
        tokens=index.tokens.many(ids["passage"]),
        terms={part: [analyse(span) for span in spans[level]] for part, (level, analyse) in ANALYSED.items()},
    )


def postings(parcels: Sequence[Parcel]) -> Iterator[tuple[int, str, Held]]:
    """The postings of articles together: the number of the part, the term, and what holds it."""
    for number, part in enumerate(PARTS):
        level = ANALYSED[part][0]
        ids = _ids([span for one in parcels for span in one.spans[level]])
        for term, held in packed(ids, [terms for one in parcels for terms in one.terms[part]]).items():
            yield number, term, held


def _ids(spans: Sequence[Passage]) -> Ids:
    return np.array([span.id for span in spans], np.int64)
