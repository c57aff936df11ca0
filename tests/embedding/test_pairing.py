"""A question and a passage as one sequence: what lies where, and what is cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from rag.embedding.pairing import BEGIN, END, LONGEST, QUESTION_TOKENS, pair, passage_tokens, question_tokens
from rag.embedding.reading import LONGEST_ANSWER, reading_of
from rag.text.segmentation import sentence_spans
from tests.support.tiny_base import encode

TEXT = "Berlin pose trois conditions. D'abord un mandat clair. Ensuite l'accord du Bundestag."


def test_the_form_of_a_pair() -> None:
    asked = question_tokens("Que veut Berlin ?", encode)
    made = pair(asked, passage_tokens(TEXT, "La force", sentence_spans(TEXT), encode))
    words, title = encode(TEXT)[0], encode("La force")[0]
    assert list(made.ids) == [BEGIN, *encode("Que veut Berlin ?")[0], END, END, *title, *words, END]
    start, end = made.words
    assert list(made.ids[start:end]) == words
    first, second, third = made.sentences()
    assert list(made.ids[first[0] : first[1]]) == encode("Berlin pose trois conditions.")[0]
    assert list(made.ids[second[0] : second[1]]) == encode("D'abord un mandat clair.")[0]
    assert list(made.ids[third[0] : third[1]]) == encode("Ensuite l'accord du Bundestag.")[0]
    assert third[1] == end


def test_tokens_are_where_their_words_are() -> None:
    tokens = passage_tokens(TEXT, "La force", sentence_spans(TEXT), encode)
    assert [TEXT[a:b] for a, b in zip(tokens.starts, tokens.ends, strict=True)] == TEXT.split()


@pytest.mark.parametrize("title", ["", "titre " * 400])
@pytest.mark.parametrize("words", [0, 1, 2_000])
@pytest.mark.parametrize("asked", [1, 2_000])
def test_what_is_too_long_is_cut(asked: int, words: int, title: str) -> None:
    text = "mot. " * words
    question = question_tokens("x " * asked, encode)
    made = pair(question, passage_tokens(text, title, sentence_spans(text), encode))
    assert len(question) == min(asked, QUESTION_TOKENS) and len(made.ids) <= LONGEST and made.ids[-1] == END
    bounds = made.sentences()
    assert (bounds <= len(made.ids) - 1).all() and (bounds[:, 0] <= bounds[:, 1]).all()
    assert made.words[0] <= made.words[1] <= len(made.ids) - 1


@given(st.text(max_size=300))
def test_any_text_has_its_sentences_in_its_tokens(text: str) -> None:
    made = pair((5,), passage_tokens(text, "", sentence_spans(text), encode))
    bounds = made.sentences()
    assert len(bounds) == len(sentence_spans(text))
    # One follows the other, and none reaches out of the passage.
    assert (bounds[1:, 0] >= bounds[:-1, 0]).all()
    assert ((bounds >= made.words[0]) & (bounds <= made.words[1])).all()


def test_the_likeliest_span_is_pointed_at() -> None:
    made = pair((5, 6), passage_tokens(TEXT, "", sentence_spans(TEXT), encode))
    spans = np.zeros((len(made.ids), 2), np.float32)
    place = made.words[0] + TEXT.split().index("mandat")
    spans[place, 0], spans[place + 1, 1] = 3.0, 4.0
    spans[0] = 1.0
    reading = reading_of(made, 0.5, spans, np.array([0.1, 0.9, 0.2], np.float32))
    assert TEXT[slice(*reading.span)] == "mandat clair."
    assert reading.margin == pytest.approx(5.0) and reading.relevance == 0.5
    assert reading.sentences == pytest.approx((0.1, 0.9, 0.2))


def test_an_answer_is_never_longer_than_it_may_be_nor_ends_before_it_begins() -> None:
    text = "mot " * 200
    made = pair((5,), passage_tokens(text, "", [(0, len(text))], encode))
    spans = np.zeros((len(made.ids), 2), np.float32)
    spans[made.words[0] + 100, 0] = spans[made.words[0] + 20, 1] = 9.0
    start, end = reading_of(made, 0.0, spans, np.zeros(1, np.float32)).span
    assert 0 < len(text[start:end].split()) <= LONGEST_ANSWER


def test_a_passage_without_a_word_says_that_there_is_none() -> None:
    made = pair((5,), passage_tokens("", "", [], encode))
    reading = reading_of(made, -1.0, np.zeros((len(made.ids), 2), np.float32), np.zeros(0, np.float32))
    assert reading.span == (0, 0) and reading.margin == -np.inf and reading.sentences == ()
