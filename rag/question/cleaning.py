"""A message as it can be worked with: one line, no control characters, neither empty nor too long."""

from __future__ import annotations

from rag.errors import EmptyQuestion, QuestionTooLong
from rag.text import visible

LONGEST_QUESTION = 2_000


def clean_question(question: str) -> str:
    """The question without control characters, white space joined. Raises EmptyQuestion and QuestionTooLong."""
    plain = " ".join(visible(question).split())
    if not any(c.isalnum() for c in plain):
        raise EmptyQuestion()
    if len(plain) > LONGEST_QUESTION:
        raise QuestionTooLong(length=len(plain), limit=LONGEST_QUESTION)
    return plain
