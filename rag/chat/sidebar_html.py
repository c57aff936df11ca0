"""What stands beside the conversation, as escaped HTML: conversations kept, articles, filters, files taken in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape
from typing import Any

from rag.chat.history import Summary
from rag.chat.page_text import attributes, button, counted, origin, t
from rag.domain import Heading, Scope
from rag.prompting import written_date
from rag.text import fold

# So many articles are listed; the filter finds the others.
MOST_ARTICLES = 100


def conversation_list(summaries: Sequence[Summary], current: str, searched: str, language: str) -> str:
    """The conversations kept, the open one marked."""
    if not summaries:
        return f'<p class="hint">{t("no_match" if searched else "no_conversations", language)}</p>'
    items = "".join(
        f'<li class="{"current" if summary.id == current else ""}">'
        f'<button type="button" class="title" data-event="open" data-conversation="{summary.id}"'
        f"{attributes({'aria-current': 'true' if summary.id == current else None})}>{escape(summary.title)}"
        f'<span class="origin">{written_date(summary.updated_at.astimezone().date(), language)} · '
        f"{counted('questions', summary.count, language)}</span></button>"
        f'<button type="button" class="icon" data-event="delete" data-conversation="{summary.id}"'
        f' aria-label="{t("delete_named", language, title=summary.title)}">×</button></li>'
        for summary in summaries
    )
    return f'<ul class="list">{items}</ul>'


def article_list(
    headings: Iterable[Heading], own: Collection[str], picked: Collection[str], searched: str, language: str
) -> str:
    """The articles that have every word of `searched` in title, source or file name; `own` ones can be removed."""
    words = fold(searched).split()
    listed = [
        heading
        for heading in headings
        if not words
        or all(word in fold(f"{heading.title} {heading.source or ''} {heading.document}") for word in words)
    ]
    if not listed:
        return f'<p class="hint">{t("no_match" if searched else "about_none", language)}</p>'
    items = "".join(
        _article(heading, heading.document in own, heading.document in picked, language)
        for heading in listed[:MOST_ARTICLES]
    )
    more = len(listed) - MOST_ARTICLES
    rest = f'<p class="hint">{counted("more_articles", more, language)}</p>' if more > 0 else ""
    return f'<p class="hint">{counted("articles", len(listed), language)}</p><ul class="list">{items}</ul>{rest}'


def _article(heading: Heading, is_own: bool, is_picked: bool, language: str) -> str:
    document = escape(heading.document)
    remove = (
        f'<button type="button" class="icon" data-event="remove" data-document="{document}"'
        f' aria-label="{t("remove_named", language, title=heading.title)}">×</button>'
        if is_own
        else ""
    )
    title = attributes(
        {"data-document": heading.document, "data-title": heading.title, "data-origin": heading.source,
         "data-date": heading.date and heading.date.isoformat()}
    )  # fmt: skip
    return (
        f'<li><input type="checkbox" data-event="pick" data-document="{document}"{" checked" if is_picked else ""}'
        f' aria-label="{t("only_named", language, title=heading.title)}">'
        f'<a class="title" href="#source" data-source{title}>{escape(heading.title)}'
        f'<span class="origin">{origin(heading.source, heading.date, language)}</span></a>{remove}</li>'
    )


def scope_form(sources: Sequence[str], scope: Scope, problem: str, language: str) -> str:
    """Filters by date and source; `problem` says what is wrong with them."""
    dates = "".join(
        f'<label>{t(name, language)}<input type="date" name="{name}" value="{day.isoformat() if day else ""}"'
        f"{attributes({'aria-invalid': 'true' if problem else None, 'aria-describedby': 'scope-problem'})}></label>"
        for name, day in (("since", scope.since), ("until", scope.until))
    )
    chosen = set(scope.sources)
    boxes = "".join(
        f'<label class="choice"><input type="checkbox" name="sources" value="{escape(source)}"'
        f"{' checked' if source in chosen else ''}>{escape(source)}</label>"
        for source in sources
    )
    group = f"<fieldset><legend>{t('scope_sources', language)}</legend>{boxes}</fieldset>" if boxes else ""
    return (
        f'<form class="scope" data-event="scope"><div class="dates">{dates}</div>'
        f'<p class="failure" id="scope-problem" role="alert">{escape(problem)}</p>{group}</form>'
    )


def scope_chips(scope: Scope, titles: Mapping[str, str], language: str) -> str:
    """What the questions are restricted to, and a button that lifts it; empty when there is nothing."""
    parts = []
    for name, day in (("since", scope.since), ("until", scope.until)):
        if day:
            parts.append(f"{t(name, language)} {escape(written_date(day, language))}")
    parts += [escape(source) for source in scope.sources]
    parts += [escape(titles.get(document, document)) for document in scope.documents]
    if not parts:
        return ""
    chips = "".join(f'<li class="chip">{part}</li>' for part in parts)
    return (
        f'<div class="chips" role="group" aria-label="{t("restricted", language)}">'
        f"<span>{t('restricted', language)}</span><ul>{chips}</ul>{button('clear', t('clear', language))}</div>"
    )


def notice(text: str, undo: Mapping[str, Any], language: str) -> str:
    """Something that was done, with a button that undoes it where `undo` tells how. `text` is not escaped yet."""
    if not text:
        return ""
    again = button("undo", t("undo", language), kind="link", data=undo) if undo else ""
    return f'<p class="done" role="status">{escape(text)} {again}</p>'


def file_outcomes(outcomes: Sequence[tuple[str, str, str]], language: str) -> str:
    """One line a file: its name, how it stands (`added`, `refused`, `waiting`), and why."""
    items = "".join(
        f'<li class="{state}"><strong>{escape(name)}</strong> '
        f"<span>{t(f'file_{state}', language)}{f' {escape(why)}' if why else ''}</span></li>"
        for name, state, why in outcomes
    )
    return f'<ul class="files" role="status">{items}</ul>' if items else ""
