"""What is taken out of the program says what was said, and nothing in it acts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timezone
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from eval.cases.sets import load_set
from eval.errors import MalformedSet
from rag.chat.exports import answer_text, conversation_html, conversation_json, conversation_markdown, evaluation_cases
from rag.chat.history import Conversation, Exchange, JudgedExchange
from rag.contracts import answer_object
from rag.domain import Answer, Citation, Hit, Passage, Statement, Timings, Turn
from rag.prompting import LANGUAGES
from rag.wording import say

DOCUMENT = "001_a.txt"
TEXT = "Avant. La réunion\nse tient à Paris. Après."
QUOTE = "La réunion\nse tient à Paris."
ASKED = datetime(2025, 9, 4, 12, 0, tzinfo=timezone.utc)


def answer(
    *,
    question: str = "Où ?",
    text: str = "À Paris. [1]",
    title: str = "Sommet",
    source: str | None = "AFP",
    day: date | None = date(2025, 9, 4),
    document: str = DOCUMENT,
    article: str = TEXT,
    quote: str = QUOTE,
    answered: bool = True,
) -> Mapping[str, Any]:
    start = article.index(quote)
    citation = Citation(1, document, title, day, source, start + 5, start + 5 + len(quote), quote, 1.0)
    passage = Passage(1, document, 5, 5 + len(article), article, title, day, source)
    statement = Statement("À Paris.", (1,), 0.9)
    return answer_object(
        Answer(
            question=question,
            standalone_question=question,
            text=text,
            answered=answered,
            confidence=0.9,
            language="fr",
            statements=(statement,) if answered else (),
            citations=(citation,) if answered else (),
            passages=(Hit(passage, 1.0),),
            timings=Timings(),
            models={},
        ),
        "x",
    )


def conversation(*exchanges: Exchange, title: str = "Où ?") -> Conversation:
    return Conversation("c", title, ASKED, exchanges)


def exchange(given: Mapping[str, Any], **fields: Any) -> Exchange:
    return Exchange("e1", given["question"], given, ASKED, **fields)


class Page(HTMLParser):
    """The elements of a page and what it shows."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.marked = ""
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data
        if "mark" in self._open:
            self.marked += data


def words(text: str) -> str:
    return " ".join(text.split())


def test_an_answer_as_text_names_its_sources() -> None:
    assert answer_text(answer(), "fr") == (
        "À Paris. [1]\n\nSources\n[1] Sommet, AFP, 4 septembre 2025, 001_a.txt\n    « La réunion se tient à Paris. »\n"
    )
    assert "[1] Sommet, undated, 001_a.txt\n    “La" in answer_text(answer(source=None, day=None), "en")
    assert answer_text(answer(text="Rien là-dessus.", answered=False), "de") == "Rien là-dessus.\n"


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_and_dates_are_in_the_language_asked_for(language: str) -> None:
    whole = conversation(exchange(answer(), verdict="wrong", remark="C'est à Londres"))
    shown = (conversation_html(whole, language), conversation_markdown(whole, language))
    for text in (Page(shown[0]).text, MarkdownIt().render(shown[1]).replace("&quot;", '"')):
        assert say("export.sources", language) in text
        assert say("export.wrong", language) in text
        assert say("export.remark", language, text="C'est à Londres") in text
    assert f'<html lang="{language}">' in shown[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_conflict_is_told_before_the_answer(language: str) -> None:
    told, given = say("export.conflict", language), {**answer(), "conflict": True}
    for shown in (
        answer_text(given, language),
        MarkdownIt().render(conversation_markdown(conversation(exchange(given)), language)),
        Page(conversation_html(conversation(exchange(given)), language)).text,
    ):
        assert shown.index(told) < shown.index("À Paris.")
    assert told not in answer_text(answer(), language)


def test_a_conversation_as_json_is_what_was_kept() -> None:
    whole = conversation(exchange(answer(), verdict="good"))
    assert json.loads(conversation_json(whole)) == {
        "id": "c",
        "title": "Où ?",
        "updated_at": "2025-09-04T12:00:00+00:00",
        "exchanges": [
            {
                "id": "e1",
                "question": "Où ?",
                "answer": json.loads(json.dumps(answer())),
                "asked_at": "2025-09-04T12:00:00+00:00",
                "verdict": "good",
                "remark": "",
            }
        ],
    }


def test_the_page_links_markers_to_sources_and_marks_the_quotation_in_its_passage() -> None:
    two = (exchange(answer()), exchange(answer(question="Et ?", text="Encore. [1] [2]")))
    page = Page(conversation_html(conversation(*two), "fr"))
    links = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    anchors = [f"#{attributes['id']}" for _, attributes in page.elements if "id" in attributes]
    assert links == anchors == ["#q1-s1", "#q2-s1"]  # [2] has no source
    assert page.marked == QUOTE * 2
    assert words(TEXT) in words(page.text)


def test_a_quotation_outside_all_passages_is_shown_by_itself() -> None:
    given = {**answer(), "passages": [{"document": DOCUMENT, "start": 0, "end": 3, "text": "abc", "score": 1.0}]}
    page = Page(conversation_html(conversation(exchange(given)), "fr"))
    assert page.marked == QUOTE and "Avant" not in page.text


PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='x",
    "![](http://example.org/x.png)",
    "![x][y]\n\n[y]: http://example.org",
    "[a](javascript:alert(1))",
    "<http://example.org> http://example.org www.example.org a@example.org",
    "`code` ``` ~~~",
    "```\nfence\n```",
    "| a | b |\n|---|---|\n| c | d |",
    "# Titre\n## Autre",
    "Titre\n=====\nAutre\n-----",
    "- a\n* b\n+ c\n1. d\n2) e",
    "    indented\n\ttab",
    "> quote\n>> deeper",
    "a  \nb\\\nc",
    "**b** __b__ *i* _i_ ~~s~~ $x^2$",
    "&lt;b&gt; &amp; &#60;i&#62;",
    "\\<b> \\\\[a](x)",
    "--- \n***",
    "[x]: http://example.org 'x'",
    "</style></title><!-- <![CDATA[ ]]>",
    "\u2028# a\u2029# b\x0b# c\r# d",
]


def everywhere(payload: str) -> Conversation:
    article = f"Avant {payload} après"
    given = answer(
        question=payload,
        text=f"{payload} [1]",
        title=payload,
        source=payload,
        document=f"{payload}.txt",
        article=article,
        quote=payload,
    )
    return conversation(exchange(given, verdict="wrong", remark=payload), title=payload)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_acts_in_markdown(payload: str) -> None:
    markdown = conversation_markdown(everywhere(payload), "fr")
    rendered = MarkdownIt("js-default").render(markdown)
    # What is there is what the export itself puts there.
    allowed = {"h1", "h2", "p", "em", "strong", "ul", "li", "blockquote"}
    page = Page(rendered)
    assert {tag for tag, _ in page.elements} <= allowed
    assert not any(attributes for _, attributes in page.elements)
    assert words(page.text).count(words(payload)) >= 6
    assert [tag for tag, _ in page.elements].count("h2") == 1
    # GitHub makes links of bare addresses.
    assert not re.search(r"(?<!\\)://|www\.|[^\\]@", markdown)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_acts_on_the_page(payload: str) -> None:
    html = conversation_html(everywhere(payload), "fr")
    harmless = conversation_html(everywhere("x"), "fr")
    page = Page(html)
    assert page.elements == Page(harmless).elements
    assert words(page.text).count(words(payload)) >= 6
    # No request: nothing is fetched, and the page forbids it too.
    fetching = {"src", "srcset", "data", "action", "background", "poster"}
    assert not any(fetching & attributes.keys() for _, attributes in page.elements)
    assert all(str(attributes.get("href", "#")).startswith("#") for _, attributes in page.elements)
    assert "url(" not in html.split("</style>")[0] and "@import" not in html and "default-src 'none'" in html


def test_marked_answers_become_cases_that_the_evaluation_loads(tmp_path: Path) -> None:
    good = replace(exchange(answer(), verdict="good"), id="1")
    follow_up = replace(exchange(answer(question="Et lui ?"), verdict="good"), id="2")
    refused = replace(exchange(answer(text="Rien.", answered=False), verdict="good"), id="3")
    talk = replace(exchange({**refused.answer, "passages": []}, verdict="good"), id="4")
    path = tmp_path / "marked.jsonl"
    path.write_text(
        evaluation_cases(
            [
                JudgedExchange(good, ()),
                JudgedExchange(follow_up, (Turn("Où ?", "À Paris."),)),
                JudgedExchange(refused, ()),
            ]
        )
        + evaluation_cases([JudgedExchange(talk, ())]),
        encoding="utf-8",
    )
    first, second, third, fourth = load_set(path, {DOCUMENT: TEXT})
    assert (first.id, first.question, first.lang, first.expected) == ("chat-1", "Où ?", "fr", "answer")
    assert first.answers == ("À Paris.",)
    assert [(piece.file, piece.quote) for piece in first.evidence] == [(DOCUMENT, QUOTE)]
    assert second.history == ({"question": "Où ?", "answer": "À Paris."},)
    assert [(case.expected, case.answers, case.evidence) for case in (third, fourth)] == [
        ("refuse", (), ()),
        ("chat", (), ()),
    ]


def test_an_answer_marked_wrong_is_a_draft_that_the_evaluation_refuses(tmp_path: Path) -> None:
    wrong = exchange(answer(), verdict="wrong", remark="À Londres")
    path = tmp_path / "marked.jsonl"
    path.write_text(evaluation_cases([JudgedExchange(wrong, ())]), encoding="utf-8")
    with pytest.raises(MalformedSet, match=r'line 1.*"expected"'):
        load_set(path, {DOCUMENT: TEXT})
    draft = json.loads(path.read_text(encoding="utf-8"))
    assert (draft["given"], draft["remark"], draft["answers"]) == ("À Paris.", "À Londres", [])
    # A person completes it.
    completed = {**draft, "expected": "answer", "answerable": True, "answers": ["À Londres."]}
    path.write_text(json.dumps(completed), encoding="utf-8")
    (case,) = load_set(path, {DOCUMENT: TEXT})
    assert case.answers == ("À Londres.",)
