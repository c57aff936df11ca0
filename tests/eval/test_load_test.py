"""The load test itself: what its report says of given replies, and a short run against a whole server with doubles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from eval.cli import evaluation
from eval.load.clients import Reply
from eval.load.load_report import Found, as_object, missed, table
from eval.load.server_counts import Sample
from tests.support.api_process import serving

ALONE = [Reply("search", 200, 0, 0.01), Reply("ask", 200, 0, 0.1)]


def found(*replies: Reply, memory: tuple[float, ...] = (), unaccounted: tuple[str, ...] = ()) -> Found:
    samples = [Sample(at, own, 100.0) for at, own in enumerate(memory)]
    return Found(ALONE, replies, samples, unaccounted, clients=2, seconds=10.0)


def test_a_report_by_hand() -> None:
    replies = [Reply("search", 200, 0, took / 100) for took in range(1, 5)]
    report = as_object(found(*replies, Reply("ask", 429, 1, 0.01), Reply("ask", 200, 2, 0.2)))
    assert report["requests"] == 6 and report["per_second"] == 0.6 and report["missed"] == []
    search, ask = report["kinds"]["search"], report["kinds"]["ask"]
    assert (search["p50_s"], search["alone_p50_s"], search["p95_in_alone_p50"]) == (0.025, 0.01, 3.85)
    # What is turned away is quick: it says nothing of answers.
    assert (ask["by_status"], ask["p50_s"]) == ({"200": 1, "429": 1}, 0.2)
    assert "all bars met" in table(report)


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (found(Reply("ask", 500, 0, 0.1, "broken")), "1 requests failed"),
        (found(Reply("ask", 200, 0, 0.1, "markers without citations")), "1 requests failed"),
        (found(Reply("search", 0, 0, 0.1, "ConnectionResetError")), "1 requests failed"),
        (found(Reply("search", 200, 0, 0.06)), "95th percentile"),
        (found(unaccounted=("/api/ask 200: 1 counted, 2 sent",)), "not accounted for"),
        (found(memory=tuple(range(100, 200))), "memory has grown"),
    ],
)
def test_what_misses_a_bar_is_told(seen: Found, told: str) -> None:
    (flaw,) = missed(seen)
    assert told in flaw and f"MISSED  {flaw}" in table(as_object(seen))


def test_memory_that_is_flat_once_caches_are_full_is_no_growth() -> None:
    assert not missed(found(memory=(10.0, *[200.0] * 30)))


@pytest.mark.slow
def test_a_short_run_accounts_for_every_request(tmp_path: Path) -> None:
    """Eight users at a server that has two places for questions: some are sent away, and all of them are counted."""
    with serving(tmp_path, RAG_QUEUE_SIZE="2", RAG_TEST_PAUSE_S="0.05", RAG_TEST_THRESHOLD="0") as server:
        arguments = ["load", "--url", server.url.rstrip("/"), "--clients", "8", "--minutes", "0.25", "--reading", "0.2",
                     "--asks", "0.5", "--json", "-q"]  # fmt: skip
        done = CliRunner().invoke(evaluation, arguments)
        report = json.loads(done.stdout)
    assert report["unaccounted"] == [] and report["flaws"] == {}
    ask, search = report["kinds"]["ask"]["by_status"], report["kinds"]["search"]["by_status"]
    assert set(ask) == {"200", "429"} and set(search) == {"200"}
    # How much slower a busy machine is with eight users is not judged here.
    assert all("95th percentile" in flaw for flaw in report["missed"])
