"""One bad file: what it is called, how it is made, and what reading it must tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.sample_files import STORY

_ENTITIES = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
LAUGHS = f'<!DOCTYPE x [<!ENTITY l0 "lol">{_ENTITIES}]>'
"""A document type in which the entity &l9; is a billion laughs."""


@dataclass(frozen=True, slots=True)
class Case:
    """A file called `name`, made at its path by `make`.

    Reading it gives `articles` articles and tells `told`: the classes of errors and the kinds of notices, each once
    ("undated" apart, which is true of nearly all). `reads` is a text that one of the articles must hold. `on_open` is
    done to the file at the moment when it is first opened. A `heavy` file takes seconds, or much disk; an
    `unprivileged` one is read as a user without special rights. `opens` are files of the folder `outside` that it may
    lead to.
    """

    name: str
    make: Callable[[Path], object]
    told: tuple[str, ...] = ()
    articles: int = 0
    reads: str = ""
    on_open: Callable[[Path], object] | None = None
    heavy: bool = False
    unprivileged: bool = False
    opens: tuple[str, ...] = ()


Content = bytes | str | Callable[[], bytes | str]
"""What a file holds, or what makes it when it is written."""


def holding(content: Content) -> Callable[[Path], object]:
    """Makes a file of this content."""

    def make(path: Path) -> None:
        made = content() if callable(content) else content
        path.write_bytes(made.encode() if isinstance(made, str) else made)

    return make


def bad(name: str, content: Content, *told: str, articles: int = 0) -> Case:
    """A file called `name` that holds `content`; see `Case`."""
    return Case(name, holding(content), told, articles)


def readable(name: str, content: Content, *told: str, reads: str = STORY) -> Case:
    """A file that looks bad and is read as one article that holds `reads`."""
    return Case(name, holding(content), told, 1, reads)
