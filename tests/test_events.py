"""What the events of a stream add up to, and that every surface shows it alike while it comes."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator

import pytest

from rag.chat.answer_html import live
from rag.chat.live_answer import LiveAnswer
from rag.cli.renderer import Renderer
from rag.domain import Answer, Statement, Timings
from rag.events import AnswerSoFar, Checked, Dropped, Event, Finished, Found, Queued, Written, so_far

FIRST = Checked(Statement("Reuters : trois morts.", (1,), 1.0), "Reuters : trois morts. [1]", own_line=True)
SECOND = Checked(Statement("AFP : quatre morts.", (2,), 1.0), "AFP : quatre morts. [2]", own_line=True)
RUNNING = Checked(Statement("Ils le disent.", (1,), 1.0), "Ils le disent. [1]")
LINES = f"{FIRST.text}\n{SECOND.text}"


class Terminal(io.StringIO):
    """A terminal that keeps all that was written to it."""

    def isatty(self) -> bool:
        return True


def answer(text: str) -> Answer:
    return Answer(
        question="Combien de morts ?", standalone_question="Combien de morts ?", text=text, answered=True,
        confidence=0.9, language="fr", statements=(FIRST.statement, SECOND.statement), citations=(), passages=(),
        timings=Timings(), models={"embedder": "e", "generator": "g"},
    )  # fmt: skip


def events() -> Iterator[Event]:
    yield Found("Combien de morts ?", (), ())
    yield FIRST
    yield SECOND
    yield Finished(answer(LINES))


def test_a_statement_on_a_line_of_its_own_begins_one() -> None:
    *_, last = so_far(events())
    assert last.text == LINES == last.answer.text if last.answer else False


def test_what_is_written_stands_until_it_is_checked_or_dropped() -> None:
    given: list[Event] = [Queued(2), Queued(0), Written("Ils "), Written("le"), RUNNING, Written("Non"), Dropped()]
    seen = [(state.place, state.text, state.provisional, state.dropped) for state in so_far(given)]
    assert seen == [
        (2, "", "", 0), (0, "", "", 0), (0, "", "Ils ", 0), (0, "", "Ils le", 0), (0, RUNNING.text, "", 0),
        (0, RUNNING.text, "Non", 0), (0, RUNNING.text, "", 1),
    ]  # fmt: skip


def test_statements_run_on_where_nothing_else_is_said() -> None:
    assert AnswerSoFar().after(RUNNING).after(RUNNING).text == f"{RUNNING.text} {RUNNING.text}"


def test_the_page_shows_lines_of_their_own_while_the_answer_comes() -> None:
    drawn = LiveAnswer("Combien de morts ?", "searching")
    for event in list(events())[:-1]:
        drawn.take(event)
    shown = re.search(r'<div class="answer"[^>]*>(.*?)</div>', live(drawn, 1, "fr"))
    assert shown is not None
    paragraphs = [re.sub("<[^>]+>", "", part) for part in re.findall("<p>(.*?)</p>", shown[1])]
    assert paragraphs == LINES.split("\n")


@pytest.mark.parametrize("terminal", [True, False])
def test_the_terminal_shows_lines_of_their_own_while_the_answer_comes(
    terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal() if terminal else io.StringIO()
    shown: list[str] = []

    def watched() -> Iterator[Event]:
        for event in events():
            if isinstance(event, Finished):  # what stood there before the whole answer was known
                until = time.monotonic() + 10  # a terminal is drawn anew now and then
                while "quatre" not in out.getvalue() and time.monotonic() < until:
                    time.sleep(0.05)
                shown.append(out.getvalue())
            yield event

    Renderer("fr", out=out).stream(watched())
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown[0]).replace("\r", "")
    assert re.search(rf"{re.escape(FIRST.text)} *\n+{re.escape(SECOND.text)}", plain)
