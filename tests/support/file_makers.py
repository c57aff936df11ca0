"""Files of many formats made for tests, small and whole."""

from __future__ import annotations

import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from io import BytesIO

import docx
from pypdf import PdfWriter

Line = tuple[str, float, float]
"""Text, size of its type, height above the bottom of the page. Spaces before the text indent it."""


def make_pdf(pages: Sequence[Sequence[Line]], title: str = "", author: str = "") -> bytes:
    """A PDF whose pages have these lines, in Helvetica."""
    contents = [zlib.compress(b"\n".join(_shown(*line) for line in lines)) for lines in pages]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, content in enumerate(contents):
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >>"
            + f" /Contents {5 + 2 * number} 0 R >>".encode(),
            f"<< /Length {len(content)} /Filter /FlateDecode >>\nstream\n".encode() + content + b"\nendstream",
        ]
    about = f"<< /Title ({title}) /Author ({author}) /CreationDate (D:20190101120000) >>"
    objects.append(about.encode("cp1252"))
    out = BytesIO(b"%PDF-1.4\n")
    out.seek(0, 2)
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + body + b"\nendobj\n")
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    out.write(b"".join(f"{place:010} 00000 n \n".encode() for place in places))
    trailer = (
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\nstartxref\n{start}\n%%EOF\n"
    )
    out.write(trailer.encode())
    return out.getvalue()


def _shown(text: str, size: float, height: float) -> bytes:
    escaped = text.strip().replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    left = 72 + size * (len(text) - len(text.lstrip()))
    return f"BT /F1 {size} Tf 1 0 0 1 {left} {height} Tm ({escaped}) Tj ET".encode("cp1252")


def column(text: str, size: float = 10, top: float = 700) -> list[Line]:
    """The lines of `text` one under the other, a gap where there is an empty one."""
    return [(line, size, top - 1.2 * size * number) for number, line in enumerate(text.split("\n")) if line]


def lock_pdf(content: bytes, password: str) -> bytes:
    """The same PDF, to be opened with `password`."""
    writer = PdfWriter(clone_from=BytesIO(content))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def make_docx(paragraphs: Sequence[tuple[str, str]], title: str = "", author: str = "") -> bytes:
    """A Word document of paragraphs, each with the name of its style."""
    document = docx.Document()
    document.core_properties.title, document.core_properties.author = title, author
    for style, text in paragraphs:
        document.add_paragraph(text, style)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def make_zip(members: Mapping[str, bytes]) -> bytes:
    """A .zip of these files."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def make_tgz(members: Mapping[str, bytes]) -> bytes:
    """A .tar.gz of these files."""
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            archive.addfile(about, BytesIO(content))
    return gzip.compress(out.getvalue(), mtime=0)


def make_mail(text: str = "", page: str = "", charset: str = "utf-8", **headers: str) -> bytes:
    """A mail with a plain part, an HTML part or both; in the names of `headers`, `_` stands for a dash."""
    mail = EmailMessage()
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    if text:
        mail.set_content(text, charset=charset)
    if page and text:
        mail.add_alternative(page, subtype="html", charset=charset)
        mail.set_boundary("the same each time")  # a test is known by its parameters
    elif page:
        mail.set_content(page, subtype="html", charset=charset)
    return mail.as_bytes()


def make_mailbox(mails: Sequence[bytes]) -> bytes:
    """An .mbox of these mails."""
    return b"".join(
        b"From MAILER-DAEMON Wed Sep  3 08:15:00 2025\n" + mail.replace(b"\nFrom ", b"\n>From ") + b"\n"
        for mail in mails
    )


def make_epub(chapters: Mapping[str, str], about: str = "", others: Mapping[str, bytes] | None = None) -> bytes:
    """A book of these chapters, the body of each by its id, `about` in its package; `others` are more files of it."""
    items = "".join(f'<item id="{id_}" href="{id_}.xhtml" media-type="application/xhtml+xml"/>' for id_ in chapters)
    spine = "".join(f'<itemref idref="{id_}"/>' for id_ in chapters)
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opf="http://www.idpf.org/2007/opf">'
        f"{about}</metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    )
    page = (
        '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head>'
    )
    return make_zip(
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": container.encode(),
            "OEBPS/book.opf": package.encode(),
            **{f"OEBPS/{id_}.xhtml": f"{page}<body>{body}</body></html>".encode() for id_, body in chapters.items()},
            **(others or {}),
        }
    )
