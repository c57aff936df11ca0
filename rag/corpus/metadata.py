"""When an article was published, what it is called, who wrote it and where: as far as its text tells.

Date, in this order: the header ` date YYYY-MM-DD ` that starts the file, an ISO date in its place, front matter or
label lines (« Date : 4 septembre 2025 »), a « Publié le … » line, the dateline of a wire
(« PARIS, 4 sept 2025 (AFP) - »), the path (`2025-09-04_….txt`). Every candidate must be a day that exists; a header
with a month alone (` date 2025-09 `) names none.

Source: what is labelled, the medium's name on a line of its own or in the byline, the dateline, an agency's sign-off,
the medium whose tweets are embedded, then the traces an agency leaves in its own reporting (« a indiqué à l'AFP »,
« que Reuters a pu consulter »), which other media take over with the text and so count least. « selon l'AFP » and
photo credits count for nothing: that is how others cite an agency, and everybody buys pictures.

Title, where no headline was found: the first sentence, cut at a word.

Each value comes with where it is from, as `Article.provenance` says it.

Limits: two agencies equally often in the text give the one named first; a medium unknown to `rag.corpus.newsroom` is
found only where it is labelled.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from rag.corpus.newsroom import Role, byline, comparable, count_words, is_agency, outlet, people, tweeted_by

TITLE_LENGTH = 110
"""Characters of a title made from the first sentence, its ellipsis included."""

_SENTENCE = 3  # words of the shortest sentence that makes a title
_BEGINNING = 600  # characters of the story in which a dateline is looked for

_HEADER = re.compile(
    r"\ufeff?\s{0,40}date\s{0,9}[:=]?\s{0,9}(\d{4})(?!\d)(?:-(\d{1,2})(?:-(\d{1,2}))?(?!\d))?", re.IGNORECASE
)
_BARE_HEADER = re.compile(r"\ufeff?\s{0,40}(\d{4})-(\d{2})-(\d{2})(?!\d)")
_BARE_HEADER_END = re.compile(r"T?[\d:.,+Z]*(?=\s|$)")
_LABEL = re.compile(
    r"(?P<key>titre|title|date(?: de publication)?|source|auteure?s?|authors?|journal|publication|m[ée]dia|by)"
    r"\s{0,4}:\s{0,4}(?P<value>\S.*)",
    re.IGNORECASE,
)
_KEYS = {
    **dict.fromkeys(("titre", "title"), "title"),
    **dict.fromkeys(("date", "date de publication", "published"), "date"),
    **dict.fromkeys(("source", "journal", "publication", "media"), "source"),
    **dict.fromkeys(("auteur", "auteurs", "auteure", "auteures", "author", "authors", "by"), "author"),
}
_MONTH_NAMES = (
    "janvier janv jan; fevrier fevr fev; mars; avril avr; mai; juin; juillet juil; aout;"
    "septembre sept sep; octobre oct; novembre nov; decembre dec"
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES.split(";"), 1) for name in names.split()}
_ISO = re.compile(r"(?<![0-9A-Za-z])(\d{4})[-_./](\d{2})[-_./](\d{2})(?![0-9])")
_COMPACT = re.compile(r"(?<![0-9A-Za-z])((?:19|20)\d{2})(\d{2})(\d{2})(?![0-9A-Za-z])")
_WORDED = re.compile(r"(?<!\d)(\d{1,2})(?:er)? ([a-z]{3,9})\.? (\d{4})(?!\d)")
_SLASHED = re.compile(r"(?<!\d)(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?!\d)")

_DATELINE = re.compile(r"[A-ZÀ-Ý][^()\n]{1,80}\((AFP|Reuters|REUTERS|AP|Belga|ATS)\)\s*[-–—:]")
_CLOSING = re.compile(r"\((AFP|Reuters|REUTERS|AP|Belga|ATS)\)\s*$")
_TRACES = re.compile(
    r"\b(?:(?P<cited>(?:rapporté|cité|repris|publié)e?s? par l['’]AFP)"
    r"|(?P<AFP>(?:à|auprès de|par|journalistes? de|correspondante?s? de) l['’]AFP|l['’]AFP a (?:pu|constaté|appris|eu))"
    r"|(?P<Reuters>Reuters a (?:pu|constaté|appris|eu|vu)"
    r"|(?:à|consultée?s?(?: \w+)? par|vue?s?(?: \w+)? par) (?:l['’]agence )?Reuters))\b"
)

_START = re.compile("^" + _DATELINE.pattern + r"\s*(?=\S)")
_WRAPPED = re.compile(r"(?<![.!?…:\r\n])\r?\n(?=[a-zà-öø-ÿ(])")
_SENTENCE_END = re.compile(r"[.!?…]+[\"'»”’)\]]*(?=\s|$)")
_CLOSING_MARK = re.compile(r"\s+»")
_ABBREVIATION = re.compile(r"(?:^|[\s('’«])(?:M|MM|Mme|Mmes|Mlle|Dr|Pr|Me|Mgr|St|Ste|[A-Z]|cf|art|p|env|av|vol|n)\.$")


Value = TypeVar("Value")
WithOrigin = tuple[Value, str] | None
"""A value and where it is from: "file", "header", "text", "path" or "guess". None if there is none."""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What the layout of a page gave away: labelled values and lines with the part they play.

    `known` are the labels that the file says of itself beside its text; they are among `labels` too.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[tuple[Role, str], ...] = ()
    known: Mapping[str, str] = field(default_factory=dict)

    def of(self, role: Role) -> Iterable[str]:
        """The lines that play `role`."""
        return (line for played, line in self.lines if played == role)

    def origin(self, key: str) -> str:
        """Where the label `key` is from."""
        return "file" if key in self.known else "header"


def header(text: str) -> tuple[int, date | None]:
    """Where the date header that starts `text` ends, 0 if there is none, and the day it names if that exists."""
    found = _HEADER.match(text)
    if found:
        # A month or a year alone is a header too, but no day to cite.
        return found.end(), _day(found[1], found[2], found[3]) if found[3] else None
    found = _BARE_HEADER.match(text)
    # Without the word it is a header only as a word of its own, not the start of « 2024-05-06-beta ».
    end = _BARE_HEADER_END.match(text, found.end()) if found else None
    day = _day(found[1], found[2], found[3]) if found else None
    return (end.end(), day) if end and day else (0, None)


def label(line: str) -> tuple[str, str] | None:
    """The key (title, date, source, author) and value of a line such as « Auteur : Jeanne Petit »."""
    # A full stop makes it a sentence: « Journal : publication qui paraît tous les jours. »
    found = _LABEL.fullmatch(line) if len(line) <= 200 and not line.endswith(".") else None
    if not found:
        return None
    return _KEYS.get(comparable(found["key"]), ""), found["value"].strip()


def front_matter_key(key: str) -> str:
    """The key that `label` would use for a front matter key, "" for one that says nothing here."""
    return _KEYS.get(comparable(key), "")


def publication_date(facts: PageFacts, story: str, document: str) -> WithOrigin[date]:
    """The day of publication where no header names it."""
    labelled = facts.labels.get("date")
    candidates = [(labelled, facts.origin("date"))] if labelled else []
    stamps = [line for role in ("button", "stamp") for line in facts.of(role) if any(map(str.isdigit, line))]
    # « Publié le » is read before « Mis à jour le ».
    candidates += [
        (line, "text") for line in sorted(stamps, key=lambda line: not comparable(line).startswith("publie"))
    ]
    dateline = _DATELINE.search(story[:_BEGINNING])
    candidates += [(dateline[0], "text")] if dateline else []
    for candidate, origin in candidates:
        found = _read_day(candidate)
        if found:
            return found, origin
    # The last date of the path is the file's own; those before it are folders.
    for pattern in (_ISO, _COMPACT):
        for year, month, day in reversed(pattern.findall(document)):
            found = _day(year, month, day)
            if found:
                return found, "path"
    return None


def title(facts: PageFacts, headline: str | None, story: str) -> tuple[str, str]:
    """What the article is called; `headline` is what its page shows as such."""
    if not headline:
        return title_from(story), "guess"
    return headline, facts.origin("title") if headline == facts.labels.get("title") else "text"


def source(facts: PageFacts, story: str) -> WithOrigin[str]:
    """The medium or agency that published the article, by its usual name where that is known."""
    labelled = facts.labels.get("source")
    if labelled:
        return outlet(labelled) or labelled, facts.origin("source")
    signed = [found.outlet for line in facts.of("byline") if (found := byline(line)) and found.outlet]
    dateline = _DATELINE.search(story[:_BEGINNING])
    closing = _CLOSING.search(story[-40:])
    signoffs = [comparable(line) for line in facts.of("signoff")]
    named = [name for line in facts.of("outlet") if (name := outlet(line))]
    tweets = Counter(name for line in facts.of("attribution") if (name := tweeted_by(line)))
    for names, origin in (
        ([name for name in named if not is_agency(name)], "text"),
        (signed, "text"),
        ([outlet(dateline[1]) if dateline else None], "text"),
        (named, "text"),
        ([outlet(closing[1]) if closing else None], "text"),
        ([_agency(line) for line in signoffs if not line.strip("(").startswith("avec ")], "text"),
        ([name for name, _ in tweets.most_common(1)], "guess"),
        ([_agency(line) for line in signoffs], "text"),
        ([_traced(story)], "guess"),
    ):
        for name in names:
            if name:
                return name, origin
    return None


def author(facts: PageFacts) -> WithOrigin[str]:
    """Who wrote the article."""
    labelled = facts.labels.get("author", "").strip("[] ")
    if labelled:
        return labelled, facts.origin("author")
    for line in facts.of("byline"):
        found = byline(line)
        if found and found.author:
            return found.author, "text"
    for line in facts.of("signoff"):
        # « (John Irish, avec la contribution de …) », « (Reportage de John Irish, version française …) »
        first = re.split(r"[,;]| avec ", line.strip("()"))[0]
        signed = people(re.sub(r"^(?:Reportages?|Rédigé|Écrit|Ecrit) (?:(?:de|par) )?", "", first))
        if signed:
            return signed, "text"
    return None


def title_from(story: str) -> str:
    """A title made from the first sentence of `story`, at most `TITLE_LENGTH` characters."""
    beginning = _WRAPPED.sub(" ", story[:2_000].strip())
    lines = re.split(r"[\r\n]+", beginning)
    # A line of a few words at the top is what remains of a menu.
    paragraph = _START.sub("", next((line for line in lines if count_words(line) >= _SENTENCE), lines[0]).strip())
    sentence = paragraph[: _sentence_end(paragraph)].strip()
    sentence = sentence if sentence.endswith(("...", "…")) else sentence.removesuffix(".")
    if len(sentence) <= TITLE_LENGTH:
        return sentence
    kept = sentence[: TITLE_LENGTH - 1]
    if not sentence[TITLE_LENGTH - 1].isspace():
        kept = re.sub(r"\S+$", "", kept) if re.search(r"\s", kept) else kept
    return kept.rstrip(' \t\u00a0\u202f,;:–—-«("“') + "…"


def _sentence_end(paragraph: str) -> int:
    for found in _SENTENCE_END.finditer(paragraph):
        if not _ABBREVIATION.search(paragraph[max(0, found.end() - 8) : found.end()]):
            # French sets a space before the closing quotation mark.
            closed = _CLOSING_MARK.match(paragraph, found.end())
            end = closed.end() if closed else found.end()
            following = paragraph[end:].lstrip()
            if not following or not following[0].islower():
                return end
    return len(paragraph)


def _day(year: str | int, month: str | int, day: str | int) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _read_day(text: str) -> date | None:
    iso = _ISO.search(text)
    if iso:
        return _day(*iso.groups())
    worded = _WORDED.search(comparable(text).replace(",", " "))
    if worded and worded[2] in _MONTHS:
        return _day(worded[3], _MONTHS[worded[2]], worded[1])
    slashed = _SLASHED.search(text)
    return _day(slashed[3], slashed[2], slashed[1]) if slashed else None


def _agency(folded: str) -> str | None:
    words = re.findall(r"[a-z]+", folded)
    return next((name for word in words if is_agency(name := outlet(word))), None)


def _traced(story: str) -> str | None:
    # Photo credits are no trace: every site buys pictures from agencies.
    found = Counter(match.lastgroup for match in _TRACES.finditer(story) if match.lastgroup != "cited")
    return found.most_common(1)[0][0] if found else None
