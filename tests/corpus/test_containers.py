"""Files that hold several articles: what each is called and made of, and that a bad one does not stop the others."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest

from rag import errors
from rag.answering.pipeline import Pipeline
from rag.config import Settings
from rag.corpus.article_files import Notice, Problem, read_articles, read_corpus
from rag.corpus.formats import archives
from rag.domain import Article
from rag.errors import RagError
from rag.indexing.build import build_index
from rag.indexing.changes import Changes
from rag.indexing.unchanged import Reader
from rag.retrieval.retriever import Retriever
from rag.store.index import open_index
from tests.support.doubles import BagEmbedder
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

BRIDGE = "Le pont du village a été rouvert au public mardi matin, après deux ans de travaux."
VOTE = "Le conseil municipal a voté jeudi soir le budget de la ville, malgré l’opposition de la droite."
STORM = "Une tempête a traversé la Bretagne dans la nuit, sans faire de victime, selon les pompiers."
STORIES = {"pont": BRIDGE, "vote": VOTE, "tempête": STORM}

RECORDS: list[dict[str, object]] = [
    {"id": "pont", "title": "Le pont rouvre", "date": "2025-09-03", "source": "Ouest-France", "author": "Jeanne Petit",
     "text": BRIDGE},
    {"id": "vote", "title": "Budget voté", "date": "2025-09-04", "source": "AFP", "author": "Paul Durand",
     "text": VOTE},
]  # fmt: skip
WHOLE = {
    "pont": ("Le pont rouvre", date(2025, 9, 3), "Ouest-France", "Jeanne Petit"),
    "vote": ("Budget voté", date(2025, 9, 4), "AFP", "Paul Durand"),
}
FROM_FILE = dict.fromkeys(("date", "title", "source", "author"), "file")


def read(
    tmp_path: Path, name: str, content: bytes | str, fields: Mapping[str, str] | None = None
) -> tuple[dict[str, Article], list[Problem]]:
    """The articles by what follows the file's name, and what was told."""
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    problems: list[Problem] = []
    found = {}
    try:
        for article, _ in read_articles(path, name, fields=fields, on_problem=problems.append):
            found[article.document.removeprefix(name)] = article
            assert "".join(article.text[part.start : part.end] for part in article.segments) == article.text
    except RagError as error:
        problems.append(error)
    return found, problems


def shown(article: Article) -> tuple[object, ...]:
    return article.title, article.date, article.source, article.author


def told(problems: list[Problem], tmp_path: Path) -> list[tuple[type, str]]:
    return [(type(one), str(one.fields["path"]).removeprefix(f"{tmp_path}/")) for one in problems]


def lines(records: list[dict[str, object]]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def table(records: list[dict[str, object]], separator: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(records[0]), delimiter=separator)
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue()


FRENCH: list[dict[str, object]] = [
    {"Identifiant": r["id"], "Titre": r["title"], "Publié le": r["date"], "Journal": r["source"],
     "Auteur": r["author"], "Texte intégral": r["text"]} for r in RECORDS
]  # fmt: skip
FEED = f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Le fil - Ouest-France</title>
<item><guid>pont</guid><media:title>Photo</media:title><title>Le pont rouvre</title>
<dc:creator>Jeanne Petit</dc:creator><pubDate>Wed, 03 Sep 2025 08:15:00 +0200</pubDate>
<description>Le pont.</description>
<content:encoded><![CDATA[<p>{BRIDGE}</p>]]></content:encoded></item>
<item><guid>vote</guid><title>Budget vot&#233;</title><author>p@afp.fr (Paul Durand)</author>
<source url="https://www.afp.com">AFP</source><pubDate>Thu, 04 Sep 2025 23:15:00 +0200</pubDate>
<description>{VOTE}</description></item></channel></rss>"""
ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Le fil</title>
<entry><id>pont</id><title>Le pont rouvre</title><author><name>Jeanne Petit</name></author>
<link rel="self" href="https://example.org/x"/><link href="https://www.ouest-france.fr/pont"/>
<published>2025-09-03T08:15:00+02:00</published><updated>2025-09-09T08:15:00Z</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>{BRIDGE}</p></div></content></entry>
<entry><id>vote</id><title type="html">Budget &lt;b&gt;voté&lt;/b&gt;</title><author><name>Paul Durand</name></author>
<source><title>AFP</title></source><updated>2025-09-04T08:15:00Z</updated><summary>{VOTE}</summary></entry></feed>"""
RDF = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Ouest-France</title></channel>
<item rdf:about="pont"><title>Le pont rouvre</title><dc:date>2025-09-03</dc:date><dc:creator>Jeanne Petit</dc:creator>
<description>{BRIDGE}</description></item><item rdf:about="vote"><title>Budget voté</title><dc:date>2025-09-04</dc:date>
<dc:creator>Paul Durand</dc:creator><link>https://www.afp.com/1</link><description>{VOTE}</description></item></rdf:RDF>"""
MAILS = [
    make_mail(BRIDGE, Message_ID="<pont>", Subject="Fwd: Le pont rouvre", Date="Wed, 03 Sep 2025 08:15:00 +0200",
              From="Jeanne Petit <j@ouest-france.fr>"),
    make_mail(VOTE, Message_ID="<vote>", Subject="Budget voté", Date="Thu, 04 Sep 2025 08:15:00 +0200",
              From="Paul Durand <p@info.afp.com>", charset="cp1252"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", lines(RECORDS)),
        ("a.ndjson", "\ufeff" + lines(RECORDS).replace("\n", "\r\n\r\n")),
        ("a.jsonl", lines(RECORDS).encode("cp1252")),
        ("a.jsonl", lines(RECORDS).encode("utf-16")),
        ("a.json", json.dumps(RECORDS)),
        ("a.json", json.dumps(RECORDS, indent=2).encode("utf-16")),
        ("a.json", json.dumps({"status": "ok", "tags": [1, 2], "result": {"count": 2, "articles": RECORDS}})),
        ("a.json", lines(RECORDS)),
        ("a.csv", table(RECORDS)),
        ("a.csv", "\ufeff" + table(RECORDS, ";")),
        ("a.csv", table(FRENCH, ";").encode("cp1252")),
        ("a.tsv", table(FRENCH, "\t")),
        ("a.jsonl", lines(FRENCH)),
        ("a.jsonl.gz", gzip.compress(lines(RECORDS).encode(), mtime=0)),
        ("a.xml", FEED),
        ("a.rss", FEED.replace("utf-8", "utf-16").encode("utf-16")),
        ("a.atom", ATOM),
        ("a.rdf", RDF),
        ("a.mbox", make_mailbox(MAILS)),
    ],
)
def test_every_kind_of_list(tmp_path: Path, name: str, content: bytes | str) -> None:
    """Named by their own ids, dated and signed by what the file says, in its order."""
    found, problems = read(tmp_path, name, content)
    assert problems == []
    assert {place.removeprefix("#"): shown(article) for place, article in found.items()} == WHOLE
    for place, article in found.items():
        assert article.text.strip() == STORIES[place.removeprefix("#")]
        assert article.provenance == FROM_FILE


OTHER: list[tuple[dict[str, object], tuple[str, object, str | None, str | None, str]]] = [
    ({"title": {"rendered": "L&rsquo;été"}, "content": {"rendered": f"<h2>Un</h2><p>{BRIDGE}</p>"}, "date": 1756886400},
     ("L’été", date(2025, 9, 3), None, None, f"## Un\n\n{BRIDGE}")),
    ({"headline": "Pont", "body": [BRIDGE, VOTE], "url": "https://www.lemonde.fr/a/2025/09/05/x.html",
      "authors": [{"name": "Jeanne Petit"}, "Paul Durand"]},
     ("Pont", date(2025, 9, 5), "Le Monde", "Jeanne Petit, Paul Durand", f"{BRIDGE}\n\n{VOTE}")),
    ({"text": f"{BRIDGE}\n\n<b>{VOTE}</b>", "source": {"id": None, "name": "AFP"},
      "publishedAt": "2025-09-03T23:00:00Z"},
     (BRIDGE[:-1], date(2025, 9, 3), "AFP", None, f"{BRIDGE}\n\n{VOTE}")),
    ({"texte": BRIDGE, "auteur": "AFP", "date": "4 septembre 2025", "corps": "x"},
     (BRIDGE[:-1], date(2025, 9, 4), "AFP", None, BRIDGE)),
    ({"text": "Source : AFP\nDate : 2 mai 2025\n\n" + BRIDGE, "titre": "Pont"},
     ("Pont", date(2025, 5, 2), "AFP", None, "Source : AFP\nDate : 2 mai 2025\n\n" + BRIDGE)),
]  # fmt: skip


@pytest.mark.parametrize(("record", "expected"), OTHER)
def test_other_shapes_of_records(
    tmp_path: Path, record: dict[str, object], expected: tuple[str, object, str | None, str | None, str]
) -> None:
    found, problems = read(tmp_path, "export-2024-01-01.jsonl", lines([record]))
    assert problems == []
    (article,) = found.values()
    # The day of the export is not that of its articles.
    assert (*shown(article), article.text) == expected


def test_where_each_value_is_from(tmp_path: Path) -> None:
    records: list[dict[str, object]] = [
        {"text": "Titre : Un pont\nSource : AFP\n\n" + BRIDGE, "date": "2025-09-03"},
        {"text": f"PARIS, 4 sept 2025 (AFP) - {VOTE}", "title": "Budget"},
        {"text": STORM, "id": "2025-09-05-tempete"},
        {"text": f" date 2025-09-06 {BRIDGE} Par ailleurs, rien.", "date": "2020-01-01"},
    ]
    found, _ = read(tmp_path, "a.jsonl", lines(records))
    assert [dict(article.provenance) for article in found.values()] == [
        {"date": "file", "title": "header", "source": "header"},
        {"date": "text", "title": "file", "source": "text"},
        {"date": "path", "title": "guess"},
        {"date": "header", "title": "guess"},
    ]


def test_the_setting_names_a_field(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"Corps_Article": BRIDGE, "jour de parution": "3/9/2025", "text": "rien"}]
    fields = {"text": "corps_article", "date": "Jour de parution"}
    found, _ = read(tmp_path, "a.csv", table(rows), fields)
    assert [(article.text, article.date) for article in found.values()] == [(BRIDGE, date(2025, 9, 3))]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv"])
def test_an_export_without_a_text_is_refused_once(tmp_path: Path, name: str) -> None:
    records: list[dict[str, object]] = [{"nom": "x", "chose": BRIDGE} for _ in range(300)]
    content = {"a.jsonl": lines(records), "a.json": json.dumps(records), "a.csv": table(records)}[name]
    found, (problem,) = read(tmp_path, name, content)
    assert found == {} and type(problem) is errors.TextFieldMissing
    assert problem.fields == {"path": str(tmp_path / name), "columns": "nom, chose"}
    assert "fields = {text" in problem.next_step("fr")


def test_names_stay_when_others_come_before(tmp_path: Path) -> None:
    """An entry is called by its id, else by its address, its title or its place; alike ones have a number."""
    records: list[dict[str, object]] = [
        {"id": 12, "title": "Un titre", "text": BRIDGE},
        {"url": "https://www.lemonde.fr/2025/pont.html?x=1", "title": "Un titre", "text": VOTE},
        {"title": "Un titre, à Brest !", "text": STORM},
        {"title": "Un titre à Brest", "text": STORM + " Bis."},
        {"text": STORM + " Ter."},
        {"id": "x" * 300, "text": STORM + " Encore."},
    ]
    before, _ = read(tmp_path, "a.jsonl", lines(records))
    assert list(before)[:5] == [
        "#12",
        "#lemonde-fr-2025-pont-html-x-1",
        "#Un-titre-à-Brest",
        "#Un-titre-à-Brest-2",
        "#5",
    ]
    assert len(list(before)[5]) <= 81
    after, _ = read(tmp_path, "a.jsonl", lines([{"id": "new", "text": BRIDGE + " Neuf."}, *records]))
    assert set(after) - set(before) == {"#new", "#6"}


def broken_zip() -> bytes:
    whole = make_zip({"a.txt": BRIDGE.encode(), "b.txt": VOTE.encode(), "c.txt": STORM.encode()})
    place = whole.index(b"b.txt") + 5
    return whole[: place + 8] + bytes(20) + whole[place + 28 :]


GOOD_AND_BAD: dict[str, tuple[str, Callable[[], bytes], list[str], list[tuple[type, str]]]] = {
    "a line that is no JSON": (
        "a.jsonl",
        (lines(RECORDS[:1]) + '{"text": "x\n' + "[1]\n" + lines(RECORDS[1:])).encode,
        ["#pont", "#vote"],
        [(errors.FileDamaged, "a.jsonl#2"), (errors.FileDamaged, "a.jsonl#3")],
    ),
    "an object that is no JSON": (
        "a.json",
        f'[{json.dumps(RECORDS[0])}, {{"text": nope}}, {json.dumps(RECORDS[1])}]'.encode,
        ["#pont", "#vote"],
        [(errors.FileDamaged, "a.json#2")],
    ),
    "a list that is cut off": (
        "a.json",
        lambda: json.dumps(RECORDS).encode()[:-50],
        ["#pont"],
        [(errors.FileDamaged, "a.json")],
    ),
    "a row without text, and one of too many cells": (
        "a.csv",
        lambda: b"id,text\n1,\n2," + BRIDGE.replace(",", "").encode() + b",x,y\n",
        ["#2"],
        [(errors.EmptyArticle, "a.csv#1")],
    ),
    "a byte that is none": (
        "a.jsonl",
        lambda: lines(RECORDS[:1]).encode() + b'{"text": "a\\u0000b", "id": "nul"}\n' + lines(RECORDS[1:]).encode(),
        ["#pont", "#vote"],
        [(errors.NotText, "a.jsonl#nul")],
    ),
    "a feed with a bare sign": (
        "a.xml",
        lambda: FEED.replace("Le pont rouvre", "Le pont & la route").encode(),
        ["#pont", "#vote"],
        [(errors.FileDamaged, "a.xml")],
    ),
    "a feed that is cut off": (
        "a.xml",
        lambda: FEED.encode()[:-60],
        ["#pont"],
        [(errors.FileDamaged, "a.xml")],
    ),
    "an empty mail": (
        "a.mbox",
        lambda: make_mailbox([MAILS[0], make_mail("", Subject="Rien"), MAILS[1]]),
        ["#pont", "#vote"],
        [(errors.EmptyArticle, "a.mbox#Rien")],
    ),
    "files of an archive": (
        "a.zip",
        lambda: make_zip({"x/a.txt": BRIDGE.encode(), "b.pdf": b"%PDF-1.4", "c.exe": b"MZ", ".d.txt": b"d",
                          "e.txt": b""}),
        ["/x/a.txt"],
        [(errors.FileDamaged, "a.zip/b.pdf"), (errors.EmptyArticle, "a.zip/e.txt")],
    ),
    "a damaged member": (
        "a.zip", broken_zip, ["/a.txt", "/c.txt"], [(errors.FileDamaged, "a.zip/b.txt")]
    ),
    "an archive that is cut off": (
        "a.tgz",
        lambda: make_tgz({"a.txt": BRIDGE.encode(), "b.txt": VOTE.encode() * 999})[:-200],
        ["/a.txt"],
        [(errors.FileDamaged, "a.tgz")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", GOOD_AND_BAD)
def test_a_bad_one_among_good_ones(tmp_path: Path, case: str) -> None:
    name, make, places, expected = GOOD_AND_BAD[case]
    found, problems = read(tmp_path, name, make())
    assert list(found) == places
    assert told(problems, tmp_path) == expected


def test_an_archive_of_all_kinds(tmp_path: Path) -> None:
    inner = make_zip({"2025/09-01/a.txt": f"{STORM} Là.".encode(), "deep.zip": make_zip({"x.txt": b"x"})})
    members = {
        "2025-09-03 pont.txt": BRIDGE.encode(),
        "../../etc/2025-09-02.md": f"# Un vote\n\n{VOTE}".encode(),
        "C:\\x\\a\x1b.txt": f"{VOTE} Ici.".encode(),
        "fil.xml": FEED.encode().replace(b"rouvert", b"ferm\xc3\xa9").replace(b"jeudi", b"lundi"),
        "w.docx": make_docx([("Normal", f"{STORM} Encore.")]),
        "p.pdf": make_pdf([column("Une page."), column("Une autre page.")]),
        "in.zip": inner,
        "t.jsonl.gz": gzip.compress(lines([{"id": 1, "text": f"{STORM} Bis."}]).encode()),
        "__MACOSX/a.txt": b"x",
        "2025-09-03 pont.txt ": b"x",
    }
    for name, packed in (("a.zip", make_zip(members)), ("a.tar.gz", make_tgz(members))):
        found, problems = read(tmp_path, name, packed)
        assert list(found) == [
            *("/2025-09-03 pont.txt", "/etc/2025-09-02.md", "/C:/x/a_.txt", "/fil.xml#pont", "/fil.xml#vote"),
            *("/w.docx", "/p.pdf", "/in.zip/2025/09-01/a.txt", "/t.jsonl.gz#1"),
        ]
        assert told(problems, tmp_path) == [(errors.ArchiveTooDeep, f"{name}/in.zip/deep.zip")]
        assert found["/2025-09-03 pont.txt"].date == date(2025, 9, 3)
        assert found["/2025-09-03 pont.txt"].provenance["date"] == "path"
        assert found["/etc/2025-09-02.md"].title == "Un vote"
        assert len(found["/p.pdf"].pages) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"a.zip", "a.tar.gz"}


def test_a_packed_file_is_the_article_in_it(tmp_path: Path) -> None:
    found, _ = read(tmp_path, "2025-09-03 pont.md.gz", gzip.compress(f"# Le pont\n\n{BRIDGE}".encode()))
    assert {place: shown(article)[:2] for place, article in found.items()} == {"": ("Le pont", date(2025, 9, 3))}


@pytest.mark.parametrize(
    ("name", "make", "error"),
    [
        ("a.zip", lambda: make_zip({f"{n}.txt": bytes(19_000_000) for n in range(9)}), errors.ArchiveTooLarge),
        ("a.txt.gz", lambda: gzip.compress(bytes(19_000_000)), errors.NotText),
        ("a.txt.gz", lambda: gzip.compress(bytes(30_000_000)), errors.FileTooLarge),
        ("a.jsonl.gz", lambda: gzip.compress(bytes(60_000_000)), errors.ArchiveTooLarge),
        ("a.tgz", lambda: make_tgz({"a.bin": bytes(60_000_000)}), errors.ArchiveTooLarge),
        ("a.zip", lambda: make_zip({f"{n}.x": b"" for n in range(archives.MOST_MEMBERS + 1)}), errors.ArchiveTooMany),
        ("a.zip", lambda: make_zip({}), errors.NoArticles),
        ("a.zip", lambda: make_zip({"a.exe": b"MZ"}), errors.NoArticles),
        ("a.zip", lambda: make_zip({"a.txt": BRIDGE.encode()})[:-30], errors.FileDamaged),
        ("a.zip", lambda: b"Pas une archive.", errors.FormatMismatch),
        ("a.gz", lambda: gzip.compress(b"x"), errors.NotText),
        ("a.json", lambda: b"Pas du JSON.", errors.FormatMismatch),
        ("a.json", lambda: b"[]", errors.NoArticles),
        ("a.json", lambda: b"[" * 1_000_000, errors.FileDamaged),
        ("a.json", lambda: b"[" + b"[" * 100_000 + b"]" * 100_000 + b"]", errors.FileDamaged),
        ("a.jsonl", lambda: b"\n \n", errors.NoArticles),
        ("a.jsonl", lambda: bytes(range(256)) * 4000, errors.FileDamaged),
        ("a.csv", lambda: b"", errors.EmptyArticle),
        ("a.csv", lambda: b"id,text\n", errors.NoArticles),
        ("a.csv", lambda: b'id,text\n1,"' + b"x\n" * 11_000_000, errors.FileDamaged),
        ("a.xml", lambda: b"<config><a/></config>", errors.NotAFeed),
        ("a.xml", lambda: b"Pas du XML.", errors.FileDamaged),
        ("a.xml", lambda: b"<rss><channel/></rss>", errors.NoArticles),
        ("a.mbox", BRIDGE.encode, errors.FormatMismatch),
        ("a.eml", BRIDGE.encode, errors.FormatMismatch),
        ("a.epub", lambda: make_zip({"a.txt": b"x"}), errors.FileDamaged),
        ("a.epub", lambda: make_epub({}), errors.EmptyArticle),
    ],
)
def test_a_file_that_is_refused_as_a_whole(
    tmp_path: Path, name: str, make: Callable[[], bytes], error: type[RagError]
) -> None:
    found, problems = read(tmp_path, name, make())
    assert found == {} and type(problems[-1]) is error
    assert {type(problem) for problem in problems[:-1]} <= {errors.NotText}  # of members before the limit


def test_a_line_that_is_too_long_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    long = json.dumps({"text": "x" * 3_000_000})
    for content in (f"{long}\n{lines(RECORDS)}", f"[{long}, {lines(RECORDS[:1])}, {lines(RECORDS[1:])}]"):
        path = path.with_suffix(".json" if content[0] == "[" else ".jsonl")
        path.write_text(content, "utf-8")
        problems: list[RagError] = []
        found = list(read_articles(path, path.name, most_bytes=1_000_000, on_problem=problems.append))
        assert [article.document for article, _ in found] == [f"{path.name}#pont", f"{path.name}#vote"]
        assert [(type(problem), problem.fields["limit"]) for problem in problems] == [(errors.FileTooLarge, 1.0)]


LETTER = "".join(f"<p>{text} {text.lower()}</p>" for text in (BRIDGE, VOTE, STORM))


@pytest.mark.parametrize(
    ("mail", "text"),
    [
        (make_mail(BRIDGE + "\n", Subject="Le pont rouvre"), BRIDGE),
        (make_mail("Lire en ligne : https://x.fr", f"<html><body>{LETTER}</body></html>", Subject="La lettre"), BRIDGE),
        (make_mail("", f"<p>{BRIDGE}</p>", Subject="Le pont rouvre"), BRIDGE),
        (b"Subject: Le pont\nContent-Type: text/plain; format=flowed\n\nUn pont \nrouvre enfin.\n\n-- \nJeanne\n",
         "Un pont rouvre enfin.\n\n-- \nJeanne"),
        (b"Subject: =?utf-8?q?L=27=C3=A9t=C3=A9_arrive?=\n\n\xe9t\xe9 : la saison qui suit le printemps.\n",
         "été : la saison qui suit le printemps."),
    ],
)  # fmt: skip
def test_a_mail(tmp_path: Path, mail: bytes, text: str) -> None:
    found, problems = read(tmp_path, "a.eml", mail)
    assert problems == []
    assert found[""].text.strip().startswith(text) and found[""].provenance["title"] == "file"


CHAPTERS = {f"c{n}": f"<h2>Chapitre {n}</h2>" + f"<p>{BRIDGE} {n}</p>" * 60 for n in (1, 2)}
ABOUT = """<dc:title>Le grand pont</dc:title><dc:creator>Jeanne Petit</dc:creator>
<dc:publisher>Éditions du Port</dc:publisher>
<dc:date opf:event="modification">2020-01-01</dc:date><dc:date>2025-09-03</dc:date>"""


def test_a_book_is_its_chapters(tmp_path: Path) -> None:
    short = {"cover": "<p>Le grand pont</p>", **CHAPTERS, "end": "<p>Fin</p>"}
    found, problems = read(tmp_path, "a.epub", make_epub(short, ABOUT))
    assert problems == []
    assert {place: shown(article) for place, article in found.items()} == {
        f"#c{n}": (f"Chapitre {n}", date(2025, 9, 3), "Le grand pont", "Jeanne Petit") for n in (1, 2)
    }
    assert found["#c1"].text.startswith("Le grand pont\n\n## Chapitre 1") and found["#c2"].text.endswith("Fin")


def test_a_short_book_is_one_article(tmp_path: Path) -> None:
    book = make_epub({"a": f"<p>{BRIDGE}</p>", "b": f"<p>{VOTE}</p>"}, ABOUT)
    found, _ = read(tmp_path, "a.epub", book)
    assert [(place, shown(article), article.text) for place, article in found.items()] == [
        ("", ("Le grand pont", date(2025, 9, 3), "Éditions du Port", "Jeanne Petit"), f"{BRIDGE}\n\n{VOTE}")
    ]


def test_a_book_of_a_shop_is_locked(tmp_path: Path) -> None:
    locked = b'<encryption><CipherReference URI="OEBPS/c1.xhtml"/></encryption>'
    _, (problem,) = read(tmp_path, "a.epub", make_epub(CHAPTERS, others={"META-INF/encryption.xml": locked}))
    assert type(problem) is errors.FileEncrypted
    _, problems = read(tmp_path, "b.epub", make_epub({**CHAPTERS, "c3": "\0"}, ABOUT))
    assert told(problems, tmp_path) == [(errors.NotText, "b.epub/OEBPS/c3.xhtml")]


def test_pages_begin_where_their_words_do(tmp_path: Path) -> None:
    pages = [column("Le maire a dit que le pont rou-"), [], column("vrirait mardi.\n\nUn autre sujet."), []]
    found, _ = read(tmp_path, "a.pdf", make_pdf(pages))
    article = found[""]
    assert article.text == "Le maire a dit que le pont rouvrirait mardi.\n\nUn autre sujet."
    assert [article.text[start:] for start in article.pages] == [
        article.text, *(2 * [article.text[article.text.index("vrirait") :]]), ""
    ]  # fmt: skip


def test_what_is_told_of_articles_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(lines([{"id": 1, "text": BRIDGE}, {"id": 2, "text": BRIDGE}]), "utf-8")
    problems: list[Problem] = []
    assert [article.document for article in read_corpus([tmp_path], problems.append)] == ["a.jsonl#1"]
    path = f"{tmp_path}/a.jsonl"
    assert problems == [
        Notice("undated", {"path": f"{path}#1"}),
        Notice("duplicate", {"path": f"{path}#2", "original": f"{path}#1"}),
    ]


def test_no_two_articles_have_one_name(tmp_path: Path) -> None:
    (tmp_path / "one" / "a.zip").mkdir(parents=True)
    (tmp_path / "one" / "a.zip" / "x.txt").write_text(BRIDGE, "utf-8")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a.zip").write_bytes(make_zip({"x.txt": VOTE.encode()}))
    names = [article.document for article in read_corpus([tmp_path / "one", tmp_path / "two"])]
    assert names == ["a.zip/x.txt", "two/a.zip/x.txt"]


def build(folder: Path, target: Path) -> Changes:
    return build_index([folder], target, BagEmbedder(), Settings(data_dir=target / "none")).changes


def documents(target: Path) -> list[str]:
    return [one.document for one in open_index(target).catalog.articles() if not one.document.startswith("z.")]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with an export that is large enough for an index that changes nothing without need."""
    chooser = random.Random(1)
    words = [f"{a}{b}{c}" for a in ("bal", "cor", "fen") for b in ("i", "o") for c in ("ne", "ta", "ru", "ve")]
    records: list[dict[str, object]] = [
        {"id": number, "text": "\n\n".join(" ".join(chooser.choices(words, k=60)) + "." for _ in range(3))}
        for number in range(80)
    ]
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "z.jsonl").write_text(lines(records), "utf-8")
    return tmp_path / "corpus"


def test_a_file_that_has_not_changed_is_not_taken_apart_again(corpus: Path, tmp_path: Path) -> None:
    target = tmp_path / "index"
    (corpus / "a.zip").write_bytes(make_zip({"a.jsonl": lines(RECORDS).encode()}))
    assert build(corpus, target).added[:2] == ("a.zip/a.jsonl#pont", "a.zip/a.jsonl#vote")
    catalog = open_index(target).catalog
    reader = Reader(catalog)
    ((first, _), (second, _)) = reader(corpus / "a.zip", "a.zip", most_bytes=20_000_000)
    assert reader.kept == {first.document, second.document}
    assert [first, second] == [article for article, _ in read_articles(corpus / "a.zip", "a.zip")]
    assert {origin.file: len(origin.content) for origin in catalog.origins().values()} == {"a.zip": 64, "z.jsonl": 64}
    manifest = (target / "manifest.json").read_bytes()
    assert build(corpus, target) == Changes(unchanged=82)
    assert (target / "manifest.json").read_bytes() == manifest
    (corpus / "a.zip").write_bytes(make_zip({"a.jsonl": (lines([{"id": 0, "text": STORM}]) + lines(RECORDS)).encode()}))
    assert build(corpus, target) == Changes(added=("a.zip/a.jsonl#0",), unchanged=82)


def test_what_was_left_out_as_a_duplicate_comes_back(corpus: Path, tmp_path: Path) -> None:
    """Of a file that is as it was, when the article of the same text in another file is gone."""
    target = tmp_path / "index"
    (corpus / "b.jsonl").write_text(lines(RECORDS), "utf-8")
    build(corpus, target)
    (corpus / "a.txt").write_text(VOTE, "utf-8")
    build(corpus, target)
    assert documents(target) == ["a.txt", "b.jsonl#pont"]
    manifest = (target / "manifest.json").read_bytes()
    assert build(corpus, target) == Changes(unchanged=82)
    assert (target / "manifest.json").read_bytes() == manifest
    (corpus / "a.txt").unlink()
    build(corpus, target)
    assert documents(target) == ["b.jsonl#pont", "b.jsonl#vote"]


def test_a_citation_names_its_page(tmp_path: Path) -> None:
    corpus, target = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    pages = [column(f"{BRIDGE} {STORM}"), column("La maire Anne Le Goff a inauguré le nouveau stade de Brest.")]
    (corpus / "a.pdf").write_bytes(make_pdf(pages))
    (corpus / "b.txt").write_text(VOTE, "utf-8")
    build(corpus, target)
    retriever = Retriever(open_index(target), BagEmbedder())
    pipeline = Pipeline(retriever, BagEmbedder(), None, Settings(answer_threshold=0.0))
    cited = {one.document: one.page for question in ("Qui a inauguré le stade de Brest ?", "Qui a voté le budget ?")
             for one in pipeline.ask(question).citations}  # fmt: skip
    assert cited == {"a.pdf": 2, "b.txt": None}
