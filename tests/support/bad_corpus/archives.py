"""Archives: bombs, passwords, links, names that lead out of the folder, and those that are cut off."""

from __future__ import annotations

import tarfile

from tests.support.bad_corpus.case import Case, bad
from tests.support.bad_corpus.packing import (
    Member,
    bomb_member,
    gzip_bomb,
    gzipped,
    link,
    locked,
    make_tar,
    nested_bomb,
    raw_zip,
    tar_member,
)
from tests.support.file_makers import make_zip
from tests.support.sample_files import STORY

_TEXT = STORY.encode()
_GOOD = Member.of("bon.txt", _TEXT)
_ESCAPES = (
    "../../up.txt",
    "/etc/up.txt",
    "a/../../../up.txt",
    "..\\..\\up.txt",
    "C:\\up.txt",
    "a\n\x1b[2Jb.txt",
    "\u202etxt.exe.txt",
)

_ZIPS = (
    bad("bomb.zip", lambda: raw_zip([_GOOD, bomb_member("bombe.txt", 0.5)]), "FileTooLarge", articles=1),
    bad(
        "lying-bomb.zip",
        lambda: raw_zip([_GOOD, bomb_member("bombe.txt", 0.5, claimed=100)]),
        "FileDamaged",
        articles=1,
    ),
    bad("nested-bomb.zip", lambda: nested_bomb(3, 8, 50), "ArchiveTooDeep"),
    bad(
        "many-bombs.zip",
        lambda: raw_zip([bomb_member(f"{n}.txt", 0.019, content=b" ") for n in range(60)]),
        "ArchiveTooLarge",
        "EmptyArticle",
    ),
    bad(
        "overlap.zip",
        lambda: raw_zip([bomb_member(f"{n}.txt", 0.002) for n in range(60)], shared=True),
        "FileDamaged",
        articles=1,
    ),
    Case(
        "bomb-4-gb.zip",
        lambda path: path.write_bytes(raw_zip([bomb_member("bombe.txt", 4.2)])),
        ("FileTooLarge",),
        heavy=True,
    ),
    bad("escape.zip", raw_zip([Member.of(name, _TEXT + name.encode()) for name in _ESCAPES]), articles=7),
    bad(
        "links.zip",
        raw_zip([_GOOD, link("secret.txt", "/etc/passwd"), link("up.txt", "../outside/secret.txt")]),
        articles=1,
    ),
    bad("locked.zip", raw_zip([_GOOD, locked("secret.txt", _TEXT)]), "FileEncrypted", articles=1),
    bad("empty.zip", raw_zip([]), "NoArticles"),
    bad("nothing-known.zip", make_zip({"a.exe": b"MZ", ".cache.txt": _TEXT, "b/": b""}), "NoArticles"),
    bad("cut.zip", make_zip({"a.txt": _TEXT * 50})[:-30], "FileDamaged"),
    bad("prose.zip", STORY, "FormatMismatch"),
    bad("checksum.zip", raw_zip([_GOOD, Member.of("faux.txt", _TEXT, checksum=1)]), "FileDamaged", articles=1),
    bad("method.zip", raw_zip([_GOOD, Member.of("faux.txt", _TEXT, method=99)]), "FileDamaged", articles=1),
    bad("same-names.zip", raw_zip([Member.of("a.txt", _TEXT + bytes([65 + n])) for n in range(3)]), articles=3),
    bad(
        "bytes-names.zip",
        raw_zip([Member.of(b"\xff\xfe\n.txt", _TEXT, flags=0), Member.of(b"\x80.txt", _TEXT + b"A", flags=0)]),
        articles=2,
    ),
    bad("no-utf8-name.zip", raw_zip([Member.of(b"\xc3\x28.txt", _TEXT)]), "FileDamaged"),
    bad(
        "members.zip", lambda: raw_zip([Member(b"%d.txt" % n) for n in range(60_000)]), "ArchiveTooMany", "EmptyArticle"
    ),
    bad(
        "all-bad.zip",
        make_zip({"a.txt": b"", "b.pdf": b"%PDF", "c.docx": b"x", "d.txt": _TEXT}),
        "EmptyArticle",
        "FormatMismatch",
        articles=1,
    ),
)

_LINKS = [
    tar_member("bon.txt", _TEXT),
    tar_member("lien.txt", kind=tarfile.SYMTYPE, target="/etc/passwd"),
    tar_member("dur.txt", kind=tarfile.LNKTYPE, target="/etc/passwd"),
    tar_member("disque.txt", kind=tarfile.BLKTYPE),
    tar_member("zero.txt", kind=tarfile.CHRTYPE),
    tar_member("tube.txt", kind=tarfile.FIFOTYPE),
    tar_member("../../up.txt", _TEXT + b" Plus haut."),
]

_OTHERS = (
    bad("devices.tar.gz", make_tar(_LINKS), articles=2),
    bad("devices.tar", make_tar(_LINKS, "w"), "NotText"),
    bad("cut.tar.gz", make_tar(_LINKS)[:-40], "FileDamaged"),
    bad("empty.tar.gz", make_tar([]), "NoArticles"),
    bad("cut.txt.gz", gzipped(_TEXT * 90)[:-20], "FileDamaged"),
    bad("bomb.txt.gz", lambda: gzip_bomb(0.5), "FileTooLarge"),
    bad("bomb.jsonl.gz", lambda: gzip_bomb(0.5), "ArchiveTooLarge"),
    bad("empty.txt.gz", gzipped(b""), "EmptyArticle"),
    bad("nothing.txt.gz", b"", "EmptyArticle"),
    bad("prose.txt.gz", STORY, "FormatMismatch"),
    bad("twice.txt.gz", gzipped(gzipped(_TEXT)), "FormatMismatch"),
    bad("tail.txt.gz", gzipped(_TEXT) + b"rest", "FileDamaged"),
)

CASES: tuple[Case, ...] = _ZIPS + _OTHERS
