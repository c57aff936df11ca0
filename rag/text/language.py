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

from rag.text.lang import LANGUAGES, lexicon

_READ = 4_000  # characters: about 700 words, far more than a decision needs
_FIRST_WORDS = 12
_NAMES = 3  # capitalised words in a row that may be nothing but names
_ASSUMED = 12.0  # how much likelier the first language is before anything is read
_TELLING = 16.0  # how much likelier a language is for each of the first words that it has
_FLOOR = 1e-3  # of a probability, so that words can still overrule it

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


@cache
def _common(language: str) -> frozenset[str]:
    known = lexicon(language)
    return frozenset(known.common.split()) if known else frozenset()


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
    spoken_for = {language: [word for word in first if word in _common(language)] for language in among}
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
