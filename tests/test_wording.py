"""Texts in the five languages of the chat page, and the two that the rest of the program has."""

from __future__ import annotations

import string

import pytest

from rag.prompting import LANGUAGES
from rag.wording import catalogue, say, user_language

SHARED = ("chat.", "export.", "suggestion.")


def shared_texts(language: str) -> dict[str, str]:
    return {key: text for key, text in catalogue(language).items() if key.startswith(SHARED)}


def fields_of(text: str) -> set[str]:
    return {name for _, name, *_ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_chat_page_and_its_exports_speak_the_five_languages(language: str) -> None:
    texts, english = shared_texts(language), shared_texts("en")
    assert "export.sources" in texts and texts.keys() == english.keys()
    for key, text in texts.items():
        assert text.strip() and fields_of(text) == fields_of(english[key]), key


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language not in ("en", "fr")])
def test_a_language_of_the_chat_page_alone_has_no_other_texts(language: str) -> None:
    assert catalogue(language) == shared_texts(language)
    assert say("cli.error", language) == say("cli.error", "en")


@pytest.mark.parametrize(
    ("language", "text"), [("de", "Quellen"), ("es", "Fuentes"), ("it", "Fonti"), ("pt", "Sources")]
)
def test_a_text_is_said_in_the_language_or_else_in_english(language: str, text: str) -> None:
    assert say("export.sources", language) == text


@pytest.mark.parametrize(("chosen", "used"), [("fr", "fr"), ("en", "en"), ("de", "en"), ("it_IT", "en"), ("..", "en")])
def test_the_command_line_speaks_a_language_that_has_every_text(
    monkeypatch: pytest.MonkeyPatch, chosen: str, used: str
) -> None:
    monkeypatch.setenv("RAG_LANGUAGE", chosen)
    assert user_language() == used
