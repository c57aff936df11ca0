"""Statements of an answer to the sentences they rest on: find them, cite them, measure the support.

Support of a statement by sentences is the share of its content terms that they hold, weighted down for
each figure that they lack: a figure, a date or an hour that is not in the source is the worst kind of
error. A name or a figure that not one of the retrieved sentences holds, be it the question's own (« les 50
pays », « Joe Biden »), weighs the statement down alike, and so does a negation that no cited sentence has.
Who a statement names must stand in the first sentence it rests on or in one next to that: what one person
said is easily put into another's mouth. Across languages few terms agree, so there the cosine between
statement and sentence stands in, and figures are still checked. The sentences are taken greedily, the one
that adds most first, and no more than are needed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.domain import Passage
from rag.protocols import Vectors
from rag.text import terms, written_day

MOST_SENTENCES = 3
# A further sentence is cited only if it accounts for this much more of the statement.
WORTH_CITING = 0.15
# What a figure or a name without a source leaves of the support.
UNFOUNDED = 0.3
# Cosines of the default embedder lie between these for unrelated texts and for a translation.
UNRELATED, TRANSLATION = 0.81, 0.90

# A word with a capital that does not open the sentence.
_NAME = re.compile(r"(?<=[\w,;:'’)] )[\"(«]?\s?(?:[ldLD]['’])?([A-ZÀ-ÖØ-Þ][\w’'-]+(?: [A-ZÀ-ÖØ-Þ][\w’'-]+)*)")
# Characters of white space, at most.
_BETWEEN_SENTENCES = 4
_LAST_LATIN = "\u024f"
_NEGATIONS = {
    "fr": "pas|jamais|aucune?|rien|ni",
    "en": r"not|no|never|none|nothing|\w+n't",
    "de": r"nicht|nie|nichts|kein\w*",
    "es": r"no|nunca|jamás|nada|ning[uú]n\w*",
    "it": r"non|mai|niente|nulla|nessun\w*",
}


@dataclass(frozen=True, slots=True)
class Grounded:
    """A statement, the sentences that support it (none when nothing does), and how far (0..1).

    `in_their_words`: each of its terms, those of the question too, stands in these sentences or their titles; or they
    are in another language, and terms tell nothing.
    """

    text: str
    sentences: tuple[Passage, ...]
    support: float
    in_their_words: bool = True


def names(text: str) -> list[str]:
    """The proper names of `text` (« Joe Biden »), as far as capitals tell; not the words that open a sentence."""
    return [match[1] for match in _NAME.finditer(text)]


def ground(
    statement: str, language: str, sentences: Sequence[Passage], cosines: Vectors, question: str = ""
) -> Grounded:
    """The smallest set of `sentences` that supports `statement`.

    `cosines` float32 [len(sentences)] are those of the statement with each sentence. What the statement
    repeats from `question` needs no source of its own.
    """
    if not sentences:
        return Grounded(statement, (), 0.0, in_their_words=False)
    wanted = set(terms(statement, language))
    asked = set(terms(question, language))
    held = [set(terms(f"{s.text} {_dated(s)}", s.language)) for s in sentences]
    foreign = [s.language != language for s in sentences]
    everywhere = set().union(*held)
    # Words in another script than Latin, into which a small generator slips, need a source like figures do.
    claimed = {term for term in wanted if term[0].isdigit() or term[0] > _LAST_LATIN}
    named = set() if any(foreign) else {term for name in names(statement) for term in terms(name, language)}
    claimed |= named
    penalty = UNFOUNDED ** len(claimed - everywhere)

    denying = denies(statement, language)

    def support(chosen: list[int]) -> float:
        union = set().union(*(held[i] for i in chosen))
        told = wanted - asked or wanted
        share = len(told & union) / len(told) if told else 0.0
        if any(foreign[i] for i in chosen):
            closeness = (max(float(cosines[i]) for i in chosen) - UNRELATED) / (TRANSLATION - UNRELATED)
            share = max(share, min(1.0, max(0.0, closeness)))
        missing = {term for term in wanted - asked if term[0].isdigit()} - union
        reversed_ = denying and not any(denies(sentences[i].text, sentences[i].language) for i in chosen)
        return share * UNFOUNDED ** (len(missing & everywhere) + reversed_) * penalty

    chosen: list[int] = []
    best = 0.0
    while len(chosen) < MOST_SENTENCES:
        # Among equals the closer in meaning, then the better ranked.
        gains = [(support([*chosen, i]), float(cosines[i]), -i) for i in range(len(sentences)) if i not in chosen]
        if not gains:
            break
        gain, _, negative = max(gains)
        if chosen and gain - best < WORTH_CITING:
            break
        chosen.append(-negative)
        best = gain
    near = set().union(*(held[i] for i, s in enumerate(sentences) if _adjoin(s, sentences[chosen[0]])))
    best *= UNFOUNDED ** len((named & everywhere) - asked - near)
    resting = tuple(sentences[i] for i in sorted(chosen))
    theirs = set().union(*(held[i] for i in chosen), *(terms(s.title, s.language) for s in resting))
    told = wanted <= theirs or any(foreign[i] for i in chosen)
    return Grounded(statement, resting, float(np.clip(best, 0.0, 1.0)), in_their_words=told)


def _adjoin(one: Passage, other: Passage) -> bool:
    """Whether two sentences of an article are the same, or nothing but white space is between them."""
    gap = max(one.start, other.start) - min(one.end, other.end)
    return one.document == other.document and gap <= _BETWEEN_SENTENCES


def denies(text: str, language: str) -> bool:
    """Whether `text` holds a negation, which the terms of a statement do not tell."""
    return re.search(rf"\b(?:{_NEGATIONS.get(language, _NEGATIONS['fr'])})\b", text.lower()) is not None


def _dated(sentence: Passage) -> str:
    """The publication date counts as told by every sentence: an answer may turn « jeudi » into it."""
    return written_day(sentence.date, sentence.language) if sentence.date else ""
