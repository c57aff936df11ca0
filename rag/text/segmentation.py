"""Where sentences begin and end, in French first and in the languages that punctuate alike.

A sentence ends at a line end, or at `.`, `!`, `?` or `…` with what closes after it (» " ) …) when white space
and something that can open a sentence follow. It does not end after an abbreviation or an initial
(« M. Macron », « J.-C. », « John F. Kennedy »), after an elision mark « (...) », nor inside a quotation
of ordinary length: « Pourquoi ? Ce n'est pas à eux de décider », a-t-il dit, is one sentence. A line that
was broken in mid-sentence (the next begins in lower case) goes on. Linear in the length of the text.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right

Span = tuple[int, int]

# Past this many characters a quotation is cut at its own sentence ends: a whole speech is no quotable unit.
LONGEST_WHOLE_QUOTE = 320

_ABBREVIATIONS = frozenset(
    [
        "m",
        "mm",
        "mr",
        "mrs",
        "ms",
        "mme",
        "mmes",
        "mlle",
        "mlles",
        "me",
        "mgr",
        "dr",
        "drs",
        "pr",
        "prof",
        "st",
        "ste",
        "sr",
        "sra",
        "jr",
        "gén",
        "gal",
        "col",
        "cap",
        "lt",
        "cdt",
        "amb",
        "av",
        "apr",
        "bd",
        "env",
        "cf",
        "ex",
        "p",
        "pp",
        "no",
        "nos",
        "n°",
        "art",
        "al",
        "chap",
        "fig",
        "vol",
        "éd",
        "ed",
        "coll",
        "tél",
        "adj",
        "auj",
        "hab",
        "max",
        "min",
        "vs",
        "approx",
        "dir",
        "dép",
        "ibid",
        "id",
        "op",
        "sec",
        "sect",
        "suppl",
        "trad",
        "févr",
        "janv",
        "juil",
        "sept",
        "oct",
        "nov",
        "déc",
        "hon",
        "rév",
        "rev",
        "gov",
        "sen",
        "rep",
        "inc",
        "ltd",
        "co",
        "corp",
        "bzw",
        "z.b",
        "d.h",
        "u.a",
    ]
)
_END = re.compile(
    r"(?<![.!?…])(?P<mark>[.!?…]+)(?P<close>(?:[\s\u00a0\u202f]?»|[\"”’')\]])*)(?=[\s\u00a0\u202f]+[\"“«‹'‘(\[—–-]?[\s\u00a0\u202f]?[\w@+\"“«])"
)
_GERMAN_MONTH = re.compile(
    r"[ \u00a0\u202f](?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)\b"
)
_LINE_END = re.compile(r"\n\s*")
_WORD_BEFORE = re.compile(r"[^\s\"“«(\[]*$")
_QUOTES = re.compile(r"«[^«»\n]*»|“[^“”\n]*”|\"[^\"\n]*\"")
_OPENING = "\"“«‹'‘([—–- \u00a0\u202f+"


def sentence_spans(text: str) -> list[Span]:
    """The sentences of `text` as (start, end), in order, without surrounding white space.

    Every character that is not white space belongs to exactly one of them.
    """
    spans = []
    start = 0
    for cut in [*_cuts(text), len(text)]:
        piece = text[start:cut]
        if stripped := piece.strip():
            left = start + len(piece) - len(piece.lstrip())
            spans.append((left, left + len(stripped)))
        start = cut
    return spans


def sentences(text: str) -> list[str]:
    """The sentences of `text`."""
    return [text[start:end] for start, end in sentence_spans(text)]


def quotes_open(text: str) -> bool:
    """Whether `text`, still being written, stops inside a quotation that may yet be one sentence."""
    start = max(text.rfind("«") if text.count("«") > text.count("»") else -1, _last_straight(text))
    return start >= 0 and len(text) - start <= LONGEST_WHOLE_QUOTE


def _last_straight(text: str) -> int:
    return text.rfind('"') if text.count('"') % 2 else -1


def _cuts(text: str) -> list[int]:
    quotes = [m.span() for m in _QUOTES.finditer(text) if m.end() - m.start() <= LONGEST_WHOLE_QUOTE]
    starts = [start for start, _ in quotes]

    def within_quote(position: int) -> bool:
        i = bisect_right(starts, position) - 1
        return i >= 0 and position < quotes[i][1] - 1

    cuts = {m.end() for m in _END.finditer(text) if not within_quote(m.end() - 1) and _ends_sentence(text, m)}
    cuts |= {m.end() for m in _LINE_END.finditer(text) if not _goes_on(text, m)}
    return sorted(cuts)


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    following = text[match.end() : match.end() + 8].lstrip(_OPENING)[:1]
    if following.islower():
        return False
    if match["mark"] != "." or match["close"]:
        return not _is_elision(text, match)
    before = _WORD_BEFORE.search(text, max(0, match.start() - 24), match.start())
    word = before[0] if before else ""
    is_initial = (len(word) == 1 and word.isupper()) or bool(re.fullmatch(r"(?:\w\.-?)+\w", word))
    is_list_number = word.isdigit() and text[max(0, match.start() - len(word) - 40) : match.start() - len(word)].rstrip(
        " "
    )[-1:] in ("", "\n", ".", ";", ":")
    # « am 18. August »
    is_ordinal = word.isdigit() and bool(_GERMAN_MONTH.match(text, match.end()))
    return not (is_initial or is_list_number or is_ordinal or word.lower() in _ABBREVIATIONS)


def _is_elision(text: str, match: re.Match[str]) -> bool:
    """« (...) » and « [...] » stand for words left out, not for an end."""
    return match["mark"] in ("...", "…") and text[match.start() - 1 : match.start()] in ("(", "[")


def _goes_on(text: str, line_end: re.Match[str]) -> bool:
    is_blank_line = line_end[0].count("\n") > 1
    before, after = (
        text[max(0, line_end.start() - 3) : line_end.start()].rstrip(" ")[-1:],
        text[line_end.end() : line_end.end() + 1],
    )
    return not is_blank_line and after.islower() and before.isalnum() | (before in ",;—–-")


def visible(text: str) -> str:
    """`text` with a space for each control and format character, line ends excepted."""
    unseen = ("Cc", "Cf", "Cs", "Co", "Cn")
    return "".join(" " if unicodedata.category(c) in unseen and c != "\n" else c for c in text)
