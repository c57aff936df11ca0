"""A browser, and the chat page in a process of its own; no page may ask anything of another machine."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from rag.config import Settings
from tests.conftest import PROJECT

REPLY = (
    "L'Allemagne souhaite que les garanties soient claires avant tout engagement. "
    "Berlin pose trois conditions préalables."
)
# A busy machine is slow, not wrong.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip


class ChatServer:
    """`tests.browser.chat_server`, or any other command that serves the page at `port`, over one folder."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.environment = {"RAG_TEST_REPLY": REPLY, **settings}
        self.command = [sys.executable, "-m", "tests.browser.chat_server", str(self.port), str(folder)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once the page is there."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command, cwd=PROJECT, env={**os.environ, **self.environment}, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}healthz", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"no page: {self.log()}")

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> None:
        """Ends it; it need not run."""
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, with_signal)
        if self._process:
            self._process.wait(20)

    def log(self) -> str:
        """What it has said so far."""
        return (self.folder / "log").read_text(encoding="utf-8")

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process is not None
        return self._process.pid

    def memory(self) -> int:
        """Resident bytes."""
        import psutil

        return int(psutil.Process(self.pid).memory_info().rss)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serving(folder: Path, **settings: str) -> AbstractContextManager[ChatServer]:
    """A server with doubles that ends with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    return _running(ChatServer(folder, **settings))


def real_chat(settings: Settings, folder: Path) -> AbstractContextManager[ChatServer]:
    """`rag chat` over the index and the models of `settings`, its data in `folder`."""
    server = ChatServer(folder)
    places = {"RAG_INDEX": settings.index, "RAG_MODELS_DIR": settings.models_dir, "RAG_DATA_DIR": folder}
    server.environment = {name: str(path) for name, path in places.items()}
    start = "from rag.cli import main; main()"
    server.command = [sys.executable, "-c", start, "chat", "--port", str(server.port), "--no-browser"]
    return _running(server)


@contextmanager
def _running(server: ChatServer) -> Iterator[ChatServer]:
    """What a server says besides its work is a failure."""
    try:
        server.start()
        yield server
    finally:
        server.stop()
    assert "Traceback" not in server.log(), server.log()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; for a module and no longer, as it occupies the thread's event loop."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.fail("the tests of the chat page need a browser: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatServer]:
    """The page over the seeds, with doubles for the models."""
    with serving(tmp_path_factory.mktemp("chat")) as server:
        yield server


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


@pytest.fixture
def page(browser: Browser, chat: ChatServer) -> Iterator[Page]:
    """The page in a new browser in French."""
    with watched(browser) as context:
        yield opened(context, chat.url)


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
