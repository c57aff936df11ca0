from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.config import Settings
from rag.domain import Progress
from rag.errors import (
    EmbedderMismatch,
    IndexDamaged,
    IndexMissing,
    IndexTooOld,
    NoArticles,
    PathMissing,
    RootsDropped,
)
from rag.indexing.build import BuildReport, build_index
from rag.indexing.changes import Changes
from rag.protocols import OnProgress, Vectors, silent
from rag.store.catalog import open_catalog
from rag.store.index import check_embedder, open_index
from tests.support.doubles import BagEmbedder
from tests.support.index_damage import DAMAGE
from tests.support.indexes import age, held, make_articles
from tests.support.paths import SEEDS

SETTINGS = Settings()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three of the articles, in a folder that may be changed."""
    made = tmp_path / "articles"
    made.mkdir()
    for path in sorted(SEEDS.iterdir())[:3]:
        shutil.copy(path, made)
    return made


def build(
    paths: list[Path], target: Path, embedder: BagEmbedder | None = None, *, replace: bool = False
) -> BuildReport:
    return build_index(paths, target, embedder or BagEmbedder(), SETTINGS, replace=replace)


def test_an_index_holds_what_it_was_built_from(folder: Path, tmp_path: Path) -> None:
    report = build([folder], tmp_path / "ix")
    index = open_index(tmp_path / "ix")
    assert report.changes.added == tuple(sorted(p.name for p in folder.iterdir()))
    assert index.manifest.articles == 3
    assert [a.text for a in index.catalog.articles()] == [p.read_text("utf-8") for p in sorted(folder.iterdir())]
    for level, store in (("passage", index.passages), ("sentence", index.sentences)):
        spans = index.catalog.spans(level)
        assert len(spans) == len(store) > 0
        for span in spans:
            assert index.catalog.article(span.document).text[span.start : span.end] == span.text
        vectors = BagEmbedder().encode_documents([span.text for span in spans])
        assert np.allclose(store.reconstruct(np.array([span.id for span in spans])), vectors, atol=1e-6)


def test_it_answers_without_its_source_files(folder: Path, tmp_path: Path) -> None:
    build([folder], tmp_path / "ix")
    shutil.rmtree(folder)
    assert len(list(open_index(tmp_path / "ix").catalog.articles())) == 3


def test_building_again_embeds_nothing(folder: Path, tmp_path: Path) -> None:
    build([folder], tmp_path / "ix")
    embedder = BagEmbedder()
    report = build([folder], tmp_path / "ix", embedder)
    assert (report.embedded, report.changes) == (0, Changes(unchanged=3))
    assert embedder.embedded == []


def test_only_what_is_new_is_embedded(folder: Path, tmp_path: Path) -> None:
    build([folder], tmp_path / "ix")
    (folder / "new.txt").write_text("Un article tout neuf paraît. Il parle de la pluie.", "utf-8")
    gone, changed, _ = sorted(folder.glob("0*"))
    gone.unlink()
    changed.write_text(changed.read_text("utf-8") + "\n\nUn ajout final.", "utf-8")
    embedder = BagEmbedder()
    report = build([folder], tmp_path / "ix", embedder)
    assert report.changes == Changes(("new.txt",), (changed.name,), (gone.name,), (), 1)
    assert 0 < report.embedded < 10
    assert any("tout neuf" in text for text in embedder.embedded)


# An index that is large enough for its projection to be kept


@pytest.fixture
def larger(tmp_path: Path) -> Path:
    """A folder of sixty articles of a hundred and sixty words."""
    return make_articles(tmp_path / "larger")


def _change(folder: Path, change: str) -> None:
    middle = folder / "30.txt"
    if change == "added":
        (folder / "29b.txt").write_text("Un article tout neuf paraît. Il parle de la pluie.", "utf-8")
    elif change == "removed":
        middle.unlink()
    elif change == "renamed":
        middle.rename(folder / "99.txt")
    elif change == "the same file twice":
        shutil.copy(middle, folder / "98.txt")
    elif change == "another byte, nothing else":
        before = middle.stat()
        middle.write_bytes(middle.read_bytes().replace(b"2025", b"2024", 1))
        os.utime(middle, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", ["added", "removed", "renamed", "the same file twice", "another byte, nothing else"])
@pytest.mark.slow
def test_an_updated_index_is_that_of_a_build_from_nothing(change: str, larger: Path, tmp_path: Path) -> None:
    build([larger], tmp_path / "ix")
    assert open_index(tmp_path / "ix").is_settled
    before = held(tmp_path / "ix")
    _change(larger, change)
    embedder = BagEmbedder()
    build([larger], tmp_path / "ix", embedder)
    build([larger], tmp_path / "anew")
    updated = held(tmp_path / "ix")
    assert updated == held(tmp_path / "anew")
    assert (updated == before) == (change == "the same file twice")
    assert len(embedder.embedded) < 6


def test_without_a_change_an_index_stays_as_it_is(larger: Path, tmp_path: Path) -> None:
    build([larger], tmp_path / "ix")
    manifest = (tmp_path / "ix" / "manifest.json").read_bytes()
    for path in larger.iterdir():
        os.utime(path)
    report = build([], tmp_path / "ix")
    assert (report.changes, report.embedded) == (Changes(unchanged=60), 0)
    assert (tmp_path / "ix" / "manifest.json").read_bytes() == manifest
    # The same articles by other paths, in the same order: only the paths are new.
    parts = sorted(larger.iterdir())
    build(parts, tmp_path / "ix", replace=True)
    assert open_index(tmp_path / "ix").manifest.data == json.loads(manifest)["data"]
    assert open_index(tmp_path / "ix").manifest.roots == tuple(map(str, parts))
    # In another order they are another index.
    build(parts[::-1], tmp_path / "ix", replace=True)
    assert open_index(tmp_path / "ix").manifest.data != json.loads(manifest)["data"]
    assert next(iter(open_index(tmp_path / "ix").catalog.passages(_first(tmp_path / "ix")))).document == "59.txt"


def _first(target: Path) -> list[int]:
    return [int(open_index(target).passage_terms.ids[0])]


@pytest.mark.slow
def test_other_settings_cut_anew_and_embed_what_is_new(larger: Path, tmp_path: Path) -> None:
    build([larger], tmp_path / "ix")
    settings = Settings(chunk_tokens=32)
    build_index([larger], tmp_path / "ix", BagEmbedder(), settings)
    build_index([larger], tmp_path / "anew", BagEmbedder(), settings)
    assert held(tmp_path / "ix") == held(tmp_path / "anew")


def test_what_is_told_of_files_is_told_again(larger: Path, tmp_path: Path) -> None:
    (larger / "latin.txt").write_bytes("L'été arrive à Paris, dit la météo, et l'on espère.".encode("latin-1"))
    told: list[list[object]] = []
    for _ in range(2):
        told.append([])
        build_index([larger], tmp_path / "ix", BagEmbedder(), SETTINGS, on_problem=told[-1].append)
    assert told[0] == told[1] != []


def test_the_manifest_says_how_vectors_are_stored(folder: Path, tmp_path: Path) -> None:
    vectors = build([folder], tmp_path / "ix").manifest.vectors
    assert open_index(tmp_path / "ix").manifest.vectors == vectors
    for level, number in (("passages", "passages"), ("sentences", "sentences")):
        size = getattr(open_index(tmp_path / "ix").manifest, number)
        assert vectors[level] == {"kind": "flat", "vectors": size, "lists": 0, "probes": 0, "factor": 0, "recall": 1.0}


def test_without_paths_it_reads_those_of_last_time(folder: Path, tmp_path: Path) -> None:
    build([folder], tmp_path / "ix")
    (folder / "new.txt").write_text("Un article tout neuf paraît.", "utf-8")
    assert build([], tmp_path / "ix").changes.added == ("new.txt",)
    with pytest.raises(IndexMissing):
        build([], tmp_path / "none")


def test_what_the_index_holds_is_not_dropped_unasked(folder: Path, tmp_path: Path) -> None:
    build([folder], tmp_path / "ix")
    other = tmp_path / "other.txt"
    other.write_text("Une brève.", "utf-8")
    with pytest.raises(RootsDropped):
        build([other], tmp_path / "ix")
    assert open_index(tmp_path / "ix").manifest.articles == 3
    assert build([folder, other], tmp_path / "ix").manifest.articles == 4
    assert build([other], tmp_path / "ix", replace=True).manifest.articles == 1


def test_another_embedder_rebuilds_everything_and_is_told_apart(folder: Path, tmp_path: Path) -> None:
    build([folder], tmp_path / "ix")
    other = BagEmbedder(dimension=32, name="other")
    with pytest.raises(EmbedderMismatch) as caught:
        check_embedder(open_index(tmp_path / "ix").manifest, other, tmp_path / "ix")
    assert str(caught.value.fields["built"]).startswith("bag (")
    assert str(caught.value.fields["chosen"]).startswith("other (")
    assert caught.value.exit_code == 4
    report = build([], tmp_path / "ix", other)
    assert report.embedded > 10
    check_embedder(open_index(tmp_path / "ix").manifest, other, tmp_path / "ix")


class Interrupting(BagEmbedder):
    """Stops in the middle as a user's Ctrl-C does."""

    def encode_documents(self, texts: Sequence[str], on_progress: OnProgress = silent) -> Vectors:
        raise KeyboardInterrupt


def test_an_interrupted_build_leaves_the_old_index(folder: Path, tmp_path: Path) -> None:
    build([folder], tmp_path / "ix")
    before = sorted(p.relative_to(tmp_path) for p in (tmp_path / "ix").rglob("*"))
    (folder / "new.txt").write_text("Un article tout neuf paraît.", "utf-8")
    with pytest.raises(KeyboardInterrupt):
        build([folder], tmp_path / "ix", Interrupting())
    assert sorted(p.relative_to(tmp_path) for p in (tmp_path / "ix").rglob("*")) == before
    assert open_index(tmp_path / "ix").manifest.articles == 3


def test_an_open_index_survives_its_replacement(folder: Path, tmp_path: Path) -> None:
    build([folder], tmp_path / "ix")
    opened = open_index(tmp_path / "ix")
    (folder / "new.txt").write_text("Un article tout neuf paraît.", "utf-8")
    build([folder], tmp_path / "ix")
    assert len(list(opened.catalog.articles())) == 3
    assert len(list(open_index(tmp_path / "ix").catalog.articles())) == 4
    assert len(list((tmp_path / "ix").glob("data-*"))) == 1


def test_bad_paths_leave_everything_as_it_was(folder: Path, tmp_path: Path) -> None:
    build([folder], tmp_path / "ix")
    (tmp_path / "empty").mkdir()
    with pytest.raises(PathMissing):
        build([folder, tmp_path / "nowhere"], tmp_path / "ix")
    with pytest.raises(NoArticles):
        build([tmp_path / "empty"], tmp_path / "ix", replace=True)
    assert open_index(tmp_path / "ix").manifest.articles == 3


def _age(target: Path) -> None:
    """Makes the index one of the first schema, which had neither runs of letters nor tokens."""
    manifest = target / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "schema": 1}))
    (data,) = target.glob("data-*")
    for name in ("passages.grams", "passages.tokens"):
        shutil.rmtree(data / name)


def test_an_index_of_an_older_schema_is_told_and_built_again(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "ix"
    build([folder], target)
    _age(target)
    for look in (open_index, open_catalog):
        with pytest.raises(IndexTooOld) as caught:
            look(target)
        assert (caught.value.fields["found"], caught.value.exit_code) == (1, 4)
        assert f"rag index --index {target}" in caught.value.next_step()
    report = build([], target)
    assert (report.manifest.articles, len(report.changes.added)) == (3, 3)
    assert len(open_index(target).tokens) == report.manifest.passages
    assert len(list(target.glob("data-*"))) == 1


def test_an_older_index_keeps_what_it_holds(folder: Path, tmp_path: Path) -> None:
    build([folder], tmp_path / "ix")
    _age(tmp_path / "ix")
    other = tmp_path / "other.txt"
    other.write_text("Une brève.", "utf-8")
    with pytest.raises(RootsDropped):
        build([other], tmp_path / "ix")
    assert build([folder, other], tmp_path / "ix").manifest.articles == 4


def test_a_small_index_that_grows_much_gets_a_new_projection(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "growing"
    source.mkdir()
    (source / "a.txt").write_text("Une brève.", "utf-8")
    build([source], tmp_path / "ix")
    first = open_index(tmp_path / "ix").tokens.projection.basis
    for path in folder.iterdir():
        shutil.copy(path, source)
    embedder = BagEmbedder()
    build([], tmp_path / "ix", embedder)
    assert embedder.embedded.count("Une brève.") == 1  # as a passage; its sentence is known
    second = open_index(tmp_path / "ix").tokens.projection.basis
    assert not np.allclose(first, second)
    # As from the beginning; and with little more to read it stays.
    build([source], tmp_path / "anew")
    assert np.array_equal(open_index(tmp_path / "anew").tokens.projection.basis, second)
    (source / "b.txt").write_text("Une autre brève.", "utf-8")
    build([], tmp_path / "ix")
    assert np.array_equal(open_index(tmp_path / "ix").tokens.projection.basis, second)


@pytest.mark.slow
def test_an_index_of_the_schema_before_is_read_and_brought_up_to_date(larger: Path, tmp_path: Path) -> None:
    build([larger], tmp_path / "ix")
    new = held(tmp_path / "ix")
    age(tmp_path / "ix")
    old = open_index(tmp_path / "ix")
    # It does not tell yet where what it says of its articles comes from.
    articles = [replace(article, provenance={}) for article in open_index(tmp_path / "ix").catalog.articles()]
    assert held(tmp_path / "ix") == new | {"origins": old.catalog.origins(), "articles": articles}
    assert old.manifest.schema == 3
    embedder = BagEmbedder()
    report = build([], tmp_path / "ix", embedder)
    assert (embedder.embedded, report.embedded, report.changes) == ([], 0, Changes(unchanged=60))
    assert (report.manifest.schema, held(tmp_path / "ix")) == (4, new)


@pytest.mark.slow
def test_the_old_index_answers_until_the_new_one_is_whole(larger: Path, tmp_path: Path) -> None:
    """Another embedder, another size of chunk: the old index is asked until the very end."""
    build([larger], tmp_path / "ix")
    before = held(tmp_path / "ix")
    asked: list[bool] = []

    class Watching(BagEmbedder):
        def encode_documents(self, texts: Sequence[str], on_progress: OnProgress = silent) -> Vectors:
            asked.append(held(tmp_path / "ix") == before)
            return super().encode_documents(texts, on_progress)

    other = Watching(32, "other")
    build_index([], tmp_path / "ix", other, Settings(chunk_tokens=32))
    assert asked and all(asked)
    manifest = open_index(tmp_path / "ix").manifest
    assert (manifest.embedder, manifest.chunk_tokens, manifest.dimension) == ("other", 32, 32)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_index_is_told_and_can_be_built_again(folder: Path, tmp_path: Path, damage: str) -> None:
    """Whatever is broken, opening says so in one way; no library's own error comes through."""
    target = tmp_path / "ix"
    build([folder], target)
    DAMAGE[damage](target)
    with pytest.raises(IndexDamaged) as caught:
        open_index(target)
    assert str(target) in caught.value.message()
    assert build([folder], target).manifest.articles == 3
    assert [path.name for path in target.glob("data-*")] == [open_index(target).manifest.data]


def test_progress_names_the_steps_in_order(folder: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    build_index([folder], tmp_path / "ix", BagEmbedder(), SETTINGS, on_progress=seen.append)
    assert list(dict.fromkeys(progress.step for progress in seen)) == ["read", "embed", "write"]
