from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rag.answering.composer import AnswerDraft
from rag.answering.grounding import Grounded
from rag.domain import Passage

DAY = date(2025, 9, 4)
TEXT = "Mark Rutte a parlé jeudi à Prague. La Russie refuse toute intervention. Berlin pose trois conditions."


def span(text: str, document: str = "a.txt", day: date | None = DAY) -> Passage:
    start = TEXT.index(text)
    return Passage(start, document, start, start + len(text), text, "Titre", day, "AFP")


RUTTE, RUSSIA, BERLIN = (span(f"{text.rstrip('.')}.") for text in TEXT.split(". "))
RUN = span(TEXT[: TEXT.index(" Berlin")])


def grounded(text: str, *sentences: Passage, support: float = 0.9) -> Grounded:
    return Grounded(text, sentences, support)


def test_a_statement_cites_the_quotation_that_holds_its_sentences() -> None:
    draft = AnswerDraft("fr", [RUN])
    checked = draft.add(grounded("La Russie refuse, dit Rutte.", RUTTE, RUSSIA))
    assert checked.text == draft.text == "La Russie refuse, dit Rutte. [1]"
    assert [citation.quote for citation in draft.citations] == [RUN.text]
    assert draft.cited == (RUN,)


def test_a_sentence_outside_the_quotations_is_cited_itself() -> None:
    draft = AnswerDraft("fr", [RUN])
    draft.add(grounded("Berlin et Moscou.", RUSSIA, BERLIN))
    assert [(c.marker, c.quote) for c in draft.citations] == [(1, RUN.text), (2, BERLIN.text)]
    assert draft.statements[0].citations == (1, 2)


def test_a_place_that_is_cited_again_keeps_its_marker() -> None:
    draft = AnswerDraft("fr", [])
    draft.add(grounded("Berlin pose des conditions.", BERLIN))
    draft.add(grounded("La Russie refuse.", RUSSIA))
    draft.add(grounded("Trois conditions.", BERLIN))
    assert draft.text == "Berlin pose des conditions. [1] La Russie refuse. [2] Trois conditions. [1]"
    assert [citation.marker for citation in draft.citations] == [1, 2]
    other = replace(BERLIN, document="b.txt")
    assert draft.add(grounded("Ailleurs aussi.", other)).statement.citations == (3,)


def test_relative_days_are_resolved_beside_the_words_but_not_in_the_quotation() -> None:
    draft = AnswerDraft("fr", [])
    assert draft.quote(RUTTE) is not None
    assert draft.statements[0].text == "Mark Rutte a parlé jeudi [4 septembre 2025] à Prague."
    assert draft.citations[0].quote == RUTTE.text


@pytest.mark.parametrize("days", [(DAY, date(2025, 9, 2)), (DAY, None), (None,)])
def test_days_are_left_alone_where_one_day_of_publication_does_not_tell(days: tuple[date | None, ...]) -> None:
    cited = [replace(RUTTE, document=f"{i}.txt", date=day) for i, day in enumerate(days)]
    assert AnswerDraft("fr", []).add(grounded("Rutte a parlé jeudi.", *cited)).statement.text == "Rutte a parlé jeudi."


@pytest.mark.parametrize(
    ("said", "again", "repeated"),
    [
        ("Rutte a parlé jeudi.", "Rutte a parlé jeudi.", True),
        ("Rutte a parlé.", "RUTTE A PARLÉ.", True),
        ("Rutte a parlé.", "Rutte a parlé jeudi.", False),
    ],
)
def test_a_statement_is_known_again_by_its_own_words(said: str, again: str, repeated: bool) -> None:
    draft = AnswerDraft("fr", [])
    assert not draft.repeats(said)
    draft.add(grounded(said, RUTTE))
    assert draft.repeats(again) == repeated


def test_a_quotation_that_was_told_already_is_not_printed() -> None:
    draft = AnswerDraft("fr", [RUSSIA])
    draft.add(grounded("La Russie refuse une intervention.", RUSSIA))
    assert draft.quote(RUSSIA) is None
    assert len(draft.statements) == 1
    quoted = draft.quote(BERLIN)
    assert quoted is not None
    assert (quoted.text, quoted.statement.support) == (f"{BERLIN.text} [2]", 1.0)


def test_a_quotation_without_words_can_be_the_answer() -> None:
    assert AnswerDraft("fr", []).quote(replace(BERLIN, text="« 柏 »")) is not None
