"""What an index folder holds, brought to a shared index: any number of writers at once, each with a folder of its own.

A writer compares by digests what its folder holds with what it brought before, and writes the difference, a few
articles in a transaction. Whoever writes an article, or its name, holds a lock on both, looks again what is there, and
only then writes: an article that two writers have is there once, and stays until neither has it. What was written
before a writer failed stays, and the next comparison goes on from there.
"""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone

from rag.domain import Progress
from rag.errors import EmbedderMismatch, NameTaken, RagError, StoreDisagrees
from rag.postgres.bulk_copy import load, unload
from rag.postgres.compaction import tidy
from rag.postgres.connection import Connection, Server, server_at
from rag.postgres.parcels import Sealed, parcel, sealed
from rag.postgres.schema import LOCK, MERGING, PREPARING, note, prepare
from rag.postgres.vectors import read_projection
from rag.protocols import OnProgress, silent
from rag.store import Index, Projection

OnTaken = Callable[[RagError], None]

# Articles that are written in one transaction.
_AT_A_TIME = 64
# After so many the planner is told what the tables hold, which else happens within a minute.
_MANY = 200


@dataclass(frozen=True, slots=True)
class Brought:
    """How many articles a writer added, wrote anew, took out and left as they were; `taken` names were another's."""

    added: int
    changed: int
    removed: int
    unchanged: int
    taken: int


def push(
    index: Index,
    url: str,
    writer: str,
    *,
    replace: bool = False,
    on_progress: OnProgress = silent,
    on_problem: OnTaken = lambda problem: None,
) -> Brought:
    """Makes what `writer` has in the shared index at `url` the articles of the folder `index`.

    With `replace` what other writers have there goes. An article whose name another writer has given to another text
    goes to `on_problem` as NameTaken and is left out. Raises EmbedderMismatch and StoreDisagrees when the two do not
    belong together, StoreTooOld, IndexTooNew and StoreUnreachable.
    """
    server = server_at(url)
    with server.writing() as connection:
        prepare(connection, server.shown, index.manifest.dimension)
        _agree(connection, server, index)
        if replace:
            _take_over(connection, writer)
        under_way = _Push(connection, index, writer, sealed(index), on_problem)
        work = under_way.work()
        for start in range(0, len(work), _AT_A_TIME):
            with connection.transaction():
                under_way.write(work[start : start + _AT_A_TIME])
            on_progress(Progress("share", min(start + _AT_A_TIME, len(work)), len(work), "articles"))
        tidy(connection)
        if len(work) >= _MANY:
            connection.execute("ANALYZE")
        return under_way.brought(work)


def store_projection(url: str) -> Projection | None:
    """The projection by which the tokens of a shared index were stored; None where there is no index yet."""
    server = server_at(url)
    with server.writing() as connection:
        ((there,),) = connection.execute("SELECT to_regclass('projection') IS NOT NULL").fetchall()
        return _projection(connection) if there else None


def _projection(connection: Connection) -> Projection | None:
    return read_projection(connection.execute("SELECT centre, basis FROM projection", binary=True).fetchall())


def _agree(connection: Connection, server: Server, index: Index) -> None:
    """Raises unless what is in the folder may be brought to the store; the first one says what may."""
    mine = index.manifest
    told = {
        "embedder": mine.embedder,
        "embedder_digest": mine.embedder_digest,
        "dimension": str(mine.dimension),
        "chunk_tokens": str(mine.chunk_tokens),
        "overlap_sentences": str(mine.overlap_sentences),
    }
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, PREPARING])
        known: dict[str, str] = dict(connection.execute("SELECT name, value FROM about").fetchall())
        if "embedder_digest" not in known:
            created = datetime.now(timezone.utc).isoformat(timespec="seconds")
            note(connection, {**told, "id": uuid.uuid4().hex, "created": created})
            packed = index.tokens.projection.packed()
            connection.execute("INSERT INTO projection (centre, basis) VALUES (%s, %s)", packed)
            return
    if known["embedder_digest"] != mine.embedder_digest:
        built, chosen = (f"{one['embedder']} ({one['embedder_digest'][:8]})" for one in (known, told))
        raise EmbedderMismatch(path=server.shown, built=built, chosen=chosen)
    for name in ("chunk_tokens", "overlap_sentences"):
        if known[name] != told[name]:
            raise StoreDisagrees(url=server.shown, name=name, built=known[name], chosen=told[name])
    projection = _projection(connection)
    if projection is None or not projection.is_same(index.tokens.projection):
        built, chosen = (_short(one) for one in (projection, index.tokens.projection))
        raise StoreDisagrees(url=server.shown, name="tokens", built=built, chosen=chosen)


def _short(projection: Projection | None) -> str:
    return f"{zlib.crc32(projection.basis.tobytes()):08x}" if projection else "–"


def _take_over(connection: Connection, writer: str) -> None:
    """Makes `writer` the only one who holds anything: every article there is, under the name that it has there.

    What `writer` had itself under such a name is overwritten, or the article would be nobody's and stay for ever. The
    comparison with its folder, which comes next, takes out what is not there and brings what is.
    """
    with connection.transaction():
        connection.execute(
            "INSERT INTO holder SELECT %s, document, digest FROM article"
            " ON CONFLICT (writer, document) DO UPDATE SET digest = excluded.digest",
            [writer],
        )
        connection.execute("DELETE FROM holder WHERE writer <> %s", [writer])


@dataclass(frozen=True, slots=True)
class _There:
    """An article of the shared index: the name it has there, and its seal."""

    document: str
    seal: str


@dataclass(slots=True)
class _Push:
    """One writer's way to a shared index, with what it has, `mine`."""

    _connection: Connection
    _index: Index
    _writer: str
    _mine: Mapping[str, Sealed]
    _on_problem: OnTaken
    _before: set[str] = field(default_factory=set)
    _taken: set[str] = field(default_factory=set)

    def work(self) -> list[str]:
        """The names of the articles that differ from what this writer brought before, in the order of the folder."""
        rows = self._connection.execute(
            "SELECT holder.document, digest, article.document, seal FROM holder JOIN article USING (digest)"
            " WHERE writer = %s",
            [self._writer],
        ).fetchall()
        there = {name: (digest, _There(document, seal)) for name, digest, document, seal in rows}
        self._before = set(there)
        differing = [
            name for name, one in self._mine.items() if name not in there or not _is_as(name, one, *there[name])
        ]
        return differing + [name for name in there if name not in self._mine]

    def write(self, names: Sequence[str]) -> None:
        """Brings these articles, or takes them out, in the transaction that is under way."""
        mine = {name: self._mine[name] for name in names if name in self._mine}
        held = self._hold(names, [one.digest for one in mine.values()])
        digests = [*held, *(one.digest for one in mine.values())]
        rows = self._connection.execute(
            "SELECT digest, document, seal, EXISTS (SELECT FROM holder WHERE holder.digest = article.digest)"
            " FROM article WHERE digest = ANY(%s) OR document = ANY(%s)",
            [digests, list(names)],
        ).fetchall()
        there = {digest: _There(document, seal) for digest, document, seal, _ in rows}
        others = {digest for digest, *_, is_held in rows if is_held}
        named = {one.document: digest for digest, one in there.items()}
        for name in [name for name, one in mine.items() if named.get(name, one.digest) in others - {one.digest}]:
            self._on_problem(NameTaken(name=name))
            self._taken.add(name)
            del mine[name]
        kept = {one.digest for one in mine.values()}
        # What others have under a name of theirs stays as it is; what nobody else has takes the name it has here.
        sent = {
            name: one
            for name, one in mine.items()
            if one.digest not in there
            or not _is_as(name, one, one.digest, there[one.digest])
            or (there[one.digest].document != name and one.digest not in others)
        }
        gone = (there.keys() - others - kept) | {one.digest for one in sent.values()}
        unload(self._connection, sorted(gone))
        load(self._connection, [parcel(self._index, name, one.seal) for name, one in sent.items()])
        holding = [(self._writer, name, one.digest) for name, one in mine.items()]
        self._connection.cursor().executemany("INSERT INTO holder VALUES (%s, %s, %s)", holding)

    def _hold(self, names: Sequence[str], digests: Sequence[str]) -> list[str]:
        """Keeps others from these articles and names; what this writer had of them is its no more, and is returned."""
        own = "holder WHERE writer = %s AND document = ANY(%s)"
        had = self._connection.execute(f"SELECT digest FROM {own}", [self._writer, list(names)]).fetchall()
        # In one order for all writers, so that none waits for one that waits for it.
        self._connection.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [LOCK, MERGING])
        self._connection.execute(
            "SELECT pg_advisory_xact_lock(key) FROM"
            " (SELECT DISTINCT hashtextextended(name, 0) AS key FROM unnest(%s::text[]) AS name ORDER BY key) AS keys",
            [[*names, *digests, *(digest for (digest,) in had)]],
        )
        self._connection.execute(f"DELETE FROM {own}", [self._writer, list(names)])
        return [digest for (digest,) in had]

    def brought(self, work: Sequence[str]) -> Brought:
        """What was done once all of `work` is."""
        here = [name for name in work if name in self._mine and name not in self._taken]
        changed = sum(name in self._before for name in here)
        return Brought(
            added=len(here) - changed,
            changed=changed,
            removed=len(self._before - self._mine.keys()),
            unchanged=len(self._mine) - len(here) - len(self._taken),
            taken=len(self._taken),
        )


def _is_as(name: str, one: Sealed, digest: str, there: _There) -> bool:
    """Whether an article is in the shared index as a folder has it under `name`.

    Where another writer gave it another name, its text must be the same and no more.
    """
    return digest == one.digest and (there.document != name or there.seal == one.seal)
