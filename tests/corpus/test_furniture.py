"""Pages of many newsrooms, all invented: what is story, teaser and furniture, and that nothing is lost."""

from __future__ import annotations

import textwrap
from datetime import date

import pytest
from hypothesis import given, settings, strategies as st

from rag.corpus.article_files import parse
from rag.corpus.newsroom import Role, role
from rag.domain import Article

WIRE = """ date 2024-03-12 Séisme au Maroc: le bilan s'alourdit à 120 morts (autorités)

RABAT, 12 mars 2024 (AFP) - Le séisme qui a frappé mardi le sud du Maroc a fait au moins 120 morts, selon les autorités.

Les secours continuaient mercredi de fouiller les décombres de plusieurs villages, a constaté un journaliste.

- "Tout s'est effondré" -

"Nous n'avons plus rien", a raconté Fatima, une habitante de 45 ans, devant les ruines de sa maison de pierre.

bur-abc/def/gh
"""
AGENCY = """date: 2024-11-05 Airbus relève ses objectifs de livraisons

PARIS, 5 novembre (Reuters) - Airbus a relevé mardi ses objectifs de livraisons pour l'année en cours.

MOTEURS

Les motoristes restent "le point dur", a déclaré son directeur général lors d'une conférence téléphonique.

(Reportage Tim Exemple, version française Blandine Exemple, édité par Sophie Exemple)
"""
SITE = """Le Monde
International
Guerre en Ukraine
A Kiev, la vie continue malgré les bombardements russes
Malgré les frappes quotidiennes, les habitants de la capitale tentent de préserver un semblant de normalité.
Par Emmanuel Exemple (Kiev, envoyé spécial)
Mis à jour le 5 septembre 2025 à 10h12
Publié le 4 septembre 2025 à 05h30
Temps de Lecture 4 min.
Des habitants se réfugient dans une station de métro, à Kiev, le 2 septembre 2025. JEANNE EXEMPLE / AFP
Il est 3 heures du matin quand les sirènes retentissent. Olena, 34 ans, attrape son sac et descend les étages.
Lire aussi | Article réservé à nos abonnés Ukraine : la nuit la plus longue de Kharkiv
Au petit matin, les cafés rouvrent un à un, et les trottinettes réapparaissent sur les trottoirs.
"""
BOX = """Un incendie ravage un entrepôt près de Lyon

Un violent incendie s'est déclaré dans la nuit de lundi à mardi, mobilisant 120 pompiers.

Sur le même sujet

Pourquoi les entrepôts brûlent-ils plus souvent ?

Le feu a été circonscrit vers 6 heures, selon la préfecture, qui n'a fait état d'aucun blessé.

Les habitants du quartier ont été invités à garder leurs fenêtres fermées jusqu'à midi.
"""
MARKDOWN = """---
title: "Grève à la SNCF : trafic perturbé mercredi"
date: 2025-06-03
author: Claire Exemple
source: Ouest-France
tags: [sncf, grève]
---

# Grève à la SNCF : trafic perturbé mercredi

![Une gare](gare.jpg)

Le trafic sera perturbé mercredi sur l'ensemble du réseau, a prévenu la SNCF.

## Un TGV sur deux

La direction prévoit un TGV sur deux en moyenne, et trois TER sur cinq.
"""


def kind_of(article: Article, words: str) -> str:
    at = article.text.index(words)
    return next(part.kind for part in article.segments if part.start <= at < part.end)


def check(article: Article) -> None:
    """Segments are in order, disjoint, not empty, cover the text, and only teasers have titles."""
    at = 0
    for part in article.segments:
        assert part.start == at < part.end
        assert bool(part.title) == (part.kind == "teaser")
        at = part.end
    assert at == len(article.text)
    for one, two in zip(article.segments, article.segments[1:], strict=False):
        assert one.kind != two.kind or one.kind == "teaser"


def test_wire() -> None:
    article = parse(WIRE, "a.txt")
    assert article.title == "Séisme au Maroc: le bilan s'alourdit à 120 morts (autorités)"
    assert (article.date, article.source, article.author) == (date(2024, 3, 12), "AFP", None)
    assert kind_of(article, '- "Tout s') == "furniture"
    assert kind_of(article, "bur-abc") == "furniture"
    assert kind_of(article, "RABAT") == kind_of(article, '"Nous n') == "story"


def test_agency() -> None:
    article = parse(AGENCY, "a.txt")
    assert (article.source, article.author) == ("Reuters", "Tim Exemple")
    assert kind_of(article, "MOTEURS") == "furniture"
    assert kind_of(article, "(Reportage") == "aside"


def test_site() -> None:
    article = parse(SITE, "a.txt")
    assert article.title == "A Kiev, la vie continue malgré les bombardements russes"
    assert (article.date, article.source, article.author) == (date(2025, 9, 4), "Le Monde", "Emmanuel Exemple")
    for words in (
        "Le Monde",
        "International",
        "Guerre en",
        "Par Emm",
        "Publié",
        "Temps",
        "Lire aussi",
    ):
        assert kind_of(article, words) == "furniture"
    assert kind_of(article, "Des habitants") == "aside"
    for words in ("Malgré les", "Il est 3", "Au petit matin"):
        assert kind_of(article, words) == "story"


def test_a_box_in_mid_story_swallows_nothing() -> None:
    article = parse(BOX, "a.txt")
    assert kind_of(article, "Sur le même") == "furniture"
    assert kind_of(article, "Pourquoi les") == "teaser"
    assert kind_of(article, "Le feu a été") == kind_of(article, "Les habitants") == "story"


def test_links_without_standfirst() -> None:
    page = "Le Medef hausse le ton sur les retraites\n\nLe patronat a haussé le ton mardi face aux syndicats.\n\n"
    page += "Sur le même thème\n\nLa CGT appelle à manifester le 5 juin\n\nCe que prévoit la réforme des retraites\n"
    article = parse(page, "a.txt")
    assert [part.title for part in article.segments if part.kind == "teaser"] == [
        "La CGT appelle à manifester le 5 juin",
        "Ce que prévoit la réforme des retraites",
    ]


def test_a_tweet_without_picture() -> None:
    page = "Le maire annonce un plan pour les écoles\n\nLe maire a promis mardi un effort pour les écoles.\n\n"
    page += "Nous ouvrirons trente classes.\n— Jean Exemple (@JExemple) March 4, 2025\n\n"
    page += "Les syndicats restent sceptiques et appellent à la grève."
    article = parse(page, "a.txt")
    assert kind_of(article, "Nous ouvrirons") == kind_of(article, "— Jean") == "furniture"
    assert kind_of(article, "Les syndicats") == "story"
    assert article.source is None


def test_story_glued_to_a_tweet_stays_story() -> None:
    long = "Mardi après-midi, un incendie a fait craindre le pire dans les broussailles du littoral. " * 6
    article = parse(f"{long}https://t.co/abc\n— SDIS 85 (@SDIS85) July 23, 2019\nPas de blessés à déplorer.", "a.txt")
    assert kind_of(article, "Mardi") == "story"
    assert kind_of(article, "— SDIS") == "furniture"


def test_markdown() -> None:
    article = parse(MARKDOWN, "a.md")
    assert article.title == "Grève à la SNCF : trafic perturbé mercredi"
    assert (article.date, article.source, article.author) == (date(2025, 6, 3), "Ouest-France", "Claire Exemple")
    for words in ("---", "tags", "# Grève", "![Une", "## Un TGV"):
        assert kind_of(article, words) == "furniture"
    assert kind_of(article, "Le trafic") == kind_of(article, "La direction") == "story"


def test_a_rule_at_the_start_of_markdown_is_no_front_matter() -> None:
    article = parse("---\nUne phrase qui compte bien.\n---\nUne autre phrase qui compte.\n", "a.md")
    assert kind_of(article, "Une phrase") == kind_of(article, "Une autre") == "story"


def test_a_headline_broken_into_lines() -> None:
    article = parse("Les interviews\nau défi de la relecture\n\nDans la presse, relire est une assurance.", "a.txt")
    assert article.title == "Les interviews au défi de la relecture"
    assert kind_of(article, "Dans la presse") == "story"


def test_lines_wrapped_at_a_column() -> None:
    story = (
        "LYON, 1er oct 2023 (AFP) - Le XV de France a largement dominé l'Italie (60-7) dimanche à Lyon et s'est "
        "qualifié pour les quarts de finale de la Coupe du monde, où il affrontera l'Afrique du Sud au Stade de France."
    )
    page = "Rugby: la France bat l'Italie\n\n" + "\n".join(textwrap.wrap(story, 60)) + "\n"
    article = parse(page, "a.txt")
    assert article.title == "Rugby: la France bat l'Italie"
    assert article.date == date(2023, 10, 1)
    assert [part.kind for part in article.segments] == ["furniture", "story"]
    alone = parse("\n".join(textwrap.wrap(story, 60)), "a.txt")
    assert [part.kind for part in alone.segments] == ["story"]
    assert alone.title.startswith("Le XV de France a largement dominé l'Italie (60-7) dimanche à Lyon")


@pytest.mark.parametrize(
    "text",
    [
        "Les abeilles forment un clade d'insectes.\n\nElles sont connues pour leur rôle dans la pollinisation.",
        "\n\n  L'île a été découverte en 1559 par les Portugais.\nElle est inhabitée.\n",
        "Facebook est un réseau social.\nFacebook\nTwitter\nInstagram\nTous appartiennent à de grands groupes.",
        "Il faisait froid\nLe chat dormait\nRien ne bougeait dans la maison",
        "4 septembre 2025\n\nUne phrase de chronologie suit la date.\n\n5 septembre 2025\n\nEt une autre phrase.",
        "Par conséquent, il faut partager cet article avec tous ceux qui le liront.\n\nUne seconde phrase suit ici.",
        "Journal : publication qui paraît tous les jours.\n\nLe premier journal date de 1605, à Strasbourg.",
        "À lire aussi dans le métro, ce roman est court.\n\nIl a reçu le prix Goncourt cette année-là.",
        "Partager cet article\nImprimer\n",
    ],
)
def test_without_traits_of_a_page_all_is_story(text: str) -> None:
    article = parse(text, "a.txt")
    assert [part.kind for part in article.segments] == ["story"]
    check(article)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Partager cet article", "button"),
        ("→ Lire la suite", "button"),
        ("Temps de lecture : 3 min", "button"),
        ("7min", "button"),
        ("Publié le 06/05/2025 12:01", "button"),
        ("Publié le 4 septembre 2025 à 05h30, modifié hier à 10h12", "button"),
        ("Le", "word"),
        ("4 septembre 2025", "stamp"),
        ("International", "section"),
        ("lefigaro.fr", "outlet"),
        ("par John Irish", "byline"),
        ("Par Michel Exemple et Élisabeth d’Exemple, à Bruxelles", "byline"),
        ("Par Le Figaro avec AFP", "byline"),
        ("Crédit photo : Jeanne Petit", "credit"),
        ("Le ministre à Paris, le 3 mai 2025 (Photo by Jean DUPONT / POOL / AFP)", "caption"),
        ("Le ministre à Paris REUTERS/Gonzalo Exemple", "caption"),
        ("Jean Petit | Pool photo Marie Martin/AFP via Getty Images", "caption"),
        ("Une rue de Kiev. © Jeanne Petit", "caption"),
        ("Un fait divers (photo d'illustration)", "caption"),
        ("— BFMTV (@BFMTV) 4 septembre 2025", "attribution"),
        ("(avec AFP)", "signoff"),
        ("AFP", "signoff"),
        ("© 2025 AFP", "signoff"),
        ("- Réserves -", "crosshead"),
        ('"PAIX ILLUSOIRE"', "crosshead"),
        ("Pour aller plus loin :", "related"),
        ("À LIRE AUSSI - Budget : ce que contient le texte", "also"),
        ("Partager cet article est un plaisir.", ""),
        ("Par conséquent", ""),
        ("Le président a été réélu en 2022.", ""),
        ("Selon l'AFP, le ministre a démissionné.", ""),
        ("Emmanuel Macron a reçu Volodymyr Zelensky", ""),
        ("Il vit à Paris / Londres", ""),
        ("", ""),
    ],
)
def test_role_of_a_line(line: str, expected: Role) -> None:
    assert role(line) == expected


LINES = st.sampled_from([line for page in (WIRE, AGENCY, SITE, BOX, MARKDOWN) for line in page.split("\n")])
PAGES = st.lists(LINES | st.text(max_size=60), max_size=25).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n", "\r", "\n\n"]).map(lambda newline: newline.join(lines))
)


@settings(deadline=None)  # the first text loads the language model
@given(text=PAGES | st.text(), name=st.sampled_from(["a.txt", "a.md"]))
def test_segments_cover_any_text(text: str, name: str) -> None:
    article = parse(text, name)
    assert article.text == text
    check(article)
    assert parse(text, name) == article
