"""Following folders that change: what counts as written to the end, what is left alone, what is tried again."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rag.config import Settings
from rag.errors import DiskFull, PathMissing
from rag.indexing.build import BuildReport, build_index
from rag.indexing.unchanged import Holds
from rag.indexing.watching import MOST_WAIT_S, News, Sight, follow
from rag.store.catalog import open_catalog
from rag.system.locking import alone
from tests.support.doubles import BagEmbedder

QUIET_S = 1.5
LONG_AGO = 1_700_000_000


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two articles that were written long ago."""
    (tmp_path / "articles" / "2024").mkdir(parents=True)
    for name in ("pont.txt", "2024/gare.txt"):
        path = tmp_path / "articles" / name
        path.write_text(f"{name} a été rouvert au public mardi matin.\n", encoding="utf-8")
        os.utime(path, (LONG_AGO, LONG_AGO))
    return tmp_path / "articles"


def names(paths: frozenset[Path]) -> set[str]:
    return {path.name for path in paths}


def test_what_was_there_counts_as_whole_unless_it_has_just_been_written(folder: Path, clock: Clock) -> None:
    (folder / "neuf.txt").write_text("Un début", encoding="utf-8")
    sight = Sight(2.0, clock)
    sight.look([folder])
    assert names(sight.unsettled()) == {"neuf.txt"}
    assert [sight.holds(folder / name) for name in ("neuf.txt", "pont.txt", "2024/gare.txt")] == [True, False, False]
    clock.now += 2
    assert names(sight.settled()) == {"neuf.txt"} and sight.is_ready()
    assert not sight.holds(folder / "neuf.txt")


def test_a_file_is_held_until_it_has_not_grown_for_a_while(folder: Path, clock: Clock) -> None:
    sight, path = Sight(2.0, clock), folder / "lent.txt"
    sight.look([folder])
    for piece in range(5):
        with path.open("a", encoding="utf-8") as file:
            file.write(f"Phrase {piece}. ")
        assert sight.holds(path)  # also before it has been seen
        sight.look([folder])
        clock.now += 1.5
        assert sight.holds(path) and not sight.is_ready()
    clock.now += 0.5
    assert not sight.holds(path) and sight.is_ready()
    sight.synced(sight.settled())
    assert not sight.is_ready()
    path.write_text("Tout autre chose.", encoding="utf-8")
    assert sight.holds(path)  # changed since it was last looked at


def test_one_file_that_never_ends_does_not_keep_others_waiting_for_ever(folder: Path, clock: Clock) -> None:
    sight = Sight(2.0, clock)
    sight.look([folder])
    (folder / "neuf.txt").write_text("Un article entier.", encoding="utf-8")
    ready_after = None
    for second in range(60):
        with (folder / "journal.txt").open("a", encoding="utf-8") as file:
            file.write("encore ")
        sight.look([folder])
        if ready_after is None and sight.is_ready():
            ready_after = second
            assert names(sight.settled()) == {"neuf.txt"}
            sight.synced(sight.settled())
        clock.now += 1
    assert ready_after is not None and MOST_WAIT_S <= ready_after <= MOST_WAIT_S + 2
    assert sight.holds(folder / "journal.txt")


def _delete(folder: Path) -> None:
    (folder / "pont.txt").unlink()


def _move(folder: Path) -> None:
    (folder / "pont.txt").rename(folder / "2024" / "pont.txt")


def _rename_folder(folder: Path) -> None:
    (folder / "2024").rename(folder / "2025")


def _save_as_editors_do(folder: Path) -> None:
    (folder / ".pont.txt.swp").write_text("x", encoding="utf-8")
    (folder / "pont.txt").rename(folder / "pont.txt~")
    (folder / "pont.txt").write_text("Une autre version.", encoding="utf-8")
    (folder / "pont.txt~").unlink()


def _leave_things_beside(folder: Path) -> None:
    for name in (".pont.txt.swp", "pont.txt~", "#pont.txt#", "4913", "pont.txt.part", ".~lock.pont.docx#"):
        (folder / name).write_text("x", encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (_delete, {"pont.txt"}),
        (_move, {"articles/pont.txt", "2024/pont.txt"}),
        (_rename_folder, {"2024/gare.txt", "2025/gare.txt"}),
        (_save_as_editors_do, {"pont.txt"}),
        (_leave_things_beside, set()),
    ],
)
def test_what_counts_as_a_change(change: Callable[[Path], None], seen: set[str], folder: Path, clock: Clock) -> None:
    sight = Sight(2.0, clock)
    sight.look([folder])
    change(folder)
    sight.look([folder])
    clock.now += 3
    found = sight.settled()
    assert len(found) == len(seen) and all(any(path.as_posix().endswith(name) for name in seen) for path in found)


def test_what_was_below_a_root_that_has_vanished_counts_as_unchanged(folder: Path, clock: Clock) -> None:
    other = folder.with_name("other")
    other.mkdir()
    sight = Sight(2.0, clock)
    sight.look([folder, other])
    folder.rename(folder.with_name("away"))
    (other / "neuf.txt").write_text("Un article.", encoding="utf-8")
    sight.look([folder, other])
    assert names(sight.unsettled()) == {"neuf.txt"}
    (folder.with_name("away") / "pont.txt").unlink()
    folder.with_name("away").rename(folder)
    sight.look([folder, other])
    assert names(sight.unsettled()) == {"neuf.txt", "pont.txt"}


class Followed:
    """A folder that is followed in a thread, the index built with a double."""

    def __init__(self, roots: list[Path], index: Path) -> None:
        self.roots = roots
        self.settings = Settings(index=index, data_dir=index.with_name("data"))
        self.embedder = BagEmbedder()
        self.reports: list[BuildReport] = []
        self.news: list[News] = []
        self.errors: list[Exception] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        follow(lambda: self.roots, self.sync, stop=self._stop, tell=self.news.append, quiet_s=QUIET_S)

    def sync(self, holds: Holds) -> None:
        if self.errors:
            raise self.errors.pop(0)
        paths = [] if self.reports else self.roots
        self.reports.append(build_index(paths, self.settings.index, self.embedder, self.settings, holds=holds))

    def texts(self) -> dict[str, str]:
        catalog = open_catalog(self.settings.index)
        try:
            return {article.document: article.text for article in catalog.articles()}
        finally:
            catalog.close()

    def changes(self) -> list[tuple[str, ...]]:
        return [
            (*one.changes.added, *one.changes.changed, *one.changes.removed, *(now for _, now in one.changes.renamed))
            for one in self.reports
        ]

    def until(self, holds: Callable[[], bool], patience_s: float = 120) -> None:
        deadline = time.monotonic() + patience_s
        while not holds():
            assert time.monotonic() < deadline and self._thread.is_alive()
            time.sleep(0.05)

    @contextmanager
    def running(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join(60)
        assert not self._thread.is_alive()


@pytest.fixture
def followed(folder: Path, tmp_path: Path) -> Followed:
    return Followed([folder], tmp_path / "index")


def _write_slowly(path: Path, pieces: list[str]) -> float:
    """Writes a file piece by piece; the longest pause that was made."""
    longest, last = 0.0, time.monotonic()
    with path.open("w", encoding="utf-8") as file:
        for piece in pieces:
            file.write(piece)
            file.flush()
            time.sleep(0.2)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
    return longest


def test_a_file_written_slowly_becomes_one_whole_article(followed: Followed, folder: Path) -> None:
    pieces = [f"Phrase numéro {number} de l'article sur le port de Brest.\n" for number in range(15)]
    with followed.running():
        followed.until(lambda: len(followed.reports) == 1)
        for attempt in range(5):
            name = f"lent-{attempt}.txt"
            longest = _write_slowly(folder / name, [f"Essai {attempt}.\n", *pieces])
            followed.until(lambda name=name: name in followed.texts())  # type: ignore[misc]
            if longest < QUIET_S / 2:  # a machine so busy that nothing is written for a while: once more
                break
        assert longest < QUIET_S
        assert followed.texts()[name] == f"Essai {attempt}.\n" + "".join(pieces)
        time.sleep(2 * QUIET_S)
    told = [change for changes in followed.changes() for change in changes]
    assert told.count(name) == 1


def test_moves_and_vanished_roots_lose_no_article(followed: Followed, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    followed.roots.append(other)
    with followed.running():
        followed.until(lambda: len(followed.reports) == 1)
        embedded = len(followed.embedder.embedded)
        (folder / "2024").rename(folder / "2025")
        followed.until(lambda: len(followed.reports) == 2)
        assert followed.reports[-1].changes.renamed == (("2024/gare.txt", "2025/gare.txt"),)
        assert followed.reports[-1].embedded == 0 and len(followed.embedder.embedded) == embedded
        folder.rename(tmp_path / "away")
        followed.until(lambda: bool(followed.news))
        (other / "port.txt").write_text("Le port de Brest est fermé.\n", encoding="utf-8")
        followed.until(lambda: "port.txt" in followed.texts())
        assert set(followed.texts()) == {"pont.txt", "2025/gare.txt", "port.txt"}
        (tmp_path / "away" / "pont.txt").unlink()
        (tmp_path / "away").rename(folder)
        followed.until(lambda: "pont.txt" not in followed.texts())
        assert set(followed.texts()) == {"2025/gare.txt", "port.txt"}
    assert [(one.kind, one.path) for one in followed.news] == [("gone", folder), ("back", folder)]


def test_what_fails_is_told_once_and_tried_again(followed: Followed, folder: Path) -> None:
    followed.settings.index.mkdir()
    with followed.running():
        with alone(followed.settings.index):
            followed.until(lambda: bool(followed.news))
        followed.until(lambda: len(followed.reports) == 1)
        followed.errors = [DiskFull(path="index", free=0, needed=1)] * 2 + [ValueError("flaw")]
        (folder / "neuf.txt").write_text("Le phare est éteint.\n", encoding="utf-8")
        followed.until(lambda: len(followed.reports) == 2)
    assert [type(one.error).__name__ for one in followed.news] == ["IndexBusy", "DiskFull", "UnexpectedError"]
    assert "neuf.txt" in followed.texts()


def test_a_first_sync_that_cannot_be_made_ends_it(folder: Path, tmp_path: Path) -> None:
    def sync(holds: Holds) -> None:
        raise PathMissing(path="absent")

    with pytest.raises(PathMissing):
        follow(lambda: [folder], sync, stop=threading.Event(), tell=lambda news: None, quiet_s=QUIET_S)
