"""What would change and what did, by name; what is taken out stays out until it is named again."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.config import Settings
from rag.errors import NoArticles, RootsDropped, UnknownDocument
from rag.indexing.build import build_index, preview_index
from rag.indexing.changes import Changes
from rag.store.index import open_index
from tests.support.doubles import BagEmbedder
from tests.support.indexes import make_articles

SETTINGS = Settings()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Articles, indexed in `ix` beside them."""
    made = make_articles(tmp_path / "articles", 8)
    (made / "sub").mkdir()
    for name in ("07.txt", "06.txt"):
        (made / name).rename(made / "sub" / name)
    build_index([made], tmp_path / "ix", BagEmbedder(), SETTINGS)
    return made


def files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_preview_tells_what_a_build_does_and_does_nothing(folder: Path, tmp_path: Path) -> None:
    (folder / "00.txt").rename(folder / "zero.txt")
    (folder / "01.txt").write_text("Un article tout autre paraît. Il parle de la pluie.", "utf-8")
    (folder / "02.txt").unlink()
    (folder / "new.txt").write_text("Un article tout neuf paraît. Il parle de la neige.", "utf-8")
    before = files(tmp_path)
    changes = preview_index([], tmp_path / "ix", BagEmbedder().digest, SETTINGS)
    assert changes == Changes(("new.txt",), ("01.txt",), ("02.txt",), (("00.txt", "zero.txt"),), 5)
    assert files(tmp_path) == before
    embedder = BagEmbedder()
    report = build_index([], tmp_path / "ix", embedder, SETTINGS)
    assert report.changes == changes
    # What was renamed keeps its vectors.
    kept = open_index(tmp_path / "ix").catalog.article("zero.txt").text
    assert embedder.embedded and not any(text in kept for text in embedder.embedded)
    assert preview_index([], tmp_path / "ix", BagEmbedder().digest, SETTINGS) == Changes(unchanged=8)


def test_a_preview_needs_no_index(folder: Path, tmp_path: Path) -> None:
    changes = preview_index([folder], tmp_path / "none", BagEmbedder().digest, SETTINGS)
    assert len(changes.added) == 8 and not (tmp_path / "none").exists()


def documents(index: Path) -> list[str]:
    return sorted(open_index(index).catalog.digests())


@pytest.mark.parametrize(
    ("out", "left"),
    [
        ("articles/00.txt", 7),  # a file
        ("articles/sub", 6),  # a folder
        ("03.txt", 7),  # a document
        ("sub/07.txt", 7),
    ],
)
def test_what_is_taken_out_stays_out_until_it_is_named(
    out: str, left: int, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    index = tmp_path / "ix"
    everything = documents(index)
    named = Path(out)
    assert len(preview_index([], index, BagEmbedder().digest, SETTINGS, without=[named]).removed) == 8 - left
    report = build_index([], index, BagEmbedder(), SETTINGS, without=[named])
    assert (len(report.changes.removed), len(documents(index))) == (8 - left, left)
    for again in ([], [folder]):
        assert build_index(again, index, BagEmbedder(), SETTINGS).changes == Changes(unchanged=left)
    back = named if named.exists() else folder / named
    assert len(build_index([back], index, BagEmbedder(), SETTINGS).changes.added) == 8 - left
    assert (documents(index), open_index(index).manifest.excluded) == (everything, ())
    assert open_index(index).manifest.roots == (str(folder),)


def test_a_root_is_taken_out(folder: Path, tmp_path: Path) -> None:
    other = make_articles(tmp_path / "other", 3, seed=1)
    index = tmp_path / "ix"
    build_index([folder, other], index, BagEmbedder(), SETTINGS)
    with pytest.raises(RootsDropped):
        build_index([folder], index, BagEmbedder(), SETTINGS)
    report = build_index([], index, BagEmbedder(), SETTINGS, without=[other])
    assert (len(report.changes.removed), report.manifest.roots) == (3, (str(folder),))
    with pytest.raises(UnknownDocument):
        build_index([], index, BagEmbedder(), SETTINGS, without=[tmp_path / "nowhere.txt"])
    with pytest.raises(NoArticles):
        build_index([], index, BagEmbedder(), SETTINGS, without=[folder])
    assert len(documents(index)) == 8
