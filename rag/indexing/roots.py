"""What an index is to be built from: the paths that are named, those of last time, and what was taken out of them.

A path that is excluded stays so as the folders it lies in are read again, until it is named itself.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.corpus import ReadArticle
from rag.domain import Article
from rag.errors import IndexDamaged, IndexMissing, IndexTooNew, RootsDropped, UnknownDocument
from rag.store import told_manifest


@dataclass(frozen=True, slots=True)
class Sources:
    """`roots` are absolute files and folders; `excluded` absolute paths, or names of articles without own files."""

    roots: tuple[Path, ...]
    excluded: tuple[str, ...] = ()

    def leave_out(self, path: Path) -> bool:
        """Whether the file `path` is excluded, which it is not below a root that lies in the folder that was excluded.

        Such a root was named after the folder was excluded.
        """
        own = [root for root in self.roots if path.is_relative_to(root)]
        return any(
            path.is_relative_to(out) and not any(root.is_relative_to(out) for root in own) for out in self.excluded
        )

    def reading(self, read: ReadArticle) -> ReadArticle:
        """`read` without what is excluded."""

        def reading(path: Path, document: str, *, most_bytes: int) -> Iterator[tuple[Article, str]]:
            if not self.leave_out(_absolute(path)):
                for article, encoding in read(path, document, most_bytes=most_bytes):
                    if article.document not in self.excluded:
                        yield article, encoding

        return reading if self.excluded else read


def choose_sources(
    paths: Sequence[Path],
    target: Path,
    *,
    without: Sequence[Path] = (),
    documents: Collection[str] = (),
    replace: bool = False,
    own: Path,
) -> Sources:
    """What the index in `target`, whose articles are `documents`, is to be built from.

    Without `paths`: what it was built from. `without` names roots, files and folders below them, and documents. The
    folder `own` of the user's own articles stays by itself: nobody names it at the command line. Raises RootsDropped
    when roots of last time are neither among `paths` nor in `without` and `replace` is false, UnknownDocument for what
    is nothing of that, and without `paths` as `told_manifest` does.
    """
    known = _known(target, needed=not paths)
    if replace and paths:
        known = Sources(())
    named = [_absolute(path) for path in paths]
    spelt = [_spellings(path, known.roots) for path in paths]
    back = set().union(*spelt) & set(known.excluded)
    excluded = [out for out in known.excluded if out not in back]
    roots = [path for path, spellings in zip(named, spelt, strict=True) if not back & spellings]
    dropped = {_absolute(path) for path in without}
    if not roots:
        roots = list(known.roots)
    elif own in known.roots and own not in roots:
        roots.append(own)
    missing = [str(root) for root in known.roots if root not in roots and root not in dropped]
    if missing:
        raise RootsDropped(path=target, dropped=", ".join(missing))
    excluded += [_excluded(path, roots, documents) for path in without if _absolute(path) not in roots]
    left = tuple(root for root in roots if root not in dropped)
    return Sources(left, tuple(out for out in dict.fromkeys(excluded) if _matters(out, left)))


def _known(target: Path, *, needed: bool) -> Sources:
    """Those of last time are known as long as the manifest can be read, whatever else cannot."""
    try:
        manifest = told_manifest(target)
    except (IndexMissing, IndexDamaged, IndexTooNew):
        if needed:
            raise
        return Sources(())
    return Sources(tuple(_absolute(Path(root)) for root in manifest.roots), manifest.excluded)


def _spellings(path: Path, roots: Sequence[Path]) -> set[str]:
    """All names by which `path` may have been excluded: as it is written, as an absolute path, and below each root.

    Below the roots it is only looked for where it names no file: it is then the name of an article.
    """
    absolute = _absolute(path)
    below = [] if os.path.lexists(absolute) else [str(root / path) for root in roots]
    return {str(path), str(absolute), *below}


def _excluded(path: Path, roots: Sequence[Path], documents: Collection[str]) -> str:
    """The name by which `path` is excluded from now on: its absolute path where it is a file or folder below a root.

    Of an article the path of its file, or its own name where it shares a file. Raises UnknownDocument.
    """
    absolute, name = _absolute(path), path.as_posix()
    below = any(absolute.is_relative_to(root) for root in roots)
    if below and (name not in documents or os.path.lexists(absolute)):
        return str(absolute)
    if name not in documents:
        raise UnknownDocument(name=name, close=", ".join(difflib.get_close_matches(name, documents, 3)) or "–")
    files = (root / name for root in roots)
    return next((str(file) for file in files if file.is_file()), name)


def _matters(out: str, roots: Sequence[Path]) -> bool:
    return not Path(out).is_absolute() or any(Path(out).is_relative_to(root) for root in roots)


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))
