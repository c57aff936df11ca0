"""A message is understood once, for search and answer alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.config import Settings
from rag.domain import Turn
from rag.errors import EmptyQuestion
from rag.indexing import build_index
from rag.prompting import LANGUAGES, answer_language
from rag.question import understand
from rag.retrieval import Retriever
from rag.store import open_index
from tests.support.doubles import BagEmbedder

PORTUGUESE = "Quem lidera a coalizão?"


def test_the_language_of_a_question_is_told_once(tmp_path: Path) -> None:
    """It was Portuguese for the search and Spanish for the answer, told each time from other candidates."""
    message = understand(PORTUGUESE)
    assert (message.language, message.answer_language) == ("pt", "es")
    (tmp_path / "a.txt").write_text("Macron lidera a coalizão dos voluntários.", encoding="utf-8")
    build_index([tmp_path / "a.txt"], tmp_path / "index", BagEmbedder(), Settings())
    retriever = Retriever(open_index(tmp_path / "index"), BagEmbedder())
    assert retriever.read(PORTUGUESE).language == message.language
    assert retriever.read("Macron ?", message.language).language == message.language


@pytest.mark.parametrize(("language", "answered"), [(code, code) for code in LANGUAGES] + [("pt", "es"), ("nl", "fr")])
def test_every_language_is_answered_in_one_that_the_program_speaks(language: str, answered: str) -> None:
    assert answer_language(language) == answered


def test_a_follow_up_stands_alone_in_the_language_of_its_conversation() -> None:
    history = [Turn("Que demande la France ?", "Elle demande des garanties. [1]")]
    message = understand("Et l'Allemagne ?", history)
    assert message.asked == "Et l'Allemagne ?"
    assert message.question == "Que demande l'Allemagne ?"
    assert message.language == message.answer_language == "fr"


def test_what_asks_nothing_of_the_articles_is_talk() -> None:
    message = understand("Hello!")
    assert message.talk is not None
    assert message.language == message.talk.language == "en"
    with pytest.raises(EmptyQuestion):
        understand(" \t?")
