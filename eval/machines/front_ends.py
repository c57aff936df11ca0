"""Several front ends over one shared index: what a second one adds to the searches that are answered, and cross-talk.

Index, front ends and users are on hosts of their own (network namespaces); each front end has a part of a core, so that
one machine has enough for all of them. Embedder, index, queue and HTTP are the real ones, the generator only takes its
time. Prints one line of JSON.

`python -m eval.machines.front_ends ARTICLES USERS SECONDS ROUNDS CORES STORE NAME=ADDRESS…` is the part that runs on
the users' host.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path
from statistics import median
from typing import Any

from eval.cases.recombined import Recombined, write_articles
from eval.cases.sets import load_questions
from eval.harness.sources import SEEDS, SEEDS_SET, seed_texts
from eval.harness.system import PROJECT
from eval.load.clients import Habits, Reply, User, send
from eval.load.load_test import wait_until_ready
from eval.machines.hosts import Host, hosts, share
from eval.machines.postgres import servers, url_of
from rag.config import TOKEN_VARIABLE, load_settings
from rag.runtime import build

_PORT = 8000
_TOKEN = "front-ends"
_READY_S = 180.0
_ENDING_S = 20.0
_SETTLING = 20
# Of the mixed load, as that of `load`.
_ASK_SHARE = 0.3


def run(articles: int, users: int, seconds: float, rounds: int, cores: float) -> dict[str, Any]:
    """Measures with so many articles and users, in so many rounds of so many seconds for one front end and for two.

    Each front end has `cores` of a core.
    """
    with hosts(5) as (primary, standby, *front_ends, asking), servers(primary, standby):
        names = [f"{host.name}={host.address}" for host in front_ends]
        given = [articles, users, seconds, rounds, cores, url_of(primary, standby), *names]
        command = [sys.executable, "-m", "eval.machines.front_ends", *map(str, given)]
        done = subprocess.run(asking.command(command), check=True, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _measure(
    articles: int, users: int, seconds: float, rounds: int, cores: float, store: str, front_ends: Sequence[Host]
) -> dict[str, Any]:
    questions = load_questions(SEEDS_SET, answerable_in="fr")
    with tempfile.TemporaryDirectory(prefix="rag-front-ends-") as folder, ExitStack() as stack:
        here = Path(folder)
        passages = _fill(here, articles, store)
        urls = [stack.enter_context(_front_end(host, cores, store, here)) for host in front_ends]
        for url in urls:
            wait_until_ready(url, _READY_S)
            for question in questions[:_SETTLING]:
                send(url, "search", question, _TOKEN)
        searching, mixed = Habits(0.0, 0.0, _TOKEN), Habits(_ASK_SHARE, 0.0, _TOKEN)
        one: list[list[Reply]] = []
        all_: list[list[Reply]] = []
        for turn in range(rounds):
            one.append(_replies([urls[turn % len(urls)]], questions, searching, users, seconds))
            all_.append(_replies(urls, questions, searching, users, seconds))
            print(f"round {turn + 1}: {len(one[-1])} and {len(all_[-1])} searches", file=sys.stderr)  # noqa: T201
        both = _replies(urls, questions, mixed, users, seconds)
    rates, rates_all = ([_rate(replies) for replies in several] for several in (one, all_))
    replies = [reply for several in (*one, *all_, both) for reply in several]
    return {
        "articles": articles, "passages": passages, "users": users, "seconds": seconds, "cores": cores,
        "searches_per_s": [round(rate, 2) for rate in rates], "of_all_per_s": [round(rate, 2) for rate in rates_all],
        "ratio": round(median(rates_all) / median(rates), 2),
        "p50_ms": _p50_ms(one), "of_all_p50_ms": _p50_ms(all_),
        "mixed": dict(Counter(f"{reply.kind} {reply.status}" for reply in both)),
        "flaws": dict(Counter(reply.flaw for reply in replies if reply.flaw)), "differing": _differing(replies),
    }  # fmt: skip


def _fill(here: Path, articles: int, store: str) -> int:
    """Shares an index of the seed articles and so many others; how many passages it has."""
    write_articles(here / "articles", Recombined(list(seed_texts().values())), articles)
    settings = load_settings({"index": here / "index", "store": store}, os.environ)
    return build([SEEDS, here / "articles"], settings).manifest.passages


@contextmanager
def _front_end(host: Host, cores: float, store: str, here: Path) -> Iterator[str]:
    """The URL of a front end on `host` that has so many cores; it ends with the block."""
    variables = {"RAG_STORE": store, "RAG_DATA_DIR": str(here / host.name), TOKEN_VARIABLE: _TOKEN}
    with share(cores) as limited, (here / f"{host.name}.log").open("wb") as log:
        command = host.command([*limited, sys.executable, "-m", "eval.load.server", str(_PORT), host.address])
        server = subprocess.Popen(command, env={**os.environ, **variables}, stdout=log, stderr=log, cwd=PROJECT)
        try:
            yield f"http://{host.address}:{_PORT}"
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(_ENDING_S)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _replies(urls: Sequence[str], questions: Sequence[str], habits: Habits, users: int, seconds: float) -> list[Reply]:
    """What `users` get who ask without a pause for so long, dealt out to `urls` as by a load balancer."""
    start = time.monotonic()
    asking = [User(urls[place % len(urls)], questions, habits, start, start + seconds, place) for place in range(users)]
    for user in asking:
        user.start()
    for user in asking:
        user.join()
    return [reply for user in asking for reply in user.replies]


def _rate(replies: Sequence[Reply]) -> float:
    """Replies a second, until the last one: those that are waited for at the end of the time count with their time."""
    return len(replies) / max(reply.began_s + reply.took_s for reply in replies)


def _p50_ms(rounds: Sequence[Sequence[Reply]]) -> float:
    return round(median(reply.took_s for replies in rounds for reply in replies) * 1e3, 1)


def _differing(replies: Sequence[Reply]) -> int:
    """How many questions got different answers, from whichever front end."""
    answers = defaultdict(set)
    for reply in replies:
        if reply.status == HTTPStatus.OK:
            answers[reply.kind, reply.question].add(reply.places)
    return sum(len(several) > 1 for several in answers.values())


def main() -> None:
    """Runs on the users' host."""
    articles, users, seconds, rounds, cores, store, *names = sys.argv[1:]
    front_ends = [Host(*name.split("=")) for name in names]
    measured = _measure(int(articles), int(users), float(seconds), int(rounds), float(cores), store, front_ends)
    print(json.dumps(measured))  # noqa: T201


if __name__ == "__main__":
    main()
