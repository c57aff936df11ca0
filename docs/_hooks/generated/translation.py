"""The French of texts that the code has in English alone, in `french.toml` by their English.

A text without a translation is a warning, and so is a translation without a text: `make docs` fails on either.
"""

from __future__ import annotations

import logging
import sys
from functools import cache
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = Path(__file__).with_name("french.toml")
# Below this name MkDocs counts warnings.
_log = logging.getLogger("mkdocs.plugins.generated")
_asked: set[str] = set()


@cache
def french() -> dict[str, str]:
    """Every translation by its English, line ends of the English made spaces."""
    return {one_line(key): value for key, value in tomllib.loads(FILE.read_text(encoding="utf-8")).items()}


def one_line(text: str) -> str:
    """`text` with each paragraph on one line."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


def translated(text: str, language: str) -> str:
    """`text`, which is English, in `language`."""
    plain = one_line(text)
    if language == "en" or not plain:
        return plain
    _asked.add(plain)
    if plain not in french():
        _log.warning("french.toml has no translation of: %s", plain)
    return french().get(plain, plain)


def tell_unused() -> None:
    """Warns of translations that were not asked for, once French pages were built."""
    if _asked:
        for key in french().keys() - _asked:
            _log.warning("french.toml translates what the code no longer says: %s", key)
