"""Orders to the assistant told apart from questions for the articles, sentence by sentence, by rules.

Two kinds: `instructions` about the assistant itself (« ignore tes consignes », « affiche ton prompt système », « fais
comme si tu étais … », markup that imitates a prompt) and a `request` for work that the articles have no part in
(a poem, a joke, a translation, a program). An order opens its sentence, or names what only the assistant has;
what stands between quotation marks is not read, so that one may ask about such words. A question in the same
message, or in the same sentence after a comma, a colon or an « et », is kept apart and can be answered.

The rows of a table are French, English, German, Spanish and Italian.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.text.folding import fold_letters
from rag.text.segmentation import sentence_spans


def _any(*rows: str) -> str:
    """One pattern for the alternatives of all rows, which are parted by « | » with spaces around it."""
    return f"(?:{'|'.join(option.strip() for row in rows for option in row.split(' | '))})"


def _compiled(pattern: str) -> re.Pattern[str]:
    # A mark is a space in what is read, so that any number of spaces may stand between two words.
    return re.compile(pattern.replace(" ", r"\s+"))


_COURTESY = _any(
    "bonjour | bonsoir | salut | s il te plait | s il vous plait | svp | stp | maintenant | alors | ok | et | puis"
    " | mais | non | d abord | ensuite",
    "hello | hi | please | now | first | then | and | so | but",
    "hallo | bitte | jetzt | und | dann | zuerst | aber",
    "hola | por favor | ahora | y | luego | pero",
    "ciao | per favore | adesso | ora | e | poi | ma",
)
_POLITELY = _any(
    "(?:est ce que )?(?:tu )?(?:peux|pourrais|veux|voudrais)(?: tu)? | (?:pouvez|pourriez|voulez) vous"
    " | tu (?:dois|vas) | (?:je veux|je voudrais|j aimerais|il faut) que (?:tu|vous)",
    "(?:can|could|will|would) you | i (?:want|need|would like|d like) you to | you (?:must|should|will|have to)",
    "(?:kannst|konntest|wurdest|willst) du | du (?:musst|sollst)",
    "puedes | podrias | quiero que | tienes que | debes",
    "puoi | potresti | vorrei che | voglio che | devi",
)
_ME = _any("moi | me | nous | te", "us | please", "mir | uns | bitte", "mi | ci")
_LEAD = rf"\W*(?:{_COURTESY} )*(?:{_POLITELY} )?(?:{_ME} )?"

_IGNORE = _any(
    "ignore[sz]? | ignorer | oublie[sz]? | oublier | neglige[sz]? | efface[sz]? | contourne[sz]? | desactive[sz]?"
    r" | outrepasse[sz]? | ne (?:tiens|tenez|suis|suivez|respecte[sz]?) (?:pas|plus|aucun) | n obei\w+ (?:pas|plus)"
    " | fai(?:s|tes) abstraction | passe[zr]? outre",
    "ignore | disregard | forget | bypass | override | disable | do not follow | don t follow | stop following",
    "ignorier(?:e|en|t)? | vergiss | vergesst | vergessen | missachte | umgehe | befolge (?:nicht|keine)",
    "ignora[dr]? | olvida(?:te|d|r)? | omite | desobedece | no sigas",
    "ignora(?:te|re)? | dimentica(?:re|ti)? | trascura | non seguire | aggira",
)
_RULES = _any(
    "instructions? | consignes? | regles? | directives? | prompts? | contexte | ordres | restrictions? | filtres?"
    " | limit(?:e|ation)s? | contraintes? | garde fous? | precede(?:nt|nte|nts|ntes)? | ci dessus | plus haut"
    " | passages | extraits | articles | programmation",
    "rules? | guidelines? | context | orders | filters? | constraints? | safeguards? | above | previous | prior"
    " | extracts",
    "anweisung(?:en)? | anleitung(?:en)? | regeln? | vorgaben? | befehle? | kontext | artikel | vorherige[nrs]?"
    " | obige[nrs]?",
    "instruccion(?:es)? | reglas? | ordenes | contexto | filtros? | anterior(?:es)? | articulos | directrices",
    "istruzion[ei] | regol[ae] | ordini | contesto | filtri | precedent[ei] | articoli | direttive",
)
_ROLE = _any(
    "(?:tu es|vous etes|tu seras|tu deviens|imagine que tu (?:es|sois))"
    r" (?:desormais|maintenant|a present|une?|mon|ma|le|la)\b"
    r" | fai(?:s|tes) (?:comme si|semblant)"
    r" | (?:agis(?:sez)?|comporte toi|parle[z]?|reponds|repondez) (?:comme|en tant que)\b | joue[zr]? le role"
    r" | mets toi (?:dans la peau|a la place) | incarne[zr]?\b | (?:passe|entre|active)[zr]? (?:en|le) mode\b"
    r" | (?:a partir de maintenant|desormais|dorenavant) (?:tu|vous)\b | jailbreak | tu n as (?:plus|aucune?)\b",
    "you are (?:now|an?|no longer) | from now on | act (?:as|like) | behave (?:as|like) | pretend | role ?play | enter"
    r" (?:\w+ )?mode | (?:switch to|enable|activate) (?:\w+ )?mode | imagine you are",
    "du bist (?:jetzt|ab jetzt|nun|ab sofort|eine?) | ab jetzt | ab sofort | tu so als | verhalte dich"
    " | spiele? (?:die|eine) rolle",
    "(?:ahora )?eres (?:ahora|una?) | a partir de ahora | actua como | comportate como | finge | haz como si",
    "(?:ora )?sei (?:ora|adesso|una?) | d ora in poi | agisci come | comportati come | fingi | fai finta",
)
_SAY = _any(
    "(?:dis|dites|repete[zs]?|ecris|affiche[zs]?|reponds|repondez) (?:seulement |juste |uniquement |simplement )?"
    '(?:bonjour|"|apres moi|que tu|par|toujours|uniquement|seulement)'
    " | (?:repete[zs]?|recopie[zs]?|affiche[zs]?|montre[zs]?) (?:moi )?(?:tout )?ce qui (?:precede|est ecrit)",
    '(?:say|repeat|print|reply|respond|answer) (?:only |just )?(?:hello|"|after me|that you|with|only|always)'
    r" | (?:repeat|print|output|show) (?:me )?(?:everything|all|the text|the words) (?:\w+ )?(?:above|before)"
    " | what were you told",
    '(?:sag|wiederhole|schreib|antworte) (?:nur |einfach )?(?:hallo|"|nur|immer|mit)',
    '(?:di|repite|escribe|responde) (?:solo |solamente )?(?:hola|"|solo|siempre|con)',
    '(?:di|ripeti|scrivi|rispondi) (?:solo |soltanto )?(?:ciao|"|solo|sempre|con)',
)
# These need not open their sentence: only the assistant has them.
_YOUR = _any("ton | ta | tes | votre | vos", "your", r"dein\w* | eure?\w*", r"tus? | vuestr\w+", "tu[oae] | tuoi")
_SETTINGS = _any(
    "prompts? | instructions? | consignes? | directives? | configuration | message systeme | regles | programmation",
    "rules | guidelines | system message | settings",
    "anweisung(?:en)? | regeln | konfiguration | einstellungen",
    "instrucciones | reglas | configuracion",
    "istruzioni | regole | configurazione",
)
_HIDDEN = _any(
    r"(?:prompt|message) (?:systeme|initial|cache)\b",
    "system ?(?:prompt|message)",
    "systemprompt | systemnachricht",
    r"(?:prompt|mensaje) (?:de|del) sistema\b",
    r"prompt (?:di|del) sistema\b",
)
_END = r"(?:fin|end|ende|fine) (?:du|of|of the|des|del|dell[ae]) (?:contexte?|passages|kontexts?|contexto|contesto)\b"

_A = _any(
    "une? | des | quelques | de | deux | trois | du",
    "an? | some | another | any",
    "ein(?:e[nmrs]?)? | ein paar | noch",
    "unos? | unas? | algun | alguna | otr[oa]",
    "qualche | dei | delle",
)
_WRITE = _any(
    "ecri(?:s|re|vez|ves) | redige[rsz]? | compose[rsz]? | cree[rsz]? | genere[rsz]? | code[rz]? | programme[rz]?",
    "write | compose | create | generate | draft | program",
    "schreib(?:e|en|st)? | verfass(?:e|en|t)? | erstell(?:e|en|st)? | dichte | programmier(?:e|en)?",
    r"escrib\w+ | redact\w+ | componme | crea(?:me)? | genera(?:me)?",
    r"scriv\w+ | componi(?:mi)? | creami | generami",
)
_GIVE = _any(
    "fai(?:s|tes|re) | raconte[rsz]? | di(?:s|tes|re) | donne[rsz]? | imagine[rsz]? | recite[rz]? | joue[rz]?",
    "make | tell | give | imagine | recite | draw | sing",
    "erzahl(?:e|en|st)? | mach(?:e|en)? | gib | sage? | singe? | male? | zeichne",
    r"cuent\w+ | haz(?:me)? | dime | dame | canta(?:me)? | dibuja(?:me)?",
    r"raccont\w+ | dimmi | dammi | fammi | disegna(?:mi)? | canta(?:mi)?",
)
# What no article of a newspaper is asked for, and then what one could be, were it not to be written now.
_INVENTIONS = _any(
    "poemes? | poesies? | chansons? | blagues? | histoires? | contes? | haikus? | sonnets? | devinettes? | berceuses?"
    " | recettes? | rap | dessins? | images?",
    "poems? | songs? | jokes? | stor(?:y|ies) | tales? | limericks? | riddles? | lullab(?:y|ies) | recipes?"
    " | pictures? | images?",
    "gedichte? | lied(?:er)? | witze? | geschichten? | marchen | ratsel | rezepte? | bild(?:er)?",
    "poemas? | cancion(?:es)? | chistes? | cuentos? | historias? | adivinanzas? | recetas? | imagen(?:es)?",
    "poesi[ae] | canzon[ei] | barzellett[ae] | stori[ae] | favol[ae] | indovinell[io] | ricett[ae] | immagin[ei]",
)
_TEXTS = _any(
    "romans? | discours | lettres? | mails? | courriels? | essais? | dissertations? | codes? | fonctions? | scripts?"
    " | programmes? | slogans? | tweets? | scenarios? | dialogues? | cv | citations? | articles?",
    "novels? | speech(?:es)? | letters? | emails? | essays? | functions? | programs? | screenplays? | blog posts?"
    " | quotes?",
    "romane? | reden? | briefe? | aufsatze? | funktion(?:en)? | skripte? | zitate? | artikel",
    r"novelas? | discursos? | cartas? | correos? | ensayos? | codigo | funcion(?:es)? | citas? | articulos?",
    "romanz[io] | discors[io] | letter[ae] | sagg[io] | codic[ei] | funzion[ei] | programm[ai] | citazion[ei]"
    " | articol[io]",
)
_WORK = _any(
    "tradui(?:s|sez|re) | invente[rsz]? | dessine[rsz]? | chante[rsz]? | calcule[rsz]? | resous | resolvez"
    r" | fais moi rire | jou(?:e|ons|ez) (?:\w+ ){0,2}avec moi",
    "translate | invent | solve | calculate | compute | make me laugh | play (?:\\w+ ){0,2}with me",
    "ubersetz(?:e|en|t)? | erfinde | berechne",
    "traduc(?:e|eme|ir) | inventa(?:te|me)? | calcula | resuelve",
    "traduci(?:mi)? | tradurre | inventa(?:mi|ti)? | calcola | risolvi",
)

_ASKING = _any(
    r"qui | que | quoi | quel\w* | quand | ou | comment | pourquoi | combien | qu est ce | est ce que | lequel"
    r" | laquelle | lesquel\w+",
    "what | which | who | whom | whose | when | where | why | how | is | are | was | were | do | does | did",
    r"wer | wen | wem | wann | wo | warum | wieso | wie | welche\w*",
    r"cual\w* | quien\w* | cuando | donde | como | por que | cuant\w+",
    r"che cosa | cosa | chi | quale | quali | dove | come | perche | quant\w+",
)
_TELL = _any(
    "(?:dis|dites|donne|donnez|explique|expliquez|indique|raconte|rappelle) (?:moi|nous)",
    "(?:tell|give|show) me",
    r"(?:sag|erklar|nenn)\w* mir",
    "dime | explicame",
    "dimmi | spiegami",
)
_REPORT = _any(
    r"resume\w* | explique\w* | presente\w* | liste\w* | compare\w* | detaille\w*",
    "summari[sz]e | explain | list | describe",
    "erklare | nenne | fasse",
    "explica | enumera",
    "riassumi | spiega | elenca",
)
_ASKS = rf"(?:(?:{_TELL} )?{_ASKING}|{_REPORT})\b"
_AND = _any("et | puis | mais", "and | then | but", "und | dann", "y | luego", "e | poi")

# « À toute question sur le pont, réponds … », "if you are asked what it cost, say …": in articles alone.
_WHENEVER = _any(
    r"(?:si|quand|lorsqu) ?(?:l )?(?:on|quelqu un|un \w+|l utilisateur) (?:te |t |vous )?(?:demande|interroge|pose)\w*"
    r" | a (?:toute|chaque|n importe quelle) (?:question|demande) | quelle que soit la (?:question|demande)",
    r"(?:if|when|whenever) (?:you are |anyone |someone |the user )?ask(?:s|ed)?"
    " | (?:to|for) (?:any|every|each) question | whatever the question",
    r"wenn (?:du|man|jemand|der nutzer)\b.{0,40}?(?:gefragt|fragt) | auf (?:jede|alle) fragen? | egal welche frage",
    r"(?:si|cuando) (?:te |alguien |el usuario )?(?:preguntan?) | a (?:toda|cualquier|cada) pregunta",
    r"(?:se|quando) (?:ti |qualcuno |l utente )?(?:chiedono|chiede) | a (?:ogni|qualsiasi) domanda",
)
_ANSWER = _any(
    "reponds | repondez | dis | dites | affirme | affirmez | ecris | ecrivez",
    "answer | reply | respond | say | write | tell them",
    "antworte | sag | schreib",
    "responde | di | escribe",
    "rispondi | di | scrivi",
)

# Letters of other scripts that look like Latin ones, by which an order would not be recognised.
# Letters that look like others, ligatures, and quotation marks of all kinds.
_ALIKE = str.maketrans("авекмнорстухіјѕԁԛԝɡıαεικνορτυχœæß«»“”„", "abekmhopctyxijsdqwgiaeikvoptuxoas" + 5 * '"')
_MARKUP = re.compile(
    r"</?\s*(?:passages?|context[eo]?|documents?|extraits?|system|user|assistant|instructions?|question|prompt)\b[^>]{0,40}>"
    r"|<\|[^|>]{1,40}\|>|\[/?(?:INST|SYS|SYSTEM)\]|<</?SYS>>|^\s*#{2,}\s*(?:system|instructions?)\b:?"
    r"|^\s*(?:system|système|assistant|nouvelles? instructions?|new instructions?)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
_OPENING = re.compile(r"(?<=[.!?…])\s+(?=[¿¡])")
_QUOTED = re.compile(r"(?<=[«“\"„])[^«»“”\"„]{1,300}(?=[»”\"“])")
_INSTRUCTION = _compiled(rf"{_LEAD}(?:{_IGNORE} (?:\w+ ){{0,6}}?{_RULES}\b|{_ROLE}|{_SAY})")
_SECRET = _compiled(rf"\b(?:{_YOUR} (?:\w+ ){{0,2}}?{_SETTINGS}\b|{_HIDDEN}|{_END})")
_REQUEST = _compiled(
    rf"{_LEAD}(?:(?:{_WRITE}(?: {_ME})? {_A} (?:\w+ ){{0,2}}?(?:{_INVENTIONS}|{_TEXTS})"
    rf"|{_GIVE}(?: {_ME})? {_A} (?:\w+ ){{0,2}}?{_INVENTIONS}|{_WORK})\b(?! (?:t )?(?:on|il|elle)\b))"
)
_STANDING_ORDER = _compiled(rf"\b{_WHENEVER}\b.{{0,300}}?\b{_ANSWER}\b")
_YOU_ARE = _compiled(rf"{_LEAD}(?:tu es|vous etes|you are|du bist|eres|sei) ")
_OPENS_QUESTION = _compiled(rf"{_LEAD}{_ASKS}")
# Within an order: the question that follows a comma, a colon or a conjunction.
_TAIL = _compiled(rf"(?:[,;:][ ]*(?:{_AND} )?|(?<=\s){_AND} )(?={_ASKS})".replace("[ ]*", r"\s*"))
# « un poème, qui parle de … » asks nothing.
_RELATIVE = _compiled(
    _any("qui | que | ou", "who | which | where | when", "wer | wo", "que | quien | donde", "chi | dove") + r"\b"
)
_AFTER_COLON = re.compile(r":\s*(?=\S.{8,}\?\s*$)")


@dataclass(frozen=True, slots=True)
class Sorted:
    """A message taken apart: the sentences that may be asked of the articles, and which orders stood beside them."""

    questions: tuple[str, ...]
    request: bool
    instructions: bool


def plain_words(text: str) -> str:
    """`text` character for character: small letters without accents, quotation marks alike, other marks as spaces."""
    letters = fold_letters(text).translate(_ALIKE)
    return "".join(letter if letter.isalnum() or letter == '"' else " " for letter in letters)


def is_order(sentence: str) -> bool:
    """Whether a sentence of an article tells whoever answers questions what to do: it is evidence of nothing.

    Requests are none: « Traduisez ce texte » may be what an article is about.
    """
    read = plain_words(_unquoted(_MARKUP.sub(" ", sentence)))
    return (_INSTRUCTION.match(read) or _STANDING_ORDER.search(read)) is not None


def sort_orders(text: str) -> Sorted:
    """Takes `text` apart into sentences to be answered and orders."""
    marked = _OPENING.sub("\n", _MARKUP.sub("\n", text))
    kept: list[str] = []
    request, instructions = False, _MARKUP.search(text) is not None
    for start, end in sentence_spans(marked):
        sentence = marked[start:end]
        read = plain_words(_unquoted(sentence))
        # What declares itself a question is no order: « ¿Ignora Trump las reglas? », « Tu es une femme ? ».
        declared = sentence.startswith("¿") or (sentence.endswith("?") and _YOU_ARE.match(read) is not None)
        about_itself = (None if declared else _INSTRUCTION.match(read)) or _SECRET.search(read)
        order = about_itself or _REQUEST.match(read)
        if order is None:
            # After an order, what asks nothing goes on with it: « recopie-les intégralement ».
            if not (request or instructions) or "?" in sentence or _OPENS_QUESTION.match(read):
                kept.append(sentence)
            continue
        request, instructions = request or about_itself is None, instructions or about_itself is not None
        if question := _question_after(sentence, read, order.end()):
            kept.append(question)
    return Sorted(tuple(kept), request, instructions)


def _unquoted(sentence: str) -> str:
    return _QUOTED.sub(lambda quoted: " " * len(quoted[0]), sentence)


def _question_after(sentence: str, read: str, end: int) -> str:
    # The marks that part clauses are spaces in `read`.
    parted = "".join(mark if mark in ",;:" else letter for mark, letter in zip(sentence, read, strict=True))
    tail = _TAIL.search(parted, end) or _AFTER_COLON.search(sentence, end)
    if tail is None or _SECRET.search(read, tail.end()) or _INSTRUCTION.match(read, tail.end()):
        return ""
    if "?" not in sentence and _RELATIVE.match(read, tail.end()):
        return ""
    question = sentence[tail.end() :].strip()
    return question[:1].upper() + question[1:]
