"""Every bad file gives its reason within its limits, opens nothing else, and stops none of the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.bad_corpus import CASES, write_corpus
from tests.support.bad_corpus.case import Case
from tests.support.paths import PROJECT

HEAVY = bool(os.environ.get("RAG_TEST_HEAVY"))
CHOSEN = [case for case in CASES if HEAVY or not case.heavy]
MOST_SECONDS = 10.0  # of the processor, for a file
MOST_MB = 600.0  # beyond what the process held before
EVERYTHING = ""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="files are read in forked processes")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, dict[str, Any]]:
    """What reading each file gave, and under no name what reading all of them as one folder gave."""
    folder = tmp_path_factory.mktemp("bad")
    write_corpus(folder, CHOSEN)
    command = [sys.executable, "-m", "tests.support.bad_corpus.reading", str(folder), *(case.name for case in CHOSEN)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["name"]: row for row in rows}


def test_there_are_many() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CHOSEN, ids=lambda case: ascii(case.name))
def test_a_file_gives_its_reason(case: Case, outcomes: Mapping[str, dict[str, Any]]) -> None:
    got = outcomes[case.name]
    assert not got["died"]
    assert (tuple(got["told"]), len(got["documents"])) == (tuple(sorted(case.told)), case.articles)
    assert got["reads"], f"no article of it holds « {case.reads} »"
    assert not got["touched"] and not got["secret"]
    assert got["seconds"] <= MOST_SECONDS
    assert got["peak_mb"] <= MOST_MB
    for document in got["documents"]:
        # A file's own name is what the disk has; a name in an archive is anything that its maker wrote.
        assert ".." not in document.split("/") and not document.startswith("/")
        assert not any(unicodedata.category(sign)[0] == "C" for sign in document.removeprefix(case.name))


def test_all_of_them_in_one_folder(outcomes: Mapping[str, dict[str, Any]]) -> None:
    """The others are read, whatever stands beside them; links to folders are not followed."""
    got = outcomes[EVERYTHING]
    assert not got["died"]
    assert not got["touched"] and not got["secret"]
    assert got["peak_mb"] <= MOST_MB
    assert len(set(got["documents"])) == len(got["documents"])
    told = {kind for case in CHOSEN for kind in case.told} | {"duplicate"}
    assert set(got["told"]) <= told
    # Many of them hold the same text; the first one in the order of names is read.
    singles = [case for case in CHOSEN if case.articles == 1 and case.reads]
    assert len(got["documents"]) >= len({case.reads for case in singles})
