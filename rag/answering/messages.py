"""Question and evidence to the messages of a chat, in the language of the question, within a token budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag.domain import Passage
from rag.prompting import fill, prompt_parts, written_date
from rag.protocols import Message
from rag.text import annotate


def answer_messages(question: str, evidence: Sequence[Passage], language: str) -> list[Message]:
    """Messages that ask for the answer."""
    parts = prompt_parts(language)
    passages = "\n\n".join(
        fill(
            parts["passage"],
            number=number,
            source=passage.source or passage.title,
            date=written_date(passage.date, language),
            text=_dated_text(passage),
        )
        for number, passage in enumerate(evidence, 1)
    )
    body = (fill(parts["evidence"], passages=passages), fill(parts["question"], question=question), parts["answer"])
    return [Message("system", parts["system"]), Message("user", "\n\n".join(body))]


def decide_messages(question: str, passage: Passage, language: str) -> list[Message]:
    """Messages that ask whether `passage` holds the answer to `question`; the reply is one of `decide_choices`.

    The passage comes first: asked the other way round the default generator judged worse.
    """
    parts = prompt_parts(language)
    known = (passage.source, written_date(passage.date, language) if passage.date else None)
    origin = ", ".join(part for part in known if part)
    extract = fill(parts["extract"], origin=f" ({origin})" if origin else "", text=_dated_text(passage))
    body = (extract, fill(parts["question"], question=question), parts["decide"])
    return [Message("system", parts["judge"]), Message("user", "\n\n".join(body))]


def confirm_messages(statement: str, passages: Sequence[Passage], language: str) -> list[Message]:
    """Messages that ask whether `passages` say what `statement` says; the reply is one of `decide_choices`."""
    parts = prompt_parts(language)
    extract = fill(parts["extract"], origin="", text="\n".join(map(_dated_text, passages)))
    body = (extract, fill(parts["statement"], statement=statement), parts["confirm"])
    return [Message("system", parts["judge"]), Message("user", "\n\n".join(body))]


def _dated_text(passage: Passage) -> str:
    return annotate(passage.text, passage.language, passage.date) if passage.date else passage.text


def decide_choices(language: str) -> tuple[str, str]:
    """The words for yes and no that `decide_messages` and `confirm_messages` ask for."""
    yes, no = prompt_parts(language)["choices"].splitlines()
    return yes, no


def fit(
    question: str,
    evidence: Sequence[Passage],
    language: str,
    budget: int,
    count_tokens: Callable[[Sequence[Message]], int],
) -> list[Passage]:
    """The first of `evidence` that a prompt of at most `budget` tokens can hold; always at least one."""
    kept = list(evidence)
    while len(kept) > 1 and count_tokens(answer_messages(question, kept, language)) > budget:
        kept.pop()
    return kept
