"""Baselines: what they hold, when they are refused, what the gate command says and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from eval import cli
from eval.cases.records import Run
from eval.cases.sets import load_set
from eval.cli import session
from eval.errors import BaselineMissing, BaselineStale, RunUnreadable
from eval.harness import sources
from eval.harness.gates import (
    ANSWERS,
    RETRIEVAL,
    SAMPLE,
    Baseline,
    baseline_of,
    check_fresh,
    judge,
    load_baseline,
    save_baseline as save,
)
from eval.harness.run_store import load_run
from eval.harness.runner import System
from eval.harness.sources import SEEDS_SET, seed_texts
from eval.harness.system import Opened
from tests.support.evaluation import CASES, CORPUS, FACTS, Bridge, asked
from tests.support.planted import AlwaysRefuses, Oracle, SecondFirst


def run_of(gate: object = ANSWERS, wrap: Callable[[System], System] = lambda system: system) -> Run:
    assert gate in (ANSWERS, RETRIEVAL)
    chosen = ANSWERS if gate is ANSWERS else RETRIEVAL
    return chosen.run(wrap(Oracle(Bridge(), CASES)), asked(), CORPUS, FACTS)


def baseline() -> Baseline:
    return baseline_of(run_of(), ANSWERS)


def test_a_baseline_holds_what_is_gated_and_reads_back(tmp_path: Path) -> None:
    made = baseline()
    assert set(made.scores) <= set(ANSWERS.tolerances) and made.scores["accuracy"] == {c.id: 1.0 for c in CASES}
    assert made.set_digest == "digest of the set" and made.corpus_digest == "c"
    save(made, tmp_path / "b" / "pont-answers.json")
    read = load_baseline(tmp_path / "b" / "pont-answers.json")
    assert read == made
    assert not any(difference.fell for difference in judge(read, run_of()))


def test_a_fall_is_named_with_its_cases() -> None:
    judged = {d.metric: d for d in judge(baseline(), run_of(wrap=AlwaysRefuses))}
    assert judged["accuracy"].fell and set(judged["accuracy"].losses) == {c.id for c in CASES}


def test_a_baseline_of_another_set_or_corpus_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    check_fresh(baseline(), "digest of the set", "c", path)
    for digests, what in ((("other", "c"), "the set pont"), (("digest of the set", "other"), "the corpus")):
        with pytest.raises(BaselineStale) as caught:
            check_fresh(baseline(), *digests, path)
        assert what in str(caught.value) and caught.value.exit_code == 4


def test_tolerances_set_by_hand_stay_and_those_of_no_metric_go() -> None:
    made = baseline_of(run_of(), ANSWERS, {"accuracy": 0.2, "no longer there": 1.0})
    assert made.tolerances["accuracy"] == 0.2
    assert made.tolerances["key_facts"] == ANSWERS.tolerances["key_facts"]
    assert "no longer there" not in made.tolerances


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"baseline": 99}', '{"baseline": 1, "cases": 3}', "\x00"])
def test_a_baseline_that_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "b.json"
    with pytest.raises(BaselineMissing):
        load_baseline(path)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RunUnreadable):
        load_baseline(path)


def test_the_answer_gate_asks_every_type_of_question() -> None:
    cases = load_set(SEEDS_SET, seed_texts())
    chosen = ANSWERS.cases(cases)
    assert len(chosen) == SAMPLE and chosen == ANSWERS.cases(cases)
    assert {c.type for c in chosen} == {c.type for c in cases}
    assert {c.expected for c in chosen} == {c.expected for c in cases}
    assert RETRIEVAL.cases(cases) == cases


# The commands, over doubles


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command of `eval` over a small system, wrapped as wanted."""
    set_path = tmp_path / "pont.jsonl"
    set_path.write_text("the cases are those of the doubles", encoding="utf-8")

    def run(*arguments: object, wrap: Callable[[System], System] = lambda system: system) -> Result:
        def opened(_: object, *, answers: bool) -> Opened:
            return Opened(wrap(Oracle(Bridge(), CASES)), CORPUS, FACTS)

        def source(path: Path, settings: object, *_: object, **__: object) -> sources.Source:
            return sources.Source(path.stem, sources.set_digest(path), CASES, settings)  # type: ignore[arg-type]

        monkeypatch.setattr(cli, "open_system", opened)
        monkeypatch.setattr(session, "open_system", opened)
        monkeypatch.setattr(cli, "load_source", source)
        places = {
            "run": ["--runs", tmp_path / "runs", "--baselines", tmp_path / "baselines"],
            "gate": ["--index", tmp_path, "--runs", tmp_path / "runs", "--baselines", tmp_path / "baselines"],
            "export": ["--runs", tmp_path / "runs"],
        }
        first = str(arguments[0])
        line = [*arguments, *places.get(first, places["run"]), *([set_path] if first in ("run", "gate") else [])]
        return CliRunner().invoke(cli.evaluation, list(map(str, line)), catch_exceptions=True)

    return run


def test_the_gate_from_first_baseline_to_fall(command: Callable[..., Result], tmp_path: Path) -> None:
    missing = command("gate")
    assert isinstance(missing.exception, BaselineMissing) and missing.exception.exit_code == 3
    assert command("gate", "--update").exit_code == 0
    assert {path.name for path in (tmp_path / "baselines").iterdir()} == {"pont-retrieval.json", "pont-answers.json"}
    assert command("gate").exit_code == 0

    fallen = command("gate", wrap=AlwaysRefuses)
    assert fallen.exit_code == 1
    assert "Gate failed" in fallen.output and "answers: accuracy" in fallen.output and "c3" in fallen.output
    assert command("gate", "--only", "retrieval", wrap=AlwaysRefuses).exit_code == 0
    assert command("gate", "--only", "retrieval", wrap=SecondFirst).exit_code == 1
    report = (tmp_path / "runs" / "gate-answers.html").read_text(encoding="utf-8")
    assert "pont-answers.json" in report

    assert command("gate", "--update", wrap=AlwaysRefuses).exit_code == 0
    assert command("gate", wrap=AlwaysRefuses).exit_code == 0


def test_a_changed_set_is_told_before_anything_is_asked(command: Callable[..., Result], tmp_path: Path) -> None:
    command("gate", "--update")
    (tmp_path / "pont.jsonl").write_text("one case more", encoding="utf-8")

    class Silent(Oracle):
        def __init__(self, _: System) -> None:
            super().__init__(Bridge(), ())

    assert isinstance(command("gate", wrap=Silent).exception, BaselineStale)


def test_baselines_hold_no_path_and_differ_only_where_figures_do(
    command: Callable[..., Result], tmp_path: Path
) -> None:
    command("gate", "--update")
    path = tmp_path / "baselines" / "pont-answers.json"
    one = path.read_text(encoding="utf-8")
    assert str(tmp_path) not in one and str(Path.home()) not in one
    command("gate", "--update")
    two = path.read_text(encoding="utf-8")
    assert [line for line in one.splitlines() if '"created"' not in line] == [
        line for line in two.splitlines() if '"created"' not in line
    ]


def test_run_compare_show_and_export(command: Callable[..., Result], tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    ran = command("run", "--name", "good")
    assert ran.exit_code == 0 and "accuracy" in ran.output
    assert {path.name for path in runs.iterdir()} == {"good.json", "good.html"}
    assert command("run", "--name", "bad", wrap=AlwaysRefuses).exit_code == 0
    assert command("run", "--name", "searched", "--retrieval-only", "--limit", "3").exit_code == 0
    assert len(load_run("searched", runs).results) == 3

    without = command("compare", "good", "bad")
    assert without.exit_code == 0 and "nothing is judged" in without.output
    command("gate", "--update")
    judged = command("compare", "good", "bad")
    assert judged.exit_code == 1 and "lost: c0" in judged.output and "accuracy" in judged.output
    assert command("compare", "bad", "good").exit_code == 0
    against = command("compare", tmp_path / "baselines" / "pont-answers.json", "bad")
    assert against.exit_code == 1 and "baseline pont-answers" in against.output

    (runs / "good.html").unlink()
    shown = command("show", "good")
    assert shown.exit_code == 0 and "pont-answers.json" in shown.output and (runs / "good.html").exists()

    assert command("export", "good", "--format", "ragas", tmp_path / "good.jsonl").exit_code == 0
    lines = (tmp_path / "good.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(CASES) and json.loads(lines[0])["response"].startswith("Le pont")
    assert command("export", "good", "--format", "trec", tmp_path / "good").exit_code == 0
    assert (tmp_path / "good.run").exists() and (tmp_path / "good.qrels").exists()


def test_runs_without_a_case_in_common_are_not_compared(command: Callable[..., Result], tmp_path: Path) -> None:
    command("run", "--name", "odd", "--half", "tune")
    command("run", "--name", "even", "--half", "test")
    done = command("compare", "odd", "even")
    assert done.exception is not None and "odd" in str(done.exception) and "even" in str(done.exception)


def test_the_baseline_of_a_changed_set_is_left_out_of_reports(command: Callable[..., Result], tmp_path: Path) -> None:
    command("gate", "--update")
    path = tmp_path / "baselines" / "pont-answers.json"
    save(replace(load_baseline(path), set_digest="older"), path)
    command("run", "--name", "now")
    report = (tmp_path / "runs" / "now.html").read_text(encoding="utf-8")
    assert "pont-retrieval.json" in report and "pont-answers.json" not in report
