"""The HTML of the chat page: what it says, that everything in it is escaped, and where its links lead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timezone
from html.parser import HTMLParser
from typing import Any

import pytest

from rag.chat.answer_html import conversation, exchange, live, welcome
from rag.chat.history import Exchange, Summary
from rag.chat.live_answer import LiveAnswer
from rag.chat.page_text import LANGUAGES
from rag.chat.sidebar_html import article_list, conversation_list, file_outcomes, notice, scope_chips, scope_form
from rag.chat.source_html import CitedSpan, ClickedSource, source_panel
from rag.chat.view import page_language, read_scope, stored_scope
from rag.contracts import answer_object
from rag.domain import EVERYTHING, Answer, Article, Citation, Heading, Hit, Passage, Scope, Segment, Statement, Timings
from rag.events import AnswerSoFar, Checked, Dropped, Event, Finished, Found, Queued, Written
from rag.wording import say

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "' autofocus onfocus='alert(1)",
    "[x](javascript:alert(1)) ![](https://example.org/x.png)",
    "</mark></p></section><iframe src=https://example.org>",
    "${alert(1)} {{value}} `x`",
)
TEXT = (
    "Premier paragraphe.\n\nBerlin pose des conditions. Elles sont trois.\n\nDernier paragraphe, loin.\n\nMenu du site"
)
QUOTE = "Berlin pose des conditions."
START = TEXT.index(QUOTE)
DAY = date(2025, 9, 4)


class Elements(HTMLParser):
    """The elements of a page as a browser would read them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, /, **wanted: str) -> list[dict[str, str | None]]:
        return [a for name, a in self.found if name == tag and all(a.get(k.strip("_")) == v for k, v in wanted.items())]


def article(text: str = TEXT, title: str = "Titre", document: str = "a.txt") -> Article:
    menu = text.find("Menu du site")
    end = menu if menu >= 0 else len(text)
    segments = (Segment(0, end, "story"), *([Segment(end, len(text), "furniture")] if menu >= 0 else []))
    return Article("1", document, text, "", DAY, title, "Le Journal", None, "fr", segments)


def answer(text: str = "Berlin pose trois conditions. [1]", **changes: Any) -> dict[str, Any]:
    passage = Passage(1, "a.txt", START, START + len(QUOTE), QUOTE, "Titre", DAY, "Le Journal")
    made = Answer(
        question="quelles conditions ?",
        standalone_question="quelles conditions ?",
        text=text,
        answered=True,
        confidence=0.9,
        language="fr",
        statements=(Statement("Berlin pose trois conditions.", (1,), 0.9),),
        citations=(Citation(1, "a.txt", "Titre", DAY, "Le Journal", START, START + len(QUOTE), QUOTE, 0.9),),
        passages=(Hit(passage, 0.9),),
        timings=Timings(total_s=4.24),
        models={"embedder": "bag", "generator": "scripted"},
    )
    return {**answer_object(made, 1), **changes}


def kept(stored: dict[str, Any], question: str = "quelles conditions ?", **changes: Any) -> Exchange:
    return Exchange("e1", question, stored, datetime(2025, 9, 5, tzinfo=timezone.utc), **changes)


HEADINGS = {"a.txt": Heading("a.txt", "Titre", DAY, "Le Journal", "fr")}.get


# --- an answer -------------------------------------------------------------------------------------------------------


def test_marker_leads_to_its_source_and_is_described_by_the_quotation() -> None:
    page = Elements(exchange(kept(answer()), 3, "fr", HEADINGS))
    (cite,) = page.all("a", _class="cite")
    assert cite["href"] == "#src-3-1" and cite["aria-describedby"] == "quote-3-1"
    assert cite["aria-label"] == "[1] Titre, Le Journal, 4 septembre 2025"
    (source,) = page.all("li", id="src-3-1")
    assert (source["data-document"], source["data-start"], source["data-end"]) == ("a.txt", "21", "48")
    assert page.all("blockquote", id="quote-3-1")


def test_what_looks_like_a_marker_and_is_none_is_text() -> None:
    page = Elements(exchange(kept(answer("Vu [2] et [1] et [99999999999].")), 1, "fr", HEADINGS))
    assert [cite["href"] for cite in page.all("a", _class="cite")] == ["#src-1-1"]
    assert "[2]" in page.text and "[99999999999]" in page.text


@pytest.mark.parametrize(
    ("confidence", "answered", "warned"), [(0.64, True, True), (0.65, True, False), (0.2, False, False)]
)
def test_weak_support_is_warned_of(confidence: float, answered: bool, warned: bool) -> None:
    changes: dict[str, Any] = {"confidence": confidence, "answered": answered}
    changes |= {} if answered else {"citations": [], "statements": []}
    page = Elements(exchange(kept(answer(**changes)), 1, "fr", HEADINGS))
    assert bool(page.all("p", _class="warning")) is warned


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_conflict_is_told_in_words_above_the_answer(language: str) -> None:
    told = say("chat.conflict", language)
    page = Elements(exchange(kept(answer(conflict=True)), 1, language, HEADINGS))
    assert page.all("p", _class="conflict", role="note")
    assert page.text.index(told) < page.text.index("Berlin pose trois conditions.")
    # Answers kept by an earlier version do not tell.
    earlier = {key: value for key, value in answer().items() if key != "conflict"}
    for quiet in (answer(), earlier):
        assert told not in Elements(exchange(kept(quiet), 1, language, HEADINGS)).text


def test_refusal_names_the_closest_articles_as_links() -> None:
    stored = answer("Rien là-dessus. Les plus proches : Titre (4 septembre 2025).", answered=False, citations=[])
    page = Elements(exchange(kept(stored), 1, "fr", HEADINGS))
    (link, *_) = page.all("a", _class="open")
    assert link["data-document"] == "a.txt" and link["data-title"] == "Titre"
    assert page.text.count("Les plus proches : Titre (4 septembre 2025).") == 1


@pytest.mark.parametrize(
    ("searched", "shown"), [("quelles conditions ?", False), ("quelles conditions pose Berlin ?", True)]
)
def test_standalone_question_is_shown_when_it_differs(searched: str, shown: bool) -> None:
    page = Elements(exchange(kept(answer(standalone_question=searched)), 1, "fr", HEADINGS))
    assert bool(page.all("p", _class="standalone")) is shown


def test_article_that_is_gone_is_still_named_by_the_answer() -> None:
    page = Elements(exchange(kept(answer()), 1, "en", lambda document: None))
    assert "Titre" in page.text and "4 September 2025" in page.text and "Answered in 4.2" in page.text


def test_marked_answer_says_so_and_asks_for_a_remark() -> None:
    page = Elements(exchange(kept(answer(), verdict="wrong", remark="non"), 1, "fr", HEADINGS))
    pressed = [button["data-verdict"] for button in page.all("button", **{"aria-pressed": "true"})]
    assert pressed == [""]  # pressed again it takes the mark back
    assert page.all("input", name="remark")[0]["value"] == "non"


# --- an answer under way ---------------------------------------------------------------------------------------------


def found() -> Found:
    passage = Passage(1, "a.txt", START, START + len(QUOTE), QUOTE, "Titre", DAY, "Le Journal")
    return Found("quelles conditions pose Berlin ?", (Hit(passage, 1.0),), (Hit(passage, 1.0),))


def drafts(*events: Event) -> Iterator[LiveAnswer]:
    draft = LiveAnswer("quelles conditions ?", "searching")
    for event in events:
        draft.take(event)
        yield draft


def test_draft_shows_each_step() -> None:
    checked = Checked(Statement("Oui.", (1,), 1.0), "Oui. [1]")
    seen = []
    for draft in drafts(
        found(), Queued(2), Queued(0), Written("Ou"), Written("i."), checked, Written("Non."), Dropped()
    ):
        page = Elements(live(draft, 1, "fr"))
        provisional = bool(page.all("span", _class="provisional"))
        seen.append((draft.state, provisional, "2 questions passent avant" in page.text, "Oui. [1]" in page.text))
    assert seen == [
        ("writing", False, False, False),
        ("queued", False, True, False),
        ("writing", False, False, False),
        ("writing", True, False, False),
        ("writing", True, False, False),
        ("writing", False, False, True),
        ("writing", True, False, True),
        ("writing", False, False, True),
    ]
    assert "Une phrase que les articles n'appuient pas a été retirée" in page.text


def test_answer_is_a_live_region_and_provisional_text_is_not_read_out() -> None:
    *_, draft = drafts(found(), Written("peut-être"))
    page = Elements(live(draft, 1, "fr"))
    assert page.all("div", _class="answer")[0]["aria-live"] == "polite"
    assert page.all("span", _class="provisional")[0]["aria-hidden"] == "true"


def test_stopped_and_failed_offer_to_ask_again() -> None:
    (draft,) = drafts(found())
    draft.stop()
    assert Elements(live(draft, 1, "fr")).all("button", **{"data-event": "repeat"})
    draft.fail("Le modèle manque.", "Téléchargez-le.")
    page = Elements(live(draft, 1, "fr"))
    assert "Le modèle manque. Téléchargez-le." in page.text and page.all("p", role="alert")


def test_finished_draft_is_not_stopped() -> None:
    finished = Finished(Answer("q ?", "q ?", "", False, 0.0, "fr", (), (), (), Timings(), {}))
    (draft,) = drafts(finished)
    draft.stop()
    assert draft.state == "finished" and draft.answer is not None


# --- the source panel ------------------------------------------------------------------------------------------------


def wanted(**changes: Any) -> ClickedSource:
    sent = {"document": "a.txt", "start": str(START), "end": str(START + len(QUOTE)), "marker": "1", "quote": QUOTE,
            "title": "Titre", "origin": "Le Journal", "date": "2025-09-04", "others": []}  # fmt: skip
    return ClickedSource.of({**sent, **changes})


def marks(html: str) -> list[str]:
    return [part.split("</mark>")[0].split(">")[-1] for part in html.split("<mark")[1:]]


def test_cited_sentence_is_marked_in_its_paragraph() -> None:
    html = source_panel(wanted(), article(), "fr")
    assert marks(html) == [QUOTE]
    assert f"{QUOTE}</mark> Elles sont trois.</p>" in html
    assert "Le Journal, 4 septembre 2025" in html and "Menu du site" not in html


def test_far_paragraphs_are_folded_and_can_be_unfolded() -> None:
    far = "Un.\n\nDeux.\n\n" + TEXT
    at = far.index(QUOTE)
    page = Elements(source_panel(wanted(start=at, end=at + len(QUOTE)), article(far), "fr"))
    assert [p.get("class") for p in page.all("p") if p.get("class") != "origin"] == ["rest", "rest", None, None, None]
    assert page.all("button", **{"aria-expanded": "false"})


def test_other_citations_of_the_article_are_told_apart() -> None:
    second = TEXT.index("Elles")
    other = {"start": str(second), "end": str(second + 17), "marker": "2"}
    html = source_panel(wanted(others=[other]), article(), "fr")
    assert marks(html) == [QUOTE, "Elles sont trois."]
    assert '<mark class="other"><sup class="marker">2</sup>' in html and '<sup class="marker">1</sup>' in html


def test_moved_sentence_is_found_again() -> None:
    html = source_panel(wanted(), article("Nouveau début.\n\n" + TEXT), "fr")
    assert marks(html) == [QUOTE]
    assert "changé" not in html


@pytest.mark.parametrize(("there", "said"), [(None, "plus dans l&#x27;index"), (article("Autre texte."), "a changé")])
def test_quotation_stands_in_for_what_is_gone_or_changed(there: Article | None, said: str) -> None:
    html = source_panel(wanted(), there, "fr")
    assert said in html and marks(html) == [QUOTE]


@pytest.mark.parametrize(
    "mark", [CitedSpan(-5, 3), CitedSpan(10**9, 10**9 + 4), CitedSpan(40, 30), CitedSpan(0, 10**9)]
)
def test_offsets_of_a_liar_do_no_harm(mark: CitedSpan) -> None:
    html = source_panel(wanted(start=mark.start, end=mark.end, quote=""), article(), "fr")
    assert "Premier paragraphe." in Elements(html).text


@pytest.mark.parametrize("sent", [{}, {"document": "a", "start": "x"}, {"document": "a", "date": "hier"}])
def test_data_that_make_no_sense_are_refused(sent: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        ClickedSource.of(sent)


# --- beside the conversation -----------------------------------------------------------------------------------------


def test_only_own_articles_can_be_removed_and_the_list_is_searched_without_accents() -> None:
    headings = [Heading("a.txt", "Été à Paris", DAY, "Le Monde", "fr"), Heading("b.txt", "Hiver", None, None, "fr")]
    page = Elements(article_list(headings, {"b.txt"}, {"a.txt"}, "", "fr"))
    assert [b["data-document"] for b in page.all("button", **{"data-event": "remove"})] == ["b.txt"]
    assert [("checked" in box) for box in page.all("input")] == [True, False]
    assert len(Elements(article_list(headings, (), (), "ete monde", "fr")).all("li")) == 1
    assert "Rien ne correspond." in article_list(headings, (), (), "zzz", "fr")


def test_long_list_says_how_many_more_there_are() -> None:
    headings = [Heading(f"{i}.txt", f"Titre {i}", DAY, None, "fr") for i in range(103)]
    page = Elements(article_list(headings, (), (), "", "fr"))
    assert len(page.all("li")) == 100 and "3 autres articles" in page.text


def test_restriction_is_shown_as_chips_and_survives_the_browser() -> None:
    scope = Scope(documents=("a.txt",), sources=("AFP",), since=DAY)
    assert read_scope(stored_scope(scope)) == scope
    page = Elements(scope_chips(scope, {"a.txt": "Titre"}, "fr"))
    assert len(page.all("li", _class="chip")) == 3 and page.all("button", **{"data-event": "clear"})
    assert scope_chips(EVERYTHING, {}, "fr") == ""


@pytest.mark.parametrize("stored", [None, [], "x", {"since": "hier"}, {"since": 5}, {"sources": 3}])
def test_scope_that_a_browser_spoilt_is_none(stored: object) -> None:
    assert read_scope(stored) == EVERYTHING


@pytest.mark.parametrize(
    ("cookies", "accepted", "language"),
    [
        ({}, "de-DE,de;q=0.9,en;q=0.8", "de"),
        ({}, "ja,en;q=0.5,it;q=0.7", "it"),
        ({}, "ja", "fr"),
        ({}, "", "fr"),
        ({}, "en;q=x,es", "es"),
        ({"rag_language": "es"}, "de", "es"),
        ({"rag_language": "xx"}, "de", "de"),
    ],
)
def test_language_of_the_page(cookies: dict[str, str], accepted: str, language: str) -> None:
    assert page_language(cookies, accepted) == language


# --- nothing that people write acts as HTML --------------------------------------------------------------------------

ALLOWED = {
    "a", "article", "blockquote", "button", "details", "div", "fieldset", "form", "h2", "h3", "header", "input",
    "label", "legend", "li", "mark", "ol", "p", "q", "section", "span", "strong", "summary", "sup", "ul",
}  # fmt: skip


def everything(evil: str) -> list[str]:
    """Every part of the page with `evil` wherever somebody else's words may stand."""
    heading = Heading(evil, evil, DAY, evil, "fr")
    stored = answer(f"{evil} [1]", standalone_question=evil, language=evil)
    for place in (*stored["citations"], *stored["passages"]):
        place |= {"document": evil, "title": evil, "source": evil, "quote": evil, "text": evil}
    passage = Passage(1, evil, 0, len(evil), evil, evil, DAY, evil)
    hits = (Hit(passage, 1),)
    draft = LiveAnswer(evil, "writing", AnswerSoFar(evil + "?", hits, hits, text=evil + " [1]", provisional=evil))
    failed = LiveAnswer(evil)
    failed.fail(evil, evil)
    text = f"Avant. {evil} Après."
    clicked = wanted(document=evil, title=evil, origin=evil, quote=evil, start=7, end=7 + len(evil))
    return [
        conversation([kept(stored, evil, verdict="good", remark=evil)], "fr", {evil: heading}.get),
        exchange(kept({**stored, "answered": False, "citations": []}, evil), 1, "en", {evil: heading}.get),
        live(draft, 1, "de"),
        live(failed, 1, "es"),
        welcome([evil], 3, "it"),
        source_panel(clicked, None, "fr"),
        source_panel(clicked, article(text, evil, evil), "fr"),
        source_panel(clicked, article("Autre.", evil, evil), "fr"),
        conversation_list([Summary("1", evil, datetime.now(timezone.utc), 1)], "1", evil, "fr"),
        article_list([heading], {evil}, {evil}, "", "fr"),
        scope_form([evil], Scope(sources=(evil,)), evil, "fr"),
        scope_chips(Scope(sources=(evil,), documents=(evil,)), {evil: evil}, "fr"),
        notice(evil, {"what": evil}, "fr"),
        file_outcomes([(evil, "refused", evil)], "fr"),
    ]


@pytest.mark.parametrize("evil", PAYLOADS)
def test_foreign_text_stays_text(evil: str) -> None:
    for html in everything(evil):
        page = Elements(html)
        assert {tag for tag, _ in page.found} <= ALLOWED
        for tag, attributes in page.found:
            assert not [
                name for name in attributes if name.startswith("on") or name in ("src", "style", "autofocus")
            ], tag
            assert (attributes.get("href") or "#").startswith("#")
        assert " ".join(evil.split()) in " ".join(
            (page.text + "".join(str(a) for _, x in page.found for a in x.values())).split()
        )
