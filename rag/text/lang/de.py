"""German: the words by which the rules know it, in the fields of `Lexicon`."""

from rag.text.lang.lexicon import NEVER, DateWords, Grammar, Lexicon

LEXICON = Lexicon(
    common=(
        "und ist sind war wer was welche welcher welches wann wo warum wie viele der die das den dem des ein eine von "
        "zu in am mit für nicht auf im ich du er es sie wir ihr hat haben hallo danke ja nein bitte über"
    ),
    asking=(
        "wer wen wem wessen was welche welcher welches welchen welchem wann wo wohin woher warum wieso weshalb wie "
        "womit wodurch wofür wovon woran worüber"
    ),
    stop_words=(
        "aber alle allem allen aller alles als also am an ander andere anderem anderen anderer anderes anderm andern "
        "anderr anders auch auf aus bei bin bis bist da damit dann das dass dasselbe dazu dein deine deinem deinen "
        "deiner deines dem demselben den denn denselben der derer derselbe derselben des desselben dessen dich die "
        "dies diese dieselbe dieselben diesem diesen dieser dieses dir doch dort du durch ein eine einem einen einer "
        "eines einig einige einigem einigen einiger einiges einmal er es etwas euch euer eure eurem euren eurer eures "
        "fur gegen gewesen hab habe haben hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren "
        "ihrer ihres im in indem ins ist jede jedem jeden jeder jedes jene jenem jenen jener jenes jetzt kann kein "
        "keine keinem keinen keiner keines konnen konnte machen man manche manchem manchen mancher manches mein meine "
        "meinem meinen meiner meines mich mir mit muss musste nach nicht nichts noch nun nur ob oder ohne sehr sein "
        "seine seinem seinen seiner seines selbst sich sie sind so solche solchem solchen solcher solches soll sollte "
        "sondern sonst uber um und uns unser unsere unserem unseren unseres unter viel vom von vor wahrend wann war "
        "waren warst warum was weg weil weiter welche welchem welchen welcher welches wem wen wenn wer werde werden "
        "wie wieder wieso will wir wird wirst wo wollen wollte wurde wurden zu zum zur zwar zwischen"
    ),
    grammar=Grammar(
        determiners="der die das den dem des",
        prepositions="von in mit für aus nach bei gegen über an zu auf seit zwischen ohne unter um durch vor wegen",
        verbs="ist sind war hat haben wird will kann soll muss sagt",
        opening="ist sind hat haben wird",
        joining="und oder",
        not_names=(
            "sie ihr ihnen ihre montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz april "
            "mai juni juli august september oktober november dezember keine keiner niemand nichts"
        ),
        contracted={
            "im": ("in", "dem"), "vom": ("von", "dem"), "zum": ("zu", "dem"), "zur": ("zu", "der"),
            "beim": ("bei", "dem"),
        },
        place=("in", "nach"),
        feminine=("die",),
        masculine=("der", "den", "dem", "das"),
    ),
    dates=DateWords(
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
)  # fmt: skip
