"""Files as bad as they come, made by a script: `python -m tests.support.bad_corpus DIR`.

Each case says what reading its file must tell; `tests.support.bad_corpus.reading` reads them one by one under limits.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from tests.support.bad_corpus import archives, documents, exports, places, texts
from tests.support.bad_corpus.case import Case
from tests.support.sample_files import STORY

CASES: tuple[Case, ...] = texts.CASES + documents.CASES + exports.CASES + archives.CASES + places.CASES
SECRET = "Mot de passe : sésame. "
"""Stands in files that nobody may open: no article holds it."""


def write_corpus(folder: Path, cases: Iterable[Case]) -> None:
    """Makes the file of each case in `folder`/files, and beside it the folder `outside`, to which some of them lead."""
    files, outside = folder / "files", folder / "outside"
    files.mkdir(parents=True)
    outside.mkdir()
    (outside / "secret.txt").write_text(f"{SECRET}{STORY}", encoding="utf-8")
    (outside / "linked.txt").write_text(f"Ailleurs, {STORY}", encoding="utf-8")
    os.mkfifo(outside / "pipe")
    (files / "round").symlink_to(".", target_is_directory=True)
    (files / "away").symlink_to("../outside", target_is_directory=True)
    for case in cases:
        case.make(files / case.name)
