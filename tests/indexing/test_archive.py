"""An index as one file: what is taken in is whole, is what was written, and lies where it belongs."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.config import Settings
from rag.errors import IndexDamaged, IndexPresent, IndexTooNew, IndexTooOld, PackDamaged, RagError
from rag.indexing.archive import export_index, import_index
from rag.indexing.build import build_index
from rag.indexing.verify import verify_index
from tests.support.doubles import BagEmbedder
from tests.support.indexes import age, copy_index, data_of, held, make_articles


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    build_index([make_articles(folder / "articles", 6)], folder / "ix", BagEmbedder(), Settings())
    return folder / "ix"


@pytest.fixture
def pack(index: Path, tmp_path: Path) -> Path:
    export_index(index, tmp_path / "index.tar")
    return tmp_path / "index.tar"


def test_an_index_goes_through_a_file(index: Path, pack: Path, tmp_path: Path) -> None:
    with tarfile.open(pack) as tar:
        assert tar.getnames()[0] == "manifest.json"
    manifest = import_index(pack, tmp_path / "there")
    assert verify_index(tmp_path / "there", BagEmbedder()) == []
    assert held(tmp_path / "there") == held(index)
    assert manifest.data == data_of(tmp_path / "there").name
    # The same index, the same file.
    export_index(index, tmp_path / "again.tar")
    assert (tmp_path / "again.tar").read_bytes() == pack.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.tar", "index.tar", "there"]


def test_an_index_of_the_schema_before_gets_its_checksums(index: Path, tmp_path: Path) -> None:
    age(copy_index(index, tmp_path / "old"))
    export_index(tmp_path / "old", tmp_path / "old.tar")
    import_index(tmp_path / "old.tar", tmp_path / "there")
    assert verify_index(tmp_path / "there", BagEmbedder()) == []


def test_an_index_that_is_there_is_not_overwritten_unasked(pack: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    build_index([make_articles(tmp_path / "others", 2, seed=1)], there, BagEmbedder(), Settings())
    with pytest.raises(IndexPresent):
        import_index(pack, there)
    assert len(list(held(there)["articles"])) == 2  # type: ignore[call-overload]
    import_index(pack, there, replace=True)
    assert len(list(held(there)["articles"])) == 6  # type: ignore[call-overload]
    assert len(list(there.glob("data-*"))) == 1


def test_a_damaged_index_is_not_exported(index: Path, tmp_path: Path) -> None:
    copy = copy_index(index, tmp_path / "ix")
    path = data_of(copy) / "passages.faiss"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(IndexDamaged):
        export_index(copy, tmp_path / "out.tar")
    assert not list(tmp_path.glob("*out.tar*"))


Members = list[tuple[tarfile.TarInfo, bytes]]


def _rewrite(pack: Path, change: Callable[[Members], object]) -> None:
    with tarfile.open(pack) as tar:
        members = [(member, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]
    change(members)
    with tarfile.open(pack, "w") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content) if member.isreg() else None)


def _rename(place: int, name: str) -> Callable[[Members], object]:
    """Gives a file another name, in the manifest as well, so that only the name is wrong."""

    def change(members: Members) -> None:
        manifest = json.loads(members[0][1])
        manifest["files"] = {
            name if known == members[place][0].name else known: told for known, told in manifest["files"].items()
        }
        members[place][0].name = name
        members[0] = members[0][0], json.dumps(manifest).encode()

    return change


def _manifest(**fields: object) -> Callable[[Members], object]:
    def change(members: Members) -> None:
        members[0] = members[0][0], json.dumps({**json.loads(members[0][1]), **fields}).encode()

    return change


def _link(members: Members) -> None:
    members[1][0].type, members[1][0].linkname = tarfile.SYMTYPE, "/etc/passwd"


HARM: dict[str, Callable[[Members], object]] = {
    "a file less": lambda members: members.pop(),
    "a file twice": lambda members: members.append(members[-1]),
    "a file too many": lambda members: members.append((tarfile.TarInfo("more"), b"?")),
    "another content": lambda members: members.__setitem__(2, (members[2][0], members[2][1][:-1] + b"?")),
    "another size": lambda members: members.__setitem__(2, (members[2][0], members[2][1] + b"?")),
    "the manifest not first": lambda members: members.reverse(),
    "no manifest": lambda members: members.pop(0),
    "nothing": lambda members: members.clear(),
    "a manifest that is a list": lambda members: members.__setitem__(0, (members[0][0], b"[]")),
    "a manifest without files": _manifest(files={}),
    "files that are a list": _manifest(files=["articles.sqlite"]),
    "files that say nothing": _manifest(files={"articles.sqlite": 7}),
    "other counts": _manifest(passages=7),
    "a link": _link,
    "a path above": _rename(1, "../articles.sqlite"),
    "a path from the root": _rename(1, "/tmp/articles.sqlite"),
    "a path in the middle": _rename(1, "passages.bm25/../../x"),
    "a path of three": _rename(1, "a/b/c"),
    "a hidden file": _rename(1, ".lock"),
    "the manifest's own name": _rename(1, "manifest.json"),
    "a path of another system": _rename(1, "..\\x"),
}


@pytest.mark.parametrize("harm", HARM)
def test_what_is_no_whole_index_is_refused(harm: str, pack: Path, tmp_path: Path) -> None:
    _rewrite(pack, HARM[harm])
    before = sorted(path for path in tmp_path.rglob("*"))
    with pytest.raises(PackDamaged) as caught:
        import_index(pack, tmp_path / "there")
    assert str(pack) in caught.value.message("fr")
    assert sorted(path for path in tmp_path.rglob("*") if "there" not in path.parts) == before
    assert [path.name for path in (tmp_path / "there").iterdir()] == [".lock"]


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_file_that_is_cut_is_refused(share: float, pack: Path, tmp_path: Path) -> None:
    pack.write_bytes(pack.read_bytes()[: int(share * pack.stat().st_size)])
    with pytest.raises(PackDamaged):
        import_index(pack, tmp_path / "there")


@pytest.mark.parametrize(("schema", "error"), [(99, IndexTooNew), (1, IndexTooOld)])
def test_an_index_of_another_version_is_told(schema: int, error: type[RagError], pack: Path, tmp_path: Path) -> None:
    _rewrite(pack, _manifest(schema=schema))
    with pytest.raises(error):
        import_index(pack, tmp_path / "there")
