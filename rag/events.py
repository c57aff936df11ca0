"""What happens while a question is answered, in the order in which it can be shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rag.domain import Answer, Hit, Statement


@dataclass(frozen=True, slots=True)
class Found:
    """The passages and evidence sentences of a question, before a word is generated.

    `question` is what was searched for: a follow-up as it stands alone.
    """

    question: str
    passages: tuple[Hit, ...]
    evidence: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Queued:
    """The generator has others before this question: `place` of them, 0 once it is its turn.

    It comes again while nothing changes.
    """

    place: int


@dataclass(frozen=True, slots=True)
class Written:
    """Text from the generator, not checked yet."""

    text: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A statement that stands, `text` with its markers; what was `Written` since the last one is superseded.

    `own_line`: it stands on a line of its own.
    """

    statement: Statement
    text: str
    own_line: bool = False

    def after(self, text: str) -> str:
        """What is to be said of it where `text` has been said already."""
        separator = "\n" if self.own_line else " "
        return separator + self.text if text else self.text


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was `Written` since the last checked statement is not supported and withdrawn."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The whole answer."""

    answer: Answer


Event = Found | Queued | Written | Checked | Dropped | Finished


@dataclass(frozen=True, slots=True)
class AnswerSoFar:
    """What the events of a stream add up to: `text` is checked, `provisional` is not.

    `question` is what was searched for; `place` is how many questions wait before this one; `dropped` counts what was
    withdrawn. `answer` is there once it is whole.
    """

    question: str = ""
    passages: tuple[Hit, ...] = ()
    evidence: tuple[Hit, ...] = ()
    place: int = 0
    text: str = ""
    provisional: str = ""
    dropped: int = 0
    answer: Answer | None = None

    def after(self, event: Event) -> AnswerSoFar:
        """The same with what `event` tells."""
        if isinstance(event, Found):
            return replace(self, question=event.question, passages=event.passages, evidence=event.evidence)
        if isinstance(event, Queued):
            return replace(self, place=event.place)
        if isinstance(event, Written):
            return replace(self, provisional=self.provisional + event.text)
        if isinstance(event, Checked):
            return replace(self, text=self.text + event.after(self.text), provisional="")
        if isinstance(event, Dropped):
            return replace(self, provisional="", dropped=self.dropped + 1)
        return replace(self, provisional="", answer=event.answer)


def so_far(events: Iterable[Event]) -> Iterator[AnswerSoFar]:
    """What `events` add up to after each of them."""
    state = AnswerSoFar()
    for event in events:
        state = state.after(event)
        yield state
