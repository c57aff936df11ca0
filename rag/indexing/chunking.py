"""An article to passages: the story cut on paragraph ends, where a paragraph is too long on sentence ends.

langchain-text-splitters merges the pieces up to the size, counted in the embedder's own tokens. It is
given pieces that together are the text and told to keep white space, so that passages lie end to end and
offsets follow by addition. A passage then also takes the last sentences of the one before (`overlap`).
Furniture is in no passage; a teaser is a passage apart. Every character of story and teasers is covered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import groupby, pairwise

from rag.domain import Article, Passage, Segment
from rag.text import Span, sentence_spans

CountTokens = Callable[[str], int]

# A paragraph is one thought: up to this many tokens it stays whole, whatever the chunk size. On native French
# questions over paragraphs +0.03 nDCG@10 against cutting at 160 tokens.
LONGEST_PARAGRAPH = 400

# Characters without a full stop that are taken apart at a time: the library holds every word of them.
_STRETCH = 100_000


class _ParagraphSplitter:
    """Merges short paragraphs, and the sentences of those that are too long, up to the chunk size."""

    def __init__(self, chunk_size: int, count_tokens: CountTokens) -> None:
        # Imported here: the library costs a question a tenth of a second, and a question splits nothing.
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        self._chunk_size = chunk_size
        self._count_tokens = count_tokens
        # Its separators are for a sentence that alone is too long (a table, text without full stops).
        self._words = RecursiveCharacterTextSplitter(
            separators=["; ", ", ", " ", ""],
            keep_separator="end",
            chunk_size=chunk_size,
            chunk_overlap=0,
            length_function=self._length,
            strip_whitespace=False,
        )

    def _length(self, text: str) -> int:
        # A piece of no tokens (an empty line) would be repeated in the next chunk: it would cost nothing.
        return self._count_tokens(text) or int(bool(text))

    def split_text(self, text: str) -> list[str]:
        chunks: list[str] = []
        for short, run in groupby(self._pieces(text), lambda piece: self._fits(piece, self._chunk_size)):
            pieces = list(run)
            chunks += self._words._merge_splits(pieces, separator="") if short else pieces
        return chunks

    def _pieces(self, text: str) -> Iterator[str]:
        for paragraph in text.splitlines(keepends=True):
            if self._fits(paragraph, max(self._chunk_size, LONGEST_PARAGRAPH)):
                yield paragraph
                continue
            starts = [start for start, _ in sentence_spans(paragraph)]
            for start, end in pairwise([0, *starts[1:], len(paragraph)]):
                sentence = paragraph[start:end]
                if self._fits(sentence, self._chunk_size):
                    yield sentence
                    continue
                for place in range(0, len(sentence), _STRETCH):
                    yield from self._words.split_text(sentence[place : place + _STRETCH])

    def _fits(self, text: str, tokens: int) -> bool:
        # A token is at least one character: the cheap test spares tokenising what is surely too long.
        return len(text) <= tokens * 40 and self._length(text) <= tokens


def split_article(
    article: Article, count_tokens: CountTokens, *, chunk_tokens: int, overlap_sentences: int
) -> list[Passage]:
    """The passages of `article`, in order.

    Short paragraphs are merged up to `chunk_tokens`, one of up to LONGEST_PARAGRAPH is a passage by itself, a longer
    one is cut. The overlap added then stops at half of `chunk_tokens`.
    """
    splitter = _ParagraphSplitter(chunk_tokens, count_tokens)
    passages = []
    for segment in article.segments:
        if segment.kind == "furniture":
            continue
        previous: Span | None = None
        for start, end in _spans(splitter, article.text, segment):
            lead = start
            if previous and overlap_sentences:
                lead = _overlap_start(article.text, previous, start, overlap_sentences, count_tokens, chunk_tokens // 2)
            passages.append(_span(article, segment, "passage", lead, end))
            previous = (start, end)
    return passages


def split_sentences(article: Article, passage: Passage) -> list[Passage]:
    """The sentences of `passage` as passages of their own."""
    segment = Segment(passage.start, passage.end, passage.kind, passage.title if passage.kind == "teaser" else "")
    return [
        _span(article, segment, "sentence", passage.start + start, passage.start + end)
        for start, end in sentence_spans(passage.text)
    ]


def _span(article: Article, segment: Segment, level: str, start: int, end: int) -> Passage:
    """The span of `article` from `start` to `end`, with an id that depends on level, document, place and text."""
    text = article.text[start:end]
    key = f"{level}\0{article.document}\0{start}\0{end}\0{text}".encode("utf-8", "surrogatepass")
    return Passage(
        id=int.from_bytes(hashlib.sha256(key).digest()[:8], "big") >> 1,
        document=article.document,
        start=start,
        end=end,
        text=text,
        title=segment.title or article.title,
        date=article.date,
        source=article.source,
        kind=segment.kind,
        language=article.language,
    )


def _spans(splitter: _ParagraphSplitter, text: str, segment: Segment) -> Iterator[Span]:
    """Spans of the chunks without surrounding white space; chunks of white space alone are left out."""
    start = segment.start
    for chunk in splitter.split_text(text[segment.start : segment.end]):
        if stripped := chunk.strip():
            left = start + len(chunk) - len(chunk.lstrip())
            yield left, left + len(stripped)
        start += len(chunk)


def _overlap_start(text: str, previous: Span, start: int, count: int, count_tokens: CountTokens, limit: int) -> int:
    left, right = previous
    for sentence_start, _ in reversed(sentence_spans(text[left:right])[-count:]):
        candidate = left + sentence_start
        if count_tokens(text[candidate:start]) > limit:
            break
        start = candidate
    return start
