"""What a build costs as the corpus grows: articles a second, and the most memory it holds, which must not grow with it.

`python -m eval.scale.growth ARTICLES INDEX [EMBEDDER]` builds one index in a process of its own, with a double where no
folder of a model is named, and prints what was measured as JSON; `scale grow` starts one for each size.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from eval.benchmarks.memory import held
from eval.cases.recombined import Recombined, write_articles
from eval.harness.runner import peak_memory_mb
from eval.harness.system import PROJECT
from rag.config import Settings
from rag.domain import Progress
from rag.indexing import build_index
from rag.protocols import Embedder, OnProgress, TokenVectors, Vectors, silent
from rag.runtime import make_embedder
from rag.system import MEGABYTE

_DIMENSION = 384
_EVERY_S = 0.05
_WORD = re.compile(r"\S+")


class HashingEmbedder:
    """An `Embedder` without a model: any vector for a text, the same for the same, and one for each word.

    What it gives is as large as what the default model gives, so that all but the model's own work and memory is real.
    """

    name = "hashing"
    digest = hashlib.sha256(b"hashing 1").hexdigest()
    dimension = _DIMENSION
    max_tokens = 512

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors, float32 [len(texts), dimension]."""
        return self.encode_documents(texts)

    def encode_documents(self, texts: Sequence[str], on_progress: OnProgress = silent) -> Vectors:
        """Vectors, float32 [len(texts), dimension]."""
        on_progress(Progress("embed", len(texts), len(texts), "passages"))
        return np.stack([_vector(text) for text in texts]) if texts else np.zeros((0, _DIMENSION), np.float32)

    def encode_question(self, text: str) -> tuple[Vectors, TokenVectors]:
        """A vector of the text, and of each word."""
        return _vector(text), _words(text)

    def encode_passages(
        self, texts: Sequence[str], on_progress: OnProgress = silent
    ) -> Iterator[tuple[int, Vectors, TokenVectors]]:
        """The same of each text, with its place."""
        for place, text in enumerate(texts):
            yield place, _vector(text), _words(text)
            on_progress(Progress("embed", place + 1, len(texts), "passages"))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Words and a third, as the default model's tokens are to French words."""
        return [len(text.split()) * 4 // 3 for text in texts]


@dataclass(slots=True)
class Peak:
    """The most megabytes that a process held of its own, without pages of files that the system can take back."""

    own_mb: float = 0.0


@contextmanager
def watched() -> Iterator[Peak]:
    """Looks at the memory of this process while something goes on."""
    peak, ended = Peak(), threading.Event()

    def watch() -> None:
        while not ended.wait(_EVERY_S):
            peak.own_mb = max(peak.own_mb, held().own_mb)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()


def build(articles: Path, index: Path, settings: Settings, embedder: Embedder) -> dict[str, Any]:
    """Builds the index of the folder `articles` in the new folder `index`: time and memory."""
    before = held()
    start, processor = time.perf_counter(), time.process_time()
    with watched() as peak:
        manifest = build_index([articles], index, embedder, settings).manifest
    took = time.perf_counter() - start
    return {
        "articles": manifest.articles,
        "passages": manifest.passages,
        "sentences": manifest.sentences,
        "seconds": round(took, 1),
        "processor_s": round(time.process_time() - processor, 1),
        "articles_per_s": round(manifest.articles / took, 2),
        "before_mb": round(before.resident_mb, 1),
        "peak_mb": peak_memory_mb(),
        "own_peak_mb": round(peak.own_mb, 1),
        "index_mb": round(sum(path.stat().st_size for path in index.rglob("*") if path.is_file()) / MEGABYTE, 1),
    }


def build_apart(corpus: Recombined, count: int, embedder: str | None) -> dict[str, Any]:
    """What `build` tells of `count` articles of `corpus`, measured in a process of its own; nothing is left of it."""
    with TemporaryDirectory() as folder:
        articles, index = Path(folder, "articles"), Path(folder, "index")
        write_articles(articles, corpus, count)
        model = [str(Path(embedder).resolve())] if embedder else []
        command = [sys.executable, "-m", "eval.scale.growth", str(articles), str(index), *model]
        done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The builds as lines of text, and how memory grew from the smallest to the largest."""
    lines = [f"{'articles':>9}  {'passages':>9}  {'articles/s':>10}  {'peak MB':>8}  {'own MB':>8}  {'index MB':>8}"]
    lines += [
        f"{row['articles']:>9}  {row['passages']:>9}  {row['articles_per_s']:>10}  {row['peak_mb']:>8}  "
        f"{row['own_peak_mb']:>8}  {row['index_mb']:>8}"
        for row in rows
    ]
    first, last = rows[0], rows[-1]
    if last["articles"] > first["articles"]:
        more = (last["own_peak_mb"] - first["own_peak_mb"]) / (last["articles"] - first["articles"])
        lines.append(f"of its own {1000 * more:.1f} MB more for 1,000 articles more")
    return "\n".join(lines)


def _vector(text: str) -> Vectors:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    vector: Vectors = np.random.default_rng(seed).standard_normal(_DIMENSION, np.float32)
    return vector / np.float32(np.linalg.norm(vector))


_word = lru_cache(maxsize=20_000)(_vector)


def _words(text: str) -> TokenVectors:
    found = list(_WORD.finditer(text))
    vectors = np.stack([_word(word[0]) for word in found]) if found else np.zeros((0, _DIMENSION), np.float32)
    return TokenVectors(vectors, np.array([word.start() for word in found], np.int64))


if __name__ == "__main__":
    source, target, *model = sys.argv[1:]
    chosen = Settings(index=Path(target), embedder=model[0]) if model else Settings(index=Path(target))
    measured = build(Path(source), Path(target), chosen, make_embedder(chosen) if model else HashingEmbedder())
    sys.stdout.write(json.dumps(measured) + "\n")
