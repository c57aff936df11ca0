"""Italian: the words by which the rules know it, in the fields of `Lexicon`."""

from rag.text.lang.lexicon import NEVER, DateWords, Grammar, Lexicon

_CONTRACTED = {
    stem + ending: (preposition, determiner)
    for preposition, stem in {"di": "de", "a": "a", "da": "da", "in": "ne", "su": "su"}.items()
    for determiner, ending in {
        "il": "l", "lo": "llo", "la": "lla", "l'": "ll'", "i": "i", "gli": "gli", "le": "lle",
    }.items()
}  # fmt: skip

LEXICON = Lexicon(
    common=(
        "e è sono a ha chi che cosa quale quali quando dove perché perche come quanti quante il la le lo gli un una "
        "di della dei delle del nel in con per non io tu noi ciao grazie sì"
    ),
    asking="chi che cosa cos' quale quali quando dove dov' perché come quanto quanta quanti quante qual",
    stop_words=(
        "a abbia abbiamo abbiano abbiate ad agl agli ai al all alla alle allo anche avemmo avendo avesse avessero "
        "avessi avessimo aveste avesti avete aveva avevamo avevano avevate avevi avevo avra avrai avranno avrebbe "
        "avrebbero avrei avremmo avremo avreste avresti avrete avro avuta avute avuti avuto c che chi ci coi col come "
        "con contro cosa cui da dagl dagli dai dal dall dalla dalle dallo degl degli dei del dell della delle dello "
        "di dov dove e ebbe ebbero ebbi ed era erano eravamo eravate eri ero essendo faccia facciamo facciano "
        "facciate faccio facemmo facendo facesse facessero facessi facessimo faceste facesti faceva facevamo facevano "
        "facevate facevi facevo fai fanno fara farai faranno farebbe farebbero farei faremmo faremo fareste faresti "
        "farete faro fece fecero feci fosse fossero fossi fossimo foste fosti fu fui fummo furono gli ha hai hanno ho "
        "i il in io l la le lei li lo loro lui ma mi mia mie miei mio ne negl negli nei nel nell nella nelle nello "
        "noi non nostra nostre nostri nostro o per perche piu quale quali quando quanta quante quanti quanto quella "
        "quelle quelli quello questa queste questi questo sara sarai saranno sarebbe sarebbero sarei saremmo saremo "
        "sareste saresti sarete saro se sei si sia siamo siano siate siete sono sta stai stando stanno stara starai "
        "staranno starebbe starebbero starei staremmo staremo stareste staresti starete staro stava stavamo stavano "
        "stavate stavi stavo stemmo stesse stessero stessi stessimo steste stesti stette stettero stetti stia stiamo "
        "stiano stiate sto su sua sue sugl sugli sui sul sull sulla sulle sullo suo suoi ti tra tu tua tue tuo tuoi "
        "tutti tutto un una uno vi voi vostra vostre vostri vostro"
    ),
    grammar=Grammar(
        determiners="il lo la l' i gli le",
        prepositions="di d' in a con per da su contro secondo tra fra senza verso",
        verbs="è sono ha hanno va vuole dice era",
        joining="e ed o",
        not_names="nessuno nessuna niente ieri",
        contracted=_CONTRACTED,
        elided={"d'": "di"},
        place=("in", "a"),
        plural=("i", "gli", "le"),
        feminine=("la", "le"),
        masculine=("il", "lo", "i", "gli"),
    ),
    dates=DateWords(
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
)  # fmt: skip
