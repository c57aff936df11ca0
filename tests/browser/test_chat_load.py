"""Many people at once: nobody sees another's answer, nothing fails, memory stays where it is.

`RAG_LOAD_S` sets for how long they ask (20 s), as for five minutes: `RAG_LOAD_S=300`. Memory is what it is once each of
them has had a conversation; what it gains from there on must be little, however much is asked.
"""

from __future__ import annotations

import json
import math
import os
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.support.chat_process import ChatServer, serving

PEOPLE = 20
QUESTIONS = 5
DURATION_S = float(os.environ.get("RAG_LOAD_S", "20"))
SUBJECTS = ("l'Allemagne", "Emmanuel Macron", "la Russie", "l'Ukraine", "Donald Trump", "l'Otan", "Londres")


class Person:
    """Someone whose browser speaks with the page as Gradio's does: a session, and events that stream back."""

    def __init__(self, chat: ChatServer, number: int) -> None:
        self._url = f"{chat.url}gradio_api/"
        self._session = f"person{number}"
        with urllib.request.urlopen(f"{chat.url}config", timeout=30) as reply:
            config = json.load(reply)
        names = {part["id"]: part["props"].get("elem_id") for part in config["components"]}
        # By the button that causes it; what follows on an event has the same target, and comes later.
        self._events = {
            names.get(id_): one for one in reversed(config["dependencies"]) for id_, _ in one["targets"] if id_ in names
        }
        self._live = [names.get(id_) for id_ in self._events["rag-ask"]["outputs"]].index("rag-live")
        self._number = number
        self.asked = 0

    def converse(self, end: float = math.inf) -> None:
        """Asks some questions in a new conversation, none after `end`; each answer must be to its question."""
        self._do("rag-new")
        for _ in range(QUESTIONS):
            if time.monotonic() > end:
                return
            question = f"que dit {SUBJECTS[self.asked % len(SUBJECTS)]} à la personne {self._number} ?"
            shown = self._do("rag-ask", question)
            assert question in shown.replace("&#x27;", "'"), shown[:500]
            assert "finished" in shown and "failure" not in shown, shown[:500]
            others = [n for n in range(PEOPLE) if n != self._number and f"personne {n} " in shown]
            assert not others, shown
            self.asked += 1

    def converse_until(self, end: float) -> None:
        """Has one conversation after the other."""
        while time.monotonic() < end:
            self.converse(end)

    def _do(self, button: str, question: str = "") -> str:
        """Presses a button and returns what stands where answers come into being once that is done."""
        event = self._events[button]
        data = [question, *[None] * (len(event["inputs"]) - 1)]
        joined = {"data": data, "fn_index": event["id"], "session_hash": self._session, "event_data": None}
        request = urllib.request.Request(
            f"{self._url}queue/join", json.dumps(joined).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=60).close()
        shown: Any = ""
        with urllib.request.urlopen(f"{self._url}queue/data?session_hash={self._session}", timeout=120) as events:
            # To its end: what is left of one stream would take the messages of the next.
            for line in events:
                message = json.loads(line[6:]) if line.startswith(b"data: ") else {}
                if message.get("msg") == "process_completed":
                    assert message["success"], message
                    last = message["output"]["data"][self._live]
                    shown = last if isinstance(last, str) else shown
                if message.get("msg") == "process_generating":
                    shown = message["output"]["data"][self._live] or shown
        return str(shown)


def test_many_people_ask_at_once(tmp_path: Path) -> None:
    with serving(tmp_path, RAG_TEST_PAUSE_S="0") as chat:
        people = [Person(chat, number) for number in range(PEOPLE)]
        with ThreadPoolExecutor(PEOPLE) as pool:
            list(pool.map(Person.converse, people))
            before = chat.memory()
            end = time.monotonic() + DURATION_S
            list(pool.map(lambda person: person.converse_until(end), people))
        grown = chat.memory() - before
        answers = sum(person.asked - QUESTIONS for person in people)
        print(f"{answers} answers, {before / 1e6:.1f} MB and {grown / 1e6:.1f} MB more")  # noqa: T201
        assert answers and grown < 10e6 + 10e3 * answers
