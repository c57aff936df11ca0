"""Answers, hits, progress and errors for a person: coloured and wrapped on a terminal, plain when piped.

What was asked for goes to standard output, everything else to standard error. `NO_COLOR` is honoured.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from textwrap import indent
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from rag.cli.progress import ProgressBars, ProgressLines
from rag.domain import LOW_CONFIDENCE, Answer, Citation, Heading, Hit, Passage
from rag.errors import RagError
from rag.events import AnswerSoFar, Event, so_far
from rag.prompting import written_date
from rag.protocols import OnProgress
from rag.wording import say

if TYPE_CHECKING:
    from rag.corpus import Problem
    from rag.runtime import Check

_INDENT = " " * 4
# Control characters, with which a text could take over the terminal, become spaces.
_CONTROL = {code: " " for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}


class _Console(Console):
    """Passes the text on as it is, but for control characters, and leaves a reader who has gone to the caller."""

    def __init__(self, file: TextIO) -> None:
        super().__init__(file=file, highlight=False, markup=False, emoji=False)

    def print(self, *objects: Any, **options: Any) -> None:
        for shown in objects:
            if isinstance(shown, Text):
                shown.plain = _harmless(shown.plain)
        super().print(*objects, **options)

    def on_broken_pipe(self) -> None:
        raise  # noqa: PLE0704  rich calls this while it handles the BrokenPipeError


class Renderer:
    """Shows things in the interface language `language`; `quiet` leaves out progress and notices.

    `as_json`: what was asked for is shown as JSON.
    """

    def __init__(
        self,
        language: str,
        *,
        quiet: bool = False,
        as_json: bool = False,
        out: TextIO | None = None,
        err: TextIO | None = None,
    ) -> None:
        self.language = language
        self.quiet = quiet
        self.as_json = as_json
        self.out = _Console(out or sys.stdout)
        self.err = _Console(err or sys.stderr)

    def line(self, text: str) -> None:
        """One line of result, never wrapped or cut."""
        self.out.print(Text(text), soft_wrap=True)

    def json(self, value: object) -> None:
        """A line of JSON."""
        from rag.contracts import dump

        self.line(dump(value))

    def result(self, value: object, text: str) -> None:
        """What was asked for, as an object or in words."""
        if self.as_json:
            self.json(value)
        else:
            self.line(text)

    def note(self, text: str) -> None:
        """One line for the user's eyes only."""
        if not self.quiet:
            self.err.print(Text(text, "dim"), soft_wrap=True)

    def warning(self, text: str) -> None:
        """One line that the user should see, whatever else is left out."""
        self.err.print(Text(text, "yellow"), soft_wrap=True)

    def error(self, error: RagError) -> None:
        """What went wrong and what to do next."""
        label = say("cli.error", self.language)
        shown = Text.assemble((f"{label} ", "bold red"), error.message(self.language))
        self.err.print(shown, soft_wrap=True)
        self.hint(error)

    def hint(self, error: RagError) -> None:
        """What to do next, alone."""
        self.err.print(Text(error.next_step(self.language)), soft_wrap=True)

    def problem(self, problem: Problem) -> None:
        """A file that could not be read, or something worth knowing about one that was."""
        if isinstance(problem, RagError):
            self.err.print(Text(f"- {problem.message(self.language)}", "yellow"), soft_wrap=True)
        else:
            self.note(problem.message(self.language))

    def more_problems(self, problem: Problem, count: int) -> None:
        """That there are `count` more problems such as `problem`, where that itself would have been told."""
        more = Text(f"  {say('cli.more', self.language, count=count)}")
        if isinstance(problem, RagError):
            self.err.print(more, style="yellow", soft_wrap=True)
        else:
            self.note(more.plain)

    @contextmanager
    def waiting(self, step: str) -> Iterator[None]:
        """Shows on a terminal that a step without measurable progress is under way."""
        if self.quiet or not self.err.is_terminal:
            yield
            return
        with self.err.status(Text(f"{say(f'progress.{step}', self.language)}…", "dim"), refresh_per_second=2):
            yield

    @contextmanager
    def progress(self) -> Iterator[OnProgress]:
        """A callback that draws bars on a terminal and prints now and then elsewhere."""
        if self.quiet:
            yield lambda progress: None
        elif self.err.is_terminal:
            with ProgressBars(self.err, self.language) as meters:
                yield meters.show
        else:
            yield ProgressLines(self.err, self.language).show

    def stream(self, events: Iterable[Event]) -> Answer:
        """Shows an answer as it comes into being, and returns it."""
        return self._stream_live(events) if self.out.is_terminal else self._stream_plain(events)

    def _stream_plain(self, events: Iterable[Event]) -> Answer:
        shown = ""
        for state in so_far(events):
            self.out.file.write(state.text.removeprefix(shown))
            self.out.file.flush()
            shown = state.text
            if state.answer:
                self.line("" if shown else state.answer.text)
                self._sources(state.answer)
                return state.answer
        raise AssertionError("a stream ends with Finished")

    def _stream_live(self, events: Iterable[Event]) -> Answer:
        state = AnswerSoFar()
        with Live(console=self.out, refresh_per_second=4, transient=True) as live:
            for state in so_far(events):
                live.update(self._unfolding(state))
        if state.answer is None:
            raise AssertionError("a stream ends with Finished")
        self.answer(state.answer)
        return state.answer

    def _unfolding(self, state: AnswerSoFar) -> RenderableType:
        if state.text:
            return Text.assemble(_marked(state.text), " ", (state.provisional, "dim"))
        best = [hit.passage for hit in state.evidence[:2]]
        found = [Text(f"{_quoted(passage.text)} {self._origin(passage)}", "dim italic") for passage in best]
        return Group(*found, Text(state.provisional, "dim"))

    def answer(self, answer: Answer) -> None:
        """A complete answer with its sources."""
        self.paragraph(_marked(answer.text))
        self._sources(answer)

    def _sources(self, answer: Answer) -> None:
        warnings = {
            "conflict": answer.conflict,
            "low_confidence": answer.answered and answer.confidence < LOW_CONFIDENCE,
        }
        for name in (name for name, holds in warnings.items() if holds):
            self.line("")
            self.out.print(Text(say(f"cli.{name}", self.language), "bold yellow"), soft_wrap=True)
        if not answer.citations:
            return
        self.line("")
        self.out.print(Text(say("cli.sources", self.language), "bold"))
        for citation in answer.citations:
            self.paragraph(Text.assemble((f"[{citation.marker}] ", "bold cyan"), (citation.title, "bold")))
            page = f"p. {citation.page} · " if citation.page else ""
            self.paragraph(f"{self._origin(citation)} · {page}{_place(citation)}", _INDENT, "dim")
            self.paragraph(_quoted(citation.quote), _INDENT, "green")

    def paragraph(self, text: Text | str, before: str = "", style: str = "") -> None:
        """A text of the result with `before` in front of each line; wrapped on a terminal, as it is elsewhere."""
        shown = Text(text, style) if isinstance(text, str) else text
        if not self.out.is_terminal:
            self.line(indent(shown.plain, before))
            return
        # Wrapped here: rich leaves spaces at the ends of lines, which go along when the text is copied.
        for line in shown.wrap(self.out, max(20, self.out.width - len(before))):
            line.rstrip()
            self.out.print(Text(before if line else "").append_text(line), soft_wrap=True)

    def _origin(self, of: Passage | Citation) -> str:
        day = written_date(of.date, self.language) if of.date else say("cli.undated", self.language)
        return f"{of.source}, {day}" if of.source else day

    def hits(self, hits: list[Hit], *, explain: bool) -> None:
        """Passages or sentences found, best first."""
        if not hits:
            self.line(say("cli.no_hits", self.language))
        for rank, hit in enumerate(hits, 1):
            passage = hit.passage
            self.paragraph(Text.assemble((f"{rank}. ", "bold cyan"), (passage.title, "bold")))
            self.paragraph(Text(f"{self._origin(passage)} · {_place(passage)} · {hit.score:.2f}", "dim"), _INDENT)
            if explain:
                parts = [f"{say(f'view.{name}', self.language)} {value:.3f}" for name, value in hit.parts.items()]
                self.paragraph(" · ".join(parts), _INDENT, "dim")
            self.paragraph(passage.text, _INDENT)
            for other in hit.also:
                repeated = say("cli.also", self.language, place=_place(other), origin=self._origin(other))
                self.paragraph(repeated, _INDENT, "dim")

    def headings(self, headings: list[Heading]) -> None:
        """Articles, with what each filter goes by as it would be typed."""
        for heading in headings:
            day = heading.date.isoformat() if heading.date else say("cli.undated", self.language)
            facts = " · ".join(fact for fact in (day, heading.source, heading.language, heading.document) if fact)
            self.paragraph(Text(heading.title, "bold"))
            self.paragraph(facts, _INDENT, "dim")
        self.note(say("cli.articles", self.language, count=len(headings)))

    def checks(self, checks: Iterable[Check]) -> None:
        """The findings of `rag doctor`."""
        colours = {"ok": "green", "warning": "yellow", "failed": "bold red"}
        for check in checks:
            status = say(f"doctor.{check.status}", self.language)
            self.out.print(Text.assemble((f"{status:<10}", colours[check.status]), check.finding), soft_wrap=True)
            if check.repair:
                self.line(f"{'':<10}→ {check.repair}")


def _marked(text: str) -> Text:
    shown = Text(text)
    shown.highlight_regex(r"\[\d+\]", "bold cyan")
    return shown


def _place(of: Passage | Citation) -> str:
    return f"{of.document}, {of.start}-{of.end}"


def _quoted(text: str) -> str:
    return f"«\u00a0{_harmless(text)}\u00a0»"


def _harmless(text: str) -> str:
    return text.translate(_CONTROL)
