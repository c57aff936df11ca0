"""Answers and conversations to take along: plain text, Markdown, JSON, a page to print, and cases of an evaluation set.

Questions, titles, names of files and the articles' own words are data: nothing in them acts as Markdown or HTML.
Labels and dates are in the language asked for, what was said stays in its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from html import escape
from typing import Any

from rag.answering import strip_markers
from rag.chat.history import Conversation, Exchange, JudgedExchange
from rag.contracts import dump
from rag.prompting import written_date
from rag.text import written_day
from rag.wording import say

DRAFT = "draft"
"""What a case that a person has yet to complete expects; no evaluation set with one can be loaded."""

_MARKER = re.compile(r"\[(\d+)\]")
# Whatever CommonMark and its GitHub dialect may take for a sign, addresses included.
_SIGN = re.compile(r"[\\`*_{}\[\]()<>#+!|~$&@^=]|:(?=//)|(?<=www)\.|^-|^\d+[.)]", re.IGNORECASE)
_STYLE = """
body { font: 1rem/1.5 Georgia, serif; color: #1a1a1a; background: #fff; max-width: 44rem; margin: 2rem auto;
  padding: 0 1rem; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; } h3 { font-size: 1rem; }
.conflict { border-left: 4px solid; padding-left: .75rem; font-weight: bold; }
.answer { white-space: pre-line; } .asked, .verdict { color: #555; font-size: .875rem; }
ol { list-style: none; padding: 0; } blockquote { margin: .25rem 0 1rem 1.5rem; color: #555; white-space: pre-line; }
mark { background: #fff3b0; color: #1a1a1a; } a { color: #0b4f8a; }
@media print { body { margin: 0; max-width: none; } a { color: inherit; text-decoration: none; }
  h2, h3 { break-after: avoid; } li { break-inside: avoid; } mark { print-color-adjust: exact; } }
"""


def answer_text(answer: Mapping[str, Any], language: str) -> str:
    """An answer (the object that `answer_object` makes) with its sources, as plain text."""
    lines = [*_conflict(answer, language), answer["answer"]]
    if answer["citations"]:
        lines += ["", say("export.sources", language)]
    for citation in answer["citations"]:
        lines += [f"[{citation['marker']}] {_origin(citation, language)}", f"    {_quoted(citation, language)}"]
    return "\n".join(lines) + "\n"


def conversation_markdown(conversation: Conversation, language: str) -> str:
    """The conversation as Markdown, a heading for each question."""
    blocks = [f"# {_markdown(conversation.title)}"]
    for exchange in conversation.exchanges:
        answer = exchange.answer
        blocks += [f"## {_markdown(exchange.question)}", f"*{_markdown(_asked(exchange, language))}*"]
        blocks += [f"**{_markdown(text)}**" for text in _conflict(answer, language)]
        blocks += [_markdown(line) for line in answer["answer"].splitlines() if line.strip()]
        if answer["citations"]:
            blocks.append(f"**{_markdown(say('export.sources', language))}**")
            blocks.append("\n".join(_markdown_source(citation, language) for citation in answer["citations"]))
        if exchange.verdict:
            blocks.append(f"*{_markdown(_judged(exchange, language))}*")
    return "\n\n".join(blocks) + "\n"


def conversation_json(conversation: Conversation) -> str:
    """The conversation as one JSON object, its answers as `rag ask --json` prints them."""
    return json.dumps(asdict(conversation), ensure_ascii=False, indent=2, default=datetime.isoformat) + "\n"


def conversation_html(conversation: Conversation, language: str) -> str:
    """The conversation as a page to read and print that needs and asks for nothing beside itself."""
    body = "\n".join(
        part
        for number, exchange in enumerate(conversation.exchanges, 1)
        for part in _html_exchange(exchange, number, language)
    )
    return f"""<!doctype html>
<html lang="{escape(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(conversation.title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(conversation.title)}</h1>
{body}
</body>
</html>
"""


def evaluation_cases(marked: Sequence[JudgedExchange]) -> str:
    """A line of an evaluation set for each exchange, its id made of the exchange's.

    An answer marked good is the reference, its quotations are the evidence; a refusal marked good is to be refused
    again. One marked wrong becomes a draft with what was answered and the reader's remark: which answer would be
    right is for a person to write, and until then no set with it can be loaded.
    """
    return "".join(f"{dump(_case(each))}\n" for each in marked)


def _origin(citation: Mapping[str, Any], language: str) -> str:
    """Title, source, date in words, page and document of a citation, on one line."""
    day = date.fromisoformat(citation["date"]) if citation["date"] else None
    page = f"p. {citation['page']}" if citation.get("page") else ""
    parts = (citation["title"], citation["source"], written_date(day, language), page, citation["document"])
    return ", ".join(_line(part) for part in parts if part)


def _conflict(answer: Mapping[str, Any], language: str) -> list[str]:
    """That the articles disagree, where the answer says so; answers kept by an older version lack the field."""
    return [say("export.conflict", language)] if answer.get("conflict") else []


def _quoted(citation: Mapping[str, Any], language: str) -> str:
    return say("export.quoted", language, text=_line(citation["quote"]))


def _asked(exchange: Exchange, language: str) -> str:
    asked = exchange.asked_at.astimezone()  # the reader's own time
    return say("export.asked", language, day=written_day(asked.date(), language), time=f"{asked:%H:%M}")


def _judged(exchange: Exchange, language: str) -> str:
    verdict = say("export.good" if exchange.verdict == "good" else "export.wrong", language)
    if not exchange.remark:
        return verdict
    return f"{verdict}. {say('export.remark', language, text=exchange.remark)}"


def _line(text: str) -> str:
    return " ".join(text.split())


def _markdown(text: str) -> str:
    """`text` on one line, as what it says in Markdown."""
    return _SIGN.sub(lambda sign: f"{sign[0][:-1]}\\{sign[0][-1]}", _line(text))


def _markdown_source(citation: Mapping[str, Any], language: str) -> str:
    origin, quote = _markdown(_origin(citation, language)), _markdown(_quoted(citation, language))
    return f"- \\[{citation['marker']}\\] {origin}\n  > {quote}"


def _html_exchange(exchange: Exchange, number: int, language: str) -> Iterator[str]:
    answer = exchange.answer
    spoken = f'lang="{escape(answer["language"])}"'
    markers = {citation["marker"] for citation in answer["citations"]}
    yield f"<section>\n<h2 {spoken}>{escape(exchange.question)}</h2>"
    yield f'<p class="asked">{escape(_asked(exchange, language))}</p>'
    for text in _conflict(answer, language):
        yield f'<p class="conflict">{escape(text)}</p>'
    yield f'<div class="answer" {spoken}>{_linked(answer["answer"], markers, number)}</div>'
    if markers:
        yield f"<h3>{escape(say('export.sources', language))}</h3>\n<ol>"
        for citation in answer["citations"]:
            marker = citation["marker"]
            yield f'<li id="q{number}-s{marker}">[{marker}] {escape(_origin(citation, language))}'
            yield f"<blockquote>{_in_context(citation, answer['passages'])}</blockquote></li>"
        yield "</ol>"
    if exchange.verdict:
        yield f'<p class="verdict">{escape(_judged(exchange, language))}</p>'
    yield "</section>"


def _linked(text: str, markers: set[int], number: int) -> str:
    """`text` as HTML, each of its `markers` a link to the source of question `number`."""

    def link(marker: re.Match[str]) -> str:
        return f'<a href="#q{number}-s{marker[1]}">{marker[0]}</a>' if int(marker[1]) in markers else marker[0]

    return _MARKER.sub(link, escape(text))


def _in_context(citation: Mapping[str, Any], passages: Sequence[Mapping[str, Any]]) -> str:
    """The quotation as HTML, marked in the passage that it is from, or by itself where none of them holds it."""
    for passage in passages:
        if passage["document"] == citation["document"] and passage["start"] <= citation["start"]:
            start, end = citation["start"] - passage["start"], citation["end"] - passage["start"]
            text = passage["text"]
            if text[start:end] == citation["quote"]:
                return f"{escape(text[:start])}<mark>{escape(text[start:end])}</mark>{escape(text[end:])}"
    return f"<mark>{escape(citation['quote'])}</mark>"


def _case(marked: JudgedExchange) -> dict[str, Any]:
    exchange, answer = marked.exchange, marked.exchange.answer
    good, answered = exchange.verdict == "good", bool(answer["answered"])
    text = strip_markers(answer["answer"]).strip()
    case = {
        "id": f"chat-{exchange.id}",
        "question": exchange.question,
        "lang": answer["language"],
        "type": "chat",
        "history": [asdict(turn) for turn in marked.history],
        "answerable": good and answered,
        "expected": _expected(answer) if good else DRAFT,
        "answers": [text] if good and answered else [],
        "must_include": [],
        "must_not_include": [],
        "evidence": [{"file": c["document"], "quote": c["quote"]} for c in answer["citations"]] if good else [],
    }
    return case if good else {**case, "given": text, "remark": exchange.remark}


def _expected(answer: Mapping[str, Any]) -> str:
    if answer["answered"]:
        return "answer"
    # Small talk alone is answered without a search.
    return "refuse" if answer["passages"] else "chat"
