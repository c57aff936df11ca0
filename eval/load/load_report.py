"""What a load test found, as an object, as a table, and held against its bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any, get_args

import numpy as np

from eval.load.clients import TOO_MANY, Kind, Reply
from eval.load.server_counts import Sample

MOST_RATIO = 5.0
"""Bar: the 95th percentile of searches, in medians of a single user."""
MOST_GROWTH = 1.05
"""Bar: memory in the last fifth of the time, in that of the second fifth; the first is for caches to fill."""
_PERCENTILES = (50, 95, 99)
# Shorter series say nothing of growth.
_LEAST_SAMPLES = 20


@dataclass(frozen=True, slots=True)
class Found:
    """All that was seen. `alone` are the replies of a single user before, `unaccounted` where the counts differ."""

    alone: Sequence[Reply]
    replies: Sequence[Reply]
    memory: Sequence[Sample]
    unaccounted: Sequence[str]
    clients: int
    seconds: float


def as_object(found: Found) -> dict[str, Any]:
    """The report as JSON has it."""
    kinds = {kind: _kind(kind, found) for kind in get_args(Kind)}
    flaws = Counter(f"{reply.kind} {reply.status}: {reply.flaw}" for reply in found.replies if reply.flaw)
    return {
        "clients": found.clients,
        "seconds": round(found.seconds, 1),
        "requests": len(found.replies),
        "per_second": round(len(found.replies) / found.seconds, 2),
        "kinds": kinds,
        "flaws": dict(flaws.most_common(20)),
        "unaccounted": list(found.unaccounted),
        "memory": _memory(found.memory),
        "missed": missed(found),
    }


def _kind(kind: Kind, found: Found) -> dict[str, Any]:
    replies = [reply for reply in found.replies if reply.kind == kind]
    took = [reply.took_s for reply in replies if reply.status == 200]
    alone = [reply.took_s for reply in found.alone if reply.kind == kind and reply.status == 200]
    told: dict[str, Any] = {
        "requests": len(replies),
        "by_status": dict(sorted(Counter(str(reply.status) for reply in replies).items())),
        "alone_p50_s": round(median(alone), 4) if alone else None,
    }
    for percentile in _PERCENTILES:
        told[f"p{percentile}_s"] = round(float(np.percentile(took, percentile)), 4) if took else None
    told["p95_in_alone_p50"] = round(told["p95_s"] / told["alone_p50_s"], 2) if took and alone else None
    return told


def _memory(samples: Sequence[Sample]) -> dict[str, Any]:
    if not samples:
        return {}
    every = max(1, len(samples) // 20)
    return {
        "server_mb": [round(sample.own_mb) for sample in samples[::every]],
        "children_mb": [round(sample.children_mb) for sample in samples[::every]],
        "peak_mb": round(max(sample.own_mb + sample.children_mb for sample in samples)),
        "growth": _growth(samples),
    }


def _growth(samples: Sequence[Sample]) -> float | None:
    """How much more is held at the end than once caches were full; None where that was too short a time."""
    if len(samples) < _LEAST_SAMPLES:
        return None
    fifth = len(samples) // 5
    held = [sample.own_mb + sample.children_mb for sample in samples]
    return round(mean(held[-fifth:]) / mean(held[fifth : 2 * fifth]), 3)


def missed(found: Found) -> list[str]:
    """The bars that are not met, in words."""
    wrong = [reply for reply in found.replies if reply.flaw or reply.status not in (200, TOO_MANY)]
    flaws = [f"{len(wrong)} requests failed"] if wrong else []
    flaws += [f"not accounted for: {flaw}" for flaw in found.unaccounted]
    ratio = _kind("search", found)["p95_in_alone_p50"]
    if ratio is not None and ratio > MOST_RATIO:
        flaws.append(f"95th percentile of searches is {ratio} x a single user's median")
    growth = _growth(found.memory)
    if growth is not None and growth > MOST_GROWTH:
        flaws.append(f"memory has grown to {growth} x")
    return flaws


def table(report: Mapping[str, Any]) -> str:
    """The report for a person."""
    lines = [
        f"{report['clients']} clients, {report['seconds']:.0f} s, {report['requests']} requests, "
        f"{report['per_second']} a second",
        f"{'':8}{'requests':>9}{'alone':>9}{'p50':>9}{'p95':>9}{'p99':>9}{'p95/alone':>11}  by status",
    ]
    for kind, told in report["kinds"].items():
        figures = (told["alone_p50_s"], told["p50_s"], told["p95_s"], told["p99_s"])
        shown = "".join(f"{'-' if figure is None else f'{figure:.3f}':>9}" for figure in figures)
        statuses = ", ".join(f"{status}: {count}" for status, count in told["by_status"].items())
        lines.append(f"{kind:8}{told['requests']:>9}{shown}{told['p95_in_alone_p50'] or '-':>11}  {statuses}")
    if memory := report["memory"]:
        lines.append(f"memory  {memory['server_mb'][0]} MB at first, {memory['server_mb'][-1]} MB at last, "
                     f"children {memory['children_mb'][-1]} MB, growth {memory['growth'] or '-'}")  # fmt: skip
    lines += [f"flaw    {count} x {flaw}" for flaw, count in report["flaws"].items()]
    lines += [f"MISSED  {flaw}" for flaw in report["missed"]] or ["all bars met"]
    return "\n".join(lines)
