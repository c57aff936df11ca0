"""Which quotations of two articles count as a disagreement, and which do not."""

from __future__ import annotations

from datetime import date

import pytest

from rag.answering.disagreement import disagree, disagreement
from rag.domain import Passage
from rag.text.quantities import figures

DAY = date(2025, 9, 4)


def quotation(text: str, language: str = "fr", day: date | None = DAY, document: str = "a.txt") -> Passage:
    return Passage(1, document, 0, len(text), text, "Titre", day, "AFP", language=language)


def differ(language: str, one: str, other: str, day: date | None = DAY, other_day: date | None = DAY) -> bool:
    pair = quotation(one, language, day), quotation(other, language, other_day, "b.txt")
    found = disagree(*pair)
    assert disagree(*reversed(pair)) is found
    return found


FERRY = "Le naufrage du ferry a fait 27 morts au large de Marseille."
TALKS = "La réunion des ministres aura lieu mercredi à Prague."


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("fr", FERRY, "Le naufrage du ferry au large de Marseille a fait 34 morts, a indiqué l'AFP."),
        ("fr", FERRY, "Selon la préfecture, le naufrage du ferry au large de Marseille a fait trente-quatre morts."),
        ("fr", FERRY, "Au large de Marseille, le naufrage du ferry a fait plus de 40 morts."),
        ("fr", FERRY, "Le naufrage du ferry a causé une centaine de morts au large de Marseille."),
        ("fr", FERRY, "Le naufrage du ferry a fait entre 30 et 35 morts au large de Marseille."),
        ("fr", "Vingt-six pays participeront à la force de réassurance.",
         "Trente pays participeront à la force de réassurance."),
        ("fr", "Le ministre a annoncé jeudi que 12 000 soldats seront envoyés à la frontière polonaise.",
         "Quelque 25 000 soldats seront envoyés à la frontière polonaise."),
        ("fr", "Devant la presse, Emmanuel Macron a affirmé que « 26 pays ont promis des soldats à Kiev ».",
         "« 30 pays ont promis des soldats à Kiev », a affirmé Volodymyr Zelensky devant la presse."),
        ("fr", "Le chômage a touché 7,4 % de la population active en Bretagne.",
         "Le chômage a touché 8,1 % de la population active en Bretagne."),
        ("fr", "La rénovation du pont a coûté 2,5 millions d'euros à la ville.",
         "La rénovation du pont a coûté 4 millions d'euros à la ville."),
        ("fr", TALKS, "La réunion des ministres aura lieu vendredi à Prague."),
        ("fr", "Le pont suspendu a été rouvert au public le 2 septembre 2025.",
         "Le pont suspendu a été rouvert au public le 3 septembre 2025."),
        ("en", "The sinking of the ferry killed 27 people off Marseille.",
         "The sinking of the ferry off Marseille killed at least 34 people, officials said."),
        ("en", "Twenty-six countries will join the reassurance force.",
         "Thirty-one countries will join the reassurance force."),
        ("en", "The ministers will meet in Prague on 10 September 2025.",
         "The ministers will meet in Prague on 12 September 2025."),
        ("de", "Bei dem Unglück der Fähre starben 27 Menschen.", "Bei dem Unglück der Fähre starben 34 Menschen."),
        ("de", "Sechsundzwanzig Länder wollen Truppen in die Ukraine schicken.",
         "Dreißig Länder wollen Truppen in die Ukraine schicken, sagte ein Sprecher."),
        ("es", "El naufragio del ferri causó 27 muertos cerca de Marsella.",
         "El naufragio del ferri causó 34 muertos cerca de Marsella, según la policía."),
        ("es", "Treinta y dos países participarán en la fuerza europea.",
         "Veintiséis países participarán en la fuerza europea."),
        ("it", "Il naufragio del traghetto ha causato 27 morti al largo di Marsiglia.",
         "Secondo la polizia, il naufragio del traghetto ha causato 34 morti al largo di Marsiglia."),
        ("it", "Ventisei paesi parteciperanno alla forza europea.", "Oltre trenta paesi parteciperanno alla forza"
         " europea."),
    ],
)  # fmt: skip
def test_articles_that_disagree(language: str, one: str, other: str) -> None:
    assert differ(language, one, other)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("fr", FERRY, FERRY.replace("27", "vingt-sept")),
        ("fr", FERRY, FERRY.replace("27", "près de 30")),
        ("fr", FERRY, FERRY.replace("27", "au moins 20")),
        ("fr", FERRY, FERRY.replace("27 morts", "une trentaine de morts")),
        ("fr", FERRY, FERRY.replace("27", "entre 25 et 30")),
        ("fr", FERRY, FERRY.replace("27 morts", "34 blessés")),
        ("fr", FERRY, FERRY.replace("Marseille", "Toulon").replace("27", "34")),
        ("fr", FERRY, "Le bilan du naufrage du ferry au large de Marseille est passé à 34 morts."),
        ("fr", FERRY, "Le naufrage du ferry n'a pas fait 34 morts au large de Marseille."),
        ("fr", FERRY, "Le naufrage du ferry a fait 34 morts au large de Marseille. Un bilan donné d'abord par la"
         " préfecture du naufrage du ferry au large de Marseille était de 27 morts."),
        ("fr", "Le séisme a fait près de 1 200 morts en Afghanistan.", "Le séisme a fait 1 187 morts en Afghanistan."),
        ("fr", "Les exportations vers la Chine ont augmenté de 20 %.",
         "Les importations depuis la Chine ont augmenté de 15 %."),
        ("fr", "Le tribunal de Lyon a condamné 12 personnes pour trafic de drogue.",
         "Le tribunal de Lyon a condamné 15 personnes pour trafic d'armes."),
        ("fr", "L'Allemagne enverra 5 000 soldats en Ukraine.", "La France enverra 2 000 soldats en Ukraine."),
        ("fr", "L'accident a tué 12 soldats russes à la frontière.",
         "L'accident a tué 15 soldats ukrainiens à la frontière."),
        ("fr", "Le défilé de Pékin a réuni 26 dirigeants, 3 ministres et 2 rois.",
         "Le défilé de Pékin a réuni 26 dirigeants."),
        ("fr", TALKS, "La réunion des ministres, reportée, aura lieu vendredi à Prague."),
        ("fr", TALKS, "La réunion des ministres aura lieu le 10 septembre à Prague."),
        ("fr", "Une attaque de drones a fait 3 morts mardi à Kharkiv.",
         "Une attaque de drones a fait 5 morts mercredi à Kharkiv."),
        ("en", "The sinking of the ferry killed 27 people off Marseille.",
         "The sinking of the ferry killed nearly 30 people off Marseille."),
        ("en", "The sinking of the ferry killed 27 people off Marseille.",
         "The toll of the sinking of the ferry off Marseille rose to 34 people killed."),
        ("de", "Bei dem Unglück der Fähre starben 27 Menschen.", "Bei dem Unglück der Fähre starben rund 30 Menschen."),
        ("es", "Unos 2.000 soldados llegaron a la frontera polaca.",
         "Más de 1.900 soldados llegaron a la frontera polaca."),
        ("it", "Circa 3mila persone hanno manifestato a Roma contro il governo.",
         "Ben 2.900 persone hanno manifestato a Roma contro il governo."),
    ],
)  # fmt: skip
def test_articles_that_do_not(language: str, one: str, other: str) -> None:
    assert not differ(language, one, other)


def test_time_between_the_articles_counts() -> None:
    more = FERRY.replace("27", "34")
    assert differ("fr", FERRY, more, DAY, None)
    # A toll grows; it does not shrink.
    assert not differ("fr", FERRY, more, DAY, date(2025, 9, 5))
    assert differ("fr", FERRY, more, DAY, date(2025, 9, 3))
    # Later the same words may tell of another event, unless they name its day.
    assert not differ("fr", FERRY, more, DAY, date(2025, 8, 30))
    named = "Le 1er août 2025, le naufrage du ferry a fait {} morts au large de Marseille."
    assert differ("fr", named.format(27), named.format(34), DAY, date(2025, 8, 30))


def test_only_different_articles_in_one_language_disagree() -> None:
    more = quotation(FERRY.replace("27", "34"))
    assert not disagree(quotation(FERRY), more)
    assert not disagree(quotation(FERRY), quotation(FERRY.replace("27", "34"), "en", document="b.txt"))
    assert not disagree(quotation(FERRY, "xx"), quotation(FERRY.replace("27", "34"), "xx", document="b.txt"))


def test_the_first_pair_is_found_best_first() -> None:
    other, more, most = (
        quotation(text, document=name)
        for name, text in (
            ("a.txt", "Le port est fermé."), ("b.txt", FERRY), ("c.txt", FERRY.replace("27", "34"))
        )
    )  # fmt: skip
    assert disagreement([other, more, most]) == (more, most)
    assert disagreement([other, more]) == ()


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr", "Près de 1 200 morts et 35 blessés", [(960, 1440, "mort"), (35, 35, "bless")]),
        (
            "fr",
            "pas moins de 12 pays, pas plus de 20 blessés",
            [(12, float("inf"), "pay"), (-float("inf"), 20, "bless")],
        ),
        ("fr", "de 3 000 à 5 000 hommes", [(2700, 5500, "homm")]),
        ("fr", "le vol 737, l'article 5 du traité, à 14h30, un F-35, 1,200 morts", []),
        ("en", "$2.5 billion for two dozen countries", [(2.45e9, 2.55e9, "$"), (21.6, 26.4, "countri")]),
        ("de", "mehr als 3,5 Millionen Euro", [(3.45e6, float("inf"), "euro")]),
        ("es", "5 mil millones de euros", [(4.5e9, 5.5e9, "eur")]),
        ("it", "trentotto morti, 3mila feriti", [(38, 38, "mort"), (2700, 3300, "fer")]),
    ],
)
def test_figures_have_bounds_and_count_something(
    language: str, text: str, expected: list[tuple[float, float, str]]
) -> None:
    found = [(figure.low, figure.high, figure.counted[0]) for figure in figures(text, language)]
    assert [counted for *_, counted in found] == [counted for *_, counted in expected]
    assert [bound for *bounds, _ in found for bound in bounds] == pytest.approx(
        [bound for *bounds, _ in expected for bound in bounds]
    )
