"""Reads the bad files one by one, each in a process of its own under limits, and says what came of it.

`python -m tests.support.bad_corpus.reading DIR [NAME…]` prints one JSON object for each file. A process is forked off
one that has loaded all libraries, so that time and memory are those of the file alone. Python's audit events tell what
it opened or changed, and inotify what the C libraries under it opened of the folder that no file may lead to.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import struct
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from rag.corpus.article_files import Notice, Problem, read_corpus
from rag.domain import Article
from rag.errors import NoArticles
from rag.indexing.chunking import split_article, split_sentences
from rag.system.files import MEGABYTE
from tests.support.bad_corpus import CASES, SECRET
from tests.support.bad_corpus.case import Case
from tests.support.paths import PROJECT
from tests.support.sample_files import GOOD

_MOST_MEMORY = 2_000 * MEGABYTE  # a wall against harm to the machine; what is allowed is for the tests to say
_MOST_SECONDS = 300
_MOST_WAIT_S, _LOOK_EVERY_S = 30, 2
_IN_OPEN, _IN_ISDIR = 0x20, 0x40000000
_CHANGING = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.truncate", "os.chmod",
             "os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen", "socket.connect", "socket.bind",
             "socket.getaddrinfo", "tempfile.mkstemp", "tempfile.mkdtemp")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What reading a file gave: names of articles, the kinds of what was told, and whether they hold the text sought.

    `seconds` are those of the processor, `peak_mb` is the memory beyond what the process had before. `touched`: what
    was opened elsewhere or changed anywhere. `died` is how the process ended, where not by itself.
    """

    name: str
    documents: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    reads: bool = True
    secret: bool = False
    touched: tuple[str, ...] = ()
    seconds: float = 0.0
    peak_mb: float = 0.0
    died: str = ""


def read_all(folder: Path, cases: Sequence[Case]) -> Iterator[Outcome]:
    """Reads each case of the corpus in `folder`, and at last, under the name "", all of them as one folder."""
    _load_libraries()
    os.chdir(folder / "files")
    outside = _Watch(folder / "outside")
    for case in cases:
        yield _alone([case], Path(case.name), outside)
    yield replace(_alone(cases, Path(), outside), name="")


def _load_libraries() -> None:
    """Reads a good file of each format: libraries are imported late."""
    with TemporaryDirectory() as folder:
        for name, content in GOOD.items():
            Path(folder, name).write_bytes(content)
        told: list[Problem] = []
        _cut(list(read_corpus([folder], told.append)))
    refused = [str(problem) for problem in told if not isinstance(problem, Notice)]
    if refused:
        raise AssertionError(refused)


def _alone(cases: Sequence[Case], path: Path, outside: _Watch) -> Outcome:
    """What reading `path`, which holds the files of `cases`, gives in a process of its own."""
    for case in cases:
        if case.on_open:
            Path(case.name).unlink(missing_ok=True)
            case.make(Path(case.name))
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        os.close(ours)
        with os.fdopen(theirs, "w") as answer:
            before = psutil.Process().memory_info().rss
            json.dump({"before": before, **_in_child(cases, path)}, answer)
        os._exit(0)
    os.close(theirs)
    _kill_if_it_waits(child, ours)
    with os.fdopen(ours) as answer:
        told = answer.read()
    _, status, used = os.wait4(child, 0)
    found: dict[str, Any] = json.loads(told) if told else {}
    opened = outside.opened() - {name for case in cases for name in case.opens}
    return Outcome(
        name=cases[0].name,
        documents=tuple(found.get("documents", ())),
        told=tuple(found.get("told", ())),
        reads=found.get("reads", False),
        secret=found.get("secret", False),
        touched=(*found.get("touched", ()), *sorted(opened)),
        seconds=round(used.ru_utime + used.ru_stime, 2),
        peak_mb=round((used.ru_maxrss * 1024 - found.get("before", 0)) / MEGABYTE, 1),
        died=signal.Signals(status & 0x7F).name if status & 0x7F else found.get("died", "nothing was told"),
    )


def _kill_if_it_waits(child: int, answer: int) -> None:
    """Returns when there is an `answer`, or no process any more that could give one."""
    idle = 0
    while not select.select([answer], [], [], _LOOK_EVERY_S)[0]:
        # One that waits for the processor is not asleep.
        idle = idle + 1 if psutil.Process(child).status() == psutil.STATUS_SLEEPING else 0
        if idle * _LOOK_EVERY_S >= _MOST_WAIT_S:
            os.kill(child, signal.SIGKILL)


def _in_child(cases: Sequence[Case], path: Path) -> dict[str, Any]:
    resource.setrlimit(resource.RLIMIT_AS, (psutil.Process().memory_info().vms + _MOST_MEMORY, -1))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))
    touched: list[str] = []
    told: list[str] = []
    articles: list[Article] = []
    if len(cases) == 1 and cases[0].unprivileged and os.geteuid() == 0:
        os.seteuid(65534)  # permissions do not bind the other one
    _guard({case.name: case.on_open for case in cases if case.on_open}, touched)
    try:
        articles += read_corpus([path], lambda problem: told.append(_kind(problem)))
        _cut(articles)
    except NoArticles:
        told += [] if told else ["NoArticles"]
    except BaseException:
        return {"died": traceback.format_exc(limit=-5), "touched": touched}
    texts = "\n".join(article.text for article in articles)
    return {
        "documents": [article.document for article in articles],
        "told": sorted(set(told) - {"undated"}),
        "reads": all(case.reads in texts for case in cases),
        "secret": SECRET in texts,
        "touched": touched,
        "died": "",
    }


def _kind(problem: Problem) -> str:
    if isinstance(problem, Notice):
        return problem.kind
    problem.message("fr")
    return type(problem).__name__


def _cut(articles: Sequence[Article]) -> None:
    """Cuts them into passages and sentences as a build does: that has no limits of its own."""
    for article in articles:
        for passage in split_article(article, _count_words, chunk_tokens=160, overlap_sentences=1):
            split_sentences(article, passage)


def _count_words(text: str) -> int:
    return len(text.split())


def _guard(on_open: dict[str, Callable[[Path], object]], touched: list[str]) -> None:
    """Notes in `touched` what this process opens outside its folder and Python's, and what it changes anywhere."""
    allowed = tuple({os.getcwd(), sys.prefix, sys.base_prefix, str(PROJECT), "/proc", os.devnull})

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _CHANGING:
            touched.append(f"{event} {arguments[:2]}")
        if event != "open" or not isinstance(arguments[0], str | bytes):
            return
        name, mode, flags = os.fsdecode(arguments[0]), arguments[1] or "", arguments[2]
        action = on_open.pop(os.path.basename(name), None)
        if action:
            known = len(touched)
            action(Path(name))
            del touched[known:]
        writes = set(mode) & set("wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes or not os.path.abspath(name).startswith(allowed):
            touched.append(f"{name} {mode}")

    sys.addaudithook(hook)


class _Watch:
    """Which files of a folder are opened, by whatever library; none where the system does not tell."""

    def __init__(self, folder: Path) -> None:
        library = ctypes.CDLL(None)
        self._queue = library.inotify_init1(os.O_NONBLOCK) if hasattr(library, "inotify_init1") else -1
        if self._queue >= 0:
            library.inotify_add_watch(self._queue, os.fsencode(folder.resolve()), _IN_OPEN)

    def opened(self) -> set[str]:
        """Names since the last call."""
        names: set[str] = set()
        try:
            events = os.read(self._queue, 1 << 16)
        except OSError:
            return names
        while events:
            _, mask, _, length = struct.unpack_from("iIII", events)
            if not mask & _IN_ISDIR:
                names.add(os.fsdecode(events[16 : 16 + length].rstrip(b"\0")))
            events = events[16 + length :]
        return names


if __name__ == "__main__":
    wanted = set(sys.argv[2:])
    chosen = [case for case in CASES if case.name in wanted or not wanted]
    for outcome in read_all(Path(sys.argv[1]), chosen):
        sys.stdout.write(json.dumps(asdict(outcome)) + "\n")
        sys.stdout.flush()
