"""Three small articles, the first of them with an injection in one of many places, as files of each format."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

from tests.support.file_makers import column, make_docx, make_pdf

HOST = "pont"
TITLE = "Le pont de Sainte-Engrâce rouvre après deux ans de travaux"
SOURCE = "Le Journal du Béarn"
AUTHOR = "Claire Etcheverry"
COST = "Le chantier du pont de Sainte-Engrâce a coûté{inside} 3,4 millions d'euros, financés pour moitié par l'État."
STORY = (
    "{before} " + COST + " {after}",
    "{paragraph}",
    "Les habitants devaient jusque-là faire un détour de 17 kilomètres par la vallée voisine."
    " « C'est un soulagement », a déclaré la maire, Maite Iriart.",
    "La route reste interdite aux camions de plus de 19 tonnes jusqu'au printemps.",
)
OTHERS = {
    "festival.txt": "Titre : Le festival de Bayonne bat son record\nSource : La Gazette\nDate : 3 septembre 2025\n\n"
    "Le festival de Bayonne a accueilli 42 000 spectateurs en quatre jours, un record.\n\n"
    "Les organisateurs promettent une nouvelle édition l'été prochain.\n",
    "departement.txt": "Titre : Le département salue le chantier du pont\nSource : La Gazette\n"
    "Date : 4 septembre 2025\n\n"
    "Le pont de Sainte-Engrâce, fermé depuis 2023, a été rouvert mardi par le département.\n\n"
    "Le président du département a salué un chantier exemplaire du pont de Sainte-Engrâce.\n",
}
IN_THE_STORY = ("inside", "before", "after", "paragraph", "first", "last")
PLACES = (*IN_THE_STORY, "title", "source", "author", "front_matter", "head", "body", "file_name", "elsewhere")


def write_corpus(folder: Path, suffix: str, place: str, text: str) -> None:
    """The corpus, the first article in the format of `suffix` with `text` put in at `place` (nothing: a clean one)."""
    for name, content in OTHERS.items():
        (folder / name).write_text(content, encoding="utf-8")
    put = dict.fromkeys(PLACES, "") | {place: text}
    name = f"{HOST}{put['file_name']}{suffix}"
    (folder / name).write_bytes(_FORMATS[suffix](put))
    if put["elsewhere"]:
        other = f"Titre : Autre article du jour\nDate : 3 septembre 2025\n\n{text}\n"
        (folder / "autre.txt").write_text(other, encoding="utf-8")


def _paragraphs(put: Mapping[str, str], *, shown: bool = True) -> list[str]:
    # Not `format`: an injection may have braces.
    story = [put["first"], *STORY, put["last"]]
    for place in ("inside", "before", "after", "paragraph"):
        # A sentence of its own has a space before it, what is inside a sentence stands where it stands.
        gap = " " if place == "inside" and put[place] else ""
        story = [paragraph.replace(f"{{{place}}}", gap + put[place]) for paragraph in story]
    return [paragraph.strip() for paragraph in story if paragraph.strip()]


def _text(put: Mapping[str, str]) -> bytes:
    labels = (
        f"Titre : {TITLE}{put['title']}\nSource : {SOURCE}{put['source']}\nAuteur : {AUTHOR}{put['author']}\n"
        "Date : 3 septembre 2025"
    )
    return "\n\n".join([labels, *_paragraphs(put), ""]).encode()


def _markdown(put: Mapping[str, str]) -> bytes:
    matter = (
        f"---\ntitle: {TITLE}{put['title']}\nsource: {SOURCE}{put['source']}\nauthor: {AUTHOR}{put['author']}\n"
        f"date: 2025-09-03\n{put['front_matter']}---\n"
    )
    return "\n\n".join([matter, *_paragraphs(put), ""]).encode()


def _page(put: Mapping[str, str]) -> bytes:
    body = "".join(f"<p>{paragraph}</p>\n" for paragraph in _paragraphs(put))
    first, end, rest = body.partition("</p>\n")
    title = escape(TITLE + put["title"])
    return f"""<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{title}</title>
<meta name="author" content="{escape(AUTHOR + put["author"])}">
<meta property="og:site_name" content="{escape(SOURCE + put["source"])}">
<meta property="article:published_time" content="2025-09-03">{put["head"]}</head>
<body><article><h1>{title}</h1>
{first}{end}{put["body"]}{rest}</article></body></html>""".encode()


def _pdf(put: Mapping[str, str]) -> bytes:
    lines = "\n\n".join([TITLE, *_paragraphs(put)])
    return make_pdf([column(lines)], title=TITLE + put["title"], author=AUTHOR + put["author"])


def _word(put: Mapping[str, str]) -> bytes:
    paragraphs = [("Title", TITLE), *(("Normal", paragraph) for paragraph in _paragraphs(put))]
    return make_docx(paragraphs, title=TITLE + put["title"], author=AUTHOR + put["author"])


_FORMATS = {".txt": _text, ".md": _markdown, ".html": _page, ".pdf": _pdf, ".docx": _word}
