"""What an assistant can do with the articles: ask, search and read, over the work of one server.

Nothing here knows the protocol. Every text that is given out is free of control and format characters: each has a
space in its place, so that offsets stay those of the article.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import anyio
from pydantic import Field

from rag.contracts import Count, answer_object, heading_object
from rag.domain import Article, Scope
from rag.events import Event, Finished, Queued
from rag.question import clean_question
from rag.serving.desk import Desk
from rag.serving.fields import Body, Name
from rag.serving.problems import Problem
from rag.serving.schemas import AskBody, HeadingObject, SearchBody
from rag.serving.work import AskedQuestion
from rag.text import visible
from rag.wording import say

# Code points of an article that are given at a time, where no end is given and at most.
USUAL_STRETCH = 4_000
LONGEST_STRETCH = 20_000
# Seconds until the same message is sent again, so that the client knows that work goes on.
_SAID_AGAIN_S = 2.0
_LOADING_S = 0.2


class ReadBody(Body):
    """A stretch of an article."""

    document: Name = Field(description="the article's name, as searches and citations give it")
    start: Count = Field(0, description="offset of its first character, in Unicode code points")
    end: Count | None = Field(
        None,
        description=f"offset after its last character; without one {USUAL_STRETCH} are read, never more than "
        f"{LONGEST_STRETCH}",
    )


class StretchObject(HeadingObject):
    """A stretch of an article: `text` is the article's text from `start` to `end`, `length` that of the whole."""

    author: str | None
    start: Count
    end: Count
    length: Count
    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One use of a tool: its id, who takes turns with others, and how to say what is going on, in which language."""

    id: str
    owner: str
    language: str
    report: Callable[[str], Awaitable[None]]


class Tools:
    """The tools of one server. Methods raise Problem and what `Service` does."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._service, self._work, self._deadline_s = desk.service, desk.work, desk.settings.deadline_s

    async def ask(self, body: AskBody, call: ToolCall) -> Any:
        """An answer as `rag ask --json` prints it. Cancelling it ends the work."""
        clean_question(body.question)
        end = time.monotonic() + self._deadline_s
        said = _Said(call)
        await self._loaded(said, end)
        left_s = max(0.0, end - time.monotonic())
        asked = AskedQuestion(body.question, body.turns(), body.scope(), call.owner, left_s)
        await said.say("searching")
        async with aclosing(self._work.ask(asked).events()) as events:
            async for event in events:
                if isinstance(event, Finished):
                    return _seen(answer_object(event.answer, call.id if body.id is None else body.id))
                await said.happens(event)
        raise AssertionError("a run ends with Finished")

    async def search(self, body: SearchBody, call: ToolCall) -> Any:
        """Hits as `rag search --json` prints them."""
        body.scope()  # what is wrong with the filters is told before the models are waited for
        await self._loaded(_Said(call), time.monotonic() + self._deadline_s)
        return _seen(await self._desk.search(body, call.id if body.id is None else body.id))

    async def read_article(self, body: ReadBody, call: ToolCall) -> Any:
        """A stretch of an article. Its name is looked up in the index; no file is opened by it."""
        article = await self._work.find(lambda: self._article(body.document), self._deadline_s)
        length = len(article.text)
        if body.start > length or (body.end is not None and body.end < body.start):
            raise Problem(HTTPStatus.BAD_REQUEST, "no_such_stretch", name=article.document, length=length)
        wanted = USUAL_STRETCH if body.end is None else min(body.end - body.start, LONGEST_STRETCH)
        end = min(body.start + wanted, length)
        stretch = {"start": body.start, "end": end, "length": length, "text": article.text[body.start : end]}
        return _seen({**heading_object(article), **stretch})

    def _article(self, document: str) -> Article:
        article = self._service.article(document)
        if article is None:
            self._service.articles(Scope(documents=(document,)))  # raises, naming the nearest, unless it is a pattern
            raise Problem(HTTPStatus.NOT_FOUND, "no_such_article", name=document)
        return article

    async def _loaded(self, said: _Said, end: float) -> None:
        """Waits while the models load: an assistant starts this server and asks at once."""
        while self._service.state == "loading" and time.monotonic() < end:
            await said.say("loading")
            await anyio.sleep(_LOADING_S)


class _Said:
    """Says what is being done, in the words of the chat page; the same again only after a while."""

    def __init__(self, call: ToolCall) -> None:
        self._call = call
        self._text, self._at = "", 0.0

    async def say(self, what: str, **fields: object) -> None:
        text, now = say(f"chat.{what}", self._call.language, **fields), time.monotonic()
        if text != self._text or now - self._at >= _SAID_AGAIN_S:
            self._text, self._at = text, now
            await self._call.report(text)

    async def happens(self, event: Event) -> None:
        if isinstance(event, Queued) and event.place:
            await self.say(f"queued_{'one' if event.place == 1 else 'many'}", count=event.place)
        else:
            await self.say("writing")


def _seen(value: Any) -> Any:
    """`value`, a JSON value, with a space for each character that is not seen."""
    if isinstance(value, dict):
        return {key: _seen(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_seen(inner) for inner in value]
    return visible(value) if isinstance(value, str) else value
