"""The language of questions of a few words and of articles."""

from __future__ import annotations

import pytest

from rag.text.lang import LANGUAGES
from rag.text.language import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Et la France ?", "fr"),
        ("quelles conditions pose l'allemagne", "fr"),
        ("qu’a dit Poutine", "fr"),
        ("prix du petrole", "fr"),
        ("quand", "fr"),
        ("merci", "fr"),
        ("Qui est Mark Rutte ?", "fr"),
        ("What conditions does Germany set?", "en"),
        ("And France?", "en"),
        ("Who is Mark Rutte?", "en"),
        ("hello", "en"),
        ("¿Qué condiciones pone Alemania?", "es"),
        ("cuantos paises participan", "es"),
        ("¿Y Francia?", "es"),
        ("Welche Bedingungen stellt Deutschland?", "de"),
        ("Und Frankreich?", "de"),
        ("danke", "de"),
        ("Quali condizioni pone la Germania?", "it"),
        ("E la Francia?", "it"),
        ("Quais são as condições da Alemanha?", "pt"),
    ],
)
def test_questions(text: str, language: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize(
    "text", ["", " ", "?", "42", "macron zelensky paris", "Friedrich Merz", "Steve Witkoff", "Berlin ?", "OTAN Russie"]
)
def test_what_says_nothing_is_in_the_first_language(text: str) -> None:
    assert detect_language(text) == "fr"


def test_the_first_language_is_the_callers() -> None:
    assert detect_language("Friedrich Merz", ("en", "fr")) == "en"


def test_only_the_languages_asked_for() -> None:
    assert detect_language("Welche Bedingungen stellt Deutschland?", ("fr", "en")) in ("fr", "en")


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("Les dirigeants européens se sont réunis jeudi à Paris pour parler de la paix. ", "fr"),
        ("European leaders met in Paris on Thursday to talk about peace. ", "en"),
        ("Die europäischen Staatschefs haben sich am Donnerstag in Paris getroffen. ", "de"),
        ("Los dirigentes europeos se reunieron el jueves en París para hablar de paz. ", "es"),
        ("I leader europei si sono riuniti giovedì a Parigi per parlare di pace. ", "it"),
        ("Os dirigentes europeus reuniram-se na quinta-feira em Paris para falar de paz. ", "pt"),
    ],
)
@pytest.mark.parametrize("times", [1, 500])
def test_articles(sentence: str, language: str, times: int) -> None:
    assert language in LANGUAGES
    assert detect_language(sentence * times) == language
