"""What each parser of our own promises of any input, as functions that raise where the promise is broken.

`TEXTS` take any Unicode text without lone surrogates, as every decoder gives it, `BYTES` any bytes, `NAMES` any
string: what a user calls a file may be anything.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from rag.corpus import metadata, newsroom
from rag.corpus.article_files import parse, read_articles
from rag.corpus.formats import SUFFIXES, check_name, plain, web_page as web
from rag.domain import Article, Passage
from rag.errors import NotText, RagError
from rag.indexing.chunking import split_article, split_sentences
from rag.indexing.uploads import file_name, shown_name
from rag.text.dates import Period, annotate, asked_period, asks_latest, mentions
from rag.text.segmentation import sentence_spans, visible

LANGUAGES = ("fr", "en", "de", "es", "it", "pt")
DAYS = (date.min, date(2024, 2, 29), date(2025, 9, 4), date.max)
_MARKS = ("a.txt", "a.md")
_SIZES = ((3, 0), (40, 1), (200, 2))  # tokens of a chunk, sentences that overlap


def segments_cover_the_text(text: str) -> None:
    """In order, disjoint, none empty, all of the text; the text itself is untouched, and twice read the same."""
    for article in _articles(text):
        assert article.text == text
        assert [part.start for part in article.segments] == [0, *(part.end for part in article.segments[:-1])]
        assert article.segments[-1].end == len(text)
        assert all(part.start < part.end for part in article.segments)
        assert parse(text, article.document) == article
        assert {segment.kind for segment in article.segments if segment.title} <= {"teaser"}
        for value in (article.title, article.source, article.author):
            assert value is None or not set(value) & {"\n", "\r"}


def passages_quote_the_text(text: str) -> None:
    """Every passage and sentence is what stands at its offsets, lies in one segment and never quotes furniture.

    Together they hold every character of the other segments that is not white space.
    """
    for article in _articles(text):
        quotable = [part for part in article.segments if part.kind != "furniture"]
        for size, overlap in _SIZES:
            passages = split_article(article, _count_words, chunk_tokens=size, overlap_sentences=overlap)
            _check_spans(article, passages)
            for passage in passages:
                (part,) = (part for part in quotable if part.start <= passage.start < part.end)
                assert passage.end <= part.end and passage.kind == part.kind
            held = _held(passages)
            for part in quotable:
                assert all(at in held or text[at].isspace() for at in range(part.start, part.end))
            for passage in passages:
                sentences = split_sentences(article, passage)
                _check_spans(article, sentences)
                assert all(one.end <= two.start for one, two in pairwise(sentences))
                within = _held(sentences)
                assert within <= set(range(passage.start, passage.end))
                assert all(at in within or text[at].isspace() for at in range(passage.start, passage.end))


def sentences_hold_what_shows(text: str) -> None:
    """Sentences are in order, disjoint, without white space around them, and leave out nothing else."""
    spans = sentence_spans(text)
    assert all(start < end and text[start:end] == text[start:end].strip() for start, end in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    gaps = pairwise([0, *(place for span in spans for place in span), len(text)])
    assert all(not text[start:end].strip() for start, end in list(gaps)[::2])
    assert len(visible(text)) == len(text)


def dates_are_possible(text: str) -> None:
    """Nothing raises in any language on any day; spans are in order and disjoint, periods run forwards."""
    for language in LANGUAGES:
        asks_latest(text, language)
        for day in DAYS:
            found = mentions(text, language, day)
            assert all(text[one.start : one.end] == one.text for one in found)
            assert all(one.start < one.end for one in found)
            assert all(one.end <= two.start for one, two in pairwise(found))
            mentions(text, language, day, lean="past")
            asked = asked_period(text, language, day)
            for period in (*(one.period for one in found), *([asked] if asked else [])):
                assert isinstance(period, Period) and period.first <= period.last
            annotated = annotate(text, language, day)
            assert _is_within(text, annotated)


def headers_are_days(text: str) -> None:
    """What the metadata readers find lies in the text; nothing raises on a line of any kind."""
    start, day = metadata.header(text)
    assert 0 <= start <= len(text) and (day is None or start)
    for line in text.splitlines():
        newsroom.role(line)
        newsroom.byline(line)
        newsroom.outlet(line)
        metadata.label(line)
        assert newsroom.comparable(newsroom.comparable(line)) == newsroom.comparable(line)
    title = metadata.title_from(text)
    assert len(title) <= metadata.TITLE_LENGTH and not set(title) & {"\n", "\r"}


def names_are_safe(name: str) -> None:
    """A name that is taken becomes one that lies in the folder, can be shown and written, and stays what it is."""
    shown = shown_name(name)
    assert not any(unicodedata.category(sign)[0] == "C" for sign in shown)
    try:
        check_name(shown)
    except NotText:
        return
    safe = file_name(name)
    assert Path(safe).name == safe and not safe.startswith((".", "-")) and Path(safe).suffix in SUFFIXES
    assert len(safe.encode()) < 200
    assert all(sign.isalnum() or sign in "._-" or unicodedata.category(sign) == "Mn" for sign in safe)
    assert file_name(safe) == safe


def bytes_become_text(content: bytes) -> None:
    """Text without NUL and lone surrogates, or NotText; what is UTF-8 is taken as such."""
    for declared in ("", web.charset(content)):
        try:
            text, _ = plain.decode("a.txt", content, declared)
        except NotText:
            continue
        assert "\0" not in text
        assert text.encode("utf-8").decode("utf-8") == text
        if not content.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")) and _is_utf8(content):
            assert text == content.decode("utf-8")


def files_are_read_or_refused(content: bytes) -> None:
    """A file of any name and content is read as articles with offsets that hold, or refused for one of our reasons."""
    with TemporaryDirectory() as folder:
        for suffix in SUFFIXES:
            path = Path(folder, f"a{'.txt' if suffix == '.gz' else ''}{suffix}")
            path.write_bytes(content)
            told: list[RagError] = []
            names: list[str] = []
            try:
                for article, _ in read_articles(path, path.name, on_problem=told.append):
                    names.append(article.document)
                    assert article.text.encode("utf-8") and article.document.encode("utf-8")
                    assert article.segments[-1].end == len(article.text)
                    assert list(article.pages) == sorted(article.pages) and article.pages[-1:] <= (len(article.text),)
                    assert article.pages[:1] in ((), (0,))
                    for value in (article.title, article.source, article.author):
                        (value or "").encode("utf-8")
            except RagError as error:
                told.append(error)
            assert names or told
            assert len(set(names)) == len(names)
            assert all(error.message("fr") and error.next_step("fr") for error in told)


def _articles(text: str) -> Iterator[Article]:
    """`text` as each kind of file; none where it is blank, which no reader lets through."""
    if text.strip():
        yield from (parse(text, name) for name in _MARKS)


def _check_spans(article: Article, spans: Sequence[Passage]) -> None:
    assert all(article.text[span.start : span.end] == span.text == span.text.strip() != "" for span in spans)
    assert len({span.id for span in spans}) == len(spans)
    assert all(0 <= span.id < 1 << 63 for span in spans)
    assert all(one.start <= two.start and one.end < two.end for one, two in pairwise(spans))


def _held(spans: Sequence[Passage]) -> set[int]:
    return {at for span in spans for at in range(span.start, span.end)}


def _count_words(text: str) -> int:
    return len(text.split())


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_within(text: str, longer: str) -> bool:
    """Whether `longer` is `text` with something added."""
    rest = iter(longer)
    return all(sign in rest for sign in text)


TEXTS: dict[str, Callable[[str], None]] = {
    check.__name__: check
    for check in (
        segments_cover_the_text,
        passages_quote_the_text,
        sentences_hold_what_shows,
        dates_are_possible,
        headers_are_days,
    )
}
NAMES: dict[str, Callable[[str], None]] = {names_are_safe.__name__: names_are_safe}
BYTES: dict[str, Callable[[bytes], None]] = {
    check.__name__: check for check in (bytes_become_text, files_are_read_or_refused)
}
