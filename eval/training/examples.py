"""What the reader is shown: a question with a passage that answers it and with others that do not.

Those that do not are what the product found first, other passages of the same article, the passage itself without the
sentence that answers, and, for a question whose name or number was changed, the passage itself. Everything is drawn by
seed and step alone, so that a run that goes on after a kill sees what it would have seen.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from eval.training.material import Material, Place, Question
from eval.training.mining import Mined
from eval.training.tampering import changed, names_in, typed
from rag.embedding import Encode, Pair, TokenisedPassage, pair, passage_tokens, question_tokens
from rag.text import fold, sentence_spans

_LONG_ENOUGH = 4
"""Answers of fewer characters stand in many passages by chance."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a question is shown with: passages found, and the shares of questions with the other kinds of passage."""

    found: int = 1
    deepest: int = 12
    emptied: float = 0.5
    same_article: float = 0.25
    changed: float = 0.3
    titled: float = 0.5
    foreign: float = 0.5


@dataclass(frozen=True, slots=True)
class Example:
    """One pair. `answer`: the first and the last token of the answer as places in `pair.ids`; None where there is none.

    `sentences` are the sentences of the pair, by place among its own, that hold the answer.
    """

    pair: Pair
    answer: tuple[int, int] | None
    sentences: tuple[int, ...]


class Examples:
    """The examples of the questions that are not held out."""

    def __init__(self, material: Material, mined: Mined, encode: Encode, recipe: Recipe, seed: int) -> None:
        self._material = material
        self._mined = mined
        self._encode = encode
        self._recipe = recipe
        self._seed = seed
        self._tokenised: dict[tuple[str, str], TokenisedPassage] = {}
        self._questions = [question for question in material.questions if not question.held_out]
        self._held_out = frozenset(question.article for question in material.questions if question.held_out)

    def step(self, number: int, questions: int) -> list[list[Example]]:
        """The groups of step `number`, one for each of so many `questions`, all questions once before any twice."""
        groups = []
        for place in range(number * questions, (number + 1) * questions):
            epoch, rest = divmod(place, len(self._questions))
            chance = random.Random(f"{self._seed} {place}")
            groups.append(self._group(self._order(epoch)[rest], chance))
        return groups

    def tokenised(self, text: str, title: str) -> TokenisedPassage:
        """The tokens of a passage, made once."""
        known = self._tokenised.get((text, title))
        if known is None:
            known = self._tokenised[text, title] = passage_tokens(text, title, sentence_spans(text), self._encode)
        return known

    @cached_property
    def _names(self) -> Mapping[str, tuple[str, ...]]:
        """The names that questions in each language hold."""
        held: dict[str, dict[str, None]] = {}
        for question in self._questions:
            for language, text in question.text.items():
                held.setdefault(language, {}).update(dict.fromkeys(names_in(text, language)))
        return {language: tuple(names) for language, names in held.items()}

    def _order(self, epoch: int) -> list[Question]:
        chance = random.Random(f"{self._seed} epoch {epoch}")
        return chance.sample(self._questions, len(self._questions))

    def _group(self, question: Question, chance: random.Random) -> list[Example]:
        recipe = self._recipe
        asked = chance.choice(sorted(question.text))
        told = asked if chance.random() > recipe.foreign else chance.choice(sorted(question.answers))
        original = question.text[asked]
        text = typed(original, asked, chance)
        place = chance.choice(question.answers[told])
        home, start, end = self._home(question, asked, place)
        title = self._title(place[0], chance)
        ids = question_tokens(text, self._encode)
        group = [self._answering(ids, home, title, (start, end))]
        wrong = self._wrong(question, asked, chance)
        group += [self._empty(ids, text_, title_) for text_, title_ in wrong[: recipe.found]]
        drawn = chance.random()
        if drawn < recipe.emptied and (rest := _without(home, start, end)):
            group.append(self._empty(ids, rest, title))
        elif drawn < recipe.emptied + recipe.same_article and (others := self._same_article(question, place)):
            group.append(self._empty(ids, chance.choice(others), title))
        elif len(wrong) > recipe.found:
            group.append(self._empty(ids, *wrong[recipe.found]))
        if chance.random() < recipe.changed:
            other = changed(original, asked, home, self._names.get(asked, ()), chance)
            if other:
                other_ids = question_tokens(typed(other, asked, chance), self._encode)
                group.append(self._empty(other_ids, home, title))
        return group

    def _home(self, question: Question, language: str, place: Place) -> tuple[str, int, int]:
        """The text of a passage that holds the answer, and where it stands in it: the first one found, if one was."""
        document, start, end = place
        holding = self._mined.holding(place)
        if not holding:  # cut in two by the borders of passages
            text = self._material.documents[document]
            first = text.rfind("\n\n", 0, start) + 2 if "\n\n" in text[:start] else 0
            last = text.find("\n\n", end)
            return text[first : last if last > 0 else len(text)], start - first, end - first
        ranked = [id_ for id_ in self._mined.found[question.id, language].passages if id_ in holding]
        passage = self._mined.passages[(ranked or holding)[0]]
        return passage.text, start - passage.start, end - passage.start

    def _title(self, document: str, chance: random.Random) -> str:
        return self._material.titles[document] if chance.random() < self._recipe.titled else ""

    def _answering(self, ids: Sequence[int], text: str, title: str, span: tuple[int, int]) -> Example:
        made = pair(ids, self.tokenised(text, title))
        return Example(made, *answer_in(made, span))

    def _empty(self, ids: Sequence[int], text: str, title: str) -> Example:
        return Example(pair(ids, self.tokenised(text, title)), None, ())

    def _wrong(self, question: Question, language: str, chance: random.Random) -> list[tuple[str, str]]:
        """Passages found that do not answer, with titles, the better the likelier first."""
        found = self._mined.found[question.id, language].passages
        taken = {id_ for places in question.answers.values() for place in places for id_ in self._mined.holding(place)}
        answers = [
            fold(self._material.documents[document][start:end])
            for places in question.answers.values()
            for document, start, end in places
            if end - start >= _LONG_ENOUGH
        ]
        usable = []
        for id_ in found:
            passage = self._mined.passages[id_]
            seen = fold(passage.text)
            is_free = id_ not in taken and not any(answer in seen for answer in answers)
            if is_free and self._material.titles[passage.document] not in self._held_out:
                usable.append(passage)
        usable = usable[: self._recipe.deepest]
        keys = {passage.id: chance.random() * (place + 1) for place, passage in enumerate(usable)}
        return [
            (passage.text, self._title(passage.document, chance))
            for passage in sorted(usable, key=lambda passage: keys[passage.id])
        ]

    def _same_article(self, question: Question, place: Place) -> list[str]:
        answer = fold(self._material.documents[place[0]][place[1] : place[2]])
        return [
            passage.text
            for passage in self._mined.of_document.get(place[0], ())
            if (passage.end <= place[1] or passage.start >= place[2]) and answer not in fold(passage.text)
        ]


def answer_in(made: Pair, span: tuple[int, int]) -> tuple[tuple[int, int] | None, tuple[int, ...]]:
    """The tokens of `span` of the passage as places in the pair, and its sentences; none where it did not fit."""
    first = int(np.searchsorted(made.passage.ends, span[0], "right"))
    last = int(np.searchsorted(made.passage.starts, span[1])) - 1
    places = made.words[0] + first, made.words[0] + last
    if last < first or places[1] >= made.words[1]:
        return None, ()
    held = [
        number
        for number, (start, end) in enumerate(made.sentences())
        if start < end and start <= places[1] and places[0] < end
    ]
    return places, tuple(held)


def _without(text: str, start: int, end: int) -> str:
    """`text` without the sentences that touch the span; empty where nothing stays or the answer stands elsewhere."""
    kept = [text[first:last] for first, last in sentence_spans(text) if last <= start or first >= end]
    rest = " ".join(kept)
    return rest if fold(text[start:end]) not in fold(rest) else ""
