"""What a file says of its own article, as far as it can be believed.

A title counts unless it is what a program writes by itself (« Microsoft Word - x.doc », « Sans titre », a file name).
An author counts where it is a name of people; the name of a medium is the source instead. The dates inside PDF and
Word files are not looked at: they tell when a file was made, which for one that was saved or printed from an archive
is years after the article appeared, and no date is better than a false one.

Limit: who typed or saved a Word document may stand there as its author.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from rag.corpus.newsroom import count_words, outlet, people

_LONGEST_TITLE = 300
_NO_TITLE = re.compile(
    r"(?:microsoft (?:word|office|powerpoint)|untitled|sans titre|document\b|impression\b|print\b|slide\b|diapositive)"
    r"|.*\.(?:docx?|odt|rtf|pdf|indd|qxp|qxd|pages|txt|html?|xml|tmp)$",
    re.IGNORECASE,
)
_NO_PERSON = re.compile(
    r"\b(?:microsoft|windows|adobe|office|user|utilisateur|admin(?:istrat(?:or|eur))?|python|word|acrobat)\b",
    re.IGNORECASE,
)

_STAMP = re.compile(r"\d{9,13}(?:\.\d{1,9})?")
_MILLISECONDS = 100_000_000_000  # as seconds, a day thousands of years away


def believable(
    title: str | None = None, author: str | None = None, source: str | None = None, date: str | None = None
) -> dict[str, str]:
    """The labels (title, author, source, date) that these are, without those that say nothing."""
    title, author, source = (" ".join((value or "").split()) for value in (title, author, source))
    labels = {"source": source or outlet(author) or "", "date": date or ""}
    if count_words(title) >= 2 and len(title) <= _LONGEST_TITLE and not _NO_TITLE.match(title):
        labels["title"] = title
    if not outlet(author) and not _NO_PERSON.search(author):
        labels["author"] = people(re.sub(r"\s*;\s*", ", ", author)) or ""
    return {key: value for key, value in labels.items() if value}


def named(title: str, date: Any, source: str, author: str) -> dict[str, str]:
    """The labels of an entry in a file that names them one by one: they are believed as they stand."""
    labels = {"title": title, "date": day_of(date), "source": source, "author": author}
    if outlet(author):
        labels["source"], labels["author"] = source or author, ""
    return {key: value for key, value in labels.items() if 0 < len(value) <= _LONGEST_TITLE}


def host(url: str) -> str:
    """The name of the medium whose site `url` is on, or else that of the site; empty where it is no address."""
    try:
        name = (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    return outlet(name) or name


def day_of(value: Any) -> str:
    """A date as `rag.corpus.metadata` reads it: one of a mail or a number of seconds since 1970 as YYYY-MM-DD."""
    text = "" if isinstance(value, bool | list | dict) else str(value or "").strip()
    try:
        if _STAMP.fullmatch(text):
            seconds = float(text)
            seconds = seconds / 1000 if seconds >= _MILLISECONDS else seconds
            return datetime.fromtimestamp(seconds, timezone.utc).date().isoformat()
        return parsedate_to_datetime(text).date().isoformat()
    except (ValueError, TypeError, OverflowError, IndexError, OSError):
        return text
