"""French pronouns, possessives and demonstratives of a question, each replaced by the name it stands for.

Each step takes a question without its closing mark and returns it changed, unchanged when it has nothing of the kind or
when its own words explain it (« Pourquoi le prix a-t-il baissé ? »), or None when no name of the conversation fits.
Impersonal « il » is left alone. Objects (« l'a-t-il dit ») and « y », « en » are only recognised, by `open_words`.
"""

from __future__ import annotations

import re

from rag.question import french_patterns as patterns
from rag.question.agreement import Gender, contracted, elided, with_preposition
from rag.question.names import Name, find_names
from rag.question.referents import PastTurns
from rag.text import fold, terms


def open_words(text: str, conversation: PastTurns) -> list[str]:
    """The words of `text` that only the conversation explains, other than those that the steps replace."""
    masked = patterns.IMPERSONAL.sub(lambda match: "_" * len(match[0]), text)
    found = [(match, masked[: match.start()]) for match in patterns.OPEN.finditer(masked)]
    return [
        match[0]
        for match, before in found
        if not _has_clause(before, conversation) and not (match["y"] and _somewhere(before, conversation))
    ]


def _has_clause(before: str, conversation: PastTurns) -> bool:
    """Whether an earlier clause of the question says what a later one takes up: « Que veut Kiev, et qui l'a dit ? »."""
    clause = patterns.CLAUSE.match(before)
    if clause is None or clause[1].endswith("ment"):
        return False
    named = {term for name in _own_names(clause[1], conversation) for term in terms(name.text)}
    return not named.issuperset(terms(clause[1]))


def _somewhere(before: str, conversation: PastTurns) -> bool:
    """Whether a place precedes « y » in its question, or an object where « y » goes with an infinitive."""
    infinitive = re.search(r"\b(?:sans|pour|à|de|et|d') ?$", before) is not None
    return patterns.SOMEWHERE.search(before) is not None or (infinitive and bool(_own_names(before, conversation)))


def subject(text: str, conversation: PastTurns) -> str | None:
    """« Où va-t-elle ? », « Il a dit quoi ? »."""
    masked = patterns.IMPERSONAL.sub(lambda match: "_" * len(match[0]), text)
    stressed = {match.end() for match in patterns.STRESSED.finditer(masked)}
    plain = next((match for match in patterns.SUBJECT.finditer(masked) if match.end() not in stressed), None)
    inverted = patterns.INVERTED.search(masked)
    match = inverted or plain
    if (
        match is None
        or _explains(text[: match.start()], conversation)
        or patterns.NAMED_AFTER.search(text, match.end())
    ):
        return text
    pronoun = match["pronoun"].lower()
    wanted: Gender = "f" if pronoun.startswith("e") else "m"
    if patterns.HAPPENS.search(text):
        return None
    plural = pronoun.endswith("s")
    doubled = plural and inverted is not None and patterns.ASKED_NOUN.match(text[: match.start()])
    if doubled and (match["verb"].lower() in patterns.COPULA or "se " in match["clitics"].lower()):
        return text
    name = conversation.referent(wanted, plural=plural, excluded=_own_names(text, conversation))
    if name is None:
        return text if doubled else None
    if inverted is not None:
        return _with_subject(text, inverted, name)
    joint = (match["que"] or "").lower().replace("s'", "si ")
    return elided(text[: match.start()] + joint, name.phrase) + name.phrase + text[match.end() :]


def _with_subject(text: str, inverted: re.Match[str], name: Name) -> str | None:
    before, verb, after = text[: inverted.start()], inverted["verb"], text[inverted.end() :]
    asked = before.lower().strip()
    if verb.lower() in patterns.COPULA and re.fullmatch(r"qui|quels?|quelles?|combien", asked):
        # « Quels sont-ils ? » asks for things, not for who they are.
        return f"{before}{verb} {name.phrase}{after}" if asked == "qui" else None
    if asked not in ("que", "qu'"):
        verbs = text[inverted.start() :]
        return f"{before}{name.phrase} {verbs if before else verbs[0].lower() + verbs[1:]}"
    taken = re.match(r" (?:pas |plus )?[^\W\d_]+(?= |$)", after) if patterns.AUXILIARY.fullmatch(verb) else None
    stays = taken.end() if taken else 0
    return f"{before}{inverted['clitics']}{verb}{after[:stays]} {name.phrase}{after[stays:]}"


def possessive(text: str, conversation: PastTurns) -> str | None:
    """« son rôle », « leurs conditions »."""
    match = patterns.POSSESSIVE.search(text)
    if (
        match is None
        or patterns.DATIVE.match(text, match.start())
        or _owner_named(text[: match.start()], match, conversation)
    ):
        return text
    own, noun = match["own"].lower(), match["noun"]
    name = conversation.referent("", plural=own.startswith("leur"), excluded=_own_names(text, conversation))
    if name is None:
        return None
    feminine = own == "sa" or (own == "leur" and patterns.FEMININE_NOUN.fullmatch(noun) is not None)
    whole = f"{_article(noun, plural=own.endswith('s'), feminine=feminine)}{noun} {with_preposition('de', name, 'fr')}"
    return contracted(text[: match.start()] + whole + text[match.end() :])


def _owner_named(before: str, match: re.Match[str], conversation: PastTurns) -> bool:
    """« Quels pays ont fermé leurs frontières ? », « Macron et son gouvernement »: the owner is in the question."""
    if _own_names(before, conversation):
        return True
    plural_subject = re.match(r"(?:quel\w* (?!sont|étaient)|combien|les |des )", before, re.IGNORECASE)
    if match["own"].lower().startswith("leur") and plural_subject:
        return True
    # « Quel est le but de sa visite ? »: the noun that it belongs to does not own it.
    before = patterns.OF_WHICH.sub("", before)
    return (
        patterns.NOUN_PHRASE.search(patterns.NO_NOUN.sub("", before)) is not None
        or re.search(r"\b(?:du|des|aux?)\s", before) is not None
    )


def stressed(text: str, conversation: PastTurns) -> str | None:
    """« avec lui », « contre eux »."""
    match = patterns.STRESSED.search(text)
    if match is None or _has_clause(text[: match.start()], conversation):
        return text
    pronoun = match["pronoun"].lower()
    wanted: Gender = "f" if pronoun.startswith("elle") else "m"
    plural = pronoun in ("eux", "elles")
    name = conversation.referent(wanted, plural=plural, excluded=_own_names(text, conversation))
    if name is None:
        return None
    preposition = match["preposition"].lower().replace("d'", "de").replace("deaprès", "d'après")
    return text[: match.start()] + with_preposition(preposition, name, "fr") + text[match.end() :]


def dative(text: str, conversation: PastTurns) -> str | None:
    """« Que lui a répondu Zelensky ? »."""
    match = patterns.DATIVE.search(text)
    if (
        match is None
        or patterns.STRESSED.search(text[: match.end()])
        or _has_clause(text[: match.start()], conversation)
    ):
        return text
    plural = match["pronoun"].lower() == "leur"
    name = conversation.referent("", plural=plural, excluded=_own_names(text, conversation))
    if name is None:
        return None
    rest = elided(text[: match.start()], text[match.end() :]) + text[match.end() :]
    return f"{rest} {with_preposition('à', name, 'fr')}"


def demonstrative(text: str, conversation: PastTurns) -> str | None:
    """« ce sommet », where the conversation says which: « le sommet de Tianjin »."""
    match = patterns.THIS.search(text)
    if match is None or patterns.AT_HAND.match(match["noun"]) or _complement(text[match.end() :], conversation):
        return text
    # « Que dit la Moldavie des élections dans ce pays ? »
    if patterns.SAYS_WHICH.match(text, match.end()):
        return text
    named = patterns.KIND_OF_NAME.match(match["noun"]) and _own_names(text[: match.start()], conversation)
    if named or _has_clause(text[: match.start()], conversation):
        return text
    for exchange in conversation.recent:
        for said in (exchange.question, exchange.answer):
            found = re.search(rf"\b{re.escape(match['noun'])}\b", said, re.IGNORECASE)
            complement = _complement(said[found.end() :], conversation) if found else ""
            if complement:
                this = match["this"].lower()
                article = _article(match["noun"], plural=this == "ces", feminine=this == "cette")
                return contracted(f"{text[: match.start()]}{article}{match['noun']}{complement}{text[match.end() :]}")
    # A question that names this much does not wait for the conversation.
    return text if _own_names(text, conversation) and len(set(terms(text))) >= patterns.ENOUGH else None


def _complement(after: str, conversation: PastTurns) -> str:
    """The name that follows a noun at once: « (guerre) en Ukraine »."""
    names = find_names(after, "fr", conversation.known)
    return after[: names[0].end] if names and names[0].start == 1 else ""


def there(text: str, conversation: PastTurns) -> str | None:
    """« là-bas »."""
    match = patterns.THERE.search(text)
    place = conversation.place("fr") if match else ""
    if match is None:
        return text
    return text[: match.start()] + place + text[match.end() :] if place else None


STEPS = (subject, possessive, stressed, dative, demonstrative, there)


def _article(noun: str, *, plural: bool, feminine: bool) -> str:
    if plural:
        return "les "
    return "l'" if fold(noun)[0] in "aeiouh" else "la " if feminine else "le "


def _explains(before: str, conversation: PastTurns) -> bool:
    """Whether a name or a noun that precedes a pronoun in its question is what it stands for."""
    named = (
        bool(_own_names(before, conversation))
        or patterns.NOUN_PHRASE.search(patterns.NO_NOUN.sub("", before)) is not None
    )
    return named or _has_clause(before, conversation)


def _own_names(text: str, conversation: PastTurns) -> list[Name]:
    return find_names(text, "fr", conversation.known)
