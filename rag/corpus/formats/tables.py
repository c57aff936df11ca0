"""A table of articles (.csv, .tsv), one a row, to records. The first row names the columns.

The sign between columns is the one that the first row has most of. A row that is broken, or larger than an article may
be, is reported, and the next one is read. Limit: a quotation mark that is never closed takes the rows after it with it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from rag.corpus.formats.content import Entry, InputFile, Reading
from rag.corpus.formats.lines import TextLines
from rag.corpus.formats.records import Record, read_records
from rag.errors import EmptyArticle, FileDamaged, RagError

_SEPARATORS = ",;\t|"
_MOST_COLUMNS = 1_000
# The library has one limit for the whole program, so rows are bounded by `_bounded` instead.
csv.field_size_limit(1 << 30)


def entries(source: InputFile, reading: Reading) -> Iterator[Entry]:
    """The articles in `source`. Raises EmptyArticle, FileDamaged, NotText, FileTooLarge and as `read_records` does."""
    lines = TextLines(source, reading.most_bytes)
    first = next(lines, "")
    if not first.strip():
        raise EmptyArticle(path=source.path)
    separator = max(_SEPARATORS, key=first.count) if any(sign in first for sign in _SEPARATORS) else ","
    try:
        columns = [name.strip() for name in next(csv.reader([first], delimiter=separator), [])][:_MOST_COLUMNS]
    except csv.Error as error:
        raise FileDamaged(path=source.path, reason=error) from error
    yield from read_records(source.path, _rows(source.path, lines, columns, separator, reading.most_bytes), reading)


def _rows(
    path: str, lines: TextLines, columns: list[str], separator: str, most_bytes: int
) -> Iterator[Record | RagError]:
    number = 0
    while True:
        number += 1
        lines.encoding = ""
        try:
            row = next(csv.reader(_bounded(path, lines, most_bytes), delimiter=separator))
        except StopIteration:
            return
        except csv.Error as error:
            yield FileDamaged(path=f"{path}#{number}", reason=error)
        except RagError as error:
            yield error
        else:
            if any(cell.strip() for cell in row):
                yield Record(number, dict(zip(columns, row, strict=False)), lines.encoding)


def _bounded(path: str, lines: TextLines, most_bytes: int) -> Iterator[str]:
    """The lines of a row, of which there may be many where a quotation mark is not closed."""
    left = most_bytes
    for line in lines:
        left -= len(line)
        if left < 0:
            raise FileDamaged(path=f"{path}#{lines.number}", reason='"')
        yield line
