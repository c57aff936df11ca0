"""Questions about an article itself, told from those about what it tells."""

from __future__ import annotations

import pytest

from rag.answering.article_facts import Fact, asked_fact


@pytest.mark.parametrize(
    ("question", "language", "fact"),
    [
        ("Date de l'article de Public Sénat ?", "fr", "date"),
        ("De quand date la dépêche de l'AFP ?", "fr", "date"),
        ("Quand l'article du Monde a-t-il été publié ?", "fr", "date"),
        ("Quelle est la date de publication de l’article ?", "fr", "date"),
        ("Qui signe cet article ?", "fr", "author"),
        ("qui a ecri l'articl de liberation", "fr", "author"),
        ("Qui est l'auteur de l'article ?", "fr", "author"),
        ("Quel journal a publié l'article sur la réforme ?", "fr", "source"),
        ("Who wrote the article?", "en", "author"),
        ("When was the article published?", "en", "date"),
        ("Wer hat den Artikel geschrieben?", "de", "author"),
        ("¿Quién escribió el artículo?", "es", "author"),
        ("Chi ha scritto l'articolo?", "it", "author"),
        ("Quelle est la date du sommet ?", "fr", None),
        ("Qui a signé l'accord ?", "fr", None),
        ("Qui a écrit à Vladimir Poutine ?", "fr", None),
        ("Quand la loi a-t-elle été publiée ?", "fr", None),
        ("Quel article de la loi interdit cela ?", "fr", None),
        ("Who signed the treaty?", "en", None),
    ],
)
def test_asked_fact(question: str, language: str, fact: Fact | None) -> None:
    assert asked_fact(question, language) == fact
