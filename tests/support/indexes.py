"""Corpora and indexes that tests make, and what an index holds, to be compared."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np

from rag.store.index import open_index
from tests.support.paths import SEEDS


def make_articles(folder: Path, number: int = 60, lines: int = 4, seed: int = 0) -> Path:
    """`folder` with so many articles of two paragraphs, of so many lines of twenty words each."""
    words = [word for path in sorted(SEEDS.iterdir()) for word in path.read_text("utf-8").split()]
    chooser = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for place in range(number):
        paragraphs = ["\n".join(" ".join(chooser.choices(words, k=20)) + "." for _ in range(lines)) for _ in range(2)]
        head = f"Date : {1 + place % 28} septembre 2025\n\nArticle numéro {place} de la série"
        (folder / f"{place:02}.txt").write_text("\n\n".join([head, *paragraphs]), "utf-8")
    return folder


def held(target: Path) -> dict[str, object]:
    """Everything an index holds but the projection of its tokens, which an update keeps."""
    index = open_index(target)
    rows = np.arange(index.manifest.passages)
    lexical = (index.passage_terms, index.passage_grams, index.sentence_terms)
    return {
        "articles": list(index.catalog.articles()),
        "spans": index.catalog.spans("passage") + index.catalog.spans("sentence"),
        "origins": index.catalog.origins(),
        "ids": [list(store.ids) for store in (index.passages, index.sentences, *lexical)],
        "vectors": index.passages.at(rows).tolist(),
        "sentences": index.sentences.at(np.arange(index.manifest.sentences)).tolist(),
        "terms": [{term: one.scores([term], one.ids).tobytes() for term in one.vocabulary} for one in lexical],
        "places": [index.tokens.at(int(row)).places.tolist() for row in rows],
        "digest": index.manifest.corpus_digest,
    }


def age(target: Path) -> None:
    """Makes an index one of the schema before: without checksums and the columns that came later."""
    path = target / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    for name in ("files", "excluded"):
        del manifest[name]
    # That program read files in another way, as far as this one can tell.
    path.write_text(json.dumps({**manifest, "schema": 3, "reading_digest": "0" * 64}), "utf-8")
    data = target / manifest["data"]
    (data / "manifest.json").unlink()
    with closing(sqlite3.connect(data / "articles.sqlite")) as connection:
        for column in ("pages", "provenance", "file"):
            connection.execute(f"ALTER TABLE article DROP COLUMN {column}")
        connection.commit()


def swap_text(data: Path) -> None:
    """Puts another text into a passage of the catalog in the folder `data`."""
    with closing(sqlite3.connect(data / "articles.sqlite")) as connection:
        connection.execute("UPDATE passage SET text = 'Autre chose.' WHERE id = (SELECT min(id) FROM passage)")
        connection.commit()


def data_of(target: Path) -> Path:
    """The data folder of an index."""
    return target / str(json.loads((target / "manifest.json").read_text("utf-8"))["data"])


def copy_index(index: Path, target: Path) -> Path:
    """A copy of an index, to be changed."""
    return shutil.copytree(index, target)
