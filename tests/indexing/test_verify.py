"""What is wrong with an index is found, and what can be repaired is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rag.config import Settings
from rag.errors import EmbedderMismatch, IndexBeyondRepair, PathMissing
from rag.indexing.build import build_index
from rag.indexing.repair import Repair, repair_index
from rag.indexing.verify import verify_index
from rag.store.index import open_index
from rag.wording import catalogue
from tests.support.doubles import BagEmbedder
from tests.support.indexes import age, copy_index, data_of, held, make_articles, swap_text
from tests.support.stores import written_vectors


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index and the articles it was built from."""
    folder = tmp_path_factory.mktemp("made")
    build_index([make_articles(folder / "articles", 12)], folder / "ix", BagEmbedder(), Settings())
    return folder


@pytest.fixture
def index(made: Path, tmp_path: Path) -> Path:
    return copy_index(made / "ix", tmp_path / "ix")


def _flip(path: Path, place: int = -9) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 255
    path.write_bytes(content)


def _halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _swap_vectors(index: Path) -> None:
    """Gives each passage the vector of another."""
    store = open_index(index).passages
    vectors = np.roll(store.at(np.arange(len(store))), 1, axis=0)
    written_vectors(data_of(index) / "passages.faiss", store.ids, vectors)


# What is damaged, what is found of it, from what the index is repaired, and whether texts have to be embedded.
DAMAGE: dict[str, tuple[Callable[[Path], object], set[str], str, bool]] = {
    "a bit of a vector": (lambda ix: _flip(data_of(ix) / "passages.faiss", 999), {"altered"}, "texts", True),
    "a bit of a token": (lambda ix: _flip(data_of(ix) / "passages.tokens/vectors.npy"), {"altered"}, "texts", True),
    "a bit of the terms": (lambda ix: _flip(data_of(ix) / "sentences.bm25/lengths.npy"), {"altered"}, "texts", False),
    "the terms are cut": (lambda ix: _halve(data_of(ix) / "passages.bm25/ids.npy"), {"cut"}, "texts", False),
    "the terms are gone": (lambda ix: shutil.rmtree(data_of(ix) / "passages.grams"), {"cut"}, "texts", False),
    "a file too many": (lambda ix: (data_of(ix) / "more").write_text("?"), {"altered"}, "texts", False),
    "a passage": (lambda ix: swap_text(data_of(ix)), {"altered", "text"}, "files", True),
    "the catalog is cut": (lambda ix: _halve(data_of(ix) / "articles.sqlite"), {"cut"}, "files", True),
    "the data are gone": (lambda ix: shutil.rmtree(data_of(ix)), {"unreadable"}, "files", True),
    "the manifest is cut": (lambda ix: _halve(ix / "manifest.json"), {"unreadable"}, "manifest", False),
    "the manifest is gone": (lambda ix: (ix / "manifest.json").unlink(), {"unreadable"}, "manifest", False),
}  # fmt: skip


def test_a_whole_index_has_no_findings(index: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in index.rglob("*") if path.name != ".lock"}
    assert verify_index(index) == verify_index(index, BagEmbedder()) == []
    assert repair_index(Settings(index=index), BagEmbedder()) == Repair("nothing", ())
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found_and_repaired(damage: str, index: Path, made: Path) -> None:
    harm, kinds, means, anew = DAMAGE[damage]
    harm(index)
    findings = verify_index(index)
    assert {finding.kind for finding in findings} == kinds
    assert all(finding.message("fr") and finding.message("en") for finding in findings)
    embedder = BagEmbedder()
    repair = repair_index(Settings(index=index), embedder)
    assert (repair.means, bool(repair.embedded), bool(embedder.embedded)) == (means, anew, anew)
    assert [finding.kind for finding in repair.findings] == [finding.kind for finding in findings]
    assert held(index) == held(made / "ix")
    assert verify_index(index, BagEmbedder()) == []
    # What could not be used is there still.
    assert bool(repair.moved) == (means in ("texts", "files") and damage != "the data are gone")
    if repair.moved:
        assert repair.moved.parent == index and any(path.is_file() for path in repair.moved.rglob("*"))


def test_vectors_of_other_texts_are_found_by_embedding_some_again(index: Path) -> None:
    _swap_vectors(index)
    assert {finding.kind for finding in verify_index(index)} == {"altered"}
    assert {finding.kind for finding in verify_index(index, BagEmbedder())} == {"altered", "vector"}
    (told,) = verify_index(index, BagEmbedder(name="other"))[-1:]
    assert (told.kind, type(told.fields["reason"])) == ("unreadable", EmbedderMismatch)


def test_terms_of_other_passages_are_found(index: Path) -> None:
    ids = data_of(index) / "passages.bm25" / "ids.npy"
    np.save(ids, np.load(ids)[::-1])
    assert [f.fields.get("part") for f in verify_index(index) if f.kind == "ids"] == ["passages.bm25"]


def test_an_index_without_checksums_is_told_apart(index: Path) -> None:
    age(index)
    assert [finding.kind for finding in verify_index(index, BagEmbedder())] == ["unsealed"]


def test_what_cannot_be_repaired_stays_as_it_is(index: Path, made: Path, tmp_path: Path) -> None:
    """The catalog is cut, and the files it was made from are gone too."""
    _halve(data_of(index) / "articles.sqlite")
    before = {path: path.read_bytes() for path in index.rglob("*") if path.is_file() and path.name != ".lock"}
    (made / "articles").rename(tmp_path / "elsewhere")
    try:
        with pytest.raises(PathMissing):
            repair_index(Settings(index=index), BagEmbedder())
    finally:
        (tmp_path / "elsewhere").rename(made / "articles")
    after = {path: path.read_bytes() for path in index.rglob("*") if path.is_file() and path.name != ".lock"}
    assert after == before


def test_nothing_is_made_of_nothing(index: Path) -> None:
    for path in index.rglob("manifest.json"):
        path.unlink()
    with pytest.raises(IndexBeyondRepair):
        repair_index(Settings(index=index), BagEmbedder())
    assert any(index.glob("data-*/articles.sqlite"))


def test_every_kind_of_finding_is_worded() -> None:
    kinds = {"unreadable", "unsealed", "cut", "altered", "digest", "text", "orphan", "ids", "vector"}
    assert {key.partition(".")[2] for key in catalogue("fr") if key.startswith("finding.")} == kinds
