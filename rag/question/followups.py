"""A follow-up question made to stand alone, by rules, with words of the conversation only.

`standalone` returns the question itself when it has a content of its own. Otherwise, in this order:

- « Et la France ? » takes the place of the name of its kind in the last question, « Et en 2024 ? » is added to it;
- pronouns, possessives and demonstratives give way to the names they stand for;
- « Pourquoi ? » takes the place of the last question's own question word, where that asks for a circumstance too;
- what remains is joined to the last question: « Quelles conditions pose l'Allemagne : depuis quand ? ».

The last turns are made to stand alone first, from the oldest on. What they say is data: an order in them is left
out, and so are refusals and small talk, which name nothing that was spoken of.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from rag.domain import Turn
from rag.prompting import LANGUAGES, prompt_parts
from rag.question.courtesies import small_talk, without_courtesies, without_instructions
from rag.question.ellipsis import asked_of_another, asks, is_fragment, other_circumstance, someone_else
from rag.question.grammar import folded, words
from rag.question.names import find_names, uncapitalised, written_names
from rag.question.pronouns import resolve
from rag.question.referents import PastTurn, PastTurns
from rag.text import detect_language, fold, sentences, terms

TURNS = 6
LONGEST = 300
"""Characters of a question that was joined to the one before."""

_LONGEST_FOLLOW_UP = 160  # what is longer says enough by itself
_QUESTION_READ, _ANSWER_READ = 500, 600  # characters of a turn
_SHORT_ANSWER = 7  # words
_ENOUGH = 4  # terms: « Quels autres pays participent à la force ? »

_AND = {
    "fr": re.compile(r"(?:et|mais)(?: (?:alors|donc|du coup|sinon))?,? (?=\S)", re.IGNORECASE),
    "en": re.compile(r"(?:and|but)(?: (?:also|then))?,? (?=\S)|(?:and )?(?:what|how) about ", re.IGNORECASE),
    "de": re.compile(r"(?:und|aber)(?: (?:dann|was ist mit))?,? (?=\S)|was ist mit ", re.IGNORECASE),
    "es": re.compile(r"(?:y|pero)(?: entonces)?,? (?=\S)", re.IGNORECASE),
    "it": re.compile(r"(?:e|ma)(?: allora)?,? (?=\S)", re.IGNORECASE),
}
# « Qu'en est-il du Japon ? » is « Et le Japon ? ».
_WHAT_OF = re.compile(r"(?:et )?qu'en est-il (de la |de l'|du |des |de |d'|pour )(?!même\b)", re.IGNORECASE)
_DETERMINERS = {"de la ": "la ", "de l'": "l'", "du ": "le ", "des ": "les ", "de ": "", "d'": "", "pour ": "pour "}
_YES_NO = re.compile(r"(?:oui|non|yes|no|ja|nein|s[íiì])\b", re.IGNORECASE)
_OTHERS = {
    "fr": re.compile(r"\b(?:autres?|suivante?s?|précédente?s?)\b", re.IGNORECASE),
    "en": re.compile(r"\b(?:others?|ones?)\b", re.IGNORECASE),
    "de": re.compile(r"\bandere[nrms]?\b", re.IGNORECASE),
    "es": re.compile(r"\botr[oa]s?\b", re.IGNORECASE),
    "it": re.compile(r"\baltr[oaie]\b", re.IGNORECASE),
}
# Words that ask about what was said, not about something else.
_ABOUT_WHAT_WAS_SAID = folded(
    "détail détails exemple exemples préciser précise précision précisions développer développe expliquer explique plus"
    " continuer continue savoir donner donne dire dis peux peut pouvez pourriez pourrais chose davantage encore ensuite"
    " après vraiment sûr sûre vrai ah bon suite résumé résume bref m en seul seule pourquoi exactement"
    " me us so any some detail details example examples explain elaborate more tell give go know really sure true"
    " else next please"
    " einzelheiten beispiel beispiele erklären erkläre mehr genauer weiter wirklich sicher bitte noch sonst danach"
    " detalle detalles ejemplo ejemplos explica explicar más continúa seguro verdad después luego puedes dar saber"
    " dettaglio dettagli esempio esempi spiega spiegare più continua davvero sicuro vero dopo poi puoi dare sapere"
)
# Complete although they hold little: the hour and the weather.
_COMPLETE = re.compile(
    r"\b(?:heure est-il|temps (?:fait|fera|faisait)-(?:t-)?il|quel jour|what time is it|the weather|wie spät|das wetter"
    r"|qué hora|qué tiempo|el tiempo hace|che or[ae]|che tempo)\b",
    re.IGNORECASE,
)


def standalone(question: str, history: Sequence[Turn], language: str) -> str:
    """`question` as it would be asked had nothing been said before, in its `language`; itself when it stands alone.

    `history` has the oldest turn first; its last `TURNS` are read.
    """
    chosen = language if language in LANGUAGES else LANGUAGES[0]
    among = (chosen, *(other for other in LANGUAGES if other != chosen))
    past: list[PastTurn] = []
    for turn in history[-TURNS:]:
        asked = _core(without_instructions(_tidy(turn.question[:_QUESTION_READ])))
        if asked and not small_talk(asked, chosen):
            spoken = detect_language(asked, among)
            past.append(PastTurn(_rewritten(asked, past, spoken, in_full=True), _told(turn.answer), spoken))
    plain = _tidy(question)
    core = _core(without_courtesies(plain))
    if past and detect_language(core, (past[-1].language, *among)) == past[-1].language:
        # « Really? » is in no language by itself.
        chosen = past[-1].language
    rewritten = _rewritten(core, past, chosen, in_full="?" in plain)
    return question if rewritten == core else _sentence(rewritten, chosen)


def _rewritten(core: str, past: Sequence[PastTurn], language: str, *, in_full: bool) -> str:
    """`core`, a question without its marks, made to stand alone. `in_full`: it was written with a question mark."""
    if not past or not core or len(core) > _LONGEST_FOLLOW_UP:
        return core
    last = past[-1]
    conversation = PastTurns(past, _known(past))
    if language == "fr" and (what_of := _WHAT_OF.match(core)):
        of = _DETERMINERS[what_of[1].lower()] + core[what_of.end() :]
        core = f"et {of}" if is_fragment(of, language, conversation.known) else core
    lead = _AND[language].match(core)
    rest = core[lead.end() :] if lead else core
    fragment = is_fragment(rest, language, conversation.known)
    # A question of one language is not taken to pieces for one of another.
    alike = last.language == language
    may_continue = alike and fragment and (lead or in_full)
    if may_continue and (continued := asked_of_another(rest, conversation, language, led=lead is not None)):
        return continued
    resolved = resolve(rest, conversation, language)
    if resolved.text != rest and not resolved.is_open:
        return resolved.text if asks(rest, language) else core[: len(core) - len(rest)] + resolved.text
    named = find_names(rest, language, conversation.known)
    others = _OTHERS[language].search(rest) and not named and len(set(terms(rest, language))) < _ENOUGH
    leans = resolved.is_open or others or (lead and fragment)
    if not leans and _stands_alone(rest, conversation, language, in_full):
        return core
    asked_anew = alike and _with_question_word(rest, last)
    return asked_anew or _joined(core, last, language)


def _known(past: Sequence[PastTurn]) -> dict[str, str]:
    known: dict[str, str] = {}
    for exchange in past:
        known |= written_names((exchange.question, exchange.answer), exchange.language)
    return known


def _with_question_word(text: str, last: PastTurn) -> str | None:
    """The last question with `text`, a question word, in place of its own, where the two are of a kind."""
    if swapped := other_circumstance(text, last.question, last.language):
        return swapped + _short_answer(last)
    return someone_else(text, last.question)


def _stands_alone(text: str, conversation: PastTurns, language: str, in_full: bool) -> bool:
    """Whether `text`, which has no pronoun, holds a name and something said of it, or two terms."""
    if _COMPLETE.search(text):
        return True
    tokens = [token for token in re.findall(r"[^\W_]+", text) if fold(token) not in _ABOUT_WHAT_WAS_SAID]
    own = set(terms(" ".join(tokens), language))
    if len(own) >= 2:
        return True
    # German nouns look like names.
    names = find_names(text, language, conversation.known) if language != "de" else []
    if names and not is_fragment(text, language, conversation.known):
        named = {fold(word) for name in names for word in re.findall(r"[^\W_]+", name.phrase)}
        functional = (
            words("preposition", language).keys() | words("asking", language).keys() | words("and", language).keys()
        )
        said = {fold(token) for token in tokens} - named - functional
        return bool(said)
    # A word typed into a search box asks nothing of what was said.
    return bool(own) and not in_full and not asks(text, language)


def _joined(core: str, last: PastTurn, language: str) -> str:
    """`core` after the last question: « Quelles conditions pose l'Allemagne : depuis quand ? »."""
    mark = " : " if last.language == "fr" else ": "
    before, _, tail = last.question.rpartition(mark)
    base = f"{before}, {tail}" if before and terms(tail, last.language) else before or tail
    room = LONGEST - len(core) - len(mark) - len(" ?")
    told = _short_answer(last)
    base = base + told if len(base + told) <= room else base
    if len(base) > room:
        base = base[:room].rpartition(" ")[0]
    return f"{base}{mark}{_uncapitalised(core, language)}"


def _short_answer(last: PastTurn) -> str:
    """The last answer in brackets when it is but a name, a date or a figure that the question did not hold."""
    told = last.answer.rstrip(" .!")
    if not told or len(told.split()) > _SHORT_ANSWER or len(sentences(last.answer)) > 1 or _YES_NO.match(told):
        return ""
    if set(terms(told, last.language)) & set(terms(last.question, last.language)):
        return ""
    names = find_names(told, last.language)
    tells = re.search(r"\d", told) or any(last.language != "de" or " " in name.text for name in names)
    return f" ({_uncapitalised(told, last.language)})" if tells else ""


def _uncapitalised(text: str, language: str) -> str:
    # A word that opens a message might be a name, but not one of these.
    return text.lower() if fold(text) in _ABOUT_WHAT_WAS_SAID else uncapitalised(text, language)


def _sentence(text: str, language: str) -> str:
    closed = text[0].upper() + text[1:]
    return {"fr": f"{closed} ?", "es": f"¿{closed}?"}.get(language, f"{closed}?")


def _tidy(text: str) -> str:
    """`text` without control characters and citation markers, apostrophes straight, white space joined."""
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") else c for c in text)
    return " ".join(re.sub(r"\s*\[\d{1,2}\]", "", plain.replace("’", "'")).split())


def _core(text: str) -> str:
    return text.strip(" ?!.…¿¡")


def _told(answer: str) -> str:
    """The beginning of an answer; nothing of a refusal, whose titles were not spoken of."""
    plain = _tidy(answer[:_ANSWER_READ])
    parts = ((name, part) for language in LANGUAGES for name, part in prompt_parts(language).items())
    refusals = [_tidy(part.partition("{")[0]) for name, part in parts if name.startswith("refusal_")]
    return "" if plain.startswith(tuple(refusals)) else " ".join(sentences(plain)[:3])
