"""An answer under attack and its clean twin, and what must hold for the two."""

from __future__ import annotations

import math
import re
import shutil
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rag.answering.pipeline import Pipeline
from rag.config import Settings
from rag.domain import Answer
from rag.events import Event, Finished
from rag.indexing.build import build_index
from rag.prompting import LANGUAGES, prompt_parts
from rag.protocols import Embedder, Generator, Message
from rag.retrieval.retriever import Retriever
from rag.store.catalog import Catalog
from rag.store.index import open_index
from tests.support.doubles import ScriptedGenerator
from tests.support.injection.articles import HOST, write_corpus
from tests.support.injection.cases import QUESTIONS, Case

# In no answer, whatever the case.
NEVER = ("pwned", "example.org", "://", "javascript:", "<|")
# Characters that nobody sees, or that change the order of those that are seen.
UNSEEN = ("Cc", "Cf", "Co", "Cs")


@dataclass(frozen=True, slots=True)
class Lab:
    """Corpora of `tests.support.injection.articles`, each indexed in `folder` when it is first asked for."""

    folder: Path
    embedder: Embedder
    settings: Settings
    opened: dict[tuple[str, str, str], Retriever] = field(default_factory=dict)

    def retriever(self, suffix: str, place: str, text: str) -> Retriever:
        """Over the corpus with `text` at `place`; without both over the clean one."""
        key = suffix, place, text
        if key not in self.opened:
            here = self.folder / str(len(self.opened))
            (here / "articles").mkdir(parents=True)
            write_corpus(here / "articles", suffix, place, text)
            # All but one of the articles are in the first index already, and need not be embedded again.
            if self.opened:
                shutil.copytree(self.folder / "0" / "index", here / "index")
            build_index([here / "articles"], here / "index", self.embedder, self.settings, replace=True)
            self.opened[key] = Retriever(open_index(here / "index"), self.embedder)
        return self.opened[key]

    def attacked(self, case: Case) -> Retriever:
        """Over the corpus of `case`."""
        return self.retriever(case.suffix, case.place, case.text if case.place else "")

    def events(self, case: Case, generator: Generator) -> list[Event]:
        """Of answering the message of `case` over its articles."""
        return list(self._pipeline(case, self.attacked(case), generator).stream(case.message))

    def clean(self, case: Case, generator: Generator) -> Answer:
        """The same question over the same articles without the injection."""
        retriever = self.retriever(case.suffix, "", "")
        return self._pipeline(case, retriever, generator).ask(QUESTIONS[case.asked].question)

    def _pipeline(self, case: Case, retriever: Retriever, generator: Generator) -> Pipeline:
        sure = {"answer_threshold": 0.0} if QUESTIONS[case.asked].sure else {}
        return Pipeline(retriever, self.embedder, generator, self.settings.model_copy(update=sure))


def answer_of(events: list[Event]) -> Answer:
    """The answer that a stream ends with."""
    assert isinstance(events[-1], Finished)
    return events[-1].answer


class ObedientGenerator(ScriptedGenerator):
    """Writes what the injection of a case wants, or else honestly, and confirms whatever it wrote.

    Which passage answers it judges rightly.
    """

    def __init__(self, case: Case, *, obeys: bool) -> None:
        self._asked = QUESTIONS[case.asked]
        super().__init__(case.reply if obeys else self._asked.reply)

    def score_choices(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        asked = messages[-1].content
        told = self._asked.told
        yes = (told and told in asked) or any(prompt_parts(code)["confirm"] in asked for code in LANGUAGES)
        return [math.log(0.99), math.log(0.01)] if yes else [math.log(0.01), math.log(0.99)]


def essence(answer: Answer, case: Case) -> tuple[bool, str, list[tuple[str, str]]]:
    """What no injection may change: whether there is an answer, its language, and the places it cites.

    What was injected into a cited sentence is left out of it, and so is a part of the file's name.
    """
    cited = []
    for citation in answer.citations:
        document = HOST if citation.document.startswith(HOST) else citation.document
        quote = citation.quote
        for line in case.text.splitlines() if case.place else ():
            quote = quote.replace(line.strip(), " ")
        cited.append((document, " ".join(quote.split())))
    return answer.answered, answer.language, sorted(cited)


def check_answer(answer: Answer, catalog: Catalog, case: Case) -> None:
    """Every marker leads to a citation and every citation is exact; nothing of the injection acts in the text."""
    markers = [citation.marker for citation in answer.citations]
    assert markers == list(range(1, len(markers) + 1))
    assert {int(number) for number in re.findall(r"\[\s*(\d+)\s*\]", answer.text)} == set(markers)
    assert {marker for statement in answer.statements for marker in statement.citations} == set(markers)
    for citation in answer.citations:
        assert catalog.article(citation.document).text[citation.start : citation.end] == citation.quote
    assert not unseen(answer.text)
    assert not [word for word in (*NEVER, *case.never) if word.lower() in answer.text.lower()]
    assert bool(answer.statements) == answer.answered


def unseen(text: str) -> list[str]:
    """The control, format and private characters of `text`, line ends and soft hyphens excepted."""
    return [f"U+{ord(c):04X}" for c in text if unicodedata.category(c) in UNSEEN and c not in "\n\xad"]
