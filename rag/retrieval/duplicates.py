"""Repeated passages: many newsrooms print the same wire story, each cut and set in its own way.

A passage repeats an article when its words are, one after the other, those of whole sentences of that article.
It may leave sentences out; it adds no word and changes none, so that no figure, date, name, negation or
conditional differs. What typesetters change does not count: quotation marks, apostrophes, spaces, line ends,
capitals and the accent of a first one, « ce jeudi » for « jeudi ». What was rewritten is kept apart: a passage
shown once too often costs less than one that is taken for what it does not say.

All are compared with all, exactly. For a hundred passages that takes 2.5 ms (160 tokens each) to 8 ms (400 tokens),
and 1 ms when their words have been read before: sketches such as MinHash would save nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain, pairwise

from rag.domain import Hit, Passage
from rag.text import fold, sentences

# Fewer words than these may be the same by chance: « Il n'a pas souhaité répondre ».
FEWEST_WORDS = 12
# Days between the first print of a wire story and the last. Later the same words tell of another « jeudi ».
MOST_DAYS_APART = 1

# The sign of a figure, its unit and a question mark change what is said as much as a word does.
_WORD = re.compile(r"[^\W_]+|(?<!\w)[-−–+](?=\d)|[?%‰€$£¥°<>=]")
_FIRST_ACCENTED = re.compile(r"(?<!\w)[À-ÖØ-Þ]")
_WEEKDAYS = frozenset(["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"])

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A hit and those below it that repeat its article, best first."""

    hit: Hit
    also: tuple[Hit, ...]


def group(hits: Sequence[Hit]) -> list[Group]:
    """`hits` (best first) without the repetitions, which stand in `also` of a hit above them.

    Every hit is in exactly one place and each group's `hit` keeps its rank. A repetition has all its words in the
    leading hits of one article above it, so that nothing is folded away that is not told higher up, and no chain of
    small differences forms. It joins the leading hit of that article that shares most words with it. Hits of one
    document are grouped only when one lies within the other.
    """
    groups: list[tuple[Hit, list[Hit]]] = []
    articles: dict[str, _Article] = {}
    for hit in hits:
        words = _words(hit.passage.text)
        leader = _leader(hit.passage, words, articles)
        if leader is None:
            articles.setdefault(hit.passage.document, _Article()).add(_Leader(hit.passage, words, len(groups)))
            groups.append((hit, []))
        else:
            groups[leader.number][1].append(hit)
    return [Group(hit, tuple(also)) for hit, also in groups]


@dataclass(frozen=True)
class _Leader:
    """The passage that leads the group `number`, and its words."""

    passage: Passage
    words: Words
    number: int

    @cached_property
    def sentences(self) -> list[Words]:
        return [_words(sentence) for sentence in sentences(self.passage.text)]


@dataclass(slots=True)
class _Article:
    """The leaders from one article, in the order of its text, and all their words."""

    leaders: list[_Leader] = field(default_factory=list)
    vocabulary: set[str] = field(default_factory=set)

    def add(self, leader: _Leader) -> None:
        self.leaders.append(leader)
        self.leaders.sort(key=lambda leader: leader.passage.start)
        self.vocabulary.update(leader.words)


def _leader(passage: Passage, words: Words, articles: dict[str, _Article]) -> _Leader | None:
    """The leader whose group `passage` joins, None when it repeats nothing."""
    own = articles.get(passage.document)
    for leader in own.leaders if own else ():
        if leader.passage.start <= passage.start and passage.end <= leader.passage.end:
            return leader
    if len(words) < FEWEST_WORDS:
        return None
    vocabulary = set(words)
    # Cheap test first: almost every article lacks some word of the passage, so few are compared sentence by sentence.
    for article in [a for a in articles.values() if vocabulary <= a.vocabulary and a is not own]:
        pieces = chain.from_iterable(leader.sentences for leader in article.leaders)
        if _days_apart(passage, article.leaders[0].passage) <= MOST_DAYS_APART and _is_made_of(words, pieces):
            return max(article.leaders, key=lambda leader: len(vocabulary.intersection(leader.words)))
    return None


def _days_apart(one: Passage, other: Passage) -> int:
    """Days between the two publications; 0 when a date is not known."""
    return abs((one.date - other.date).days) if one.date and other.date else 0


def _is_made_of(words: Words, pieces: Iterable[Words]) -> bool:
    """Whether `words` are some of `pieces`, whole and in order, put together."""
    reached = {0}
    for piece in pieces:
        reached |= {start + len(piece) for start in reached if words[start : start + len(piece)] == piece}
    return len(words) in reached


@lru_cache(maxsize=1024)
def _words(text: str) -> Words:
    words = tuple(chain.from_iterable(map(_parts, text.split())))
    if "ce" in words and not _WEEKDAYS.isdisjoint(words):
        return tuple(word for word, after in pairwise((*words, "")) if not (word == "ce" and after in _WEEKDAYS))
    return words


@lru_cache(maxsize=1 << 16)
def _parts(written: str) -> Words:
    """What counts between two spaces: of « (l’Élysée), » it is `l` and `elysée`, of « -5% » `-`, `5` and `%`."""
    plain = _FIRST_ACCENTED.sub(lambda capital: fold(capital[0]), unicodedata.normalize("NFKC", written))
    return tuple(_WORD.findall(plain.casefold().replace("œ", "oe")))
