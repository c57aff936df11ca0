"""Web pages, PDF files, Word documents and books that are cut, locked, endless, or something else."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from tests.support.bad_corpus.case import LAUGHS, Case, bad, readable
from tests.support.bad_corpus.packing import bomb_member, raw_zip, unzipped
from tests.support.file_makers import column, lock_pdf, make_docx, make_epub, make_pdf, make_zip
from tests.support.sample_files import STORY

_PDF = make_pdf([column(f"Un pont rouvre mardi\n\n{STORY}")])
_DOCX = make_docx([("Title", "Un pont rouvre"), ("Normal", STORY)])
_HEAD = "<!DOCTYPE html><html><head><title>Un pont rouvre</title></head><body>"
_PAGE = f"{_HEAD}<article><h1>Un pont rouvre mardi</h1><p>{STORY}</p><p>{STORY}</p></article></body></html>"


# PDF


def _pdf(objects: Sequence[bytes], size: int | None = None) -> bytes:
    """A PDF of these objects, the first one its catalogue."""
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    return (
        bytes(out) + f"trailer << /Size {size or len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF".encode()
    )


def _page(contents: bytes, kids: str = "3 0 R", count: int = 1) -> bytes:
    """A PDF of one page with these contents, listed as often as `kids` says, and said to be `count`."""
    return _pdf([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
        contents,
    ])  # fmt: skip


def _stream(content: bytes, about: str = "/Filter /FlateDecode") -> bytes:
    return f"<< /Length {len(content)} {about} >>\nstream\n".encode() + content + b"\nendstream"


def _picture_pdf() -> bytes:
    pixels = zlib.compress(bytes(100 * 100))
    about = "/Type /XObject /Subtype /Image /Width 100 /Height 100 /ColorSpace /DeviceGray /BitsPerComponent 8"
    return _pdf([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /XObject << /I 5 0 R >> >> >>",
        _stream(b"q 595 0 0 842 0 0 cm /I Do Q", ""),
        _stream(pixels, f"{about} /Filter /FlateDecode"),
    ])  # fmt: skip


def _twice_packed(megabytes: int) -> bytes:
    """A stream of kilobytes that unpacks twice, to so many megabytes."""
    content = zlib.compress(zlib.compress(b" " * (megabytes * 1_000_000), 9), 9)
    return _stream(content, "/Filter [/FlateDecode /FlateDecode]")


_PDFS = (
    bad("cut.pdf", _PDF[: len(_PDF) // 2], "FileDamaged"),
    bad("hollow.pdf", b"%PDF-1.4\n%%EOF\n", "FileDamaged"),
    bad("noise.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 200 + b"\nstartxref\n99999999999\n%%EOF", "FileDamaged"),
    bad("locked.pdf", lock_pdf(_PDF, "secret"), "FileEncrypted"),
    bad("picture.pdf", _picture_pdf(), "NoTextLayer"),
    bad("blank.pdf", make_pdf([[]]), "NoTextLayer"),
    bad("no-pages.pdf", _page(_stream(b""), kids="", count=0), "NoTextLayer"),
    bad("pages.pdf", _page(_stream(b"", ""), kids="3 0 R " * 50_000, count=50_000), "ArticleTooLong"),
    bad("count.pdf", _page(_stream(b"", ""), count=2_000_000_000), "NoTextLayer"),
    bad("page-loop.pdf", _page(_stream(b"", ""), kids="2 0 R 3 0 R", count=2), "FileDamaged"),
    bad("size.pdf", _page(_stream(b"", "")).replace(b"/Size 5", b"/Size 4000000000"), "NoTextLayer"),
    bad("nesting.pdf", _page(b"[" * 100_000), "NoTextLayer"),
    bad("bomb.pdf", lambda: _page(_twice_packed(300)), "NoTextLayer"),
    bad("contents-loop.pdf", _page(b"4 0 R"), "NoTextLayer"),
    bad("page-called.pdf", _PAGE, "FormatMismatch"),
    bad("pdf-called.txt", _PDF, "FormatMismatch"),
)

# Web pages

_PAGES = (
    bad("text-called.html", STORY, "FormatMismatch"),
    bad("page-called.txt", _PAGE, "FormatMismatch"),
    bad("binary.html", bytes(range(256)) * 50, "NotText"),
    bad(
        "no-article.html",
        f"{_HEAD}<script>x()</script><style>a{{}}</style><img src='a.jpg'></body></html>",
        "EmptyArticle",
    ),
    readable("menu-alone.html", f"{_HEAD}<nav><a href='/'>Accueil</a></nav></body></html>", reads="Accueil"),
    bad("frames.html", "<html><frameset><frame src='a.html'></frameset></html>", "EmptyArticle"),
    bad("deep.html", f"{_HEAD}{'<div>' * 100_000}{STORY}", "EmptyArticle"),
    bad("30-mb.html", lambda: f"{_HEAD}<p>{STORY}</p>".encode() + b"<p>mot</p>" * 3_000_000, "FileTooLarge"),
    readable("tags.html", f"{_HEAD}<p>{STORY}</p>" + "<p>Un mot de plus pour la suite.</p>" * 5_000),
    readable("attributes.html", f"{_HEAD}<p {'a=1 ' * 100_000}>{STORY}</p><p>{STORY}</p>"),
    readable("open-tags.html", f"{_HEAD}<p>{STORY}<p>{STORY}" + "<b><i>" * 500),
    readable("comment.html", f"{_HEAD}<p>{STORY}</p><p>{STORY}</p><!-- " + "- " * 100_000),
    readable("entities.html", f"{_HEAD}<p>{STORY}</p><p>{STORY}&#0;&#xD800;&#x110000;&#99999999999;&nope;</p>"),
    readable("charset.html", _PAGE.replace("<head>", '<head><meta charset="undefined">')),
    readable(
        "doctype.html", _PAGE.replace("<!DOCTYPE html>", '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]>')
    ),
)

# Word

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def _docx(**parts: bytes) -> bytes:
    """A Word document in which `document`, `rels` or other parts are these."""
    names = {"document": "word/document.xml", "rels": "word/_rels/document.xml.rels", "styles": "word/styles.xml"}
    return make_zip(unzipped(_DOCX) | {names[name]: content for name, content in parts.items()})


def _document(text: str, doctype: str = "") -> bytes:
    return f'<?xml version="1.0"?>{doctype}<w:document {_W}><w:body>{text}</w:body></w:document>'.encode()


def _paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


_OUTSIDE = b"""<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId90" TargetMode="External" Target="http://127.0.0.1:9/template.dotx"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"/>
<Relationship Id="rId91" TargetMode="External" Target="file:///etc/passwd"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"/></Relationships>"""

_DOCUMENTS = (
    bad("cut.docx", _DOCX[:-500], "FileDamaged"),
    bad("other-zip.docx", make_zip({"a.txt": STORY.encode()}), "FormatMismatch"),
    bad("old.docx", _OLE, "FormatMismatch"),
    bad("locked.docx", _OLE + "EncryptedPackage".encode("utf-16-le"), "FileEncrypted"),
    bad("broken.docx", _docx(document=b"<w:document"), "FileDamaged"),
    bad("blank.docx", make_docx([("Normal", " ")]), "EmptyArticle"),
    bad("bomb.docx", lambda: _docx(document=_document(" " * 30_000_000)), "FileTooLarge"),
    bad("lying-bomb.docx", lambda: raw_zip([bomb_member("word/document.xml", 0.5, claimed=1_000)]), "FileDamaged"),
    bad("laughs.docx", _docx(document=_document(_paragraph("&l9;"), LAUGHS)), "FileDamaged"),
    bad("deep.docx", lambda: _docx(document=_document("<w:p>" * 100_000)), "FileDamaged"),
    readable("outside.docx", _docx(rels=_OUTSIDE)),
    readable("parts.docx", lambda: make_zip(unzipped(_DOCX) | {f"word/media/{n}.png": b"" for n in range(5_000)})),
)

# Books

_EPUB = make_epub({"a": f"<h1>Un pont</h1><p>{STORY}</p>"}, "<dc:title>Un pont rouvre</dc:title>")
_PACKAGE = "OEBPS/book.opf"
_CHAPTER = "OEBPS/a.xhtml"
_LOCK = """<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#"><CipherData><CipherReference URI="OEBPS/a.xhtml"/></CipherData>
</EncryptedData></encryption>"""


def _epub(*changes: tuple[str, str], **parts: bytes | None) -> bytes:
    """The book with `changes` in its package, and with other files; None takes one away."""
    names = {"container": "META-INF/container.xml", "chapter": _CHAPTER, "lock": "META-INF/encryption.xml"}
    files: dict[str, bytes | None] = {**unzipped(_EPUB)}
    package = unzipped(_EPUB)[_PACKAGE].decode()
    for old, new in changes:
        package = package.replace(old, new)
    files[_PACKAGE] = package.encode()
    files |= {names[name]: content for name, content in parts.items()}
    return make_zip({name: content for name, content in files.items() if content is not None})


_ITEM = '<itemref idref="a"/>'

_BOOKS = (
    bad("no-spine.epub", _epub((_ITEM, "")), "EmptyArticle"),
    bad("no-container.epub", _epub(container=None), "FileDamaged"),
    bad("no-chapter.epub", _epub(chapter=None), "EmptyArticle", "FileDamaged"),
    bad("drm.epub", _epub(chapter=b"\x93" * 900, lock=_LOCK.encode()), "FileEncrypted"),
    bad("outside.epub", _epub(("a.xhtml", "../../../etc/passwd")), "EmptyArticle", "FileDamaged"),
    bad("bomb.epub", lambda: _epub(chapter=b"<p>Un pont</p>" + b" " * 100_000_000), "EmptyArticle", "FileTooLarge"),
    bad("laughs.epub", _epub(("<package", f"{LAUGHS}<package"), ("Un pont rouvre", "&l9;")), "EmptyArticle"),
    bad("cut.epub", _EPUB[:-60], "FileDamaged"),
    bad("twice.epub", _epub((_ITEM, _ITEM * 5_000)), "duplicate", articles=2),
)

CASES: tuple[Case, ...] = _PDFS + _PAGES + _DOCUMENTS + _BOOKS
