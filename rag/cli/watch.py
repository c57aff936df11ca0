"""`rag index --watch`: a line for each sync, until Ctrl-C."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rag import indexing, runtime, store
from rag.cli.build_reports import counts, problems_object, report_object
from rag.cli.options import INTERRUPTED
from rag.errors import PathMissing, RagError
from rag.wording import say

if TYPE_CHECKING:
    from rag.cli.renderer import Renderer
    from rag.config import Settings
    from rag.corpus import Problem
    from rag.indexing import BuildReport, Holds, News


def watch_index(settings: Settings, renderer: Renderer, *, paths: tuple[Path, ...], replace: bool) -> None:
    """Keeps the index in step with `paths`, or with what it was built from. Raises as `build` does at first."""
    for path in paths:
        if not os.path.lexists(path):
            raise PathMissing(path=str(path))
    # One for all syncs: it loads when there is something to embed, and stays.
    embedder = runtime.make_embedder(settings)
    log = _Log(renderer, settings.index)
    given = [Path(os.path.abspath(path)) for path in paths] or _roots(settings.index)

    def roots() -> list[Path]:
        nonlocal given
        if log.synced:
            # Others add and remove roots too, at the command line or in the chat page.
            with suppress(RagError):
                given = _roots(settings.index)
        return given

    def sync(holds: Holds) -> None:
        problems: list[Problem] = []
        try:
            report = runtime.build(
                () if log.synced else paths,
                settings,
                embedder=embedder,
                replace=replace and not log.synced,
                holds=holds,
                on_problem=problems.append,
            )
        except RagError:
            log.problems(problems)
            raise
        log.done(report, problems)

    renderer.note(say("cli.watching", renderer.language, paths=", ".join(map(str, given))))
    try:
        indexing.follow(roots, sync, stop=threading.Event(), tell=log.news)
    except KeyboardInterrupt:
        renderer.note(say("cli.watched", renderer.language))
        sys.exit(INTERRUPTED)


class _Log:
    """What a watch tells: results to standard output, the rest to standard error; a problem once while it lasts."""

    def __init__(self, renderer: Renderer, index: Path) -> None:
        self.synced = False
        self._renderer = renderer
        self._index = index
        self._told: set[str] = set()

    def done(self, report: BuildReport, problems: list[Problem]) -> None:
        """A sync that was made."""
        self.synced = True
        self.problems(problems)
        language = self._renderer.language
        told = {**counts(report.changes), "articles": report.manifest.articles}
        self._renderer.result(
            {**report_object(report), "index": str(self._index), **problems_object(problems, language)},
            say("cli.synced", language, time=f"{datetime.now():%H:%M:%S}", seconds=f"{report.seconds:.1f}", **told),
        )

    def problems(self, problems: list[Problem]) -> None:
        """Those of a sync that the one before did not have."""
        told = {str(problem) for problem in problems}
        for problem in problems:
            if str(problem) not in self._told:
                self._renderer.problem(problem)
        self._told = told

    def news(self, news: News) -> None:
        """What happens beside the syncs."""
        if news.error:
            self._renderer.error(news.error)
        else:
            self._renderer.warning(say(f"cli.root_{news.kind}", self._renderer.language, path=news.path))


def _roots(index: Path) -> list[Path]:

    return [Path(root) for root in store.read_manifest(index).roots]
