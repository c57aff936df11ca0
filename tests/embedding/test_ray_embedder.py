"""Texts read on a Ray cluster of two machines: the vectors are those of this process, whatever is lost on the way."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from rag.config import Settings
from rag.embedding.embedder import BATCH, FEW
from rag.embedding.ray_embedder import RayEmbedder, units_of
from rag.errors import ClusterUnusable, ExtraMissing, ModelMissing, RagError, WorkerUnfit
from rag.indexing.build import build_index
from rag.indexing.checkpoint import FILE
from rag.protocols import Embedder, TokenVectors, Vectors
from tests.support.doubles import BagEmbedder
from tests.support.indexes import held, make_articles
from tests.support.paths import PROJECT
from tests.support.slow_embedder import Slow

TEXTS = [" ".join(f"mot{n % 97}x{i}" for i in range(n % 40 + 1)) for n in range(700)]


class Other(BagEmbedder):
    """Another embedder."""

    digest = "0" * 64


def missing() -> Embedder:
    raise ModelMissing(path="/models/e5")


@pytest.mark.parametrize("count", [FEW + 1, 96, 97, 160, 161, 256, 700, 5000])
def test_units_hold_the_batches_that_would_be_read_here(count: int) -> None:
    texts = ["x" * (n * 7919 % 131) for n in range(count)]
    units = list(units_of(texts))
    assert [place for unit in units for place in unit] == sorted(range(count), key=lambda place: -len(texts[place]))
    assert all(len(unit) % BATCH == 0 for unit in units[:-1])
    assert all(FEW < len(unit) < 3 * FEW for unit in units)


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """A cluster of two machines with a processor each, whose processes are children of this one."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": 100_000_000})
    made.add_node(num_cpus=1, object_store_memory=100_000_000)
    yield made
    made.shutdown()


@pytest.fixture
def connected(nodes: Any) -> Iterator[Callable[..., RayEmbedder]]:
    """Makes embedders on that cluster; they are closed after the test."""
    made: list[RayEmbedder] = []

    def make(there: Callable[[], Embedder] = BagEmbedder) -> RayEmbedder:
        made.append(RayEmbedder(BagEmbedder(), there, nodes.address))
        return made[-1]

    yield make
    for embedder in made:
        embedder.close()


def workers() -> list[psutil.Process]:
    """The processes that read, not those that wait for work."""
    return [one for one in psutil.Process().children(recursive=True) if one.name().startswith("ray::_Worker")]


def assert_read_as_here(read: Sequence[tuple[int, Vectors, TokenVectors]]) -> None:
    assert [place for place, *_ in read] == [place for unit in units_of(TEXTS) for place in unit]
    here = {place: (vector, tokens) for place, vector, tokens in BagEmbedder().encode_passages(TEXTS)}
    for place, vector, tokens in read:
        assert np.array_equal(vector, here[place][0])
        assert np.array_equal(tokens.vectors, here[place][1].vectors)
        assert np.array_equal(tokens.places, here[place][1].places)


def test_vectors_are_those_of_this_process(connected: Callable[..., RayEmbedder]) -> None:
    embedder = connected()
    assert_read_as_here(list(embedder.encode_passages(TEXTS)))
    assert workers()
    assert np.array_equal(embedder.encode_documents(TEXTS), BagEmbedder().encode_documents(TEXTS))
    embedder.close()
    assert np.array_equal(embedder.encode_documents(TEXTS[:FEW]), BagEmbedder().encode_documents(TEXTS[:FEW]))
    for process in workers():
        process.wait(10)


def test_a_worker_that_is_killed_is_made_good(connected: Callable[..., RayEmbedder]) -> None:
    reading = connected(Slow).encode_passages(TEXTS)
    read = [next(reading)]
    workers()[0].send_signal(signal.SIGKILL)
    assert_read_as_here([*read, *reading])


@pytest.mark.parametrize(
    ("there", "told"),
    [(Other, r"bag \(00000000 ≠ "), (missing, "/models/e5"), (partial(BagEmbedder, 32), r"bag \(\w+ ≠ ")],
)
def test_a_machine_with_another_model_is_told(
    connected: Callable[..., RayEmbedder], there: Callable[[], Embedder], told: str
) -> None:
    with pytest.raises(WorkerUnfit, match=told):
        list(connected(there).encode_passages(TEXTS))


# A build by a cluster, in a process of its own.
BUILD = """
import sys
from pathlib import Path
from rag.config import Settings
from rag.indexing.build import build_index
from rag.embedding.ray_embedder import RayEmbedder
from tests.support.doubles import BagEmbedder
from tests.support.slow_embedder import Slow
build_index([Path(sys.argv[1])], Path(sys.argv[2]), RayEmbedder(BagEmbedder(), Slow, sys.argv[3]), Settings())
"""


def kept(path: Path) -> int:
    """How many embeddings an unfinished build has kept so far."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM made").fetchone()[0])
    except sqlite3.OperationalError:  # there is no file, or no table, yet
        return 0


def test_what_was_embedded_outlives_the_process_that_asked_for_it(
    nodes: Any, connected: Callable[..., RayEmbedder], tmp_path: Path
) -> None:
    articles = make_articles(tmp_path / "articles", 300, lines=8)
    command = [sys.executable, "-c", BUILD, str(articles), str(tmp_path / "ix"), nodes.address]
    with subprocess.Popen(command, cwd=PROJECT) as process:
        while process.poll() is None and kept(tmp_path / "ix" / FILE) < 100:
            time.sleep(0.01)
        process.kill()
    assert process.returncode == -signal.SIGKILL, "it was not done yet"
    report = build_index([articles], tmp_path / "ix", connected(), Settings())
    assert report.resumed
    here = build_index([articles], tmp_path / "here", BagEmbedder(), Settings())
    assert report.embedded + report.resumed == here.embedded
    assert held(tmp_path / "ix") == held(tmp_path / "here")


def test_a_machine_that_is_lost_is_made_good(nodes: Any, connected: Callable[..., RayEmbedder]) -> None:
    third = nodes.add_node(num_cpus=1, object_store_memory=100_000_000)
    nodes.wait_for_nodes()
    reading = connected(Slow).encode_passages(TEXTS)
    read = [next(reading)]
    nodes.remove_node(third, allow_graceful=False)
    assert_read_as_here([*read, *reading])


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("127.0.0.1:1", "Connection refused"),
        ("ray://127.0.0.1:1", "Connection refused"),
        ("local", "auto, HOST:PORT, ray://HOST:PORT"),
    ],
)
def test_an_address_where_no_cluster_is(address: str, told: str) -> None:
    pytest.importorskip("ray")
    with pytest.raises(ClusterUnusable, match=told):
        list(RayEmbedder(BagEmbedder(), BagEmbedder, address).encode_passages(TEXTS))


def test_the_extra_is_named_where_it_is_missing() -> None:
    script = """
import sys
sys.modules["ray"] = None
from rag.embedding.ray_embedder import RayEmbedder
from tests.support.doubles import BagEmbedder
RayEmbedder(BagEmbedder(), BagEmbedder, "auto").encode_documents(["un", "deux"] * 40)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert "ExtraMissing" in done.stderr and "pip install 'rag[ray]'" in done.stderr
    assert issubclass(ExtraMissing, RagError)
