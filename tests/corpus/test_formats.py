"""Web pages, PDF and Word documents as articles: what is read of them, and why some are refused."""

from __future__ import annotations

import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from rag import errors
from rag.corpus.article_files import read_articles, read_corpus
from rag.corpus.formats import Content, Reading, read_entries
from rag.corpus.formats.pdf import MOST_PAGES
from rag.corpus.formats.properties import believable
from rag.domain import Article
from rag.errors import RagError
from tests.support.file_makers import Line, column, lock_pdf, make_docx, make_pdf

SENTENCE = "Le pont du village a été rouvert au public mardi matin, après deux ans de travaux."
MAYOR = "La maire, Anne Le Goff, s’est dite « soulagée » que le porte-parole de l’État ait tenu parole."
LATER = "Les ingénieurs avaient découvert en 2024 des fissures, ce qui a repoussé la fin du chantier."

PAGE = f"""<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Le pont rouvre mardi - Ouest-France</title>
<meta property="og:title" content="Le pont rouvre mardi"><meta property="og:site_name" content="ouest-france.fr">
<meta property="article:published_time" content="2025-09-03T08:15:00+02:00"><meta name="author" content="Jeanne Petit">
<meta property="article:modified_time" content="2025-09-05T08:15:00+02:00"><script>var secret = 1;</script></head>
<body><nav><ul><li><a href="/">Accueil</a></li><li><a href="/sport">Sport</a></li></ul></nav>
<article><h1>Le pont rouvre mardi</h1>
<figure><img src="http://127.0.0.1:9/x.jpg"><figcaption>© AFP</figcaption></figure>
<p>{SENTENCE.replace("deux ans", "<b>deux</b> <a href='/a'>ans</a>")}</p><p>{MAYOR}</p><h2>Des travaux longs</h2>
<p>{LATER}</p><ul><li>Le tablier a été remplacé.</li></ul>
<table><tr><th>Année</th><th>Coût</th></tr><tr><td>2024</td><td>1,2 M€</td></tr></table>
</article><footer><p>Mentions légales · Tous droits réservés</p></footer></body></html>"""

PRINTED = """Le pont du village a été rouvert au public mardi matin, après
deux ans de travaux. La maire, Anne Le Goff, s’est dite « soula-
gée » que le porte-parole de l’État ait tenu parole. A-t-
elle douté ? Non, car Saint-
Malo attendait ce jour.

Les ingénieurs avaient découvert en 2024 des fissures, ce qui
a repoussé la fin du chantier. Le porte-
parole n’en dira pas plus, ont confirmé hier ses collaborateurs.
 La fête est prévue samedi sur les quais de la vieille ville."""


def sheet(number: int = 1, text: str = PRINTED) -> list[Line]:
    """A page of a newspaper: running head, headline, text, number of the page."""
    head = [("Le Monde, mercredi 3 septembre 2025", 8, 800.0)]
    headline = [("Le pont de Saint-Malo rouvre", 20, 770.0), ("après deux ans de travaux", 20, 746.0)]
    return [*head, *(headline if number == 1 else []), *column(text), (f"Page {number}", 8, 30.0)]


def read(tmp_path: Path, name: str, content: bytes) -> Article:
    path = tmp_path / name
    path.write_bytes(content)
    ((article, _),) = read_articles(path, name)
    return article


def content(path: Path) -> Content:
    (entry,) = read_entries(path, Reading())
    return entry.content


def story(article: Article) -> str:
    return "".join(article.text[part.start : part.end] for part in article.segments if part.kind == "story")


def cited(article: Article, sentence: str) -> bool:
    """Whether the sentence stands in the story, whole, at offsets of the stored text."""
    start = article.text.index(sentence)
    (part,) = (part for part in article.segments if part.start <= start < part.end)
    return part.kind == "story" and start + len(sentence) <= part.end


def test_a_web_page(tmp_path: Path, loopback_only: list[object]) -> None:
    article = read(tmp_path, "a.html", PAGE.encode())
    assert (article.title, article.date, article.author, article.source, article.language) == (
        *("Le pont rouvre mardi", date(2025, 9, 3), "Jeanne Petit", "Ouest-France", "fr"),
    )
    paragraphs = story(article).strip().split("\n\n")
    assert paragraphs == [SENTENCE, MAYOR, LATER, "Le tablier a été remplacé.", "Année | Coût", "2024 | 1,2 M€"]
    assert all(cited(article, paragraph) for paragraph in paragraphs)
    assert article.text.startswith("# Le pont rouvre mardi\n\n")
    assert loopback_only == []


@pytest.mark.parametrize(
    ("head", "text", "day"),
    [
        ('<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2025-09-04"}</script>', "", 4),
        ('<link rel="canonical" href="https://www.example.org/2025/09/05/un-pont">', "", 5),
        ("", '<p class="date">Publié le 6 septembre 2025 à 10h12</p>', 6),
        ('<meta property="article:published_time" content="2025-09-07">', "<p>Un premier vote, le 2025-09-01.</p>", 7),
        ("", "<p>Un premier vote avait échoué le 2025-09-01.</p>", None),
        ("", "<p>Un premier vote avait échoué le 01.09.2025.</p>", None),
        ("", '<p><img src="/2021/03/04/x.jpg"></p>', None),
    ],
)
def test_the_date_of_a_page(tmp_path: Path, head: str, text: str, day: int | None) -> None:
    """That of publication; one that the article merely mentions is none."""
    page = f"<html><head><title>Un pont</title>{head}</head><body>{text}<p>{SENTENCE}</p><p>{LATER}</p></body></html>"
    assert read(tmp_path, "a.html", page.encode()).date == (date(2025, 9, day) if day else None)


@pytest.mark.parametrize(
    ("encoding", "declared", "told"),
    [("cp1252", "iso-8859-1", ""), ("cp1252", "none", "cp1252"), ("utf-8", "iso-8859-1", ""), ("utf-16", "", "utf-16")],
)
def test_the_encoding_of_a_page(tmp_path: Path, encoding: str, declared: str, told: str) -> None:
    page = PAGE.replace('charset="utf-8"', f'charset="{declared}"' if declared else "")
    (tmp_path / "a.htm").write_bytes(page.encode(encoding))
    read = content(tmp_path / "a.htm")
    assert SENTENCE in read.text and MAYOR in read.text
    assert read.encoding == told


def test_a_printed_page(tmp_path: Path) -> None:
    article = read(tmp_path, "a.pdf", make_pdf([sheet()], author="Jeanne Petit"))
    assert (article.title, article.author) == (
        "Le pont de Saint-Malo rouvre après deux ans de travaux",
        "Jeanne Petit",
    )
    # 2019, when this file says that it was made, is not when the article appeared.
    assert article.date is None
    assert cited(article, MAYOR)
    first, second, third = article.text.split("\n\n")[2:5]
    assert first.endswith("A-t-elle douté ? Non, car Saint-Malo attendait ce jour.")
    assert second.startswith("Les ingénieurs") and "chantier. Le porte-parole n’en dira pas plus, ont" in second
    assert third == "La fête est prévue samedi sur les quais de la vieille ville."


def test_pages_are_read_on_and_what_they_repeat_is_left_out(tmp_path: Path) -> None:
    halves = ("Le maire a dit que le pont du village, fermé depuis", "deux ans, rouvrirait mardi matin au public.")
    article = read(tmp_path, "a.pdf", make_pdf([sheet(1, halves[0]), sheet(2, halves[1])]))
    assert " ".join(halves) in article.text
    assert "Le Monde" not in article.text and "Page" not in article.text


def test_what_a_pdf_says_of_itself(tmp_path: Path) -> None:
    text = f"Publié le 3 septembre 2025\nPar Paul Durand\n\n{PRINTED}"
    article = read(tmp_path, "a.pdf", make_pdf([sheet(text=text)], title="Un pont rouvre", author="lemonde.fr"))
    assert (article.title, article.date, article.author, article.source) == (
        *("Un pont rouvre", date(2025, 9, 3), "Paul Durand", "Le Monde"),
    )


def test_a_pdf_that_opens_without_a_password(tmp_path: Path) -> None:
    assert cited(read(tmp_path, "a.pdf", lock_pdf(make_pdf([sheet()]), "")), MAYOR)


WORD = [("Title", "Le pont rouvre mardi"), ("Normal", SENTENCE), ("Heading 1", "Des travaux longs"), ("Normal", LATER)]


def test_a_word_document(tmp_path: Path) -> None:
    dated = [WORD[0], ("Normal", "Publié le 3 septembre 2025"), *WORD[1:], ("Normal", "Source : Ouest-France")]
    article = read(tmp_path, "a.docx", make_docx(dated, author="Jeanne Petit"))
    assert (article.title, article.date, article.author, article.source) == (
        *("Le pont rouvre mardi", date(2025, 9, 3), "Jeanne Petit", "Ouest-France"),
    )
    assert cited(article, SENTENCE) and cited(article, LATER)
    assert "Des travaux longs" not in story(article)


def test_tables_and_tracked_changes(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Le pont rouvre ")
    for change, piece in (("del", "<w:delText>lundi</w:delText>"), ("ins", "<w:t>mardi</w:t>")):
        xml = f'<w:{change} {nsdecls("w")} w:id="1" w:author="x"><w:r>{piece}</w:r></w:{change}>'
        paragraph._p.append(parse_xml(xml))
    paragraph.add_run(" matin.")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "2024", "1,2 M€"
    document.add_paragraph(LATER)
    document.save(str(tmp_path / "a.docx"))
    assert content(tmp_path / "a.docx").text == f"Le pont rouvre mardi matin.\n\n2024 | 1,2 M€\n\n{LATER}"


@pytest.mark.parametrize(
    ("title", "author", "labels"),
    [
        (
            "Le pont rouvre",
            "Jeanne Petit; Paul Durand",
            {"title": "Le pont rouvre", "author": "Jeanne Petit, Paul Durand"},
        ),
        ("Microsoft Word - pont.doc", "Microsoft Office User", {}),
        ("pont final.docx", "jpetit", {}),
        ("Sans titre 2", "python-docx", {}),
        ("Sommaire", "AFP", {"source": "AFP"}),
        ("", "", {}),
    ],
)
def test_what_is_believed(title: str, author: str, labels: dict[str, str]) -> None:
    assert believable(title, author) == labels


def packed(*parts: tuple[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return out.getvalue()


def with_xml(text: bytes) -> bytes:
    """A Word document whose text is this XML."""
    with zipfile.ZipFile(BytesIO(make_docx(WORD))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return packed(*({**parts, "word/document.xml": text}).items())


def bomb() -> bytes:
    return with_xml(b"<w>" + b" " * 30_000_000)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
BAD: dict[str, tuple[str, Callable[[], bytes], type[RagError], str]] = {
    "PDF called text": ("a.txt", lambda: make_pdf([sheet()]), errors.FormatMismatch, "PDF"),
    "PDF called page": ("a.html", lambda: make_pdf([sheet()]), errors.FormatMismatch, "PDF"),
    "page called text": ("a.txt", PAGE.encode, errors.FormatMismatch, "HTML"),
    "page called PDF": ("a.pdf", PAGE.encode, errors.FormatMismatch, "?"),
    "text called page": ("a.html", SENTENCE.encode, errors.FormatMismatch, "TXT"),
    "binary called page": ("a.html", lambda: bytes(range(256)) * 20, errors.NotText, "NUL"),
    "picture called PDF": ("a.pdf", lambda: b"\x89PNG\r\n\x1a\n" + bytes(99), errors.FormatMismatch, "PNG"),
    "archive called Word": ("a.docx", lambda: packed(("a.txt", b"a")), errors.FormatMismatch, "ZIP"),
    "Word called PDF": ("a.pdf", lambda: make_docx(WORD), errors.FormatMismatch, "ZIP"),
    "old Word": ("a.docx", lambda: OLE, errors.FormatMismatch, "DOC"),
    "RTF called Word": ("a.docx", lambda: rb"{\rtf1 Le pont.}", errors.FormatMismatch, "RTF"),
    "locked PDF": ("a.pdf", lambda: lock_pdf(make_pdf([sheet()]), "secret"), errors.FileEncrypted, ""),
    "locked Word": ("a.docx", lambda: OLE + "EncryptedPackage".encode("utf-16-le"), errors.FileEncrypted, ""),
    "cut PDF": ("a.pdf", lambda: make_pdf([sheet()])[:-400], errors.FileDamaged, "%%EOF"),
    "hollow PDF": ("a.pdf", lambda: b"%PDF-1.4\n%%EOF\n", errors.FileDamaged, ""),
    "cut Word": ("a.docx", lambda: make_docx(WORD)[:-500], errors.FileDamaged, ""),
    "broken Word": ("a.docx", lambda: with_xml(b"<w:document"), errors.FileDamaged, ""),
    "Word bomb": ("a.docx", bomb, errors.FileTooLarge, "20"),
    "picture PDF": ("a.pdf", lambda: make_pdf([[]]), errors.NoTextLayer, ""),
    "long PDF": ("a.pdf", lambda: make_pdf([[]] * (MOST_PAGES + 1)), errors.ArticleTooLong, "300 pages"),
    "blank Word": ("a.docx", lambda: make_docx([("Normal", " ")]), errors.EmptyArticle, ""),
    "blank page": ("a.html", lambda: b"<html><body><script>x()</script></body></html>", errors.EmptyArticle, ""),
    "deep page": ("a.html", ("<div>" * 50_000 + SENTENCE).encode, errors.EmptyArticle, ""),
    "empty PDF": ("a.pdf", lambda: b"", errors.EmptyArticle, ""),
    "unknown": ("a.odt", lambda: packed(("mimetype", b"")), errors.NotText, ".odt"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_with_its_reason(tmp_path: Path, case: str) -> None:
    name, make, error, fact = BAD[case]
    (tmp_path / name).write_bytes(make())
    with pytest.raises(RagError) as caught:
        list(read_articles(tmp_path / name, name))
    assert type(caught.value) is error
    assert name in caught.value.message("fr") and fact in caught.value.message("fr")


@pytest.mark.slow
def test_a_small_file_of_endless_drawing(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(make_pdf([[("a", 10, 700.0)] * 100_000] * 8))
    started = time.process_time()
    with pytest.raises(errors.ArticleTooLong):
        list(read_articles(tmp_path / "a.pdf", "a.pdf"))
    assert time.process_time() - started < 60


@pytest.mark.parametrize(
    "page", [f"<p>{SENTENCE}</p>", "<p>" + f"{SENTENCE}<br>" * 50_000, '<?xml version="1.0" encoding="UTF-8"?>' + PAGE]
)
def test_odd_pages_are_read(tmp_path: Path, page: str) -> None:
    path = tmp_path / "a.html"
    path.write_text(page, encoding="utf-8")
    started = time.process_time()
    assert SENTENCE in content(path).text
    assert time.process_time() - started < 30


@pytest.mark.slow
def test_a_parser_says_nothing_at_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(make_pdf([sheet()]).replace(b"startxref\n", b"startxref\n9"))
    (tmp_path / "b.html").write_text("<p>", encoding="utf-8")
    (tmp_path / "c.html").write_text(PAGE, encoding="utf-8")
    code = "import sys; from rag.corpus.article_files import read_corpus; print(len(list(read_corpus(sys.argv[1:]))))"
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("2\n", "")


def test_a_folder_of_all_kinds(tmp_path: Path) -> None:
    files = {
        "a.txt": SENTENCE.encode(),
        "b.htm": PAGE.encode(),
        "c.PDF": make_pdf([sheet()]),
        "d.docx": make_docx(WORD),
        "e.odt": b"",
    }
    for name, held in files.items():
        (tmp_path / name).write_bytes(held)
    assert [article.document for article in read_corpus([tmp_path])] == ["a.txt", "b.htm", "c.PDF", "d.docx"]
