"""A fair queue for something that one holds at a time, such as the context of a generator.

Owners take turns: who asks three questions at once waits with the second until everyone else who waits has had one.
A ticket belongs to the round after that of its owner's last ticket, or to the present one if that is later. Tickets
are served by round, within a round in order of arrival (start-time fair queueing, Goyal et al. 1996, all turns of one
length).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from rag.errors import QueueFull

MOST = 32
# Seconds that a ticket waited for its turn, and that it had it.
OnTurn = Callable[[float, float], None]


class FairQueue:
    """Hands out tickets, at most `most` that are open at a time. For any number of threads.

    `on_turn` is told of each turn that is over.
    """

    def __init__(self, most: int = MOST, on_turn: OnTurn = lambda waited_s, held_s: None) -> None:
        self._most = most
        self._on_turn = on_turn
        self._changed = threading.Condition()
        self._serving: Ticket | None = None
        self._waiting: list[Ticket] = []
        # The round of whoever is or was last served, and of each owner's last ticket.
        self._round = 0
        self._last_rounds: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._waiting) + (self._serving is not None)

    def join(self, owner: str) -> Ticket:
        """A place for `owner`, to be closed by whoever took it. Raises QueueFull."""
        with self._changed:
            if len(self) >= self._most:
                raise QueueFull(limit=self._most)
            ticket = Ticket(self, owner, max(self._round, self._last_rounds.get(owner, -1) + 1))
            self._last_rounds[owner] = ticket.round
            self._waiting.append(ticket)
            # Stable: within a round those who came first stay first.
            self._waiting.sort(key=lambda one: one.round)
            self._serve()
            return ticket

    def _serve(self) -> None:
        """Gives the next in line its turn if nobody has it."""
        if self._serving is not None:
            return
        if self._waiting:
            self._serving = self._waiting.pop(0)
            self._serving.served = time.monotonic()
            self._round = self._serving.round
            # An owner whose last round is over is like one who never asked.
            self._last_rounds = {owner: last for owner, last in self._last_rounds.items() if last >= self._round}
        else:
            self._last_rounds.clear()
        self._changed.notify_all()

    def _wait(self, ticket: Ticket, seconds: float) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self._serving is ticket, seconds)
            return 0 if self._serving is ticket else self._waiting.index(ticket) + 1

    def _leave(self, ticket: Ticket) -> None:
        with self._changed:
            if self._serving is ticket:
                self._serving = None
                self._on_turn(ticket.served - ticket.joined, time.monotonic() - ticket.served)
            elif ticket in self._waiting:
                self._waiting.remove(ticket)
                if self._last_rounds.get(ticket.owner) == ticket.round:
                    self._last_rounds[ticket.owner] -= 1  # a turn that was not taken does not count
            self._serve()


class Ticket:
    """A place in a queue, kept until it is closed; a context manager."""

    def __init__(self, queue: FairQueue, owner: str, round_: int) -> None:
        self._queue = queue
        self.owner = owner
        self.round = round_
        self.joined = self.served = time.monotonic()

    def wait(self, seconds: float) -> int:
        """0 as soon as it is one's turn, or after `seconds` how many are before one. Raises ValueError once closed."""
        return self._queue._wait(self, seconds)

    def close(self) -> None:
        """Gives the place to the next; again it does nothing."""
        self._queue._leave(self)

    def __enter__(self) -> Ticket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
