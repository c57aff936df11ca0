"""A build that is interrupted goes on where it stopped."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from rag.config import Settings
from rag.indexing.build import BuildReport, build_index
from rag.indexing.checkpoint import FILE
from rag.protocols import OnProgress, TokenVectors, Vectors, silent
from rag.store.index import open_index
from tests.support.doubles import BagEmbedder
from tests.support.indexes import held, make_articles


class Stopping(BagEmbedder):
    """Is interrupted after so many passages, or, when all of those are read, so many sentences."""

    def __init__(self, passages: int, sentences: int = 0) -> None:
        super().__init__()
        self.passages, self.sentences = passages, sentences

    def encode_passages(
        self, texts: Sequence[str], on_progress: OnProgress = silent
    ) -> Iterator[tuple[int, Vectors, TokenVectors]]:
        for read in super().encode_passages(texts, on_progress):
            if self.passages == 0:
                raise KeyboardInterrupt
            self.passages -= 1
            yield read

    def encode_documents(self, texts: Sequence[str], on_progress: OnProgress = silent) -> Vectors:
        if self.embedded and self.sentences == 0:
            raise KeyboardInterrupt
        self.sentences -= bool(self.embedded)
        return super().encode_documents(texts, on_progress)


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    return make_articles(tmp_path / "articles", 70, lines=8)


@dataclass(frozen=True)
class Clean:
    """What a build of `articles` from nothing reports, and what its index holds."""

    report: BuildReport
    held: dict[str, object]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Clean:
    folder = tmp_path_factory.mktemp("clean")
    report = build(make_articles(folder / "articles", 70, lines=8), folder / "ix")
    return Clean(report, held(folder / "ix"))


def build(folder: Path, target: Path, embedder: BagEmbedder | None = None) -> BuildReport:
    return build_index([folder], target, embedder or BagEmbedder(), Settings())


def stop(folder: Path, target: Path, *after: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        build(folder, target, Stopping(*after))


def test_what_was_embedded_is_not_embedded_again(articles: Path, clean: Clean, tmp_path: Path) -> None:
    stop(articles, tmp_path / "ix", 70)
    report = build(articles, tmp_path / "ix")
    # All but the batch that was begun.
    assert 70 - 32 <= report.resumed <= 70
    assert report.embedded == clean.report.embedded - report.resumed
    assert held(tmp_path / "ix") == clean.held
    assert not list((tmp_path / "ix").glob(f"{FILE}*"))
    assert build(articles, tmp_path / "ix").resumed == 0


@pytest.mark.slow
def test_it_goes_on_from_one_stop_to_the_next(articles: Path, clean: Clean, tmp_path: Path) -> None:
    stop(articles, tmp_path / "ix", 40)
    stop(articles, tmp_path / "ix", 10_000, 1)
    last = BagEmbedder()
    report = build(articles, tmp_path / "ix", last)
    # The passages are all there, and the first batch of sentences.
    assert report.resumed == clean.report.manifest.passages + 512
    assert len(last.embedded) == report.embedded == clean.report.embedded - report.resumed
    assert held(tmp_path / "ix") == clean.held


@pytest.mark.slow
def test_an_update_that_is_stopped_goes_on_too(articles: Path, tmp_path: Path) -> None:
    build(articles, tmp_path / "ix")
    for path in sorted(articles.iterdir())[:20]:
        path.write_text(path.read_text("utf-8").replace(" de ", " du "), "utf-8")
    stop(articles, tmp_path / "ix", 10_000)
    embedder = BagEmbedder()
    report = build(articles, tmp_path / "ix", embedder)
    assert (len(report.changes.changed), report.changes.unchanged) == (20, 50)
    assert report.resumed > 20 and report.embedded == len(embedder.embedded)
    build(articles, tmp_path / "clean")
    assert held(tmp_path / "ix") == held(tmp_path / "clean")


def _flip(path: Path) -> None:
    """Another vector in every row, as a failing disk might make it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE made SET vector = zeroblob(length(vector))")
        connection.commit()


def _scratch(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 2] = bytes(len(content) // 2 - len(content) // 3)
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [lambda path: path.write_bytes(b"not a database" * 99), lambda path: path.write_bytes(b""), _flip, _scratch],
    ids=["other content", "empty", "other vectors", "zeros in it"],
)
@pytest.mark.slow
def test_what_is_damaged_is_made_again(
    damage: Callable[[Path], object], articles: Path, clean: Clean, tmp_path: Path
) -> None:
    stop(articles, tmp_path / "ix", 70)
    damage(tmp_path / "ix" / FILE)
    assert build(articles, tmp_path / "ix").resumed == 0
    assert held(tmp_path / "ix") == clean.held


@pytest.mark.slow
def test_what_another_embedder_made_is_not_used(articles: Path, tmp_path: Path) -> None:
    stop(articles, tmp_path / "ix", 70)
    other = BagEmbedder(name="other")
    assert build(articles, tmp_path / "ix", other).resumed == 0
    assert open_index(tmp_path / "ix").manifest.embedder == "other"
