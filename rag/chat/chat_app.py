"""The chat page put together, and shown until Ctrl-C."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

    from rag.chat.history import Database
    from rag.config import Settings
    from rag.runtime import Service


def launch(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = True,
    auth: Mapping[str, str] | None = None,
    on_listening: Callable[[str], None] = lambda url: None,
) -> None:
    """Shows the page at `host` and `port` (0: a free one) until Ctrl-C; models load meanwhile.

    `on_listening` is told the address. `auth` has the passwords by user. Raises CannotListen, and what opening the
    conversations does.
    """
    from rag.runtime import Service, listen, serve, url_of

    with listen(host, port) as listener:
        service = Service(settings)
        app = make_chat(settings, service, host=host, auth=auth)
        service.start()
        url = url_of(listener)
        on_listening(url)
        if open_browser:
            webbrowser.open(url)  # a browser that connects before the server runs waits
        serve(app, listener)


def make_chat(
    settings: Settings, service: Service, *, host: str = "127.0.0.1", auth: Mapping[str, str] | None = None
) -> FastAPI:
    """The application of the page over `service`.

    Conversations are kept in the data folder of `settings`, or in the shared index that it names.
    """
    from rag.chat import page, web
    from rag.chat.conversations import KeptConversations
    from rag.chat.header import Frame
    from rag.chat.history import ConversationStore
    from rag.chat.library import Library
    from rag.chat.page_questions import PageQuestions

    store = ConversationStore(_database(settings))
    parts = page.ChatPage(
        Frame(service, settings), PageQuestions(service, store), KeptConversations(store), Library(service, settings)
    )
    looks: dict[str, Any] = {"theme": page.theme(), "head": page.head()}
    return web.make_app(parts.build(), host=host, auth=auth, footer_links=[], **looks)


def _database(settings: Settings) -> Database:
    if settings.store:
        from rag.postgres import ChatTables

        return ChatTables(settings.store)
    from rag.chat.history_file import FILE, ChatDatabase

    return ChatDatabase(settings.data_dir.expanduser() / FILE)
