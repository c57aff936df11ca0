"""The cases that could make a page ask for something, in a browser: it asks nothing, and nothing of them runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.chat_process import ChatServer, serving
from tests.support.chromium import ask, opened, watched
from tests.support.injection.articles import HOST, write_corpus
from tests.support.injection.cases import CASES, QUESTIONS

ATTACKS = [case for case in CASES if case.browser]
# What an article could load or run, anywhere in what the page shows of articles, questions and answers.
ACTIVE = "img, iframe, script, style, link, svg, object, embed, meta, base, video, audio, form[action], [style], [src]"
SHOWN = (".exchange", "#rag-articles .list", ".source", ".welcome")
# Of the page's own program.
OWN = ("/gradio_api/", "/assets/", "/static/", "/theme.css", "/config", "/manifest.json", "/favicon.ico", "/healthz")


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatServer]:
    """The page over an article for each case; its generator writes what all of them ask for."""
    folder = tmp_path_factory.mktemp("attacked")
    for case in ATTACKS:
        if case.place:
            (folder / "seeds" / case.id).mkdir(parents=True)
            write_corpus(folder / "seeds" / case.id, case.suffix, case.place, case.text)
    reply = " ".join(case.reply for case in ATTACKS if "\0" not in case.reply)
    settings = {"RAG_TEST_SEEDS": str(folder / "seeds"), "RAG_TEST_THRESHOLD": "0", "RAG_TEST_PAUSE_S": "0"}
    with serving(folder / "chat", RAG_TEST_REPLY=reply, **settings) as server:
        yield server


def inert(page: Page) -> None:
    for part in SHOWN:
        for active in page.locator(part).locator(ACTIVE).all():
            pytest.fail(f"{part}: {active.evaluate('one => one.outerHTML')[:200]}")
        for link in page.locator(part).locator("a").all():
            assert (link.get_attribute("href") or "").startswith("#")


def test_no_article_question_or_answer_makes_the_page_ask_for_anything(browser: Browser, attacked: ChatServer) -> None:
    with watched(browser) as context:
        asked: list[str] = []
        ran: list[str] = []
        page = opened(context, attacked.url)
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: dialog.dismiss())
        page.on("dialog", lambda dialog: ran.append(dialog.message))
        inert(page)
        # As typed: a line of text.
        questions = [" ".join(case.message.split()) for case in ATTACKS if not case.place]
        for question in (QUESTIONS["cost"].question, QUESTIONS["compare"].question, *questions):
            ask(page, question)
            inert(page)
        page.locator(".exchange a.cite").first.click()
        expect(page.locator(".source mark").first).to_be_visible()
        page.get_by_role("tab", name="Articles").click()
        titles = page.locator("#rag-articles li a.title")
        hosts = [at for at in range(titles.count()) if HOST in (titles.nth(at).get_attribute("data-document") or "")]
        assert len(hosts) == sum(bool(case.place) for case in ATTACKS)
        for at in hosts:
            titles.nth(at).click()
            expect(page.locator(".source h2")).to_be_visible()
            inert(page)
        assert not ran
        assert not [url for url in asked if not urlsplit(url).path.startswith(OWN)]
        assert page.url.startswith(attacked.url)


def test_an_exported_page_asks_for_nothing(browser: Browser, tmp_path: Path) -> None:
    from datetime import datetime, timezone

    from rag.chat.exports import conversation_html
    from rag.chat.history import Conversation, Exchange

    texts = [case.text for case in ATTACKS] + [case.reply for case in ATTACKS]
    citation = {"marker": 1, "document": "a.txt", "date": None, "source": texts[0], "start": 0, "end": 1}
    exchanges = tuple(
        Exchange(
            "e", text,
            {"answer": f"{text} [1]", "language": "fr", "answered": True, "passages": [], "statements": [],
             "citations": [{**citation, "quote": text, "title": text}]},
            datetime(2025, 9, 5, tzinfo=timezone.utc),
        )
        for text in texts
    )  # fmt: skip
    said = Conversation("c", texts[0], datetime(2025, 9, 5, tzinfo=timezone.utc), exchanges)
    path = tmp_path / "said.html"
    path.write_text(conversation_html(said, "fr"), encoding="utf-8")
    context = browser.new_context()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_load_state("networkidle")
    assert page.locator("section").count() == len(texts)
    assert asked == [path.as_uri()]
    context.close()
