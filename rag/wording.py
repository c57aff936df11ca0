"""What the program says to people, in their language: one TOML file per language in `rag/locales`.

`say("error.IndexMissing.message", "fr", path="index")` looks the text up and fills its fields. A language
without a file, or a text it lacks, falls back to English, which has every text, as French has; German, Spanish and
Italian have those of the chat page and of what is exported from it.
"""

from __future__ import annotations

import locale
import os
import sys
from functools import cache
from importlib.resources import files
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FALLBACK = "en"


@cache
def catalogue(language: str) -> dict[str, str]:
    """Every text of `language`, keyed by its dotted path; empty when there is no such file."""
    resource = files("rag") / "locales" / f"{language}.toml"
    if not language.isalpha() or not resource.is_file():
        return {}
    return dict(_flatten("", tomllib.loads(resource.read_text(encoding="utf-8"))))


def _flatten(prefix: str, table: dict[str, Any]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in table.items():
        rows += _flatten(f"{prefix}{key}.", value) if isinstance(value, dict) else [(prefix + key, value)]
    return rows


def say(key: str, language: str, /, **fields: object) -> str:
    """The text `key` in `language`, its `{fields}` filled in. Raises KeyError for an unknown key."""
    texts = catalogue(language)
    return (texts[key] if key in texts else catalogue(FALLBACK)[key]).format(**fields)


def user_language() -> str:
    """Two letters: `RAG_LANGUAGE` if set, otherwise the language of the user's locale.

    English instead of a language that does not have every text: half of a message would be in another.
    """
    chosen = os.environ.get("RAG_LANGUAGE") or next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)),
        locale.getlocale()[0] or FALLBACK,
    )
    code = chosen[:2].lower()
    return code if catalogue(code).keys() >= catalogue(FALLBACK).keys() else FALLBACK
