"""Ways in which the files of an index can be damaged, by name."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np


def rewrite(index: Path, **fields: object) -> None:
    path = index / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(manifest | fields), encoding="utf-8")


def _data(index: Path) -> Path:
    return index / str(json.loads((index / "manifest.json").read_text(encoding="utf-8"))["data"])


def _halve(*paths: Path) -> None:
    for path in paths:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _halve_array(path: Path) -> None:
    np.save(path, np.load(path)[::2])


def _empty_folder(path: Path) -> None:
    shutil.rmtree(path)
    path.mkdir()


def _zero(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + bytes(5000))


def _drop_table(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE passage")


DAMAGE: dict[str, Callable[[Path], object]] = {
    "manifest is not JSON": lambda index: (index / "manifest.json").write_text("{", encoding="utf-8"),
    "manifest is a list": lambda index: (index / "manifest.json").write_text("[]", encoding="utf-8"),
    "manifest lacks a field": lambda index: (index / "manifest.json").write_text('{"schema": 1}', encoding="utf-8"),
    "manifest is not UTF-8": lambda index: (index / "manifest.json").write_bytes(b"\xff\xfe\xfa"),
    "manifest has a strange schema": lambda index: rewrite(index, schema="one"),
    "manifest names a folder elsewhere": lambda index: rewrite(index, data="../elsewhere"),
    "manifest counts more": lambda index: rewrite(index, passages=1_000),
    "data is gone": lambda index: shutil.rmtree(_data(index)),
    "vectors are cut": lambda index: _halve(_data(index) / "passages.faiss"),
    "vectors are empty": lambda index: (_data(index) / "sentences.faiss").write_bytes(b""),
    "vectors are gone": lambda index: (_data(index) / "sentences.faiss").unlink(),
    "articles are cut": lambda index: _halve(_data(index) / "articles.sqlite"),
    "articles are empty": lambda index: (_data(index) / "articles.sqlite").write_bytes(b""),
    "articles are gone": lambda index: (_data(index) / "articles.sqlite").unlink(),
    "articles are zeros": lambda index: (_data(index) / "articles.sqlite").write_bytes(
        b"SQLite format 3\0" + bytes(5000)
    ),
    "articles lack a table": lambda index: _drop_table(_data(index) / "articles.sqlite"),
    "terms lack an array": lambda index: next((_data(index) / "passages.bm25").glob("data*.npy")).unlink(),
    "terms are gone": lambda index: _empty_folder(_data(index) / "passages.bm25"),
    "terms have no folder": lambda index: shutil.rmtree(_data(index) / "sentences.bm25"),
    "runs of letters are gone": lambda index: shutil.rmtree(_data(index) / "passages.grams"),
    "tokens are gone": lambda index: _empty_folder(_data(index) / "passages.tokens"),
    "tokens lack their places": lambda index: (_data(index) / "passages.tokens" / "places.npy").unlink(),
    "tokens are cut": lambda index: _halve(*(_data(index) / "passages.tokens").iterdir()),
    "tokens of another index": lambda index: _halve_array(_data(index) / "passages.tokens" / "ids.npy"),
    "terms are cut": lambda index: _halve(*(_data(index) / "passages.bm25").iterdir()),
}
