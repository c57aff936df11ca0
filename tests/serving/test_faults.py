"""What goes wrong while many ask: it ends with a clear error or not at all, and nothing is lost."""

from __future__ import annotations

import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest

from eval.load.clients import NO_ANSWER, Habits, Reply, User, send
from eval.load.load_test import wait_until_ready
from rag.chat.history import ConversationStore
from rag.chat.history_file import FILE, ChatDatabase
from rag.config import Settings
from rag.runtime.assembly import build
from rag.store.index import open_index
from tests.support.api_process import QUESTION, Server, serving
from tests.support.doubles import BagEmbedder
from tests.support.paths import PROJECT, SEEDS

USERS = 6
HABITS = Habits(ask_share=0.4, reading_s=0.1)
# Beside loading the models, which are doubles here.
RECOVERY_S = 10.0


@contextmanager
def users(url: str) -> Iterator[list[User]]:
    """`USERS` who ask and search until the block ends; what became of their requests is theirs."""
    start = time.monotonic()
    made = [User(url.rstrip("/"), [QUESTION], HABITS, start, start + 60, seed) for seed in range(USERS)]
    for user in made:
        user.start()
    try:
        yield made
    finally:
        for user in made:
            user.stop()
        for user in made:
            user.join(60)


def replies_of(made: list[User]) -> list[Reply]:
    return sorted((reply for user in made for reply in user.replies), key=lambda reply: reply.began_s)


def wait_for(made: list[User], count: int, seconds: float = 30) -> None:
    """Until so many more requests were answered."""
    wanted = len([reply for reply in replies_of(made) if reply.status == 200]) + count
    end = time.monotonic() + seconds
    while len([reply for reply in replies_of(made) if reply.status == 200]) < wanted:
        assert time.monotonic() < end, Counter((r.kind, r.status, r.flaw) for r in replies_of(made))
        time.sleep(0.05)


def kept_conversation(folder: Path) -> str:
    with closing(ConversationStore(ChatDatabase(folder / "data" / FILE))) as store:
        return store.record(None, "a", {"question": "avant ?", "answer": "oui"})[0]


def questions_kept(folder: Path, conversation: str) -> list[str]:
    with closing(ConversationStore(ChatDatabase(folder / "data" / FILE))) as store:
        kept = store.load("a", conversation)
    return [one.question for one in kept.exchanges] if kept else []


def test_killed_under_load_it_comes_back_with_all_it_had(tmp_path: Path) -> None:
    with serving(tmp_path, RAG_TEST_THRESHOLD="0") as server:
        kept = kept_conversation(tmp_path)
        before = send(server.url.rstrip("/"), "search", QUESTION)
        with users(server.url) as asking:
            wait_for(asking, 20)
            server.stop(signal.SIGKILL)
            killed = time.monotonic()
            server.start()
            wait_until_ready(server.url.rstrip("/"), 60)
            assert time.monotonic() - killed < RECOVERY_S + starting_s(server)
            wait_for(asking, 20)
        statuses = Counter(reply.status for reply in replies_of(asking))
        # 503 while models load.
        assert set(statuses) <= {200, 429, 503, NO_ANSWER} and statuses[200] >= 40
        assert before.status == 200
    open_index(tmp_path / "index")
    assert questions_kept(tmp_path, kept) == ["avant ?"]


def starting_s(server: Server) -> float:
    """What a start takes on this machine, as busy as it is now."""
    start = time.monotonic()
    server.stop()
    server.start()
    return time.monotonic() - start


def test_an_index_that_is_replaced_under_load_disturbs_nobody(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "pont.txt").write_text(
        "Titre : Un pont rouvre\nDate : 4 septembre 2025\n\nLe pont de Sainte-Engrâce a rouvert mardi.\n", "utf-8"
    )
    with serving(tmp_path / "server", RAG_TEST_THRESHOLD="0") as server:
        settings = Settings(index=tmp_path / "server" / "index")
        with users(server.url) as asking:
            wait_for(asking, 10)
            for paths in ([SEEDS, tmp_path / "more"], [SEEDS], [SEEDS, tmp_path / "more"]):
                build(paths, settings, embedder=BagEmbedder(), replace=True)
                wait_for(asking, 10)
        wrong = [reply for reply in replies_of(asking) if reply.flaw or reply.status not in (200, 429)]
        assert not wrong
        with server.client() as client:
            found = client.post("api/search", json={"question": "pont de Sainte-Engrâce"}).json()
        assert found["hits"][0]["document"].endswith("pont.txt")


class Apart(Server):
    """`tests.support.apart_server` over one folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.command = [sys.executable, "-m", "tests.support.apart_server", str(self.port), str(folder)]


@pytest.mark.parametrize("fault", ["crash", "hang"])
def test_a_generator_that_ends_or_hangs_takes_one_answer_with_it(tmp_path: Path, fault: str) -> None:
    server = Apart(tmp_path)
    try:
        server.start()
        wait_until_ready(server.url.rstrip("/"), 60)
        with users(server.url) as asking:
            wait_for(asking, 20)
            (tmp_path / fault).touch()
            failed = time.monotonic()
            while not any(reply.status == 503 for reply in replies_of(asking)):
                assert time.monotonic() - failed < 30
                time.sleep(0.05)
            wait_for(asking, 30, seconds=RECOVERY_S + 20)
        replies = replies_of(asking)
        lost = [reply for reply in replies if reply.status not in (200, 429)]
        assert {reply.kind for reply in lost} == {"ask"}
        assert all("generation_failed" in reply.flaw for reply in lost)
        last = max(reply.began_s + reply.took_s for reply in lost)
        assert any(reply.kind == "ask" and reply.status == 200 and reply.began_s > last for reply in replies)
        # The others waited for the next process and were answered.
        assert len(lost) <= USERS
    finally:
        server.stop()


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux, which limits the files of others")
def test_a_full_disk_keeps_nobody_from_asking(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        kept = kept_conversation(tmp_path)
        url = server.url.rstrip("/")
        wait_until_ready(url, 60)
        # From now on not one more byte can be written, to the log neither.
        unlimited = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (0, unlimited[1]))
        written = server.log()
        assert [send(url, kind, QUESTION).flaw for kind in ("ask", "search", "ask")] == ["", "", ""]
        assert server.log() == written
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, unlimited)
        assert send(url, "ask", QUESTION).flaw == ""
        end = time.monotonic() + 20
        while server.log() == written:  # its line is written when the reply has gone out
            assert time.monotonic() < end
            time.sleep(0.05)
    assert questions_kept(tmp_path, kept) == ["avant ?"]


def test_a_clock_that_is_set_back_loses_no_conversation(tmp_path: Path) -> None:
    day = datetime(2026, 3, 1, tzinfo=timezone.utc)
    for hours in (0, -48, -24 * 400):
        clock = partial(day.__add__, timedelta(hours=hours))
        with closing(ConversationStore(ChatDatabase(tmp_path / FILE), clock)) as store:
            for question in ("un ?", "deux ?"):
                kept, _ = store.record(None, "a", {"question": question, "answer": "oui"})
                store.record(kept, "a", {"question": "et alors ?", "answer": "non"})
            found = store.load("a", kept)
            assert found and [one.question for one in found.exchanges] == ["deux ?", "et alors ?"]
    with closing(ConversationStore(ChatDatabase(tmp_path / FILE))) as store:
        assert len(store.conversations("a")) == 6


def test_no_duration_is_taken_from_a_clock_that_can_be_set() -> None:
    """`time.monotonic` and `time.perf_counter` cannot; only what is a date for people may come from the other one."""
    wall = ("time.time(", "datetime.now(", "utcnow(", "date.today(", "time.localtime(")
    dates = {
        "cli/watch.py": "when a line was told",
        "indexing/data_writer.py": "when an index was built",
        "indexing/repair.py": "when an index was repaired",
        "indexing/watching.py": "how long ago a file says that it was written",
        "postgres/writer.py": "when a shared index was made",
        "retrieval/retriever.py": "what « hier » is in a question",
        "serving/desk.py": "since when it answers",
        "serving/openai_api.py": "when an answer was made",
        "system/locking.py": "since when an index is being written",
    }
    found = {
        path.relative_to(PROJECT / "rag").as_posix()
        for path in (PROJECT / "rag").rglob("*.py")
        if any(call in path.read_text(encoding="utf-8") for call in wall)
    }
    assert found == set(dates)
