"""The command line of the evaluation: `run`, `compare`, `show`, `export`, `gate`, the studies, `bench`, `load`.

`rag eval …` starts it as `python -m eval --from FOLDER …`. Figures go to standard output, everything else to
standard error. Exit codes are those of `rag`; 1 also means a fall beyond what the baseline tolerates.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

import click

from eval.benchmarks.bench import bench
from eval.cases.sets import load_set
from eval.cli.session import against_baseline, committed_tolerances, keep, pass_gate
from eval.cli.study_commands import STUDIES
from eval.cli.train_commands import train
from eval.errors import NoCases, NothingShared
from eval.harness.compare import compare, table
from eval.harness.gates import ANSWERS, RETRIEVAL
from eval.harness.judge import with_judgement
from eval.harness.options import (
    a_path,
    baselines_option,
    half_option,
    quiet_option,
    runs_option,
    sample_option,
    seed_option,
    with_settings,
)
from eval.harness.progress import watching
from eval.harness.run_store import cases_of, load_run, new_name
from eval.harness.runner import Asked, perform, select
from eval.harness.sources import SEEDS, SEEDS_SET, load_side, load_source, seed_texts
from eval.harness.system import open_system
from eval.load.load_test import load
from eval.reports import adapters
from eval.reports.run_report import summary_text, write_report
from rag.cli import Renderer
from rag.config import Settings
from rag.errors import RagError, UnexpectedError
from rag.generation import LlamaCppGenerator, check_gguf
from rag.runtime import build
from rag.wording import user_language

FELL = 1
INTERRUPTED = 130
GATES = {gate.name: gate for gate in (RETRIEVAL, ANSWERS)}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--from", "folder", type=a_path, hidden=True, help="Folder that paths are relative to.")
@click.option("--debug", is_flag=True, help="Show the traceback of unexpected errors.")
def evaluation(folder: Path | None, debug: bool) -> None:
    """Measure answers and searches on sets of questions with known answers."""
    if folder is not None:
        os.chdir(folder)


@evaluation.command()
@click.argument("set_path", type=a_path, default=SEEDS_SET, metavar="[SET]")
@click.option("--retrieval-only", is_flag=True, help="Search without answering.")
@half_option
@sample_option
@click.option("--limit", type=click.IntRange(1), metavar="N", help="The first N cases.")
@seed_option
@click.option("--name", metavar="NAME", help="Name of the run; one of that name is replaced.")
@click.option("--judge", type=a_path, metavar="FILE", help="GGUF chat model that gives its opinion of the answers.")
@runs_option
@baselines_option
@quiet_option
@with_settings
def run(
    *,
    settings: Settings,
    given: dict[str, Any],
    set_path: Path,
    retrieval_only: bool,
    half: str,
    sample: int | None,
    limit: int | None,
    seed: int,
    name: str | None,
    judge: Path | None,
    runs: Path,
    baselines: Path,
    quiet: bool,
) -> None:
    """Ask the questions of SET and write a run: figures, every row, and a report.

    SET is a JSON Lines file whose articles are in the index, or a SQuAD file (.json), for which an index is made where
    --index names none.
    Without SET: the questions about the seed articles. An interrupted run is taken up where it was.
    """
    if name is not None and not re.fullmatch(r"\w[\w.+-]*", name):
        raise click.BadParameter("letters, figures, dots and dashes make a name", param_hint="--name")
    if judge is not None:
        if retrieval_only:
            raise click.UsageError("There are no answers to judge in a --retrieval-only run.")
        check_gguf(judge)
    renderer = Renderer(user_language(), quiet=quiet)
    source = load_source(
        set_path, settings, runs, indexed=given["index"] is not None,
        on_build=lambda: renderer.note("Indexing the articles of the set…"),
    )  # fmt: skip
    chosen = select(source.cases, half=half, sample=sample, limit=limit, seed=seed)
    if not chosen:
        raise NoCases(path=set_path)
    with renderer.waiting("load"):
        opened = open_system(source.settings, answers=not retrieval_only)
    asked = Asked(source.name, source.digest, chosen, answers=not retrieval_only, seed=seed)
    with watching(renderer.err, source.name, quiet=quiet) as on_case:
        done = perform(
            opened.system, asked, opened.corpus, opened.facts,
            name=name or new_name(source.name), folder=runs, on_case=on_case,
        )  # fmt: skip
    if judge is not None:
        done = with_judgement(done, chosen, LlamaCppGenerator(judge))
    keep(done, runs, renderer, *against_baseline(done, baselines))
    click.echo(summary_text(done.aggregates))


@evaluation.command("compare")
@click.argument("a")
@click.argument("b")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the intervals.")
@runs_option
@baselines_option
def compare_command(a: str, b: str, seed: int, runs: Path, baselines: Path) -> None:
    """Compare run B with A, case by case: wins, losses, intervals.

    A and B are names or files of runs, or files of baselines. Ends with exit code 1 when a metric fell by more than
    the baseline tolerates.
    """
    before, after = load_side(a, runs), load_side(b, runs)
    tolerances = before.tolerances or after.tolerances or committed_tolerances(a, runs, baselines)
    differences = compare(before, after, tolerances, seed)
    if not any(difference.change.n for difference in differences):
        raise NothingShared(a=a, b=b)
    click.echo(f"A: {before.name}\nB: {after.name}\n\n{table(differences)}")
    fallen = [difference.metric for difference in differences if difference.fell]
    if not tolerances:
        click.echo("No baseline of this set states a tolerance: nothing is judged.", err=True)
    if fallen:
        click.echo(f"Fell beyond tolerance: {', '.join(fallen)}", err=True)
        sys.exit(FELL)


@evaluation.command()
@click.argument("reference", metavar="RUN")
@runs_option
@baselines_option
def show(reference: str, runs: Path, baselines: Path) -> None:
    """Show the figures of RUN, a name or a file, and write its report again."""
    run = load_run(reference, runs)
    differences, baseline = against_baseline(run, baselines)
    path = runs / f"{run.name}.html"
    write_report(run, path, differences, baseline)
    click.echo(summary_text(run.aggregates))
    if differences:
        click.echo(f"\nA: {baseline}\nB: {run.name}\n\n{table(differences)}")
    click.echo(str(path), err=True)


@evaluation.command()
@click.argument("reference", metavar="RUN")
@click.option("--format", "layout", type=click.Choice(["ragas", "trec"]), required=True, help="Layout.")
@click.argument("out", type=a_path)
@runs_option
def export(reference: str, layout: str, out: Path, runs: Path) -> None:
    """Write RUN to the file OUT for ragas (JSON Lines), or for trec_eval (OUT.run and OUT.qrels)."""
    run = load_run(reference, runs)
    cases = tuple(cases_of(run).values())
    if layout == "ragas":
        adapters.write_lines(adapters.ragas_lines(run.results, cases), out)
        return
    adapters.write_lines(adapters.trec_run(run.results, run.name), out.with_name(f"{out.name}.run"))
    adapters.write_lines(adapters.trec_qrels(run.results, cases), out.with_name(f"{out.name}.qrels"))


@evaluation.command()
@click.argument("set_path", type=a_path, default=SEEDS_SET, metavar="[SET]")
@click.option("--only", type=click.Choice(list(GATES)), help="One of the two gates.")
@click.option("--update", is_flag=True, help="Write new baselines instead.")
@runs_option
@baselines_option
@quiet_option
@with_settings
def gate(
    *,
    settings: Settings,
    given: dict[str, Any],
    set_path: Path,
    only: str | None,
    update: bool,
    runs: Path,
    baselines: Path,
    quiet: bool,
) -> None:
    """Hold the present state against the committed baselines; exit code 1 when something fell.

    Retrieval is measured on all of SET (without it: the questions about the seed articles), answers on a fixed sample.
    Without --index an index of the seed articles is made for the occasion.
    """
    renderer = Renderer(user_language(), quiet=quiet)
    gates = [GATES[only]] if only else list(GATES.values())
    with tempfile.TemporaryDirectory(prefix="rag-gate-") as folder:
        if given["index"] is None:
            load_set(set_path, seed_texts())  # a set that is not well is told before anything is built
            settings = settings.model_copy(update={"index": Path(folder) / "index"})
            renderer.note("Indexing the seed articles…")
            build([SEEDS], settings)
        source = load_source(set_path, settings, runs, indexed=True)
        fallen = []
        for each in gates:
            path = each.path(source.name, baselines)
            fallen += [
                f"{each.name}: {metric}" for metric in pass_gate(each, source, path, runs, renderer, update=update)
            ]
    if fallen:
        click.echo(f"Gate failed: {', '.join(fallen)}", err=True)
        sys.exit(FELL)


for _study in (*STUDIES, bench, load, train):
    evaluation.add_command(_study)


def main() -> NoReturn:
    """`python -m eval`."""
    program = "rag eval" if "--from" in sys.argv[1:2] else "python -m eval"
    renderer = Renderer(user_language())
    try:
        evaluation.main(prog_name=program, standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted; the cases done so far are kept, the same command goes on from there.", err=True)
        sys.exit(INTERRUPTED)
    except RagError as error:
        renderer.error(error)
        sys.exit(error.exit_code)
    except Exception as error:
        if "--debug" in sys.argv:
            raise
        renderer.error(UnexpectedError(reason=f"{type(error).__name__}: {error}"))
        sys.exit(UnexpectedError.exit_code)
    sys.exit(0)
