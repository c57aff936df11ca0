"""What holds of kept conversations wherever they lie: kept apart by owner, found again, shared by threads.

A module of tests imports all of these and has the fixtures `again`, which opens the same conversations once more, and
`store`, the conversations opened.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from rag.chat.history import KEPT_AFTER_DELETION, ConversationStore, Exchange
from rag.domain import Turn

NOW = datetime(2025, 9, 4, 12, 0, tzinfo=timezone.utc)


class Clock:
    """Goes on by a second each time it is read."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


Again = Callable[[Clock], ConversationStore]


def answer(question: str, text: str = "Rien de neuf. [1]") -> dict[str, Any]:
    return {"id": 1, "question": question, "answer": text, "answered": True, "citations": []}


def titles(store: ConversationStore, owner: str = "a", search: str = "") -> list[str]:
    return [summary.title for summary in store.conversations(owner, search)]


def test_a_conversation_comes_back_as_it_was(store: ConversationStore, again: Again) -> None:
    first, second = answer("Qui préside ?", "Macron. [1]"), answer("Et\n Starmer ?", "Aussi. [1]")
    conversation_id, one = store.record(None, "a", first)
    same, two = store.record(conversation_id, "a", second)
    store.close()
    with closing(again(Clock())) as reopened:
        loaded = reopened.load("a", conversation_id)
        (summary,) = reopened.conversations("a")
    asked = NOW + timedelta(seconds=2), NOW + timedelta(seconds=3)  # opening read the clock before
    assert same == conversation_id and loaded is not None
    assert loaded.exchanges == (
        Exchange(one, "Qui préside ?", first, asked[0]),
        Exchange(two, "Et\n Starmer ?", second, asked[1]),
    )
    assert (loaded.title, loaded.updated_at) == ("Qui préside ?", asked[1])
    assert (summary.id, summary.title, summary.updated_at, summary.count) == (same, "Qui préside ?", asked[1], 2)


@pytest.mark.parametrize(
    ("question", "title"),
    [(" Qui\n préside ? ", "Qui préside ?"), ("mot " * 40, "mot " * 19 + "mot…"), ("x" * 99, "x" * 79 + "…")],
)
def test_the_title_is_the_first_question_on_one_line(store: ConversationStore, question: str, title: str) -> None:
    store.record(None, "a", answer(question))
    assert titles(store) == [title]


def test_the_conversation_last_added_to_comes_first(store: ConversationStore) -> None:
    old, _ = store.record(None, "a", answer("ancienne"))
    store.record(None, "a", answer("récente"))
    assert titles(store) == ["récente", "ancienne"]
    store.record(old, "a", answer("suite"))
    assert titles(store) == ["ancienne", "récente"]
    assert [summary.title for summary in store.conversations("a", limit=1)] == ["ancienne"]


def test_an_owner_neither_sees_nor_changes_what_is_anothers(store: ConversationStore) -> None:
    theirs, exchange = store.record(None, "b", answer("secret"))
    store.mark("b", exchange, "good")
    before = store.load("b", theirs)
    assert titles(store, "a") == titles(store, "a", "secret") == []
    assert store.marked("a") == []
    assert store.load("a", theirs) is None
    assert not store.delete("a", theirs)
    assert not store.truncate("a", theirs, exchange)
    assert not store.mark("a", exchange, "wrong", "faux")
    own, _ = store.record(theirs, "a", answer("à moi"))
    assert own != theirs and titles(store, "a") == ["à moi"]
    assert store.load("b", theirs) == before
    assert store.delete("b", theirs) and not store.restore("a", theirs) and store.restore("b", theirs)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("elysee", True),
        ("ÉLYSÉE", True),
        ("l’Élysée", True),
        ("lysé", True),
        ("réunion sommet", True),  # a word of the question and one of the answer to another
        ("réunion absent", False),
        ('"foo*', False),
        ("NEAR(", False),
        ("%", False),
        ("_", False),
        ("' OR 1=1 --", False),
        ("100\\%", False),
        ('[{"', False),
        ("a AND NOT b", False),
        ("\ud800", False),
        ("\x00", True),  # no word at all
        ("mot " * 3000, False),
        (" \n", True),
    ],
)
def test_a_search_takes_any_text_as_words(store: ConversationStore, search: str, found: bool) -> None:
    conversation_id, _ = store.record(None, "a", answer("Où est la réunion ?", "À l'Élysée. [1]"))
    store.record(conversation_id, "a", answer("Et le suivant ?", "Le sommet est à Pékin. [1]"))
    store.record(None, "b", answer("Élysée réunion sommet", search))
    assert len(store.conversations("a", search)) == found


@pytest.mark.parametrize("text", ['"foo*', "NEAR(", "50 %", "'; DROP TABLE exchange; --", '{"a": [', "Straße cœur"])
def test_what_was_written_is_found_again(store: ConversationStore, text: str) -> None:
    store.record(None, "a", answer(f"Avant {text} après"))
    store.record(None, "a", answer("autre chose"))
    assert titles(store, search=text) == [f"Avant {text} après"]


def test_what_was_deleted_can_be_had_back_for_a_while(again: Again) -> None:
    clock = Clock()
    with closing(again(clock)) as store:
        kept, gone = (store.record(None, "a", answer(text))[0] for text in ("rendu", "effacé"))
        exchange_id = store.record(kept, "a", answer("suite"))[1]
        assert store.mark("a", exchange_id, "wrong")
        assert store.delete("a", kept) and store.delete("a", gone)
        assert titles(store) == [] and store.load("a", kept) is None and store.marked("a") == []
        assert not store.delete("a", kept) and not store.mark("a", exchange_id, "good")
        assert store.restore("a", kept) and not store.restore("a", kept)
        assert titles(store) == ["rendu"]
    clock.now += KEPT_AFTER_DELETION - timedelta(minutes=1)
    with closing(again(clock)) as store:
        assert store.restore("a", gone) and store.delete("a", gone)
    clock.now += KEPT_AFTER_DELETION + timedelta(minutes=1)
    with closing(again(clock)) as store:
        assert not store.restore("a", gone)
        assert titles(store) == ["rendu"]


def test_an_edited_question_takes_what_followed_with_it(store: ConversationStore) -> None:
    conversation_id, first = store.record(None, "a", answer("un"))
    _, second = store.record(conversation_id, "a", answer("deux"))
    store.record(conversation_id, "a", answer("trois"))
    other, _ = store.record(None, "a", answer("ailleurs"))
    assert not store.truncate("a", other, second)
    assert store.truncate("a", conversation_id, second)
    assert store.record(conversation_id, "a", answer("deux bis"))[0] == conversation_id
    loaded = store.load("a", conversation_id)
    assert loaded and [exchange.question for exchange in loaded.exchanges] == ["un", "deux bis"]
    assert store.truncate("a", conversation_id, first)
    assert store.load("a", conversation_id) is None and titles(store) == ["ailleurs"]
    store.record(conversation_id, "a", answer("un bis"))
    assert titles(store) == ["un bis", "ailleurs"]


def test_marked_exchanges_come_with_what_was_said_before(store: ConversationStore) -> None:
    conversation_id, first = store.record(None, "a", answer("un", "1"))
    _, second = store.record(conversation_id, "a", answer("deux", "2"))
    store.record(conversation_id, "a", answer("trois", "3"))
    assert store.mark("a", second, "wrong", "c'est l'inverse") and store.mark("a", first, "good")
    good, wrong = store.marked("a")
    assert (good.exchange.id, good.exchange.verdict, good.history) == (first, "good", ())
    assert (wrong.exchange.verdict, wrong.exchange.remark) == ("wrong", "c'est l'inverse")
    assert wrong.history == (Turn("un", "1"),)
    assert store.mark("a", second, "") and [each.exchange.id for each in store.marked("a")] == [first]


def test_half_of_a_surrogate_pair_does_no_harm(store: ConversationStore) -> None:
    conversation_id, exchange_id = store.record(None, "a", answer("\ud83d ?", "\udc00"))
    assert store.mark("a", exchange_id, "wrong", "\ud800")
    loaded = store.load("a", conversation_id)
    assert loaded and (loaded.title, loaded.exchanges[0].answer["answer"]) == ("? ?", "?")


def test_threads_share_a_store(store: ConversationStore) -> None:
    conversation_id, _ = store.record(None, "a", answer("début"))

    def add(number: int) -> int:
        store.record(conversation_id, "a", answer(f"question {number}"))
        loaded = store.load("a", conversation_id)
        return len(loaded.exchanges) if loaded else 0

    with ThreadPoolExecutor(2) as pool:
        seen = list(pool.map(add, range(40)))
    assert max(seen) == 41
    loaded = store.load("a", conversation_id)
    assert loaded and {e.question for e in loaded.exchanges} == {"début", *(f"question {n}" for n in range(40))}
