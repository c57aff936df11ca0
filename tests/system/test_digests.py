"""Digests are right, remembered, and taken again when a file has changed."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from rag.system.digests import file_digest, folder_digest


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache, in the test's own folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "rag" / "digests.json"


def settle(path: Path, seconds: float = 60) -> None:
    """Makes `path` look as if it was written a while ago."""
    moment = time.time() - seconds
    os.utime(path, (moment, moment))


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    settle(path)
    return path


@pytest.mark.parametrize("content", [b"", b"abc", bytes(3_000_001)])
def test_file_digest_is_sha256(tmp_path: Path, content: bytes) -> None:
    assert file_digest(write(tmp_path / "file", content)) == hashlib.sha256(content).hexdigest()


def test_remembered_digest_is_not_computed_again(tmp_path: Path) -> None:
    path = write(tmp_path / "file", b"one")
    digest = file_digest(path)
    state = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert file_digest(path) == digest


def test_changed_modification_time_hashes_again(tmp_path: Path) -> None:
    path = write(tmp_path / "file", b"one")
    file_digest(path)
    path.write_bytes(b"two")
    settle(path, seconds=30)
    assert file_digest(path) == hashlib.sha256(b"two").hexdigest()


def test_changed_size_hashes_again(tmp_path: Path) -> None:
    path = write(tmp_path / "file", b"one")
    file_digest(path)
    state = path.stat()
    path.write_bytes(b"three")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert file_digest(path) == hashlib.sha256(b"three").hexdigest()


def test_file_written_just_now_is_not_remembered(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one")
    file_digest(path)
    assert not cache.exists()


def test_files_that_are_gone_are_forgotten(tmp_path: Path, cache: Path) -> None:
    first, second = write(tmp_path / "first", b"1"), write(tmp_path / "second", b"2")
    file_digest(first)
    first.unlink()
    file_digest(second)
    assert list(json.loads(cache.read_text())) == [str(second.resolve())]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"PATH": 3}', '{"PATH": [1, 2]}', '{"PATH": [3, "x", null]}'])
def test_foreign_memory_is_ignored_and_replaced(tmp_path: Path, cache: Path, content: str) -> None:
    path = write(tmp_path / "file", b"one")
    write(cache, content.replace("PATH", str(path.resolve())).encode())
    digest = hashlib.sha256(b"one").hexdigest()
    assert file_digest(path) == digest
    assert json.loads(cache.read_text())[str(path.resolve())][2] == digest


def test_memory_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert file_digest(write(tmp_path / "file", b"one")) == hashlib.sha256(b"one").hexdigest()


def test_missing_file_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        file_digest(tmp_path / "file")
    with pytest.raises(NotADirectoryError):
        folder_digest(tmp_path / "folder")


def test_folder_digest_is_over_names_and_contents(tmp_path: Path) -> None:
    for root in ("one", "two"):
        write(tmp_path / root / "b", b"2")
        write(tmp_path / root / "sub" / "a", b"1")
    assert folder_digest(tmp_path / "one") == folder_digest(tmp_path / "two")
    write(tmp_path / "two" / "b", b"3")
    assert folder_digest(tmp_path / "one") != folder_digest(tmp_path / "two")


def test_folder_digest_sees_a_renamed_file(tmp_path: Path) -> None:
    write(tmp_path / "folder" / "a", b"1")
    before = folder_digest(tmp_path / "folder")
    (tmp_path / "folder" / "a").rename(tmp_path / "folder" / "b")
    assert folder_digest(tmp_path / "folder") != before


@pytest.mark.parametrize("name", [".hidden", ".git/config", "README.md", "sub/README"])
def test_folder_digest_ignores(tmp_path: Path, name: str) -> None:
    write(tmp_path / "folder" / "a", b"1")
    before = folder_digest(tmp_path / "folder")
    write(tmp_path / "folder" / name, b"x")
    assert folder_digest(tmp_path / "folder") == before
