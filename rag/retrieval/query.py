"""A question as the index is asked for it: its terms, its vector and those of its tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rag.protocols import Embedder, Vectors
from rag.store import Searchable
from rag.text import Period, asked_period, asks_latest, grams, terms


@dataclass(frozen=True, slots=True)
class Query:
    """`vector` float32 [dimension], `tokens` float32 [q, directions] as the token store of the index projects them.

    `period` is the one that the question names, with relative days counted from today; `latest` is set when it
    asks for what is newest.
    """

    text: str
    language: str
    terms: list[str]
    grams: list[str]
    vector: Vectors
    tokens: Vectors
    period: Period | None
    latest: bool


def content_words(question: str, language: str) -> list[str]:
    """The terms of `question`, each once: what it asks about, without words that any text has."""
    return list(dict.fromkeys(terms(question, language)))


def read_query(question: str, language: str, index: Searchable, embedder: Embedder, today: date) -> Query:
    """`question` read in its `language`."""
    # Capitals throughout are other tokens to the embedder: they cost 5 points of recall@5.
    vector, tokens = embedder.encode_question(question.lower() if question.isupper() else question)
    return Query(
        text=question,
        language=language,
        terms=content_words(question, language),
        grams=grams(question),
        vector=vector,
        tokens=index.tokens.projection.apply(tokens.vectors),
        period=asked_period(question, language, today),
        latest=asks_latest(question, language),
    )
