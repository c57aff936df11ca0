"""What the chat page looks up for the exchanges it shows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from rag.chat.history import ConversationStore
from rag.chat.history_file import ChatDatabase
from rag.chat.page_questions import PageQuestions
from rag.config import Settings
from rag.domain import Heading
from rag.indexing.build import build_index
from rag.runtime.assembly import Models
from rag.runtime.service import Service
from tests.support.doubles import BagEmbedder


def test_articles_are_looked_up_one_by_one_in_the_index_that_is_there(tmp_path: Path) -> None:
    settings, embedder = Settings(index=tmp_path / "index"), BagEmbedder()
    service = Service(settings, lambda _: Models(embedder, None, None))
    asking = PageQuestions(service, ConversationStore(ChatDatabase(tmp_path / "conversations.sqlite")))
    assert asking.headings()("pont.txt") is None  # there is no index yet
    (tmp_path / "seeds").mkdir()
    text = "Titre : Le pont\nSource : AFP\nDate : 4 septembre 2025\n\nLe pont a été rouvert mardi au public."
    (tmp_path / "seeds" / "pont.txt").write_text(text, encoding="utf-8")
    build_index([tmp_path / "seeds"], settings.index, embedder, settings)
    headings = asking.headings()
    assert headings("pont.txt") == Heading("pont.txt", "Le pont", date(2025, 9, 4), "AFP", "fr")
    assert headings("autre.txt") is None
