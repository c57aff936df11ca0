from __future__ import annotations

import pytest

from rag.text.analysis import french_number, terms


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("l'Allemagne", "Allemagne"),
        ("L’Allemagne", "l'allemagne"),
        ("d'Ukraine", "Ukraine"),
        ("qu'Emmanuel", "Emmanuel"),
        ("jusqu'au cessez-le-feu", "cessez le feu"),
        ("lorsqu'un sommet", "sommets"),
        ("événement", "evenement"),
        ("évènement", "événement"),
        ("SÉCURITÉ", "securite"),
        ("œuvre", "oeuvre"),
        ("États-Unis", "etats unis"),
        ("négociations", "négociation"),
        ("conditions", "condition"),
        ("engagés", "engage"),
        ("européens", "européenne"),
        ("Vingt-six pays", "26 pays"),
        ("quatre-vingt-dix-neuf", "99"),
        ("vingt et un", "vingt et un"),
        ("20 %", "20%"),
        ("20\u202f%", "20 %"),
        ("14H00", "14 h 00"),
        ("14h00", "14H00"),
        ("1 500 soldats", "1500 soldats"),
        ("17 février 2025", "17 FEVRIER 2025"),
        ("ｆｕｌｌ", "full"),
        ("l'eau", "eau"),
        ("l’eau", "l'eau"),
        ("jusqu'à l’aube", "jusqu’à l'aube"),
        ("jusqu'à Paris", "Paris"),
        ("qu’il pleuve", "pleuve"),
        ("Vingt-six", "26"),
        ("12H00", "12h00"),
        ("12 h 00", "12H00"),
        ("20% des voix", "20 % des voix"),
        ("le 17 février 2025", "17 fevrier 2025"),
        ("élection", "elections"),
        ("Conseil européen", "conseils europeens"),
    ],
)
def test_pairs_that_must_match(one: str, two: str) -> None:
    shared = set(terms(one)) & set(terms(two))
    assert shared >= set(terms(min(one, two, key=lambda text: len(terms(text))))), (terms(one), terms(two))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Allemagne", "Algérie"),
        ("14H00", "12H00"),
        ("20 %", "20"),
        ("2024", "2025"),
        ("vingt-six", "vingt-sept pays"),
        ("président", "précédent"),
        ("guerre", "gare"),
        ("Russie", "Roumanie"),
        ("26", "260"),
        ("20%", "20"),
        ("deux-trois jours", "5 jours"),
        ("le la les", "un une des"),
    ],
)
def test_pairs_that_must_not_match(one: str, two: str) -> None:
    assert set(terms(one)) != set(terms(two)) or not terms(one)


def test_part_of_a_compound_is_not_all_of_it() -> None:
    assert not set(terms("le porte-parole")) <= set(terms("la porte"))


@pytest.mark.parametrize("question", ["qu'il", "qu’il", "jusqu'à", "Est-ce que ?"])
def test_words_without_content(question: str) -> None:
    assert terms(question) == []


def test_question_words_and_stop_words_are_left_out() -> None:
    assert terms("Quelles sont les conditions que pose l'Allemagne ?") == terms("conditions pose Allemagne")
    assert terms("Qu'est-ce que c'est ?") == []


@pytest.mark.parametrize(
    ("word", "value"),
    [("vingt-six", 26), ("soixante-et-onze", 71), ("quatre-vingts", 80), ("cent", 100), ("deux-cent-dix", 210),
     ("trente", 30), ("zéro", 0), ("vingtaine", None), ("porte-parole", None),
     ("dix-sept", 17), ("vingt-et-un", 21), ("vingt-et-une", 21), ("soixante-dix-sept", 77), ("QUATRE-VINGT-UN", 81),
     ("nonante-neuf", 99), ("deux-cents", 200), ("trois-cents-six", 306), ("cent-un", 101),
     ("neuf-cent-quatre-vingt-dix-neuf", 999), ("deux-trois", None), ("dix-vingt", None), ("vingt-dix", None),
     ("six-sept", None), ("cinquante-soixante", None), ("trente-dix", None), ("vingt-zéro", None), ("cent-zéro", None),
     ("un-cent", None), ("onze-cents", None), ("cent-deux-trois", None), ("quatre-vingt-vingt", None), ("-", None)],
)  # fmt: skip
def test_numbers_in_words(word: str, value: int | None) -> None:
    assert french_number(word) == value


@pytest.mark.parametrize("language", ["en", "de", "es", "it", "pt", "nl", "ja"])
def test_other_languages_are_analysed_too(language: str) -> None:
    assert "macron" in terms("Macron 2025", language) and "2025" in terms("Macron 2025", language)
