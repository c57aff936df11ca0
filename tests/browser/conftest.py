"""A browser, and the chat page in a process of its own; no page may ask anything of another machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.chat_process import ChatServer, serving
from tests.support.chromium import launched, opened, watched


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; for a module and no longer, as it occupies the thread's event loop."""
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatServer]:
    """The page over the seeds, with doubles for the models."""
    with serving(tmp_path_factory.mktemp("chat")) as server:
        yield server


@pytest.fixture
def page(browser: Browser, chat: ChatServer) -> Iterator[Page]:
    """The page in a new browser in French."""
    with watched(browser) as context:
        yield opened(context, chat.url)
