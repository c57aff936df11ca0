"""An answer as it comes into being: what the events of a stream add up to so far."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Literal

from rag.contracts import answer_object
from rag.domain import Hit
from rag.events import Checked, Dropped, Event, Finished, Found, Queued, Written

State = Literal["idle", "loading", "searching", "queued", "writing", "finished", "stopped", "failed"]


@dataclass(slots=True)
class LiveAnswer:
    """One exchange under way. `text` is checked, `provisional` is not; `place` is how many questions wait before it.

    `failure` and `next_step` say in the user's language what went wrong and what to do.
    """

    question: str = ""
    state: State = "idle"
    place: int = 0
    standalone: str = ""
    passages: tuple[Hit, ...] = ()
    evidence: tuple[Hit, ...] = ()
    checked: list[str] = field(default_factory=list)
    provisional: str = ""
    dropped: int = 0
    answer: dict[str, Any] | None = None
    failure: str = ""
    next_step: str = ""
    began: float = field(default_factory=time.monotonic)

    @property
    def busy(self) -> bool:
        """Whether more is to come."""
        return self.state in ("loading", "searching", "queued", "writing")

    def take(self, event: Event) -> None:
        """Adds what `event` tells."""
        if isinstance(event, Found):
            self.state = "writing"
            self.standalone, self.passages, self.evidence = event.question, event.passages, event.evidence
        elif isinstance(event, Queued):
            self.state, self.place = "queued" if event.place else "writing", event.place
        elif isinstance(event, Written):
            self.provisional += event.text
        elif isinstance(event, Checked):
            self.checked.append(event.text)
            self.provisional = ""
        elif isinstance(event, Dropped):
            self.provisional = ""
            self.dropped += 1
        elif isinstance(event, Finished):
            self.state, self.provisional = "finished", ""
            self.answer = answer_object(event.answer, 1)

    def fail(self, message: str, next_step: str) -> None:
        """Nothing more comes, and why."""
        self.state, self.failure, self.next_step, self.provisional = "failed", message, next_step, ""

    def stop(self) -> None:
        """Nothing more comes, as the user wanted."""
        if self.busy:
            self.state, self.provisional = "stopped", ""
