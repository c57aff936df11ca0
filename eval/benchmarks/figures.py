"""What a benchmark tells: medians with quartiles, their ratio to the plain library's, and the bars they must meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, Literal

import numpy as np

_HEAD = f"{'':<25} {'median':>8}  {'quartiles':<18} {'n':>4}  {'plain':>8}  {'ratio':>7}  {'quartiles':<14}  bars"

_LIBRARIES = ("llama-cpp-python", "sentence-transformers", "faiss-cpu")


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, first and third quartile, and 95th percentile of `n` values, to four figures."""

    median: float
    low: float
    high: float
    p95: float
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """`values`, at least one, summed up."""
        median, low, high, p95 = (rounded(float(value)) for value in np.quantile(values, (0.5, 0.25, 0.75, 0.95)))
        return cls(median, low, high, p95, len(values))


@dataclass(frozen=True, slots=True)
class Bar:
    """The most, or with `at_least` the least, that a median may be: that of the value or that of the ratio."""

    limit: float
    of: Literal["value", "ratio"] = "ratio"
    at_least: bool = False

    def used(self, median: float) -> float:
        """`median` in parts of the bar: up to 1 it is met, whichever way the bar goes."""
        return rounded(self.limit / max(median, 1e-9) if self.at_least else median / self.limit)

    def text(self, unit: str) -> str:
        """The bar as it is printed; `unit` is that of the value."""
        return f"{'≥' if self.at_least else '≤'} {self.limit:g} {unit if self.of == 'value' else '×'}".rstrip()


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of `section`.

    `reference` is what the plain work named `plain` took, `ratio` that of the pairs measured in the same turn; None
    where nothing is like it.
    """

    section: str
    name: str
    unit: str
    took: Spread
    plain: str = ""
    reference: Spread | None = None
    ratio: Spread | None = None
    bars: tuple[Bar, ...] = ()

    @classmethod
    def of(
        cls,
        section: str,
        name: str,
        unit: str,
        values: Sequence[float],
        *bars: Bar,
        plain: str = "",
        beside: Sequence[float] = (),
    ) -> Figure:
        """The figure of `values`; `beside` holds for each of them what the work named `plain` took."""
        if not beside:
            return cls(section, name, unit, Spread.of(values), bars=bars)
        ratios = [value / reference for value, reference in zip(values, beside, strict=True)]
        return cls(section, name, unit, Spread.of(values), plain, Spread.of(beside), Spread.of(ratios), bars)

    def used(self) -> dict[str, float]:
        """The median in parts of each bar, by the bar's text."""
        medians = {"value": self.took.median, "ratio": self.ratio.median if self.ratio else 0.0}
        return {bar.text(self.unit): bar.used(medians[bar.of]) for bar in self.bars}

    def as_object(self) -> dict[str, Any]:
        """The figure as JSON; each bar with the part of it that is used and whether it is met."""
        told = {key: value for key, value in asdict(self).items() if value is not None and key != "bars"}
        bars = [{"bar": bar, "used": used, "met": used <= 1} for bar, used in self.used().items()]
        return {**told, "bars": bars}


def rounded(value: float) -> float:
    """To four figures."""
    return float(f"{value:.4g}")


def table(report: Mapping[str, Any]) -> str:
    """A report's figures, as `Figure.as_object` gives them, and its machine as lines of text."""
    lines = []
    for section, rows in groupby(report["figures"], key=lambda row: row["section"]):
        lines += [section + _HEAD[len(section) :], *map(_line, rows), ""]
    machine, versions = report["machine"], report["versions"]
    libraries = ", ".join(f"{name} {versions[name]}" for name in _LIBRARIES)
    return "\n".join([
        *lines,
        f"{machine['processor']}, {machine['cores']} cores, OMP_NUM_THREADS {machine['omp_num_threads']}, "
        f"load {machine['load_average']} before and {report['load_average_after']} after",
        f"{libraries}; commit {versions['commit']}",
        "Bars are for 2 cores that do nothing else, the default models and the seed articles.",
    ])  # fmt: skip


def _line(row: Mapping[str, Any]) -> str:
    took, reference, ratio = row["took"], row.get("reference"), row.get("ratio")
    bars = "; ".join(f"{bar['bar']} {'met' if bar['met'] else 'NOT MET'}" for bar in row["bars"]) or "–"
    beside = (
        f"{reference['median']:>8g}  {ratio['median']:>7g}  {_quartiles(ratio):<14}"
        if reference and ratio
        else f"{'–':>8}  {'–':>7}  {'':<14}"
    )
    name = f"{row['name']}, {row['unit']}" if row["unit"] else row["name"]
    plain = f" (plain: {row['plain']})" if reference else ""
    return f"{name:<25} {took['median']:>8g}  {_quartiles(took):<18} {took['n']:>4}  {beside}  {bars}{plain}"


def _quartiles(spread: Mapping[str, float]) -> str:
    return f"{spread['low']:g} to {spread['high']:g}"
