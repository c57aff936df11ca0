"""An open index: the stores of its data folder, held against its manifest."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import EmbedderMismatch, IndexDamaged
from rag.protocols import Embedder
from rag.store.checksums import cut_files
from rag.store.manifest import Manifest, current_manifest
from rag.store.stores import Stores, open_stores


@dataclass(frozen=True, slots=True)
class Index(Stores):
    """An open index. Reading it never writes."""

    path: Path
    manifest: Manifest


def open_index(path: Path) -> Index:
    """Opens the index in the folder `path`. Raises IndexMissing, IndexDamaged, IndexTooOld and IndexTooNew."""
    manifest = current_manifest(path)
    stores = open_data(path / manifest.data, manifest)
    opened: dict[str, Any] = {field.name: getattr(stores, field.name) for field in dataclasses.fields(stores)}
    return Index(path=path, manifest=manifest, **opened)


def open_data(data: Path, manifest: Manifest) -> Stores:
    """Opens the stores in the folder `data`, which are to be what `manifest` says. Raises IndexDamaged."""
    for name, reason in cut_files(data, manifest.files):
        raise IndexDamaged(path=data / name, reason=reason)
    stores = open_stores(data)
    expected = (manifest.articles, *(4 * [manifest.passages]), *(2 * [manifest.sentences]))
    if stores.counts != expected:
        raise IndexDamaged(path=data, reason=f"holds {stores.counts}, its manifest says {expected}")
    return stores


def check_embedder(manifest: Manifest, embedder: Embedder, path: Path | str) -> None:
    """Raises EmbedderMismatch unless the vectors of index and `embedder` may be compared."""
    if manifest.embedder_digest != embedder.digest:
        built, chosen = (
            f"{name} ({digest[:8]})"
            for name, digest in ((manifest.embedder, manifest.embedder_digest), (embedder.name, embedder.digest))
        )
        raise EmbedderMismatch(path=path, built=built, chosen=chosen)
