"""A browser of one person, and what that person does with the chat page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

# A busy machine is slow, not wrong.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip


@contextmanager
def launched() -> Iterator[Browser]:
    """Chromium, until the block ends."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        raise FileNotFoundError("the tests of the chat page need a browser: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield browser
        browser.close()


@contextmanager
def watched(browser: Browser, **options: object) -> Iterator[BrowserContext]:
    """A browser of its own for one person. Fails on a request to another machine and on an error of a script."""
    settings: dict[str, object] = {"locale": "fr-FR", "viewport": {"width": 1280, "height": 820}, **options}
    context = browser.new_context(**settings)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    asked: list[str] = []
    failed: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("weberror", lambda error: failed.append(str(error.error)))
    yield context
    context.close()
    away = [url for url in asked if urlsplit(url).scheme in ("http", "https", "ws", "wss")
            and urlsplit(url).hostname not in ("127.0.0.1", "localhost")]  # fmt: skip
    assert asked and not away
    assert not failed


def opened(context: BrowserContext, url: str) -> Page:
    """The page, drawn."""
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(".rag .welcome, .rag .exchange")
    return page


def ask(page: Page, question: str) -> None:
    """Types a question and waits for the whole answer."""
    before = page.locator(".exchange.finished").count()
    page.fill("#rag-question textarea", question)
    page.keyboard.press("Enter")
    page.wait_for_function(
        f"document.querySelector('#rag-live .exchange.finished .question')?.textContent === {question!r}"
        f" && !document.body.matches('.rag-busy') && document.querySelectorAll('.exchange').length >= {min(before, 1)}"
    )


def check(page: Page) -> None:
    """Fails on what axe-core calls a serious or critical violation."""
    page.wait_for_timeout(300)
    found = Axe().run(page).response["violations"]
    assert not [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
