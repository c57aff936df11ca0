"""What indexing has done or would do, and which files had problems: as lines for a person, as one JSON object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rag.errors import RagError
from rag.wording import say

if TYPE_CHECKING:
    from rag.cli.renderer import Renderer
    from rag.corpus import OnProblem, Problem
    from rag.indexing import BuildReport, Changes
    from rag.protocols import OnProgress

# Names that are shown of each kind of change; the JSON object has all.
_NAMED = 20
# More problems than these are told kind by kind, with a few examples of each.
_LISTED = 20
_EXAMPLES = 3


def counts(changes: Changes) -> dict[str, int]:
    """How many articles were added, changed and so on."""
    lists = {"added": changes.added, "changed": changes.changed, "removed": changes.removed, "renamed": changes.renamed}
    return {**{kind: len(names) for kind, names in lists.items()}, "unchanged": changes.unchanged}


def changes_object(changes: Changes) -> dict[str, Any]:
    """The names behind the counts."""
    return {
        "added": list(changes.added),
        "changed": list(changes.changed),
        "removed": list(changes.removed),
        "renamed": [{"from": before, "to": now} for before, now in changes.renamed],
    }


def report_object(report: BuildReport) -> dict[str, Any]:
    """What a build did."""
    return {
        "articles": report.manifest.articles,
        "passages": report.manifest.passages,
        **counts(report.changes),
        "embedded": report.embedded,
        "resumed": report.resumed,
        "changes": changes_object(report.changes),
        "seconds": round(report.seconds, 3),
        "rate": round(report.manifest.articles / report.seconds, 1) if report.seconds else 0.0,
    }


def problems_object(problems: Sequence[Problem], language: str) -> dict[str, Any]:
    """What could not be read (`unread`, as texts), and that and everything worth knowing (`problems`, as objects)."""
    return {
        "unread": [str(problem) for problem in problems if isinstance(problem, RagError)],
        "problems": [
            {"kind": _kind(problem), "path": str(problem.fields.get("path", "")), "reason": problem.message(language)}
            for problem in problems
        ],
    }


def change_lines(changes: Changes, language: str) -> Iterator[str]:
    """A line for each of the first changes of each kind, and one for the others."""
    moves = [f"{before} → {now}" for before, now in changes.renamed]
    for text, names in (
        ("cli.added", changes.added),
        ("cli.changed", changes.changed),
        ("cli.removed", changes.removed),
        ("cli.renamed", moves),
    ):
        for name in names[:_NAMED]:
            yield say(text, language, name=name)
        if len(names) > _NAMED:
            yield say(text, language, name=say("cli.more", language, count=len(names) - _NAMED))


def tell_problems(problems: Sequence[Problem], renderer: Renderer) -> None:
    """What could not be read, and what is worth knowing of what could; many of one kind are cut short."""
    cut = len(problems) > _LISTED
    by_kind: dict[str, list[Problem]] = {}
    for problem in problems:
        by_kind.setdefault(_kind(problem), []).append(problem)
    for alike in by_kind.values() if cut else [list(problems)]:
        shown = alike[:_EXAMPLES] if cut else alike
        for problem in shown:
            renderer.problem(problem)
        if len(alike) > len(shown):
            renderer.more_problems(alike[0], len(alike) - len(shown))
    unread = sum(isinstance(problem, RagError) for problem in problems)
    if unread:
        renderer.note(say("cli.problems", renderer.language, count=unread))


@contextmanager
def telling(renderer: Renderer) -> Iterator[tuple[list[Problem], OnProgress, OnProblem]]:
    """Progress while the block runs, and at its end, also when nothing could be read, the problems it had."""
    problems: list[Problem] = []
    try:
        with renderer.progress() as on_progress:
            yield problems, on_progress, problems.append
    finally:
        tell_problems(problems, renderer)


def _kind(problem: Problem) -> str:
    return type(problem).__name__ if isinstance(problem, RagError) else problem.kind
