"""Patterns of French pronouns, possessives and demonstratives, for `rag.question.french_pronouns`."""

from __future__ import annotations

import re

# « il » without anybody behind it.
IMPERSONAL = re.compile(
    r"\by a(?:vait|ura|urait|it)?-(?:t-)?il\b|\bil y a\w*|\bil (?:faut|faudra\w*|s'agi\w+|pleut|neige|existe|reste"
    r"|suffit|semble|paraît|vaut mieux|est (?:vrai|possible|prévu|question|nécessaire|exact|temps|probable))\b"
    r"|\b(?:faut|faudra|faudrait|fallait|s'agit|s'agirait|suffit|pleut|existe|reste|vaut|semble|se peut|se pourrait"
    r"|se fait)-(?:t-)?il\b|\bheure est-il\b|\bqu'(?:arrive|advient)-(?:t-)?il\b|\bqu'a(?:vait)?-(?:t-)?il été\b"
    r"|\bse (?:passe|passera|passait|produit)-(?:t-)?il\b|(?<=que )s'(?:est|était)-il\b|\bs'est-il (?:passé|produit)\b"
    r"|\b(?:est|était|serait|sera)-(?:t-)?il (?:vrai|possible|prévu|question|nécessaire|juste|exact|temps|interdit"
    r"|permis|envisagé|envisageable|probable|normal|obligatoire|utile|important|facile|difficile|légal)\b"
    r"|\b(?:peut|pourrait|doit|devrait)-il y avoir\b"
    r"|\b(?:fait|fera|faisait)-(?:t-)?il(?= (?:beau|froid|chaud|nuit|jour|demain|aujourd|à|en|dans)|$)",
    re.IGNORECASE,
)
INVERTED = re.compile(
    r"(?P<clitics>\b(?:(?:ne |n'|l'|le |la |les |lui |leur |se |s'|y |en )*))(?P<verb>[^\W\d_]+)"
    r"-(?:t-)?(?P<pronoun>ils?|elles?)\b",
    re.IGNORECASE,
)
SUBJECT = re.compile(r"(?P<que>\b\w*qu'|\bs')?(?<![-\w])(?P<pronoun>ils?|elles?)\b(?!-)", re.IGNORECASE)
NOUN_PHRASE = re.compile(
    r"\b(?:le|la|les|une?|ce|cet|cette|ces|son|sa|ses|leurs?|notre|nos|votre|vos|chaque|tout|on|cela|ça)\b|\bl'"
    r"|^\s*d(?:es|u)\b",
    re.IGNORECASE,
)
# « Il veut quoi, Trump ? », « Elle est où, la porte-parole ? »: what a pronoun stands for may follow it.
NAMED_AFTER = re.compile(
    r", (?:les? |la |l'|(?-i:[A-ZÀ-Ý]))|\b(?:quoi|combien|où|quand|comment|qui),? (?-i:[A-ZÀ-Ý])", re.IGNORECASE
)
CLAUSE = re.compile(r"(.+?)(?:,| et| mais| puis) ", re.IGNORECASE)
ENOUGH = 5  # terms
NO_NOUN = re.compile(r"\b(?:est-ce|qu'est-ce|n'est-ce)\b", re.IGNORECASE)
# What these are said of is an event, not a name: « Où se tient-il ? ».
HAPPENS = re.compile(
    r"\bse (?:tien(?:t|dra)|déroule(?:ra)?)-(?:t-)?(?:il|elle)|-(?:t-)?(?:il|elle) lieu\b|\bdur(?:e|era"
    "|ait)-(?:t-)?(?:il|elle)"
    r"|\b(?:commence|débute|finit|ouvre|sort)(?:ra)?-(?:t-)?(?:il|elle)",
    re.IGNORECASE,
)
# « Combien de pays se sont-ils engagés ? »: the pronoun repeats what is asked for.
ASKED_NOUN = re.compile(r"(?:combien d|quel\w* [^\W\d_])", re.IGNORECASE)
COPULA = ("est", "sont", "était", "étaient", "fut", "sera", "seront")
# The participle or infinitive that follows stays with these: « Qu'a dit Macron ? ».
AUXILIARY = re.compile(
    r"(?:a|ont|avai(?:t|ent)|aur(?:a|ont|ait)|est|sont|étai(?:t|ent)|va|vont|veu(?:t|lent)|peu(?:t|vent)|doi(?:t|vent)"
    r"|compte(?:nt)?|souhaite(?:nt)?|espère(?:nt)?|voudrait|pourrait)",
    re.IGNORECASE,
)
POSSESSIVE = re.compile(
    r"\b(?P<own>son|sa|ses|leurs?)\s(?P<noun>(?!(?:propre|côté|tour|ensemble)\b)[^\W\d_][\w'-]*)", re.IGNORECASE
)
FEMININE_NOUN = re.compile(
    r"\w+(?:[ts]ion|té|ie|ure|[ae]nce|ise|ade|esse|ette|ille|ique|ée|ue|rice|euse|[au]?ine|une|ère|ense|ée|ole)"
)
STRESSED = re.compile(
    r"\b(?P<preposition>de|d'|à|avec|contre|pour|chez|selon|sur|vers|entre|sans|par|envers|derrière|devant|d'après)\s?"
    r"(?P<pronoun>lui|elles?|eux)\b(?!-)",
    re.IGNORECASE,
)
_VERB_FOLLOWS = r"(?:a|ont|avait|aura|est|sont|fut|sera|va|faut|doit|peut|veut)\b|[^\W\d_]+-(?:t-)?(?:il|elle|on)\b"
DATIVE = re.compile(
    rf"\b(?P<pronoun>lui|leur(?=\s(?:{_VERB_FOLLOWS}))|(?<=que )leur|(?<=qui )leur)"
    r"\s(?!(?:et|d[eu]|à|pour|aussi)\b)(?=\w)",
    re.IGNORECASE,
)
THIS = re.compile(
    r"(?<!-)\b(?P<this>ce|cet|cette|ces)\s(?P<noun>(?!(?:que|qui|à|dont|sont|fut|sera|serait|derni(?:er|ère)s?)\b|n'"
    "|qu')"
    r"[^\W\d_][\w-]*)",
    re.IGNORECASE,
)
# « ce matin », « ces articles »: not something that was spoken of.
AT_HAND = re.compile(
    r"(?:fois|matin|midi|soir|nuit|jours?|semaines?|mois|année|an|ans|été|hiver|automne|printemps|week-end|siècle|moment"
    r"|après-midi|heure|temps|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|articles?|textes?|documents?|dossiers?"
    r"|corpus)(?!-)\b",
    re.IGNORECASE,
)
# « cette histoire de force européenne »
SAYS_WHICH = re.compile(r"(?: [^\W\d_]+)? (?:de|du|des|d'|sur|entre)(?: |(?<='))(?=\w)", re.IGNORECASE)
KIND_OF_NAME = re.compile(
    r"(?:pays|État|États|ville|villes|capitale|région|homme|femme|hommes|femmes|dirigeant|dirigeante|dirigeants|ministre"
    r"|ministres|présidente?|club|équipe|entreprise|organisation|parti)\b",
    re.IGNORECASE,
)
SOMEWHERE = re.compile(r"\b(?:au|aux|à|en|dans|sur|chez|vers)\s", re.IGNORECASE)
OF_WHICH = re.compile(r"\b(?:le |la |les |l')[^\W\d_]+ (?:de|à|pour|contre|sur|dans|avec) $", re.IGNORECASE)
THERE = re.compile(r"(?<![\w-])là(?:-bas)?(?![\w-])", re.IGNORECASE)
OPEN = re.compile(
    r"\b(?:celui|celle|ceux|celles)-(?:ci|là)\b|\b(?:cela|ça|ceci)\b(?!-)|\b(?:là-bas|là-dessus|là-dedans"
    r"|entre-temps)\b"
    r"|\b(?:ce dernier|cette dernière|ces derniers|ces dernières)\b(?! (?:jour|mois|semaine|année|temps))"
    r"|\bà ce (?:sujet|propos)\b|\bdans ce cas\b|\b(?:lui|eux)\b(?!-)"
    r"|(?P<y>\b(?:qu'|s')?y (?!(?:a|avait|aura|compris)\b)[^\W\d_]+)"
    r"|\bqu'en\b|(?<![\w-])(?:il|elle|ils|elles|on) en [^\W\d_]+"
    r"|(?<!où )\ben (?:a|ont|est|pense|pensent|dit|disent|parle|parlent)\b"
    r"|\b(?:l'|le |la |les )(?=[^\W\d_]+-(?:t-)?(?:ils?|elles?|on)\b)|\bl'(?:a|ont|avait|avaient|aura|auront)\b(?!-)"
    r"|^(?:qui|qu'est-ce qui) (?:l'|le |la |les )(?!(?-i:[A-ZÀ-Ý]))(?!.*-(?:t-)?(?:ils?|elles?)\b)"
    r"|(?<![\w-])(?:il|elle|ils|elles|on) (?:ne )?(?:l'|le |la |les )",
    re.IGNORECASE,
)
