"""Articles into the tables of a shared index, by COPY, and out of them again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from pgvector import HalfVector

from rag.postgres.connection import Connection
from rag.postgres.parcels import LEVELS, Parcel, postings
from rag.postgres.schema import SHARDS

_COUNTS = ("passages", "sentences", "passage_terms", "passage_grams", "sentence_terms")
# The columns of each table that is written, and their types.
_TABLES: dict[str, dict[str, str]] = {
    "article": {
        **dict.fromkeys(("id", "document", "digest", "seal"), "text"), "segment": "int8", "date": "date",
        **dict.fromkeys(("title", "source", "author", "language", "pages", "provenance", "file"), "text"),
        **dict.fromkeys(("segments", "text"), "text"), **dict.fromkeys(_COUNTS, "int4"),
    },
    "passage": {
        "id": "int8", "document": "text", "level": "text", "start": "int4", '"end"': "int4",
        "text": "text", "kind": "text", "title": "text",
    },
    "passage_vector": {"id": "int8", "vector": "halfvec"},
    "sentence_vector": {"id": "int8", "vector": "halfvec"},
    "tokens": {"id": "int8", "content": "bytea"},
    "posting": {"part": "int2", "term": "text", "segment": "int8", "held": "bytea"},
}  # fmt: skip


def load(connection: Connection, parcels: Sequence[Parcel]) -> None:
    """Adds articles, none of which is there, as one segment."""
    if not parcels:
        return
    ((segment,),) = connection.execute("SELECT nextval('segment')").fetchall()
    copy_rows(connection, "article", (_article_row(one, segment) for one in parcels))
    placed = [(level, span) for one in parcels for level in LEVELS for span in one.spans[level]]
    rows = ((s.id, s.document, level, s.start, s.end, s.text, s.kind, s.title) for level, s in placed)
    copy_rows(connection, "passage", rows)
    for level in LEVELS:
        pairs = (pair for one in parcels for pair in zip(one.spans[level], one.vectors[level], strict=True))
        copy_rows(connection, f"{level}_vector", ((span.id, HalfVector(vector)) for span, vector in pairs))
    read = (pair for one in parcels for pair in zip(one.spans["passage"], one.tokens, strict=True))
    copy_rows(connection, "tokens", ((span.id, tokens.packed()) for span, tokens in read))
    held = ((part, term, segment, some.tobytes()) for part, term, some in postings(parcels))
    copy_rows(connection, "posting", held)
    count(connection, np.sum([(1, *one.counts()) for one in parcels], axis=0).tolist())


def unload(connection: Connection, digests: Sequence[str]) -> None:
    """Takes out the articles of these digests that are there."""
    spans = connection.execute(
        "SELECT segment, passage.id FROM article JOIN passage USING (document) WHERE digest = ANY(%s)", [list(digests)]
    ).fetchall()
    buried: dict[int, list[int]] = {}
    for segment, id_ in spans:
        buried.setdefault(segment, []).append(id_)
    graves = [(segment, np.array(ids, "<i8").tobytes()) for segment, ids in buried.items()]
    connection.cursor().executemany("INSERT INTO buried VALUES (%s, %s)", graves)
    gone = connection.execute(
        f"DELETE FROM article WHERE digest = ANY(%s) RETURNING {', '.join(_COUNTS)}", [list(digests)]
    ).fetchall()
    if gone:
        count(connection, (-np.sum([(1, *counts) for counts in gone], axis=0)).tolist())


def count(connection: Connection, more: Sequence[int]) -> None:
    """Adds to the tally: articles, passages, sentences, and the terms of each part."""
    changes = ", ".join(f"{name} = {name} + %s" for name in ("articles", *_COUNTS))
    # Any row will do, since readers add them up. Where another writer is changing this one, it is waited for.
    connection.execute(
        f"UPDATE tally SET version = version + 1, {changes} WHERE shard = pg_backend_pid() %% {SHARDS}", more
    )


def copy_rows(connection: Connection, table: str, rows: Iterable[Sequence[Any]]) -> None:
    """Adds rows to one of the tables, with values for its columns as they are listed here."""
    columns = _TABLES[table]
    with connection.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN WITH (FORMAT BINARY)") as copy:
        copy.set_types(list(columns.values()))
        for row in rows:
            copy.write_row(row)


def _article_row(one: Parcel, segment: int) -> tuple[object, ...]:
    article = one.article
    return (
        article.id, article.document, article.digest, one.seal, segment, article.date,
        article.title, article.source, article.author, article.language,
        json.dumps(article.pages), json.dumps(dict(article.provenance)), one.file,
        json.dumps([asdict(part) for part in article.segments]), article.text, *one.counts(),
    )  # fmt: skip
