"""The values that travel between the layers. All are frozen: derive a new one with `dataclasses.replace`.

Offsets count Unicode code points in `Article.text`, the text exactly as stored, so that
`article.text[start:end]` is what a passage, a citation or a sentence shows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

SegmentKind = Literal["story", "teaser", "aside", "furniture"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of an article: story, teaser for another story, aside (a caption, a tweet), furniture (never quoted).

    `title` is the headline of a teaser and empty elsewhere.
    """

    start: int
    end: int
    kind: SegmentKind
    title: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """One article of the corpus.

    `document` is the file's path relative to the folder that was read, with forward slashes; of a file that holds
    several, the place within follows (`export.jsonl#ID`, `archive.zip/inner/path.txt`). `id` is derived from it,
    `digest` is the SHA-256 of the text. `segments` are in order, disjoint and cover the whole text. `pages` are the
    offsets where its pages begin, the first one included; empty where the format has none. `provenance` says of the
    fields date, title, source and author where their values come from: "file" (what the file says of itself),
    "header" (front matter, label lines, the date header), "text", "path" or "guess".
    """

    id: str
    document: str
    text: str
    digest: str
    date: date | None
    title: str
    source: str | None
    author: str | None
    language: str
    segments: tuple[Segment, ...]
    pages: tuple[int, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)


def page_at(pages: Sequence[int], offset: int) -> int | None:
    """The number of the page, from 1, on which `offset` lies, `pages` being those of an article. None without pages."""
    return bisect_right(pages, offset) or None


@dataclass(frozen=True, slots=True)
class Heading:
    """What an article is listed by, without its text."""

    document: str
    title: str
    date: date | None
    source: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Scope:
    """The articles a question is restricted to: those that meet every filter given; an empty filter admits all.

    `documents` are names or patterns (`2025/*`, where `*` also stands for `/`), `sources` count without regard to
    case and accents, `languages` are two letters. `since` and `until` are inclusive; an article without a date
    meets neither.
    """

    documents: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Passage:
    """A quotable span of an article, a chunk or a single sentence, with what is needed to cite it."""

    id: int
    document: str
    start: int
    end: int
    text: str
    title: str
    date: date | None
    source: str | None
    kind: SegmentKind = "story"
    language: str = "fr"


def within(inner: Passage, outer: Passage) -> bool:
    """Whether `inner` is a part of `outer`."""
    return inner.document == outer.document and outer.start <= inner.start and inner.end <= outer.end


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in a passage for a question: log-odds `relevance` that it answers, and scores of its `sentences`.

    `span` are the offsets of the likeliest answer in the text, and `margin` is how much likelier (log-odds) it is than
    that there is none.
    """

    relevance: float
    sentences: tuple[float, ...]
    span: tuple[int, int]
    margin: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question; a higher `score` is better. `parts` holds the scores it was made of.

    `also` are passages of other articles that repeat this one word for word. `reading` is what the reader made of the
    passage, where it read it; `answer` are the offsets in the article of the words of a sentence that it points at.
    """

    passage: Passage
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)
    also: tuple[Passage, ...] = ()
    reading: Reading | None = None
    answer: tuple[int, int] | None = None

    @property
    def answer_text(self) -> str:
        """The words at `answer`; empty without."""
        start, end = self.answer or (self.passage.start, self.passage.start)
        return self.passage.text[start - self.passage.start : end - self.passage.start]


@dataclass(frozen=True, slots=True)
class Shown:
    """The hits that somebody asked for, how likely the articles answer, and names of what is worth knowing of them."""

    hits: tuple[Hit, ...]
    answerable: float | None = None
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """A marker `[marker]` of an answer, resolved: `quote` is the article's text from `start` to `end`.

    `page` is the number of the page it begins on, from 1, where the article has pages.
    """

    marker: int
    document: str
    title: str
    date: date | None
    source: str | None
    start: int
    end: int
    quote: str
    score: float
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer without its markers, the markers it carries, and how far they support it (0..1)."""

    text: str
    citations: tuple[int, ...]
    support: float


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation and the answer that was given."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds since the question was taken up (`load_s`: before that), and token counts of the generator."""

    load_s: float = 0.0
    retrieve_s: float = 0.0
    evidence_s: float = 0.0
    first_token_s: float = 0.0
    total_s: float = 0.0
    prompt_tokens: int = 0
    reused_tokens: int = 0
    answer_tokens: int = 0


LOW_CONFIDENCE = 0.65
"""Below it an answer is shown with a warning: people are told in words how sure it is."""


@dataclass(frozen=True, slots=True)
class ShortAnswer:
    """The words of an article that the reader points at, and the marker of the citation that holds them."""

    text: str
    citation: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered and what it rests on.

    `text` carries the markers `[n]`; each resolves to one of `citations`. When `answered` is false
    (a refusal, small talk) there are no citations. `confidence` is the probability (0..1) that the
    articles answer the question, as it was decided before a word was generated. `conflict`: two of the
    articles cited state different values of the same thing. `short_answer` is there where the reader points at words of
    what is cited.
    """

    question: str
    standalone_question: str
    text: str
    answered: bool
    confidence: float
    language: str
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    passages: tuple[Hit, ...]
    timings: Timings
    models: Mapping[str, str]
    conflict: bool = False
    short_answer: ShortAnswer | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """A snapshot of long work: `done` of `total` (0 when unknown) in `unit`s of the step named `step`."""

    step: str
    done: int
    total: int
    unit: str = ""
    detail: str = ""
