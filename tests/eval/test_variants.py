"""Variants of questions: what changes, what stays, and that the seed fixes it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eval.cases.records import Case
from eval.cases.variants import VARIANTS, keywords, misspelt, original_id, unaccented, upper_case, vary

QUESTION = "Où l'Élysée a-t-il accueilli le chœur français, « à 20 % » près ?"
CASE = Case("c~1", QUESTION, "fr", "fact", (), True, "answer", ("Là.",), (("là",),), (), (), "test")


def test_unaccented_keeps_all_but_accents() -> None:
    assert unaccented(QUESTION) == "Ou l'Elysee a-t-il accueilli le choeur francais, « a 20 % » pres ?"


def test_upper_case_keeps_accents() -> None:
    assert upper_case("Où est l'été ?") == "OÙ EST L'ÉTÉ ?"


@pytest.mark.parametrize(
    ("question", "lang", "expected"),
    [
        (QUESTION, "fr", "Élysée accueilli chœur français 20 % près"),
        ("Quelles conditions pose l’Allemagne ?", "fr", "conditions pose Allemagne"),
        ("De quel scrutin s'approche-t-elle ?", "fr", "scrutin approche"),
        ("Pourquoi un cessez-le-feu le 4 septembre ?", "fr", "cessez-le-feu 4 septembre"),
        ("How many of the soldiers are in Kyiv?", "en", "many soldiers Kyiv"),
        ("Et toi ?", "xx", "Et toi"),
        ("Et qui ?", "fr", "Et qui ?"),
    ],
)
def test_keywords(question: str, lang: str, expected: str) -> None:
    assert keywords(question, lang) == expected


def test_misspelling_touches_a_quarter_of_the_long_words_and_no_first_letter() -> None:
    question = "Quels pays européens vont envoyer des soldats français pour garantir cette paix fragile ?"
    # 13 words; Quels pays européens vont envoyer soldats français pour garantir cette paix fragile have 4 letters
    # and more: 12 of them, a quarter is 3.
    for seed in range(50):
        before, after = question.split(), misspelt(question, seed).split()
        changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
        assert len(changed) == 3
        for old, new in changed:
            assert old[0] == new[0] and len(old) >= 4 and abs(len(old) - len(new)) <= 1


def test_misspelling_is_fixed_by_its_seed() -> None:
    assert misspelt(QUESTION, 1) == misspelt(QUESTION, 1)
    assert len({misspelt(QUESTION, seed) for seed in range(20)}) > 3
    assert misspelt("Et moi ?", 1) == "Et moi ?"


@pytest.mark.parametrize("kind", VARIANTS)
def test_a_variant_keeps_labels_and_half(kind: str) -> None:
    (case,) = vary([CASE], kind, seed=1)
    assert case.question != QUESTION
    assert replace(case, id="c~1", question=QUESTION) == CASE
    assert (case.id, original_id(case.id)) == (f"c~1~{kind}", "c~1")


def test_a_question_that_stays_as_it_is_has_no_variant() -> None:
    assert vary([replace(CASE, question="Bonjour")], "unaccented", seed=1) == ()
    with pytest.raises(KeyError):
        vary([CASE], "sung", seed=1)
