"""The chat page when things go wrong, when several people are there, and when texts are hostile."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from rag.config import Settings
from rag.runtime.assembly import build
from tests.support.chat_process import ChatServer, serving
from tests.support.chromium import ask, check, opened, watched
from tests.support.doubles import BagEmbedder
from tests.support.paths import SEEDS

GERMANY = "quelles conditions pose l'Allemagne ?"
EVIL = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>[x](javascript:hurt=1)'


def test_page_is_of_use_while_models_load_and_goes_on_by_itself(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, RAG_TEST_LOAD_S="8") as chat, watched(browser) as context:
        page = opened(context, chat.url)
        expect(page.locator("#rag-status")).to_contain_text("Les modèles se chargent")
        page.get_by_role("tab", name="Articles").click()
        expect(page.locator("#rag-articles li")).to_have_count(5)
        page.fill("#rag-question textarea", GERMANY)
        page.keyboard.press("Enter")
        expect(page.locator("#rag-live .status")).to_contain_text("la réponse suit")
        page.wait_for_selector("#rag-live .exchange.finished")
        expect(page.locator("#rag-status")).to_be_hidden(timeout=15_000)


def test_missing_model_is_named_with_what_to_do_and_can_be_put_right(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "model-gone").touch()
    with serving(tmp_path) as chat, watched(browser) as context:
        page = opened(context, chat.url)
        banner = page.locator("#rag-status .failure")
        expect(banner).to_contain_text("model.gguf")
        expect(banner).to_contain_text("rag fetch")
        page.fill("#rag-question textarea", GERMANY)
        page.keyboard.press("Enter")
        expect(page.locator("#rag-live .failure")).to_contain_text("rag fetch")
        (tmp_path / "model-gone").unlink()
        page.get_by_role("button", name="Réessayer").click()
        expect(banner).to_be_hidden(timeout=15_000)
        page.get_by_role("button", name="Reposer").click()
        page.wait_for_selector("#rag-live .exchange.finished")


def test_index_that_is_replaced_is_noticed(browser: Browser, tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    (more / "pont.txt").write_text("Le pont de Sainte-Engrâce a été rouvert mardi.", encoding="utf-8")
    with serving(tmp_path) as chat, watched(browser) as context:
        page = opened(context, chat.url)
        page.get_by_role("tab", name="Articles").click()
        expect(page.locator("#rag-articles li")).to_have_count(5)
        build([SEEDS, more], Settings(index=tmp_path / "index"), embedder=BagEmbedder())
        expect(page.locator("#rag-articles li")).to_have_count(6, timeout=15_000)
        ask(page, GERMANY)


def test_server_that_stops_in_mid_answer_is_told_of_and_the_page_recovers(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, RAG_TEST_PAUSE_S="0.3") as chat, watched(browser) as context:
        page = opened(context, chat.url)
        page.evaluate("window.stayed = true")
        box = page.locator("#rag-question textarea")
        ask(page, "Bonjour")
        page.fill("#rag-question textarea", GERMANY)
        page.keyboard.press("Enter")
        page.wait_for_selector(".provisional")
        chat.stop(signal.SIGKILL)
        expect(page.locator(".away")).to_be_visible()
        page.fill("#rag-question textarea", "et la France ?")
        page.keyboard.press("Enter")
        chat.start()
        expect(page.locator(".cut")).to_be_visible()
        expect(page.locator(".away")).to_be_hidden()
        expect(box).to_have_value(f"{GERMANY}\net la France ?")  # nothing that was written is lost
        expect(page.locator(".exchange")).to_have_count(1)  # what was answered before is there
        assert page.evaluate("window.stayed")  # the page was not loaded anew
        ask(page, GERMANY)
        expect(page.locator(".exchange.finished")).to_have_count(2)
        expect(page.locator(".cut")).to_be_hidden()
        chat.stop()
        expect(page.locator(".away")).to_be_visible()
        chat.start()
        expect(page.locator(".away")).to_be_hidden()
        expect(page.locator(".exchange.finished")).to_have_count(2)
        ask(page, "que dit Emmanuel Macron ?")
        assert page.evaluate("window.stayed")
        assert page.locator(".cut").is_hidden()


def test_people_wait_for_one_another_and_who_leaves_frees_the_place(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, RAG_TEST_PAUSE_S="2") as chat, watched(browser) as one:
        with watched(browser) as other:
            first = opened(other, chat.url)
            first.fill("#rag-question textarea", GERMANY)
            first.keyboard.press("Enter")
            first.wait_for_selector(".provisional")
            second = opened(one, chat.url)
            second.fill("#rag-question textarea", "que dit Emmanuel Macron sur l'Ukraine ?")
            second.keyboard.press("Enter")
            expect(second.locator("#rag-live .status")).to_contain_text("Une question passe avant la vôtre")
            expect(second.locator("#rag-live .found")).to_be_visible()
            expect(second.locator(".exchange")).to_have_count(1)
        left = time.monotonic()
        second.wait_for_selector(".provisional")
        assert time.monotonic() - left < 12  # the other answer would have taken 40 seconds more
        second.click("#rag-stop")


def test_hostile_texts_do_nothing(browser: Browser, tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "mal.txt").write_text(
        f"Titre {EVIL}\n\nLe pont {EVIL} a été rouvert mardi à Sainte-Engrâce.", encoding="utf-8"
    )
    upload = tmp_path / "<img src=x onerror=hurt=1>.txt"
    upload.write_text(f"Le lac {EVIL} est gelé depuis lundi.", encoding="utf-8")
    reply = f"Le pont {EVIL} a été rouvert mardi à Sainte-Engrâce."
    settings = {"RAG_TEST_SEEDS": str(seeds), "RAG_TEST_THRESHOLD": "0", "RAG_TEST_REPLY": reply}
    with serving(tmp_path / "chat", **settings) as chat, watched(browser) as context:
        page = opened(context, chat.url)
        page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
        ask(page, f"quand le pont a-t-il été rouvert ? {EVIL}")
        page.locator("#rag-live .found summary").click()
        page.locator("#rag-live a.open").first.click()
        expect(page.locator(".source")).to_contain_text("onerror")
        page.get_by_role("tab", name="Articles").click()
        page.get_by_role("button", name="Ajouter des articles").click()
        page.set_input_files("#rag-add input[type=file]", upload)
        page.wait_for_selector(".files .added, .files .refused")
        assert page.evaluate("window.hurt") is None
        assert page.locator(".rag img, .rag script, .rag iframe, .rag a[href^=javascript]").count() == 0


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)],
)  # fmt: skip
def test_nothing_keeps_anybody_out(browser: Browser, chat: ChatServer, scheme: str, width: int) -> None:
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 820}, "reduced_motion": "reduce"}
    with watched(browser, **options) as context:
        page = opened(context, chat.url)
        check(page)
        ask(page, GERMANY)
        page.get_by_role("button", name="Bonne").click()
        page.wait_for_selector(".remark")
        page.locator(".found summary").click()
        page.locator("a.cite").first.click()
        page.wait_for_selector(".source mark")
        check(page)
        page.keyboard.press("Escape")
        if width < 900:
            page.locator("[data-side]").click()
        page.get_by_role("tab", name="Articles").click()
        page.get_by_role("button", name="Limiter à des dates").click()
        page.get_by_role("button", name="Ajouter des articles").click()
        page.locator("#rag-articles input").first.check()
        page.wait_for_selector(".chip", state="attached")
        check(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
