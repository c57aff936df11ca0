"""A generator in a process of its own: whatever happens to that process, this one hears of it and asks on."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path

import psutil
import pytest

from rag.config import Settings
from rag.errors import (
    EmptyQuestion,
    GenerationFailed,
    GeneratorCrashed,
    GeneratorKilled,
    GeneratorResting,
    GeneratorSilent,
    ModelCrashed,
    ModelDamaged,
    ModelMissing,
    RagError,
)
from rag.generation.llama_cpp import LlamaCppGenerator
from rag.generation.process import GeneratorApart
from rag.generation.process.wire import error_object, from_line, to_error, to_line
from rag.protocols import Generator, Message
from rag.runtime.assembly import make_models
from tests.support.failing_generators import WORDS, CrashingLoad, Damaged, Failing
from tests.support.paths import PROJECT

PARENT = """
import sys
from rag.protocols import Message
from rag.generation.process import GeneratorApart
from tests.support.failing_generators import Failing
generator = GeneratorApart(Failing())
generator.load()
print(generator.pid, flush=True)
list(generator.stream([Message("user", sys.argv[1])], 40))
sys.stdin.read()
"""


@pytest.fixture
def apart() -> Iterator[Callable[..., GeneratorApart]]:
    """Makes generators that are closed in the end."""
    made: list[GeneratorApart] = []

    def make(generator: Generator, token_deadline_s: float = 60) -> GeneratorApart:
        made.append(GeneratorApart(generator, token_deadline_s=token_deadline_s))
        return made[-1]

    yield make
    for one in made:
        one.close()
    assert eventually(lambda: not children()), "nobody waited for a process that has ended"


def children() -> list[int]:
    """Those of this process that run a generator, or did and were not waited for."""
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if child.status() == psutil.STATUS_ZOMBIE or "rag.generation.process" in " ".join(child.cmdline()):
                found.append(child.pid)
    return found


def eventually(true: Callable[[], bool], seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while not (done := true()) and time.monotonic() < until:
        time.sleep(0.02)
    return done


def said(generator: Generator, how: str = "well") -> str:
    return "".join(token.text for token in generator.stream([Message("user", how)], 40))


def kill(generator: GeneratorApart, number: int = signal.SIGKILL) -> None:
    assert generator.pid
    os.kill(generator.pid, number)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "error", "reason"),
    [
        ("crash", GeneratorCrashed, "SIGSEGV"),
        ("exit", GeneratorCrashed, "7"),
        ("kill", GeneratorKilled, "SIGKILL"),
        ("hang", GeneratorSilent, "3 s"),
        ("hang with the lock", GeneratorSilent, "3 s"),
        ("memory", GenerationFailed, "MemoryError"),
    ],
)
def test_the_next_question_is_answered_whatever_happened(
    how: str, error: type[GenerationFailed], reason: str, apart: Callable[..., GeneratorApart]
) -> None:
    generator = apart(Failing(), 3.0)
    generator.load()
    stream = generator.stream([Message("user", "hang" if how == "kill" else how)], 40)
    assert "".join(token.text for token in islice(stream, 3)) == "Paris est la "
    if how == "kill":
        kill(generator)
    with pytest.raises(GenerationFailed) as failed:
        next(stream)
    assert type(failed.value) is error
    for language in ("fr", "en"):
        assert reason in failed.value.message(language)
    assert said(generator) == WORDS


@pytest.mark.slow
def test_a_process_that_ended_between_two_questions_is_not_noticed(apart: Callable[..., GeneratorApart]) -> None:
    generator = apart(Failing())
    assert said(generator) == WORDS
    first = generator.pid
    assert generator.memory_bytes() > 5e6
    kill(generator)
    assert eventually(lambda: generator.pid is None)
    assert generator.memory_bytes() == 0
    assert said(generator) == WORDS
    assert generator.pid not in (None, first)


@pytest.mark.slow
def test_one_that_keeps_crashing_rests(apart: Callable[..., GeneratorApart]) -> None:
    generator = apart(Failing())
    for _ in range(2):
        with pytest.raises(GeneratorCrashed):
            said(generator, "crash")
    crashed = time.monotonic()
    with pytest.raises(GeneratorResting) as rests:
        said(generator)
    assert 0 < rests.value.fields["seconds"] <= 2  # type: ignore[operator]
    assert eventually(lambda: time.monotonic() > crashed + 2)
    assert said(generator) == WORDS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("generator", "error", "told"),
    [
        (Damaged(), ModelDamaged, "not a GGUF file"),
        (CrashingLoad(), ModelCrashed, "SIGSEGV"),
        (LlamaCppGenerator(Path("absent.gguf")), ModelMissing, "absent.gguf"),
    ],
)
def test_what_keeps_it_from_loading_is_told(
    generator: Generator, error: type[RagError], told: str, apart: Callable[..., GeneratorApart]
) -> None:
    made = apart(generator)
    with pytest.raises(error, match=told):
        made.load()
    assert made.pid is None


@pytest.mark.slow
def test_closing_a_stream_stops_the_work_within_a_token(apart: Callable[..., GeneratorApart], tmp_path: Path) -> None:
    generator = apart(Failing(pause_s=0.5, notes=tmp_path / "written"))
    stream = generator.stream([Message("user", "well")], 40)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert generator.count_tokens([Message("user", "one two")]) == 2
    assert len((tmp_path / "written").read_text().split()) <= 3


@pytest.mark.slow
def test_requests_of_several_threads_do_not_mix(apart: Callable[..., GeneratorApart]) -> None:
    generator = apart(Failing(pause_s=0.01))
    with ThreadPoolExecutor(4) as threads:
        texts = list(threads.map(lambda _: said(generator), range(8)))
        counts = list(threads.map(lambda n: generator.count_tokens([Message("user", "a " * n)]), range(1, 9)))
    assert texts == [WORDS] * 8
    assert counts == list(range(1, 9))


@pytest.mark.slow
def test_only_the_parent_ends_it_and_what_libraries_print_is_no_message(apart: Callable[..., GeneratorApart]) -> None:
    generator = apart(Failing())
    generator.load()
    for number in (signal.SIGINT, signal.SIGTERM):
        kill(generator, number)
    assert said(generator, "print") == WORDS


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="there is no such score elsewhere")
def test_where_memory_runs_out_the_child_goes_first(apart: Callable[..., GeneratorApart]) -> None:
    generator = apart(Failing())
    generator.load()
    child, own = (int(Path(f"/proc/{pid}/oom_score_adj").read_text()) for pid in (generator.pid, "self"))
    assert child > own


@pytest.mark.slow
@pytest.mark.parametrize(
    "how",
    [
        "well",
        "hang",
        pytest.param(
            "hang with the lock", marks=pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends it")
        ),
    ],
)
def test_the_child_does_not_outlive_its_parent(how: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, how], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        time.sleep(0.3)  # the request is under way
        assert psutil.pid_exists(pid)
        parent.kill()
    assert eventually(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


@pytest.mark.slow
def test_a_generator_that_is_dropped_takes_its_process_along() -> None:
    generator = GeneratorApart(Failing())
    generator.load()
    del generator
    gc.collect()
    assert eventually(lambda: not children())


def test_only_a_local_generator_is_put_apart(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    settings = Settings(generator=str(tmp_path / "model.gguf"), models_dir=tmp_path, embedder=str(tmp_path))
    assert isinstance(make_models(settings, apart=True).generator, GeneratorApart)
    assert isinstance(make_models(settings).generator, LlamaCppGenerator)
    remote = settings.model_copy(update={"generator": "http://127.0.0.1:9"})
    assert not isinstance(make_models(remote, apart=True).generator, GeneratorApart)


@pytest.mark.parametrize("text", ["Élysée\n« oui »\u2028", "\ud83d", '"}\r\n{"id": 1'])
def test_any_text_is_one_line(text: str) -> None:
    line = to_line({"text": text})
    assert line.count(b"\n") == 1 and b"\r" not in line
    assert from_line(line) == {"text": text}


@pytest.mark.parametrize(
    ("error", "same"),
    [
        (ModelDamaged(path=Path("a.gguf"), reason=OSError("b")), ModelDamaged(path="a.gguf", reason="b")),
        (EmptyQuestion(), EmptyQuestion()),
        (ValueError("c"), GenerationFailed(reason="ValueError: c")),
    ],
)
def test_an_error_comes_through_as_what_it_is(error: Exception, same: RagError) -> None:
    told = to_error(from_line(to_line(error_object(error))))
    assert (type(told), told.fields) == (type(same), same.fields)


@pytest.mark.parametrize("told", [{}, {"name": "say", "fields": {}}, {"name": "QueueFull", "fields": 1}])
def test_what_is_no_error_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        to_error(told)
