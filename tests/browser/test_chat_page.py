"""What a user does on the chat page, in a real browser, with doubles for the models."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.chat_process import ChatServer, serving
from tests.support.chromium import ask, check, opened, watched

GERMANY = "quelles conditions pose l'Allemagne ?"
OFF_TOPIC = "quand le pont de Sainte-Engrâce a-t-il été rouvert ?"
BRIDGE = (
    "Le pont du village de Sainte-Engrâce a été rouvert au public mardi 2 septembre 2025, après deux ans de travaux."
)

SINKING = "Le naufrage du ferry a fait {} au large de Marseille."


@pytest.fixture(scope="module")
def unsure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatServer]:
    """A page whose generator is just sure enough for an answer."""
    with serving(tmp_path_factory.mktemp("unsure"), RAG_TEST_YES="0.85") as server:
        yield server


def text(page: Page, selector: str) -> str:
    return page.locator(selector).first.inner_text()


# 1


def test_page_explains_itself_and_its_examples_can_be_asked(page: Page) -> None:
    assert page.evaluate("document.documentElement.lang") == "fr" and page.title() == "Questions à vos articles"
    expect(page.locator(".welcome")).to_contain_text("5 articles")
    example = page.locator(".example").first
    question = example.inner_text()
    example.click()
    expect(page.locator(".exchange.finished .question")).to_have_text(question)
    page.get_by_role("tab", name="Articles").click()
    articles = page.locator("#rag-articles li")
    expect(articles).to_have_count(5)
    expect(page.locator("#rag-articles")).to_contain_text("Reuters, 4 septembre 2025")
    page.get_by_label("Chercher un article").press_sequentially("reuters")
    expect(articles).to_have_count(1)


@pytest.mark.parametrize(
    ("locale", "cookie", "heading"),
    [
        ("en-GB", "", "What would you like to know?"),
        ("ja-JP", "", "Que voulez-vous savoir ?"),
        ("fr-FR", "de", "Was möchten Sie wissen?"),
    ],
)
def test_language_is_the_browsers_or_the_chosen_one(
    browser: Browser, chat: ChatServer, locale: str, cookie: str, heading: str
) -> None:
    with watched(browser, locale=locale) as context:
        page = opened(context, chat.url)
        if cookie:
            page.locator(".menu").nth(1).click()
            page.locator(f"[data-language={cookie}]").click()
        expect(page.locator(".welcome h2")).to_have_text(heading)
        page.wait_for_function("document.querySelector('#rag-ask').innerText !== '' ")
        words = {"en-GB": "Ask", "ja-JP": "Demander", "fr-FR": "Fragen"}
        expect(page.locator("#rag-ask")).to_have_text(words[locale])


# 2


def test_question_is_taken_up_at_once_then_passages_then_the_answer(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, RAG_TEST_PAUSE_S="0.15") as chat, watched(browser) as context:
        page = opened(context, chat.url)
        ask(page, "Bonjour")  # what is done once is done
        page.fill("#rag-question textarea", GERMANY)
        took = page.evaluate(
            """() => new Promise(done => {
                const began = performance.now();
                const look = () => document.querySelector('.exchange.busy')
                    ? done(performance.now() - began) : setTimeout(look, 5);
                document.querySelector('#rag-ask').click();
                look();
            })"""
        )
        assert took < 1000  # 0.3 s on a machine that does nothing else
        page.wait_for_selector(".exchange.busy .found")
        assert "8 passages trouvés" in text(page, ".exchange.busy .found summary")
        assert page.locator(".exchange.busy .best").is_visible()
        assert page.locator(".exchange.busy .found ol").is_hidden()
        page.wait_for_selector(".provisional")
        assert page.locator("#rag-question textarea").input_value() == ""
        page.wait_for_selector(".exchange.finished .sources li")
        assert "Répondu en" in text(page, "#rag-live .facts")

        page.fill("#rag-question textarea", "et la France ?")
        page.keyboard.press("Enter")
        expect(page.locator("#rag-live .standalone")).to_contain_text("Compris comme")
        page.wait_for_selector("#rag-live .exchange.finished")
        page.fill("#rag-question textarea", GERMANY)
        page.keyboard.press("Enter")
        page.wait_for_selector(".provisional")
        page.click("#rag-stop")
        page.wait_for_selector("#rag-live .exchange.stopped")
        shown = text(page, "#rag-live .answer")
        time.sleep(1)
        assert text(page, "#rag-live .answer") == shown
        assert page.locator("#rag-stop").is_hidden()
        ask(page, GERMANY)  # the place is free again
        assert page.locator(".exchange").count() == 4


# 3


def test_citation_shows_its_sentence_and_opens_the_article_there(page: Page) -> None:
    ask(page, GERMANY)
    cite = page.locator("a.cite").first
    cite.hover()
    tip = page.locator(".rag-tip")
    quote = text(page, "#src-1-1 blockquote")
    expect(tip).to_contain_text(quote)
    cite.click()
    mark = page.locator(".source mark:not(.other)")
    expect(mark).to_contain_text(quote)
    expect(mark).to_be_in_viewport()
    assert text(page, ".source h2") == text(page, "#src-1-1 a") and "septembre 2025" in text(page, ".source .origin")
    page.locator(".source [data-whole]").click()
    expect(mark).to_be_in_viewport()
    assert page.locator(".source .story p").count() > 5
    page.locator(".source .close").click()
    assert page.locator(".source").is_hidden()


def test_keyboard_alone_does_the_same(page: Page) -> None:
    ask(page, GERMANY)
    first = page.locator("a.cite").first
    page.focus("#rag-question textarea")
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        if first.evaluate("link => link === document.activeElement"):
            break
    expect(first).to_be_focused()
    expect(page.locator(".rag-tip")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".rag-tip")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator(".source mark:not(.other)")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".source")).to_be_hidden()
    expect(first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    second = page.locator(".source mark:not(.other)")
    expect(second).to_be_focused()
    expect(second).to_contain_text(text(page, "#src-1-2 blockquote"))
    expect(page.locator(".source mark.other .marker")).to_have_text("1")


@pytest.mark.parametrize(
    ("locale", "warning"),
    [
        ("fr-FR", "Réponse peu sûre : il se peut que les articles n'y répondent pas."),
        ("en-GB", "Low confidence: the articles may not answer this."),
        ("de-DE", "Unsichere Antwort: Vielleicht beantworten die Artikel dies nicht."),
        ("es-ES", "Respuesta poco segura: puede que los artículos no respondan a esto."),
        ("it-IT", "Risposta poco sicura: può darsi che gli articoli non rispondano a questo."),
    ],
)
def test_unsure_answer_says_so_and_a_sure_one_does_not(
    browser: Browser, chat: ChatServer, unsure: ChatServer, locale: str, warning: str
) -> None:
    with watched(browser, locale=locale) as context:
        page = opened(context, unsure.url)
        ask(page, GERMANY)
        expect(page.locator("#rag-live .warning[role=note]")).to_contain_text(warning)
        assert page.locator("#rag-live .sources li").count()
        sure = opened(context, chat.url)
        ask(sure, GERMANY)
        assert sure.locator(".warning").count() == 0


def test_articles_that_disagree_are_shown_as_such(browser: Browser, tmp_path: Path) -> None:
    told = {"Le Monde": "27 morts", "Reuters": "34 morts"}
    (tmp_path / "seeds").mkdir()
    for source, toll in told.items():
        text = f"Titre : Un ferry coule\nSource : {source}\nDate : 4 septembre 2025\n\n{SINKING.format(toll)}\n"
        (tmp_path / "seeds" / f"{source}.txt").write_text(text, encoding="utf-8")
    settings = {"RAG_TEST_SEEDS": str(tmp_path / "seeds"), "RAG_TEST_THRESHOLD": "0"}
    with serving(tmp_path / "chat", **settings) as chat, watched(browser) as context:
        page = opened(context, chat.url)
        ask(page, "Combien de morts a fait le naufrage du ferry ?")
        box = page.locator("#rag-live .conflict[role=note]")
        expect(box).to_have_text("⚠ Les articles ne donnent pas la même chose.")
        lines = page.locator("#rag-live .answer p")
        expect(lines).to_have_count(2)
        for source, toll in told.items():
            expect(lines.filter(has_text=source)).to_contain_text(
                f"{source} (4 septembre 2025) : {SINKING.format(toll)}"
            )
        above, below = box.bounding_box(), lines.first.bounding_box()
        assert above and below and above["y"] < below["y"]
        expect(page.locator("#rag-live .sources li")).to_have_count(2)
        check(page)


# 4


def test_refusal_names_the_closest_articles_and_opens_them(page: Page) -> None:
    ask(page, OFF_TOPIC)
    link = page.locator("#rag-live .refusal a.open").first
    title = link.inner_text()
    link.click()
    expect(page.locator(".source h2")).to_have_text(title)
    assert page.locator("#rag-live .sources").count() == 0


# 5


def test_restriction_is_visible_holds_and_can_be_lifted(page: Page) -> None:
    page.get_by_role("tab", name="Articles").click()
    page.get_by_role("button", name="Limiter à des dates").click()
    page.locator("input[name=since]").fill("2025-09-04")
    page.locator("input[name=since]").dispatch_event("change")
    page.locator("input[value=Reuters]").check()
    chips = page.locator(".chip")
    expect(chips).to_have_text(["depuis le 4 septembre 2025", "Reuters"])
    ask(page, GERMANY)
    origins = page.locator("#rag-live .found li .origin").all_text_contents()
    assert origins and set(origins) == {"Reuters, 4 septembre 2025"}
    page.locator("input[name=until]").fill("2025-09-01")
    page.locator("input[name=until]").dispatch_event("change")
    expect(page.locator("#scope-problem")).to_contain_text("ne contient aucun jour")
    page.get_by_role("button", name="Tout chercher").click()
    expect(chips).to_have_count(0)
    page.locator("#rag-articles input").first.check()
    expect(chips).to_have_count(1)


def test_question_is_changed_and_repeated(page: Page) -> None:
    ask(page, GERMANY)
    ask(page, "que dit Emmanuel Macron ?")
    page.locator("#exchange-1").get_by_role("button", name="Modifier").click()
    expect(page.locator("#rag-question textarea")).to_have_value(GERMANY)
    expect(page.locator("#rag-edit_note")).to_contain_text("remplace celle-ci et les suivantes")
    ask(page, "que pose l'Allemagne comme conditions ?")
    expect(page.locator(".exchange")).to_have_count(1)
    page.get_by_role("button", name="Reposer").click()
    page.wait_for_selector(".exchange.busy, .exchange.finished")
    expect(page.locator(".exchange.finished .question")).to_have_text("que pose l'Allemagne comme conditions ?")
    expect(page.locator(".exchange")).to_have_count(1)


def test_answer_is_copied_with_its_sources_and_the_conversation_exported(browser: Browser, chat: ChatServer) -> None:
    with watched(browser, permissions=["clipboard-read", "clipboard-write"]) as context:
        page = opened(context, chat.url)
        ask(page, GERMANY)
        page.get_by_role("button", name="Copier").click()
        deadline = time.monotonic() + 5
        while not (copied := page.evaluate("navigator.clipboard.readText()")) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert "Sources" in copied and text(page, "#src-1-1 blockquote") in copied
        saved = {}
        for name in ("Markdown", "JSON", "Page à imprimer"):
            page.locator(".menu").first.evaluate("menu => menu.open = true")
            with page.expect_download() as download:
                page.get_by_role("button", name=name).click()
            saved[download.value.suggested_filename.rpartition(".")[2]] = Path(download.value.path()).read_text("utf-8")
        assert saved["md"].startswith("# ") and "<mark>" in saved["html"]
        assert json.loads(saved["json"])["exchanges"][0]["question"] == GERMANY


def test_answer_is_marked_and_exported_as_a_case(page: Page) -> None:
    ask(page, GERMANY)
    page.get_by_role("button", name="Fausse").click()
    expect(page.get_by_role("button", name="Fausse")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Remarque").fill("Il manque le Bundestag.")
    page.keyboard.press("Enter")
    expect(page.locator("#rag-notice")).to_contain_text("C'est noté")
    with page.expect_download() as download:
        page.get_by_role("button", name="Exporter les réponses marquées").click()
    cases = [json.loads(line) for line in Path(download.value.path()).read_text("utf-8").splitlines()]
    assert [case["remark"] for case in cases if case.get("remark")] == ["Il manque le Bundestag."]


# 6


def test_files_are_added_asked_about_removed_and_put_back(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "pont.txt").write_text(BRIDGE, encoding="utf-8")
    (tmp_path / "faux.pdf").write_bytes(bytes(range(256)))
    with serving(tmp_path / "chat", RAG_TEST_THRESHOLD="0") as chat, watched(browser) as context:
        page = opened(context, chat.url)
        page.get_by_role("tab", name="Articles").click()
        page.get_by_role("button", name="Ajouter des articles").click()
        page.set_input_files("#rag-add input[type=file]", [tmp_path / "pont.txt", tmp_path / "faux.pdf"])
        expect(page.locator(".files .added")).to_contain_text("pont.txt")
        expect(page.locator(".files .refused")).to_contain_text("faux.pdf")
        assert len(text(page, ".files .refused").strip()) > len("faux.pdf refusé :") + 10
        expect(page.locator("#rag-articles li")).to_have_count(6)
        ask(page, "quand le pont de Sainte-Engrâce a-t-il été rouvert ?")
        expect(page.locator("#rag-live .sources")).to_contain_text("Sainte-Engrâce")
        page.locator("#rag-articles").get_by_role("button", name="Retirer").click()
        expect(page.locator("#rag-notice")).to_contain_text("pont.txt")
        expect(page.locator("#rag-articles li")).to_have_count(5)
        page.locator("a.cite").first.click()
        expect(page.locator(".source .notice")).to_contain_text("n'est plus dans l'index")
        page.get_by_role("button", name="Annuler").click()
        expect(page.locator("#rag-articles li")).to_have_count(6)


# 7


def test_conversations_are_kept_found_deleted_and_brought_back(browser: Browser, chat: ChatServer) -> None:
    with watched(browser) as context:
        page = opened(context, chat.url)
        ask(page, "Qui est le président mexicain ?")
        expect(page.locator("#rag-history li.current")).to_contain_text("mexicain")
        page.reload()
        expect(page.locator(".exchange .question")).to_have_text("Qui est le président mexicain ?")
        page.get_by_role("button", name="Nouvelle conversation").click()
        expect(page.locator(".welcome")).to_be_visible()
        page.get_by_label("Chercher dans les conversations").press_sequentially("mexicain")
        found = page.locator("#rag-history li")
        expect(found).to_have_count(1)
        found.locator(".title").click()
        expect(page.locator(".exchange .question")).to_have_text("Qui est le président mexicain ?")
        found.get_by_role("button", name="Supprimer").click()
        expect(found).to_have_count(0)
        expect(page.locator(".welcome")).to_be_visible()
        page.get_by_role("button", name="Annuler").click()
        expect(found).to_have_count(1)
