"""Conversations in a file: what holds everywhere, shared by processes, read by nobody else, never lost silently."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from rag import errors
from rag.chat.history import KEPT_AFTER_DELETION, ConversationStore
from rag.chat.history_file import FILE, ChatDatabase
from tests.support.history_contract import *  # noqa: F403
from tests.support.history_contract import Again, Clock, answer, titles


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / FILE


@pytest.fixture
def again(path: Path) -> Again:
    return lambda clock: ConversationStore(ChatDatabase(path), clock)


@pytest.fixture
def store(again: Again) -> Iterator[ConversationStore]:
    with closing(again(Clock())) as opened:
        yield opened


def test_what_is_deleted_for_good_is_overwritten(again: Again, path: Path) -> None:
    clock = Clock()
    with closing(again(clock)) as store:
        store.record(None, "a", answer("rendu"))
        assert store.delete("a", store.record(None, "a", answer("effacé"))[0])
    clock.now += KEPT_AFTER_DELETION + timedelta(minutes=1)
    again(clock).close()
    assert "effacé".encode() not in path.read_bytes() and b"rendu" in path.read_bytes()


# Threads and processes

_WRITER = """
import sys
from pathlib import Path
from rag.chat.history_file import ChatDatabase
from rag.chat.history import ConversationStore

store = ConversationStore(ChatDatabase(Path(sys.argv[1])))
print("open", flush=True)
sys.stdin.readline()
for number in range(20):
    store.record(None, "a", {"question": f"{sys.argv[2]} {number}", "answer": "x"})
store.close()
"""


@pytest.mark.slow
def test_processes_share_a_file_from_its_beginning(path: Path) -> None:
    command = [sys.executable, "-c", _WRITER, str(path)]
    children = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for name in "xy"
    ]
    for child in children:
        assert child.stdout and child.stdout.readline() == "open\n"
    for child in children:
        child.communicate("go\n", timeout=60)
    assert [child.returncode for child in children] == [0, 0]
    with closing(ConversationStore(ChatDatabase(path))) as store:
        found = {summary.title for summary in store.conversations("a", limit=100)}
    assert found == {f"{name} {number}" for name in "xy" for number in range(20)}


# What can be wrong with the file


def test_only_its_owner_may_read_the_file(store: ConversationStore, path: Path) -> None:
    store.record(None, "a", answer("secret"))
    assert path.parent.stat().st_mode & 0o777 == 0o700
    rights = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert f"{FILE}-wal" in rights and set(rights.values()) == {0o600}


def _of_another_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE other (x)")


def _no_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE exchange")


def _not_json(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE exchange SET answer = '{'")


def _made(path: Path) -> str:
    with closing(ConversationStore(ChatDatabase(path))) as store:
        return store.record(None, "a", answer("x" * 20_000))[0]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.write_bytes(b"not a database " * 100), id="not a database"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:9000]), id="cut"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:4096] + os.urandom(40_000)), id="overwritten"),
        pytest.param(_of_another_program, id="of another program"),
        pytest.param(_no_table, id="a table is gone"),
        pytest.param(_not_json, id="an answer is not JSON"),
    ],
)
def test_a_damaged_file_is_named_and_left_alone(path: Path, damage: Any) -> None:
    conversation_id = _made(path)
    damage(path)
    content = path.read_bytes()
    with (
        pytest.raises(errors.ConversationsDamaged, match="move it away") as caught,
        closing(ConversationStore(ChatDatabase(path))) as store,
    ):
        store.load("a", conversation_id)
    assert str(path) in caught.value.message()
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_a_file_of_a_later_version(path: Path) -> None:
    _made(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    content = path.read_bytes()
    with pytest.raises(errors.ConversationsTooNew, match="99") as caught:
        ConversationStore(ChatDatabase(path))
    assert str(path) in caught.value.message() and path.read_bytes() == content


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(errors.WriteFailed):
        ConversationStore(ChatDatabase(tmp_path / "file" / FILE))
    with pytest.raises(errors.WriteFailed):
        ConversationStore(ChatDatabase(tmp_path))


_READ_ONLY = """
import os, sys
from pathlib import Path
from rag.chat.history_file import ChatDatabase
from rag.chat.history import ConversationStore
from rag.errors import RagError

if os.geteuid() == 0:
    os.setresuid(65534, 65534, 65534)
try:
    ConversationStore(ChatDatabase(Path(sys.argv[1])))
except RagError as error:
    print(type(error).__name__, *error.fields.values())
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "setresuid"), reason="root is not bound by rights, and cannot give itself up here")
def test_a_file_that_may_not_be_written() -> None:
    # Not below pytest's folder, which the user that root becomes may not enter.
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        Path(folder).chmod(0o755)
        _made(path)
        path.chmod(0o444)
        done = subprocess.run(
            [sys.executable, "-c", _READ_ONLY, str(path)], capture_output=True, text=True, check=False
        )
    assert done.stdout == f"WriteFailed {path} Permission denied\n", done.stderr


_FULL = """
import resource, sys
from pathlib import Path
from rag.chat.history_file import ChatDatabase
from rag.chat.history import ConversationStore
from rag.errors import RagError

store = ConversationStore(ChatDatabase(Path(sys.argv[1])))
kept, _ = store.record(None, "a", {"question": "before", "answer": "x"})
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    store.record(kept, "a", {"question": "x" * 200_000, "answer": "x"})
except RagError as error:
    print(type(error).__name__, [e.question for e in store.load("a", kept).exchanges])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_write_that_fails_changes_nothing(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _FULL, str(path)], capture_output=True, text=True, check=False)
    assert done.stdout == "WriteFailed ['before']\n", done.stderr


def test_a_file_that_another_process_holds(path: Path) -> None:
    with (
        closing(ConversationStore(ChatDatabase(path, wait_s=0.1))) as store,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(errors.ConversationsBusy):
            store.record(None, "a", answer("quoi ?"))
        other.execute("ROLLBACK")
        store.record(None, "a", answer("quoi ?"))
        assert titles(store) == ["quoi ?"]
