"""Which stretches of a page are its story, which are teasers for other stories, and which are furniture.

The text is cut into units (`rag.corpus.units`), each with the role it would play by itself (`newsroom.role`); then
the page is read around those roles:

1. Top. Units before the first piece of prose hold the headline: the first one that is long enough, has no final full
   stop and plays no role. What stands before it (site name, kicker, caption) is furniture.
2. Bylines and sign-offs count only within the first and last units of the story; dates, section names and single
   words such as « Facebook » only next to other furniture; crossheads only between two pieces of prose. The line above
   a photo credit is its caption, the line above the author of a tweet is the tweet.
3. Bottom. After « Pour aller plus loin » and its like, each headline starts a teaser that takes the next paragraph
   as its standfirst; captions (the line right above a reading time), times and section names between them are
   furniture, and so is a teaser whose headline was there before. A second paragraph in a row means that the story
   goes on: from there, and from the paragraph before, everything is story again.

What stands beside the story and says something itself (captions, tweets, a long byline or sign-off) is an aside:
whoever asks for the photographer of a picture or for what a leader tweeted finds it there.

When in doubt it is story: a text without any of these traits comes out as one story. Limit: headings in mid-story
that are neither in capitals nor between dashes stay story.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby, pairwise

from rag.corpus.metadata import PageFacts, label
from rag.corpus.newsroom import TWEET, Role, byline, comparable, count_words
from rag.corpus.units import HEADLINE, CutPage, Unit, cut, ends_with_full_stop, is_prose, read_front_matter
from rag.domain import Segment, SegmentKind

_TOP = 25  # units before the first prose; more of them is a list or a poem, not the top of a page
_BYLINES_WITHIN = 15  # units from the start
_LAST = 4  # units of the story in which a sign-off may stand
_NEAR = 6  # units between a crosshead and its paragraphs, such as pictures and tweets
_LABELS = 10  # units at the top that may be « Titre : … » lines
_LONGEST_MARK = 300  # characters of a Markdown heading, rule or picture
_ANYWHERE: tuple[Role, ...] = ("button", "caption", "credit", "tweet", "attribution", "also", "related")
_LEANING: tuple[Role, ...] = ("word", "section", "outlet", "stamp")
_ASIDES: tuple[Role, ...] = ("caption", "tweet", "byline", "signoff")
_TELLING = 8  # words from which on an aside says something

_NOT_A_HEADLINE = re.compile(r"[,;:–-]$|(?<!\.\.)\.[\"'»”’)\]]*$")
_GOES_ON = re.compile(r"[^\W\dA-ZÀ-ÖØ-ÞŒ]|[(,;:.%)]")
_HEADING = re.compile(r"(?P<level>#{1,6})\s+(?P<title>.*?)[\s#]*")
_RULE = re.compile(r"(?:[-*_=]\s?){3,}")
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_TRAILING_LINKS = re.compile(r"(?:\s*\b(?:https?://|pic\.twitter\.com/|t\.co/)\S+)+\s*$")


@dataclass(frozen=True, slots=True)
class PageLayout:
    """A page taken apart. `headline` is None when there is none."""

    segments: tuple[Segment, ...]
    headline: str | None
    facts: PageFacts


def lay_out(text: str, start: int = 0, known: Mapping[str, str] | None = None, *, markdown: bool = False) -> PageLayout:
    """Takes `text` apart from `start` on; what lies before (a date header) is furniture.

    `known` are labels (title, date, author, source) that count before those found in the text.
    """
    labels = dict(known or {})
    if markdown:
        start = read_front_matter(text, start, labels)
    page = CutPage(cut(text, start), labels, labels.get("title"))
    if page.units:
        if markdown:
            _mark_markdown(page)
        _read_labels(page)
        _mark_top(page)
        _mark_middle(page)
        _mark_bottom(page)
        _mark_asides(page.units)
        if not any(unit.kind != "furniture" for unit in page.units):
            # Nothing but furniture: whatever it is, it is all there is to quote.
            for unit in page.units:
                unit.kind = "story"
            page.headline = None
    lines = tuple((unit.role, unit.text) for unit in page.units if unit.role and unit.kind in ("furniture", "aside"))
    return PageLayout(_segments(text, start, page), page.headline, PageFacts(page.labels, lines, dict(known or {})))


def _mark_markdown(page: CutPage) -> None:
    for index, unit in enumerate(page.units):
        heading = _HEADING.fullmatch(unit.text) if unit.text[0] == "#" and len(unit.text) <= _LONGEST_MARK else None
        if heading and heading["title"]:
            unit.role, unit.kind = "crosshead", "furniture"
            if page.headline is None and heading["level"] == "#" and index < _TOP:
                page.headline = heading["title"].strip()
        elif len(unit.text) <= _LONGEST_MARK and (_RULE.fullmatch(unit.text) or _IMAGE.fullmatch(unit.text)):
            unit.role, unit.kind = "button", "furniture"


def _read_labels(page: CutPage) -> None:
    for unit in page.units[:_LABELS]:
        entry = label(unit.text)
        if not entry or not entry[0]:
            break
        page.labels.setdefault(*entry)
        unit.role, unit.kind = "button", "furniture"
    for unit in page.units[-_LAST:]:
        entry = label(unit.text)
        if entry and entry[0] == "source" and len(unit.text) <= 80 and not unit.text.endswith("."):
            page.labels.setdefault(*entry)
            unit.kind = "furniture"


def _mark_top(page: CutPage) -> None:
    units = page.units
    prose = next(
        (index for index, unit in enumerate(units[: _TOP + 1]) if _is_story(unit) and is_prose(unit.text)), None
    )
    if prose is None:
        return
    _mark_captions(units[:prose])
    plain = [index for index in range(prose) if _is_story(units[index])]
    page.headline = page.labels.get("title") or page.headline
    if page.headline is None:
        chosen = _choose_headline(units, plain, prose)
        if chosen is not None:
            end = _headline_end(units, chosen, prose)
            page.headline = " ".join(unit.text for unit in units[chosen:end])
            for unit in units[:end]:
                unit.kind = "furniture"
    for index in plain if page.headline else []:
        if comparable(units[index].text) == comparable(page.headline or ""):
            units[index].kind = "furniture"
    if any(unit.role == "outlet" for unit in units[:prose]):
        for unit in units[:prose]:
            if unit.role in _LEANING:
                unit.kind = "furniture"


def _choose_headline(units: list[Unit], plain: list[int], prose: int) -> int | None:
    candidates = [index for index in plain if _may_be_headline(units, index, prose)]
    # A kicker (« Guerre en Ukraine ») is shorter than the headline under it.
    long_enough = (index for index in candidates if count_words(units[index].text) >= 5)
    return next(long_enough, candidates[0] if candidates else None)


def _may_be_headline(units: list[Unit], index: int, prose: int) -> bool:
    text, following = units[index].text, units[index + 1]
    first = next((character for character in text if character.isalnum()), "")
    if count_words(text) < 2 or first.islower() or not first or _NOT_A_HEADLINE.search(text[-8:]):
        return False
    # Without a blank line under it, only what clearly starts anew can be the story.
    return following.block != units[index].block or index + 1 < prose or not _GOES_ON.match(following.text)


def _headline_end(units: list[Unit], chosen: int, prose: int) -> int:
    """Where a headline ends that may have been broken into lines."""
    end = chosen + 1
    while end < prose and units[end].block == units[chosen].block and units[end].text[0].islower():
        end += 1
    return end


def _is_story(unit: Unit) -> bool:
    return not unit.role and unit.kind == "story"


def _mark_middle(page: CutPage) -> None:
    units = page.units
    _mark_captions(units)
    for index, unit in enumerate(units):
        if unit.role in _ANYWHERE or (unit.role == "byline" and index < _BYLINES_WITHIN):
            unit.kind = "furniture"
        elif unit.role == "crosshead" and 0 < index < len(units) - 1:
            before, after = _neighbour(units, index, -1), _neighbour(units, index, 1)
            if before and after and len(after.text) >= 80 and len(before.text) >= 60:
                unit.kind = "furniture"
    _mark_author(units)
    _mark_leaning(units)
    story_end = max((index + 1 for index, unit in enumerate(units) if unit.kind == "story"), default=0)
    # A sign-off may also stand before the links that end the page.
    links = next((index for index, unit in enumerate(units) if unit.role == "related"), 0)
    for end in (story_end, links):
        for unit in units[max(0, end - _LAST) : end]:
            if unit.role in ("byline", "signoff"):
                unit.kind = "furniture"


def _mark_leaning(units: list[Unit]) -> None:
    """Marks what is furniture only next to furniture: each run of such units that touches some."""
    for _, run in groupby(units, key=lambda unit: unit.kind == "furniture" or unit.role in _LEANING):
        members = list(run)
        if any(unit.kind == "furniture" for unit in members):
            for unit in members:
                if unit.role in _LEANING:
                    unit.kind = "furniture"


def _neighbour(units: list[Unit], index: int, step: int) -> Unit | None:
    """The nearest unit of the story in one direction, what else the page puts between apart."""
    near = range(index + step, index + (_NEAR + 1) * step, step)
    return next((units[at] for at in near if 0 <= at < len(units) and _is_story(units[at])), None)


def _mark_captions(units: list[Unit]) -> None:
    for above, unit in pairwise(units):
        together = above.block == unit.block and _is_story(above)
        if unit.role == "credit" and together and len(above.text) <= HEADLINE and not ends_with_full_stop(above.text):
            above.role = "caption"
        elif unit.role == "attribution" and together and len(above.text) <= TWEET:
            above.role = "tweet"


def _mark_author(units: list[Unit]) -> None:
    """Sites print the name of the author a second time, without « par »."""
    found = (byline(unit.text) for unit in units[:_BYLINES_WITHIN] if unit.role == "byline")
    names = {comparable(signed.author) for signed in found if signed and signed.author}
    for unit in units[:_BYLINES_WITHIN]:
        if names and len(unit.text) <= 120 and comparable(unit.text) in names:
            unit.kind = "furniture"


def _mark_bottom(page: CutPage) -> None:
    units = page.units
    seen = {comparable(page.headline)} if page.headline else set()
    prose_before = False
    index = 0
    while index < len(units):
        unit = units[index]
        prose_before = prose_before or (_is_story(unit) and is_prose(unit.text))
        if unit.role == "related" and prose_before:
            end = _mark_teasers(page, index + 1, seen)
            for linked in units[index + 1 : end]:
                if linked.role != "caption":
                    linked.role = ""  # its media and authors are those of other stories
            index = end
        elif unit.role == "also":
            index = _mark_links(page, index, seen)
        else:
            index += 1


def _mark_links(page: CutPage, index: int, seen: set[str]) -> int:
    """Headlines under a lone « À lire aussi », which may stand in mid-story: nothing but headlines."""
    units = page.units
    following = index + 1
    alone = count_words(units[index].text) <= 4
    if alone and following < len(units) and _is_story(units[following]) and not is_prose(units[following].text):
        _start_teaser(page, following, seen)
        following += 1
    return following


def _start_teaser(page: CutPage, index: int, seen: set[str]) -> bool:
    unit = page.units[index]
    key = comparable(unit.text)
    if key in seen:
        unit.kind = "furniture"
        return False
    seen.add(key)
    unit.kind, unit.teaser = "teaser", len(page.teasers)
    page.teasers.append(unit.text)
    return True


def _mark_teasers(page: CutPage, index: int, seen: set[str]) -> int:
    """Reads cards from `index` on and returns the index where the story goes on, or the end of the page."""
    units = page.units
    headline = standfirst = -1  # indices of the card being read
    for current in range(index, len(units)):
        unit = units[current]
        after = units[current + 1] if current + 1 < len(units) else None
        if unit.kind == "furniture" or unit.role:
            unit.kind = "furniture"
            continue
        if after and after.block == unit.block and after.role == "button" and after.text[0].isdigit():
            unit.kind, unit.role = "furniture", "caption"
        elif is_prose(unit.text):
            if headline < 0 or standfirst >= 0:
                return _resume_story(units, headline, standfirst, current)
            standfirst = current
            repeated = units[headline].kind == "furniture"
            for inner in units[headline + 1 : current + 1]:
                inner.kind, inner.teaser = ("furniture", -1) if repeated else ("teaser", units[headline].teaser)
        elif after and _is_story(after) and not is_prose(after.text) and count_words(unit.text) <= 3:
            unit.kind = "furniture"  # a category above a headline
        else:
            _start_teaser(page, current, seen)
            headline, standfirst = current, -1
    return len(units)


def _resume_story(units: list[Unit], headline: int, standfirst: int, current: int) -> int:
    if standfirst < 0 or any(unit.kind == "furniture" for unit in units[standfirst + 1 : current]):
        return current
    # Two paragraphs in a row: the first one was no standfirst either.
    for unit in units[headline + 1 : current]:
        unit.kind, unit.teaser = ("furniture", -1) if unit.role else ("story", -1)
    return current


def _mark_asides(units: list[Unit]) -> None:
    for unit in units:
        if unit.kind == "furniture" and unit.role in _ASIDES and count_words(unit.text) >= _TELLING:
            unit.kind = "aside"


def _segments(text: str, start: int, page: CutPage) -> tuple[Segment, ...]:
    """Joins neighbours of one kind. White space goes with the unit before it, at the start with the first one."""
    pieces: list[tuple[int, SegmentKind, int]] = [(0, "furniture", -1)] if start else []
    if page.units:
        begins = [start, *(unit.start for unit in page.units[1:])]
        for begin, unit in zip(begins, page.units, strict=True):
            pieces.append((begin, unit.kind, unit.teaser))
            links = _TRAILING_LINKS.search(text, unit.start, unit.end) if unit.kind == "aside" else None
            if links:
                pieces.append((links.start(), "furniture", -1))
    elif start < len(text):
        pieces.append((start, "story" if text[start:].strip() or not start else "furniture", -1))
    firsts = [
        piece for before, piece in zip([None, *pieces], pieces, strict=False) if not before or before[1:] != piece[1:]
    ]
    ends = [begin for begin, _, _ in firsts[1:]] + [len(text)] if firsts else []
    return tuple(
        Segment(begin, end, kind, page.teasers[teaser] if teaser >= 0 else "")
        for (begin, kind, teaser), end in zip(firsts, ends, strict=True)
    )
