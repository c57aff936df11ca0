"""The reports kept over time: JSON Lines, one report a line, the oldest first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.harness.gates import BASELINES
from rag.system import writing

HISTORY = BASELINES / "bench.jsonl"

Series = dict[str, list[tuple[float, float]]]


def append(report: Mapping[str, Any], path: Path = HISTORY) -> None:
    """Adds `report` as a line. Raises DiskFull and WriteFailed."""
    with writing(path), path.open("a", encoding="utf-8", newline="") as file:
        file.write(json.dumps(report, ensure_ascii=False) + "\n")


def read(path: Path = HISTORY) -> list[dict[str, Any]]:
    """The reports of `path`; none where there is no such file. A line that is not whole is passed over."""
    if not path.exists():
        return []
    reports = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            report = json.loads(line)
            reports += [report] if report["created"] and report["figures"] else []
        except (ValueError, KeyError, TypeError):
            continue
    return reports


def over_time(reports: Sequence[Mapping[str, Any]]) -> dict[str, Series]:
    """By section and by figure with its bar: the number of each report, from 1, and the part of the bar used there."""
    sections: dict[str, Series] = {}
    for number, report in enumerate(reports, 1):
        for figure in report["figures"]:
            for bar in figure["bars"]:
                series = sections.setdefault(figure["section"], {})
                series.setdefault(f"{figure['name']} {bar['bar']}", []).append((float(number), bar["used"]))
    return sections
