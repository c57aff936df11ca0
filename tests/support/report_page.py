"""A run over doubles, and the page that reports one, taken apart."""

from __future__ import annotations

from html.parser import HTMLParser

from eval.cases.records import Case, Run
from eval.harness.runner import System, perform
from tests.support.evaluation import CASES, CORPUS, FACTS, Bridge, asked
from tests.support.planted import Oracle


def run(system: System | None = None, cases: tuple[Case, ...] = CASES, *, answers: bool = True) -> Run:
    return perform(system or Oracle(Bridge(), cases), asked(cases, answers=answers), CORPUS, FACTS, name="page")


class Page(HTMLParser):
    """Tags, what they refer to, and the text of a page; fails on tags that do not close."""

    VOID = frozenset({"meta", "input", "br", "line", "polyline"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
