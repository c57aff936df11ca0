"""French: the words by which the rules know it, in the fields of `Lexicon`."""

from rag.text.lang.lexicon import NEVER, DateWords, Grammar, Lexicon

LEXICON = Lexicon(
    common=(
        "et est es sont a ont qui que quoi quel quelle quels quelles quand où ou pourquoi comment combien le la les "
        "un une de des du en au aux dans sur avec pour par pas on je tu il elle nous vous ils elles cette ces mais "
        "donc bonjour bonsoir salut merci oui non c'est qu'est-ce"
    ),
    asking=(
        "qui que qu' quoi quel quelle quels quelles où quand comment combien pourquoi lequel laquelle lesquels "
        "lesquelles auquel duquel"
    ),
    stop_words=(
        "a a-t-elle a-t-il ai aie aient aies ainsi ait alors as au aura aurai auraient aurais aurait auras aurez "
        "auriez aurions aurons auront aussi aux avaient avais avait avec avez aviez avions avoir avons ayant ayante "
        "ayantes ayants ayez ayons c ca car ce ceci cela ces cet cette chez combien comme comment d dans de des dit "
        "donc dont du elle elles en entre es est est-ce et etaient etais etait etant etante etantes etants ete etee "
        "etees etes etiez etions etre eu eue eues eumes eurent eus eusse eussent eusses eussiez eussions eut eutes "
        "eux faire fait fumes furent fus fusse fussent fusses fussiez fussions fut futes il ils j je l la laquelle le "
        "lequel les lesquelles lesquels leur lui m ma mais me meme mes moi moins mon n ne ni nos notre nous on ont or "
        "ou par pas peut plus pour pourquoi qu quand que quel quelle quelles quels qui quoi s sa sans se sera serai "
        "seraient serais serait seras serez seriez serions serons seront ses si soient sois soit sommes son sont sous "
        "soyez soyons suis sur t ta te tes toi ton tous tout toute toutes tres tu un une vers vos votre vous y"
    ),
    grammar=Grammar(
        determiners="le la les l'",
        prepositions=(
            "de d' à en dans contre avec pour par sur chez selon vers entre sans sous depuis face envers concernant"
        ),
        verbs=(
            "a ont est sont va vont veut veulent fait peut doit dit avait était sera aura y lui leur n' s' ne se "
            "refuse demande"
        ),
        opening="est-ce",
        joining="et ou",
        not_names="premier première aucun aucune rien personne oui plusieurs environ hier demain cependant toutefois",
        contracted={"du": ("de", "le"), "des": ("de", "les"), "au": ("à", "le"), "aux": ("à", "les")},
        elided={"d'": "de"},
        place=("en", "à", "dans"),
        plural=("les",),
        feminine=("la",),
        masculine=("le",),
    ),
    dates=DateWords(
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
)  # fmt: skip
