"""Embedding on two machines by Ray, beside this process alone: the speed, and whether anything is lost or differs.

A head and a worker node of one processor each run in network namespaces. Passages are embedded here, then there
undisturbed, then there while a worker is killed and later the whole second machine is lost. Prints one line of JSON.

`python -m eval.machines.ray NODE ADDRESS PASSAGES SAMPLE` is the part that runs on the first of the two machines.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from itertools import count
from typing import Any

import psutil

from eval.cases.recombined import Recombined
from eval.harness.sources import seed_texts
from eval.harness.system import PROJECT
from eval.machines.hosts import Host, hosts
from rag.config import Settings, load_settings
from rag.embedding import FEW
from rag.protocols import Embedder, TokenVectors, Vectors
from rag.runtime import embedder_on_ray, make_embedder

_PORT = 6390
_STORE_BYTES = 400_000_000
_NODE = ["--num-cpus=1", "--disable-usage-stats", f"--object-store-memory={_STORE_BYTES}"]

Read = tuple[int, Vectors, TokenVectors]


def run(passages: int, sample: int) -> dict[str, Any]:
    """Measures with so many passages, the speed with the first `sample` of them."""
    with hosts(2) as (first, second):
        address = f"{first.address}:{_PORT}"
        head = ["--head", f"--port={_PORT}", "--include-dashboard=false"]
        for host, role in ((first, head), (second, [f"--address={address}"])):
            start = [sys.executable, "-m", "ray.scripts.scripts", "start", *role, *_NODE]
            subprocess.run(
                host.command([*start, f"--node-ip-address={host.address}"]), check=True, stdout=sys.stderr.fileno()
            )
        asked = [sys.executable, "-m", "eval.machines.ray", second.name, address, str(passages), str(sample)]
        done = subprocess.run(first.command(asked), check=True, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _measure(settings: Settings, second: Host, address: str, texts: Sequence[str], sample: int) -> dict[str, Any]:
    local = make_embedder(settings)
    timed = texts[:sample]
    here_s = _seconds(local, timed)
    here = _digests(local.encode_passages(texts))
    with embedder_on_ray(settings, address) as embedder:
        there_s = _seconds(embedder, timed)
        disturbances = {
            len(texts) // 5: lambda: _kill_worker(second),
            len(texts) // 2: second.lose,
        }
        start = time.perf_counter()
        there = _digests(_disturbed(embedder.encode_passages(texts), disturbances))
        disturbed_s = time.perf_counter() - start
    here_rate, there_rate = (sample / seconds / cores for seconds, cores in ((here_s, local.threads), (there_s, 2)))
    return {
        "passages": len(texts), "words": round(sum(len(text.split()) for text in texts) / len(texts)),
        "sample": sample, "here_s": round(here_s, 1), "here_threads": local.threads, "there_s": round(there_s, 1),
        "per_core": round(here_rate, 2), "per_core_there": round(there_rate, 2),
        "ratio": round(there_rate / here_rate, 3),
        "disturbed_s": round(disturbed_s, 1), "missing": len(here.keys() - there.keys()),
        "different": sum(there.get(place) != digest for place, digest in here.items()),
    }  # fmt: skip


def _seconds(embedder: Embedder, texts: Sequence[str]) -> float:
    """Of reading `texts`, once the models are loaded."""
    for _ in embedder.encode_passages(texts[: 4 * FEW]):
        pass
    start = time.perf_counter()
    for _ in embedder.encode_passages(texts):
        pass
    return time.perf_counter() - start


def _digests(read: Iterable[Read]) -> dict[int, str]:
    """By place that of all that a text gives, to the last bit. Raises ValueError for a place that comes twice."""
    digests: dict[int, str] = {}
    for place, vector, tokens in read:
        if place in digests:
            raise ValueError(place)
        digests[place] = sha256(vector.tobytes() + tokens.vectors.tobytes() + tokens.places.tobytes()).hexdigest()
    return digests


def _disturbed(read: Iterable[Read], disturbances: dict[int, Callable[[], None]]) -> Iterable[Read]:
    for done, one in zip(count(), read, strict=False):
        if done in disturbances:
            disturbances[done]()
        yield one


def _kill_worker(host: Host) -> None:
    for pid in host.pids():
        if psutil.Process(pid).name().startswith("ray::_Worker"):
            print(f"killing worker {pid}", file=sys.stderr)  # noqa: T201
            os.kill(pid, signal.SIGKILL)


def _passages(number: int) -> list[str]:
    """Paragraphs of about a hundred words, put together from the sentences of the seed articles."""
    corpus = Recombined([part for text in seed_texts().values() for part in text.split("\n\n")])
    made: list[str] = []
    for article in count():
        made += corpus.article(article).strip().split("\n\n")[1:]
        if len(made) >= number:
            break
    return made[:number]


def main() -> None:
    """Runs on the first machine."""
    node, address, passages, sample = sys.argv[1:]
    texts = _passages(int(passages))
    measured = _measure(load_settings({}, os.environ), Host(node, ""), address, texts, int(sample))
    print(json.dumps(measured))  # noqa: T201


if __name__ == "__main__":
    main()
