"""What became of the articles since an index was built: added, changed, removed, renamed.

An article changed when its text did, or what is shown of it. One that is gone and one that is new are the same one
renamed when they have the same text, or when their files, which hold nothing else, have the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from rag.domain import Article
from rag.store import Catalog, Origin


@dataclass(frozen=True, slots=True)
class Changes:
    """The documents by what happened to them; `renamed` are pairs of the name before and the name now."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    unchanged: int = 0


class Seen(NamedTuple):
    """What is kept of an article to compare it: digests of its text and of its file's bytes, and what it is shown by.

    The digest of the file is empty where it is not known.
    """

    text: str
    file: str
    shown: int

    @classmethod
    def of(cls, article: Article, origin: Origin) -> Seen:
        """That of an article that was read from the file `origin`."""
        day = article.date.isoformat() if article.date else None
        shown = hash((day, article.title, article.source, article.author))
        return cls(article.digest, origin.content, shown)


def seen_in(catalog: Catalog) -> dict[str, Seen]:
    """Every article of an index, by document."""
    rows = catalog.query("SELECT document, digest, content, date, title, source, author FROM article")
    return {name: Seen(text, file, hash(tuple(shown))) for name, text, file, *shown in rows}


def compare(before: Mapping[str, Seen], now: Mapping[str, Seen]) -> Changes:
    """What happened between two states of the articles, in the order of `now`, then of `before`."""
    new = {name: seen for name, seen in now.items() if name not in before}
    gone = {name: seen for name, seen in before.items() if name not in now}
    renamed = _pairs(gone, new)
    moved_from, moved_to = set(renamed), set(renamed.values())
    both = [name for name in now if name in before]
    changed = tuple(name for name in both if before[name]._replace(file="") != now[name]._replace(file=""))
    return Changes(
        added=tuple(name for name in new if name not in moved_to),
        changed=changed,
        removed=tuple(name for name in gone if name not in moved_from),
        renamed=tuple(renamed.items()),
        unchanged=len(both) - len(changed),
    )


def _pairs(gone: Mapping[str, Seen], new: Mapping[str, Seen]) -> dict[str, str]:
    """Of the documents that are gone those that have another name now, and that name."""
    texts = {seen.text: name for name, seen in reversed(list(new.items()))}
    # A file that holds several articles does not tell which of them has which name now.
    alone = _single(gone)
    files = {file: name for file, name in _single(new).items() if file in alone}
    pairs: dict[str, str] = {}
    taken: set[str] = set()
    for name, seen in gone.items():
        other = texts.get(seen.text) or files.get(seen.file)
        if other and other not in taken:
            pairs[name] = other
            taken.add(other)
    return pairs


def _single(articles: Mapping[str, Seen]) -> dict[str, str]:
    """The documents whose files hold nothing else, by the digest of the file."""
    held = Counter(seen.file for seen in articles.values())
    return {seen.file: name for name, seen in articles.items() if seen.file and held[seen.file] == 1}
