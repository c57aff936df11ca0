"""Conversations in the database of a shared index: what holds everywhere, and what front ends do to each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from rag.chat.history import ConversationStore
from rag.errors import ConversationsBusy, ConversationsTooNew, StoreUnreachable
from rag.postgres.chats import ChatTables
from tests.support.history_contract import *  # noqa: F403
from tests.support.history_contract import Again, Clock, answer, titles


@pytest.fixture
def again(url: str) -> Again:
    return lambda clock: ConversationStore(ChatTables(url), clock)


@pytest.fixture
def store(again: Again) -> Iterator[ConversationStore]:
    with closing(again(Clock())) as opened:
        yield opened


def test_what_one_front_end_keeps_the_other_has(store: ConversationStore, again: Again) -> None:
    with closing(again(Clock())) as other:
        conversation_id, _ = store.record(None, "a", answer("Qui préside ?"))
        assert other.record(conversation_id, "a", answer("Et ensuite ?"))[0] == conversation_id
        loaded = store.load("a", conversation_id)
        assert loaded and [one.question for one in loaded.exchanges] == ["Qui préside ?", "Et ensuite ?"]
        assert other.delete("a", conversation_id) and not titles(store)


def test_front_ends_that_start_together_make_the_tables_once(url: str) -> None:
    def start(number: int) -> None:
        ConversationStore(ChatTables(url)).record(None, "a", answer(f"question {number}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(start, range(8)))
    assert sorted(titles(ConversationStore(ChatTables(url)))) == [f"question {number}" for number in range(8)]


def test_a_text_may_hold_what_the_server_stores_in_none(store: ConversationStore) -> None:
    conversation_id, exchange_id = store.record(None, "a", answer("a\0b ?", "c\0d"))
    assert store.mark("a", exchange_id, "wrong", "e\0f")
    assert titles(store, search="a\0b") == ["a\N{REPLACEMENT CHARACTER}b ?"]
    loaded = store.load("a", conversation_id)
    assert loaded and loaded.exchanges[0].answer["answer"] == "c\0d"


def test_tables_of_a_later_version(url: str, store: ConversationStore, run_sql: Callable[[str], None]) -> None:
    run_sql("COMMENT ON TABLE rag.conversation IS '7'")
    with pytest.raises(ConversationsTooNew) as caught:
        ChatTables(url)
    assert "7" in caught.value.message() and "s3cret" not in caught.value.message()


def test_a_conversation_that_another_process_holds(url: str, store: ConversationStore) -> None:
    conversation_id, _ = store.record(None, "a", answer("Qui préside ?"))
    impatient = ConversationStore(ChatTables(url, wait_s=0.1), Clock())
    with psycopg.connect(url) as other:
        other.execute("UPDATE rag.conversation SET owner = owner")
        with pytest.raises(ConversationsBusy):
            impatient.delete("a", conversation_id)
    assert impatient.delete("a", conversation_id)


def test_a_server_that_is_gone(store: ConversationStore, run_sql: Callable[[str], None], url: str) -> None:
    store.record(None, "a", answer("avant"))
    run_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()")  # fmt: skip
    store.record(None, "a", answer("après"))  # over a new connection
    assert titles(store) == ["après", "avant"]
    with pytest.raises(StoreUnreachable):
        ChatTables("postgresql://rag:s3cret@127.0.0.1:1/rag")
