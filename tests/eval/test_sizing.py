"""The sizing model: its lines, its arithmetic, its queues, and that it holds at what was measured."""

from __future__ import annotations

import json
from statistics import median
from typing import Any

import pytest
from click.testing import CliRunner

from eval.cli.study_commands import scale
from eval.machines import sizing
from eval.machines.sizing import Line, Rates, Station

RATES = Rates(
    question_s=Line(0.1, 1e-6), front_end_core_s=Line(0.05, 5e-7), store_core_s=Line(0.02, 2e-7),
    disk_bytes=50_000, memory_bytes=4_000, loaded_per_s=200.0, embedded_per_core_s=10.0,
)  # fmt: skip


def _point(passages: int) -> dict[str, Any]:
    return {
        "passages": passages, "passages_per_s": 150.0, "question_p50_ms": 40 + passages * 0.005,
        "question_core_ms": 30 + passages * 0.004, "question_store_core_ms": 10 + passages * 0.001,
        "table_mb": {"tokens": passages * 0.02, "posting": passages * 0.01},
    }  # fmt: skip


ONE_USER = {
    "users": 1, "seconds": 10.0, "searches_per_s": [10.0], "p50_ms": 100.0, "of_all_per_s": [10.0],
    "of_all_p50_ms": 100.0,
}  # fmt: skip
POINTS = {"postgres": [_point(1_000), _point(10_000), _point(100_000)], "ray": {"per_core_there": 8.0},
          "front_ends": [ONE_USER]}  # fmt: skip


def test_lines_are_those_that_the_points_lie_on() -> None:
    rates = sizing.fitted(POINTS)
    assert rates.question_s.at(50_000) == pytest.approx(0.29)
    assert rates.store_core_s.each == pytest.approx(1e-6)
    assert rates.disk_bytes == pytest.approx(30_000) and rates.memory_bytes == pytest.approx(10_000)
    assert all(abs(check["off"]) < 1e-6 for check in sizing.checked(POINTS))


def test_a_point_that_does_not_lie_there_is_told() -> None:
    other = {**_point(100_000), "question_p50_ms": 2_000.0}
    off = {
        check["point"]: check["off"] for check in sizing.checked({**POINTS, "postgres": [*POINTS["postgres"], other]})
    }
    assert off["question_p50_ms of 100000 passages"] < -sizing.TOLERANCE


def test_one_size_tells_no_line() -> None:
    with pytest.raises(ValueError, match="two sizes"):
        sizing.fitted({**POINTS, "postgres": [_point(1_000)]})


def test_a_plan_is_its_arithmetic() -> None:
    planned = sizing.plan(RATES, 10_000_000, 10.0, 1.1)
    assert (planned.ranges, planned.passages_per_range) == (10, 1_000_000)
    assert planned.disk_gb == 500 and planned.memory_gb_per_range == 4
    assert (planned.front_end_cores, planned.store_cores) == (10, 4)  # 10 × 0.55 / 0.6, 10 × 0.22 / 0.6
    assert planned.embedding_core_hours == pytest.approx(277.8) and planned.loading_hours == pytest.approx(1.4)
    assert planned.simulated_p50_s >= 0.77 and planned.simulated_p95_s >= planned.simulated_p50_s
    assert "10,000,000 / 1,000,000 = 10" in sizing.explained(RATES, planned)


def test_no_range_is_small_enough() -> None:
    with pytest.raises(ValueError, match="smallest index"):
        sizing.plan(RATES, 1_000, 1.0, 0.1)


def test_users_wait_for_one_another() -> None:
    alone = sizing.simulate_users([Station(0.1)], 1, 10.0)
    assert len(alone) == pytest.approx(100, abs=1) and median(over - came for came, over in alone) == pytest.approx(0.1)
    many = sizing.simulate_users([Station(0.1)], 5, 10.0)
    assert max(over for _, over in many) == pytest.approx(0.1 * len(many))
    assert median(over - came for came, over in many) == pytest.approx(0.5)
    assert len(sizing.simulate_users([Station(0.1), Station(0.1)], 6, 10.0)) == pytest.approx(206, abs=2)


def test_questions_at_random_wait_as_queueing_theory_says() -> None:
    """Half busy, a fixed demand: the mean wait is half the demand (Pollaczek and Khinchine)."""
    took = sizing.simulate_arrivals([Station(1.0)], 0.5)
    assert sum(took) / len(took) == pytest.approx(1.5, rel=0.1)


def test_the_model_holds_at_what_was_measured() -> None:
    done = CliRunner().invoke(scale, ["sizing"])
    told = json.loads(done.stdout.splitlines()[-1])
    assert done.exit_code == 0, told["checks"]
    assert told["plan"]["passages"] == 100_000_000 and len(told["checks"]) >= 12
