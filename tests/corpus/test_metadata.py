"""Dates, titles, sources and authors, from lines as newsrooms write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings, strategies as st

from rag.corpus.article_files import parse
from rag.corpus.metadata import TITLE_LENGTH, header, title_from
from rag.corpus.newsroom import byline, outlet

STORY = "Le Sénat a adopté lundi la partie recettes du projet de loi de finances."


@pytest.mark.parametrize(
    ("text", "end", "day"),
    [
        (" date 2025-09-02 Les Européens", 16, date(2025, 9, 2)),
        ("date2025-09-02Les Européens", 14, date(2025, 9, 2)),
        ("Date: 2025-9-2\nLes Européens", 14, date(2025, 9, 2)),
        ("\ufeff date 2025-09-02 Les", 17, date(2025, 9, 2)),
        ("2025-09-02\nLes", 10, date(2025, 9, 2)),
        ("2025-09-02T10:00:00Z Les", 20, date(2025, 9, 2)),
        (" date 2025-02-30 Les", 16, None),
        (" date 2024-12 La France", 13, None),
        ("2025-02-30 Les", 0, None),
        ("2024-05-06-beta du logiciel", 0, None),
        ("2024 a été une année", 0, None),
        ("Les dates 2025-09-02", 0, None),
        ("", 0, None),
    ],
)
def test_header(text: str, end: int, day: date | None) -> None:
    assert header(text) == (end, day)


@pytest.mark.parametrize(
    ("text", "document", "day"),
    [
        (f" date 2025-02-30 {STORY}", "2025-03-01_x.txt", date(2025, 3, 1)),
        (STORY, "2025-09-04_senat.txt", date(2025, 9, 4)),
        (STORY, "2025/09/04/senat.txt", date(2025, 9, 4)),
        (STORY, "2020-01-01/20250904 senat.txt", date(2020, 1, 1)),
        (STORY, "20250904.txt", date(2025, 9, 4)),
        (STORY, "000_c4597e8f3988f6be.txt", None),
        (STORY, "a20250904b.txt", None),
        (f"PARIS, 1er août 2024 (AFP) - {STORY}", "a.txt", date(2024, 8, 1)),
        (f"Le Sénat vote\n\nPublié le 20/01/2025 à 18:02\n\n{STORY}", "a.txt", date(2025, 1, 20)),
        (f"Le Sénat vote\n\nPublié le\n\n20 janvier 2025\n\n{STORY}", "a.txt", date(2025, 1, 20)),
        (f"Titre : Le Sénat vote\nDate : 14 mars 2025\n\n{STORY}", "a.txt", date(2025, 3, 14)),
        (f"{STORY} Il a été élu le 4 mai 2014.", "a.txt", None),
    ],
)
def test_date(text: str, document: str, day: date | None) -> None:
    assert parse(text, document).date == day


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (STORY, None),
        (f"{STORY} Selon l'AFP, le vote est prévu mardi.", None),
        (f"{STORY} La photo, citée par l'AFP, a circulé.", None),
        (f"{STORY} Le vote est prévu mardi, a-t-il dit à l’AFP.", "AFP"),
        (f"{STORY} D'après un projet consulté mardi par Reuters, il sera rejeté.", "Reuters"),
        (f"{STORY} (Belga)", "Belga"),
        (f"{STORY}\n\nAvec AFP", "AFP"),
        (f"{STORY}\n\nSource : Les Echos", "Les Echos"),
        (f"Source : La Gazette d'Exempleville\n\n{STORY}", "La Gazette d'Exempleville"),
        (f"PARIS, 4 sept (Reuters) - {STORY}", "Reuters"),
        (f"Public Sénat\n\nLe budget est adopté en première lecture\n\n{STORY}\n\n(AFP)", "Public Sénat"),
        (f"Le budget est adopté en première lecture\n\nPar L'Express avec AFP\n\n{STORY}", "L'Express"),
        (f"{STORY}\nLe vote en direct\n— BFMTV (@BFMTV) May 4, 2025\n{STORY} a-t-il dit à l'AFP.", "BFMTV"),
    ],
)
def test_source(text: str, source: str | None) -> None:
    assert parse(text, "a.txt").source == source


def test_media_of_linked_stories_are_not_the_source() -> None:
    page = f"Le budget est adopté\n\n{STORY}\n\nSur le même sujet\n\nLe Parisien\n\nUn autre titre bien plus long\n"
    assert parse(page, "a.txt").source is None


@pytest.mark.parametrize(
    ("line", "author", "medium"),
    [
        ("par John Irish", "John Irish", None),
        ("Par Mathilde Nutarelli", "Mathilde Nutarelli", None),
        ("PAR JEAN D'EXEMPLE", "JEAN D'EXEMPLE", None),
        ("Par Anne-Marie de La Tour, correspondante à Rome", "Anne-Marie de La Tour", None),
        ("Par Jean Petit et Marie Grand", "Jean Petit et Marie Grand", None),
        ("Par Jean Petit avec AFP", "Jean Petit", None),
        ("Propos recueillis par Jean Petit", "Jean Petit", None),
        ("Par Reuters", None, "Reuters"),
        ("Par LEXPRESS.fr avec AFP", None, "L'Express"),
        ("Par la rédaction", None, None),
    ],
)
def test_byline(line: str, author: str | None, medium: str | None) -> None:
    signed = byline(line)
    assert signed is not None
    assert (signed.author, signed.outlet) == (author, medium)


@pytest.mark.parametrize("line", ["Par ailleurs", "Par Jupiter", "Par Jean Petit.", "Parler Vrai Toujours", "par", ""])
def test_no_byline(line: str) -> None:
    assert byline(line) is None


@pytest.mark.parametrize(
    ("name", "medium"),
    [
        ("LE MONDE", "Le Monde"),
        ("lemonde.fr", "Le Monde"),
        ("https://www.publicsenat.fr/actualites/x", "Public Sénat"),
        ("@publicsenat", "Public Sénat"),
        ("Agence France-Presse", "AFP"),
        ("l’express", "L'Express"),
        ("Le Petit Exemple", None),
        ("", None),
    ],
)
def test_outlet(name: str, medium: str | None) -> None:
    assert outlet(name) == medium


@pytest.mark.parametrize(
    ("story", "title"),
    [
        ("M. Macron a reçu le Dr. Petit. Il est reparti.", "M. Macron a reçu le Dr. Petit"),
        ("« Qui vient ? » a-t-il demandé. Personne.", "« Qui vient ? » a-t-il demandé"),
        ("Qui vient ? Personne.", "Qui vient ?"),
        ("Le prix est de 3.50 euros. Voilà.", "Le prix est de 3.50 euros"),
        ("- FR\nUn sommet s'est tenu jeudi. Voilà.", "Un sommet s'est tenu jeudi"),
        ("mot " * 40, "mot " * 26 + "mot…"),
        ("a" * 200, "a" * (TITLE_LENGTH - 1) + "…"),
        ("", ""),
    ],
)
def test_title_from_the_first_sentence(story: str, title: str) -> None:
    assert title_from(story) == title


@settings(deadline=None)
@given(st.text())
def test_title_is_one_short_line(story: str) -> None:
    title = title_from(story)
    assert len(title) <= TITLE_LENGTH
    assert "\n" not in title
    assert "\r" not in title
