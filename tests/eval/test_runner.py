"""Runs over doubles: which cases, in which order, how they resume, what they record, what they do with a bad set."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from eval.cases.records import Case, Evidence, Run
from eval.harness.run_store import Partial, cases_of, code_digest, fingerprint, load_run, partial_path, save_run
from eval.harness.runner import Facts, Tally, evaluate, perform, select
from rag.domain import Answer, Turn
from tests.support.commands import build_bag_index, command_environment, run_rag
from tests.support.evaluation import CASES, CORPUS, FACTS, Bridge, asked, case
from tests.support.paths import PROJECT
from tests.support.planted import Oracle


def run(system: object = None, folder: Path | None = None, cases: Sequence[Case] = CASES, answers: bool = True) -> Run:
    return perform(
        system or Oracle(Bridge(), CASES),  # type: ignore[arg-type]
        asked(cases, answers=answers), CORPUS, FACTS, name="r", folder=folder,
    )  # fmt: skip


# Which cases


def test_a_half_and_a_limit() -> None:
    assert [c.id for c in select(CASES, half="tune")] == ["c1", "c3", "c5", "c7"]
    assert [c.id for c in select(CASES, half="test", limit=2)] == ["c0", "c2"]


def test_a_sample_has_of_each_type_its_share_in_the_order_of_the_set() -> None:
    chosen = select(CASES, sample=3, seed=7)
    # 3 of 9: two of the six facts, one of the three dates.
    assert sorted(c.type for c in chosen) == ["date", "fact", "fact"]
    assert [c.id for c in chosen] == sorted(c.id for c in chosen)
    assert chosen == select(CASES, sample=3, seed=7)
    assert len({select(CASES, sample=3, seed=seed) for seed in range(12)}) > 1
    assert select(CASES, sample=99) == CASES


def test_a_case_more_of_one_type_leaves_the_sample_of_the_others() -> None:
    more = (*CASES, *(case(n, "who") for n in range(20, 23)))
    before = {c.id for c in select(CASES, sample=3) if c.type == "date"}
    after = {c.id for c in select(more, sample=4) if c.type == "date"}
    assert before == after


# Runs


def test_a_retrieval_run_asks_nothing_and_scores_only_retrieval() -> None:
    done = run(Bridge(), answers=False)
    assert all(result.answer is None for result in done.results)
    assert done.aggregates["recall@1"].mean == 1.0 and "accuracy" not in done.aggregates


def test_earlier_turns_are_passed_on() -> None:
    bridge = Bridge()
    follow_up = case(1, history=({"question": "Quel pont ?", "answer": "Celui du village."},))
    evaluate(bridge, [case(0), follow_up], CORPUS, answers=False)
    assert [turns for _, turns in bridge.asked] == [0, 0, 1, 1]


def test_the_running_score_is_the_mean_so_far() -> None:
    told: list[Tally] = []
    missed = case(1, evidence=(Evidence("autre.txt", "rien", ((0, 4),)),))
    evaluate(Bridge(), [case(0), missed], CORPUS, answers=False, on_case=told.append)
    assert [(tally.done, tally.total, tally.means["recall@1"]) for tally in told] == [(1, 2, 1.0), (2, 2, 0.5)]


def test_two_runs_give_identical_quality() -> None:
    one, two = run(), run()

    def quality(done: Run) -> object:
        times = ("_s/", "tokens_per_s/")
        return (
            {name: i for name, i in done.aggregates.items() if not any(time in name for time in times)},
            [(result.search, result.evidence, result.answer) for result in done.results],
        )

    assert quality(one) == quality(two)
    assert one.extra["fingerprint"] == two.extra["fingerprint"]


def test_a_run_records_what_it_depends_on_and_reads_back(tmp_path: Path) -> None:
    done = run()
    path = save_run(done, tmp_path)
    read = load_run("r", tmp_path)
    assert read == load_run(str(path))
    assert json.loads(json.dumps(read.settings)) == FACTS.settings and read.corpus_digest == "c"
    assert [result.scores for result in read.results] == [result.scores for result in done.results]
    assert read.aggregates == done.aggregates
    assert cases_of(read) == {c.id: c for c in CASES}
    assert read.extra["peak_memory_mb"] > 10 and read.extra["set_digest"] == "digest of the set"
    assert str(tmp_path) not in path.read_text(encoding="utf-8")


# Interruption


class Stopping(Oracle):
    """Answers so many questions, then is interrupted."""

    def __init__(self, most: int) -> None:
        super().__init__(Bridge(), CASES)
        self.answered = 0
        self._most = most

    def ask(self, question: str, history: Sequence[Turn]) -> Answer:
        if self.answered == self._most:
            raise KeyboardInterrupt
        self.answered += 1
        return super().ask(question, history)


def interrupted(folder: Path, after: int = 4) -> Path:
    with pytest.raises(KeyboardInterrupt):
        run(Stopping(after), folder)
    (path,) = folder.glob(".*.partial.jsonl")
    return path


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path) -> None:
    partial = interrupted(tmp_path)
    assert len(partial.read_text(encoding="utf-8").splitlines()) == 1 + 4
    rest = Stopping(99)
    done = run(rest, tmp_path)
    assert rest.answered == 5 and done.extra["resumed_cases"] == 4
    assert [result.scores["accuracy"] for result in done.results] == [1.0] * 9
    assert done.aggregates["accuracy"] == run().aggregates["accuracy"]
    save_run(done, tmp_path)
    assert not partial.exists()


def test_a_row_that_was_being_written_is_asked_again(tmp_path: Path) -> None:
    partial = interrupted(tmp_path)
    partial.write_bytes(partial.read_bytes()[:-40])
    rest = Stopping(99)
    run(rest, tmp_path)
    assert rest.answered == 6
    assert len(partial.read_text(encoding="utf-8").splitlines()) == 1 + 9


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: replace(facts, settings={"passages": 9}),
        lambda facts: replace(facts, models={"embedder": "another"}),
        lambda facts: replace(facts, corpus_digest="other"),
        lambda facts: replace(facts, versions={"rag": "2"}),
        lambda facts: replace(facts, index={"chunk_tokens": 99}),
    ],
)
def test_another_system_starts_anew(tmp_path: Path, change: Callable[[Facts], Facts]) -> None:
    interrupted(tmp_path)
    fresh = Stopping(99)
    perform(fresh, asked(), CORPUS, change(FACTS), name="r", folder=tmp_path)
    assert fresh.answered == 9


def test_a_partial_of_something_else_is_not_taken_up(tmp_path: Path) -> None:
    path = partial_path(tmp_path, "a" * 64)
    path.write_text('{"fingerprint": "b"}\n{"id": "c0"}\n', encoding="utf-8")
    assert Partial(tmp_path, "a" * 64).rows == {}
    path.write_bytes(b"\xff not text")
    assert Partial(tmp_path, "a" * 64).rows == {}


def test_fingerprints() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1}) != fingerprint({"a": 1, "b": 3})


def test_the_digest_of_the_code_sees_prompts_and_code(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    seen = set()
    for name, text in (("a.py", "x = 1"), ("a.py", "x = 2"), ("prompt.md", "Answer."), ("data.json", "{}")):
        (package / name).write_text(text, encoding="utf-8")
        seen.add(code_digest(package))
    assert len(seen) == 3


# The command


def run_eval(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "eval", "--from", str(cwd), *map(str, arguments)],
        cwd=PROJECT,
        env=command_environment(cwd),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("place")
    build_bag_index(folder / "ix")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bad.jsonl", "{not json}\n"),
        ("bad.jsonl", '{"id": "1"}\n'),
        ("bad.json", '{"data": 3}'),
        ("stale.jsonl", None),
    ],
)
def test_a_set_that_is_not_well_ends_with_5_and_writes_nothing(place: Path, name: str, text: str | None) -> None:
    if text is None:  # a label that the articles do not bear out
        line = json.loads((PROJECT / "eval/sets/seeds.jsonl").read_text(encoding="utf-8").splitlines()[0])
        line["evidence"][0]["quote"] = "Cette phrase n'est dans aucun article."
        text = json.dumps(line)
    (place / name).write_text(text, encoding="utf-8")
    index = [] if name.endswith(".json") else ["--index", "ix"]
    done = run_eval("run", name, *index, "--runs", "runs", cwd=place)
    assert done.returncode == 5, done.stderr
    assert name in done.stderr and done.stdout == "" and "Traceback" not in done.stderr
    assert not (place / "runs").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["show", "none"], 5),
        (["run", "absent.jsonl", "--index", "ix"], 5),
        (["run", "--index", "absent"], 3),
        (["run", "--name", "../up"], 2),
        (["run", "absent.json", "--index", "ix"], 5),
        (["fit-ranking", "--questions", "absent.json"], 5),
        (["variants", "--index", "absent"], 3),
        (["bench", "absent.jsonl"], 5),
        (["bench", "--index", "absent", "--only", "search"], 3),
        (["bench", "--repetitions", "0"], 2),
        (["run", "--half", "third"], 2),
        (["export", "none", "--format", "csv", "out"], 2),
        (["rune"], 2),
    ],
)
def test_exit_codes(place: Path, arguments: list[str], code: int) -> None:
    done = run_eval(*arguments, cwd=place)
    assert done.returncode == code, done.stderr
    assert done.stderr and done.stdout == ""


@pytest.mark.slow
def test_rag_eval_is_this_command_and_paths_are_those_of_the_caller(place: Path) -> None:
    page = run_rag("eval", "--help", cwd=place)
    assert page.returncode == 0 and "rag eval" in page.stdout and "compare" in page.stdout
    (place / "here.jsonl").write_text("{", encoding="utf-8")
    bad = run_rag("eval", "run", "here.jsonl", "--index", "ix", cwd=place)
    assert bad.returncode == 5 and "here.jsonl" in bad.stderr
