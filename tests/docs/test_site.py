"""The site builds without a warning, and nothing of it is asked of another host."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.support.doc_pages import DOCS, PAGES
from tests.support.paths import PROJECT

pytestmark = pytest.mark.slow

# By tag, the attributes that a browser follows by itself. Of links it follows those of these kinds.
LOADED = {
    "script": ("src",), "link": ("href",), "img": ("src", "srcset"), "iframe": ("src",), "source": ("src", "srcset"),
    "video": ("src", "poster"), "audio": ("src",), "embed": ("src",), "object": ("data",),
    "use": ("href", "xlink:href"),
}  # fmt: skip
NOT_LOADED = {"alternate", "canonical", "next", "prev", "edit"}
ELSEWHERE = re.compile(r"^\s*(?:[a-z]+:)?//", re.IGNORECASE)
IN_STYLES = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])((?:https?:)?//[^'\")]+)")


class Loads(HTMLParser):
    """Collects what a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and set((given.get("rel") or "").split()) <= NOT_LOADED:
            return
        self.addresses += [given[name] or "" for name in LOADED.get(tag, ()) if name in given]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=PROJECT,
        env={**environment, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 and not done.stderr.strip(), done.stdout + done.stderr
    return folder


def test_every_page_is_there_in_both_languages(site: Path) -> None:
    for page in PAGES:
        built = page.relative_to(DOCS).with_suffix(".html")
        assert 'lang="en"' in (site / built).read_text(encoding="utf-8")
        assert 'lang="fr"' in (site / "fr" / built).read_text(encoding="utf-8")


def test_nothing_is_left_to_generate(site: Path) -> None:
    assert not [path for path in site.rglob("*.html") if "<!-- generated:" in path.read_text(encoding="utf-8")]


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 2 * len(PAGES)
    for page in pages:
        loads = Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        assert loads.addresses and not [address for address in loads.addresses if ELSEWHERE.match(address)], page
    for sheet in site.rglob("*.css"):
        assert not IN_STYLES.findall(sheet.read_text(encoding="utf-8")), sheet


def test_what_would_be_loaded_from_elsewhere_is_found() -> None:
    loads = Loads()
    loads.feed('<script src="//cdn.example/x.js"></script><link rel="stylesheet" href="https://cdn.example/x.css">')
    loads.feed('<link rel="canonical" href="https://example.org/"><a href="https://example.org/">x</a>')
    assert [bool(ELSEWHERE.match(address)) for address in loads.addresses] == [True, True]
    assert IN_STYLES.findall("@font-face{src:url(https://fonts.example/a.woff2)}")


def test_both_languages_are_searched(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    assert index["config"]["lang"] == ["en", "fr"]
    places = {entry["location"].partition("#")[0] for entry in index["docs"]}
    assert {"first-answer.html", "fr/first-answer.html", "reference/commands.html"} <= places
