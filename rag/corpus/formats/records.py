"""Records of an export (a row, a JSON object) to articles: which field is the text, which the title, and so on.

A field is known by its name, without regard to case, accents and signs: that of the settings first, then the usual ones
in French and English, the likeliest first. A text that is HTML is read as such. An export of which no record has a text
is refused as a whole, for its fields are called something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rag.corpus.formats import markup
from rag.corpus.formats.content import Content, Entry, Names, Reading, make_entry
from rag.corpus.formats.properties import host, named
from rag.corpus.newsroom import comparable, outlet
from rag.errors import RagError, TextFieldMissing

USUAL: Mapping[str, tuple[str, ...]] = {
    "text": (
        *("text", "texte", "content", "contenu", "body", "corps", "fulltext", "textecomplet", "texteintegral"),
        *("articlebody", "articletext", "bodytext", "maintext", "corpsarticle", "textearticle", "contenuarticle"),
        *("contenttext", "contenthtml", "html", "article"),
    ),
    "title": ("title", "titre", "headline", "titrearticle", "articletitle"),
    "date": (
        *("date", "published", "publie", "publiele", "datepublished", "datepublication", "datedepublication"),
        *("publishedat", "publicationdate", "publishdate", "pubdate", "publishedon", "dateparution", "parution"),
        *("webpublicationdate", "datetime", "jour"),
    ),
    "source": ("source", "journal", "media", "publication", "newspaper", "publisher", "sitename", "sourcename"),
    "author": ("author", "auteur", "authors", "auteurs", "byline", "creator", "journaliste", "signature"),
    "url": ("url", "link", "lien", "permalink", "canonicalurl", "weburl", "adresse"),
    "id": ("id", "guid", "uid", "uuid", "identifiant", "identifier", "articleid", "idarticle", "docid"),
}
"""The fields that an article may have, and what they are usually called, folded."""

_HOPELESS = 100  # records in a row at the start of which none is an article
_LONGEST_NAME = 200
_MOST_COLUMNS = 20  # that a message lists
# In objects, the keys that hold what is shown.
_INNER = ("rendered", "value", "text", "name", "title", "label")


@dataclass(frozen=True, slots=True)
class Record:
    """A record of an export: its number from 1, what its fields hold, and its encoding where that was guessed."""

    number: int
    fields: Mapping[str, Any]
    encoding: str = ""


def read_records(path: str, records: Iterable[Record | RagError], reading: Reading) -> Iterator[Entry]:
    """The articles that `records` of the file `path` are. Those that are none are reported, and the next one is read.

    Raises TextFieldMissing and what the first record is refused for when none of many is an article.
    """
    names = Names()
    failed: list[RagError] = []
    found = False
    for record in records:
        try:
            if isinstance(record, RagError):
                raise record
            entry = _entry(path, record, names, reading)
        except RagError as error:
            # Until one article is found, the fault may be that of the whole file: what is wrong is told later.
            failed.append(error)
            if not found and len(failed) == _HOPELESS:
                break
        else:
            found = True
            yield entry
        if found:
            for one in failed:
                reading.on_problem(one)
            failed.clear()
    if failed:
        raise type(failed[0])(**{**failed[0].fields, "path": path}) from failed[0]


def has_text(fields: Mapping[str, Any], reading: Reading) -> bool:
    """Whether a record has a field that is the text of an article."""
    return _value(fields, "text", reading) is not None


def _entry(path: str, record: Record, names: Names, reading: Reading) -> Entry:
    fields = {name: _value(record.fields, name, reading) for name in USUAL}
    title, url = markup.line_of(_shown(fields["title"])), _shown(fields["url"]).strip()
    place = f"#{names.take(_shown(fields['id']), url, title, str(record.number))}"
    if fields["text"] is None:
        columns = ", ".join(list(map(str, record.fields))[:_MOST_COLUMNS])
        raise TextFieldMissing(path=f"{path}{place}", columns=columns or "–")
    text = _shown(fields["text"], "\n\n")
    is_html = markup.is_html(text)
    author, source = (markup.line_of(_shown(fields[name])) for name in ("author", "source"))
    labels = named(title, fields["date"], source or outlet(author) or host(url), author)
    content = Content(
        text=markup.text_of(text) if is_html else text,
        labels=labels,
        encoding=record.encoding,
        markdown=is_html,
    )
    return make_entry(path, place, content, reading.most_bytes)


def _value(fields: Mapping[str, Any], name: str, reading: Reading) -> Any:
    """What the first field that may be called `name` and is filled holds: "" where none is filled, None without one."""
    held = {_key(str(key)): value for key, value in fields.items()}
    chosen = reading.fields.get(name)
    wanted = [key for key in ((_key(chosen),) if chosen else ()) + USUAL[name] if key in held]
    return next((held[key] for key in wanted if held[key] not in (None, "", [], {})), "" if wanted else None)


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", comparable(name[:_LONGEST_NAME]))


def _shown(value: Any, between: str = ", ", depth: int = 4) -> str:
    """The text of a field: of an object what it shows, of a list its members."""
    if isinstance(value, Mapping):
        value = next((value[key] for key in _INNER if value.get(key)), "")
        return _shown(value, between, depth - 1) if depth else ""
    if isinstance(value, list):
        return between.join(filter(None, (_shown(one, between, depth - 1) for one in value))) if depth else ""
    return "" if value is None or isinstance(value, bool) else str(value)
