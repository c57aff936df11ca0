"""A question of a page goes to the service, what comes back is shown as it comes, and the answer is kept."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from functools import cache, partial
from typing import Any

from rag.chat.answer_html import Headings, conversation, exchange, live
from rag.chat.history import ConversationStore, Exchange
from rag.chat.live_answer import LiveAnswer
from rag.chat.view import View
from rag.domain import Turn
from rag.errors import RagError, UnexpectedError
from rag.events import Written
from rag.runtime import Service
from rag.store import heading

# Seconds between two drawings of text that is not checked yet.
_REDRAW_S = 0.06
_LOADING_S = 0.5

# New values of parts of the page, by name.
Update = dict[str, Any]


class PageQuestions:
    """Questions of any number of pages, over one service and one store."""

    def __init__(self, service: Service, store: ConversationStore) -> None:
        self._service = service
        self._store = store

    def ask(self, view: View, question: str) -> Generator[Update, None, None]:
        """The question at once, then the answer as it is written; closing the iterator stops it.

        Where `view.editing` names an exchange, that one and those after it give way to the new one. A page has one
        question under way: another one is left where it is until then.
        """
        if not question.strip() or view.slot.under_way.busy:
            return
        under_way = view.slot.under_way = LiveAnswer(question.strip(), "searching")
        number = 1
        try:
            kept = self._kept(view)
            number += len(kept)
            past = conversation(kept, view.language, self.headings())
            shown = live(under_way, number, view.language)
            yield {"past": past, "live": shown, "question": "", "notice": "", "edit_note": ""}
            with closing(self._answer(view, under_way, kept)) as steps:
                for _ in steps:
                    yield {"live": live(under_way, number, view.language)}
            if under_way.answer is not None:
                yield self._record(view, under_way.answer, number)
                return
        except GeneratorExit:
            under_way.stop()
            raise
        except RagError as error:
            under_way.fail(error.message(view.language), error.next_step(view.language))
        except Exception as error:
            logging.getLogger(__name__).exception("while answering")
            unexpected = UnexpectedError(reason=f"{type(error).__name__}: {error}")
            under_way.fail(unexpected.message(view.language), unexpected.next_step(view.language))
        yield {"live": live(under_way, number, view.language)}

    def _answer(self, view: View, under_way: LiveAnswer, kept: tuple[Exchange, ...]) -> Generator[None, None, None]:
        """Lets the under_way grow; comes back whenever there is something to show."""
        while self._service.state == "loading":
            under_way.state = "loading"
            yield
            self._service.wait(_LOADING_S)
        under_way.state = "searching"
        history = [Turn(one.question, str(one.answer["answer"])) for one in kept]
        events = self._service.stream(under_way.question, history, view.scope, view.session)
        shown = 0.0
        with closing(events):
            for event in events:
                under_way.take(event)
                if not isinstance(event, Written) or time.monotonic() - shown > _REDRAW_S:
                    shown = time.monotonic()
                    yield

    def ask_typed(self, view: View) -> Generator[Update, None, None]:
        """Asks what is in the box."""
        return self.ask(view, view.question)

    def repeat(self, view: View) -> Generator[Update, None, None]:
        """Asks the question that was sent; where it is one of the conversation, its answer and those after it go."""
        exchange = view.text("exchange")
        return self.ask(replace(view, editing=exchange) if exchange else view, view.text("question"))

    def stop(self, view: View) -> Update:
        """Shows that what was under way has been stopped."""
        view.slot.under_way.stop()
        return {"live": live(view.slot.under_way, len(self._kept(view)) + 1, view.language)}

    def headings(self) -> Headings:
        """Looks up articles of the present index, each once; none when there is no index."""
        try:
            return cache(partial(heading, self._service.catalog()))
        except RagError:
            return lambda document: None

    def _kept(self, view: View) -> tuple[Exchange, ...]:
        """The exchanges of the conversation that stay: those before the one whose question is changed."""
        return self._store.exchanges(view.owner, view.conversation, view.editing)

    def _record(self, view: View, answer: dict[str, Any], number: int) -> Update:
        """Keeps the answer and shows it as it will be shown tomorrow."""
        if view.editing:
            self._store.truncate(view.owner, view.conversation, view.editing)
        conversation_id, exchange_id = self._store.record(view.conversation or None, view.owner, answer)
        loaded = self._store.load(view.owner, conversation_id)
        assert loaded is not None
        kept = next(one for one in loaded.exchanges if one.id == exchange_id)
        shown = exchange(kept, number, view.language, self.headings())
        return {"live": shown, "conversation": conversation_id, "editing": ""}
