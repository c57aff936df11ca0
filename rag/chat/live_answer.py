"""An answer as it comes into being on the page: what its events add up to, and how the question stands."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from rag.contracts import answer_object
from rag.events import AnswerSoFar, Event, Finished, Found, Queued

State = Literal["idle", "loading", "searching", "queued", "writing", "finished", "stopped", "failed"]


@dataclass(slots=True)
class LiveAnswer:
    """One exchange under way. `so_far` is what is said of it, `answer` the whole of it as it is kept.

    `failure` and `next_step` say in the user's language what went wrong and what to do.
    """

    question: str = ""
    state: State = "idle"
    so_far: AnswerSoFar = field(default_factory=AnswerSoFar)
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
        self.so_far = self.so_far.after(event)
        if isinstance(event, Found):
            self.state = "writing"
        elif isinstance(event, Queued):
            self.state = "queued" if event.place else "writing"
        elif isinstance(event, Finished):
            self.state, self.answer = "finished", answer_object(event.answer, 1)

    def fail(self, message: str, next_step: str) -> None:
        """Nothing more comes, and why."""
        self.state, self.failure, self.next_step = "failed", message, next_step
        self._withdraw()

    def stop(self) -> None:
        """Nothing more comes, as the user wanted."""
        if self.busy:
            self.state = "stopped"
            self._withdraw()

    def _withdraw(self) -> None:
        self.so_far = replace(self.so_far, provisional="")
