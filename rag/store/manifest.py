"""What an index is: the file `manifest.json`, by whose replacement a new index takes the place of the old one.

It names the folder beside it that holds the data, what built it, and from what. An index whose manifest
cannot be read is damaged, one of a later schema is refused. One of the schema before this is read as it is, and the
next build makes it one of this schema without embedding anything again; an earlier one can only be built again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rag.errors import IndexDamaged, IndexMissing, IndexTooNew, IndexTooOld
from rag.system import write_text

SCHEMA = 4
OLDEST = 3
"""The earliest schema that is read: its manifest lacks `files` and `excluded`, its catalog some columns."""
MANIFEST_FILE = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """`data` is the folder of the data; `roots` are the absolute paths that were indexed; digests are SHA-256.

    `excluded` are absolute paths below the roots, and documents, that were taken out. `files` gives of each file of
    the data, by its path in that folder, "size" and "sha256"; it is empty in an index of the schema before.
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
    excluded: tuple[str, ...] = ()
    files: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    schema: int = SCHEMA


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the index in `folder`, whose data are there. Raises IndexMissing, IndexDamaged, IndexTooNew."""
    manifest = told_manifest(folder)
    if Path(manifest.data).name != manifest.data or not (folder / manifest.data).is_dir():
        raise IndexDamaged(
            path=folder, reason=f"{MANIFEST_FILE} names the folder {manifest.data!r}, which is not there"
        )
    return manifest


def told_manifest(folder: Path) -> Manifest:
    """The manifest of the index in `folder`, whether its data are there or not; raises as `read_manifest` does."""
    try:
        text = (folder / MANIFEST_FILE).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise IndexMissing(path=folder) from error
    except (OSError, ValueError) as error:
        raise IndexDamaged(path=folder, reason=f"{MANIFEST_FILE}: {error!r}") from error
    return parse_manifest(text, folder)


def parse_manifest(text: str, path: Path) -> Manifest:
    """The manifest that `text` is, read from `path`. Raises IndexDamaged and IndexTooNew."""
    try:
        fields = json.loads(text)
        if fields["schema"] > SCHEMA:
            raise IndexTooNew(path=path, found=fields["schema"], known=SCHEMA)
        lists = {name: tuple(fields.get(name, ())) for name in ("roots", "excluded")}
        return Manifest(**{**fields, **lists})
    except (ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(path=path, reason=f"{MANIFEST_FILE}: {error!r}") from error


def current_manifest(folder: Path) -> Manifest:
    """The manifest of an index that this version reads. Raises as `read_manifest` does, and IndexTooOld."""
    return readable(read_manifest(folder), folder)


def readable(manifest: Manifest, path: Path) -> Manifest:
    """`manifest`, read from `path`, if this version reads its index. Raises IndexTooOld."""
    if manifest.schema < OLDEST:
        raise IndexTooOld(path=path, found=manifest.schema, known=SCHEMA)
    return manifest


def manifest_text(manifest: Manifest) -> str:
    """What the file of `manifest` holds."""
    return json.dumps(asdict(manifest), ensure_ascii=False, indent=2) + "\n"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Makes `manifest` the one of `folder`, in one step."""
    write_text(folder / MANIFEST_FILE, manifest_text(manifest))
