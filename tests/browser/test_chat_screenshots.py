"""Pictures of the page's main states for the manual, taken when `RAG_SCREENSHOTS` names the folder they go to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from rag.config import Settings
from tests.support.chat_process import real_chat
from tests.support.chromium import opened, watched

FOLDER = os.environ.get("RAG_SCREENSHOTS", "")
QUESTION = "quelles conditions pose l'Allemagne ?"
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def _ask(page: Page) -> None:
    page.fill("#rag-question textarea", QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector("#rag-live .exchange.finished")


def _open_source(page: Page) -> None:
    page.locator("#rag-history .title").first.evaluate("button => button.click()")
    page.locator("a.cite").first.click()
    page.wait_for_selector(".source mark")


def _restrict(page: Page) -> None:
    _open_source(page)
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Articles").click()
    page.locator("#rag-articles input").nth(2).check()
    page.wait_for_selector(".chip")


def _nothing(page: Page) -> None:
    pass


@pytest.mark.models
@pytest.mark.skipif(not FOLDER, reason="RAG_SCREENSHOTS names no folder")
def test_pictures(browser: Browser, real_settings: Settings, tmp_path: Path) -> None:
    pictures: list[tuple[str, str, dict[str, int], Callable[[Page], None]]] = [
        ("welcome", "light", WIDE, _nothing),
        ("asked", "light", WIDE, _ask),
        ("answer", "light", WIDE, _open_source),
        ("answer-dark", "dark", WIDE, _open_source),
        ("phone", "light", PHONE, _open_source),
        ("articles", "light", WIDE, _restrict),
    ]
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    with real_chat(real_settings, tmp_path) as chat:
        for name, scheme, viewport, act in pictures:
            with watched(browser, color_scheme=scheme, viewport=viewport, reduced_motion="reduce") as context:
                context.set_default_timeout(120_000)
                page = opened(context, chat.url)
                act(page)
                page.wait_for_timeout(700)
                page.screenshot(path=Path(FOLDER) / f"chat-{name}.png")
