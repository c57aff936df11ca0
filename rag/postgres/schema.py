"""The tables of a shared index, and the steps by which those of an earlier version become these.

`article` and `passage` are those of an index folder's catalog (`rag.store.catalog_writer`). An article is there once,
however many writers hold it: `holder` says which do, and it goes with the last of them. `tally` counts what is there in
64 rows, of which a writer changes one: exact in every snapshot, and no row that all writers wait for.
The sum of its versions tells one state of the index from another.

Postings lie in one row for each term and `segment`, a batch of articles that were written together. Those of an article
that is gone stay until segments are merged; `buried` names its spans, so that readers pass over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rag.errors import IndexMissing, IndexTooNew, StoreTooOld
from rag.postgres.connection import SCHEMA_NAME, Connection, first_line, psycopg, register_vector

SHARDS = 64
LOCK = 0x7261_6700
"""The first of two numbers of every advisory lock of these tables; the second tells what is locked."""
PREPARING, MERGING, INDEXING, CHATS = 1, 2, 3, 4

_LEAST_SERVER, _LEAST_VECTOR = 140_000, (0, 8)

_FIRST = """
CREATE TABLE about (name text PRIMARY KEY, value text NOT NULL);
CREATE TABLE projection (one boolean PRIMARY KEY DEFAULT true CHECK (one), centre bytea NOT NULL, basis bytea NOT NULL);
CREATE TABLE article (
    id text NOT NULL, document text COLLATE "C" PRIMARY KEY, digest text NOT NULL UNIQUE, seal text NOT NULL,
    segment bigint NOT NULL, date date, title text NOT NULL, source text COLLATE "C", author text,
    language text COLLATE "C" NOT NULL, pages text NOT NULL, provenance text NOT NULL,
    file text NOT NULL, segments text NOT NULL, text text NOT NULL, passages integer NOT NULL,
    sentences integer NOT NULL, passage_terms integer NOT NULL, passage_grams integer NOT NULL,
    sentence_terms integer NOT NULL
);
CREATE INDEX article_heading ON article (date, source, language, document);
CREATE TABLE holder (
    writer text NOT NULL, document text COLLATE "C" NOT NULL, digest text NOT NULL
        REFERENCES article (digest) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (writer, document)
);
CREATE INDEX holder_digest ON holder (digest);
CREATE TABLE passage (
    id bigint PRIMARY KEY, document text COLLATE "C" NOT NULL REFERENCES article ON DELETE CASCADE, level text NOT NULL,
    start integer NOT NULL, "end" integer NOT NULL, text text NOT NULL, kind text NOT NULL, title text NOT NULL
);
CREATE INDEX passage_place ON passage (document, level, start);
CREATE TABLE passage_vector (
    id bigint PRIMARY KEY REFERENCES passage ON DELETE CASCADE, vector halfvec({dimension}) NOT NULL
);
CREATE TABLE sentence_vector (
    id bigint PRIMARY KEY REFERENCES passage ON DELETE CASCADE, vector halfvec({dimension}) NOT NULL
);
CREATE TABLE tokens (id bigint PRIMARY KEY REFERENCES passage ON DELETE CASCADE, content bytea NOT NULL);
ALTER TABLE tokens ALTER content SET STORAGE EXTERNAL;
CREATE SEQUENCE segment;
CREATE TABLE posting (
    part smallint NOT NULL, term text COLLATE "C" NOT NULL, segment bigint NOT NULL, held bytea NOT NULL,
    PRIMARY KEY (part, term, segment)
);
CREATE INDEX posting_segment ON posting (segment);
CREATE TABLE buried (segment bigint NOT NULL, ids bytea NOT NULL);
CREATE TABLE tally (
    shard smallint PRIMARY KEY, version bigint NOT NULL DEFAULT 0, articles bigint NOT NULL DEFAULT 0,
    passages bigint NOT NULL DEFAULT 0, sentences bigint NOT NULL DEFAULT 0, passage_terms bigint NOT NULL DEFAULT 0,
    passage_grams bigint NOT NULL DEFAULT 0, sentence_terms bigint NOT NULL DEFAULT 0
);
INSERT INTO tally (shard) SELECT generate_series(0, {shards} - 1);
"""

MIGRATIONS: tuple[str, ...] = (_FIRST,)
"""What makes the tables of each version from those of the version before; `{dimension}` is that of the vectors."""


def prepare(connection: Connection, shown: str, dimension: int, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Brings the tables of the database to the newest version, in one transaction, one writer after the other.

    Raises StoreTooOld, and IndexTooNew for tables of a version that `migrations` does not reach.
    """
    _check_server(connection, shown)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, PREPARING])
        try:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector SCHEMA public")
        except psycopg.Error as error:
            raise StoreTooOld(url=shown, found=first_line(error), needed="pgvector") from error
        _check_vector(connection, shown)
        register_vector(connection)
        found = version(connection)
        if found > len(migrations):
            raise IndexTooNew(path=shown, found=found, known=len(migrations))
        if not found:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA_NAME}")
        for step in migrations[found:]:
            connection.execute(step.format(dimension=dimension, shards=SHARDS))
        if found < len(migrations):
            note(connection, {"schema": str(len(migrations))})


def note(connection: Connection, facts: dict[str, str]) -> None:
    """Keeps `facts` about the index, by name."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO about VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value", facts.items()
        )


def version(connection: Connection) -> int:
    """That of the tables; 0 where there are none."""
    (there,) = _row(connection, "SELECT to_regclass(%s)", f"{SCHEMA_NAME}.about")
    return int(_row(connection, "SELECT value FROM about WHERE name = 'schema'")[0]) if there else 0


def check_version(found: int, shown: str) -> None:
    """Raises unless tables of the version `found` can be read: IndexMissing, IndexTooNew."""
    if not found:
        raise IndexMissing(path=shown)
    if found > len(MIGRATIONS):
        raise IndexTooNew(path=shown, found=found, known=len(MIGRATIONS))


def _check_server(connection: Connection, shown: str) -> None:
    if connection.info.server_version < _LEAST_SERVER:
        found = f"PostgreSQL {connection.info.server_version // 10_000}"
        raise StoreTooOld(url=shown, found=found, needed=f"PostgreSQL {_LEAST_SERVER // 10_000}")


def _check_vector(connection: Connection, shown: str) -> None:
    (found,) = _row(connection, "SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    if tuple(map(int, found.split(".")[:2])) < _LEAST_VECTOR:
        raise StoreTooOld(url=shown, found=f"pgvector {found}", needed=f"pgvector {'.'.join(map(str, _LEAST_VECTOR))}")


def _row(connection: Connection, sql: str, *parameters: object) -> tuple[Any, ...]:
    row = connection.execute(sql, parameters).fetchone()
    assert row is not None
    return row
