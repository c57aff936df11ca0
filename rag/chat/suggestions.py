"""Questions to begin with, drawn by rules from the newest articles: who said something, and about whom or what.

« Que dit Friedrich Merz sur l'Ukraine ? » is asked where an article has him say something in which a name stands that
it speaks of more than once, « Qu'a promis Donald Trump ? » where there is no such name, and « Que disent les articles
sur l'Ukraine ? » when all who speak are used up. Each is in the language of its article. Rather few questions than odd
ones: whoever is spoken of by title or pronoun is passed over.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain, islice

from rag.question import Name, find_names, grammar_of, words
from rag.store import Catalog
from rag.text import fold
from rag.wording import say

_ARTICLES = 40  # the newest ones are looked at
_SENTENCES = 100  # of an article
_SPEAKER_WORDS = range(2, 5)


@dataclass(frozen=True, slots=True)
class _Speech:
    """How a language says that somebody said something.

    `asked` has each verb as articles write it and as a question takes it up; `auxiliary` comes before the verb,
    `day` and a title that begins with `article` may come between the verb and a name that follows it. `that` opens
    what is said. Names with one of `topics` before them can be asked about ("" for names by themselves).
    """

    asked: dict[str, str]
    auxiliary: str
    day: str
    article: str
    that: str
    topics: tuple[str, ...]


def _verbs(listed: str) -> dict[str, str]:
    pairs = (entry.partition(":") for entry in listed.split())
    return {written: asked or written for written, _, asked in pairs}


_SPEECH = {
    "fr": _Speech(
        _verbs(
            "dit déclaré annoncé affirmé promis proposé demandé souligné répété rappelé assuré expliqué estimé martelé"
            " ajouté:déclaré poursuivi:déclaré indiqué:déclaré précisé:déclaré averti:déclaré rétorqué:répondu"
        ),
        r"(?:a|avait) (?:(?:aussi|également|encore|notamment|ensuite) )?",
        r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|hier|aujourd'hui",
        r"le |la |l'|un |une |son |sa ",
        r"que\b|qu'",
        ("le", "la", "les", "l'"),
    ),
    "en": _Speech(
        _verbs("said:say announced:announce promised:promise stressed:say added:say warned:say told:say stated:say"),
        "",
        "on (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day",
        "the ",
        "that ",
        ("", "the"),
    ),
    "de": _Speech(
        _verbs("sagte:gesagt erklärte:erklärt betonte:betont versprach:versprochen forderte:gefordert"),
        "",
        "am (?:Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag)",
        "der |die ",
        "dass ",
        ("die", "das"),
    ),
    "es": _Speech(
        _verbs("dijo:dicho declaró:declarado anunció:anunciado afirmó:afirmado prometió:prometido aseguró:asegurado"),
        "",
        "el (?:lunes|martes|miércoles|jueves|viernes|sábado|domingo)|ayer",
        "el |la ",
        "que ",
        ("", "el", "la", "los", "las"),
    ),
    "it": _Speech(
        _verbs("detto dichiarato annunciato affermato promesso ribadito aggiunto:dichiarato"),
        r"(?:ha|aveva) (?:(?:anche|inoltre) )?",
        "lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|ieri|oggi",
        "il |la |l'|lo ",
        "che ",
        ("", "il", "lo", "la", "l'", "i", "gli", "le"),
    ),
}


@dataclass(frozen=True, slots=True)
class _Utterance:
    """Somebody's words: who, the verb as a question has it, and those of the article's topics that are in them."""

    speaker: Name
    verb: str
    topics: tuple[str, ...]


def suggest(catalog: Catalog, count: int = 4, language: str = "fr") -> list[str]:
    """At most `count` questions that the articles of `catalog` should answer, always the same for the same articles.

    Newest articles first, those in `language` before others, one question an article as far as that goes, never two
    about the same speaker or the same topic. Empty when there are no articles. Raises IndexDamaged.
    """
    rows = catalog.query(
        "SELECT document, language FROM article ORDER BY date DESC NULLS LAST, document LIMIT ?", [_ARTICLES]
    )
    known = [(str(document), str(code)) for document, code in rows if code in _SPEECH]
    articles = [_NewArticle(catalog, *row) for row in sorted(known, key=lambda row: row[1] != language)]
    used: set[str] = set()
    questions = chain(
        _in_turn([_about_speakers(article, used) for article in articles]),
        _in_turn([_about_topics(article, used) for article in articles]),
    )
    return list(islice(questions, count))


class _NewArticle:
    """The names in an article's sentences, read when they are first asked for."""

    def __init__(self, catalog: Catalog, document: str, language: str) -> None:
        self.language = language
        self._catalog = catalog
        self._document = document

    @cached_property
    def named(self) -> list[tuple[str, list[Name]]]:
        """The first sentences of the story, each with its names."""
        rows = self._catalog.query(
            "SELECT text FROM passage WHERE document = ? AND level = 'sentence' AND kind = 'story'"
            " ORDER BY start LIMIT ?",
            [self._document, _SENTENCES],
        )
        sentences = [" ".join(str(text).replace("’", "'").split()) for (text,) in rows]
        return [(sentence, find_names(sentence, self.language)) for sentence in sentences]

    @cached_property
    def topics(self) -> dict[str, str]:
        """The names that can be asked about, the most frequent one first, as questions have them."""
        determiners = _SPEECH[self.language].topics
        names = [name for _, names in self.named for name in names if not name.text.isdigit()]
        times = Counter(name.text for name in names)
        phrases = {name.text: _topic(name, self.language) for name in names if name.determiner in determiners}
        return {text: phrases[text] for text, n in times.most_common() if n > 1 and text in phrases}


def _in_turn(streams: Sequence[Iterator[str]]) -> Iterator[str]:
    """The first of each stream, then the second of each, and so on."""
    while streams:
        going_on = []
        for stream in streams:
            for question in islice(stream, 1):
                yield question
                going_on.append(stream)
        streams = going_on


def _about_speakers(article: _NewArticle, used: set[str]) -> Iterator[str]:
    # Persons before institutions, and where there is a topic before where there is none.
    for statement in sorted(_statements(article), key=lambda s: (bool(s.speaker.determiner), not s.topics)):
        if not _take(statement.speaker.text.split()[-1], used):
            continue
        speaker = statement.speaker.phrase
        if topic := next((topic for topic in statement.topics if _take(topic, used)), None):
            yield say("suggestion.about", article.language, speaker=speaker, topic=topic)
        else:
            yield say("suggestion.said", article.language, speaker=speaker, verb=statement.verb)


def _about_topics(article: _NewArticle, used: set[str]) -> Iterator[str]:
    for topic in article.topics.values():
        if _take(topic, used):
            yield say("suggestion.corpus", article.language, topic=topic)


def _take(name: str, used: set[str]) -> bool:
    """Whether `name` is not `used` yet; now it is."""
    new = fold(name) not in used
    used.add(fold(name))
    return new


def _statements(article: _NewArticle) -> Iterator[_Utterance]:
    for sentence, names in article.named:
        for name in filter(_is_speaker, names):
            if found := _said_by(name, sentence, article.language):
                verb, start, end = found
                said = {other.text for other in names if start <= other.start and other.end <= end} - {name.text}
                topics = tuple(topic for text, topic in article.topics.items() if text in said)
                yield _Utterance(name, _SPEECH[article.language].asked[verb], topics)


def _said_by(name: Name, sentence: str, language: str) -> tuple[str, int, int] | None:
    """The verb of speech that `name` is the subject of, and the span of what is said."""
    if before := _before_name(language).search(sentence[: name.start]):
        return before["verb"], 0, before.start()
    if after := _after_name(language).match(sentence, name.end):
        opening = re.compile(rf"(?<!\w)(?:{_SPEECH[language].that})|[:«“\"]").search(sentence, after.end())
        return after["verb"], opening.end() if opening else len(sentence), len(sentence)
    return None


@cache
def _before_name(language: str) -> re.Pattern[str]:
    """The end of a text that a speaker's name follows: « …, a déclaré jeudi le chancelier »."""
    speech = _SPEECH[language]
    title = rf"(?:(?:{speech.article})(?:[^\W\d_][\w'-]* ){{1,6}})?"
    return re.compile(rf"[,»”\"] ?{_said(speech)} (?:(?:{speech.day}) )?{title}$")


@cache
def _after_name(language: str) -> re.Pattern[str]:
    """What follows the name of a speaker: « , ancien attaché militaire, a souligné »."""
    no_verb = rf"(?!(?:{'|'.join(words('verb', language))})(?!\w))"
    return re.compile(rf"(?:, {no_verb}[^,;.:«»\"()]{{3,90}},)? {_said(_SPEECH[language])}")


def _said(speech: _Speech) -> str:
    return rf"(?<![\w'-]){speech.auxiliary}(?P<verb>{'|'.join(speech.asked)})(?![\w'-])"


def _is_speaker(name: Name) -> bool:
    """Whether `name` is a person's by its form, or that of an institution or a country, which has a determiner."""
    named = name.determiner or len(name.text.split()) in _SPEAKER_WORDS
    return bool(named) and not name.preposition and not name.text.isupper()


def _topic(name: Name, language: str) -> str:
    """The name as the language's questions have it; an Italian one is one word with its preposition (« sulla »)."""
    if language != "it":
        return name.phrase
    joined = {parts: word for word, parts in grammar_of("it").contracted.items()}
    about = joined.get(("su", name.determiner), "su")
    return f"{about}{'' if about.endswith(chr(39)) else ' '}{name.text}"
