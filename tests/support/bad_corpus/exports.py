"""Exports, mails and feeds: syntax that breaks off, records without text, entities that explode, false encodings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.support.bad_corpus.case import LAUGHS, Case, bad, readable
from tests.support.sample_files import STORY

_GOOD = json.dumps({"id": "a1", "title": "Un pont rouvre", "text": STORY}, ensure_ascii=False)
_OTHER = json.dumps({"id": "b2", "title": "Un autre pont", "text": f"Au nord, {STORY}"}, ensure_ascii=False)


def _long_line(path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{_GOOD}\n{{"id": "long", "text": "')
        for _ in range(50):
            file.write("mot " * 250_000)
        file.write(f'"}}\n{_OTHER}\n')


def _open_list(path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(f"[{_GOOD}")
        for _ in range(60_000):
            file.write(',{"id": 0, "note": "sans texte, sans fin, sans rien"}')


_JSON = (
    bad("prose.json", STORY, "FormatMismatch"),
    bad("empty.json", b"", "EmptyArticle"),
    bad("no-objects.json", "[1, 2, 3]", "NoArticles"),
    bad("no-text.json", '[{"a": 1, "b": 2}]', "TextFieldMissing"),
    bad("nested.json", "[" * 200_000, "FileDamaged"),
    bad("nested-objects.json", '{"text":' * 200_000 + "1" + "}" * 200_000, "FileDamaged"),
    bad("cut.json", f'[{_GOOD}, {{"text": "Un', "FileDamaged", articles=1),
    bad("number.json", f'[{_GOOD}, {{"text": {"9" * 10_000}}}]', "FileDamaged", articles=1),
    bad("one-bad.json", f"[{_GOOD}, {{bad}}, 7, {_OTHER}]", "FileDamaged", articles=2),
    bad(
        "surrogate.json",
        f'[{{"id": "\\ud800", "title": "\\udfff", "text": "Un signe \\ud83d seul. {STORY}"}}]',
        articles=1,
    ),
    bad("nul.json", f'[{{"text": "Un \\u0000 signe. {STORY}"}}]', "NotText"),
    bad("same-ids.json", f"[{_GOOD}, {_GOOD.replace('Le pont', 'Le vieux pont')}]", articles=2),
    bad("names.json", f'[{{"id": "../../etc/passwd\\n#", "text": "{STORY}"}}]', articles=1),
    Case("open-list.json", _open_list, ("FileDamaged", "TextFieldMissing"), 1),
    bad("bad-lines.jsonl", f"{_GOOD}\n{{no\n\n[]\n\x00\n{_OTHER}\n", "FileDamaged", articles=2),
    bad(
        "bad-bytes.jsonl",
        f"{_GOOD}\n".encode() + b'{"text": "\xff\xfe\x00"}\n' + _OTHER.encode(),
        "NotText",
        articles=2,
    ),
    bad("prose.jsonl", f"{STORY}\n" * 400, "FileDamaged"),
    Case("line-50-mb.jsonl", _long_line, ("FileTooLarge",), articles=2),
    bad("no-end.jsonl", _GOOD, articles=1),
)

_CSV = (
    bad("no-text.csv", "a,b\n1,2\n", "TextFieldMissing"),
    bad("header-alone.csv", "title,text\n", "NoArticles"),
    bad("empty.csv", b"", "EmptyArticle"),
    bad("quotes.csv", f'title,text\nUn,"{STORY}"\nDeux,"Sans fin. ' + f"{STORY}\n" * 50, articles=2),
    bad("nul.csv", f"title,text\nUn,{STORY}\nDeux,a\0b\nTrois,Au nord. {STORY}\n", "NotText", articles=2),
    bad("long-cell.csv", f"title,text\nUn,{STORY} {'mot ' * 100_000}\n", articles=1),
    bad("columns.csv", ",".join(["x"] * 200_000) + "\n" + ",".join(["1"] * 200_000), "TextFieldMissing"),
    bad("utf16.csv", f"title;text\nUn;{STORY}\n".encode("utf-16"), "encoding", articles=1),
    bad("latin1.tsv", f"titre\ttexte\nUn\t{STORY}\n".encode("latin-1"), "encoding", articles=1),
)

# Mail

_FROM = "From afp@example.org Thu Sep  4 10:00:00 2025\n"
_MAIL_HEAD = "From: AFP <afp@example.org>\nSubject: Un pont rouvre\nDate: Thu, 4 Sep 2025 10:00:00 +0200\n"


def _nested_mail(depth: int) -> str:
    head = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth))
    return f"{_MAIL_HEAD}{head}Content-Type: text/plain; charset=utf-8\n\n{STORY}\n"


_MAIL = (
    bad("nested.eml", _nested_mail(1_000), "FileDamaged"),
    readable("charset.eml", f"{_MAIL_HEAD}Content-Type: text/plain; charset=x-nope\n\n{STORY}\n"),
    readable("wrong-charset.eml", f"{_MAIL_HEAD}Content-Type: text/plain; charset=us-ascii\n\n{STORY}\n"),
    bad("no-body.eml", _MAIL_HEAD + "\n", "EmptyArticle"),
    bad("prose.eml", STORY, "FormatMismatch"),
    bad(
        "attachment.eml",
        f"{_MAIL_HEAD}Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\nAAAA\n",
        "EmptyArticle",
    ),
    readable(
        "base64.eml",
        f"{_MAIL_HEAD}Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!! not it",
        reads="not it",
    ),
    readable("headers.eml", _MAIL_HEAD + "X-A: b\n" * 50_000 + f"\n{STORY}\n"),
    readable("date.eml", _MAIL_HEAD.replace("4 Sep 2025", "31 Feb 99999") + f"\n{STORY}\n"),
    bad("no-message.mbox", STORY, "FormatMismatch"),
    bad("empty.mbox", b"", "EmptyArticle"),
    bad("one-bad.mbox", f"{_FROM}{_MAIL_HEAD}\n{STORY}\n\n{_FROM}{_MAIL_HEAD}\n\n", "EmptyArticle", articles=1),
    bad("flood.mbox", f"{_FROM}\n" * 100_000, "FormatMismatch"),
)

# Feeds

_ITEM = f"<item><title>Un pont</title><description>{STORY}</description></item>"


def _feed(items: str, doctype: str = "") -> str:
    return f'<?xml version="1.0"?>{doctype}<rss version="2.0"><channel><title>AFP</title>{items}</channel></rss>'


def _pointing(doctype: str, name: str = "secret.txt") -> Callable[[Path], object]:
    """A feed whose document type is `doctype`, in which {} is the address of a file that nobody may open."""

    def make(path: Path) -> None:
        address = (path.parent.parent / "outside" / name).resolve().as_uri()
        items = _ITEM.replace("Le pont", "&x; pont") if "ENTITY" in doctype else _ITEM
        path.write_text(_feed(items, doctype.format(address)), encoding="utf-8")

    return make


_ENTITY = '<!DOCTYPE rss [<!ENTITY x SYSTEM "{}">]>'
_BLOWUP = f'<!DOCTYPE rss [<!ENTITY x "{"a" * 50_000}">]>'

_FEEDS = (
    bad("laughs.rss", _feed("<item><title>&l9;</title></item>", LAUGHS), "FileDamaged"),
    bad("blowup.rss", _feed(f"<item><title>{'&x;' * 50_000}</title></item>", _BLOWUP), "FileDamaged"),
    Case("entity.rss", _pointing(_ENTITY), articles=1),
    Case("entity-pipe.rss", _pointing(_ENTITY, "pipe"), articles=1),
    Case("entity-net.rss", _pointing(_ENTITY.format("http://127.0.0.1:9/x")), articles=1),
    Case("dtd.rss", _pointing('<!DOCTYPE rss SYSTEM "{}">'), articles=1),
    bad("cut.rss", _feed(_ITEM)[:-20], "FileDamaged"),
    bad("empty.rss", _feed(""), "NoArticles"),
    bad("other.xml", "<a><b/></a>", "NotAFeed"),
    bad("deep.atom", "<feed xmlns='http://www.w3.org/2005/Atom'>" + "<a>" * 100_000, "FileDamaged"),
    bad("many.rss", _feed("<item/>" * 20_000), "EmptyArticle"),
)

CASES: tuple[Case, ...] = _JSON + _CSV + _MAIL + _FEEDS
