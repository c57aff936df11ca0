"""Pieces of pages, words around dates and small whole files, from which inputs are made."""

from __future__ import annotations

from rag.text.dates.vocabulary import words_of
from tests.support.file_makers import (
    column,
    make_docx,
    make_epub,
    make_mail,
    make_mailbox,
    make_pdf,
    make_tgz,
    make_zip,
)

STORY = "Le pont du village a été rouvert au public mardi matin, après deux ans de travaux."

LINES = (
    " date 2025-09-04 ", "2025-09-04T10:00:00Z", " date 2025-02-31 ", " date 9999-12-31 ", " date 0000-00-00 ",
    "---\ntitle: Un pont\ndate: 2025-09-04\n---\n", "---", "# Le pont rouvre mardi", "## Des travaux longs",
    "#" * 50, "Le pont rouvre mardi à Saint-Malo", "Par Mathilde Exemple, à Kiev", "Publié le 4 septembre 2025 à 05h30",
    "4 min", "Date : 31 février 2025", "Auteur : Jeanne Petit", "Source : AFP", "PARIS, 4 sept 2025 (AFP) - ", "(AFP)",
    "Reuters", "À lire aussi : Un autre pont", "Pour aller plus loin", "Crédit photo : Jeanne Petit", "© AFP",
    "- Réserves -", "— CNEWS (@CNEWS) September 4, 2025", "pic.twitter.com/abc", "![](a.jpg)", "* * *", "Partager",
    "International", STORY, STORY * 5, STORY.upper(), "« Qui vient ? Personne », a-t-il dit.", '"', "« ", " »", "(...)",
    "M. J.-C. Petit.", "mot " * 200, "a" * 500, "; ".join(["un", "deux", "trois"] * 60), "1. 2. 3.",
    "26 pays. 20 %. 14H00.",
)  # fmt: skip

_OTHER_WORDS = """
le du au de et à entre depuis avant après jusqu'au en ce dernier prochain fin mi- début hier demain il y a dans
1er 31 29 2 04 4, 2024 9999 0000 1000 2025-09-04 2025-13-45 04/09/2025 31.12.9999 1/1/0001 - – / of the on last ago
vor am im seit hace del pasado fa nel scorso nous sommes le today is heute ist 999 jours ans semaines mois
"""
WORDS = (
    *(
        word
        for words in map(words_of, ("fr", "en", "de", "es", "it"))
        for names in (words.months.replace("/", " "), words.weekdays, words.units, words.numbers)
        for word in names.split()
    ),
    *_OTHER_WORDS.split(),
)

PAGE = f"""<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Un pont - Ouest-France</title>
<meta property="article:published_time" content="2025-09-03T08:15:00+02:00"></head><body><nav><a href="/">Accueil</a>
</nav><article><h1>Un pont rouvre</h1><p>{STORY}</p><ul><li>Un</li></ul><table><tr><td>1</td><td>2</td></tr></table>
<p>{STORY}<br>{STORY}</p></article><footer>Mentions légales</footer></body></html>"""

_RECORD = f'{{"id": 1, "title": "Un pont \\ud83d\\ude00", "date": "2025-09-04", "text": "{STORY}"}}'
_MAIL = make_mail(STORY, PAGE, Subject="Un pont", From="AFP <a@afp.com>", Date="Thu, 4 Sep 2025 10:00:00 +0200")
_FEED = f"<rss><channel><item><title>Un pont</title><description>{STORY}</description></item></channel></rss>"
GOOD: dict[str, bytes] = {
    "a.html": PAGE.encode(),
    "a.pdf": make_pdf(
        [column(f"Un pont rouvre\n\n{STORY}"), column("Il neige.\n\nLa suite.")], "Un pont", "Jeanne Petit"
    ),
    "a.docx": make_docx(
        [("Title", "Un pont"), ("Normal", STORY), ("Heading 1", "Des travaux")], "Un pont", "Jeanne Petit"
    ),
    "a.md": f"---\ntitle: Un pont\n---\n# Un pont\n\n{STORY}\n".encode(),
    "a.txt": f"\ufeff date 2025-09-04 Un pont\n\n{STORY}\n".encode("utf-16"),
    "a.eml": _MAIL,
    "a.mbox": make_mailbox([_MAIL]),
    "a.epub": make_epub({"a": f"<h1>Un pont</h1><p>{STORY}</p>"}, "<dc:title>Un pont</dc:title>"),
    "a.rss": _FEED.encode(),
    "a.json": f"[{_RECORD}]".encode(),
    "a.jsonl": f"{_RECORD}\n".encode(),
    "a.csv": f'title;date;text\nUn pont;2025-09-04;"{STORY}"\n'.encode("cp1252"),
    "a.zip": make_zip({"a.txt": STORY.encode(), "b/c.md": f"# Un pont\n\n{STORY}".encode()}),
    "a.tgz": make_tgz({"a.txt": STORY.encode()}),
    "b.txt": f"Un autre pont.\n\n{STORY}\n".encode("cp1252"),
}
"""A whole file of each format."""

FILES = tuple(GOOD.values())
