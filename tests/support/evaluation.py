"""A set of cases over one article, and a system that answers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from eval.cases.records import Case, Evidence
from eval.harness.runner import Asked, Facts
from rag.domain import Answer, Hit, Passage, Turn

TEXT = "Le pont a rouvert mardi. La mairie a payé les travaux."
CORPUS = {"pont.txt": TEXT}
FACTS = Facts(settings={"passages": 8}, versions={"rag": "1"}, models={"embedder": "none"}, corpus_digest="c", index={})


def passage(start: int, end: int) -> Hit:
    return Hit(Passage(start, "pont.txt", start, end, TEXT[start:end], "Pont", None, None), 1.0)


class Bridge:
    """A `System` over one article: passages in the order of the text, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def search(self, question: str, k: int, history: Sequence[Turn]) -> list[Hit]:
        self.asked.append((question, len(history)))
        return [passage(0, 24), passage(25, 54)][:k]

    def evidence(self, question: str, k: int, history: Sequence[Turn]) -> list[Hit]:
        return self.search(question, k, history)

    def ask(self, question: str, history: Sequence[Turn]) -> Answer:
        raise AssertionError("retrieval only")


def case(number: int, type_: str = "fact", **fields: object) -> Case:
    plain = Case(
        id=f"c{number}",
        question=f"Question {number} : quand le pont a-t-il rouvert ?",
        lang="fr",
        type=type_,
        history=(),
        answerable=True,
        expected="answer",
        answers=("Le pont a rouvert mardi.",),
        must_include=(("mardi",),),
        must_not_include=(),
        evidence=(Evidence("pont.txt", TEXT[:24], ((0, 24),)),),
        half="tune" if number % 2 else "test",
    )
    return replace(plain, **fields)  # type: ignore[arg-type]


CASES = tuple(case(number, "fact" if number < 6 else "date") for number in range(9))


def asked(cases: Sequence[Case] = CASES, *, answers: bool = True) -> Asked:
    return Asked("pont", "digest of the set", tuple(cases), answers=answers, seed=0)
