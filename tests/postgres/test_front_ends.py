"""Two front ends over one shared index, in a browser: what one kept the other shows, also when the first is gone."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from rag.config import Settings
from rag.indexing.build import build_index
from rag.postgres import share
from tests.support.chat_process import serving
from tests.support.chromium import ask, launched, opened, watched
from tests.support.doubles import BagEmbedder
from tests.support.paths import SEEDS

MEXICO = "Qui est le président mexicain ?"
GERMANY = "quelles conditions pose l'Allemagne ?"


@pytest.fixture
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


def test_a_conversation_goes_on_at_the_other_front_end(browser: Browser, url: str, tmp_path: Path) -> None:
    build_index([SEEDS], tmp_path / "index", BagEmbedder(), Settings())
    share(tmp_path / "index", url)
    with serving(tmp_path / "one", RAG_STORE=url) as one, serving(tmp_path / "two", RAG_STORE=url) as two:
        with watched(browser) as context:
            page = opened(context, one.url)
            ask(page, MEXICO)
            expect(page.locator("#rag-history li.current")).to_contain_text("mexicain")
        one.stop(signal.SIGKILL)
        with watched(browser) as context:
            page = opened(context, two.url)
            kept = page.locator("#rag-history li")
            expect(kept).to_have_count(1)
            kept.locator(".title").click()
            expect(page.locator(".exchange .question")).to_have_text(MEXICO)
            assert page.locator(".exchange .cite, .exchange [id^=src-]").count()
            ask(page, GERMANY)
            expect(kept).to_have_count(1)
            page.reload()
            expect(page.locator(".exchange .question")).to_have_text([MEXICO, GERMANY])
