"""Feeds that were saved (RSS 0.9 to 2.0, RDF, Atom) to articles, one an entry: its full content, else its summary.

An entry is read when it is whole, and what was read is let go, so that a feed may be larger than memory. What is no
well-formed XML is passed over and told at the end; an entry that is cut off is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rag.corpus.formats import markup
from rag.corpus.formats.content import Content, Entry, InputFile, Names, Reading, make_entry
from rag.corpus.formats.properties import host, named
from rag.corpus.newsroom import outlet
from rag.errors import FileDamaged, NotAFeed, RagError

_ROOTS = ("rss", "feed", "rdf")
_ENTRIES = ("item", "entry")
_OWN = (
    *("", "http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#", "http://purl.org/rss/1.0/"),
    *("http://my.netscape.com/rdf/simple/0.9/", "http://channel.netscape.com/rdf/simple/0.9/"),
)
_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dc:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
}
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_TEXT = ("content:encoded", "content", "description", "summary")
_DATE = ("published", "pubDate", "issued", "dc:issued", "dc:date", "created", "updated", "modified")
_ADDRESS = re.compile(r"\S+@\S+(?: \((?P<name>.+)\))?")


def entries(source: InputFile, reading: Reading) -> Iterator[Entry]:
    """The articles of a feed. Those that cannot be read are reported.

    Raises NotAFeed, and FileDamaged, at the end where there are entries.
    """
    names = Names()
    for number, (feed, item) in enumerate(_items(source), 1):
        link, title = _link(item), _line(item, "title")
        identity = (_line(item, "guid"), _line(item, "id"), item.get(_ABOUT) or "")
        place = f"#{names.take(*identity, link, title, str(number))}"
        try:
            text, is_html = _text(item)
            content = Content(text, _labels(feed, item, link, title), markdown=is_html)
            yield make_entry(source.path, place, content, reading.most_bytes)
        except RagError as error:
            reading.on_problem(error)


def _items(source: InputFile) -> Iterator[tuple[dict[str, str], Any]]:
    """Each entry of the feed, with what the feed says of itself."""
    from lxml.etree import XMLSyntaxError, iterparse

    parser = iterparse(
        source.stream, ("start", "end"), recover=True, resolve_entities=False, no_network=True, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    feed: dict[str, str] = {}
    item = None
    try:
        for event, element in parser:
            name = _name(element)
            if event == "start":
                if element.getparent() is None and name.lower() not in _ROOTS:
                    raise NotAFeed(path=source.path, found=name or element.tag)
                item = element if item is None and name in _ENTRIES else item
            elif element is item:
                if not any(error.type_name == "ERR_TAG_NOT_FINISHED" for error in parser.error_log[-1:]):  # it is whole
                    yield feed, item
                item = None
                _let_go(element)
            elif item is None:
                if name in ("title", "link", "dc:publisher"):
                    feed.setdefault(name, (element.text or element.get("href") or "").strip())
                _let_go(element)
    except XMLSyntaxError as error:
        raise FileDamaged(path=source.path, reason=error) from error
    if parser.error_log:
        raise FileDamaged(path=source.path, reason=parser.error_log[0].message)


def _let_go(element: Any) -> None:
    parent = element.getparent()
    element.clear(keep_tail=False)
    while parent is not None and parent[0] is not element:
        del parent[0]


def _name(element: Any) -> str:
    """The name of an element as feeds usually write it; that of a namespace that says nothing here is empty."""
    space, _, name = element.tag.removeprefix("{").rpartition("}")
    if space in _OWN or name == "RDF":
        return str(name)
    return f"{_PREFIXES[space]}{name}" if space in _PREFIXES else ""


def _children(item: Any, name: str) -> Iterator[Any]:
    return (child for child in item if isinstance(child.tag, str) and _name(child) == name)


def _line(item: Any, *names: str) -> str:
    """The first of the children called so that says something, on one line."""
    shown = (" ".join("".join(child.itertext()).split()) for name in names for child in _children(item, name))
    return markup.line_of(next(filter(None, shown), ""))


def _link(item: Any) -> str:
    links = list(_children(item, "link"))
    main = [link for link in links if link.get("rel", "alternate") == "alternate"]
    return next((shown for link in main or links if (shown := (link.get("href") or link.text or "").strip())), "")


def _text(item: Any) -> tuple[str, bool]:
    """The fullest text there is, and whether it was HTML."""
    from lxml.etree import tostring

    for name in _TEXT:
        for child in _children(item, name):
            # With elements inside it is XHTML as it stands, else HTML or text in disguise.
            text = tostring(child, encoding="unicode", with_tail=False) if len(child) else child.text or ""
            is_html = len(child) > 0 or markup.is_html(text)
            shown = markup.text_of(text) if is_html else markup.unescaped(text)
            if shown.strip():
                return shown, is_html
    return "", False


def _labels(feed: dict[str, str], item: Any, link: str, title: str) -> dict[str, str]:
    authors = [_line(author, "name") or _person(author.text or "") for author in _children(item, "author")]
    return named(
        title=title,
        date=next((line for name in _DATE if (line := _line(item, name))), ""),
        source=_source(feed, item, link),
        author=_line(item, "dc:creator") or ", ".join(filter(None, authors)),
    )


def _person(text: str) -> str:
    """The name in « jeanne@journal.fr (Jeanne Petit) »; an address alone is none."""
    found = _ADDRESS.fullmatch(text.strip())
    return (found["name"] or "") if found else text.strip()


def _source(feed: dict[str, str], item: Any, link: str) -> str:
    """What the entry names, the medium whose site it links to where that is known, or the feed."""
    sources = [_line(source, "title") or (source.text or "").strip() for source in _children(item, "source")]
    title = feed.get("title", "")
    media = map(outlet, (host(link), host(feed.get("link", "")), *re.split(r"\s[-–—|:]\s", title)))
    return next(filter(None, (*sources, *media, feed.get("dc:publisher"), title, host(link))), "")
