from __future__ import annotations

import numpy as np
import pytest

from rag.answering.grounding import ground, names
from rag.answering.sanitising import begins_line, running_text, strip_markers, strip_markup
from rag.domain import Passage
from rag.text.segmentation import sentence_spans


def sentence(text: str, n: int = 1, language: str = "fr") -> Passage:
    return Passage(n, "a.txt", 0, len(text), text, "Titre", None, "AFP", language=language)


S = [
    sentence("L'Allemagne pose trois conditions préalables.", 1),
    sentence("Ces conditions sont la participation des États-Unis et une approbation du Bundestag.", 2),
    sentence("Vingt-six pays se sont engagés à participer à la force.", 3),
]
FAR = np.full(len(S), 0.8, np.float32)


def test_a_copied_sentence_is_fully_supported_by_itself_alone() -> None:
    grounded = ground("Vingt-six pays se sont engagés à participer à la force.", "fr", S, FAR)
    assert [s.id for s in grounded.sentences] == [3]
    assert grounded.support == 1.0


def test_two_sentences_are_cited_when_both_are_needed() -> None:
    text = "L'Allemagne pose trois conditions : la participation des États-Unis et une approbation du Bundestag."
    assert [s.id for s in ground(text, "fr", S, FAR).sentences] == [1, 2]


def test_a_figure_in_words_agrees_with_digits() -> None:
    assert ground("26 pays se sont engagés à participer à la force.", "fr", S, FAR).support > 0.7


@pytest.mark.parametrize(
    "invented",
    ["27 pays se sont engagés à participer à la force.", "Vingt-sept pays se sont engagés à participer à la force."],
)
def test_an_invented_figure_costs_the_support(invented: str) -> None:
    assert ground(invented, "fr", S, FAR).support < 0.5


def test_what_nothing_supports_has_no_support() -> None:
    assert ground("Le pétrole coûte cher à Oslo.", "fr", S, FAR).support < 0.2


def test_a_translation_is_supported_by_its_meaning() -> None:
    close = np.array([0.8, 0.91, 0.8], np.float32)
    text = "They want America on board, and the German parliament to agree."
    assert ground(text, "en", S, close).support > 0.8
    assert ground(text, "en", S, FAR).support < 0.5
    assert ground(text.replace("want", "want 5 times"), "en", S, close).support < 0.5


def test_without_sentences_there_is_no_support() -> None:
    grounded = ground("Une phrase.", "fr", [], np.empty(0, np.float32))
    assert (grounded.support, grounded.sentences) == (0.0, ())


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Oui [1].", "Oui."),
        ("Oui [1, 2] et non [3-4].", "Oui et non."),
        ("Oui【1】.", "Oui."),
        ("Oui (2).", "Oui."),
        ("En (2025), oui [sic].", "En (2025), oui [sic]."),
        ("Le n° [9] et [12] ici", "Le n° et ici"),
    ],
)
def test_markers_of_the_generator_are_taken_out(text: str, plain: str) -> None:
    assert strip_markers(text) == plain


@pytest.mark.parametrize(
    "statement",
    [
        "Selon Joe Biden, vingt-six pays se sont engagés à participer à la force.",
        "Les 50 pays se sont engagés à participer à la force.",
    ],
)
def test_names_and_figures_of_the_question_need_a_source_too(statement: str) -> None:
    assert ground(statement, "fr", S, FAR, question=statement).support < 0.5


def test_a_name_may_stand_in_another_sentence_than_the_cited_one() -> None:
    statement = "Pour l'Allemagne, les conditions sont une approbation du Bundestag."
    assert ground(statement, "fr", S, FAR, question="Que veut l'Allemagne ?").support > 0.8


def test_names_are_capitals_within_a_sentence() -> None:
    text = "Selon Mark Rutte, l'Allemagne et les États-Unis (Otan) hésitent. Hier, rien. « Oui », dit « Le Monde »."
    assert names(text) == ["Mark Rutte", "Allemagne", "États-Unis", "Otan", "Le Monde"]


def test_lists_become_running_text() -> None:
    assert (
        running_text("Il y a :\n1. la paix ;\n\n- la trêve.\nEt 2. reste") == "Il y a : la paix ; la trêve. Et 2. reste"
    )
    assert running_text("1. Un") == "Un"


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        ("Trois :\n", True),
        ("Trois :\n\n-", True),
        ("Trois :\n1", True),
        ("Trois :\n12.", True),
        ("-", True),
        ("Trois :\n1. la", False),
        ("Trois :\nla paix", False),
        ("26 pays", False),
        ("Les 26", False),
        ("Oui -", False),
    ],
)
def test_a_list_mark_is_waited_for(text: str, stops: bool) -> None:
    assert begins_line(text) == stops


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("**Berlin** pose `trois` __conditions__.", "Berlin pose trois conditions."),
        ("# Réponse : oui", "Réponse : oui"),
        ("Voir [Berlin](https://example.org/a?b=c).", "Voir Berlin."),
        ("Voir https://example.org/a?b=c.", "Voir."),
        ("Oui ![x](https://example.org/x.png) et <b class='y'>non</b>", "Oui et non"),
        ("<img src=x onerror=alert(1)>", ""),
        (
            "3 < 5 et 7 > 6, « oui\u00a0», n° 5, l'a_b, [sic], (2025)",
            "3 < 5 et 7 > 6, « oui\u00a0», n° 5, l'a_b, [sic], (2025)",
        ),
    ],
)
def test_markup_of_the_generator_is_taken_out(text: str, plain: str) -> None:
    assert strip_markup(text) == plain


@pytest.mark.parametrize(
    "statement",
    [
        "L'Allemagne pose trois conditions préalables 柏林提出.",
        "L'Allemagne pose trois conditions préalables Берлин.",
        "L'Allemagne pose trois conditions préalables à Joe Biden.",
        "L'Allemagne pose trois conditions préalables dans 48 heures.",
    ],
)
def test_one_unfounded_word_of_the_telling_kind_is_enough(statement: str) -> None:
    assert ground(statement, "fr", S, FAR).support < 0.5


def test_the_sentence_that_a_figure_comes_from_is_cited_too() -> None:
    statement = "L'Allemagne pose trois conditions préalables aux 26 pays."
    assert [s.id for s in ground(statement, "fr", S, FAR).sentences] == [1, 3]


def test_no_more_sentences_are_cited_than_are_needed() -> None:
    repeated = [*S, sentence(S[0].text, 4), sentence(S[0].text, 5)]
    grounded = ground(S[0].text, "fr", repeated, np.full(len(repeated), 0.8, np.float32))
    assert [s.id for s in grounded.sentences] == [1]


@pytest.mark.parametrize(
    ("statement", "stands"),
    [
        ("Maria Zakharova a jugé ces garanties inacceptables.", True),
        ("La porte-parole Maria Zakharova a jugé ces garanties inacceptables jeudi.", True),
        ("Friedrich Merz a jugé ces garanties inacceptables.", False),
    ],
)
def test_what_one_said_does_not_stand_in_the_mouth_of_another(statement: str, stands: bool) -> None:
    text = (
        "La porte-parole Maria Zakharova a parlé jeudi. Elle a jugé ces garanties inacceptables. "
        "La réunion a duré deux heures. Le chancelier Friedrich Merz est arrivé à midi."
    )
    spans = sentence_spans(text)
    said = [Passage(n, "a.txt", a, b, text[a:b], "Titre", None, "AFP") for n, (a, b) in enumerate(spans)]
    cosines = np.full(len(said), 0.8, np.float32)
    assert (ground(statement, "fr", said, cosines).support >= 0.5) is stands


@pytest.mark.parametrize(
    ("statement", "theirs"),
    [
        ("L'Allemagne pose trois conditions.", True),
        ("L'Allemagne a retiré ses trois conditions.", False),  # the question's word, which no sentence has
    ],
)
def test_a_statement_is_in_the_words_of_its_sentences_or_not(statement: str, theirs: bool) -> None:
    question = "Pourquoi l'Allemagne a-t-elle retiré ses conditions ?"
    assert ground(statement, "fr", S, FAR, question).in_their_words == theirs
