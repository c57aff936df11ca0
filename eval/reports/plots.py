"""Small charts as inline SVG: text in, text out, coloured by the style sheet of the page they stand in.

Every chart has a title for screen readers and marks with tooltips; colours come from the classes `s1`, `s2` …,
`axis`, `grid` and `label`, so that they follow light, dark and print.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

from eval.cases.records import Interval

WIDTH, HEIGHT = 460, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 14, 44
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)

Point = tuple[float, float]


def line_chart(title: str, series: Mapping[str, Sequence[Point]], x_label: str, y_label: str) -> str:
    """Curves over whole numbers, y from 0 to 1, the name of each at its end."""
    xs = sorted({x for points in series.values() for x, _ in points})
    if not xs:
        return empty(title)
    frame = _Frame(xs[0], xs[-1], right=96)
    axes = [frame.y_axis(y_label), frame.x_axis([(x, f"{x:g}") for x in xs], x_label)]
    return _svg(title, [*axes, *_curves(frame, series, lambda x: f"{x_label} {x:g}")])


def history_chart(title: str, series: Mapping[str, Sequence[Point]], dates: Sequence[str]) -> str:
    """Parts of a bar over numbers of reports, the first of `dates` being that of 1; a line where the bar is used up.

    What is beyond three times the bar is drawn there.
    """
    used = [y for points in series.values() for _, y in points]
    if not used:
        return empty(title)
    top = min(3.0, max(1.25, *used))
    shown = {name: [(x, min(y, top)) for x, y in points] for name, points in series.items()}
    frame = _Frame(1, len(dates), top_value=top, right=168)
    level = f'x1="{LEFT}" y1="{frame.y(1):.1f}" x2="{frame.x(len(dates)):.1f}" y2="{frame.y(1):.1f}"'
    ends = {1: dates[0], len(dates): dates[-1]}
    return _svg(title, [
        frame.y_axis("part of the bar", [tick for tick in (0, 0.5, 1, 1.5, 2, 2.5, 3) if tick <= top]),
        frame.x_axis(list(ends.items()), ""),
        f'<line class="mark" {level}/>',
        *_curves(frame, shown, lambda x: dates[int(x) - 1]),
    ])  # fmt: skip


def _curves(frame: _Frame, series: Mapping[str, Sequence[Point]], at: Callable[[float], str]) -> list[str]:
    """Curves, the name of each at its end; `at` names a place on the x axis."""
    parts: list[str] = []
    ends: list[float] = []
    for number, (name, points) in enumerate(series.items(), 1):
        path = " ".join(f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in points)
        parts.append(f'<polyline class="line s{number}" points="{path}"/>')
        parts += [_dot(frame, x, y, 3.5, f"s{number}", f"{name}, {at(x)}: {y:.3f}") for x, y in points]
        end = frame.y(points[-1][1])
        while any(abs(end - other) < 13 for other in ends):
            end += 3
        ends.append(end)
        parts.append(_text(frame.x(points[-1][0]) + 9, end + 4, name, f"label s{number}-text"))
    return parts


def calibration_chart(title: str, bins: Sequence[tuple[float, float, int]]) -> str:
    """Reliability: (mean confidence, share right, cases) of each bin against the diagonal, dots by size of bin."""
    if not bins:
        return empty(title)
    frame = _Frame(0, 1)
    most = max(n for _, _, n in bins)
    parts = [
        frame.y_axis("share right"),
        frame.x_axis([(tick, f"{tick:g}") for tick in _TICKS], "confidence"),
        f'<line class="diagonal" x1="{frame.x(0)}" y1="{frame.y(0)}" x2="{frame.x(1)}" y2="{frame.y(1)}"/>',
    ]
    path = " ".join(f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y, _ in bins)
    parts.append(f'<polyline class="line thin s1" points="{path}"/>')
    parts += [
        _dot(frame, x, y, 4 + 8 * (n / most) ** 0.5, "s1", f"confidence {x:.2f}, right {y:.2f}, {n} cases")
        for x, y, n in bins
    ]
    return _svg(title, parts)


def histogram(title: str, values: Sequence[float], unit: str, marks: Mapping[str, float]) -> str:
    """How many of `values` fall in each step; `marks` are drawn as lines with their names.

    A few that are far out do not flatten the rest: all beyond three times the last mark are in the last step.
    """
    if not values:
        return empty(title)
    end = min(max(values), 3 * max(marks.values(), default=max(values))) or 1.0
    step = _round_step(end / 12)
    counts = [0] * (int(end / step) + 1)
    for value in values:
        counts[min(int(value / step), len(counts) - 1)] += 1
    most = max(counts)
    frame = _Frame(0, step * len(counts), top_value=1.15 * most)
    parts = [
        frame.y_axis("cases", ticks=_count_ticks(most), form="{:.0f}"),
        frame.x_axis([(step * i, f"{step * i:g}") for i in range(0, len(counts) + 1, 2)], unit),
    ]
    for i, count in enumerate(counts):
        left, width = frame.x(step * i) + 1, frame.x(step) - frame.x(0) - 2
        beyond = i == len(counts) - 1 and max(values) > step * len(counts)
        tip = f"{step * i:g} {'and more' if beyond else f'to {step * (i + 1):g}'} {unit}: {count} cases"
        if count:
            parts.append(_bar(left, frame.y(count), width, frame.y(0) - frame.y(count), "s1", tip))
    for row, (name, value) in enumerate(marks.items()):
        x = frame.x(min(value, step * len(counts)))
        parts.append(f'<line class="mark" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{frame.y(0):.1f}"/>')
        anchor = "end" if x > WIDTH - 130 else "start"
        parts.append(_text(x + (5 if anchor == "start" else -5), TOP + 8 + 14 * row, name, "label halo", anchor))
    return _svg(title, parts)


def bars(title: str, rows: Sequence[tuple[str, Interval]], label: str) -> str:
    """A horizontal bar a row from 0 to 1 with its interval, its value and its number of cases."""
    if not rows:
        return empty(title)
    left, right, pitch = 112, 92, 21
    height = TOP + pitch * len(rows) + BOTTOM - 8
    scale = (WIDTH - left - right) / 1.0
    base = TOP + pitch * len(rows)
    parts = []
    for tick in _TICKS:
        x = left + scale * tick
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{base}"/>')
        parts.append(_text(x, base + 16, f"{tick:g}", "label", "middle"))
    parts.append(_text(left + scale / 2, base + 32, label, "label", "middle"))
    for i, (name, interval) in enumerate(rows):
        y = TOP + pitch * i + 3
        tip = f"{name}: {interval.mean:.3f} [{interval.low:.3f}, {interval.high:.3f}], {interval.n} cases"
        parts.append(_text(left - 8, y + 11, name, "label", "end"))
        parts.append(_bar(left, y, max(1.5, scale * interval.mean), pitch - 7, "s1", tip))
        middle = y + (pitch - 7) / 2
        low, high = left + scale * interval.low, left + scale * interval.high
        parts.append(f'<line class="whisker" x1="{low:.1f}" y1="{middle}" x2="{high:.1f}" y2="{middle}"/>')
        parts.append(_text(left + scale + 10, y + 11, f"{interval.mean:.2f}  ({interval.n})", "label value"))
    return _svg(title, parts, height)


def empty(title: str) -> str:
    """What stands where there is nothing to draw."""
    return f'<p class="none">{escape(title)}: nothing to show in this run.</p>'


class _Frame:
    """The plane of a chart: values to coordinates, and its axes."""

    def __init__(self, low: float, high: float, *, top_value: float = 1.0, right: float = RIGHT) -> None:
        self._low = low
        self._span = (high - low) or 1.0
        self._top = top_value
        self._right = WIDTH - right

    def x(self, value: float) -> float:
        return LEFT + (value - self._low) / self._span * (self._right - LEFT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / self._top * (HEIGHT - BOTTOM - TOP)

    def y_axis(self, label: str, ticks: Sequence[float] = _TICKS, form: str = "{:g}") -> str:
        parts = [
            f'<line class="grid" x1="{LEFT}" y1="{self.y(tick):.1f}" x2="{self._right}" y2="{self.y(tick):.1f}"/>'
            + _text(LEFT - 7, self.y(tick) + 4, form.format(tick), "label", "end")
            for tick in ticks
        ]
        middle = (TOP + HEIGHT - BOTTOM) / 2
        parts.append(
            f'<text class="label" x="13" y="{middle}" text-anchor="middle" transform="rotate(-90 13 {middle})">'
            f"{escape(label)}</text>"
        )
        return "".join(parts)

    def x_axis(self, ticks: Sequence[tuple[float, str]], label: str) -> str:
        y = self.y(0)
        parts = [f'<line class="axis" x1="{LEFT}" y1="{y}" x2="{self._right}" y2="{y}"/>']
        parts += [_text(self.x(value), y + 16, name, "label", "middle") for value, name in ticks]
        parts.append(_text((LEFT + self._right) / 2, y + 34, label, "label", "middle"))
        return "".join(parts)


def _svg(title: str, parts: Sequence[str], height: float = HEIGHT) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _text(x: float, y: float, text: str, classes: str, anchor: str = "start") -> str:
    return f'<text class="{classes}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _dot(frame: _Frame, x: float, y: float, radius: float, classes: str, tip: str) -> str:
    return (
        f'<circle class="dot {classes}" cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="{radius:.1f}">'
        f"<title>{escape(tip)}</title></circle>"
    )


def _bar(x: float, y: float, width: float, height: float, classes: str, tip: str) -> str:
    return (
        f'<rect class="bar {classes}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2">'
        f"<title>{escape(tip)}</title></rect>"
    )


def _round_step(step: float) -> float:
    """The next larger of 1, 2, 5 times a power of ten."""
    power = 1e-3
    while power * 10 <= step:
        power *= 10
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= min(step, power * 10))


def _count_ticks(most: int) -> list[float]:
    step = max(1, int(_round_step(most / 4)))
    return [float(tick) for tick in range(0, most + 1, step)]
