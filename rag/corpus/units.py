"""A page cut into units: lines, or whole paragraphs where lines were wrapped by hand at a column.

Limits: a text of more than 200,000 lines is a table or a log, not a page, and is not cut; front matter is read as
flat `key: value` lines, the rest of YAML is passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from rag.corpus.metadata import front_matter_key
from rag.corpus.newsroom import Role, role
from rag.domain import SegmentKind

HEADLINE = 200
"""Characters that a headline has at most."""

_MOST_LINES = 200_000

_LINE = re.compile(r"[^\r\n]+")
_FULL_STOP = re.compile(r"[.…][\"'»”’)\]]*$")
_SENTENCE_END = re.compile(r"[.!?…:;»\"”)\]]$")
_FRONT_MATTER = re.compile(
    r"\ufeff?---[ \t]*\r?\n(?P<body>(?:[^\r\n]{0,1000}\r?\n){1,100}?)(?:---|\.\.\.)[ \t]*(?=\r|\n|$)"
)
_FRONT_MATTER_LINE = re.compile(r"(?P<key>[\w-]{1,40})\s{0,4}:\s{0,4}(?P<value>\S.*)")


@dataclass(slots=True)
class Unit:
    """A line or paragraph: where it is, what it plays, and what the page makes of it."""

    start: int
    end: int
    text: str
    block: int
    """Number of the paragraph: units of one block have no blank line between them."""
    role: Role = ""
    kind: SegmentKind = "story"
    teaser: int = -1


@dataclass(slots=True)
class CutPage:
    """The units of a page and what was found in it so far. `teasers` holds the headlines that units refer to."""

    units: list[Unit]
    labels: dict[str, str]
    headline: str | None = None
    teasers: list[str] = field(default_factory=list)


def ends_with_full_stop(line: str) -> bool:
    """Whether a stop or an ellipsis ends `line`, inside closing quotes and brackets or not."""
    return _FULL_STOP.search(line[-8:]) is not None


def is_prose(line: str) -> bool:
    """Whether a unit at the top is a sentence of a story rather than a headline: by its full stop or its length."""
    return len(line) > HEADLINE or (ends_with_full_stop(line) and len(line.split()) >= 4)


def cut(text: str, start: int) -> list[Unit]:
    """The units of `text` from `start` on; none when there are too many lines for a page."""
    units: list[Unit] = []
    block, last_end = 0, start
    for found in _LINE.finditer(text, start):
        line = found[0].strip()
        if not line:
            continue
        newlines = text.count("\n", last_end, found.start()) or text.count("\r", last_end, found.start())
        block += newlines > 1
        last_end = found.end()
        units.append(Unit(found.start(), found.end(), line, block))
        if len(units) > _MOST_LINES:
            return []
    if _is_wrapped(units):
        units = _join(text, units)
    for unit in units:
        unit.role = role(unit.text)
    return units


def _is_wrapped(units: list[Unit]) -> bool:
    """Whether lines end at a column: every fourth of those followed by another one breaks off in mid-sentence."""
    pairs = [(one.text, two.text) for one, two in pairwise(units) if one.block == two.block]
    broken = sum(two[0].islower() and 40 <= len(one) <= 120 and not _SENTENCE_END.search(one) for one, two in pairs)
    return broken >= 3 and broken * 4 >= len(pairs)


def _join(text: str, units: list[Unit]) -> list[Unit]:
    joined: list[Unit] = []
    for unit in units:
        if joined and joined[-1].block == unit.block:
            joined[-1].end = unit.end
        else:
            joined.append(unit)
    for unit in joined:
        unit.text = " ".join(text[unit.start : unit.end].split())
    return joined


def read_front_matter(text: str, start: int, labels: dict[str, str]) -> int:
    """Where the front matter of a Markdown file ends, `start` if it has none; its values go to `labels`."""
    found = _FRONT_MATTER.match(text, start)
    if not found or not _FRONT_MATTER_LINE.match(found["body"]):
        return start
    for line in found["body"].splitlines():
        entry = _FRONT_MATTER_LINE.fullmatch(line.strip())
        key = front_matter_key(entry["key"]) if entry else ""
        value = entry["value"].strip().strip("\"'").strip() if entry else ""
        if key and value:
            labels.setdefault(key, value)
    return found.end()
