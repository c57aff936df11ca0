"""Questions to begin with: in good French, about different people, and the same each time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from rag.chat.suggestions import suggest
from rag.corpus.article_files import read_corpus
from rag.domain import Article, Passage, Segment
from rag.indexing.chunking import split_sentences
from rag.store.catalog import Catalog, CatalogFile
from rag.store.catalog_writer import writing_catalog
from tests.support.paths import SEEDS

NAMES = ["Anne Martin", "Jean Dupont", "Marie Leroy", "Paul Morel", "Luc Simon", "Nina Girard"]


def article(document: str, text: str, language: str = "fr", day: date | None = date(2025, 9, 4)) -> Article:
    story = (Segment(0, len(text), "story"),)
    return Article(document, document, text, document, day, "Titre", None, None, language, story)


def sentences_of(each: Article) -> list[Passage]:
    return [
        sentence
        for s in each.segments
        if s.kind == "story"
        for sentence in split_sentences(
            each, Passage(0, each.document, s.start, s.end, each.text[s.start : s.end], each.title, each.date, None)
        )
    ]


def catalog(folder: Path, articles: Sequence[Article]) -> Catalog:
    path = folder / "articles.sqlite"
    with writing_catalog(path) as catalog:
        for article in articles:
            catalog.add(article, [], sentences_of(article))
    return CatalogFile(path)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    articles = [each for each in read_corpus([SEEDS]) if isinstance(each, Article)]
    return catalog(tmp_path_factory.mktemp("seeds"), articles)


def test_the_seeds_suggest_questions_that_they_answer(seeds: Catalog) -> None:
    begun = time.process_time()
    questions = suggest(seeds, 10)
    assert time.process_time() - begun < 1.0  # twenty milliseconds when nothing else runs
    assert "Que dit Maria Zakharova sur la Russie ?" in questions
    assert {"Qu'a rappelé Friedrich Merz ?", "Qu'a souligné Keir Starmer ?"} < set(questions)
    assert questions == suggest(seeds, 10) and questions[:4] == suggest(seeds)
    assert len(set(questions)) == len(questions) == 10
    for name in ("Macron", "Poutine", "Zelensky", "Trump", "Rutte", "Merz", "Starmer"):
        assert sum(name in question for question in questions) <= 1


@pytest.mark.parametrize(
    "articles", [[], [article("a", "Il pleut. Il a dit non.")], [article("a", "Anne Martin a dit non.", "pl")]]
)
def test_nothing_to_suggest(tmp_path: Path, articles: list[Article]) -> None:
    assert suggest(catalog(tmp_path, articles)) == []


RUSSIA = " La Russie se tait."


@pytest.mark.parametrize(
    ("text", "language", "question"),
    [
        ("« Nous sommes prêts », a déclaré jeudi Emmanuel Macron.", "fr", "Qu'a déclaré Emmanuel Macron ?"),
        ("« Non », a rappelé le chancelier allemand Friedrich Merz.", "fr", "Qu'a rappelé Friedrich Merz ?"),
        ("Donald Trump a aussi promis des garanties.", "fr", "Qu'a promis Donald Trump ?"),
        ("« C'est faux », a ajouté Anne Martin.", "fr", "Qu'a déclaré Anne Martin ?"),
        (
            "Keir Starmer, qui préside, a dit que la Russie tarde." + RUSSIA,
            "fr",
            "Que dit Keir Starmer sur la Russie ?",
        ),
        ("Anne Martin a répété qu’en Russie rien ne change." + RUSSIA, "fr", "Que dit Anne Martin sur la Russie ?"),
        ("« L’Ukraine tient », a affirmé l’Otan. L’Ukraine attend.", "fr", "Que dit l'Otan sur l'Ukraine ?"),
        ("La Russie a averti qu'elle refusait.", "fr", "Qu'a déclaré la Russie ?"),
        ("Elle parle à la Russie. Il vise la Russie.", "fr", "Que disent les articles sur la Russie ?"),
        ("« Oui », a-t-il dit au sujet d'Anne Martin.", "fr", None),
        ("La lettre à Anne Martin a dit le contraire.", "fr", None),
        ("Anne Martin n'a pas dit quand.", "fr", None),
        ("La rencontre avec Anne Martin et Paul Morel, a débuté jeudi, a indiqué une source.", "fr", None),
        ("« Oui », a annoncé la visite d'Anne Martin.", "fr", None),
        ("« Oui », a dit GENEVE DIPLOMATIE.", "fr", None),
        ('"We are ready," Keir Starmer said.', "en", "What did Keir Starmer say?"),
        (
            "Keir Starmer said that the European Union must act. He praised the European Union.",
            "en",
            "What did Keir Starmer say about the European Union?",
        ),
        ("„Wir sind bereit“, sagte Friedrich Merz am Montag.", "de", "Was hat Friedrich Merz gesagt?"),
        ("«Estamos listos», anunció Pedro Sánchez.", "es", "¿Qué ha anunciado Pedro Sánchez?"),
        ("«Siamo pronti», ha detto ieri Giorgia Meloni.", "it", "Che cosa ha detto Giorgia Meloni?"),
        (
            "Giorgia Meloni ha detto che la Russia tace. Poi la Russia risponde.",
            "it",
            "Che cosa dice Giorgia Meloni sulla Russia?",
        ),
    ],
)
def test_a_question_asks_what_somebody_said(tmp_path: Path, text: str, language: str, question: str | None) -> None:
    assert suggest(catalog(tmp_path, [article("a", text, language)]), 1) == ([question] if question else [])


def test_newest_articles_and_the_readers_language_come_first(tmp_path: Path) -> None:
    articles = [
        article("old", "Jean Dupont a dit non.", day=date(2025, 1, 1)),
        article("undated", "Luc Simon a dit non.", day=None),
        article("new", "Anne Martin a dit non. Paul Morel a dit oui.", day=date(2025, 9, 1)),
        article("english", '"No," Keir Starmer said.', "en", date(2025, 12, 1)),
    ]
    whole = catalog(tmp_path, articles)
    assert suggest(whole, 5) == [
        "Qu'a dit Anne Martin ?",
        "Qu'a dit Jean Dupont ?",
        "Qu'a dit Luc Simon ?",
        "What did Keir Starmer say?",
        "Qu'a dit Paul Morel ?",  # an article's second question comes after the first of all
    ]
    assert suggest(whole, 1, "en") == ["What did Keir Starmer say?"]


def test_one_spelt_in_two_ways_is_one_person(tmp_path: Path) -> None:
    text = "Volodymyr Zelensky a dit oui. Volodimir Zélensky a annoncé un plan."
    assert suggest(catalog(tmp_path, [article("a", text)])) == ["Qu'a dit Volodymyr Zelensky ?"]


def test_thousands_of_articles_take_no_longer_than_the_newest(tmp_path: Path) -> None:
    day = date(2025, 9, 4)
    text = "Il pleut sur la ville. " * 50
    silent = [article(f"{number:04}", text, day=day - timedelta(days=number)) for number in range(2000)]
    speaking = [
        article(f"z{number}", f"{text}{name} a dit non.", day=day - timedelta(days=10 * number))
        for number, name in enumerate(NAMES)
    ]
    whole = catalog(tmp_path, [*silent, *speaking])
    begun = time.process_time()
    questions = suggest(whole, 6)
    assert time.process_time() - begun < 2.0
    # The last two are older than the articles that are looked at.
    assert questions == [f"Qu'a dit {name} ?" for name in NAMES[:4]]
