from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings, strategies as st

from rag.text.dates import Period, annotate, asked_period, asks_latest, mentions, written_day

TUESDAY, THURSDAY = date(2025, 9, 2), date(2025, 9, 4)
OPEN = ".."


def shown(period: Period | None) -> str | None:
    """`2025-09-04`, `2025-09-01..2025-09-07`, `2025-09-04..` for an open end."""
    if period is None:
        return None
    if period.first == period.last:
        return str(period.first)
    first = "" if period.first == date.min else str(period.first)
    last = "" if period.last == date.max else str(period.last)
    return first + OPEN + last


def found(text: str, language: str = "fr", reference: date = THURSDAY) -> dict[str, str | None]:
    return {mention.text: shown(mention.period) for mention in mentions(text, language, reference)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # whole dates
        ("le 4 septembre 2025", {"4 septembre 2025": "2025-09-04"}),
        ("LE 17 FEVRIER 2025", {"17 FEVRIER 2025": "2025-02-17"}),
        ("le 17\u00a0février\u00a02025", {"17\u00a0février\u00a02025": "2025-02-17"}),
        ("le 17 fe\u0301vrier 2025", {"17 fe\u0301vrier 2025": "2025-02-17"}),
        ("le jeudi 4 septembre 2025 au soir", {"jeudi 4 septembre 2025": "2025-09-04"}),
        ("Il arrive le 4 septembre.", {"4 septembre": "2025-09-04"}),
        ("en ce mois de septembre 1792", {"septembre 1792": "1792-09-01..1792-09-30"}),
        ("12 sept. 2025", {"12 sept. 2025": "2025-09-12"}),
        ("2025-09-04", {"2025-09-04": "2025-09-04"}),
        ("le 04/09/2025 ou le 04.09.2025", {"04/09/2025": "2025-09-04", "04.09.2025": "2025-09-04"}),
        ("le 09/23/2025", {"09/23/2025": "2025-09-23"}),
        ("le 4/9", {"4/9": "2025-09-04"}),
        ("— CNEWS (@CNEWS) September 4, 2025", {"September 4, 2025": "2025-09-04"}),
        # without a year: the nearest
        ("le 4 septembre", {"4 septembre": "2025-09-04"}),
        ("le 1er mai", {"1er mai": "2025-05-01"}),
        ("le 31 decembre", {"31 decembre": "2025-12-31"}),
        ("le 15 aout dernier", {"15 aout dernier": "2025-08-15"}),
        ("le 4 septembre prochain", {"4 septembre prochain": "2026-09-04"}),
        ("ce jeudi 4 septembre", {"ce jeudi 4 septembre": "2025-09-04"}),
        ("le 29 février", {"29 février": "2024-02-29"}),
        ("Macron a annoncé un sommet le 15 octobre", {"15 octobre": "2025-10-15"}),
        ("Il est mort le 2 mars", {"2 mars": "2025-03-02"}),
        ("Il sera jugé le 2 mars", {"2 mars": "2026-03-02"}),
        # months and years
        ("en septembre", {"septembre": "2025-09-01..2025-09-30"}),
        ("en mars", {"mars": "2025-03-01..2025-03-31"}),
        ("au mois d'août", {"août": "2025-08-01..2025-08-31"}),
        ("en octobre dernier", {"octobre dernier": "2024-10-01..2024-10-31"}),
        ("les rencontres d'août", {"août": "2025-08-01..2025-08-31"}),
        ("fin août", {"fin août": "2025-08-21..2025-08-31"}),
        ("à la mi-août", {"mi-août": "2025-08-11..2025-08-20"}),
        ("au début du mois de mai", {"début du mois de mai": "2025-05-01..2025-05-10"}),
        ("mars 2025", {"mars 2025": "2025-03-01..2025-03-31"}),
        ("Mars 2025 : les négociations", {"Mars 2025": "2025-03-01..2025-03-31"}),
        ("en 2024", {"2024": "2024-01-01..2024-12-31"}),
        ("fin 2024", {"fin 2024": "2024-09-01..2024-12-31"}),
        ("depuis l'annexion de 2014, et depuis 2022", {"2022": "2022-01-01..2022-12-31"}),
        # relative
        ("hier", {"hier": "2025-09-03"}),
        ("avant-hier", {"avant-hier": "2025-09-02"}),
        ("Que s’est-il passé aujourd’hui ?", {"aujourd’hui": "2025-09-04"}),
        ("demain et après-demain", {"demain": "2025-09-05", "après-demain": "2025-09-06"}),
        ("mercredi dernier", {"mercredi dernier": "2025-09-03"}),
        ("jeudi dernier", {"jeudi dernier": "2025-08-28"}),
        ("jeudi prochain", {"jeudi prochain": "2025-09-11"}),
        ("ce jeudi", {"ce jeudi": "2025-09-04"}),
        ("le jeudi 28", {"jeudi 28": "2025-08-28"}),
        ("la semaine dernière", {"semaine dernière": "2025-08-25..2025-08-31"}),
        ("cette semaine", {"cette semaine": "2025-09-01..2025-09-07"}),
        ("le week-end prochain", {"week-end prochain": "2025-09-06..2025-09-07"}),
        ("le mois dernier", {"mois dernier": "2025-08-01..2025-08-31"}),
        ("l'an dernier", {"an dernier": "2024-01-01..2024-12-31"}),
        ("l'année prochaine", {"année prochaine": "2026-01-01..2026-12-31"}),
        ("il y a trois jours", {"il y a trois jours": "2025-09-01"}),
        ("il y a 2 semaines", {"il y a 2 semaines": "2025-08-18..2025-08-24"}),
        ("il y a un an", {"il y a un an": "2024-01-01..2024-12-31"}),
        ("depuis sept mois", {"depuis sept mois": "2025-02-06..2025-09-04"}),
        ("ces trois derniers jours", {"ces trois derniers jours": "2025-09-01..2025-09-04"}),
        ("ces derniers jours", {"ces derniers jours": "2025-08-28..2025-09-04"}),
        # ranges and lists
        ("du 2 au 4 septembre", {"2 au 4 septembre": "2025-09-02..2025-09-04"}),
        ("entre le 2 et le 4 septembre", {"2 et le 4 septembre": "2025-09-02..2025-09-04"}),
        ("du 30 août au 4 septembre 2024", {"30 août au 4 septembre 2024": "2024-08-30..2024-09-04"}),
        ("du mercredi 3 au jeudi 4 septembre", {"3 au jeudi 4 septembre": "2025-09-03..2025-09-04"}),
        ("les 2, 3 et 4 septembre", {"2": "2025-09-02", "3": "2025-09-03", "4 septembre": "2025-09-04"}),
        ("les 18 octobre et 4 septembre", {"18 octobre": "2025-10-18", "4 septembre": "2025-09-04"}),
        ("mercredi à jeudi", {"mercredi à jeudi": "2025-09-03..2025-09-04"}),
        ("entre mi-août et début septembre", {"mi-août et début septembre": "2025-08-11..2025-09-10"}),
        ("de 2014 à 2022", {"2014 à 2022": "2014-01-01..2022-12-31"}),
    ],
)
def test_french_dates(text: str, expected: dict[str, str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "on 4 September 2025", {"4 September 2025": "2025-09-04"}),
        ("en", "the 4th of September", {"4th of September": "2025-09-04"}),
        ("en", "on Thursday, September 4th, 2025", {"Thursday, September 4th, 2025": "2025-09-04"}),
        ("en", "what was said on may 4", {"may 4": "2025-05-04"}),
        ("en", "in May", {"May": "2025-05-01..2025-05-31"}),
        ("en", "September 2-4", {"September 2-4": "2025-09-02..2025-09-04"}),
        ("en", "between 2 and 4 September", {"2 and 4 September": "2025-09-02..2025-09-04"}),
        ("en", "the day before yesterday", {"the day before yesterday": "2025-09-02"}),
        ("en", "last Wednesday", {"last Wednesday": "2025-09-03"}),
        ("en", "three days ago", {"three days ago": "2025-09-01"}),
        ("en", "last week", {"last week": "2025-08-25..2025-08-31"}),
        ("en", "over the past week", {"past week": "2025-08-28..2025-09-04"}),
        ("de", "am 4. September 2025", {"4. September 2025": "2025-09-04"}),
        ("de", "am 4.9.2025", {"4.9.2025": "2025-09-04"}),
        ("de", "im Maerz 2025", {"Maerz 2025": "2025-03-01..2025-03-31"}),
        ("de", "vom 2. bis zum 4. September", {"2. bis zum 4. September": "2025-09-02..2025-09-04"}),
        ("de", "am Mittwochabend", {"Mittwochabend": "2025-09-03"}),
        ("de", "gestern und übermorgen", {"gestern": "2025-09-03", "übermorgen": "2025-09-06"}),
        ("de", "vor drei Tagen", {"vor drei Tagen": "2025-09-01"}),
        ("de", "letzte Woche", {"letzte Woche": "2025-08-25..2025-08-31"}),
        ("de", "in den letzten Wochen", {"letzten Wochen": "2025-08-07..2025-09-04"}),
        ("es", "el 4 de septiembre de 2025", {"4 de septiembre de 2025": "2025-09-04"}),
        ("es", "el pasado 15 de agosto", {"pasado 15 de agosto": "2025-08-15"}),
        ("es", "del 2 al 4 de septiembre", {"2 al 4 de septiembre": "2025-09-02..2025-09-04"}),
        ("es", "anteayer, ayer y pasado mañana",
         {"anteayer": "2025-09-02", "ayer": "2025-09-03", "pasado mañana": "2025-09-06"}),
        ("es", "el miércoles pasado", {"miércoles pasado": "2025-09-03"}),
        ("es", "la semana que viene", {"semana que viene": "2025-09-08..2025-09-14"}),
        ("es", "hace tres días", {"hace tres días": "2025-09-01"}),
        ("es", "a finales de agosto", {"finales de agosto": "2025-08-21..2025-08-31"}),
        ("it", "il 4 settembre 2025", {"4 settembre 2025": "2025-09-04"}),
        ("it", "l'8 settembre e il 1° maggio", {"8 settembre": "2025-09-08", "1° maggio": "2025-05-01"}),
        ("it", "dal 2 al 4 settembre", {"2 al 4 settembre": "2025-09-02..2025-09-04"}),
        ("it", "l'altro ieri", {"l'altro ieri": "2025-09-02"}),
        ("it", "mercoledi scorso", {"mercoledi scorso": "2025-09-03"}),
        ("it", "lo scorso 15 agosto", {"scorso 15 agosto": "2025-08-15"}),
        ("it", "tre giorni fa", {"tre giorni fa": "2025-09-01"}),
        ("it", "quest'anno", {"quest'anno": "2025-01-01..2025-12-31"}),
        ("pt", "2025-09-04", {"2025-09-04": "2025-09-04"}),
    ],
)  # fmt: skip
def test_dates_of_other_languages(language: str, text: str, expected: dict[str, str]) -> None:
    assert found(text, language) == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "le mars de la planète, la sonde envoyée sur Mars, la mission Mars 2020"),
        ("fr", "mais il a été dit que l'été a été chaud"),
        ("fr", "les événements de mai 68, en mai 68"),
        ("fr", "la monarchie de Juillet et la révolution d'Octobre"),
        ("fr", "les attentats du 11-Septembre, le défilé du 14-Juillet, le mouvement du 22-Mars"),
        ("fr", "au 12, rue du 4 Septembre"),
        ("fr", "Vingt-six pays, 26 pays, 20%, 14H00 (12H00 GMT), 80e anniversaire, 1er ministre"),
        ("fr", "les 2/3 des voix, le 1/3 des voix, au 3/4 de la course"),
        ("fr", "entre 1500 et 2000 soldats, avant 2000 morts, depuis 2000 ans"),
        ("fr", "il y a 26 pays, il y a trois conditions"),
        ("fr", "le 31 février, le 30/02/2025, 2025-13-45"),
        ("fr", "fermé le lundi, ouvert du mardi au samedi, chaque jeudi, tous les mercredis"),
        ("fr", "le Vendredi saint, Mardi gras, le vendredi 13"),
        ("fr", "cette semaine-là, ce jeudi-là, la veille, le lendemain"),
        ("fr", "entre sept et dix pays, depuis sept ou huit mois, depuis plusieurs mois"),
        ("fr", "Avril Lavigne et le Premier ministre"),
        ("en", "How may 26 countries join? 26 may join. Troops march on."),
        ("en", "Theresa May said so on the march; Black Friday; every Monday; the Sunday Times"),
        ("en", "in 24 countries, by 2000 soldiers"),
        ("de", "Guten Morgen! Am Morgen, jeden Montag, Straße des 17. Juni"),
        ("es", "por la mañana, Santo Domingo, los lunes, Avenida 9 de Julio"),
        ("it", "a che ora, ogni giovedì, il lunedì, via 20 settembre"),
    ],
)
def test_what_is_no_date(language: str, text: str) -> None:
    assert found(text, language) == {}


@pytest.mark.parametrize(
    ("published", "sentence", "expected"),
    [
        (TUESDAY, "Les Européens vont acter jeudi, lors d'une réunion à l'Elysée, a annoncé mardi la présidence.",
         {"jeudi": "2025-09-04", "mardi": "2025-09-02"}),
        (TUESDAY, "Volodymyr Zelensky, qui sera présent à l'Elysée, s'entretiendra au préalable mercredi soir.",
         {"mercredi": "2025-09-03"}),
        (TUESDAY, "les travaux de jeudi, sans que les modalités de leur participation ne soient bien connues",
         {"jeudi": "2025-09-04"}),
        (TUESDAY, "Après la rencontre entre Donald Trump et Vladimir Poutine le 15 août dernier en Alaska",
         {"15 août dernier": "2025-08-15"}),
        (TUESDAY, "après avoir vu Donald Trump en août", {"août": "2025-08-01..2025-08-31"}),
        (TUESDAY, "Cette instance, lancée le 17 février 2025 entre autres par la France, rassemble une trentaine",
         {"17 février 2025": "2025-02-17"}),
        (TUESDAY, "La Chine organise depuis hier à Tianjin un sommet international", {"hier": "2025-09-01"}),
        (TUESDAY, "Narendra Modi, le 31 août à Tianjin (Chine)", {"31 août": "2025-08-31"}),
        (THURSDAY, "Le président américain, se disant \"très déçu\", a averti mercredi qu'il \"se passerait\" ceci",
         {"mercredi": "2025-09-03"}),
        (THURSDAY, "L'Allemagne va présenter jeudi ses propositions concrètes", {"jeudi": "2025-09-04"}),
        (THURSDAY, "la coalition des volontaires approuverait jeudi des projets", {"jeudi": "2025-09-04"}),
        (THURSDAY, "discussions détaillées qu'ils ont menées la semaine dernière avec leurs homologues",
         {"semaine dernière": "2025-08-25..2025-08-31"}),
        (THURSDAY, "à Berlin, le 3 septembre 2025 ( AFP / RALF HIRSCHBERGER )", {"3 septembre 2025": "2025-09-03"}),
        (THURSDAY, "sont réunis ce jeudi 4 septembre à Paris", {"ce jeudi 4 septembre": "2025-09-04"}),
        (THURSDAY, "L'entretien a débuté jeudi peu après 14H00 (12H00 GMT)", {"jeudi": "2025-09-04"}),
        (THURSDAY, "une augmentation du nombre d'armes de 20% par an", {}),
        (THURSDAY, "marquant le 80e anniversaire de la victoire sur le Japon", {}),
        # four to six days away only the verb can tell
        (TUESDAY, "Il a annoncé vendredi qu'il rencontrera lundi le pape",
         {"vendredi": "2025-08-29", "lundi": "2025-09-08"}),
        (TUESDAY, "Une réunion est prévue vendredi", {"vendredi": "2025-09-05"}),
        (TUESDAY, "Une réunion lundi, qui se tiendra à Paris", {"lundi": "2025-09-01"}),
    ],
)  # fmt: skip
def test_sentences_of_articles(published: date, sentence: str, expected: dict[str, str]) -> None:
    assert found(sentence, "fr", published) == expected


@pytest.mark.parametrize(
    ("language", "past", "coming"),
    [
        ("fr", "Qu'a dit Macron samedi ?", "Que dira Macron samedi ?"),
        ("en", "What did Macron say on Saturday?", "What will Macron say on Saturday?"),
        ("de", "Was hat Macron am Samstag gesagt?", "Was wird Macron am Samstag sagen?"),
        ("es", "¿Qué dijo Macron el sábado?", "¿Qué dirá Macron el sábado?"),
        ("it", "Che cosa ha detto Macron sabato?", "Che cosa dirà Macron sabato?"),
    ],
)
def test_the_verb_tells_which_weekday(language: str, past: str, coming: str) -> None:
    assert shown(asked_period(past, language, THURSDAY)) == "2025-08-30"
    assert shown(asked_period(coming, language, THURSDAY)) == "2025-09-06"


def test_leaning_to_the_past() -> None:
    assert found("samedi et non le 6 septembre") == {"samedi": "2025-09-06", "6 septembre": "2025-09-06"}
    leaning = mentions("samedi et non le 6 septembre", "fr", THURSDAY, lean="past")
    assert [str(mention.period.first) for mention in leaning] == ["2025-08-30", "2024-09-06"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Quoi de neuf depuis le 3 septembre ?", "2025-09-03.."),
        ("Que s'est-il passé depuis lundi ?", "2025-09-01.."),
        ("Qu'a-t-on appris à partir du 3 septembre ?", "2025-09-03.."),
        ("Que disait Berlin avant le 4 septembre ?", "..2025-09-03"),
        ("Que dit Moscou après le 2 septembre ?", "2025-09-03.."),
        ("Que s'est-il passé jusqu'au 3 septembre ?", "..2025-09-03"),
        ("Que s'est-il passé depuis le sommet du 15 août ?", "2025-08-15.."),
        ("Qu'a dit Macron avant la réunion de jeudi ?", "..2025-09-04"),
        ("Qu'est-il arrivé après le 18 août et avant le 3 septembre ?", "2025-08-19..2025-09-02"),
        ("Que s'est-il passé entre le 2 et le 4 septembre ?", "2025-09-02..2025-09-04"),
        ("Que s'est-il passé du 2 au 4 septembre ?", "2025-09-02..2025-09-04"),
        ("Que s'est-il passé cette semaine ?", "2025-09-01..2025-09-07"),
        ("Qui a parlé hier ?", "2025-09-03"),
        ("Que s'est-il passé à Paris le 3 septembre 2025 ?", "2025-09-03"),
        ("Quelle organisation tenait son sommet à Tianjin fin août ?", "2025-08-21..2025-08-31"),
        ("Quelles prises de parole de Rutte ont été rapportées les 3 et 4 septembre ?", "2025-09-03..2025-09-04"),
        ("Quel était le programme, de son arrivée mercredi à jeudi après-midi ?", "2025-09-03..2025-09-04"),
        ("Nous sommes le 5 septembre 2025 : qu'a annoncé Macron hier ?", "2025-09-04"),
        ("En 2024, qui a-t-on reçu le 2 novembre ?", "2024-11-02"),
        ("En 2025, qui a parlé lundi dernier ?", "2025-09-01"),
        ("Que s'est-il passé lundi de la semaine prochaine ?", "2025-09-08"),
        ("Qu'est-ce qui a changé entre la réunion du 18 août et celle du 4 septembre ?", "2025-08-18..2025-09-04"),
        ("Que s'est-il passé depuis deux mois ?", "2025-07-06..2025-09-04"),
        ("QUE S EST IL PASSE EN AOUT ?", "2025-08-01..2025-08-31"),
    ],
)
def test_the_period_a_question_asks_for(question: str, expected: str) -> None:
    assert shown(asked_period(question, "fr", THURSDAY)) == expected


@pytest.mark.parametrize(
    ("language", "question", "expected"),
    [
        ("en", "What happened since Monday?", "2025-09-01.."),
        ("en", "What happened before September 3?", "..2025-09-02"),
        ("en", "What happened after the meeting of 18 August?", "2025-08-18.."),
        ("de", "Was ist seit dem 3. September passiert?", "2025-09-03.."),
        ("de", "Was geschah zwischen dem 2. und dem 4. September?", "2025-09-02..2025-09-04"),
        ("de", "Was geschah vor drei Tagen?", "2025-09-01"),
        ("es", "¿Qué pasó desde el lunes?", "2025-09-01.."),
        ("es", "¿Qué pasó antes del 3 de septiembre?", "..2025-09-02"),
        ("it", "Che cosa è successo dal 3 settembre?", "2025-09-03.."),
        ("it", "Che cosa è successo tra il 2 e il 4 settembre?", "2025-09-02..2025-09-04"),
    ],
)
def test_the_period_a_question_asks_for_elsewhere(language: str, question: str, expected: str) -> None:
    assert shown(asked_period(question, language, THURSDAY)) == expected


@pytest.mark.parametrize(
    "question",
    [
        "Combien de pays participent à la force de réassurance ?",
        "Quels sont les 26 pays engagés ?",
        "Quelles conditions pose l'Allemagne ?",
        "Qui a lancé la Coalition des volontaires ?",
        "Depuis combien de temps les alliés discutent-ils ?",
        "Depuis quand Trump fait-il du cessez-le-feu un de ses combats ?",
        "Depuis quelle ville la porte-parole russe s'est-elle exprimée ?",
        "À quelle heure a commencé l'entretien avec Trump ?",
        "Que veut dire « backstop » ?",
        "De combien Berlin veut-il augmenter ses armes, 20 % ou 30 % ?",
        "Combien coûtent 2000 missiles ?",
        "Qui est le Premier ministre britannique ?",
        "Quel est le 80e anniversaire célébré à Pékin ?",
        "Qui est la première dame de Chine ?",
        "Quand la coalition a-t-elle été lancée ?",
        "Quel jour la réunion a-t-elle lieu ?",
        "Après quoi les garanties entrent-elles en vigueur ?",
        "Avant de parler à la presse, qui Macron a-t-il reçu ?",
        "Entre qui a lieu la visioconférence ?",
        "Combien de kilomètres entre Kiev et Moscou ?",
        "Que fera l'armée, en mer ou dans les airs ?",
        "Qui dirige l'Otan ?",
        "Que dit l'article 5 du traité ?",
        "Quelle est la dernière phrase de l'article ?",
        "Qui fut le dernier roi de France ?",
        "Y a-t-il 3 conditions ou 4 ?",
        "La Russie a-t-elle été consultée ?",
        "Pourquoi Mars est-elle rouge ?",
        "Quelle mission a exploré Mars en premier ?",
        "Qui a marché sur la Lune ?",
        "Résume l'article en 3 phrases.",
        "Le Monde diplomatique paraît-il tous les mois ?",
    ],
)
def test_questions_without_a_period(question: str) -> None:
    assert asked_period(question, "fr", THURSDAY) is None


@pytest.mark.parametrize(
    ("language", "question", "latest"),
    [
        ("fr", "Quelles sont les dernières nouvelles d'Ukraine ?", True),
        ("fr", "Quelle est la derniere declaration de Macron ?", True),
        ("fr", "Qu'a dit Trump récemment ?", True),
        ("fr", "Quel est le sommet le plus récent ?", True),
        ("fr", "Qui préside actuellement la coalition ?", True),
        ("fr", "QUOI DE NEUF ?", True),
        ("fr", "Y a-t-il du nouveau ?", True),
        ("fr", "Où en sont les négociations en ce moment ?", True),
        ("fr", "Qui fut le dernier roi de France ?", False),
        ("fr", "Qu'a dit Macron mercredi dernier ?", False),
        ("fr", "Quelle est la dernière phrase de l'article ?", False),
        ("fr", "Qui a découvert ce fléau du Nouveau Monde ?", False),
        ("fr", "Que s'est-il passé l'an dernier ?", False),
        ("en", "What is the latest on Ukraine?", True),
        ("en", "Who is currently president?", True),
        ("en", "Who knows the last king?", False),
        ("de", "Was sind die neuesten Nachrichten?", True),
        ("de", "Was hat Merz zuletzt gesagt?", True),
        ("de", "Wer war der letzte Kaiser?", False),
        ("es", "¿Cuáles son las últimas noticias?", True),
        ("es", "¿Quién fue el último rey?", False),
        ("it", "Quali sono le ultime notizie?", True),
        ("it", "A che ora comincia l'ultimo treno?", False),
    ],
)
def test_questions_for_the_latest(language: str, question: str, latest: bool) -> None:
    assert asks_latest(question, language) is latest


def test_relative_days_are_written_out() -> None:
    assert annotate("Il l'a dit mardi à Paris, ce jeudi 4 septembre et la semaine dernière.", "fr", THURSDAY) == (
        "Il l'a dit mardi [2 septembre 2025] à Paris, ce jeudi 4 septembre et la semaine dernière "
        "[25 août 2025 – 31 août 2025]."
    )
    resolved = "Il l'a dit mardi [2 septembre 2025] à Paris."
    assert annotate(resolved, "fr", THURSDAY) == annotate(resolved, "fr", THURSDAY, "de") == resolved
    assert annotate("C'était le 18 août, ces derniers jours.", "fr", THURSDAY, "de") == (
        "C'était le 18 août [18. August 2025], ces derniers jours."
    )
    assert annotate("Er kam gestern.", "de", THURSDAY) == "Er kam gestern [3. September 2025]."


@pytest.mark.parametrize(
    ("language", "written"),
    [("fr", "1er août 2025"), ("en", "1 August 2025"), ("de", "1. August 2025"), ("es", "1 de agosto de 2025")],
)
def test_written_days_are_read_back(language: str, written: str) -> None:
    day = date(2025, 8, 1)
    assert written_day(day, language) == written
    assert found(written, language) == {written: str(day)}


_PIECES = (
    "le du au de et à entre depuis avant fin mi- 1er 2 31 4, 2024 - / septembre mars may mai lundi jeudi dernier"
    " prochain ce semaine an hier il y a trois jours . « » é 2025-09-04 on the of last Monday morgen ayer dal"
)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(_PIECES.split()), max_size=12),
    st.sampled_from(["", " ", "\u0301 "]),
    st.sampled_from(["fr", "en", "de", "es", "it"]),
    st.dates(),
)
def test_mentions_are_in_order_disjoint_and_possible(
    pieces: list[str], between: str, language: str, reference: date
) -> None:
    text = between.join(pieces)
    end = 0
    for mention in mentions(text, language, reference):
        assert end <= mention.start < mention.end <= len(text)
        assert mention.text == text[mention.start : mention.end]
        assert mention.period.first <= mention.period.last
        end = mention.end
    period = asked_period(text, language, reference)
    assert period is None or period.first <= period.last
