from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rag.config import Settings, load_settings
from rag.errors import InvalidSetting, SettingsUnreadable, UnknownSetting


def test_flag_over_environment_over_file_over_default(tmp_path: Path) -> None:
    (tmp_path / "rag.toml").write_text('passages = 3\nanswer_tokens = 100\nindex = "from-file"\n')
    environment = {"RAG_ANSWER_TOKENS": "200", "RAG_INDEX": "from-environment", "PATH": "/bin"}
    settings = load_settings({"index": Path("from-flag"), "passages": None}, environment, tmp_path)
    assert settings == Settings(index=Path("from-flag"), answer_tokens=200, passages=3)


def test_defaults_alone(tmp_path: Path) -> None:
    assert load_settings({}, {}, tmp_path) == Settings()


@pytest.mark.parametrize(
    ("file", "environment", "place"),
    [("pasages = 3", {}, "rag.toml"), ("", {"RAG_PASAGES": "3"}, "RAG_*")],
)
def test_an_unknown_key_fails_and_names_the_nearest(
    tmp_path: Path, file: str, environment: dict[str, str], place: str
) -> None:
    (tmp_path / "rag.toml").write_text(file)
    with pytest.raises(UnknownSetting) as caught:
        load_settings({}, environment, tmp_path)
    assert caught.value.fields == {"key": "pasages", "place": place, "close": "passages"}


@pytest.mark.parametrize("value", ["0", "51", "many", "1.5"])
def test_a_value_out_of_bounds_fails_with_its_place(tmp_path: Path, value: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        load_settings({}, {"RAG_PASSAGES": value}, tmp_path)
    assert (caught.value.fields["key"], caught.value.fields["place"]) == ("passages", "RAG_*")


@pytest.mark.parametrize(
    ("file", "environment", "day"),
    [
        ("today = 2025-09-04", {}, date(2025, 9, 4)),
        ('today = "2025-09-04"', {}, date(2025, 9, 4)),
        ("today = 2025-09-04", {"RAG_TODAY": "2024-02-29"}, date(2024, 2, 29)),
        ("today = 2025-09-04", {"RAG_TODAY": ""}, None),
    ],
)
def test_a_day(tmp_path: Path, file: str, environment: dict[str, str], day: date | None) -> None:
    (tmp_path / "rag.toml").write_text(file)
    assert load_settings({}, environment, tmp_path).today == day


@pytest.mark.parametrize("file", ["today = 2025-09-04T10:00:00", "today = 20250904", "today = true"])
def test_what_is_no_day(tmp_path: Path, file: str) -> None:
    (tmp_path / "rag.toml").write_text(file)
    with pytest.raises(InvalidSetting) as caught:
        load_settings({}, {}, tmp_path)
    assert caught.value.fields["key"] == "today"


@pytest.mark.parametrize("content", [b"passages = ", b"\xff\xfe"])
def test_an_unreadable_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "rag.toml").write_bytes(content)
    with pytest.raises(SettingsUnreadable):
        load_settings({}, {}, tmp_path)
