"""How far a run is, drawn as a bar with running scores on a terminal and told now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from eval.harness.runner import Tally

OnCase = Callable[[Tally], None]

_RUNNING = ("accuracy", "citation_hit", "recall@1", "recall@10", "sentence_recall@3")
_MOST = 2
_LINE_EVERY_S = 10.0


@contextmanager
def watching(console: Console, label: str, *, quiet: bool = False) -> Iterator[OnCase]:
    """A callback for each case done."""
    if quiet:
        yield lambda tally: None
    elif console.is_terminal:
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[scores]}"),
            console=console,
        ) as bar:
            task = bar.add_task(label, total=None, scores="")
            yield lambda tally: bar.update(task, completed=tally.done, total=tally.total, scores=running(tally))
    else:
        yield _Lines(console, label).show


def running(tally: Tally) -> str:
    """The first of the headline scores that this run has."""
    told = [name for name in _RUNNING if name in tally.means][:_MOST]
    return "  ".join(f"{name} {tally.means[name]:.3f}" for name in told)


class _Lines:
    def __init__(self, console: Console, label: str) -> None:
        self._console = console
        self._label = label
        self._last = time.monotonic()

    def show(self, tally: Tally) -> None:
        now = time.monotonic()
        if tally.done < tally.total and now - self._last < _LINE_EVERY_S:
            return
        self._last = now
        self._console.print(Text(f"{self._label} {tally.done}/{tally.total}  {running(tally)}"), soft_wrap=True)
