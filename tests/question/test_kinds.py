from __future__ import annotations

import pytest

from rag.question.kinds import asks_for_several, asks_yes_or_no, compares

YES_OR_NO = {
    "fr": """Est-ce que l'Allemagne enverra des troupes ?
Est-ce qu'il y aura un cessez-le-feu ?
Trump a-t-il promis des garanties ?
Les États-Unis envoient-ils des soldats au sol ?
La France est-elle membre de la coalition ?
L’Otan peut-elle décider seule ?
Zelensky viendra-t-il à Paris ?
Le parlement doit-il approuver l'accord ?
Y a-t-il des troupes américaines en Ukraine ?
Les sanctions sont-elles efficaces ?
La Russie accepte les garanties de sécurité ?
Merz a refusé d'envoyer des troupes ?
Peut-on croire Moscou ?
N'est-ce pas un échec pour Paris ?""",
    "en": """Is Germany sending troops?
Are the sanctions working?
Did Trump promise guarantees?
Has the parliament approved the deal?
Will there be a ceasefire?
Can NATO decide alone?
Isn't Merz against it?
Does Berlin want more weapons?""",
    "de": """Schickt Deutschland Truppen in die Ukraine?
Hat Trump Garantien versprochen?
Ist Frankreich Mitglied der Koalition?
Wird es einen Waffenstillstand geben?""",
    "es": """¿Enviará Alemania tropas a Ucrania?
¿Ha prometido Trump garantías?
¿Es Francia miembro de la coalición?""",
    "it": """La Germania invierà truppe in Ucraina?
Ha promesso Trump delle garanzie?
Il parlamento deve approvare l'accordo?""",
}
OF_FACT = {
    "fr": """Quelles conditions pose l'Allemagne ?
Que veut la France ?
Qu'a dit Emmanuel Macron ?
Qui préside la coalition ?
Qui est-ce que Macron reçoit à Paris ?
Qu'est-ce que la coalition des volontaires ?
Où se tient la réunion ?
Quand Zelensky arrive-t-il à Paris ?
Combien de pays participent-ils à la force ?
Pourquoi la Russie refuse-t-elle les garanties ?
Comment l'Allemagne veut-elle aider l'Ukraine ?
À quelle heure l'entretien a-t-il débuté ?
De quoi Trump et Poutine ont-ils parlé ?
Avec qui Zelensky s'est-il entretenu ?
Depuis quand la coalition existe-t-elle ?
Trump a rencontré qui en Alaska ?
Les conditions de Berlin
conditions Allemagne""",
    "en": """What conditions does Germany set?
Who chairs the coalition?
In which city do the leaders meet?
How many countries are taking part?
When did the call begin?
Why is Russia against it?""",
    "de": """Welche Bedingungen stellt Deutschland?
Wer leitet die Koalition?
Warum lehnt Russland die Garantien ab?
Mit wem hat Trump gesprochen?""",
    "es": """¿Qué condiciones pone Alemania?
¿Quién preside la coalición?
¿Con quién habló Trump?""",
    "it": """Quali condizioni pone la Germania?
Chi presiede la coalizione?
Perché la Russia rifiuta le garanzie?""",
}


def rows(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(language, question) for language, lines in table.items() for question in lines.splitlines()]


@pytest.mark.parametrize(("language", "question"), rows(YES_OR_NO))
def test_questions_for_yes_or_no(language: str, question: str) -> None:
    assert asks_yes_or_no(question, language)


@pytest.mark.parametrize(("language", "question"), rows(OF_FACT))
def test_questions_for_something_else(language: str, question: str) -> None:
    assert not asks_yes_or_no(question, language)


@pytest.mark.parametrize(
    ("question", "language", "expected"),
    [
        ("Les articles s'accordent-ils sur la date du sommet ?", "fr", True),
        ("Le bilan est-il le même d'un article à l'autre ?", "fr", True),
        ("Toutes sources confondues, combien de pays participent ?", "fr", True),
        ("Le nombre de soldats varie-t-il selon les journaux ?", "fr", True),
        ("Do the articles agree on the number of soldiers?", "en", True),
        ("Sind sich die Quellen über das Datum einig?", "de", True),
        ("¿Coinciden los artículos? ¿Los medios difieren sobre la fecha?", "es", True),
        ("Le fonti concordano sulla data?", "it", True),
        ("Quelle source diplomatique a parlé à l'AFP ?", "fr", False),
        ("Quels articles de loi le texte modifie-t-il ?", "fr", False),
        ("Qui dirige l'Otan d'après ces articles ?", "fr", False),
        ("What did the sources tell Reuters?", "en", False),
    ],
)
def test_comparisons_of_articles(question: str, language: str, expected: bool) -> None:
    assert compares(question, language) is expected


@pytest.mark.parametrize(
    ("question", "language", "expected"),
    [
        ("Pourquoi Berlin hésite-t-il ?", "fr", True),
        ("Quelles conditions pose l'Allemagne ?", "fr", True),
        ("Résume la position de Paris.", "fr", True),
        ("How does Moscow react?", "en", True),
        ("Warum zögert Berlin?", "de", True),
        ("¿Cuáles son las condiciones?", "es", True),
        ("Quali condizioni pone Berlino?", "it", True),
        ("Quelle est la date du sommet ?", "fr", False),
        ("Combien de pays participent ?", "fr", False),
        ("How many countries take part?", "en", False),
        ("Wie viele Länder nehmen teil?", "de", False),
    ],
)
def test_questions_for_several_things(question: str, language: str, expected: bool) -> None:
    assert asks_for_several(question, language) is expected
