"""The pages as text: their headings, their blocks of code, what they link to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generated import contributing

from tests.support.paths import PROJECT

DOCS = PROJECT / "docs"
READMES = (PROJECT / "README.md", PROJECT / "README.fr.md")
PAGES = tuple(path for path in sorted(DOCS.rglob("*.md")) if not path.name.endswith(".fr.md"))
"""The English ones."""

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^(#+) ", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code: the language after its fence, and what is in it."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command that a page shows, and what it says comes out (empty: nothing is said)."""

    line: str
    shown: str = ""


def french(page: Path) -> Path:
    """The French twin of an English page."""
    return page.with_suffix(".fr.md")


def text_of(page: Path) -> str:
    """A page with the file that it shows."""
    mark = "<!-- generated: contributing -->"
    return page.read_text(encoding="utf-8").replace(mark, contributing.render("en"))


def blocks(text: str) -> list[Block]:
    return [Block(*found) for found in _BLOCK.findall(text)]


def heading_levels(text: str) -> list[int]:
    return [len(marks) for marks in _HEADING.findall(_BLOCK.sub("", text))]


def links(text: str) -> list[str]:
    """Targets of links and pictures that lie in the project, without what comes after #."""
    targets = (target.partition("#")[0] for target in _LINK.findall(_BLOCK.sub("", text)))
    return [target for target in targets if target and "://" not in target]


def commands(text: str) -> list[Command]:
    """The commands of a page in order: lines of `sh` blocks, and what follows a $ in `console` blocks."""
    found = []
    for block in blocks(text):
        if block.language == "sh":
            found += [Command(bare(line)) for line in block.text.splitlines() if bare(line)]
        elif block.language == "console":
            for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
                line, _, shown = part.partition("\n")
                found.append(Command(line, shown))
    return found


def bare(line: str) -> str:
    """A line of shell without its comment, which stands after two spaces or more."""
    return re.sub(r"(^|\s\s+)#.*", "", line).strip()


def skeletons(block: Block) -> list[Sequence[str]]:
    """What the commands of a block are in every language: the program, what is asked of it, its options.

    Names of files and questions are translated.
    """
    lines = [line for line in block.text.splitlines() if block.language != "console" or line.startswith("$ ")]
    return [_skeleton(line.removeprefix("$ ")) for line in lines]


def _skeleton(line: str) -> Sequence[str]:
    words = bare(line).split()
    return [word for place, word in enumerate(words) if place < 2 or word.startswith("-")]
