"""How many machines so many passages need, from what was measured: a model, its arithmetic, and whether it holds.

What a question takes of a core and of time grows with the passages of an index in a straight line (lists of terms are
read from one end to the other); bytes are so many a passage. The lines are fitted on `baselines/machines.json`, which
holds what `scale postgres`, `ray` and `front-ends` printed; each point is compared with what the others say of it.
Front ends are checked by a simulation of queues, in which users wait for stations as in the measurement.
"""

from __future__ import annotations

import heapq
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

TOLERANCE = 0.3
"""By how much of the measured value a checked point may be off."""
_POINTS = Path(__file__).parents[1] / "baselines" / "machines.json"
# Of what machines can do: beyond it questions wait for one another.
_BUSY = 0.6
_SIMULATED = 4_000
_IN_MEMORY = ("passage_vector", "sentence_vector", "posting")
_PER_MB = 1e6

Points = Mapping[str, Any]
_Waiting = tuple[float, int, int, float]


@dataclass(frozen=True, slots=True)
class Line:
    """`fixed + each * passages`."""

    fixed: float
    each: float

    def at(self, passages: float) -> float:
        """The value for so many passages."""
        return self.fixed + self.each * passages


@dataclass(frozen=True, slots=True)
class Rates:
    """What was measured: seconds of a question and of a core for it, bytes, and passages a second and core."""

    question_s: Line
    front_end_core_s: Line
    store_core_s: Line
    disk_bytes: float
    memory_bytes: float
    loaded_per_s: float
    embedded_per_core_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What so many passages need. Cores are those of the range that all questions are about, gigabytes 10⁹ bytes."""

    passages: int
    questions_per_s: float
    ranges: int
    passages_per_range: int
    disk_gb: float
    memory_gb_per_range: float
    front_end_cores: int
    store_cores: int
    question_s: float
    simulated_p50_s: float
    simulated_p95_s: float
    embedding_core_hours: float
    loading_hours: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class Station:
    """Processors that serve one after the other, each in `demand_s`."""

    def __init__(self, demand_s: float, processors: int = 1) -> None:
        self._demand_s = demand_s
        self._free = [0.0] * processors

    def served(self, at: float) -> float:
        """When who comes at `at` leaves again. Calls are in the order of `at`."""
        end = max(at, heapq.heappop(self._free)) + self._demand_s
        heapq.heappush(self._free, end)
        return end


def measured_points() -> Points:
    """What was measured, by command."""
    points: Points = json.loads(_POINTS.read_text("utf-8"))
    return points


def fitted(points: Points) -> Rates:
    """The rates that fit `points` best. Raises ValueError for fewer than two sizes of the shared index."""
    shared = points["postgres"]
    if len(shared) < 2:
        raise ValueError("two sizes at least")
    return Rates(
        question_s=_line(shared, "question_p50_ms"),
        front_end_core_s=_line(shared, "question_core_ms"),
        store_core_s=_line(shared, "question_store_core_ms"),
        disk_bytes=_bytes(shared, None),
        memory_bytes=_bytes(shared, _IN_MEMORY),
        loaded_per_s=min(point["passages_per_s"] for point in shared),
        embedded_per_core_s=points["ray"]["per_core_there"],
    )


def plan(rates: Rates, passages: int, questions_per_s: float, within_s: float) -> Plan:
    """Ranges so small that a question takes no more than `within_s`, and machines that are busy six tenths of the time.

    Raises ValueError when no range is small enough.
    """
    most = (within_s - rates.question_s.fixed) / rates.question_s.each
    if most < 1:
        raise ValueError(f"a question takes {rates.question_s.fixed:.2f} s of the smallest index")
    ranges = ceil(passages / most)
    each = ceil(passages / ranges)
    front_end, store = (line.at(each) for line in (rates.front_end_core_s, rates.store_core_s))
    cores = [ceil(questions_per_s * demand / _BUSY) for demand in (front_end, store)]
    took = simulate_arrivals([Station(front_end, cores[0]), Station(store, cores[1])], questions_per_s)
    return Plan(
        passages, questions_per_s, ranges, each,
        disk_gb=round(passages * rates.disk_bytes / 1e9, 1),
        memory_gb_per_range=round(each * rates.memory_bytes / 1e9, 1),
        front_end_cores=cores[0], store_cores=cores[1], question_s=round(rates.question_s.at(each), 2),
        simulated_p50_s=round(float(np.percentile(took, 50)), 2),
        simulated_p95_s=round(float(np.percentile(took, 95)), 2),
        embedding_core_hours=round(passages / rates.embedded_per_core_s / 3600, 1),
        loading_hours=round(passages / rates.loaded_per_s / 3600 / ranges, 1),
    )  # fmt: skip


def simulate_arrivals(stations: Sequence[Station], per_s: float, seed: int = 0) -> list[float]:
    """Seconds that questions take who come at random, so many a second, and pass through `stations` one by one."""
    dice = random.Random(seed)
    at, waiting = 0.0, []
    for number in range(_SIMULATED):
        at += dice.expovariate(per_s)
        waiting.append((at, number, 0, at))
    return [over - came for came, over in _passed(waiting, lambda _: stations, lambda _number, _at: False)]


def simulate_users(front_ends: Sequence[Station], users: int, seconds: float) -> list[tuple[float, float]]:
    """When requests of `users` come and leave who ask again at once for so long, each at one of `front_ends`."""
    waiting = [(0.0, user, 0, 0.0) for user in range(users)]
    return _passed(waiting, lambda user: [front_ends[user % len(front_ends)]], lambda _user, at: at < seconds)


def _passed(
    waiting: list[_Waiting], way: Callable[[int], Sequence[Station]], again: Callable[[int, float], bool]
) -> list[tuple[float, float]]:
    """Moves those who wait, (time, who, stations passed, came at), in the order of time; when each came and left.

    `way` tells somebody's stations, `again` whether who leaves at a time comes back.
    """
    heapq.heapify(waiting)
    done = []
    while waiting:
        at, who, passed, came = heapq.heappop(waiting)
        if passed < len(stations := way(who)):
            heapq.heappush(waiting, (stations[passed].served(at), who, passed + 1, came))
            continue
        done.append((came, at))
        if again(who, at):
            heapq.heappush(waiting, (at, who, 0, at))
    return done


def checked(points: Points) -> list[dict[str, Any]]:
    """Each point that the others tell something of: what they say, what was measured, and by what part it is `off`."""
    return [*_checked_sizes(points), *_checked_front_ends(points["front_ends"])]


def _checked_sizes(points: Points) -> list[dict[str, Any]]:
    """Each size of the shared index, from a model that has not seen it. With two sizes there is no line without it."""
    shared = points["postgres"]
    if len(shared) < 3:
        return []
    checks = []
    for left_out in shared:
        rates = fitted({**points, "postgres": [point for point in shared if point is not left_out]})
        size = left_out["passages"]
        for name, said, found in (
            ("question_p50_ms", rates.question_s.at(size) * 1e3, left_out["question_p50_ms"]),
            ("question_core_ms", rates.front_end_core_s.at(size) * 1e3, left_out["question_core_ms"]),
            ("disk_mb", rates.disk_bytes * size / _PER_MB, sum(left_out["table_mb"].values())),
        ):
            checks.append(_check(f"{name} of {size} passages", said, found))
    return checks


def _checked_front_ends(measured: Sequence[Points]) -> list[dict[str, Any]]:
    """All measurements from what a search took of a front end in the first one."""
    demand_s = 1 / median(measured[0]["searches_per_s"])
    checks = []
    for one in measured:
        for number, rate, p50 in ((1, "searches_per_s", "p50_ms"), (2, "of_all_per_s", "of_all_p50_ms")):
            simulated = simulate_users([Station(demand_s) for _ in range(number)], one["users"], one["seconds"])
            took = [over - came for came, over in simulated]
            about = f"of {one['users']} users of {number} front end{'s' * (number > 1)}"
            per_s = len(simulated) / max(over for _, over in simulated)
            checks.append(_check(f"{rate} {about}", per_s, median(one[rate])))
            checks.append(_check(f"{p50} {about}", median(took) * 1e3, one[p50]))
    return checks


def _check(name: str, said: float, found: float) -> dict[str, Any]:
    return {"point": name, "model": round(said, 2), "measured": found, "off": round(said / found - 1, 3)}


def _line(shared: Sequence[Points], key: str) -> Line:
    """The line through milliseconds by passages, each point weighing by its own size, in seconds."""
    sizes = np.array([point["passages"] for point in shared], float)
    values = np.array([point[key] for point in shared], float) / 1e3
    each, fixed = np.polyfit(sizes, values, 1, w=1 / values)
    return Line(max(0.0, float(fixed)), float(each))


def _bytes(shared: Sequence[Points], tables: Sequence[str] | None) -> float:
    """Of a passage in `tables`, or in all of them: of the largest index, as small ones have been merged less."""
    largest = max(shared, key=lambda point: point["passages"])
    megabytes = [size for name, size in largest["table_mb"].items() if tables is None or name in tables]
    return float(sum(megabytes) * _PER_MB / largest["passages"])


def explained(rates: Rates, planned: Plan) -> str:
    """The arithmetic of `planned`, a line each."""
    n, each, asked = planned.passages, planned.passages_per_range, planned.questions_per_s
    question, front_end, store = (
        f"{line.fixed * 1e3:.1f} ms + {line.each * 1e9:.0f} ns × passages"
        for line in (rates.question_s, rates.front_end_core_s, rates.store_core_s)
    )
    return "\n".join(
        f"{name:<12} {told}"
        for name, told in (
            ("question", f"{question}: {planned.question_s} s in a range of {each:,}"),
            ("ranges", f"{n:,} / {each:,} = {planned.ranges}"),
            ("disk", f"{n:,} × {rates.disk_bytes:,.0f} bytes = {planned.disk_gb:,} GB, on each copy"),
            ("memory", f"{each:,} × {rates.memory_bytes:,.0f} bytes = {planned.memory_gb_per_range} GB a range"),
            ("front ends", f"{asked} × ({front_end}) / {_BUSY} = {planned.front_end_cores} cores"),
            ("store", f"{asked} × ({store}) / {_BUSY} = {planned.store_cores} cores, for the range that is asked"),
            ("waiting", f"{planned.simulated_p50_s} s at the median, {planned.simulated_p95_s} s at 95 %, simulated"),
            (
                "embedding",
                f"{n:,} / {rates.embedded_per_core_s} a second and core = {planned.embedding_core_hours:,} h",
            ),
            ("loading", f"{each:,} / {rates.loaded_per_s} a second = {planned.loading_hours} h, ranges side by side"),
        )
    )
