"""Called by MkDocs for every page: a line `<!-- generated: NAME -->` is filled with what the code says.

So no option, setting, route or module is described by hand, and a page cannot say what is no longer so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from generated import commands, contributing, http, layout, settings, tools, translation

_MARK = re.compile(r"^<!-- generated: ([\w-]+) -->$", re.MULTILINE)
_PARTS: dict[str, Callable[[str], str]] = {
    "commands": commands.render,
    "contributing": contributing.render,
    "evaluation": commands.render_evaluation,
    "http": http.render,
    "layout": layout.render,
    "settings": settings.render,
    "tools": tools.render,
}


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """The text of `page` with its generated parts. Raises KeyError for a part that is not known."""
    language = "fr" if page.file.src_uri.endswith(".fr.md") else "en"
    return _MARK.sub(lambda mark: _PARTS[mark[1]](language), markdown)


def on_post_build(**_: Any) -> None:
    """Tells of translations whose text has gone from the code."""
    translation.tell_unused()
