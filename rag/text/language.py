"""Which language a text is in, for articles and for questions of two words.

py3langid (naive Bayes over byte n-grams, model in the wheel, no network) gives each language a probability.
A headline or a question of a few words is too short for it, so two things are multiplied with it:

- the first language of `among` is the one to assume: what says little ("macron zelensky paris") is in it;
- a common word ("und", "quand", "hello") among the first ones speaks for the languages that have it, and so
  do the opening marks of Spanish.

Up to three capitalised words without a common one are taken for names, which are in no language: the first of
`among` again. A long text is decided by the probabilities alone, which are then close to 0 or 1; only its
beginning is read. Limit: the answer is always one of `among`, whatever the text is in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from threading import Lock, Thread
from typing import Protocol

LANGUAGES = ("fr", "en", "de", "es", "it", "pt")
"""The languages told apart unless the caller names others; the first is assumed when nothing tells."""

_READ = 4_000  # characters: about 700 words, far more than a decision needs
_FIRST_WORDS = 12
_NAMES = 3  # capitalised words in a row that may be nothing but names
_ASSUMED = 12.0  # how much likelier the first language is before anything is read
_TELLING = 16.0  # how much likelier a language is for each of the first words that it has
_FLOOR = 1e-3  # of a probability, so that words can still overrule it

_WORDS = {
    "fr": "et est es sont a ont qui que quoi quel quelle quels quelles quand où ou pourquoi comment combien le la les "
    "un une de des du en au aux dans sur avec pour par pas on je tu il elle nous vous ils elles cette ces mais donc "
    "bonjour bonsoir salut merci oui non c'est qu'est-ce",
    "en": "and is are was were who what which when where why how many much a an the of to in on with for not this that "
    "these those it he she they we you do does did has have hello hi thanks thank yes no please tell about",
    "de": "und ist sind war wer was welche welcher welches wann wo warum wie viele der die das den dem des ein eine "
    "von zu in am mit für nicht auf im ich du er es sie wir ihr hat haben hallo danke ja nein bitte über",
    "es": "y es son fue a ha quién quien que qué cuál cuáles cuales cuándo cuando dónde donde cómo cuántos cuantos "
    "cuántas el la los las un una de del en con para por no yo tú ella nosotros hola gracias sí",
    "it": "e è sono a ha chi che cosa quale quali quando dove perché perche come quanti quante il la le lo gli un una "
    "di della dei delle del nel in con per non io tu noi ciao grazie sì",
    "pt": "e é são a quem que qual quais quando onde porquê como quantos quantas o os as um uma de da do dos em no na "
    "com para por não eu tu nós olá obrigado obrigada sim",
}
_COMMON = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_SPANISH_MARKS = re.compile("[¿¡]")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


class _Identifier(Protocol):
    def rank(self, text: str) -> list[tuple[str, float]]: ...


@cache
def _identifier() -> _Identifier:
    # Imported here because the model takes half a second to load, which `--help` should not wait for.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier: _Identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    return identifier


_loading = Lock()


def load_detector() -> None:
    """Loads now what `detect_language` would load at its first use; once, whoever asks."""
    with _loading:
        _identifier()


def begin_loading_detector() -> None:
    """Begins to load it and returns. Mostly unpacking, which leaves the interpreter to others."""
    Thread(target=load_detector, name="languages", daemon=True).start()


def detect_language(text: str, among: Sequence[str] = LANGUAGES) -> str:
    """The language of `text`: one of the two-letter codes `among`, the first one when nothing tells."""
    head = text[:_READ].replace("’", "'")
    words = _TOKEN.findall(head)
    first = [word.lower() for word in words[:_FIRST_WORDS]]
    spoken_for = {language: [word for word in first if word in _COMMON.get(language, ())] for language in among}
    marks = _SPANISH_MARKS.search(head) is not None
    if len(words) <= _NAMES and all(word[0].isupper() for word in words) and not any(spoken_for.values()) and not marks:
        return among[0]
    # A few words are read in small letters: the byte n-grams of capitals are mostly those of German nouns.
    load_detector()
    probability = dict(_identifier().rank(head.lower() if len(words) <= _FIRST_WORDS else head))
    total = sum(probability.get(language, 0.0) for language in among) or 1.0
    scores = {
        language: max(probability.get(language, 0.0) / total, _FLOOR) * _TELLING ** len(spoken_for[language])
        for language in among
    }
    scores[among[0]] *= _ASSUMED
    if marks and "es" in scores:
        scores["es"] *= _TELLING**2
    return max(among, key=lambda language: scores[language])
