"""Nothing of an injection acts where it is shown: on the page, in what is exported, on a terminal.

`tests/browser/test_injection_requests.py` has some of the cases in a browser.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timezone
from html.parser import HTMLParser
from io import StringIO

import pytest
from markdown_it import MarkdownIt

from rag.chat.answer_html import exchange, live
from rag.chat.exports import conversation_html, conversation_markdown
from rag.chat.history import Conversation, Exchange
from rag.chat.live_answer import LiveAnswer
from rag.chat.sidebar_html import article_list, scope_chips, scope_form
from rag.chat.source_html import ClickedSource, source_panel
from rag.cli.renderer import Renderer
from rag.contracts import answer_object
from rag.domain import EVERYTHING, Heading, Scope
from rag.events import Event, Finished
from rag.store.catalog import Catalog
from rag.store.filters import headings
from tests.support.injection.cases import CASES, Case
from tests.support.injection.lab import Lab, ObedientGenerator, answer_of, unseen

ASKED = datetime(2025, 9, 5, tzinfo=timezone.utc)
# What the page is made of. None of these elements asks for anything by itself.
ELEMENTS = {
    "a", "article", "blockquote", "button", "details", "div", "fieldset", "form", "h2", "h3", "header", "input",
    "label", "legend", "li", "mark", "ol", "p", "q", "section", "span", "strong", "summary", "sup", "ul",
}  # fmt: skip
# What an exported page has beside them, all of it written by us.
DOCUMENT = {"html", "head", "meta", "title", "style", "body", "h1"}
ATTRIBUTES = re.compile(
    r"aria-[a-z]+|data-[a-z]+|checked|class|dir|for|href|id|lang|maxlength|name|role|tabindex|type|value"
)


class Shown(HTMLParser):
    """Elements, links and attributes of a piece of HTML, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name in ("href", "src", "action", "formaction", "style"):
                self.links.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def events_of(lab: Lab, case: Case) -> list[Event]:
    return lab.events(case, ObedientGenerator(case, obeys=True))


def kept(case: Case, events: Sequence[Event]) -> Exchange:
    return Exchange("e1", case.message, answer_object(answer_of([*events]), 1), ASKED, "wrong", case.reply[:100])


def pieces_of_the_page(case: Case, events: Sequence[Event], catalog: Catalog) -> list[str]:
    """Everything that the page makes of an answer and of the articles, in all its states."""
    listed = headings(catalog, EVERYTHING)
    heading = {each.document: each for each in listed}.get
    shown = [exchange(kept(case, events), 1, "fr", heading)]
    draft = LiveAnswer(case.message, "searching")
    for event in events:
        if not isinstance(event, Finished):
            draft.take(event)
            shown.append(live(draft, 1, "fr"))
    shown += [panel(catalog, each) for each in listed]
    sources = sorted({each.source for each in listed if each.source})
    titles = {each.document: each.title for each in listed}
    scope = Scope(documents=tuple(titles), sources=tuple(sources))
    shown += [article_list(listed, titles, (), "", "fr"), scope_form(sources, scope, "", "fr")]
    return [*shown, scope_chips(scope, titles, "fr")]


def panel(catalog: Catalog, heading: Heading) -> str:
    sent = {"document": heading.document, "title": heading.title, "origin": heading.source}
    return source_panel(ClickedSource.of(sent), catalog.article(heading.document), "fr")


ASKING = [pytest.param(case, id=case.id) for case in CASES if not case.raises]


@pytest.mark.parametrize("case", ASKING)
def test_the_page_shows_it_as_text(lab: Lab, case: Case) -> None:
    catalog = lab.attacked(case).index.catalog
    for html in pieces_of_the_page(case, events_of(lab, case), catalog):
        shown = Shown(html)
        assert shown.elements <= ELEMENTS
        assert all(link.startswith("#") for link in shown.links)
        assert not [name for name in shown.attributes if not ATTRIBUTES.fullmatch(name)]


@pytest.mark.parametrize("case", ASKING)
def test_what_is_exported_shows_it_as_text(lab: Lab, case: Case) -> None:
    said = Conversation("c1", case.message[:60], ASKED, (kept(case, events_of(lab, case)),))
    page = Shown(conversation_html(said, "fr"))
    assert page.elements <= ELEMENTS | DOCUMENT
    assert all(link.startswith("#") for link in page.links)
    tokens = [
        child
        for token in MarkdownIt("commonmark", {"html": True}).parse(conversation_markdown(said, "fr"))
        for child in (token, *(token.children or ()))
    ]
    assert not [token.type for token in tokens if token.type in ("image", "link_open", "html_inline", "html_block")]


@pytest.mark.parametrize("case", ASKING)
def test_a_terminal_is_sent_no_control_characters(lab: Lab, case: Case) -> None:
    out, err = StringIO(), StringIO()
    Renderer("fr", out=out, err=err).stream(iter(events_of(lab, case)))
    assert not [character for character in unseen(out.getvalue() + err.getvalue()) if character < "U+00A0"]
