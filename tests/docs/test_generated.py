"""What is drawn from the code says what the code has, in both languages."""

from __future__ import annotations

import logging
from collections import Counter

import pytest
from generated import commands, http, layout, markdown, settings, tools, translation

from rag.config import Settings
from tests.support.paths import PROJECT

LANGUAGES = ("en", "fr")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_is_listed(language: str) -> None:
    lines = settings.render(language).splitlines()
    listed = {line.split("|")[1].strip(" `") for line in lines if line.startswith("| `")}
    assert listed == set(Settings.model_fields)
    assert any("| `160` | 32 " in line for line in lines)


def test_commands_are_told_in_the_language_of_the_page() -> None:
    english, french = (commands.render(language) for language in LANGUAGES)
    for told in (english, french):
        assert "### `rag ask`" in told and "| `--until DATE` |" in told and "### `rag articles remove`" in told
    assert "Answer a question" in english and "Répondre à une question" in french


@pytest.mark.parametrize("language", LANGUAGES)
def test_routes_and_objects_are_told(language: str) -> None:
    told = http.render(language)
    assert "### `POST /api/ask`" in told and "`GET /healthz`" in told
    for name in http.description()["components"]["schemas"]:
        assert f"(#{http.anchor(name)})" not in told or f"{{ #{http.anchor(name)} }}" in told, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tools_are_told(language: str) -> None:
    headings = [line for line in tools.render(language).splitlines() if line.startswith("## ")]
    assert headings == ["## `ask`", "## `search`", "## `read_article`"]


def test_rooms_come_after_what_they_import() -> None:
    imports = {"cli": Counter(["text", "store"]), "store": Counter(["text"]), "text": Counter[str]()}
    assert layout.in_order(imports) == ["text", "store", "cli"]


def test_a_circle_shows() -> None:
    imports = {"a": Counter({"b": 2}), "b": Counter({"a": 1}), "c": Counter({"a": 1})}
    rooms = layout.in_order(imports)
    assert rooms == ["a", "b", "c"]
    drawn = layout.drawing(rooms, imports, {"drawing": "{0}", "cell": "{0} {1} {2}"}, "rag")
    assert drawn.count('class="up"') == 1 and drawn.count('class="down"') == 2
    assert "<title>a b 2</title>" in drawn


@pytest.mark.parametrize("package", ["rag", "eval"])
def test_every_room_has_its_modules(package: str) -> None:
    drawn = layout.render("en")
    for folder in sorted((PROJECT / package).iterdir()):
        if (folder / "__init__.py").is_file():
            assert f"### `{package}.{folder.name}`" in drawn
            for module in folder.rglob("*.py"):
                assert f"| `{module.relative_to(folder).with_suffix('').as_posix()}` |" in drawn


def test_a_text_without_french_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert translation.translated("Nobody says this.", "fr") == "Nobody says this."
    assert "Nobody says this." in caplog.text
    caplog.clear()
    assert translation.translated("folder of\n  the index", "fr") == "dossier de l'index"
    assert not caplog.records


def test_french_of_what_nobody_says_is_a_warning(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translation, "_asked", {"folder of the index"})
    with caplog.at_level(logging.WARNING):
        translation.tell_unused()
    assert len(caplog.records) == len(translation.french()) - 1


def test_markup_in_a_text_is_shown() -> None:
    assert markdown.shown("a|b <c> *d* `e|*`") == r"a\|b &lt;c> \*d\* `e\|*`"
