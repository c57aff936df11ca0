"""What a question comes with on the command line: standard input, a history, filters, a batch of others."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import runtime, store
from rag.cli.options import wrong_usage
from rag.errors import BadBatchLine, BadInput, FileUnreadable, InvalidSetting, PathMissing
from rag.wording import say

if TYPE_CHECKING:
    from rag.cli.renderer import Renderer
    from rag.config import Settings
    from rag.contracts import BatchLine
    from rag.domain import Scope, Turn

Reply = Callable[["BatchLine"], dict[str, Any]]


def one_question(question: str | None, batch: str | None) -> str:
    """The question of the command line, or of standard input for `-`; exactly one of question and batch is given."""
    if (question is None) == (batch is None):
        raise wrong_usage("question_or_batch")
    if question == "-":
        return sys.stdin.buffer.read().decode("utf-8", "replace")
    return question or ""


def read_history(text: str | None, language: str) -> list[Turn]:
    """The turns that `--history` gives as JSON. Raises InvalidSetting."""
    from rag.contracts import BadRequest, parse_history

    if text is None:
        return []
    import json

    try:
        return parse_history(json.loads(text))
    except BadRequest as error:
        raise InvalidSetting(key="history", place="--history", reason=error.text(language)) from error
    except (ValueError, RecursionError) as error:
        raise InvalidSetting(key="history", place="--history", reason=error) from error


def check_filters(scope: Scope, settings: Settings, renderer: Renderer) -> None:
    """Raises, before anything slow is loaded, for a scope that the index has nothing in; tells what it leaves out."""
    from rag.domain import EVERYTHING

    if scope == EVERYTHING:
        return
    with closing(runtime.present_catalog(settings)) as catalog:
        store.check_scope(catalog, scope)
        undated = store.count_undated(catalog, scope)
    if undated:
        renderer.note(say("cli.left_out", renderer.language, count=undated))


def read_batch(path: str) -> list[str]:
    """The lines of a batch file, or of standard input for `-`. Raises PathMissing and FileUnreadable."""
    try:
        text = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        # Not `splitlines`: a JSON string may hold other characters that this takes for the end of a line.
        return text.decode("utf-8-sig").split("\n")
    except FileNotFoundError as error:
        raise PathMissing(path=path) from error
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(path=path, reason=error) from error


def answer_batch(lines: list[str], path: str, scope: Scope, renderer: Renderer, reply: Reply) -> int:
    """Writes one object a line, in order. A bad line is reported with its number, the others are answered.

    `scope` is that of lines without filters of their own.
    """
    from rag.contracts import BadRequest, parse_request

    bad: BadBatchLine | None = None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            renderer.json(reply(parse_request(line, number, scope)))
        except (BadRequest, BadInput) as error:
            language = renderer.language
            reason = error.text(language) if isinstance(error, BadRequest) else error.message(language).rstrip(".")
            bad = BadBatchLine(path=path, line=number, reason=reason)
            renderer.problem(bad)
    if bad is None:
        return 0
    renderer.hint(bad)
    return bad.exit_code
