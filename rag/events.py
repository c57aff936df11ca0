"""What happens while a question is answered, in the order in which it can be shown."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was `Written` since the last checked statement is not supported and withdrawn."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The whole answer."""

    answer: Answer


Event = Found | Queued | Written | Checked | Dropped | Finished
