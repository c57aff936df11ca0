"""What the documentation promises of itself: short READMEs, both languages alike, links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.doc_pages import DOCS, PAGES, READMES, blocks, french, heading_levels, links, skeletons, text_of
from tests.support.paths import PROJECT

MOST_BYTES = 10_240
READABLE = (
    *READMES, PROJECT / "CONTRIBUTING.md", PROJECT / "SECURITY.md", PROJECT / "examples" / "README.md",
    *sorted(DOCS.rglob("*.md")),
)  # fmt: skip
SHELL = ("sh", "bash", "console")
# A path below one of these in code is that of a file of the project.
NAMED = re.compile(r"`((?:rag|eval|tests|docs|examples|seeds|\.setup|\.ci)/[\w./-]*)`")
# What a pattern or a folder made at run time is called.
MADE = {"eval/runs/"}


def name(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


@pytest.mark.parametrize("readme", READMES, ids=name)
def test_a_readme_is_short(readme: Path) -> None:
    assert len(readme.read_bytes()) <= MOST_BYTES


@pytest.mark.parametrize("page", READABLE, ids=name)
def test_links_lead_to_files(page: Path) -> None:
    found = links(page.read_text(encoding="utf-8"))
    assert not [target for target in found if not (page.parent / target).is_file()]


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.fr.md")), ids=name)
def test_a_french_page_links_to_french_pages(page: Path) -> None:
    found = [target for target in links(page.read_text(encoding="utf-8")) if target.endswith(".md")]
    assert all(target.endswith(".fr.md") for target in found), found


@pytest.mark.parametrize("page", READABLE, ids=name)
def test_files_that_are_named_exist(page: Path) -> None:
    named = set(NAMED.findall(page.read_text(encoding="utf-8"))) - MADE
    assert not [path for path in named if not (PROJECT / path).exists()]


@pytest.mark.parametrize("page", [READMES[0], *PAGES], ids=name)
def test_both_languages_have_the_same_parts(page: Path) -> None:
    english, translated = text_of(page), french(page).read_text(encoding="utf-8")
    assert heading_levels(english) == heading_levels(translated)
    assert [block.language for block in blocks(english)] == [block.language for block in blocks(translated)]
    assert re.findall("<!-- generated: .*", english) == re.findall("<!-- generated: .*", translated)


@pytest.mark.parametrize("page", [READMES[0], *PAGES], ids=name)
def test_both_languages_show_the_same_commands(page: Path) -> None:
    for one, other in zip(blocks(text_of(page)), blocks(french(page).read_text(encoding="utf-8")), strict=True):
        if one.language in SHELL:
            assert skeletons(one) == skeletons(other)


def test_no_page_is_left_over() -> None:
    """Every page is in the navigation, and every French one has an English one."""
    navigation = (PROJECT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"\S+\.md$", navigation, re.MULTILINE)) == [name(page)[len("docs/") :] for page in PAGES]
    assert {french(page) for page in PAGES} == set(DOCS.rglob("*.fr.md"))
