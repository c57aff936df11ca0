"""What one line of a French news page is, judged by the line alone: the vocabulary of newsrooms and sites.

`role` names the part a line plays: a button, a reading time, a byline, a photo caption, a tweet, a crosshead …
or "" for what may be story. Matching is on whole lines, folded (no accents, no case, one kind of apostrophe, no
arrows or colons around), so that a sentence that merely contains « Partager » is never meant. Whether a role holds
where the line stands (a byline in mid-story does not) is decided by `rag.corpus.furniture`.

Limits: the lists are of French-language media; what they do not know stays story. Lines over 500 characters are not
looked at, which also bounds the cost of the expressions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from rag.text import fold

Role = Literal[
    "",  # may be story
    "button",  # an element of the page that says nothing: « Partager cet article », « 4 min », « Publié le »
    "word",  # a word that is a button only next to other furniture: « Facebook », « Le »
    "stamp",  # a bare date or time, furniture only next to other furniture
    "section",  # « International », furniture only next to other furniture
    "outlet",  # the name of a medium on a line of its own
    "byline",  # « Par Mathilde Nutarelli »
    "credit",  # « Crédit : Shalan Stewart », the line above it may be its caption
    "caption",  # a photo caption that ends with its credit
    "tweet",  # text of a tweet with its picture link
    "attribution",  # « — CNEWS (@CNEWS) September 4, 2025 », the line above it is its tweet
    "signoff",  # who wrote and translated it, at the end
    "crosshead",  # « - Réserves - », « CLARTÉ »
    "related",  # « Pour aller plus loin »: links to other stories follow
    "also",  # « À lire aussi : … » within a story
]

_LONGEST = 500  # characters of a line that is looked at
TWEET = 400
"""Characters that a tweet has at most, links included; in a longer line, story is glued to it."""


def _phrases(listed: str) -> frozenset[str]:
    """The phrases of a list, one a line or parted by semicolons."""
    return frozenset(phrase.strip() for phrase in listed.replace("\n", ";").split(";") if phrase.strip())


# The name to show, then other spellings. Names that are also common words count only where they stand alone.
_OUTLETS = """
AFP|Agence France-Presse; Reuters|Thomson Reuters; AP|Associated Press; Belga; Keystone-ATS|ATS; La Presse Canadienne
Public Sénat; LCP|LCP - Assemblée nationale; CNEWS; BFMTV|BFM TV; BFM Business; LCI; TF1 Info|TF1; France 24; RFI; RTL
franceinfo|France Info|Franceinfo; France Inter; France Culture; France Bleu; Europe 1; Sud Radio; RMC; TV5Monde
Arte; France Télévisions; Le Monde; Le Figaro; Libération; Les Echos; La Croix; L'Humanité; Le Parisien
Radio France; L'Opinion; Atlantico; Numerama
Aujourd'hui en France; L'Express; Le Point; L'Obs|Le Nouvel Obs; Marianne; Valeurs actuelles; Challenges; La Tribune
Capital; Boursorama; Boursier.com; Zonebourse; Mediapart; Le HuffPost|HuffPost; Slate|Slate.fr; Courrier international
20 Minutes|20minutes; Ouest-France; Sud Ouest; La Dépêche|La Dépêche du Midi; La Voix du Nord; Le Télégramme
La Provence; Nice-Matin; Le Dauphiné libéré; Le Progrès; L'Est républicain; Dernières Nouvelles d'Alsace|DNA
La Montagne; Midi Libre; Paris Match; Le JDD|JDD|Le Journal du dimanche; Euronews; Euractiv|Euractiv France; Politico
Toute l'Europe|Touteleurope; Le Grand Continent; L'Usine nouvelle; Le Monde diplomatique
RTBF; Le Soir; La Libre|La Libre Belgique; RTS; Le Temps; Tribune de Genève; Swissinfo; Radio-Canada; Le Devoir
La Presse; Le Journal de Montréal; TVA Nouvelles; L'Orient-Le Jour; Jeune Afrique; Le Monde Afrique; TSA; Hespress
""".replace("\n", ";")
_AGENCIES = ("AFP", "Reuters", "AP", "Belga", "Keystone-ATS", "La Presse Canadienne")

_BUTTONS = _phrases("""
partager; partager l'article; partager cet article; partager sur facebook; partager sur twitter; partager sur x
partager sur linkedin; partager sur whatsapp; partager par e-mail; copier le lien; lien copie; envoyer par e-mail
envoyer par mail; imprimer; imprimer l'article; sauvegarder l'article; offrir cet article; offrir l'article
lire plus tard; ajouter aux favoris; ajouter a vos favoris; ajouter a mes favoris; ecouter l'article
ecouter cet article; lecture audio; temps de lecture; publie le; mis a jour le; mis a jour; modifie le; le direct
se connecter; s'abonner; je m'abonne; abonnez-vous; je m'inscris; s'inscrire a la newsletter; inscrivez-vous
publicite; la suite apres la publicite; la suite apres cette publicite; passer la publicite; lecture restreinte
article reserve aux abonnes; article reserve a nos abonnes; reserve aux abonnes; reserve a nos abonnes
voir les commentaires; lire les commentaires; aucun commentaire; 0 commentaire; suivez-nous; suivez-nous sur google news
suivez-nous sur les reseaux sociaux; en savoir plus; lire la suite; voir plus; afficher plus; charger plus; voir tout
voir toutes les actualites; haut de page; retour en haut; retour a l'accueil; mentions legales; contactez-nous
politique de confidentialite; gestion des cookies; gerer les cookies; conditions generales d'utilisation
tous droits reserves; mots-cles; themes associes; sujets associes; share this article; read more; advertisement
""")
_BUTTON_WORDS = _phrases("""
facebook; twitter; x; linkedin; whatsapp; telegram; messenger; instagram; bluesky; youtube; e-mail; enregistrer
sauvegarder; ecouter; publie; modifie; le; en direct; direct; live; accueil; menu; fermer; recherche; rechercher
connexion; mon compte; s'inscrire; newsletter; newsletters; annonce; sponsorise; premium; reagir; commenter
commentaires; suivre; google news; cgu; contact; tags; abonnes
""")
_RELATED = _phrases("""
pour aller plus loin; dans la meme thematique; la selection de la redaction; notre selection; sur le meme sujet
sur le meme theme; sur ce sujet; dans la meme rubrique; dans le meme dossier; a lire sur le meme sujet; articles lies
articles similaires; articles associes; articles connexes; a decouvrir aussi; les plus lus; les plus lues; les + lus
les articles les plus lus; nos derniers articles; les derniers articles; derniers articles; vous aimerez aussi
vous aimerez peut-etre; recommande pour vous; nos recommandations; nos suggestions; plus d'articles; autres articles
plus sur le sujet; ailleurs sur le web; contenus sponsorises; a ne pas manquer; toute l'actualite; related articles
l'actualite en continu; a la une; dans l'actualite
""")
_SECTIONS = _phrases("""
international; monde; france; europe; politique; economie; societe; culture; sport; sports; sante; environnement
planete; sciences; science; tech; technologie; numerique; medias; justice; faits divers; education; defense; opinions
idees; debats; actualites; actualite; actu; regions; territoires; parlementaire; institutions; parlement; senat; afrique
ameriques; amerique; asie; moyen-orient; proche-orient; guerre en ukraine; elections; entreprises; finance; marches
""")
_ALSO = (
    r"(?:a )?(?:lire|voir|ecouter|relire|revoir) (?:aussi|egalement)|lire (?:notre|l'article|le reportage|l'enquete)"
)

_DATE_WORDS = _phrases("""
publie; mis; mise; a; jour; modifie; actualise; poste; cree; le; la; de; et; hier; aujourd'hui; ce; par; maj; gmt
cest; heure; heures; h; min; janvier; fevrier; mars; avril; mai; juin; juillet; aout; septembre; octobre; novembre
decembre; janv; fevr; avr; juil; sept; oct; nov; dec; lundi; mardi; mercredi; jeudi; vendredi; samedi; dimanche; lun
mar; mer; jeu; ven; sam; dim; 1er
""")
_STAMP_VERBS = frozenset({"publie", "mis", "mise", "modifie", "actualise", "poste", "maj"})
_TIME = re.compile(r"\d{1,4}(?:er)?|\d{1,2}h\d{0,2}(?:min)?")

_EDGES = re.compile(r"^[\s:>→»▶►•·|*_-]+|[\s:>→▶►•·|*_-]+$")
_DURATION = re.compile(r"(?:(?:temps de )?lecture ?:? ?)?\d{1,3} ?(?:min|mn|minutes?)(?: de lecture| read)?\.?")
_ALSO_LINE = re.compile(rf"(?:{_ALSO})(?P<rest>\b.*)?")
_CREDIT = re.compile(r"(?:credits?(?: photos?)?|photos?|photographies?|copyright) ?: ?\S.{0,80}")
_PICTURE_LINK = re.compile(r"\bpic\.(?:twitter|x)\.com/\w+")
_ATTRIBUTION = re.compile(r"(?:—|–|--|-) ?[^()]{1,80}\(@(\w{1,20})\)(?:[\s,·]+[\w\s,.:·]{0,40})?(?:https?://\S+)?$")
_HANDLE = re.compile(r"\(@(\w{1,20})\)")
_DASHED = re.compile(r"([-–—]) ?\S(?:.{0,78}\S)? ?\1")
_INITIALS = re.compile(r"[a-z]{2,5}(?:-[a-z]{2,5})*(?:/[a-z]{2,5}(?:-[a-z]{2,5})*){1,6}")
_WIRE_CREDIT = re.compile(
    r"\b(?:version francaise|avec (?:la contribution|l'afp|afp|reuters|ap|agences?)|contribution de"
    r"|reportages? (?:de|par)|redige par|edite par|ecrit par|traduit par)\b"
)
_WITH_AGENCY = re.compile(
    r"[^.;]{2,60} (?:avec|et) (?:l'|les )?(?:afp|reuters|ap|agences?)(?: et (?:afp|reuters|ap|agences?))?"
)
_AGENCY_ALONE = re.compile(
    r"\(?(?:source ?: |avec |© ?|copyright |\d{4} )*(?:l'|les )?(?:afp|reuters|ap|agences?|agence france-presse)"
    r"(?:(?: et |, |/)(?:l')?(?:afp|reuters|ap|agences?))?(?: \d{4})?\)?"
)

_PICTURE_AGENCY = (
    r"(?:AFP|POOL|Pool|AP|REUTERS|Reuters|SIPA|Sipa|SIPA USA|Sipa USA|SIPA PRESS|Getty|Getty Images|GETTY IMAGES|ABACA"
    r"|ABACAPRESS(?:\.COM)?|Abaca|MAXPPP|MaxPPP|EPA|ANSA|TASS|Xinhua|XINHUA|Bloomberg|Anadolu|ANADOLU|Hans Lucas"
    r"|NurPhoto|DPA|dpa|PA|Belga|BELGA|BELGAIMAGE|Keystone|KEYSTONE|Sputnik|SPUTNIK|ZUMA|Icon Sport|Panoramic|Bestimage"
    r"|BESTIMAGE|Imago|IMAGO|UPI|Shutterstock|iStock|Unsplash|LP|Divergence|Agence VU|MYOP|SOPA Images|CNP)"
)
_PICTURE_CREDITS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\(\s*(?:Photo )?{_PICTURE_AGENCY}\s*/[^()]{{2,80}}\)$",  # ( AFP / RALF HIRSCHBERGER )
        rf"\([^()]{{2,80}}/\s*{_PICTURE_AGENCY}[^()]{{0,40}}\)$",  # (Photo by Ludovic MARIN / POOL / AFP)
        rf"(?:^|[\s/]){_PICTURE_AGENCY}/[\w./' -]{{2,60}}$",  # REUTERS/Gonzalo Fuentes
        rf"\w/{_PICTURE_AGENCY}(?:(?: via |/)[\w./' -]{{2,60}})?$",  # Sergei Bobylev/POOL/TASS
        rf"[A-ZÀ-Ý][\w'-]+ / {_PICTURE_AGENCY}(?: / {_PICTURE_AGENCY})*$",  # Ludovic Marin / AFP
        r"\((?:[Pp]hotos?|[Cc]rédits?|[Ii]llustration|[Ii]mage)\b[^()]{0,80}\)$",  # (Photo d'illustration)
        r"(?:©|\(c\)) ?[^©.]{2,80}$",  # © AFP
        r"[.)] (?:Photo|Crédit|Crédits|Crédit photo)s? ?: ?[^.]{2,80}$",  # … à Paris. Crédit : X
    )
)

_BYLINE = re.compile(
    r"(?:(?:article )?(?:(?:rédigé|écrit) )?par|by|propos recueillis par|une? [a-zé]+ (?:de|par)) ?:? (?P<who>\S.*)",
    re.IGNORECASE,
)
_BYLINE_END = re.compile(r"\s*[,|(•·–—]|\s+-\s|\s+(?:avec|pour|with|à|in)\s")
_PARTICLES = _phrases("de; du; des; d; la; le; van; von; der; den; ten; bin; ben; ibn; el; al; di; da; dos")
_NAME_WORD = re.compile(r"(?:[dl]['’])?[A-ZÀ-ÖØ-Þ][\w.'’-]*")


@dataclass(frozen=True, slots=True)
class Byline:
    """Who signs: people, a medium, or neither (« Par la rédaction »)."""

    author: str | None
    outlet: str | None


def comparable(text: str) -> str:
    """`text` for comparison: folded, single spaces, no arrows or colons around."""
    return _EDGES.sub("", " ".join(fold(text).split()))


@cache
def _outlets() -> dict[str, str]:
    names = [[name.strip() for name in entry.split("|")] for entry in _OUTLETS.split(";") if entry.strip()]
    table = {comparable(spelling): spellings[0] for spellings in names for spelling in spellings}
    # Handles and domains are written together: @PublicSenat, lemonde.fr.
    return {re.sub(r"[ '.-]", "", key): name for key, name in table.items()} | table


def outlet(name: str) -> str | None:
    """The usual name of the medium that `name` is: a name, a handle, a domain or an address. None if unknown."""
    key = re.sub(r"^https?://", "", comparable(name)).split("/")[0]
    key = re.sub(r"^(?:www|m|amp)\.|\.(?:fr|com|be|ch|ca|eu|info|org)$", "", key)
    key = re.sub(r"\.(?:fr|com|be|ch|ca|eu|info|org)$", "", key)
    return _outlets().get(key) or _outlets().get(key.removeprefix("@").replace("_", ""))


def count_words(line: str) -> int:
    """Words of `line`, signs and list marks not counted."""
    return sum(any(map(str.isalnum, word)) for word in line.split())


def is_agency(name: str | None) -> bool:
    """Whether `name`, as `outlet` gives it, is a news agency, whose stories other media take over."""
    return name in _AGENCIES


def tweeted_by(line: str) -> str | None:
    """The medium whose tweet the attribution `line` closes."""
    handle = _HANDLE.search(line)
    return outlet(handle.group(1)) if handle else None


def people(words: str) -> str | None:
    """`words` if they are nothing but names of people: capitalised words and particles, at least two of the former."""
    names = 0
    for word in re.split(r"[\s,]+", words.strip()):
        if _NAME_WORD.fullmatch(word):
            names += 1
        elif word not in _PARTICLES and word not in ("et", "and", "&"):
            return None
    return words.strip() if 2 <= names <= 12 and _NAME_WORD.match(words.strip()) else None


def byline(line: str) -> Byline | None:
    """Reads « Par Prénom Nom, à Kiev », « par Reuters », « Par la rédaction avec AFP ». None if it is no byline."""
    found = _BYLINE.fullmatch(line) if len(line) <= 120 and not line.endswith((".", ":", ";", "?", "!")) else None
    if not found:
        return None
    who = found["who"].strip()
    end = _BYLINE_END.search(who)
    first = who[: end.start()] if end else who
    if outlet(first) or outlet(who):
        return Byline(None, outlet(first) or outlet(who))
    if comparable(first) in ("la redaction", "redaction", "notre redaction"):
        return Byline(None, None)
    if len(re.findall(r"\w+", who[len(first) :])) > 10:
        return None
    # A comma may stand between authors or end their names: both readings are tried.
    author = people(who) or people(first)
    return Byline(author, None) if author else None


def is_stamp(folded: str) -> bool:
    """Whether the line is made of the words of dates and times only, with a full date, a time or « publié »."""
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)?", folded)
    if not words or len(words) > 20 or not all(word in _DATE_WORDS or _TIME.fullmatch(word) for word in words):
        return False
    numbers = [word for word in words if word[0].isdigit()]
    return words[0] in _STAMP_VERBS or len(numbers) >= 3 or (len(numbers) == 2 and len(words) >= 3)


def _is_shouted(line: str) -> bool:
    letters = [character for character in line if character.isalpha()]
    return (
        len(letters) >= 4
        and all(character.isupper() for character in letters)
        and len(line) <= 80
        and len(line.split()) <= 10
        and not line.endswith((".", ";", ",", ":"))
    )


def _is_also(line: str, folded: str) -> bool:
    found = _ALSO_LINE.fullmatch(folded)
    # A line that ends in a full stop and has no colon is a sentence of the story.
    return bool(found and (not line.endswith(".") or re.match(r" ?[:>|]", found["rest"] or "")))


# The first role that fits is taken.
_SHORT_ROLES: tuple[tuple[Role, Callable[[str, str], object]], ...] = (
    ("button", lambda line, folded: folded in _BUTTONS or _DURATION.fullmatch(folded)),
    ("word", lambda line, folded: folded in _BUTTON_WORDS or not any(map(str.isalnum, line))),
    ("related", lambda line, folded: folded in _RELATED),
    ("also", _is_also),
    ("button", lambda line, folded: folded.split(" ")[0] in _STAMP_VERBS and is_stamp(folded)),
    ("stamp", lambda line, folded: is_stamp(folded)),
    ("credit", lambda line, folded: _CREDIT.fullmatch(folded) and len(line.split()) <= 10 and not line.endswith(".")),
    ("attribution", lambda line, folded: _ATTRIBUTION.match(line)),
    ("byline", lambda line, folded: byline(line)),
    ("signoff", lambda line, folded: _AGENCY_ALONE.fullmatch(folded) or _INITIALS.fullmatch(line)),
    ("outlet", lambda line, folded: outlet(line)),
    ("section", lambda line, folded: folded in _SECTIONS),
    ("signoff", lambda line, folded: len(line) <= 80 and _WITH_AGENCY.fullmatch(folded)),
    ("crosshead", lambda line, folded: _DASHED.fullmatch(line) or _is_shouted(line)),
)


def role(line: str) -> Role:
    """The part that the stripped `line` plays, as far as the line alone tells."""
    if not line or len(line) > _LONGEST:
        return ""
    if len(line) <= 200:
        folded = comparable(line)
        found = next((played for played, fits in _SHORT_ROLES if fits(line, folded)), None)
        if found:
            return found
    if len(line) <= TWEET and _PICTURE_LINK.search(line[-120:]):
        return "tweet"
    if any(pattern.search(line, max(0, len(line) - 160)) for pattern in _PICTURE_CREDITS):
        return "caption"
    if line[0] == "(" and line[-1] == ")" and _WIRE_CREDIT.search(comparable(line)):
        return "signoff"
    return ""
