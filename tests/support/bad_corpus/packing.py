"""Archives that no library would write: bombs, lies about sizes, links, names that lead out of the folder."""

from __future__ import annotations

import gzip
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from tests.support.file_makers import make_zip

_REGULAR, _LINK = 0o100644 << 16, 0o120777 << 16
_ENCRYPTED, _UTF8 = 0x1, 0x800
_STORED, _DEFLATED = 0, 8


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a .zip, as its headers have it: `packed` need not be what the other fields say."""

    name: bytes
    packed: bytes = b""
    size: int = 0
    checksum: int = 0
    method: int = _STORED
    flags: int = _UTF8
    attributes: int = _REGULAR

    @classmethod
    def of(cls, name: str | bytes, content: bytes, **fields: int) -> Member:
        """A true one, but for `fields`."""
        packed = _deflate(content)
        true = {"size": len(content), "checksum": zlib.crc32(content), "method": _DEFLATED, **fields}
        return cls(name.encode() if isinstance(name, str) else name, packed, **true)


def raw_zip(members: Sequence[Member], *, shared: bool = False) -> bytes:
    """A .zip of `members`; `shared`: all of them lie where the first one does."""
    out, directory, place = BytesIO(), BytesIO(), 0
    for member in members:
        fields = struct.pack(
            "<HHHHHIIIHH", 20, member.flags, member.method, 0, 0x21, member.checksum, len(member.packed), member.size,
            len(member.name), 0,
        )  # fmt: skip
        if not shared or not out.tell():
            place = out.tell()
            out.write(b"PK\x03\x04" + fields + member.name + member.packed)
        rest = struct.pack("<HHHII", 0, 0, 0, member.attributes, place)
        directory.write(b"PK\x01\x02" + struct.pack("<H", 0x0314) + fields + rest + member.name)
    count, end = min(len(members), 0xFFFF), out.tell()
    out.write(directory.getvalue())
    out.write(b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, directory.tell(), end, 0))
    return out.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    """The files of an ordinary .zip."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def link(name: str, target: str) -> Member:
    """A symbolic link in a .zip."""
    return Member.of(name, target.encode(), attributes=_LINK)


def locked(name: str, content: bytes) -> Member:
    """A file with a password."""
    return Member.of(name, bytes(12) + content, flags=_UTF8 | _ENCRYPTED)


def bomb_member(name: str, gigabytes: float, claimed: int | None = None, content: bytes = b"a ") -> Member:
    """Some kilobytes that unpack to `gigabytes` of `content`, and say that they unpack to `claimed` bytes."""
    packed, size, checksum = _bomb(gigabytes, content)
    return Member(name.encode(), packed, min(size if claimed is None else claimed, 0xFFFFFFFF), checksum, _DEFLATED)


def gzip_bomb(gigabytes: float) -> bytes:
    """Some kilobytes of a .gz that unpack to `gigabytes`."""
    packed, size, checksum = _bomb(gigabytes)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + packed + struct.pack("<II", checksum, size & 0xFFFFFFFF)


def nested_bomb(depth: int, width: int, megabytes: int) -> bytes:
    """A .zip of .zip files of .zip files, `width` on each of `depth` levels, with a text of megabytes at the end."""
    content = make_zip({"a.txt": b"a " * (megabytes * 500_000)})
    for _ in range(depth):
        packed = make_zip({"0.zip": content})
        content = make_zip({f"{number}.zip": packed for number in range(width)})
    return content


def make_tar(members: Sequence[tuple[tarfile.TarInfo, bytes]], mode: str = "w:gz") -> bytes:
    """A tar of these."""
    out = BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, BytesIO(content))
    return out.getvalue()


def tar_member(
    name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, target: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    """A file of any kind in a tar."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, content


def gzipped(content: bytes) -> bytes:
    """An ordinary .gz, the same each time."""
    return gzip.compress(content, mtime=0)


def _deflate(content: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(content) + compressor.flush()


@lru_cache
def _bomb(gigabytes: float, content: bytes = b"a ") -> tuple[bytes, int, int]:
    """A deflated stream of blocks that do not refer to each other, what it unpacks to, and the checksum of that."""
    block, count = content * (1_000_000 // len(content)), int(gigabytes * 1_000)
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = compressor.compress(block) + compressor.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(count):
        checksum = zlib.crc32(block, checksum)
    return packed * count + _deflate(b""), len(block) * count, checksum
