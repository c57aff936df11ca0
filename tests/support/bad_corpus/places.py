"""What stands in a folder beside whole files: pipes, links, names that are none, and files that change under way."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

from tests.support.bad_corpus.case import Case, holding, readable
from tests.support.file_makers import column, make_pdf
from tests.support.sample_files import STORY


def _socket(path: Path) -> None:
    here = os.open(".", os.O_RDONLY)
    os.chdir(path.parent)  # a socket's path may only have some hundred bytes
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)
        os.close(here)


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "inner.txt").write_text(f"Au fond, {STORY}", encoding="utf-8")


def _locked(path: Path) -> None:
    path.write_text(STORY, encoding="utf-8")
    path.chmod(0)


_PDF = make_pdf([column(STORY)])

CASES: tuple[Case, ...] = (
    Case("pipe.txt", os.mkfifo, ("FileUnreadable",)),
    Case("socket.txt", _socket, ("FileUnreadable",)),
    Case("dangling.txt", _link("nowhere.txt"), ("FileUnreadable",)),
    Case("loop.txt", _link("loop.txt"), ("FileUnreadable",)),
    Case("zero.txt", _link("/dev/zero"), ("FileUnreadable",)),
    Case("locked.txt", _locked, ("FileUnreadable",), unprivileged=True),
    Case("folder.txt", _folder, articles=1, reads=STORY),
    Case("linked.txt", _link("../outside/linked.txt"), articles=1, reads="Ailleurs", opens=("linked.txt",)),
    readable("line\nbreak \x1b[31m.txt", f"Ligne. {STORY}"),
    readable("long-" + "n" * 246 + ".txt", f"Long. {STORY}"),
    readable(os.fsdecode(b"caf\xe9 \xff.txt"), f"Au café, {STORY}"),
    readable("..txt", f"Deux points. {STORY}"),
    Case("gone.txt", holding(STORY), ("FileUnreadable",), on_open=Path.unlink),
    Case("shrinks.txt", holding(f"{STORY}\n" * 9), (), 1, on_open=lambda path: os.truncate(path, 83)),
    Case("shrinks.pdf", holding(_PDF), ("FileDamaged",), on_open=lambda path: os.truncate(path, 500)),
    Case("grows.txt", holding(STORY), ("FileTooLarge",), on_open=lambda path: os.truncate(path, 90_000_000)),
    readable("same-1.txt", f"Deux fois. {STORY}"),
    readable("same-2.txt", f"Deux fois. {STORY}"),
)
