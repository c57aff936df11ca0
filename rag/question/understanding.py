"""A message to the question that it puts to the articles: everything that is told of it, told once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.domain import Turn
from rag.prompting import answer_language
from rag.question.cleaning import clean_question
from rag.question.courtesies import SmallTalk, small_talk, without_instructions
from rag.question.followups import standalone
from rag.text import detect_language


@dataclass(frozen=True, slots=True)
class Understood:
    """A message `asked`: the `question` in it, which stands alone, and the `language` of that.

    It is answered in `answer_language`. With `talk` it asks nothing of the articles.
    """

    asked: str
    question: str
    language: str
    answer_language: str
    talk: SmallTalk | None = None


def understand(message: str, history: Sequence[Turn] = ()) -> Understood:
    """`message` after the turns of `history`, oldest first. Raises EmptyQuestion and QuestionTooLong.

    Orders to the assistant are left out, and a follow-up is written as a question that stands alone.
    """
    asked = clean_question(message)
    language = detect_language(asked)
    if talk := small_talk(asked, answer_language(language)):
        return Understood(asked, asked, talk.language, talk.language, talk)
    question = standalone(without_instructions(asked) or asked, history, answer_language(language))
    if question != asked:
        language = detect_language(question)
    return Understood(asked, question, language, answer_language(language))
