"""`CONTRIBUTING.md` as a page of the site: its links lead to pages instead of files."""

from __future__ import annotations

import re

from generated import PROJECT

_PAGE = re.compile(r"\]\(docs/")
_FILE = re.compile(r"\[([^\]]+)\]\((?!https?:|#)(?![\w/-]+\.md[#)])[^)]+\)")


def render(language: str) -> str:
    """The file without its title, which the page has; English alone."""
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n")[2].strip()
    return _FILE.sub(r"\1", _PAGE.sub("](", text))
