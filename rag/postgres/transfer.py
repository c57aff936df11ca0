"""A whole index from one place to another, one of them at least a shared index."""

from __future__ import annotations

import platform
import tempfile
from contextlib import closing
from pathlib import Path

from rag.postgres.download import pull
from rag.postgres.writer import Brought, OnTaken, push
from rag.protocols import OnProgress, silent
from rag.store import Manifest, current_manifest, open_index


def share(
    folder: Path,
    url: str,
    *,
    replace: bool = False,
    on_progress: OnProgress = silent,
    on_problem: OnTaken = lambda problem: None,
) -> Brought:
    """Brings what the index in `folder` holds to the shared index at `url`; see `push`.

    The writer is this machine with this folder: what it brought before and has no more goes. Raises also as
    `open_index` does.
    """
    index = open_index(folder)
    writer = f"{platform.node()}:{folder.resolve()}"
    with closing(index.catalog):
        return push(index, url, writer, replace=replace, on_progress=on_progress, on_problem=on_problem)


def move(
    source: Path | str,
    target: Path | str,
    *,
    replace: bool = False,
    on_progress: OnProgress = silent,
    on_problem: OnTaken = lambda problem: None,
) -> Manifest:
    """Brings the index in `source`, which stays, to `target`; a `str` is the URL of a shared index. What was brought.

    In a shared index, what others brought stays unless `replace`; in a folder an index is overwritten only then.
    Vectors go as they are, but that a shared index keeps 16 bits of each number. Raises as `share` and `pull` do.
    """
    if isinstance(source, str) and isinstance(target, str):
        with tempfile.TemporaryDirectory(prefix="rag-") as between:
            pull(source, Path(between) / "index", on_progress=on_progress)
            return move(Path(between) / "index", target, replace=replace, on_progress=on_progress)
    if isinstance(source, str):
        assert isinstance(target, Path)
        return pull(source, target, replace_present=replace, on_progress=on_progress)
    assert isinstance(target, str)
    share(source, target, replace=replace, on_progress=on_progress, on_problem=on_problem)
    return current_manifest(source)
