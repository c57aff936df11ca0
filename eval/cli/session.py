"""What the commands share: keep a run, hold it against the committed baselines, pass a gate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from eval.cases.records import Run
from eval.errors import BaselineMissing
from eval.harness.compare import Difference, table
from eval.harness.gates import ANSWERS, RETRIEVAL, Gate, baseline_of, check_fresh, judge, load_baseline, save_baseline
from eval.harness.progress import watching
from eval.harness.run_store import load_run, save_run
from eval.harness.runner import Asked
from eval.harness.sources import Source
from eval.harness.system import open_system
from eval.reports.run_report import summary_text, write_report
from rag.cli import Renderer


def keep(run: Run, runs: Path, renderer: Renderer, differences: Sequence[Difference], baseline: str) -> None:
    """Writes run and report and says where they are."""
    path = save_run(run, runs)
    write_report(run, path.with_suffix(".html"), differences, baseline)
    renderer.note(f"{path}\n{path.with_suffix('.html')}")


def against_baseline(run: Run, baselines: Path) -> tuple[tuple[Difference, ...], str]:
    """How `run` differs from the committed baselines of its set, and their names; nothing where there are none."""
    differences: dict[str, Difference] = {}
    names = []
    for gate in (RETRIEVAL, ANSWERS) if run.extra["answers"] else (RETRIEVAL,):
        try:
            baseline = load_baseline(gate.path(run.set, baselines))
        except BaselineMissing:
            continue
        if (baseline.set_digest, baseline.corpus_digest) == (run.extra["set_digest"], run.corpus_digest):
            names.append(gate.path(run.set, baselines).name)
            differences |= {difference.metric: difference for difference in judge(baseline, run)}
    return tuple(differences.values()), " and ".join(names)


def committed_tolerances(reference: str, runs: Path, baselines: Path) -> dict[str, float]:
    """Those of the committed baselines for the set of the run `reference`."""
    run = load_run(reference, runs)
    tolerances: dict[str, float] = {}
    for gate in (RETRIEVAL, ANSWERS) if run.extra["answers"] else (RETRIEVAL,):
        try:
            tolerances |= load_baseline(gate.path(run.set, baselines)).tolerances
        except BaselineMissing:
            continue
    return tolerances


def pass_gate(gate: Gate, source: Source, path: Path, runs: Path, renderer: Renderer, *, update: bool) -> list[str]:
    """Runs one gate, shows and keeps what it found, and writes its baseline to `path` or returns what fell."""
    baseline = None if update and not path.exists() else load_baseline(path)
    with renderer.waiting("load"):
        opened = open_system(source.settings, answers=gate.answers)
    if baseline and not update:
        check_fresh(baseline, source.digest, opened.facts.corpus_digest, path)
    asked = Asked(source.name, source.digest, source.cases, answers=gate.answers, seed=0)
    with watching(renderer.err, f"{gate.name} gate", quiet=renderer.quiet) as on_case:
        run = gate.run(opened.system, asked, opened.corpus, opened.facts, folder=runs, on_case=on_case)
    differences = judge(baseline, run) if baseline else ()
    keep(run, runs, renderer, differences, path.name)
    if differences:
        click.echo(f"{gate.name} gate: A is {path.name}, B is now\n\n{table(differences)}\n")
    if not update:
        return [difference.metric for difference in differences if difference.fell]
    save_baseline(baseline_of(run, gate, baseline.tolerances if baseline else None), path)
    click.echo(f"{gate.name} gate: wrote {path.name}\n\n{summary_text(run.aggregates)}\n")
    return []
