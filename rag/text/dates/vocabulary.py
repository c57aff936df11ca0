"""The words for dates of each language, as regular expressions over text in plain letters."""

from __future__ import annotations

from dataclasses import dataclass

from rag.text.folding import fold_letters


@dataclass(frozen=True, slots=True)
class Words:
    """Words of a language: regular expressions over plain text where nothing else is said."""

    months: str  # as people write them; after a slash what needs a day or a year beside it
    weekdays: str  # as people write them
    written: str  # a day, as people write it
    days: tuple[str, str, str, str, str]  # the day before yesterday, yesterday, today, tomorrow, the day after
    numbers: str  # from one
    units: str  # day, week, weekend, month, year
    plurals: str
    counted: tuple[tuple[str, int], ...]  # with a number {n}, {one} or {some} of a unit: ago -1, until now 0, ahead 1
    this: str
    last: tuple[str, str]  # before and after what it belongs to
    next: tuple[str, str]
    parts: tuple[str, str, str]  # beginning, middle, end
    at: str  # makes a month a date, and a year that is no round number
    at_year: str  # makes any year a date
    of: str  # joins a date to what happened then
    the: str
    to: str
    both: str
    between: str
    since: str
    before: str
    after: str
    until: str
    now: str  # before a date: that is today
    habits: str  # before a weekday
    feasts: tuple[str, str]  # before and after a weekday
    places: str  # what is named after a day
    past: str  # accents kept
    coming: str  # accents kept
    latest: str
    first: str = "1"
    written_first: str = "1"
    ordinal: str = ""
    day_month: str = r"\s+"
    month_year: str = r"\s+"
    time_of_day: str = ""
    doubtful: str = "(?!)"  # months that are also other words


NEVER = "(?!)"
LANGUAGES = {
    "fr": Words(
        months="janvier/janv/jan février/févr/fév mars avril/avr mai juin juillet/juil août septembre/sept/sep"
        " octobre/oct novembre/nov décembre/déc",
        weekdays="lundi mardi mercredi jeudi vendredi samedi dimanche",
        written="{d} {m} {y}",
        days=(
            r"avant[- ]?hier", "hier",
            r"(?<!jusqu')(?<!encore )aujourd'?\s?hui(?! encore)|ce (?:matin|soir)|cet apres[- ]midi|cette nuit",
            "demain", r"apres[- ]demain",
        ),
        numbers="une? deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept"
        " dix-huit dix-neuf vingt",
        units="jour semaine week-?end mois an|annee",
        plurals="jours semaines week-?ends mois ans|annees",
        counted=(
            ("(?:il y a|voici) {n} {unit}", -1), ("dans {n} {unit}", 1), ("depuis {n} {unit}", 0),
            ("(?:ces|cours des|depuis les) (?:{n} )?derni(?:er|ere)s {some}", 0),
        ),
        this="ce|cet|cette", last=(NEVER, "derni(?:er|ere)|passee?"),
        next=("prochaine?", "prochaine?|qui vient|a venir"),
        parts=("debut", "mi", "fin"),
        at="en|depuis|avant|apres|jusqu'en|jusqu'a|entre|courant|mois d[e']|d'ici|a partir de",
        at_year="en|depuis|annee|l'an|courant", of="du|de|d'|des", doubtful="mars|mai",
        the="le|la|les|l'|du|de|d'|des|au|aux|ce", to="a|au|jusqu'au|jusqu'a", both="et|ou", between="entre",
        since="depuis|a partir|a compter|des(?= l[ea] )", before="avant", after="apres", until="jusqu'(?:au?|en)|d'ici",
        now="nous sommes|on est", habits="le|du|au|un|chaque",
        feasts=(NEVER, "gras|saint|noire?|rouge|sanglant|(?:de|des) (?:paques|pentecote|cendres|rameaux)|13"),
        places="rue|avenue|boulevard|place|quai|pont|stade|square|station|mouvement",
        past=r"(?:\b(?:a|ont|avai(?:t|ent)|eurent|eut)(?:-t)?(?:[- ](?:ils?|elles?|on|pas|été|\w+ment|déjà|aussi)\b)*"
        r"(?: \w+(?:é|ée|és|ées|i|is|it|u|us|ert|int)\b)|\b(?:s'est|se sont|s'étai(?:t|ent)|fut|furent)\b"
        r"|\b(?:est|sont|étai(?:t|ent)) (?:\w*venu|arrivé|parti|mort|entré|sorti|allé|resté|tombé)e?s?\b)",
        coming=r"\b(?:va|vont|doi(?:t|vent)|devrai(?:t|ent)|serai(?:t|ent)|prévoi(?:t|ent)|prévue?s?|attendue?s?|"
        r"programmée?s?|à venir|prochaine?s?|\w+(?:[ei]r|[duvr]r)(?:a|ont))\b",
        latest=r"derni(?:er|ere)s? (?:nouvelle|info|information|actualite|depeche|evolution|developpement|annonce|"
        r"declaration|avancee|article|bilan|chiffre|proposition|prise de parole|sommet|reunion|rencontre)s?|"
        r"derniers? temps|derniere minute|recemment|dernierement|(?:plus|tout|tres) recent(?:e|s|es)?|actuellement|"
        r"situation actuelle|en ce moment|maintenant|a l'heure actuelle|pour (?:l'instant|le moment|l'heure)|"
        r"quoi de (?:neuf|nouveau)|du (?:neuf|nouveau)(?= ?[^\w ]| (?:sur|dans|a propos|au sujet|concernant|cote)\b|$)|"
        r"ou en (?:est|sont)",
        first="1|premier", written_first="1er", ordinal="er",
    ),
    "en": Words(
        months="January/Jan February/Feb March April/Apr May June/Jun July/Jul August/Aug September/Sept/Sep"
        " October/Oct November/Nov December/Dec",
        weekdays="Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        written="{d} {m} {y}",
        days=(
            "the day before yesterday", "yesterday|last night", "today|tonight|this (?:morning|afternoon|evening)",
            "tomorrow", "the day after tomorrow",
        ),
        numbers="an?|one two three four five six seven eight nine ten eleven twelve",
        units="day week weekend month year",
        plurals="days weeks weekends months years",
        counted=(
            ("{n} {unit} ago", -1), ("(?:last|past) {n} {unit}", 0), ("past {one}", 0),
            ("(?:recent|(?:last|past) few) {some}", 0),
        ),
        this="this", last=("last|previous", NEVER), next=("next|coming", NEVER),
        parts=("early|beginning|start", "mid|middle", "late|end"),
        at="in|on|since|before|after|until|till|by|between|during|from|throughout", at_year="in|since|year|during",
        of="of|on", doubtful="march|may", the="the|of|on", to="to|through|until|till", both="and|or", between="between",
        since="since|starting|as of", before="before|prior to|ahead of", after="after|following",
        until="until|till|by|up to", now="today is|it is|it's", habits="every|each|an?",
        feasts=("black|bloody|good|ash|super|cyber|easter|palm", "times"), places=NEVER,
        past=r"\b(?:did|was|were|had|has|have|said|told|met|held|took|made|gave|went|came|(?!united)\w{2,}ed)\b",
        coming=r"\b(?:will|shall|'ll|going to|due|scheduled|planned|upcoming|expected|is to|are to|would|set to)\b",
        latest=r"latest|most recent|newest|recently|lately|currently|current (?:situation|state|status|position)|now|"
        r"at the moment|what(?:'s| is) new|any news|these days|so far",
        ordinal="st|nd|rd|th", day_month=r"\s+(?:of\s+)?", month_year=r",?\s+",
    ),
    "de": Words(
        months="Januar/Jan Februar/Feb März/Maerz April/Apr Mai Juni/Jun Juli/Jul August/Aug September/Sept/Sep"
        " Oktober/Okt November/Nov Dezember/Dez",
        weekdays="Montag Dienstag Mittwoch Donnerstag Freitag Samstag/Sonnabend Sonntag",
        written="{d}. {m} {y}",
        days=(
            "vorgestern", "gestern", "heute",
            "(?<!am )(?<!guten )(?<!jeden )(?<!heute )(?<!gestern )(?<!den )(?<!der )morgen", "ue?bermorgen",
        ),
        numbers="ein(?:e[mnr]?)? zwei drei vier funf sechs sieben acht neun zehn elf zwolf",
        units="tag woche wochenende monat jahr",
        plurals="tagen? wochen wochenenden monaten? jahren?",
        counted=(
            ("vor {n} {unit}", -1), ("in {n} {unit}", 1), ("seit {n} {unit}", 0),
            ("(?:letzten|vergangenen) {n} {unit}", 0), ("(?:letzten|vergangenen) {some}", 0),
        ),
        this="diese[mnrs]?", last=("(?:letzte|vorige|vergangene)[mnrs]?", NEVER),
        next=("(?:nae?chste|kommende)[mnrs]?", NEVER), parts=("anfang", "mitte", "ende"),
        at="im|in|seit|vor|nach|bis|ab|zwischen", at_year="jahre?|in|seit", of="vom|am|des",
        the="der|die|das|dem|den|des|am|vom|zum|von", to="bis(?: zum)?", both="und|oder", between="zwischen",
        since="seit|ab", before="vor", after="nach", until="bis(?: zum)?", now="heute ist|wir haben",
        habits="jede[nmrs]?|eine[mns]", feasts=("(?:blutig|schwarz)er", NEVER), places="stra(?:ss|ß)e|platz",
        past=r"\b(?:hat|haben|hatten?|war(?:en)?|wurden?|sagten?|erklärten?|traf(?:en)?|fand(?:en)?|gab(?:en)?)\b",
        coming=r"\b(?:wird|werden|will|wollen|soll(?:en)?|geplante?[nrs]?|kommende[nrs]?)\b",
        latest=r"neuste\w*|neueste\w*|aktuell\w*|zuletzt|kue?rzlich|neulich|derzeit|momentan|jetzt|im moment|"
        r"was gibt es neues|letzten (?:nachrichten|meldungen|entwicklungen)",
        first="1|ersten", ordinal=r"\.", day_month=r"\s*",
        time_of_day="(?:frueh|fruh|morgen|vormittag|mittag|nachmittag|abend|nacht)?",
    ),
    "es": Words(
        months="enero/ene febrero/feb marzo abril/abr mayo junio/jun julio/jul agosto/ago septiembre/setiembre/sept/sep"
        " octubre/oct noviembre/nov diciembre/dic",
        weekdays="lunes martes miércoles jueves viernes sábado domingo",
        written="{d} de {m} de {y}",
        days=(
            "anteayer|antes de ayer|antier", "ayer|anoche", "hoy(?! en dia)|esta (?:manana|tarde|noche)",
            "(?<!la )(?<!esta )(?<!una )(?<!cada )(?<!pasado )(?<!de )manana", "pasado manana",
        ),
        numbers="una? dos tres cuatro cinco seis siete ocho nueve diez once doce",
        units="dia semana fin.de.semana mes ano",
        plurals="dias semanas fines.de.semana meses anos",
        counted=(
            ("hace {n} {unit}", -1), ("dentro de {n} {unit}", 1), ("ultim[oa]s {n} {unit}", 0),
            ("ultim[oa] {one}", 0), ("ultim[oa]s {some}", 0),
        ),
        this="est[ea]", last=("pasad[oa]", "pasad[oa]"), next=("proxim[oa]", "proxim[oa]|que viene"),
        parts=("principios|comienzos|inicios", "mediados", "fina?les|fines"),
        at="en|desde|antes de|despues de|hasta|entre|durante|mes de", at_year="en|desde|ano", of="del?",
        the="el|los|la|del?|al?", to="al?|hasta", both="y|e|o", between="entre", since="desde|a partir",
        before="antes", after="despues|tras", until="hasta", now="hoy es|estamos", habits="los|cada|un",
        feasts=("santo|placido", "santo|negro|de (?:ramos|ceniza|gloria|resurreccion)"),
        places="avenida|calle|plaza|estadio",
        past=r"\b(?:ha|han|había|fue(?:ron)?|dijo|\w+ó|\w+(?:aron|ieron))\b",
        coming=r"\b(?:van? a|\w+(?:[aei]|d)rán?|previst[oa]s?|próxim[oa]s?)\b",
        latest=r"ultim[oa]s? (?:noticia|novedad|hora|declaracion|anuncio|acontecimiento|dato)(?:e?s)?|recientemente|"
        r"mas recientes?|ultimamente|actualmente|situacion actual|ahora|en este momento|que hay de nuevo|hoy en dia",
        first="1|primero", ordinal="[o°]", day_month=r"\s+(?:de\s+)?", month_year=r"\s+(?:del?\s+)?",
    ),
    "it": Words(
        months="gennaio/gen febbraio/feb marzo aprile/apr maggio/mag giugno/giu luglio/lug agosto/ago settembre/sett"
        " ottobre/ott novembre/nov dicembre/dic",
        weekdays="lunedì martedì mercoledì giovedì venerdì sabato domenica",
        written="{d} {m} {y}",
        days=(
            "l'altro ieri|avantieri", "ieri", "oggi|stamattina|stamane|stasera|stanotte", "domani", "dopodomani",
        ),
        numbers="un[oa']? due tre quattro cinque sei sette otto nove dieci undici dodici",
        units="giorno settimana fine.settimana mese anno",
        plurals="giorni settimane fine.settimana mesi anni",
        counted=(
            ("{n} {unit} fa", -1), ("(?:tra|fra) {n} {unit}", 1), ("da {n} {unit}", 0),
            ("ultim[ie] {n} {unit}", 0), ("ultim[oa] {one}", 0), ("ultim[ie] {some}", 0),
        ),
        this="quest[oa']", last=("scors[oa]|passat[oa]", "scors[oa]|passat[oa]"),
        next=("prossim[oa]", "prossim[oa]|che viene"), parts=("inizio", "meta", "fine"),
        at="ad?|in|nel|dal?|prima di|dopo|entro|fino a|tra|fra|mese di", at_year="nel|dal|anno", of="di|del|dell'",
        the="il|lo|la|l'|i|del|dell'|dal|dall'|al|all'|di|nel", to="al?|fino al?", both="e|o",
        between="tra|fra", since="dal|dall'|da|a partire", before="prima", after="dopo", until="fino|entro",
        now="oggi e|siamo", habits="il|ogni|un", feasts=(NEVER, "santo|nero|grasso|delle palme|di pasqua"),
        places="via|viale|piazza|corso",
        past=r"\b(?:ha|hanno|era(?:no)?|aveva(?:no)?|(?:è|sono) (?:stat|success|avvenut|arrivat)[oaie]|\w+ò)\b",
        coming=r"\b(?:\w+(?:[aei]r|dr|rr)(?:à|anno)|previst[oaie]|prossim[oaie])\b",
        latest=r"ultim[aeio] (?:notizi|novit|or|dichiarazion|svilupp|annunc)\w*|recentemente|piu recent[ei]|"
        r"attualmente|situazione attuale|adesso|in questo momento|al momento|che c'e di nuovo",
        first="1|primo", written_first="1°", ordinal="[o°]", month_year=r"\s+(?:del\s+)?",
    ),
}  # fmt: skip


def words_of(language: str) -> Words:
    """The words of `language`; English where it has no table."""
    return LANGUAGES.get(language, LANGUAGES["en"])


def numbers_of(names: str) -> dict[str, int]:
    """The place of each of `names`, from one; variants after a slash share it."""
    return {fold_letters(name): place for place, group in enumerate(names.split(), 1) for name in group.split("/")}


def any_of(names: str) -> str:
    """A pattern of all of `names`, variants included."""
    return "|".join(sorted(numbers_of(names), key=len, reverse=True))


def full_names(names: str) -> str:
    """A pattern of `names` without the variants."""
    return "|".join(fold_letters(group.split("/")[0]) for group in names.split())
