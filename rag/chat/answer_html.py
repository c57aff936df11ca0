"""Questions and answers as escaped HTML: those that are kept, and the one that comes into being.

A marker `[2]` of the third exchange is a link to `src-3-2`, an item of its list of sources, which carries what the
source panel is opened with; `data-source` elements anywhere open it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

from rag.chat.history import Exchange
from rag.chat.live_answer import LiveAnswer
from rag.chat.page_text import attributes, button, counted, origin, seconds, t
from rag.domain import LOW_CONFIDENCE, Heading, Hit

_MARKER = re.compile(r"\[(\d+)\]")
# What an article of the index is listed by, looked up by document; only those that are shown are.
Headings = Callable[[str], Heading | None]


@dataclass(frozen=True, slots=True)
class Place:
    """A span of an article, with what is known of the article whether or not it is still there."""

    document: str
    start: int
    end: int
    quote: str
    title: str
    source: str | None
    date: date | None
    page: int | None = None

    @classmethod
    def of_hit(cls, hit: Hit) -> Place:
        """Where a passage is."""
        passage = hit.passage
        return cls(passage.document, passage.start, passage.end, passage.text, passage.title, passage.source,
                   passage.date)  # fmt: skip

    @classmethod
    def of_stored(cls, stored: Mapping[str, Any], headings: Headings) -> Place:
        """Where a stored citation or passage is; what it does not tell of its article is looked up."""
        document = str(stored["document"])
        heading = headings(document) or Heading(document, document, None, None, "")
        day = stored.get("date")
        return cls(
            document,
            int(stored["start"]),
            int(stored["end"]),
            str(stored.get("quote", stored.get("text", ""))),
            str(stored.get("title", heading.title)),
            stored.get("source", heading.source),
            date.fromisoformat(day) if day else heading.date,
            stored.get("page"),
        )

    def data(self, marker: int | None = None) -> str:
        """The attributes that open the source panel here."""
        return attributes(
            {
                "data-source": True,
                "data-document": self.document,
                "data-start": self.start,
                "data-end": self.end,
                "data-marker": marker,
                "data-title": self.title,
                "data-origin": self.source,
                "data-date": self.date and self.date.isoformat(),
            }
        )


def conversation(exchanges: Sequence[Exchange], language: str, headings: Headings, begin: int = 1) -> str:
    """Kept exchanges one after the other, the first of them number `begin`."""
    return "".join(exchange(one, number, language, headings) for number, one in enumerate(exchanges, begin))


def exchange(kept: Exchange, number: int, language: str, headings: Headings) -> str:
    """A question with its complete answer, its sources and what can be done with it."""
    answer = kept.answer
    body = _answer(answer, number, language, headings) + _sources(answer, number, language, headings)
    places = [Place.of_stored(passage, headings) for passage in answer["passages"]]
    return _article(
        number,
        kept.question,
        _standalone(kept.question, answer["standalone_question"], language)
        + body
        + _found(places, number, language)
        + f'<p class="facts">{t("took", language, time=seconds(answer["timings"]["total_s"], language))}</p>'
        + _actions(kept, number, language),
        language,
        state="finished",
    )


def live(under_way: LiveAnswer, number: int, language: str) -> str:
    """The exchange under way."""
    said, question = under_way.so_far, under_way.question
    parts = [_standalone(question, said.question or question, language), _status(under_way, language)]
    lines = [_linked_markers(line, ()) for line in said.text.splitlines()]
    if said.provisional:
        provisional = f'<span class="provisional" aria-hidden="true">{escape(said.provisional)}</span>'
        lines[-1:] = [" ".join((*lines[-1:], provisional))]
    shown = "".join(f"<p>{line}</p>" for line in lines or [""])
    parts.append(f'<div class="answer" aria-live="polite">{shown}</div>')
    if said.dropped and under_way.busy:
        parts.append(f'<p class="hint">{t("dropped", language)}</p>')
    if under_way.failure:
        parts.append(f'<p class="failure" role="alert"><strong>{escape(under_way.failure)}</strong> '
                     f"{escape(under_way.next_step)}</p>")  # fmt: skip
    best = said.evidence[0].passage.text if said.evidence and not said.text else ""
    parts.append(_found([Place.of_hit(hit) for hit in said.passages], number, language, best))
    if under_way.state in ("stopped", "failed"):
        again = button("repeat", t("repeat", language), data={"question": question})
        parts.append(f'<div class="actions">{again}</div>')
    state = "busy" if under_way.busy else under_way.state
    return _article(number, question, "".join(parts), language, state=state)


def welcome(examples: Sequence[str], articles: int, language: str) -> str:
    """What the page says before the first question."""
    shown = "".join(
        f"<li>{button('example', escape(question), kind='example', data={'question': question})}</li>"
        for question in examples
    )
    heading = f"<h3>{t('examples', language)}</h3><ul>{shown}</ul>" if examples else ""
    about = counted("about", articles, language) if articles else t("about_none", language)
    return (
        f'<section class="welcome" aria-label="{t("welcome", language)}"><h2>{t("welcome", language)}</h2>'
        f"<p>{about}</p>{heading}</section>"
    )


def _article(number: int, question: str, body: str, language: str, state: str) -> str:
    return (
        f'<article class="exchange {state}" id="exchange-{number}" aria-labelledby="question-{number}">'
        f'<h2 class="question" id="question-{number}" dir="auto">{escape(question)}</h2>{body}</article>'
    )


def _standalone(asked: str, searched: str, language: str) -> str:
    if searched.strip() == asked.strip():
        return ""
    return f'<p class="standalone">{t("understood", language)} <q>{escape(searched)}</q></p>'


def _status(under_way: LiveAnswer, language: str) -> str:
    if under_way.state == "queued":
        text = counted("queued", under_way.so_far.place, language)
    elif under_way.state in ("loading", "searching", "writing", "stopped"):
        text = t(under_way.state, language)
    else:
        return ""
    return f'<p class="status" role="status">{text}</p>'


def _answer(answer: Mapping[str, Any], number: int, language: str, headings: Headings) -> str:
    markers = {citation["marker"]: citation for citation in answer["citations"]}
    linked = {
        marker: _cite(marker, number, Place.of_stored(citation, headings), language)
        for marker, citation in markers.items()
    }
    text = str(answer["answer"])
    if answer["answered"]:
        shown = "".join(f"<p>{_linked_markers(part, linked)}</p>" for part in text.splitlines() if part.strip())
    else:
        shown = f"<p>{_linked_titles(text, _closest(answer, headings))}</p>"
    kind = "answer" if answer["answered"] else "answer refusal"
    conflict = warning = ""
    if answer.get("conflict"):  # answers kept by an older version lack the field
        conflict = f'<p class="conflict" role="note"><span aria-hidden="true">⚠</span> {t("conflict", language)}</p>'
    if answer["answered"] and answer["confidence"] < LOW_CONFIDENCE:
        warning = f'<p class="warning" role="note">{t("low_confidence", language)}</p>'
    lang = attributes({"lang": answer["language"]})
    return f'{conflict}<div class="{kind}" aria-live="polite"{lang}>{shown}</div>{warning}'


def _cite(marker: int, number: int, place: Place, language: str) -> str:
    about = f"[{marker}] {escape(place.title)}, {origin(place.source, place.date, language)}"
    return (
        f'<a class="cite" href="#src-{number}-{marker}" aria-label="{about}"'
        f' aria-describedby="quote-{number}-{marker}">[{marker}]</a>'
    )


def _linked_markers(text: str, linked: Mapping[int, str] | tuple[()]) -> str:
    """`text` escaped, each marker a link where it has one in `linked`, and set apart where it has not."""
    shown, last = [], 0
    for match in _MARKER.finditer(text):
        marker = int(match[1]) if len(match[1]) < 4 else 0
        link = linked[marker] if linked and marker in linked else f'<span class="cite">{match[0]}</span>'
        shown += [escape(text[last : match.start()]), link]
        last = match.end()
    return "".join([*shown, escape(text[last:])])


def _closest(answer: Mapping[str, Any], headings: Headings) -> list[Place]:
    """One place for each article that a refusal names as close."""
    nearest = {passage["document"]: passage for passage in reversed(answer["passages"])}
    return [Place.of_stored(passage, headings) for passage in nearest.values()]


def _linked_titles(text: str, places: Sequence[Place]) -> str:
    """`text` escaped, the titles in it links that open the articles."""
    found = [(text.find(place.title), place) for place in places if place.title]
    shown, last = [], 0
    for at, place in sorted(found, key=lambda one: one[0]):
        if at < last:
            continue
        link = f'<a class="open" href="#source"{place.data()}>{escape(place.title)}</a>'
        shown += [escape(text[last:at]), link]
        last = at + len(place.title)
    return "".join([*shown, escape(text[last:])])


def _sources(answer: Mapping[str, Any], number: int, language: str, headings: Headings) -> str:
    if not answer["citations"]:
        return ""
    items = "".join(
        _source(citation["marker"], number, Place.of_stored(citation, headings), language)
        for citation in answer["citations"]
    )
    return f'<section class="sources"><h3>{t("sources", language)}</h3><ol>{items}</ol></section>'


def _source(marker: int, number: int, place: Place, language: str) -> str:
    page = f", p. {place.page}" if place.page else ""
    return (
        f'<li id="src-{number}-{marker}"{place.data(marker)}><span class="marker" aria-hidden="true">{marker}</span>'
        f'<a class="open" href="#source" data-of="src-{number}-{marker}">{escape(place.title)}</a>'
        f'<span class="origin">{origin(place.source, place.date, language)}{page}</span>'
        f'<blockquote id="quote-{number}-{marker}">{escape(place.quote)}</blockquote></li>'
    )


def _found(places: Sequence[Place], number: int, language: str, best: str = "") -> str:
    """The passages that were found, folded; `best` is the sentence that is shown at once."""
    if not places:
        return ""
    items = "".join(
        f'<li><a class="open" href="#source"{place.data()}>{escape(place.title)}</a>'
        f'<span class="origin">{origin(place.source, place.date, language)}</span>'
        f"<p>{escape(place.quote)}</p></li>"
        for place in places
    )
    teaser = f'<p class="best">{escape(best)}</p>' if best else ""
    summary = counted("found", len(places), language)
    return f'{teaser}<details class="found" id="found-{number}"><summary>{summary}</summary><ol>{items}</ol></details>'


def _actions(kept: Exchange, number: int, language: str) -> str:
    """Buttons below an answer, and the form for a remark once it is marked."""
    here = {"exchange": kept.id, "question": kept.question}
    verdicts = "".join(
        f'<button type="button" class="quiet" data-event="mark" data-exchange="{escape(kept.id)}"'
        f' data-verdict="{"" if kept.verdict == verdict else verdict}"'
        f' aria-pressed="{str(kept.verdict == verdict).lower()}">{t(verdict, language)}</button>'
        for verdict in ("good", "wrong")
    )
    buttons = "".join(button(name, t(name, language), data=here) for name in ("copy", "edit", "repeat")) + verdicts
    remark = _remark(kept, number, language) if kept.verdict else ""
    label = t("actions", language)
    return f'<div class="actions" role="group" aria-label="{label}">{buttons}</div>{remark}'


def _remark(kept: Exchange, number: int, language: str) -> str:
    return (
        f'<form class="remark" data-event="remark" data-exchange="{escape(kept.id)}" data-verdict="{kept.verdict}">'
        f'<label for="remark-{number}">{t("remark", language)}</label>'
        f'<input id="remark-{number}" name="remark" maxlength="500" value="{escape(kept.remark)}">'
        f'<button class="quiet">{t("save", language)}</button></form>'
    )
