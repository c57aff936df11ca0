"""Articles as JSON to records: a list of objects, an object that holds one, one object a line, or one after the other.

An object is taken out of the text by its brackets, without reading the rest, so that a file may be larger than memory
and a broken object does not stop the next one. Limit: an object that holds the list is read as a whole, and so is no
larger than an article may be.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from io import BufferedReader
from typing import Any

from rag.corpus.formats import plain
from rag.corpus.formats.content import Entry, InputFile, Reading, too_large
from rag.corpus.formats.lines import TextLines, as_utf8
from rag.corpus.formats.records import Record, has_text, read_records
from rag.errors import FileDamaged, FormatMismatch, RagError

_BLOCK = 1 << 18
_LEVELS = 3  # of objects, in which the list is looked for
_MARK = re.compile(rb'["{}\[\]]')
_IN_STRING = re.compile(rb'["\\]')
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")  # may be a lone surrogate, which is no text


def entries(source: InputFile, reading: Reading) -> Iterator[Entry]:
    """The articles in a JSON file. Raises FormatMismatch, FileDamaged, NotText and as `read_records` does."""
    yield from read_records(source.path, _records(source, reading), reading)


def line_entries(source: InputFile, reading: Reading) -> Iterator[Entry]:
    """The articles in a file of one JSON object a line. Raises as `entries` does."""
    yield from read_records(source.path, _line_records(source, reading), reading)


def _line_records(source: InputFile, reading: Reading) -> Iterator[Record | RagError]:
    lines = TextLines(source, reading.most_bytes)
    while True:
        lines.encoding = ""
        try:
            line = next(lines, None)
            if line is None:
                return
            if line.strip():
                place = f"{source.path}#{lines.number}"
                yield Record(lines.number, _object(place, _loaded(place, line)), lines.encoding)
        except RagError as error:
            yield error


def _records(source: InputFile, reading: Reading) -> Iterator[Record | RagError]:
    stream, recoded = as_utf8(source)
    listed = stream.peek(1).removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"[")
    number = 0
    for content in _values(source.path, stream, int(listed), reading.most_bytes):
        place = f"{source.path}#{number + 1}"
        try:
            if isinstance(content, RagError):
                raise content
            text, guessed = plain.decode(place, content)
            value = _loaded(place, text)
            for one in [value] if listed else _articles(value, reading):
                number += 1
                yield Record(number, _object(place, one), recoded or guessed)
        except RagError as error:
            number += 1
            yield error


def _articles(value: Any, reading: Reading) -> Sequence[Any]:
    """What a value that stands by itself holds: it is an article, or the longest list of objects in it is of some."""
    if not isinstance(value, Mapping) or has_text(value, reading):
        return [value]
    level: list[Mapping[str, Any]] = [value]
    for _ in range(_LEVELS):
        inner = [one for held in level for one in held.values()]
        lists = [one for one in inner if isinstance(one, list) and any(isinstance(each, Mapping) for each in one)]
        if lists:
            return max(lists, key=len)
        level = [one for one in inner if isinstance(one, Mapping)]
    return [value]


def _values(path: str, stream: BufferedReader, level: int, most_bytes: int) -> Iterator[bytes | RagError]:
    """The lists and objects that lie in so many others, each as its bytes, or what is wrong with it.

    Raises FormatMismatch where there are no brackets, and FileDamaged where they do not match.
    """
    held = bytearray()
    depth = place = skipped = 0
    start = -1  # of the value in `held`
    found = None
    in_string = False
    while block := stream.read(_BLOCK):
        held += block
        while mark := (_IN_STRING if in_string else _MARK).search(held, place):
            found, place = mark[0], mark.end()
            if in_string:
                in_string = found == b"\\"
                place += in_string  # the sign after a backslash
            elif found == b'"':
                in_string = True
            elif found in b"{[":
                start = mark.start() if depth == level and start < 0 else start
                depth += 1
            else:
                depth -= 1
                if depth < 0:
                    raise FileDamaged(path=path, reason=found.decode())
                if depth == level and start >= 0:
                    yield too_large(path, skipped, most_bytes) if skipped else bytes(held[start:place])
                    del held[:place]
                    place, start, skipped = 0, -1, 0
        place = max(place, len(held))
        if start < 0 or len(held) - start > most_bytes:
            # What was read is not needed later.
            skipped += len(held) if start >= 0 else 0
            place -= len(held)
            start = min(start, 0)
            held.clear()
    if found is None:
        raise FormatMismatch(path=path, named=".json", found="TXT")
    if depth or in_string:
        raise FileDamaged(path=path, reason="[ ]" if level else "{ }")


def _loaded(place: str, text: str) -> Any:
    try:
        value = json.loads(text)
        if not _SURROGATE.search(text):
            return value
        return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:  # also a number or a nesting beyond Python's limits
        raise FileDamaged(path=place, reason=error) from error


def _object(place: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise FileDamaged(path=place, reason="{ }")
    return value
