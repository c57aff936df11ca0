"""What of an index lies within a scope: its articles, and the ids of its passages and sentences.

A name that the index does not know is an error that names the nearest ones, and so is a scope without any article:
who restricts a question must hear that nothing was searched, not that nothing was found.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from rag.domain import EVERYTHING, Heading, Scope
from rag.errors import BadInput, NothingInScope, UnknownDocument, UnknownLanguage, UnknownSource
from rag.protocols import Ids
from rag.store.catalog import Catalog, as_date
from rag.text import fold

# Names that a message shows of a longer list.
_NAMED = 5
_HEADING = "document, title, date, source, language"


def headings(catalog: Catalog, scope: Scope = EVERYTHING) -> list[Heading]:
    """The articles in `scope` by date and name, undated ones last. Raises as `check_scope` does."""
    condition, values = _condition(catalog, scope)
    rows = catalog.query(
        f"SELECT {_HEADING} FROM article WHERE {condition} ORDER BY date IS NULL, date, document",
        values,
    )
    if not rows:
        raise _nothing(catalog)
    return [_heading(row) for row in rows]


def heading(catalog: Catalog, document: str) -> Heading | None:
    """What the article of that name is listed by; None when there is none."""
    rows = catalog.query(f"SELECT {_HEADING} FROM article WHERE document = ?", [document])
    return _heading(rows[0]) if rows else None


def holding(catalog: Catalog, document: str) -> tuple[str, int]:
    """The relative name of the file that holds the article of that name, and how many passages it was cut into.

    Raises KeyError.
    """
    rows = catalog.query(
        "SELECT file, (SELECT count(*) FROM passage WHERE passage.document = article.document AND level = 'passage')"
        " FROM article WHERE document = ?",
        [document],
    )
    if not rows:
        raise KeyError(document)
    file, passages = rows[0]
    return file, passages


def _heading(row: tuple[Any, ...]) -> Heading:
    document, title, day, source, language = row
    return Heading(document, title, as_date(day), source, language)


def span_ids(catalog: Catalog, level: str, scope: Scope) -> Ids | None:
    """The ids of the spans of a level that lie in `scope`, int64 [n]; None: all. Raises as `check_scope` does."""
    if scope == EVERYTHING:
        return None
    condition, values = _condition(catalog, scope)
    rows = catalog.query(
        # A cross join: articles first, of which a scope mostly leaves few, then their spans by the index.
        "SELECT passage.id FROM article CROSS JOIN passage"
        f" WHERE passage.document = article.document AND level = ? AND {condition}",
        [level, *values],
    )
    if not rows:
        raise _nothing(catalog)
    return np.array(rows, np.int64)[:, 0]


def check_scope(catalog: Catalog, scope: Scope) -> None:
    """Raises UnknownDocument, UnknownSource, UnknownLanguage and NothingInScope."""
    condition, values = _condition(catalog, scope)
    if not catalog.query(f"SELECT 1 FROM article WHERE {condition} LIMIT 1", values):
        raise _nothing(catalog)


def count_undated(catalog: Catalog, scope: Scope) -> int:
    """Number of articles that meet all filters of `scope` but that of the period, for want of a date."""
    if not (scope.since or scope.until):
        return 0
    condition, values = _condition(catalog, replace(scope, since=None, until=None))
    ((count,),) = catalog.query(f"SELECT count(*) FROM article WHERE date IS NULL AND {condition}", values)
    return int(count)


def _condition(catalog: Catalog, scope: Scope) -> tuple[str, list[object]]:
    """The condition on articles that `scope` is, in SQL, and its values."""
    clauses: dict[str, object] = {}
    for column, names in (
        ("document", _documents(catalog, scope.documents)),
        ("source", _values(catalog, "source", scope.sources, UnknownSource)),
        ("language", _values(catalog, "language", scope.languages, UnknownLanguage)),
    ):
        if names:
            clauses[f"article.{column} {catalog.IN_LIST}"] = json.dumps(names)
    if scope.since:
        clauses["date >= ?"] = scope.since.isoformat()
    if scope.until:
        clauses["date <= ?"] = scope.until.isoformat()
    return " AND ".join(clauses) or "TRUE", list(clauses.values())


def _documents(catalog: Catalog, patterns: Sequence[str]) -> list[str]:
    """The documents called so, or else matching."""
    known = dict.fromkeys(_distinct(catalog, "document")) if patterns else {}
    names: list[str] = []
    for pattern in patterns:
        found = [pattern] if pattern in known else [name for name in known if fnmatchcase(name, pattern)]
        if not found:
            raise UnknownDocument(name=pattern, close=closest(pattern, list(known)))
        names += found
    return names


def _values(catalog: Catalog, column: str, wanted: Sequence[str], unknown: type[BadInput]) -> list[str]:
    """What stands in `column` and is one of `wanted`, case and accents aside."""
    known = {value: fold(value) for value in _distinct(catalog, column)} if wanted else {}
    asked = {fold(name): name for name in wanted}
    for folded, name in asked.items():
        if folded not in known.values():
            raise unknown(name=name, close=closest(name, list(known)))
    return [value for value, folded in known.items() if folded in asked]


def _distinct(catalog: Catalog, column: str) -> list[str]:
    """What stands in `column`, the most frequent first."""
    rows = catalog.query(
        f"SELECT {column} FROM article WHERE {column} IS NOT NULL GROUP BY {column} ORDER BY count(*) DESC, {column}"
    )
    return [value for (value,) in rows]


def _nothing(catalog: Catalog) -> NothingInScope:
    ((articles, dated, first, last),) = catalog.query("SELECT count(*), count(date), min(date), max(date) FROM article")
    return NothingInScope(
        articles=articles,
        undated=articles - dated,
        dates=f"{first} … {last}" if dated else "–",
        sources=_listed(_distinct(catalog, "source")),
        languages=_listed(_distinct(catalog, "language")),
    )


def closest(name: str, known: Sequence[str]) -> str:
    """In one text, the names of `known` most like `name`, or where none is, the first ones."""
    folded = {fold(other): other for other in reversed(known)}
    close = difflib.get_close_matches(fold(name), folded, 3)
    return ", ".join(folded[other] for other in close) or _listed(known)


def _listed(names: Sequence[str]) -> str:
    return ", ".join([*names[:_NAMED], "…"] if len(names) > _NAMED else names) or "–"
