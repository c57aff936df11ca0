"""The source panel: an article as escaped HTML, opened at the sentence that an answer cites."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from itertools import pairwise
from typing import Any

from rag.chat.page_text import attributes, origin, t
from rag.domain import Article

# A paragraph this near to the cited one, counted in paragraphs, is shown at once; the others are unfolded.
_NEAR = 1
_LONGEST = 100_000
_PARAGRAPH = re.compile(r"\S[^\n]*")


@dataclass(frozen=True, slots=True)
class CitedSpan:
    """A cited span; `marker` is its number in the answer, 0 when it has none."""

    start: int
    end: int
    marker: int = 0


@dataclass(frozen=True, slots=True)
class ClickedSource:
    """What was clicked: an article, and in it the cited span and others that the same answer cites.

    All of it comes from the browser, so nothing of it is believed: the article decides what is shown. `once` is another
    one for each click, so that a panel that was closed opens again at the same place.
    """

    document: str
    mark: CitedSpan
    others: tuple[CitedSpan, ...]
    quote: str
    title: str
    source: str | None
    date: date | None
    once: str

    @classmethod
    def of(cls, sent: Mapping[str, Any]) -> ClickedSource:
        """From the data of a browser event. Raises ValueError, TypeError and KeyError."""
        day = sent.get("date")
        return cls(
            document=str(sent["document"]),
            mark=_mark(sent),
            others=tuple(_mark(other) for other in sent.get("others", ())[:50]),
            quote=str(sent.get("quote", ""))[:_LONGEST],
            title=str(sent.get("title", "")),
            source=str(sent["origin"]) if sent.get("origin") else None,
            date=date.fromisoformat(day) if day else None,
            once=str(sent.get("once", "")),
        )


def _mark(sent: Mapping[str, Any]) -> CitedSpan:
    return CitedSpan(int(sent.get("start", 0)), int(sent.get("end", 0)), int(sent.get("marker") or 0))


def source_panel(wanted: ClickedSource, article: Article | None, language: str) -> str:
    """The article at the cited place; without an article, or where it has changed, what the answer quoted of it."""
    if article is None:
        return _frame(wanted, wanted.title, wanted.source, wanted.date, _kept(wanted, "gone", language), language)
    moved = _moved(wanted, article.text)
    if moved is None:
        body = _kept(wanted, "changed", language) + _text(article, (), language)
    else:
        others = [mark for mark in wanted.others if mark.end <= len(article.text)] if moved == wanted.mark else []
        body = _text(article, [moved, *others], language)
    return _frame(wanted, article.title, article.source, article.date, body, language)


def _moved(wanted: ClickedSource, text: str) -> CitedSpan | None:
    """Where the quoted text is now; None when it is nowhere. An article opened as a whole has an empty mark."""
    mark = wanted.mark
    if not wanted.quote or text[mark.start : mark.end] == wanted.quote:
        return mark
    at = text.find(wanted.quote)
    return CitedSpan(at, at + len(wanted.quote), mark.marker) if at >= 0 else None


def _frame(wanted: ClickedSource, title: str, source: str | None, day: date | None, body: str, language: str) -> str:
    return (
        f'<section class="source" aria-labelledby="source-title" tabindex="-1"'
        f"{attributes({'data-once': wanted.once})}>"
        f'<header><h2 id="source-title">{escape(title)}</h2>'
        f'<button type="button" class="close" data-close aria-label="{t("close", language)}">×</button>'
        f'<p class="origin">{origin(source, day, language)}</p></header>'
        f'<div class="text">{body}</div></section>'
    )


def _kept(wanted: ClickedSource, why: str, language: str) -> str:
    quote = f'<blockquote><mark tabindex="-1">{escape(wanted.quote)}</mark></blockquote>' if wanted.quote else ""
    return f'<p class="notice" role="note">{t(f"article_{why}", language)}</p>{quote}'


def _text(article: Article, marks: Sequence[CitedSpan], language: str) -> str:
    """The story in paragraphs, the first of `marks` being what is looked for."""
    shown = [
        paragraph.span()
        for segment in article.segments
        if segment.kind != "furniture"
        for paragraph in _PARAGRAPH.finditer(article.text, segment.start, segment.end)
    ]
    cited = [place for place, (start, end) in enumerate(shown) if marks and _overlap(marks[0], start, end)]
    near = {place + step for place in cited for step in range(-_NEAR, _NEAR + 1)} or set(range(len(shown)))
    body = "".join(
        f"<p{'' if place in near else ' class=rest'}>{_marked(article.text, start, end, marks)}</p>"
        for place, (start, end) in enumerate(shown)
    )
    folded = len(near & set(range(len(shown)))) < len(shown)
    unfold = (
        f'<button type="button" class="quiet" data-whole aria-expanded="false">{t("whole", language)}</button>'
        if folded
        else ""
    )
    return f'{unfold}<div class="story" lang="{escape(article.language)}">{body}</div>'


def _overlap(mark: CitedSpan, start: int, end: int) -> bool:
    return mark.start < end and mark.end > start


def _marked(text: str, start: int, end: int, marks: Sequence[CitedSpan]) -> str:
    """`text[start:end]` escaped, the marks in it; where two overlap the first of `marks` wins."""
    inside = [mark for mark in marks if _overlap(mark, start, end)]
    cuts = sorted({start, end, *(min(max(at, start), end) for mark in inside for at in (mark.start, mark.end))})
    shown = []
    for first, last in pairwise(cuts):
        piece = escape(text[first:last])
        covering = next((mark for mark in inside if mark.start <= first and last <= mark.end), None)
        shown.append(_highlighted(piece, covering, first, is_wanted=covering is marks[0]) if covering else piece)
    return "".join(shown)


def _highlighted(piece: str, mark: CitedSpan, first: int, *, is_wanted: bool) -> str:
    number = f'<sup class="marker">{mark.marker}</sup>' if mark.marker and first == mark.start else ""
    kind = ' tabindex="-1"' if is_wanted else ' class="other"'
    return f"<mark{kind}>{number}{piece}</mark>"
