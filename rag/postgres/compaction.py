"""What keeps a shared index fast as it grows: segments of about the same size are merged, and large levels get a graph.

Segments are merged as log-structured trees are (O'Neil et al. 1996): a posting is written anew a few times at most, and
a term's list lies in few rows. Postings of articles that are gone go then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rag.postgres.bulk_copy import copy_rows
from rag.postgres.connection import Connection
from rag.postgres.posting_lists import graves, living
from rag.postgres.schema import INDEXING, LOCK, MERGING
from rag.postgres.vectors import FEW

# So many segments of one tier are merged to one of the next tier, which has so many times as many articles.
_WIDTH = 8
_ROWS_AT_A_TIME = 20_000

_LIVE = "SELECT segment, count(*), sum(passages + sentences)::bigint FROM article GROUP BY segment"
_TERMS = """
SELECT part, term, array_agg(segment), array_agg(held) FROM posting WHERE segment = ANY(%s) GROUP BY part, term
"""


def tidy(connection: Connection) -> None:
    """Merges segments that are many and small, or hold much that is gone, and makes the graphs that are missing."""
    with connection.transaction():
        # Writers share this lock with each other, not with this: none buries spans in a segment that is being merged.
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, MERGING])
        live = {segment: (articles, spans) for segment, articles, spans in connection.execute(_LIVE).fetchall()}
        dead = graves(connection.execute("SELECT segment, ids FROM buried").fetchall())
        for some in to_merge(live, {segment: len(ids) for segment, ids in dead.items()}):
            _merge(connection, some)
    for level in ("passage", "sentence"):
        make_graph(connection, f"{level}_vector")


def to_merge(live: Mapping[int, tuple[int, int]], dead: Mapping[int, int]) -> Iterator[list[int]]:
    """The segments to be merged, those of each list to one.

    `live` are the articles and spans of each that are there, `dead` the spans that are gone.
    """
    tiers: dict[int, list[int]] = {}
    for segment, (articles, _) in live.items():
        tier = 0
        while articles >= _WIDTH ** (tier + 1):
            tier += 1
        tiers.setdefault(tier, []).append(segment)
    for some in tiers.values():
        if len(some) >= _WIDTH:
            yield some
        else:
            yield from ([segment] for segment in some if dead.get(segment, 0) > live[segment][1])
    if gone := [segment for segment in dead if segment not in live]:
        yield gone


def _merge(connection: Connection, segments: Sequence[int]) -> None:
    ((new,),) = connection.execute("SELECT nextval('segment')").fetchall()
    dead = graves(connection.execute("SELECT segment, ids FROM buried WHERE segment = ANY(%s)", [segments]).fetchall())
    with connection.cursor(name="merging", binary=True) as cursor:
        cursor.execute(_TERMS, [segments])
        while rows := cursor.fetchmany(_ROWS_AT_A_TIME):
            merged = ((part, term, living(zip(*lists, strict=True), dead)) for part, term, *lists in rows)
            left = [(part, term, new, held.tobytes()) for part, term, held in merged if len(held)]
            copy_rows(connection, "posting", left)
    connection.execute("DELETE FROM posting WHERE segment = ANY(%s)", [segments])
    connection.execute("DELETE FROM buried WHERE segment = ANY(%s)", [segments])
    connection.execute("UPDATE article SET segment = %s WHERE segment = ANY(%s)", [new, segments])


def make_graph(connection: Connection, table: str, few: int = FEW) -> None:
    """Makes the index by which more than `few` vectors are searched, unless it is there; readers go on."""
    if not connection.execute(f"SELECT FROM {table} LIMIT 1 OFFSET {few}").fetchall():
        return
    # A lock of the session, since such an index is made outside transactions. Another writer makes it where it is held.
    ((alone,),) = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, INDEXING]).fetchall()
    if not alone:
        return
    try:
        there = connection.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [f"{table}_graph"]
        ).fetchall()
        if there == [(False,)]:  # whoever made it was interrupted
            connection.execute(f"DROP INDEX CONCURRENTLY {table}_graph")
        if there != [(True,)]:
            connection.execute(f"CREATE INDEX CONCURRENTLY {table}_graph ON {table} USING hnsw (vector halfvec_ip_ops)")
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK, INDEXING])
