"""The chat page as users have it, through the command line and with the real models: all of it once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from rag.config import Settings
from tests.support.chat_process import real_chat
from tests.support.chromium import PATIENCE_MS, opened, watched

GERMANY = "quelles conditions pose l'Allemagne ?"
BRIDGE = (
    "Le pont du village de Sainte-Engrâce a été rouvert au public mardi 2 septembre 2025, après deux ans de travaux."
)


@pytest.fixture
def patience() -> Iterator[None]:
    """A small machine takes its time for an answer."""
    expect.set_options(timeout=120_000)
    yield
    expect.set_options(timeout=PATIENCE_MS)


@pytest.mark.models
@pytest.mark.usefixtures("patience")
def test_a_day_with_the_page(browser: Browser, real_settings: Settings, tmp_path: Path) -> None:
    """Every line of what a user does, one after the other."""
    with real_chat(real_settings, tmp_path) as chat, watched(browser) as context:
        context.set_default_timeout(120_000)
        page = opened(context, chat.url)
        # 1: what it says by itself, while the models load
        expect(page.locator(".welcome")).to_contain_text("5 articles")
        assert page.locator(".example").count() >= 3
        # 2: the question, what is found, the answer
        page.fill("#rag-question textarea", GERMANY)
        page.keyboard.press("Enter")
        expect(page.locator(".exchange .found summary")).to_contain_text("passages trouvés")
        expect(page.locator("#rag-live .facts")).to_contain_text("Répondu en")
        answer = page.locator("#rag-live .answer")
        expect(answer).to_contain_text("trois conditions")
        # 3: its source
        page.locator("a.cite").first.click()
        mark = page.locator(".source mark:not(.other)")
        expect(mark).to_be_focused()
        assert page.locator("#src-1-1 blockquote").inner_text() in mark.inner_text()
        page.keyboard.press("Escape")
        # a follow-up, as it is understood
        page.fill("#rag-question textarea", "et la France ?")
        page.keyboard.press("Enter")
        expect(page.locator("#rag-live .question")).to_have_text("et la France ?")
        expect(page.locator("#rag-live .standalone")).to_contain_text("France")
        page.wait_for_selector("#rag-live .exchange.finished")
        # 4: a refusal
        page.fill("#rag-question textarea", "quelle est la recette de la tarte aux pommes ?")
        page.keyboard.press("Enter")
        expect(page.locator("#rag-live .refusal a.open").first).to_be_visible()
        # 5: restricted, marked, exported
        page.get_by_role("tab", name="Articles").click()
        page.locator("#rag-articles input").nth(1).check()
        expect(page.locator(".chip")).to_have_count(1)
        page.get_by_role("button", name="Tout chercher").click()
        page.locator("#rag-live").get_by_role("button", name="Bonne").click()
        expect(page.locator("#rag-live .remark")).to_be_visible()
        page.locator(".menu").first.evaluate("menu => menu.open = true")
        with page.expect_download() as download:
            page.get_by_role("button", name="JSON").click()
        assert len(json.loads(Path(download.value.path()).read_text("utf-8"))["exchanges"]) == 3
        # 6: an article of one's own
        (tmp_path / "pont.txt").write_text(BRIDGE, encoding="utf-8")
        page.get_by_role("button", name="Ajouter des articles").click()
        page.set_input_files("#rag-add input[type=file]", tmp_path / "pont.txt")
        expect(page.locator(".files .added")).to_contain_text("pont.txt")
        page.fill("#rag-question textarea", "quand le pont de Sainte-Engrâce a-t-il été rouvert ?")
        page.keyboard.press("Enter")
        expect(page.locator("#rag-live .exchange.finished .question")).to_contain_text("Sainte-Engrâce")
        expect(page.locator("#rag-live .sources")).to_contain_text("2 septembre 2025")
        # 7: tomorrow
        page.reload()
        expect(page.locator(".exchange")).to_have_count(4)
        expect(page.locator("#rag-history li")).to_have_count(1)
