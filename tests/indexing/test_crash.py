"""Nothing is lost: killed at any moment, on a full or read-only disk, under readers, an index is whole or not there.

`RAG_TEST_KILLS=200 RAG_TEST_SECONDS=120 pytest tests/indexing/test_crash.py` does it for as long as a release should.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.config import Settings
from rag.errors import DiskFull, IndexMissing, WriteFailed
from rag.indexing.build import build_index
from rag.indexing.checkpoint import FILE
from rag.indexing.verify import verify_index
from rag.retrieval.retriever import Retriever
from rag.store.index import open_index
from tests.support.build_process import QUESTIONS
from tests.support.doubles import BagEmbedder
from tests.support.indexes import copy_index, held, make_articles
from tests.support.paths import PROJECT
from tests.support.small_disk import small_disk

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("RAG_TEST_KILLS", "25"))
SECONDS = float(os.environ.get("RAG_TEST_SECONDS", "10"))
ARTICLES = 36
WORK = ("first", "sync", "removal")


def change(folder: Path, work: str) -> None:
    """Makes of the first state of the articles that after one of the works."""
    files = sorted(folder.iterdir())
    if work == "sync":
        for path in files[:9]:
            path.write_text(path.read_text("utf-8").replace(" de ", " du "), "utf-8")
        files[9].rename(folder / "renamed.txt")
        files[10].unlink()
        make_articles(folder / ".more", 6, lines=8, seed=1)
        for path in (folder / ".more").iterdir():
            path.rename(folder / f"new-{path.name}")
        (folder / ".more").rmdir()
    elif work == "removal":
        for path in files[::3]:
            path.unlink()


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For each work its articles, the index before it (none for the first) and the one after it."""
    made = tmp_path_factory.mktemp("states")
    for work in WORK:
        make_articles(made / work / "articles", ARTICLES, lines=8)
        if work != "first":
            build(made / work / "articles", made / work / "before")
        change(made / work / "articles", work)
        build(made / work / "articles", made / work / "after")
    return made


def build(source: Path, target: Path) -> None:
    build_index([source], target, BagEmbedder(), Settings(index=target), replace=True)


def whole(index: Path) -> bool:
    """Whether there is an index, which then must be whole and answer."""
    try:
        opened = open_index(index)
    except IndexMissing:
        return False
    assert verify_index(index, BagEmbedder()) == []
    hits = Retriever(opened, BagEmbedder()).search(QUESTIONS[0], 5)
    assert hits
    for hit in hits:
        article = opened.catalog.article(hit.passage.document)
        assert article.text[hit.passage.start : hit.passage.end] == hit.passage.text
    return True


class Builder:
    """A process that builds indexes, each in a fork of it."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.support.build_process", "builds"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=PROJECT, stdin=pipe, stdout=pipe, text=True)

    def build(self, source: Path, target: Path, kill_after: float | None = None) -> tuple[bool, float]:
        """Builds, or is killed after so many seconds; whether it was, and how long it took."""
        child = int(self._asked(json.dumps([str(source), str(target)])))
        start = time.monotonic()
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(child, signal.SIGKILL)
        status = int(self._asked("wait"))
        assert os.waitstatus_to_exitcode(status) in (0, -signal.SIGKILL)
        return os.WIFSIGNALED(status), time.monotonic() - start

    def _asked(self, line: str) -> str:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()


@pytest.fixture
def builder() -> Iterator[Builder]:
    builder = Builder()
    with builder.process:
        yield builder


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills are POSIX")
def test_a_killed_build_leaves_the_old_index_and_goes_on(builder: Builder, states: Path, tmp_path: Path) -> None:
    chooser = random.Random(KILLS)
    after = {work: held(states / work / "after") for work in WORK}
    took = {work: builder.build(states / work / "articles", _before(states, work, tmp_path))[1] for work in WORK}
    killed = left = 0
    for turn in range(KILLS):
        work = WORK[turn % len(WORK)]
        index = _before(states, work, tmp_path)
        # Now and then it is killed again as it goes on.
        while True:
            was_killed, _ = builder.build(states / work / "articles", index, chooser.uniform(0, took[work]))
            killed += was_killed
            left += (index / FILE).exists()
            assert whole(index) or (work == "first" and was_killed)
            if not was_killed or chooser.random() < 0.7:
                break
        builder.build(states / work / "articles", index)
        assert held(index) == after[work]
        assert whole(index) and not (index / FILE).exists() and len(list(index.glob("data-*"))) == 1
    sys.stdout.write(f"{killed} builds were killed, {left} of them left embeddings\n")
    assert killed > KILLS / 4 and left


def _before(states: Path, work: str, folder: Path) -> Path:
    """A fresh copy of the index before `work`."""
    index = folder / "ix"
    shutil.rmtree(index, ignore_errors=True)
    return index if work == "first" else copy_index(states / work / "before", index)


@pytest.mark.parametrize("share", [0.3, 0.8, 1.3, 1.8, 2.3])
def test_a_full_disk_keeps_the_old_index_and_what_was_embedded(share: float, states: Path, tmp_path: Path) -> None:
    """The disk has room for the old index and so much of a new one and of what is kept for it."""
    before = states / "sync" / "before"
    size = sum(path.stat().st_size for path in before.rglob("*") if path.is_file())
    with small_disk(tmp_path / "disk", int(size * (1 + share) / 1_000)) as mounted:
        if not mounted:
            pytest.skip("no disk of a given size can be had")
        index = copy_index(before, tmp_path / "disk" / "ix")
        full = ""
        try:
            build(states / "sync" / "articles", index)
        except DiskFull as error:
            full = error.message()
        assert full or share > 1
        if full:
            assert str(index) in full and "?" not in full
            assert held(index) == held(before)
            assert len(list(index.glob("data-*"))) == 1
            assert whole(index)
            subprocess.run(["mount", "-o", "remount,size=100m", str(tmp_path / "disk")], check=True)
            build(states / "sync" / "articles", index)
        assert held(index) == held(states / "sync" / "after")
        assert whole(index)


def test_a_read_only_disk_is_read(states: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 100_000) as mounted:
        index = copy_index(states / "sync" / "before", tmp_path / "disk" / "ix")
        if mounted:
            subprocess.run(["mount", "-o", "remount,ro", str(tmp_path / "disk")], check=True)
        else:
            for folder in (index, *index.glob("data-*")):
                folder.chmod(0o500)
        try:
            assert whole(index)
            with pytest.raises(WriteFailed) as caught:
                build(states / "sync" / "articles", index)
            assert str(index) in caught.value.message()
        finally:
            if not mounted:
                for folder in (index, *index.glob("data-*")):
                    folder.chmod(0o700)


def test_four_readers_under_a_writer(states: Path, tmp_path: Path) -> None:
    """They find no error and no wrong passage, and take each new version up."""
    index = copy_index(states / "sync" / "before", tmp_path / "ix")
    command = [sys.executable, "-m", "tests.support.build_process", "asks", str(index), str(SECONDS)]
    readers = [subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    written = 0
    try:
        while any(reader.poll() is None for reader in readers):
            build(states / WORK[1 + written % 2] / "articles", index)
            written += 1
        told = [json.loads(reader.communicate()[0]) for reader in readers]
    finally:
        for reader in readers:
            reader.kill()
            reader.wait()
    assert [reader.returncode for reader in readers] == [0] * 4
    sys.stdout.write(f"{written} versions written; {told}\n")
    assert all(one["asked"] > 5 and one["checked"] > 5 for one in told)
    assert written > 2 and max(one["versions"] for one in told) > 1
