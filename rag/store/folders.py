"""The data folders of an index: a new one is written beside the one that the manifest names, then takes its place.

A copy of the manifest lies with the data, from which it can be made again.
"""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from rag.errors import RagError
from rag.store.manifest import Manifest, read_manifest, write_manifest
from rag.system import writing

DATA_PREFIX = "data-"


@contextlib.contextmanager
def new_data(target: Path) -> Iterator[Path]:
    """A new data folder for the index in `target`; it goes again unless it was made that of the index."""
    data = target / f"{DATA_PREFIX}{uuid.uuid4().hex[:12]}"
    try:
        with writing(target):
            data.mkdir()
            yield data
    finally:
        if _named(target) != data.name:
            shutil.rmtree(data, ignore_errors=True)


def put_in_place(target: Path, manifest: Manifest) -> None:
    """Makes the folder that `manifest` names the data of the index in `target`, and takes others away."""
    write_manifest(target / manifest.data, manifest)
    write_manifest(target, manifest)
    remove_others(target, manifest)


def remove_others(target: Path, manifest: Manifest) -> None:
    """Takes away the data folders that `manifest` does not name: old ones, and those of builds that were killed."""
    for folder in target.glob(f"{DATA_PREFIX}*"):
        if folder.name != manifest.data:
            shutil.rmtree(folder, ignore_errors=True)


def _named(target: Path) -> str:
    try:
        return read_manifest(target).data
    except RagError:
        return ""
