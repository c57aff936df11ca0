"""The queue for the generator: owners take turns, places are told, who leaves makes room."""

from __future__ import annotations

import threading
import time

import pytest

from rag.errors import QueueFull
from rag.runtime.fair_queue import FairQueue, Ticket


def served(queue: FairQueue, tickets: dict[str, Ticket]) -> list[str]:
    """The names of `tickets` in the order in which their turns come."""
    order = []
    while tickets:
        (name,) = (name for name, ticket in tickets.items() if ticket.wait(0) == 0)
        order.append(name)
        tickets.pop(name).close()
    return order


@pytest.mark.parametrize(
    ("arrivals", "order"),
    [
        ("a1", "a1"),
        ("a1 a2 a3", "a1 a2 a3"),
        ("a1 a2 a3 b1", "a1 b1 a2 a3"),
        ("a1 a2 a3 b1 b2 c1", "a1 b1 c1 a2 b2 a3"),
        ("a1 b1 c1 a2", "a1 b1 c1 a2"),
    ],
)
def test_owners_take_turns(arrivals: str, order: str) -> None:
    queue = FairQueue()
    tickets = {name: queue.join(owner=name[0]) for name in arrivals.split()}
    assert served(queue, tickets) == order.split()


def test_who_keeps_asking_does_not_overtake_who_waits() -> None:
    queue = FairQueue()
    waiting = {name: queue.join(name[0]) for name in ("a1", "a2", "a3", "b1")}
    order = []
    for number in range(2, 5):
        # b asks its next question as soon as its last one is answered.
        while f"b{number - 1}" in waiting:
            (name,) = (name for name, ticket in waiting.items() if ticket.wait(0) == 0)
            order.append(name)
            waiting.pop(name).close()
        waiting[f"b{number}"] = queue.join("b")
    assert order + served(queue, waiting) == ["a1", "b1", "a2", "b2", "a3", "b3", "b4"]


def test_a_turn_that_was_not_taken_does_not_count() -> None:
    queue = FairQueue()
    first = queue.join("a")
    for _ in range(5):
        queue.join("b").close()
    tickets = {"a1": first, "a2": queue.join("a"), "b1": queue.join("b")}
    assert served(queue, tickets) == ["a1", "b1", "a2"]


def test_places_are_told_until_it_is_ones_turn() -> None:
    queue = FairQueue()
    first, second, third = (queue.join(owner) for owner in "abc")
    assert [ticket.wait(0) for ticket in (first, second, third)] == [0, 1, 2]
    second.close()
    second.close()
    assert [ticket.wait(0) for ticket in (first, third)] == [0, 1]
    assert queue.join("d").wait(0) == 2
    assert first.wait(60) == 0  # it stays one's turn, and there is nothing to wait for
    first.close()
    assert third.wait(0) == 0
    with pytest.raises(ValueError):
        first.wait(0)


def test_waiting_ends_with_the_turn_or_with_the_time() -> None:
    queue = FairQueue()
    first, second = queue.join("a"), queue.join("b")
    start = time.monotonic()
    assert second.wait(0.05) == 1
    assert 0.05 <= time.monotonic() - start < 30
    threading.Timer(0.05, first.close).start()
    assert second.wait(60) == 0
    assert time.monotonic() - start < 30


def test_a_full_queue_refuses_and_forgets_who_was_refused() -> None:
    queue = FairQueue(most=2)
    tickets = [queue.join("a"), queue.join("b")]
    with pytest.raises(QueueFull) as refused:
        queue.join("c")
    assert "2" in refused.value.message("fr") and refused.value.exit_code == 1
    tickets[0].close()
    assert queue.join("c").wait(0) == 1


def test_one_at_a_time_whatever_the_threads_do() -> None:
    queue = FairQueue()
    inside = 0
    most = 0

    def visit(owner: str) -> None:
        nonlocal inside, most
        with queue.join(owner) as ticket:
            while ticket.wait(0.01):
                pass
            inside += 1
            most = max(most, inside)
            time.sleep(0.002)
            inside -= 1

    threads = [threading.Thread(target=visit, args=(str(i % 4),)) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert (inside, most) == (0, 1)
    assert queue.join("a").wait(0) == 0
