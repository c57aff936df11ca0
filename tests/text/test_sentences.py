from __future__ import annotations

import time

import pytest
from hypothesis import given, strategies as st

from rag.text.segmentation import LONGEST_WHOLE_QUOTE, quotes_open, sentence_spans, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Il pleut. Il neige.", ["Il pleut.", "Il neige."]),
        ("M. Macron a parlé. Mme Meloni aussi.", ["M. Macron a parlé.", "Mme Meloni aussi."]),
        ("John F. Kennedy et J. K. Rowling.", ["John F. Kennedy et J. K. Rowling."]),
        ("Rome, 44 av. J.-C. et après.", ["Rome, 44 av. J.-C. et après."]),
        ("Il a débuté à 14H00 (12H00 GMT). Puis rien.", ["Il a débuté à 14H00 (12H00 GMT).", "Puis rien."]),
        ("Am 18. August trafen sie sich. Dann nicht.", ["Am 18. August trafen sie sich.", "Dann nicht."]),
        ("« C'est fini. » Elle sort.", ["« C'est fini. »", "Elle sort."]),
        (
            "« Pourquoi ? Ce n'est pas à eux », a-t-il dit. Fin.",
            ["« Pourquoi ? Ce n'est pas à eux », a-t-il dit.", "Fin."],
        ),
        ('"Pourquoi ? (...) Non", a-t-il dit. Fin.', ['"Pourquoi ? (...) Non", a-t-il dit.', "Fin."]),
        ("Un titre sans point\nUne phrase.", ["Un titre sans point", "Une phrase."]),
        ("une ligne coupée,\nqui continue. Fin.", ["une ligne coupée,\nqui continue.", "Fin."]),
        ("Il hésite… Il part !", ["Il hésite…", "Il part !"]),
        ("Vraiment ?! Oui.", ["Vraiment ?!", "Oui."]),
        ("1. Premier point. 2. Second point.", ["1. Premier point.", "2. Second point."]),
        ("Le taux est de 3.5 points. Il monte.", ["Le taux est de 3.5 points.", "Il monte."]),
        ("", []),
        (" \n\n ", []),
    ],
)
def test_french_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_a_long_quotation_is_cut_at_its_own_sentences() -> None:
    speech = "« " + "Nous irons au bout de ce chemin avec nos alliés. " * 12 + "»"
    assert len(sentences(speech)) == 12


@given(st.text(alphabet=st.sampled_from("ab AÉ.!?…«»\"'()[]\n\u00a0\u202f-—1,;"), max_size=200))
def test_sentences_hold_every_character_that_shows(text: str) -> None:
    spans = sentence_spans(text)
    assert all(start < end for start, end in spans)
    assert all(one[1] <= two[0] for one, two in zip(spans, spans[1:], strict=False))
    outside = set(range(len(text))) - {i for start, end in spans for i in range(start, end)}
    assert all(text[i].isspace() for i in outside)


@pytest.mark.parametrize("unit", [" ", ".", "\n", "« ", '"a. B', ".»", "É. ", "a\n"])
def test_time_grows_with_length_alone(unit: str) -> None:
    start = time.process_time()
    sentence_spans(unit * 200_000)
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    ("written", "is_open"),
    [
        ('Il demande : "Pourquoi ? ', True),
        ('Il demande : "Pourquoi ?" ', False),
        ("« Pourquoi ? Ce n'est pas", True),
        ("« Pourquoi ? » Elle sort. ", False),
        ("Sans citation. ", False),
        ('"' + "mot " * LONGEST_WHOLE_QUOTE, False),
    ],
)
def test_a_quotation_that_is_still_being_written(written: str, is_open: bool) -> None:
    assert quotes_open(written) is is_open
