from __future__ import annotations

import pytest

from rag.question_types import asks_yes_or_no

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
