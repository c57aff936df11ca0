"""Backup and restore as `docs/serving.md` describes them: what is copied while the server runs is whole."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rag.chat.history import ConversationStore
from rag.chat.history_file import FILE, ChatDatabase
from rag.config import Settings
from rag.errors import IndexDamaged
from rag.indexing.build import build_index
from rag.retrieval.retriever import Retriever
from rag.store.index import open_index
from tests.support.doubles import BagEmbedder

QUESTION = "Quand rouvre le pont de Sainte-Engrâce ?"


def build(folder: Path, *texts: str) -> None:
    articles = folder / "articles"
    articles.mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        (articles / f"{number}.txt").write_text(f"Titre : Un titre\n\n{text}\n", encoding="utf-8")
    build_index([articles], folder / "index", BagEmbedder(), Settings())


def found(index: Path) -> list[tuple[str, str]]:
    retriever = Retriever(open_index(index), BagEmbedder())
    return [(hit.passage.document, hit.passage.text) for hit in retriever.search(QUESTION, 5)]


def test_a_copied_index_finds_the_same_and_goes_on_from_there(tmp_path: Path) -> None:
    build(tmp_path, "Le pont de Sainte-Engrâce rouvre mardi.", "Le festival de Bayonne commence jeudi.")
    before = found(tmp_path / "index")
    shutil.copytree(tmp_path / "index", tmp_path / "backup")
    build(tmp_path, "Tout a changé.", "Rien n'est plus là.")
    assert found(tmp_path / "index") != before
    shutil.rmtree(tmp_path / "index")
    shutil.copytree(tmp_path / "backup", tmp_path / "index")
    assert found(tmp_path / "index") == before
    build(tmp_path, "Le pont de Sainte-Engrâce rouvre mercredi.")
    assert ("0.txt", "Le pont de Sainte-Engrâce rouvre mercredi.") in found(tmp_path / "index")


def test_a_copy_taken_while_the_index_was_replaced_is_told_apart(tmp_path: Path) -> None:
    build(tmp_path, "Le pont de Sainte-Engrâce rouvre mardi.")
    shutil.copytree(tmp_path / "index", tmp_path / "backup")
    build(tmp_path, "Le pont de Sainte-Engrâce rouvre mercredi.")
    # The data were copied before, the manifest after.
    shutil.copy(tmp_path / "index" / "manifest.json", tmp_path / "backup")
    with pytest.raises(IndexDamaged):
        open_index(tmp_path / "backup")


def test_conversations_are_copied_whole_while_they_are_written_to(tmp_path: Path) -> None:
    with closing(ConversationStore(ChatDatabase(tmp_path / FILE))) as store:
        kept, _ = store.record(None, "a", {"question": "avant ?", "answer": "oui"})
        with closing(sqlite3.connect(tmp_path / FILE)) as source, closing(sqlite3.connect(tmp_path / "copy")) as copy:
            source.backup(copy)
        store.record(kept, "a", {"question": "après ?", "answer": "non"})
    (tmp_path / "restored").mkdir()
    shutil.copy(tmp_path / "copy", tmp_path / "restored" / FILE)
    with closing(ConversationStore(ChatDatabase(tmp_path / "restored" / FILE))) as restored:
        conversation = restored.load("a", kept)
    assert conversation and [one.question for one in conversation.exchanges] == ["avant ?"]
