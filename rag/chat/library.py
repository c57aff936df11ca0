"""The articles: listed, opened, chosen to restrict questions to, added from files and taken away again."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rag import indexing
from rag.chat.page_questions import Update
from rag.chat.page_text import told
from rag.chat.sidebar_html import article_list, file_outcomes, notice, scope_chips, scope_form
from rag.chat.source_html import ClickedSource, source_panel
from rag.chat.view import View, stored_scope
from rag.config import Settings
from rag.domain import EVERYTHING, Article, Heading, Progress, Scope
from rag.errors import RagError, UnexpectedError
from rag.indexing import MOST_FILES, MOST_TOTAL, Outcome, Removed, Upload
from rag.runtime import Service
from rag.scopes import make_scope
from rag.wording import say

# More sources than these are not offered one by one.
_MOST_SOURCES = 30


class Library:
    """The articles of a service's index, and the folder of those that were added."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self._service = service
        self._index = settings.index
        self._folder = indexing.own_folder(settings)
        self._fields = settings.fields
        self._removed: dict[str, Removed] = {}

    def articles(self, view: View) -> Update:
        """The list of articles that match the search, the filters, and what questions are restricted to."""
        return self._lists(view, view.scope)

    def open(self, view: View) -> Update:
        """The source panel at the place that was clicked."""
        try:
            wanted = ClickedSource.of(view.sent)
        except (KeyError, TypeError, ValueError):
            return {}
        return {"panel": source_panel(wanted, self._article(wanted.document), view.language)}

    def restrict(self, view: View) -> Update:
        """Takes the filters of the form."""
        sources = view.sent.get("sources")
        try:
            chosen = make_scope(
                since=view.text("since") or None,
                until=view.text("until") or None,
                sources=[str(source) for source in sources] if isinstance(sources, list) else (),
                documents=view.scope.documents,
            )
        except RagError as error:
            return {"scope_form": scope_form(self._sources(), view.scope, error.message(view.language), view.language)}
        return self._lists(view, chosen)

    def pick(self, view: View) -> Update:
        """Adds an article to those that questions are restricted to, or takes it out again."""
        document = view.text("document")
        others = tuple(name for name in view.scope.documents if name != document)
        picked = (*others, document) if view.sent.get("checked") else others
        return self._lists(view, replace(view.scope, documents=picked))

    def unrestrict(self, view: View) -> Update:
        """Lifts every restriction."""
        return self._lists(view, EVERYTHING)

    def add(self, view: View) -> Generator[Update, None, None]:
        """Takes files in, one after the other, and builds the index with them."""
        uploads = [Upload(Path(path), Path(path).name) for path in view.files]
        states = [(upload.name, "waiting", "") for upload in uploads]
        yield {"files": None, "file_list": file_outcomes(states, view.language)}
        try:
            for place, outcome in enumerate(self._take(uploads)):
                states[place] = _state(outcome, view.language)
                yield {"file_list": file_outcomes(states, view.language)}
            if any(state == "reading" for _, state, _ in states):
                for progress in self._build():
                    yield {"file_list": file_outcomes(_building(states, progress, view.language), view.language)}
            states = [(name, "added" if state == "reading" else state, why) for name, state, why in states]
        except RagError as error:
            why = told(error, view.language)
            # What was read is in the folder, and in the index as soon as one is built.
            ends = {"waiting": ("refused", why), "reading": ("reading", why)}
            states = [(name, *ends.get(state, (state, before))) for name, state, before in states]
        yield {"file_list": file_outcomes(states, view.language), **self._lists(view, view.scope)}

    def remove(self, view: View) -> Generator[Update, None, None]:
        """Takes one of the user's own articles away, and says how to have it back.

        Raises as `rag.indexing.uploads.remove` and `build_index` do.
        """
        document = view.text("document")
        yield {"notice": notice(say("chat.removing", view.language), {}, view.language)}
        removed = indexing.remove(self._folder, document, indexing.index_roots(self._index, self._folder))
        for _ in self._build():
            pass
        key = removed.path.parent.name
        self._removed[key] = removed
        text = say("chat.removed", view.language, name=removed.document)
        undo = {"what": "article", "key": key}
        yield {"notice": notice(text, undo, view.language), **self._lists(view, view.scope)}

    def restore(self, view: View) -> Generator[Update, None, None]:
        """Undoes `remove`. Raises as `rag.indexing.uploads.restore` and `build_index` do."""
        removed = self._removed.pop(view.text("key"), None)
        if removed is None:
            return
        yield {"notice": notice(say("chat.restoring", view.language), {}, view.language)}
        indexing.restore(self._folder, removed)
        for _ in self._build():
            pass
        yield {"notice": "", **self._lists(view, view.scope)}

    def _take(self, uploads: Sequence[Upload]) -> Iterator[Outcome]:
        """One after the other where that is allowed, so that each is told of when it is done."""
        few = len(uploads) <= MOST_FILES and sum(upload.path.stat().st_size for upload in uploads) <= MOST_TOTAL
        for batch in [[upload] for upload in uploads] if few else [list(uploads)]:
            yield from indexing.add(self._folder, batch, self._fields)

    def _build(self) -> Iterator[Progress]:
        """Builds the index with the own articles; gives its progress as it goes. Raises as `build_index` does."""
        news: queue.SimpleQueue[Progress | RagError | None] = queue.SimpleQueue()

        def build() -> None:
            try:
                self._service.update(indexing.index_roots(self._index, self._folder), on_progress=news.put)
                news.put(None)
            except RagError as error:
                news.put(error)
            except Exception as error:  # otherwise the page would wait for ever
                news.put(UnexpectedError(reason=f"{type(error).__name__}: {error}"))

        threading.Thread(target=build, name="rag index", daemon=True).start()
        while (new := news.get()) is not None:
            if isinstance(new, RagError):
                raise new
            yield new

    def _lists(self, view: View, scope: Scope) -> Update:
        try:
            headings = self._service.articles()
        except RagError as error:
            headings = []
            missing = notice(told(error, view.language), {}, view.language)
            return {"articles": missing, "scope": stored_scope(scope), "chips": ""}
        titles = {heading.document: heading.title for heading in headings}
        return {
            "scope": stored_scope(scope),
            "articles": article_list(
                headings, self._own(headings), scope.documents, view.article_search, view.language
            ),
            "scope_form": scope_form(_sources(headings), scope, "", view.language),
            "chips": scope_chips(scope, titles, view.language),
        }

    def _own(self, headings: Sequence[Heading]) -> set[str]:
        """The documents that may be articles of the folder, or lie in files of it."""
        files = {path.name for path in self._folder.glob("*")} if self._folder.is_dir() else set()
        files |= {f"{self._folder.name}/{name}" for name in files}
        return {heading.document for heading in headings if not files.isdisjoint(indexing.holders(heading.document))}

    def _sources(self) -> list[str]:
        try:
            return _sources(self._service.articles())
        except RagError:
            return []

    def _article(self, document: str) -> Article | None:
        try:
            return self._service.article(document)
        except RagError:
            return None


def _sources(headings: Sequence[Heading]) -> list[str]:
    return sorted({heading.source for heading in headings if heading.source})[:_MOST_SOURCES]


def _state(outcome: Outcome, language: str) -> tuple[str, str, str]:
    """A file's name, how it stands, and why: one that was taken in is still to be read into the index."""
    if outcome.error:
        why = told(outcome.error, language)
        return outcome.name, "refused", why
    return outcome.name, "reading" if outcome.state == "added" else "known", ""


def _building(states: Sequence[tuple[str, str, str]], progress: Progress, language: str) -> list[tuple[str, str, str]]:
    step = say(f"chat.step_{progress.step}", language)
    amount = f"{step} {progress.done}/{progress.total}" if progress.total else step
    return [(name, state, amount if state == "reading" else why) for name, state, why in states]
