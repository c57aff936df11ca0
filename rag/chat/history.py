"""Conversations that are kept: in a file of this machine, or in the database of a shared index.

Every method is told the owner and sees nothing of another's: a conversation of somebody else is one that is not
there. A search is for words anywhere in questions and answers, without regard to case and accents. What is deleted
can be had back for a while, and is then overwritten.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from secrets import token_hex
from typing import Any, Literal, Protocol, cast

from rag.domain import Turn
from rag.text import fold

KEPT_AFTER_DELETION = timedelta(days=30)

_SUMMARIES = """
SELECT conversation.id, updated_at, question,
    (SELECT count(*) FROM exchange AS said WHERE said.conversation_id = conversation.id)
FROM conversation JOIN exchange
    ON number = (SELECT min(number) FROM exchange AS said WHERE said.conversation_id = conversation.id)
WHERE owner = ? AND deleted_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM {words} WHERE NOT EXISTS (
        SELECT 1 FROM exchange AS said
        WHERE said.conversation_id = conversation.id AND replace(said.searched, word.value, '') != said.searched
    )
)
ORDER BY updated_at DESC, number DESC LIMIT ?
"""
_EXCHANGES = """
SELECT exchange.id, question, answer, asked_at, verdict, remark, updated_at
FROM conversation JOIN exchange ON conversation_id = conversation.id
WHERE owner = ? AND conversation.id = ? AND deleted_at IS NULL ORDER BY number
"""
_OWN = "conversation_id IN (SELECT id FROM conversation WHERE owner = ? AND deleted_at IS NULL)"
_LONGEST_TITLE = 80
_NOW = partial(datetime.now, timezone.utc)

Verdict = Literal["good", "wrong", ""]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question, the object of its answer (as `answer_object` makes it), and what the reader thought of it."""

    id: str
    question: str
    answer: Mapping[str, Any]
    asked_at: datetime
    verdict: Verdict = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Exchanges in the order they were recorded; the title is the first question, shortened."""

    id: str
    title: str
    updated_at: datetime
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a conversation is listed by; `count` is the number of its exchanges."""

    id: str
    title: str
    updated_at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class JudgedExchange:
    """An exchange with a verdict, and what was said before it in its conversation."""

    exchange: Exchange
    history: tuple[Turn, ...]


class Cursor(Protocol):
    """What a statement gave: as `sqlite3.Cursor` and `psycopg.Cursor` have it."""

    @property
    def rowcount(self) -> int:
        """How many rows a statement that writes has met."""

    def fetchall(self) -> list[Any]:
        """The rows."""


class Database(Protocol):
    """Where conversations lie: the two tables of `rag.chat.history_file`, and statements with question marks over them.

    What is read or written within one block belongs together; nobody sees half of it.
    """

    @property
    def words(self) -> str:
        """The table `word` whose column `value` has the texts of the JSON array `?`."""

    def reading(self) -> AbstractContextManager[None]:
        """The block in which statements read."""

    def writing(self) -> AbstractContextManager[None]:
        """The block in which they write, all or nothing."""

    def execute(self, sql: str, *parameters: object) -> Cursor:
        """Runs one statement."""

    def close(self) -> None:
        """No statement comes afterwards."""


class ConversationStore:
    """The conversations in `database`. All methods raise what its blocks raise."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = _NOW) -> None:
        self._clock = clock
        self._database = database
        try:
            self._change(
                "DELETE FROM conversation WHERE deleted_at < ? OR id NOT IN (SELECT conversation_id FROM exchange)",
                (clock() - KEPT_AFTER_DELETION).isoformat(),
            )
        except BaseException:
            self.close()
            raise

    def record(self, conversation_id: str | None, owner: str, answer: Mapping[str, Any]) -> tuple[str, str]:
        """Adds a question and its answer to the conversation; returns the ids of conversation and exchange.

        A new conversation begins where none is given, and where the one given is not there (any more).
        """
        now, exchange_id = self._clock().isoformat(), _new_id()
        with self._database.writing():
            found = self._database.execute(
                "UPDATE conversation SET updated_at = ? WHERE id = ? AND owner = ? AND deleted_at IS NULL",
                *(now, conversation_id, owner),
            )
            if conversation_id is None or not found.rowcount:
                conversation_id = _new_id()
                self._database.execute(
                    "INSERT INTO conversation (id, owner, updated_at) VALUES (?, ?, ?)", conversation_id, owner, now
                )
            self._database.execute(
                "INSERT INTO exchange (id, conversation_id, question, answer, searched, asked_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                *(exchange_id, conversation_id, answer["question"], json.dumps(dict(answer), ensure_ascii=False)),
                *(fold(f"{answer['question']}\n{answer['answer']}"), now),
            )
        return conversation_id, exchange_id

    def conversations(self, owner: str, search: str = "", limit: int = 50) -> list[Summary]:
        """At most `limit` conversations that have every word of `search`, the one last added to first."""
        # No stored text holds a lone surrogate, and some databases store NUL as another character.
        words = fold(search).encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", " ").split()
        sql = _SUMMARIES.format(words=self._database.words)
        with self._database.reading():
            rows = self._database.execute(sql, owner, json.dumps(words), limit).fetchall()
            return [
                Summary(id_, _title(question), datetime.fromisoformat(updated), count)
                for id_, updated, question, count in rows
            ]

    def load(self, owner: str, conversation_id: str) -> Conversation | None:
        """The conversation; None when it is not there, or has no exchange left."""
        with self._database.reading():
            rows = self._database.execute(_EXCHANGES, owner, conversation_id).fetchall()
            exchanges = tuple(_exchange(*row[:-1]) for row in rows)
            if not exchanges:
                return None
            updated = datetime.fromisoformat(rows[0][-1])
            return Conversation(conversation_id, _title(exchanges[0].question), updated, exchanges)

    def exchanges(self, owner: str, conversation_id: str, before: str = "") -> tuple[Exchange, ...]:
        """Those of the conversation, or only those before the one whose id is `before`; none when it is not there."""
        loaded = self.load(owner, conversation_id) if conversation_id else None
        exchanges = loaded.exchanges if loaded else ()
        ids = [one.id for one in exchanges]
        return exchanges[: ids.index(before)] if before in ids else exchanges

    def delete(self, owner: str, conversation_id: str) -> bool:
        """Whether the conversation was there to be deleted."""
        return self._change(
            "UPDATE conversation SET deleted_at = ? WHERE id = ? AND owner = ? AND deleted_at IS NULL",
            *(self._clock().isoformat(), conversation_id, owner),
        )

    def restore(self, owner: str, conversation_id: str) -> bool:
        """Undoes `delete`; whether there was something to bring back."""
        return self._change(
            "UPDATE conversation SET deleted_at = NULL WHERE id = ? AND owner = ? AND deleted_at IS NOT NULL",
            *(conversation_id, owner),
        )

    def truncate(self, owner: str, conversation_id: str, exchange_id: str) -> bool:
        """Takes the exchange and those after it away for good; whether it was there."""
        return self._change(
            "DELETE FROM exchange WHERE conversation_id = ?"
            f" AND number >= (SELECT number FROM exchange WHERE id = ? AND conversation_id = ?) AND {_OWN}",
            *(conversation_id, exchange_id, conversation_id, owner),
        )

    def mark(self, owner: str, exchange_id: str, verdict: Verdict, remark: str = "") -> bool:
        """Notes what the reader thinks of an answer, in place of what was noted; whether the exchange was there."""
        return self._change(
            f"UPDATE exchange SET verdict = ?, remark = ? WHERE id = ? AND {_OWN}", verdict, remark, exchange_id, owner
        )

    def marked(self, owner: str) -> list[JudgedExchange]:
        """Every exchange with a verdict, in the order they were asked within conversations, the oldest one first."""
        with self._database.reading():
            rows = self._database.execute(
                f"SELECT conversation_id FROM exchange WHERE verdict != '' AND {_OWN}"
                " GROUP BY conversation_id ORDER BY min(number)",
                owner,
            ).fetchall()
        conversations = [self.load(owner, conversation_id) for (conversation_id,) in rows]
        return [each for conversation in conversations if conversation for each in _marked(conversation)]

    def close(self) -> None:
        """Closes the database. Nothing else may be called afterwards."""
        self._database.close()

    def _change(self, sql: str, *parameters: object) -> bool:
        """Runs one statement that writes; whether it met any row."""
        with self._database.writing():
            return self._database.execute(sql, *parameters).rowcount > 0


def _new_id() -> str:
    return token_hex(16)


def _title(question: str) -> str:
    line = " ".join(question.split())
    return line if len(line) <= _LONGEST_TITLE else f"{line[: _LONGEST_TITLE - 1].rstrip()}…"


def _exchange(id_: str, question: str, answer: str, asked_at: str, verdict: str, remark: str) -> Exchange:
    return Exchange(id_, question, json.loads(answer), datetime.fromisoformat(asked_at), cast(Verdict, verdict), remark)


def _marked(conversation: Conversation) -> Iterator[JudgedExchange]:
    history: tuple[Turn, ...] = ()
    for exchange in conversation.exchanges:
        if exchange.verdict:
            yield JudgedExchange(exchange, history)
        history += (Turn(exchange.question, str(exchange.answer["answer"])),)
