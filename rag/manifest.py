"""What an index is: the file `manifest.json`, by whose replacement a new index takes the place of the old one.

It names the folder beside it that holds the data, what built it, and from what. An index whose manifest
cannot be read is damaged, one of a later schema is refused; one of an earlier schema can only be built again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rag.errors import IndexDamaged, IndexMissing, IndexTooNew, IndexTooOld
from rag.storage import write_text

SCHEMA = 3
FILE = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """`data` is the folder of the data; `roots` are the absolute paths that were indexed; digests are SHA-256.

    `reading_digest` tells how files became articles and spans: where it is the same, so are these. `vectors` says of
    each level how its vectors are stored, and the recall that was measured.
    """

    data: str
    embedder: str
    embedder_digest: str
    dimension: int
    chunk_tokens: int
    overlap_sentences: int
    roots: tuple[str, ...]
    corpus_digest: str
    articles: int
    passages: int
    sentences: int
    created: str
    libraries: dict[str, str]
    reading_digest: str = ""
    vectors: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    schema: int = SCHEMA


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the index in `folder`. Raises IndexMissing, IndexDamaged and IndexTooNew."""
    path = folder / FILE
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        if fields["schema"] > SCHEMA:
            raise IndexTooNew(path=folder, found=fields["schema"], known=SCHEMA)
        manifest = Manifest(**{**fields, "roots": tuple(fields["roots"])})
    except (FileNotFoundError, NotADirectoryError) as error:
        raise IndexMissing(path=folder) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(path=folder, reason=f"{FILE}: {error!r}") from error
    if Path(manifest.data).name != manifest.data or not (folder / manifest.data).is_dir():
        raise IndexDamaged(path=folder, reason=f"{FILE} names the folder {manifest.data!r}, which is not there")
    return manifest


def current_manifest(folder: Path) -> Manifest:
    """The manifest of an index that this version reads. Raises as `read_manifest` does, and IndexTooOld."""
    manifest = read_manifest(folder)
    if manifest.schema < SCHEMA:
        raise IndexTooOld(path=folder, found=manifest.schema, known=SCHEMA)
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Makes `manifest` the one of `folder`, in one step."""
    write_text(folder / FILE, json.dumps(asdict(manifest), ensure_ascii=False, indent=2) + "\n")
