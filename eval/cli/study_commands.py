"""The commands that look into the search itself: `fit-ranking`, `variants`, `scale`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from eval.cases.recombined import Recombined, squad_paragraphs, write_articles
from eval.errors import NoCases
from eval.harness.options import (
    a_path,
    half_option,
    questions_option,
    quiet_option,
    runs_option,
    sample_option,
    seed_option,
    with_settings,
)
from eval.harness.progress import watching
from eval.harness.runner import Tally, select
from eval.harness.sources import Source, load_source
from eval.harness.system import open_system
from eval.machines.scenarios import MACHINES
from eval.scale import growth, search_scale as synthetic_scale
from eval.scale.synthetic import Corpus
from eval.studies import fitting, robustness
from rag.cli import Renderer
from rag.config import Settings
from rag.retrieval import FIRST_WEIGHTS, SECOND_WEIGHTS
from rag.runtime import open_retrieval
from rag.store import current_manifest
from rag.wording import user_language

FAILED = 1


@click.command("fit-ranking")
@questions_option
@half_option
@sample_option
@seed_option
@runs_option
@quiet_option
@with_settings
def fit_ranking(*, set_path: Path, quiet: bool, seed: int, **options: Any) -> None:
    """Refit the weights of the ranking on SET and say what each view is worth.

    Both stages, by listwise logistic regression, cross-validated by document. The weights of the product stay as
    they are.
    """
    renderer = Renderer(user_language(), quiet=quiet)
    source = _source(set_path, renderer, seed, **options)
    retriever, _ = open_retrieval(source.settings.model_copy(update={"threads": 1}))
    listed = []
    with watching(renderer.err, source.name, quiet=quiet) as on_case:
        for case in source.cases:
            listed.append(fitting.candidates(retriever, case))
            on_case(Tally(len(listed), len(source.cases), {}))
    first, second = zip(*listed, strict=True)
    click.echo(f"{len(listed)} questions about {len({some.group for some in first})} documents\n")
    try:
        stages = (
            fitting.study("first stage", first, FIRST_WEIGHTS, seed),
            fitting.study("second stage", second, SECOND_WEIGHTS, seed),
        )
    except ValueError as error:
        raise click.UsageError(f"Too few questions to fit on: {error}.") from error
    click.echo("\n\n".join(map(fitting.table, stages)))


@click.command()
@questions_option
@half_option
@sample_option
@seed_option
@click.option("--losses", is_flag=True, help="List the variants whose evidence is no longer found.")
@runs_option
@quiet_option
@with_settings
def variants(*, set_path: Path, quiet: bool, seed: int, losses: bool, **options: Any) -> None:
    """Ask SET misspelt, without accents, in capitals and in keywords, and measure what recall@5 loses.

    Ends with exit code 1 when a kind of variant loses more than 5 points.
    """
    renderer = Renderer(user_language(), quiet=quiet)
    source = _source(set_path, renderer, seed, **options)
    with renderer.waiting("load"):
        opened = open_system(source.settings, answers=False)
    with watching(renderer.err, source.name, quiet=quiet) as on_case:
        measured = robustness.losses(opened.system, source.cases, seed, on_case)
    click.echo(robustness.table(measured))
    if losses:
        for loss in measured:
            click.echo("".join(f"\n{case.id}: {case.question}" for case in loss.lost))
    if not all(loss.passed for loss in measured):
        sys.exit(FAILED)


@click.group()
def scale() -> None:
    """Build indexes of any size, and measure searches in them or the builds themselves."""


@scale.command("build")
@click.argument("folder", type=a_path, metavar="DIR")
@click.option("--passages", type=click.IntRange(1), required=True, metavar="N", help="How many.")
@seed_option
def scale_build(folder: Path, passages: int, seed: int) -> None:
    """Write a synthetic index of N passages into the new folder DIR, without a model."""
    built = synthetic_scale.build(folder, Corpus(passages, seed), lambda part: click.echo(part, err=True))
    click.echo(json.dumps(built))


@scale.command("run")
@click.argument("folder", type=a_path, metavar="DIR")
@click.option("--questions", type=click.IntRange(1), default=50, show_default=True, help="How many questions.")
@click.option("--repetitions", type=click.IntRange(1), default=3, show_default=True, help="How often each.")
@seed_option
def scale_run(folder: Path, questions: int, repetitions: int, seed: int) -> None:
    """Measure the time, the memory and the recall of searches in DIR: JSON, and a table on standard error."""
    corpus = Corpus(current_manifest(folder).passages, seed)
    report = synthetic_scale.run(folder, corpus, questions, repetitions)
    click.echo(json.dumps(report))
    click.echo(synthetic_scale.table(report), err=True)


@scale.command("articles")
@click.argument("set_path", type=a_path, metavar="SET")
@click.argument("folder", type=a_path, metavar="DIR")
@click.option("--articles", type=click.IntRange(1), default=10_000, show_default=True, metavar="N", help="How many.")
@seed_option
def scale_articles(set_path: Path, folder: Path, articles: int, seed: int) -> None:
    """Write N articles into the new folder DIR, made of the sentences of the SQuAD file SET."""
    write_articles(folder, Recombined(squad_paragraphs(set_path), seed), articles)


@scale.command("grow")
@click.argument("set_path", type=a_path, metavar="SET")
@click.option(
    "--articles", type=click.IntRange(1), multiple=True, default=(2_500, 5_000, 10_000), show_default=True, metavar="N",
    help="How many, repeatable.",
)  # fmt: skip
@click.option("--embedder", metavar="DIR", help="Folder of a sentence-transformers model, instead of a double.")
@seed_option
def scale_grow(set_path: Path, articles: tuple[int, ...], embedder: str | None, seed: int) -> None:
    """Build an index of N articles made of the sentences of the SQuAD file SET, each in a process of its own.

    Tells articles a second and the most memory held: JSON, and a table on standard error.
    """
    corpus = Recombined(squad_paragraphs(set_path), seed)
    rows = []
    for count in sorted(articles):
        click.echo(f"{count} articles…", err=True)
        rows.append(growth.build_apart(corpus, count, embedder))
    click.echo(json.dumps(rows))
    click.echo(growth.table(rows), err=True)


for machines in MACHINES:
    scale.add_command(machines)

STUDIES = (fit_ranking, variants, scale)


def _source(
    path: Path,
    renderer: Renderer,
    seed: int,
    *,
    settings: Settings,
    given: dict[str, Any],
    half: str,
    sample: int | None,
    runs: Path,
) -> Source:
    """The chosen cases that have evidence. Raises NoCases, and what `load_source` raises."""
    source = load_source(
        path, settings, runs, indexed=given["index"] is not None,
        on_build=lambda: renderer.note("Indexing the articles of the set…"),
    )  # fmt: skip
    told = [case for case in source.cases if case.evidence]
    chosen = select(told, half=half, sample=sample, seed=seed)
    if not chosen:
        raise NoCases(path=path)
    return Source(source.name, source.digest, chosen, source.settings)
