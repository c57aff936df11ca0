"""PDF and Word files made for tests, small and whole."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
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
