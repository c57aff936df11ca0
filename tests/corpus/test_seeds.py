"""The five articles of the first corpus: what is read from each, and which of its text is story."""

from __future__ import annotations

from datetime import date

import pytest

from rag.corpus.article_files import Problem, parse, read_corpus
from rag.domain import Article
from tests.support.paths import SEEDS


@pytest.fixture(scope="module")
def articles() -> dict[str, Article]:
    """The articles by the first three digits of their names."""
    problems: list[Problem] = []
    found = {article.document[:3]: article for article in read_corpus([SEEDS], problems.append)}
    assert problems == []
    return found


def parts(article: Article, kind: str) -> list[str]:
    return [article.text[part.start : part.end].strip() for part in article.segments if part.kind == kind]


@pytest.mark.parametrize(
    ("number", "day", "source", "author", "title"),
    [
        (
            "000",
            date(2025, 9, 2),
            None,
            None,
            "Les Européens vont acter jeudi, lors d'une réunion à l'Elysée et en visioconférence, qu'ils sont "
            "« prêts » en…",
        ),
        (
            "001",
            date(2025, 9, 4),
            "AFP",
            None,
            "Ukraine: les Européens discutent avec Trump des moyens d'augmenter la pression sur la Russie",
        ),
        (
            "002",
            date(2025, 9, 4),
            "Reuters",
            "John Irish",
            "Réunion des alliés de l'Ukraine sur les garanties sécuritaires, doutes sur l'appui des USA",
        ),
        (
            "003",
            date(2025, 9, 4),
            "CNEWS",
            None,
            'Vingt-six pays, essentiellement européens, se sont "engagés" à participer à une "force de réassurance" '
            "dans…",
        ),
        (
            "004",
            date(2025, 9, 2),
            "Public Sénat",
            "Mathilde Nutarelli",
            "Guerre en Ukraine : Les Américains seront «\u00a0très certainement\u00a0» associés aux travaux de la "
            "«\u00a0Coalition des volontaires\u00a0»",
        ),
    ],
)
def test_facts(
    articles: dict[str, Article], number: str, day: date, source: str | None, author: str | None, title: str
) -> None:
    article = articles[number]
    assert (article.date, article.source, article.author, article.language) == (day, source, author, "fr")
    assert article.title == title


@pytest.mark.parametrize(
    ("number", "starts", "ends"),
    [
        ("000", ["Les Européens vont acter jeudi"], ["à la table des négociations."]),
        (
            "001",
            ["Les soutiens européens", "Mais certains alliés", "Jusqu'à un cessez-le-feu", "En attendant, Vladimir"],
            ["un cessez-le-feu conclu, pour dissuader la Russie de toute nouvelle agression.", "de leur part."],
        ),
        (
            "002",
            ["Une trentaine de dirigeants", "L'objectif est d'envoyer", "Aux yeux des Européens"],
            ['la sincérité de la Russie".', "la force de réassurance.", 'de pourparlers de fond".'],
        ),
        (
            "003",
            ["Vingt-six pays", "Emmanuel Macron a aussi dit", "L'entretien en visioconférence"],
            ["de refuser la paix.", "avec Donald Trump."],
        ),
        (
            "004",
            ["Alors que Vladimir Poutine rencontre", "C’est un pas de plus"],
            ["« dans le camp de la paix\u00a0».", "la veille au soir."],
        ),
    ],
)
def test_story(articles: dict[str, Article], number: str, starts: list[str], ends: list[str]) -> None:
    story = parts(articles[number], "story")
    assert len(story) == len(starts)
    for stretch, start in zip(story, starts, strict=True):
        assert stretch.startswith(start)
    for end in ends:
        assert any(stretch.replace("\u00a0", " ").endswith(end.replace("\u00a0", " ")) for stretch in story)


@pytest.mark.parametrize(
    ("number", "furniture"),
    [
        ("000", ["date 2025-09-02"]),
        ("001", ["Ukraine: les Européens discutent avec Trump", "- Réserves -"]),
        ("002", ["par John Irish", "CLARTÉ", '"PAIX ILLUSOIRE"']),
        ("003", ["pic.twitter.com/AIId6wEeEO", "pic.twitter.com/zEZySt2sfs", "— CNEWS (@CNEWS) September 4, 2025"]),
        ("004", ["Le direct", "Trump Meeting With Zelensky", "Crédit : Shalan Stewart", "Guerre en Ukraine : Les"]),
        ("004", ["Par Mathilde Nutarelli", "Temps de lecture", "4 min", "Publié le", "Mis à jour le"]),
        ("004", ["Partager cet article", "Pour aller plus loin", "Dans la même thématique", "La sélection de la"]),
        ("004", ["Friedrich Merz meets", "Federal Chancellor Merz travels", "7min"]),
    ],
)
def test_furniture(articles: dict[str, Article], number: str, furniture: list[str]) -> None:
    article = articles[number]
    for words in furniture:
        assert any(words in stretch for stretch in parts(article, "furniture"))
        assert not any(words in stretch for stretch in parts(article, "story") + parts(article, "teaser"))


@pytest.mark.parametrize(
    ("number", "asides"),
    [
        ("001", ["( POOL / Ludovic MARIN )", "( AFP / RALF HIRSCHBERGER )", "( AFP / Jade Gao )"]),
        ("002", ["version française Jean Terzian"]),
        ("003", ["Depuis le palais de l'Élysée", "Alors que les dirigeants de la"]),
        ("004", ["Sergei Bobylev/POOL/TASS"]),
    ],
)
def test_asides(articles: dict[str, Article], number: str, asides: list[str]) -> None:
    found = parts(articles[number], "aside")
    assert all(any(words in stretch for stretch in found) for words in asides)
    assert not any("twitter.com" in stretch or "(@CNEWS)" in stretch for stretch in found)


@pytest.mark.parametrize("number", ["000", "001", "002", "003"])
def test_no_teasers(articles: dict[str, Article], number: str) -> None:
    assert parts(articles[number], "teaser") == []


def test_teasers_are_apart_and_told_once(articles: dict[str, Article]) -> None:
    article = articles["004"]
    teasers = [part for part in article.segments if part.kind == "teaser"]
    assert [teaser.title.split()[0] for teaser in teasers] == ["Sommet", "Conseil", "«"]
    for teaser, end in zip(teasers, ("stratégique.", "Patrick Martin-Genier", "Florent Parmentier."), strict=True):
        text = article.text[teaser.start : teaser.end].strip()
        assert text.startswith(teaser.title)
        assert text.endswith(end)
    repeated = article.text.rindex("Emmanuel Macron est en visite")
    assert next(part for part in article.segments if part.start <= repeated < part.end).kind == "furniture"


def test_offsets_can_be_checked_against_the_file(articles: dict[str, Article]) -> None:
    for article in articles.values():
        assert article.text == (SEEDS / article.document).read_bytes().decode("utf-8")


def test_windows_newlines_change_nothing(articles: dict[str, Article]) -> None:
    for article in articles.values():
        other = parse(article.text.replace("\n", "\r\n"), article.document)
        assert (other.title, other.source, other.author) == (article.title, article.source, article.author)
        assert [(part.kind, part.title) for part in other.segments] == [
            (part.kind, part.title) for part in article.segments
        ]
