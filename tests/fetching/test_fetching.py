"""Models arrive whole or not at all, from the first source that has them, and an interruption costs little.

The sources are real and small: the real pip, given wheels made here through its own environment variables, and a
server on the loopback interface in the place of the hub.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

import pytest

from rag.domain import Progress
from rag.errors import DiskFull, FetchBusy, ModelDamaged, ModelMissing, ModelUnreachable, RagError, WriteFailed
from rag.fetching.default_models import HubFile, ModelFile, ModelSpec, Wheel
from rag.fetching.download import EMBEDDER, GENERATOR, MANIFEST, check, fetch
from rag.fetching.sources import Blocks, HubSource, OnBytes, RegistrySource, Source
from rag.protocols import OnProgress

PART = 300_000
CONTENT = random.Random(7).randbytes(2 * PART + 1000)
FILE = ModelFile(
    name="tiny.gguf",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    wheels=tuple(
        Wheel(f"rag-tiny-part{number}==1.0", f"rag_tiny_part{number}/data.bin", size, size)
        for number, size in enumerate((PART, PART, 1000), 1)
    ),
    hub=HubFile("someone/tiny", "abc123", "tiny.gguf"),
)
TINY = ModelSpec(name="tiny", target="tiny.gguf", file=FILE)


def unfold(source: Path, folder: Path, on_progress: OnProgress) -> None:
    """A converter: two files of the model's bytes."""
    (folder / "sub").mkdir(parents=True)
    (folder / "head").write_bytes(source.read_bytes()[:10])
    (folder / "sub" / "tail").write_bytes(source.read_bytes()[10:])


FOLDER = replace(TINY, target="tiny", convert=unfold)


class Registry:
    """A folder of wheels that pip is told to look in, and nowhere else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def serve(
        self, content: bytes = CONTENT, wheels: tuple[Wheel, ...] = FILE.wheels, tag: str = "py3-none-any"
    ) -> None:
        """Puts `content` there, in pieces."""
        start = 0
        for wheel in wheels:
            name, version = wheel.requirement.replace("-", "_").split("==")
            info = f"{name}-{version}.dist-info"
            with zipfile.ZipFile(self.folder / f"{name}-{version}-{tag}.whl", "w") as archive:
                archive.writestr(wheel.member, content[start : start + wheel.size])
                archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
                archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
                archive.writestr(f"{info}/RECORD", "")
            start += wheel.size

    def withdraw(self, part: int) -> None:
        """Takes one wheel away again: whoever asks for it fails."""
        next(self.folder.glob(f"rag_tiny_part{part}-*.whl")).unlink()


Manner = Literal["ranges", "no ranges", "cut off", "absent", "silent", "too long"]


@dataclass
class Hub:
    """A server that has one file, and a manner of handing it out."""

    content: bytes = CONTENT
    manner: Manner = "ranges"
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    address: str = ""

    @property
    def source(self) -> HubSource:
        return HubSource(self.address, answer_s=3 if self.manner != "silent" else 0.3)


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers["Range"]
            hub.asked.append((self.path, wanted))
            if hub.manner == "silent":
                hub.released.wait(30)
            if hub.manner in ("absent", "silent"):
                self.send_error(404)
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and hub.manner != "no ranges" else 0
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(hub.content) - 1}/{len(hub.content)}")
            self.send_header("Content-Length", str(len(hub.content) - start))
            self.end_headers()
            self.wfile.write(hub.content[start : start + PART if hub.manner == "cut off" else None])

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    hub.address = f"http://127.0.0.1:{server.server_port}"
    yield hub
    hub.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No registry but the test's own, no proxy, and a cache that goes with the test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "wheels")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A models folder that does not exist yet."""
    return tmp_path / "models"


@dataclass
class Canned:
    """A source that delivers what it is given, and notes from where it was asked."""

    content: bytes
    asked: list[int] = field(default_factory=list)
    name: str = "canned"

    def read(self, file: ModelFile, offset: int, scratch: Path, arriving: OnBytes) -> Blocks:
        self.asked.append(offset)
        (scratch / "leftover").mkdir(exist_ok=True)
        yield from (self.content[start : start + 50_000] for start in range(offset, len(self.content), 50_000))


def interrupt_after(count: int) -> Callable[[Progress], None]:
    """A progress callback during which the user presses Ctrl-C, once `count` bytes are there."""

    def on_progress(progress: Progress) -> None:
        if progress.done >= count:
            raise KeyboardInterrupt

    return on_progress


def names(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*"))


# Sources


def test_hub_delivers(hub: Hub, models: Path) -> None:
    path = fetch(TINY, models, sources=[hub.source])
    assert path == models / "tiny.gguf"
    assert path.read_bytes() == CONTENT
    assert names(models) == ["tiny.gguf"]
    assert hub.asked == [("/someone/tiny/resolve/abc123/tiny.gguf", None)]


def test_registry_delivers(registry: Registry, models: Path) -> None:
    registry.serve()
    assert fetch(TINY, models, sources=[RegistrySource()]).read_bytes() == CONTENT
    assert names(models) == ["tiny.gguf"]


def test_registry_delivers_wheels_of_another_platform(registry: Registry, models: Path) -> None:
    wheel = Wheel("rag-tiny-elsewhere==1.0", "data.bin", len(CONTENT), len(CONTENT), "win_arm64")
    registry.serve(wheels=(wheel,), tag="py3-none-win_arm64")
    spec = replace(TINY, file=replace(FILE, wheels=(wheel,)))
    assert fetch(spec, models, sources=[RegistrySource()]).read_bytes() == CONTENT


def test_first_source_that_delivers_is_the_last_asked(hub: Hub, models: Path) -> None:
    second = Canned(CONTENT)
    fetch(TINY, models, sources=[hub.source, second])
    assert (len(hub.asked), second.asked) == (1, [])


@pytest.mark.parametrize("manner", ["absent", "silent", "cut off", "too long"])
def test_next_source_takes_over(hub: Hub, models: Path, manner: Manner) -> None:
    hub.manner = manner
    hub.content = CONTENT + b"x" if manner == "too long" else CONTENT
    second = Canned(CONTENT)
    started = time.monotonic()
    assert fetch(TINY, models, sources=[hub.source, second]).read_bytes() == CONTENT
    assert time.monotonic() - started < 3
    assert second.asked == [PART if manner == "cut off" else 0]


def test_hub_that_nobody_serves(models: Path) -> None:
    second = Canned(CONTENT)
    fetch(TINY, models, sources=[HubSource("http://127.0.0.1:9"), second])
    assert second.asked == [0]


@pytest.mark.parametrize("manner", ["absent", "silent"])
def test_hub_that_does_not_answer_is_asked_once(hub: Hub, models: Path, manner: Manner) -> None:
    hub.manner = manner
    source = hub.source
    fetch(TINY, models, sources=[source, Canned(CONTENT)])
    fetch(replace(TINY, target="other.gguf"), models, sources=[source, Canned(CONTENT)])
    assert len(hub.asked) == 1


def test_hub_is_not_asked_for_what_it_does_not_have(hub: Hub, models: Path) -> None:
    fetch(replace(TINY, file=replace(FILE, hub=None)), models, sources=[hub.source, Canned(CONTENT)])
    assert hub.asked == []


def test_hub_address_is_the_users(hub: Hub, models: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.address + "/")
    assert fetch(TINY, models).read_bytes() == CONTENT


def test_present_model_is_not_fetched(models: Path) -> None:
    models.mkdir()
    (models / "tiny.gguf").write_bytes(CONTENT)
    source = Canned(CONTENT)
    assert fetch(TINY, models, sources=[source]) == models / "tiny.gguf"
    assert source.asked == []


def test_progress_rises_to_the_whole(registry: Registry, models: Path) -> None:
    registry.serve()
    seen: list[Progress] = []
    fetch(TINY, models, seen.append, [RegistrySource()])
    assert {(progress.step, progress.total, progress.unit, progress.detail) for progress in seen} == {
        ("fetch", len(CONTENT), "B", "tiny")
    }
    done = [progress.done for progress in seen]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, len(CONTENT))


# Interruptions


def test_registry_goes_on_where_it_was_interrupted(registry: Registry, models: Path) -> None:
    registry.serve()
    with pytest.raises(KeyboardInterrupt):
        fetch(TINY, models, interrupt_after(PART + 1), [RegistrySource()])
    assert names(models) == ["tiny.gguf.partial", "tiny.gguf.partial/tiny.gguf"]
    assert (models / "tiny.gguf.partial" / "tiny.gguf").stat().st_size >= PART
    registry.withdraw(part=1)
    assert fetch(TINY, models, sources=[RegistrySource()]).read_bytes() == CONTENT
    assert names(models) == ["tiny.gguf"]


def test_interruption_before_the_first_byte_leaves_nothing(registry: Registry, models: Path) -> None:
    registry.serve()
    with pytest.raises(KeyboardInterrupt):
        fetch(TINY, models, interrupt_after(0), [RegistrySource()])
    assert names(models) == []


@pytest.mark.parametrize("manner", ["ranges", "no ranges"])
def test_hub_goes_on_where_it_was_interrupted(hub: Hub, models: Path, manner: Manner) -> None:
    hub.manner = manner
    with pytest.raises(KeyboardInterrupt):
        fetch(TINY, models, interrupt_after(PART), [hub.source])
    kept = (models / "tiny.gguf.partial" / "tiny.gguf").stat().st_size
    assert PART <= kept < len(CONTENT)
    assert fetch(TINY, models, sources=[hub.source]).read_bytes() == CONTENT
    assert hub.asked[1:] == [("/someone/tiny/resolve/abc123/tiny.gguf", f"bytes={kept}-")]


def test_registry_goes_on_in_the_middle_of_a_wheel(registry: Registry, models: Path) -> None:
    registry.serve()
    registry.withdraw(part=1)
    (models / "tiny.gguf.partial").mkdir(parents=True)
    (models / "tiny.gguf.partial" / "tiny.gguf").write_bytes(CONTENT[: PART + 77])
    assert fetch(TINY, models, sources=[RegistrySource()]).read_bytes() == CONTENT


def test_complete_but_not_yet_installed_file_needs_no_source(models: Path) -> None:
    (models / "tiny.gguf.partial").mkdir(parents=True)
    (models / "tiny.gguf.partial" / "tiny.gguf").write_bytes(CONTENT)
    source = Canned(b"")
    fetch(TINY, models, sources=[source])
    assert source.asked == []


@pytest.mark.parametrize("leftover", [b"wrong", b"x" * len(CONTENT), b"x" * (len(CONTENT) + 1)])
def test_wrong_leftover_is_fetched_again(models: Path, leftover: bytes) -> None:
    (models / "tiny.gguf.partial").mkdir(parents=True)
    (models / "tiny.gguf.partial" / "tiny.gguf").write_bytes(leftover)
    source = Canned(CONTENT)
    assert fetch(TINY, models, sources=[source]).read_bytes() == CONTENT
    assert source.asked[-1] == 0


def test_leftovers_of_a_killed_fetch_go(models: Path) -> None:
    (models / "tiny.gguf.partial" / "pip-abc" / "wheel").mkdir(parents=True)
    (models / "tiny.gguf.partial" / "pip-abc" / "wheel" / "x.whl").write_bytes(b"x")
    fetch(TINY, models, sources=[Canned(CONTENT)])
    assert names(models) == ["tiny.gguf"]


def test_one_process_fetches_at_a_time(models: Path) -> None:
    caught: list[RagError] = []

    def meanwhile(progress: Progress) -> None:
        def fetch_too() -> None:
            try:
                fetch(TINY, models, sources=[Canned(CONTENT)])
            except FetchBusy as error:
                caught.append(error)

        if not caught:
            thread = threading.Thread(target=fetch_too)
            thread.start()
            thread.join()

    assert fetch(TINY, models, meanwhile, [Canned(CONTENT)]).read_bytes() == CONTENT
    assert caught[0].fields == {"path": models / "tiny.gguf"}
    assert names(models) == ["tiny.gguf"]


# Wrong content


def alter(path: Path) -> None:
    """Changes one byte of `path`, some time later."""
    with open(path, "r+b") as file:
        first = file.read(1)
        file.seek(0)
        file.write(bytes([first[0] ^ 1]))
    os.utime(path, (1, 1))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def test_check_of_a_missing_model(models: Path) -> None:
    with pytest.raises(ModelMissing) as raised:
        check(TINY, models)
    assert raised.value.fields == {"path": models / "tiny.gguf"}


@pytest.mark.parametrize("spoil", [alter, cut])
def test_damaged_file_is_seen_and_fetched_again(models: Path, spoil: Callable[[Path], None]) -> None:
    path = fetch(TINY, models, sources=[Canned(CONTENT)])
    assert check(TINY, models) == path
    spoil(path)
    with pytest.raises(ModelDamaged) as raised:
        check(TINY, models)
    assert raised.value.fields["path"] == path
    assert fetch(TINY, models, sources=[Canned(CONTENT)]).read_bytes() == CONTENT


@pytest.mark.parametrize("wrong", [b"x" * len(CONTENT), CONTENT + b"x"])
def test_wrong_bytes_never_reach_the_final_path(models: Path, wrong: bytes) -> None:
    source = Canned(wrong)
    with pytest.raises(ModelUnreachable):
        fetch(TINY, models, sources=[source])
    assert source.asked == [0]
    assert names(models) == []


def test_damaged_model_stays_until_a_right_one_is_there(models: Path) -> None:
    models.mkdir()
    (models / "tiny.gguf").write_bytes(b"what the user has")
    with pytest.raises(ModelUnreachable):
        fetch(TINY, models, sources=[Canned(b"x" * len(CONTENT))])
    assert (models / "tiny.gguf").read_bytes() == b"what the user has"


def test_wrong_wheel_is_named(registry: Registry, models: Path) -> None:
    registry.serve(content=CONTENT[:-1])
    with pytest.raises(ModelUnreachable) as raised:
        fetch(TINY, models, sources=[RegistrySource()])
    assert "rag-tiny-part3==1.0" in str(raised.value.fields["tried"])


# Nothing to be had


def test_unreachable_names_every_source_and_the_place(hub: Hub, registry: Registry, models: Path) -> None:
    hub.manner = "absent"
    registry.serve()
    registry.withdraw(part=2)
    with pytest.raises(ModelUnreachable) as raised:
        fetch(TINY, models, sources=[hub.source, RegistrySource()])
    fields = raised.value.fields
    assert (fields["name"], fields["path"]) == ("tiny", models / "tiny.gguf")
    for fact in ("hub", hub.address, "404", "package registry", "rag-tiny-part2==1.0", "No matching distribution"):
        assert fact in str(fields["tried"]), fact
    # The first part has come, and need not come again.
    assert (models / "tiny.gguf.partial" / "tiny.gguf").stat().st_size == PART


def test_python_without_pip_is_a_reason(models: Path) -> None:
    with pytest.raises(ModelUnreachable) as raised:
        fetch(TINY, models, sources=[RegistrySource(python=str(models / "no-python"))])
    assert "no-python" in str(raised.value.fields["tried"])


# The disk


def test_space_is_checked_before_any_source_is_asked(models: Path) -> None:
    source = Canned(CONTENT)
    with pytest.raises(DiskFull) as raised:
        fetch(replace(TINY, file=replace(FILE, size=10**15)), models, sources=[source])
    free, needed = raised.value.fields["free"], raised.value.fields["needed"]
    assert isinstance(free, int) and isinstance(needed, int) and free < 10**9 <= needed
    assert raised.value.fields["path"] == models
    assert (source.asked, names(models)) == ([], [])


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_disk_that_fills_up_meanwhile(models: Path) -> None:
    (models / "tiny.gguf.partial").mkdir(parents=True)
    (models / "tiny.gguf.partial" / "tiny.gguf").symlink_to("/dev/full")
    with pytest.raises(DiskFull) as raised:
        fetch(TINY, models, sources=[Canned(CONTENT)])
    assert raised.value.fields["path"] == models
    assert names(models) == []


@pytest.fixture
def unwritable() -> Iterator[Path]:
    """A folder that holds a model and that the user may read only; a test run as root becomes nobody for it."""
    folder = Path(tempfile.mkdtemp())
    (folder / "tiny.gguf").write_bytes(CONTENT)
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield folder
    if root:
        os.seteuid(0)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_model_in_a_read_only_folder_is_used(unwritable: Path) -> None:
    assert fetch(TINY, unwritable, sources=[]) == unwritable / "tiny.gguf"


def test_read_only_folder_is_reported_before_any_source_is_asked(unwritable: Path) -> None:
    source = Canned(CONTENT)
    with pytest.raises(WriteFailed) as raised:
        fetch(replace(TINY, target="other.gguf"), unwritable, sources=[source])
    assert str(raised.value.fields["path"]).startswith(str(unwritable))
    assert raised.value.fields["reason"]
    assert source.asked == []


def test_models_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteFailed):
        fetch(TINY, tmp_path / "file" / "models", sources=[Canned(CONTENT)])


# Models that are converted


def test_converted_model_is_a_folder_alone(models: Path) -> None:
    path = fetch(FOLDER, models, sources=[Canned(CONTENT)])
    assert check(FOLDER, models) == path == models / "tiny"
    assert names(models) == ["tiny", "tiny/head", f"tiny/{MANIFEST}", "tiny/sub", "tiny/sub/tail"]
    assert (path / "head").read_bytes() + (path / "sub" / "tail").read_bytes() == CONTENT
    manifest = json.loads((path / MANIFEST).read_text())
    assert (manifest["source"], manifest["sha256"]) == ("tiny.gguf", FILE.sha256)
    assert manifest["files"]["head"] == hashlib.sha256(CONTENT[:10]).hexdigest()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: alter(path / "head"),
        lambda path: (path / "sub" / "tail").unlink(),
        lambda path: (path / MANIFEST).unlink(),
        lambda path: (path / MANIFEST).write_text("{}"),
        lambda path: (path / MANIFEST).write_text("[1]"),
        lambda path: (path / MANIFEST).write_text('{"sha256": "other", "files": {"head": ""}}'),
    ],
)
def test_damaged_folder_is_seen_and_made_again(models: Path, spoil: Callable[[Path], None]) -> None:
    path = fetch(FOLDER, models, sources=[Canned(CONTENT)])
    spoil(path)
    with pytest.raises(ModelDamaged):
        check(FOLDER, models)
    fetch(FOLDER, models, sources=[Canned(CONTENT)])
    assert (path / "head").read_bytes() == CONTENT[:10]
    assert names(models)[0] == "tiny" and len(names(models)) == 5


def test_interrupted_conversion_keeps_the_download(models: Path) -> None:
    def interrupted(source: Path, folder: Path, on_progress: OnProgress) -> None:
        folder.mkdir()
        (folder / "head").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(replace(FOLDER, convert=interrupted), models, sources=[Canned(CONTENT)])
    assert names(models) == ["tiny.partial", "tiny.partial/tiny.gguf"]
    fetch(FOLDER, models, sources=[])


def test_file_put_there_by_hand_is_converted(models: Path) -> None:
    models.mkdir()
    (models / "tiny.gguf").write_bytes(CONTENT)
    fetch(FOLDER, models, sources=[])
    assert names(models)[0] == "tiny" and len(names(models)) == 5


# The default models


@pytest.mark.parametrize("spec", [GENERATOR, EMBEDDER])
def test_wheels_of_the_default_models_make_their_file(spec: ModelSpec) -> None:
    assert sum(wheel.size for wheel in spec.file.wheels) == spec.file.size
    assert len({wheel.member for wheel in spec.file.wheels}) == len(spec.file.wheels)


def test_default_embedder_never_comes_from_the_hub() -> None:
    assert EMBEDDER.file.hub is None


def test_sources_keep_the_protocol() -> None:
    sources: list[Source] = [HubSource(), RegistrySource(), Canned(b"")]
    assert len({source.name for source in sources}) == 3
