"""Files of `FaissStore` written batch by batch, so that no more than a batch of the vectors is ever in memory.

FAISS writes an index that it holds. Of its format (`index_write.cpp`) only this is relied on: an `IndexIDMap` is a
header, the index within and the ids; an `IndexRefine` a header, its two indexes and the factor; and an index of vectors
or codes ends with those. The tests compare the files with what FAISS writes.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import faiss
import numpy as np

from rag.protocols import Ids, Vectors

_COUNT = struct.Struct("<Q")
_FACTOR = struct.Struct("<f")
# Four letters, the dimension (int32), the number of vectors (int64), and more that does not depend on it.
_HEADER, _COUNT_AT = 37, 8


def write_flat(path: Path, ids: Ids, batches: Iterable[Vectors], dimension: int) -> None:
    """Writes a store of vectors as they are: `batches`, float32 [m, dimension], hold one for each of `ids`."""
    with _store_file(path, ids, dimension) as file:
        file.write(_counting(_written(faiss.IndexFlatIP(dimension))[: -_COUNT.size], len(ids)))
        file.write(_COUNT.pack(len(ids) * dimension))
        for some in batches:
            file.write(np.ascontiguousarray(some, np.float32).data)


def write_refined(path: Path, ids: Ids, index: faiss.IndexRefine, batches: Iterable[Vectors]) -> None:
    """Writes a store of `index`, of whose two trained parts the first holds the vectors and the second none yet.

    `batches`, float32 [m, dimension], hold one for each of `ids`.
    """
    codes: Any = faiss.downcast_index(index.refine_index)
    with _store_file(path, ids, index.d) as file:
        file.write(_counting(_written(index)[:_HEADER], len(ids)))
        file.write(_written(index.base_index))
        file.write(_counting(_written(codes)[: -_COUNT.size], len(ids)))
        file.write(_COUNT.pack(len(ids) * codes.code_size))
        for some in batches:
            file.write(np.ascontiguousarray(codes.sa_encode(some)).data)
        file.write(_FACTOR.pack(index.k_factor))


def rewrite_effort(path: Path, ids: Ids, index: faiss.IndexRefine) -> None:
    """Puts the parameters by which `index` searches into the file that `write_refined` wrote of it."""
    with path.open("r+b") as file:
        file.seek(2 * _HEADER)
        file.write(_written(index.base_index))
        file.seek(-(_FACTOR.size + _COUNT.size + 8 * len(ids)), os.SEEK_END)
        file.write(_FACTOR.pack(index.k_factor))
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _store_file(path: Path, ids: Ids, dimension: int) -> Iterator[BinaryIO]:
    """A new file to which the index within an `IndexIDMap` is to be written; flushed to disk."""
    with path.open("wb") as file:
        file.write(_counting(_written(faiss.IndexIDMap(faiss.IndexFlatIP(dimension)))[:_HEADER], len(ids)))
        yield file
        file.write(_COUNT.pack(len(ids)))
        file.write(np.ascontiguousarray(ids, np.int64).data)
        file.flush()
        os.fsync(file.fileno())


def _written(index: faiss.Index) -> bytes:
    content: bytes = faiss.serialize_index(index).tobytes()
    return content


def _counting(head: bytes, vectors: int) -> bytes:
    """The beginning of an index's file, with that number of vectors in its header."""
    return head[:_COUNT_AT] + struct.pack("<q", vectors) + head[_COUNT_AT + 8 :]
