"""Text files that are none, or that hold what no keyboard writes."""

from __future__ import annotations

import random
from pathlib import Path

from tests.support.bad_corpus.case import Case, bad, readable
from tests.support.sample_files import STORY

_FRENCH = f"{STORY}\n« Nous sommes prêts », a déclaré la maire, évoquant l'œuvre commune à vingt-six pays.\n"
_MEGABYTE = 1_000_000


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(200 * _MEGABYTE)


def _long_line(path: Path) -> None:
    with path.open("wb") as file:
        for _ in range(200):
            file.write(b"mot " * (_MEGABYTE // 4))


_noise = random.Random(0).randbytes(20_000)

CASES: tuple[Case, ...] = (
    bad("empty.txt", b"", "EmptyArticle"),
    bad("blank.txt", " \n\t\r\n\u00a0\u2003\u3000\x0b\x0c\x85\u2028\n" * 500, "EmptyArticle"),
    bad("mark-alone.txt", b"\xef\xbb\xbf", "EmptyArticle"),
    bad("mark-alone-utf16.txt", b"\xff\xfe", "EmptyArticle"),
    bad("no-width.txt", "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u202e\n" * 100, "EmptyArticle"),
    bad("header-alone.txt", " date 2025-09-04 \n", "EmptyArticle"),
    bad("binary.txt", _noise, "NotText"),
    bad("program.txt", b"\x7fELF\x02\x01\x01" + bytes(9) + _noise, "NotText"),
    bad("controls.txt", bytes(range(1, 32)) * 900, "NotText"),
    bad("nul.txt", f"{STORY}\0{STORY}", "NotText"),
    bad("nul-end.txt", STORY.encode() + bytes(4096), "NotText"),
    bad("picture.txt", b"\x89PNG\r\n\x1a\n" + _noise, "FormatMismatch"),
    bad("utf16-no-mark.txt", _FRENCH.encode("utf-16-le"), "NotText"),
    bad("utf16-cut.txt", _FRENCH.encode("utf-16")[:-1], "NotText"),
    bad("utf32-cut.txt", _FRENCH.encode("utf-32")[:-2], "NotText"),
    readable("utf16.txt", _FRENCH.encode("utf-16"), "encoding"),
    readable("utf16-big.txt", b"\xfe\xff" + _FRENCH.encode("utf-16-be"), "encoding"),
    readable("utf32.txt", _FRENCH.encode("utf-32"), "encoding"),
    readable("utf8-mark.txt", b"\xef\xbb\xbf" + _FRENCH.encode()),
    readable("latin1.txt", _FRENCH.replace("œ", "oe").encode("latin-1"), "encoding"),
    readable("mac.txt", _FRENCH.encode("mac_roman"), "encoding"),
    bad("mixed.txt", _FRENCH.encode() + _FRENCH.encode("cp1252"), "NotText"),
    readable("surrogates.txt", b"Un signe \xed\xa0\x80 seul.\n" + STORY.encode(), "encoding", reads="Un signe"),
    readable("direction.txt", f"\u202e{STORY}\u202c \u2066{STORY}\u2069\n\u200f{STORY}"),
    readable("marks.txt", f"{STORY}\nZ" + "\u0301\u0323\u0336" * 100_000 + f"\n{STORY}"),
    readable("stray-controls.txt", (STORY + " ") * 100 + "\x1b[31m\x07"),
    readable("line-ends.txt", f"{STORY}\r{STORY}\n\r{STORY}\r\r\n{STORY}\x0b{STORY}\u2028{STORY}\x85{STORY}"),
    readable("lines.txt", f"{STORY}\n" + "a\n" * 200_001),
    readable("one-word.txt", f"{STORY}\n" + "a" * 300_000),
    readable("one-line.txt", f"{STORY} " * 12_000),
    readable("headings.md", "".join(f"# Titre {number}\n\n{STORY}\n\n" for number in range(10_000))),
    readable("rules.md", f"{STORY}\n\n" + "---\n" * 20_000 + "> " * 50_000 + "a"),
    readable("front-matter.md", "---\n" + "clef: valeur\n" * 5_000 + STORY),
    Case("sparse.txt", _sparse, ("FileTooLarge",)),
    Case("line-200-mb.txt", _long_line, ("FileTooLarge",), heavy=True),
    readable("date-9999.txt", f" date 9999-12-31 \n{STORY}"),
    readable("date-zero.txt", f" date 0000-00-00 \n{STORY}"),
    readable("date-future.txt", f" date 2077-03-01 \n{STORY}"),
    readable("date-february.txt", f"Date : 31 février 2025\n\nPublié le 31/02/2025\n\n{STORY}"),
    readable("date-digits.txt", f" date 99999999999999999999-1-1 \n{STORY} 2025-13-45 1/1/0000 {'9' * 5_000}"),
    bad("unknown.odt", STORY, "NotText"),
    bad("no-suffix", STORY, "NotText"),
)
