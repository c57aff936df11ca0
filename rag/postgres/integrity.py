"""Proof that a shared index is whole: texts, spans, vectors, tokens and counts belong together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import astuple

from rag.errors import RagError
from rag.indexing import Finding, check_texts, check_vectors
from rag.postgres.posting_lists import PARTS, graves, living
from rag.postgres.reader import SharedIndex, open_shared
from rag.protocols import Embedder
from rag.store import check_embedder

_COUNTED = """
SELECT count(*), sum(passages), sum(sentences), sum(passage_terms), sum(passage_grams), sum(sentence_terms) FROM article
"""
_TABLES = {"passage": ("passage_vector", "tokens"), "sentence": ("sentence_vector",)}


def verify_shared(url: str, embedder: Embedder | None = None) -> list[Finding]:
    """Everything that is wrong with the shared index at `url`; nothing when it is whole. Changes nothing.

    With an `embedder`, a sample of the texts is embedded again and compared with the vectors that are stored.
    """
    try:
        with closing(open_shared(url)) as index:
            findings = [*check_texts(index.catalog), *_span_findings(index), *_tally_findings(index)]
            findings += _posting_findings(index)
            if embedder:
                check_embedder(index.manifest, embedder, index.path)
                findings += check_vectors(index.catalog, index.passages, index.sentences, embedder)
    except RagError as error:
        return [Finding("unreadable", {"reason": error})]
    return findings


def _span_findings(index: SharedIndex) -> Iterator[Finding]:
    for level, tables in _TABLES.items():
        for table in tables:
            missing = index.state.rows(
                f"SELECT 1 FROM (SELECT id FROM passage WHERE level = %s) AS span FULL JOIN {table} USING (id)"
                f" WHERE span.id IS NULL OR {table}.id IS NULL LIMIT 1",
                [level],
            )
            if missing:
                yield Finding("ids", {"part": table})


def _tally_findings(index: SharedIndex) -> Iterator[Finding]:
    _, *told = astuple(index.state.tally)
    ((articles, *counts),) = index.state.rows(_COUNTED)
    spans = dict(index.state.rows("SELECT level, count(*) FROM passage GROUP BY level"))
    counted = [articles, *(int(value or 0) for value in counts)]
    if told != counted or told[1:3] != [spans.get("passage", 0), spans.get("sentence", 0)]:
        yield Finding("ids", {"part": "tally"})


def _posting_findings(index: SharedIndex) -> Iterator[Finding]:
    """Whether each part's postings are of the spans that are there, and of as many of their terms as there are."""
    buried = graves(index.state.rows("SELECT segment, ids FROM buried"))
    for number, part in enumerate(PARTS):
        level = "sentence" if part == "sentence_terms" else "passage"
        known = {id_ for id_, _ in index.catalog.homes(level)}
        lengths: dict[int, int] = {}
        rows = index.state.rows("SELECT segment, held FROM posting WHERE part = %s", [number])
        for segment, content in rows:
            held = living([(segment, content)], buried)
            lengths.update(zip(held["id"].tolist(), held["length"].tolist(), strict=True))
        if lengths.keys() - known or sum(lengths.values()) != getattr(index.state.tally, part):
            yield Finding("ids", {"part": part})
