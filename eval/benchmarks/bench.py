"""The command `bench`: the sections one after the other, their report as JSON or as a table, and its history."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click

from eval.benchmarks import generator, indexing, memory, search, start
from eval.benchmarks.figures import Figure, table
from eval.benchmarks.machine import load_average, machine
from eval.benchmarks.plain_llama import PlainLlama
from eval.benchmarks.prompt_tokens import counted_pipeline
from eval.cases.sets import load_questions
from eval.cases.squad import load_squad
from eval.errors import NoCases
from eval.harness.options import a_path, baselines_option, quiet_option, seed_option, with_settings
from eval.harness.sources import SEEDS_SET
from eval.harness.system import versions
from eval.reports import history
from rag.cli import Renderer
from rag.config import Settings
from rag.generation import LlamaCppGenerator
from rag.runtime import make_generator, open_pipeline, open_retrieval
from rag.store import open_index
from rag.wording import user_language

_TEXT = 30_000
"""Characters of the articles that are read plainly: more tokens than any question needs."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: settings with absolute paths, and how much of it.

    `searched` are questions for searches, `answered` those that the articles answer; `more`: questions after the warm
    ones of the section `memory`.
    """

    settings: Settings
    searched: Sequence[str]
    answered: Sequence[str]
    sample: int
    repetitions: int
    more: int


def _start(plan: Plan) -> tuple[Figure, ...]:
    own = _llama(plan.settings)
    told = start.commands(plan.settings, own.path, own.threads, _text(plan.settings))
    return start.measure(told, plan.settings, plan.answered[: plan.repetitions])


def _generator(plan: Plan) -> tuple[Figure, ...]:
    own = _llama(plan.settings)
    plain = PlainLlama(own.path, own.context_tokens, own.threads)
    with closing(plain), counted_pipeline(plan.settings) as (pipeline, counting):
        text = plain.tokens(_text(plan.settings))
        generator.ask(pipeline, counting, plain, plan.answered[-1], text)  # only to be warm
        measured = plan.answered[: plan.sample]
        return generator.figures([generator.ask(pipeline, counting, plain, one, text) for one in measured])


def _memory(plan: Plan) -> tuple[Figure, ...]:
    pipeline = open_pipeline(settings=plan.settings)
    return memory.figures([*memory.after_questions(pipeline.ask, plan.answered, memory.WARM + plan.more)])


def _search(plan: Plan) -> tuple[Figure, ...]:
    retriever, embedder = open_retrieval(plan.settings)
    search.warm(retriever, plan.searched, plan.settings.passages)
    references = search.plain_libraries(retriever.index, embedder)
    rows = search.time_searches(retriever, references, plan.searched, plan.repetitions, plan.settings.passages)
    return search.figures(rows)


def _indexing(plan: Plan) -> tuple[Figure, ...]:
    retriever, embedder = open_retrieval(plan.settings)
    passages = retriever.index.catalog.query(
        "SELECT text FROM passage WHERE level = 'passage' ORDER BY id LIMIT ?", (indexing.PASSAGES,)
    )
    return indexing.measure(embedder, [str(text) for (text,) in passages], plan.repetitions)


SECTIONS: dict[str, Callable[[Plan], tuple[Figure, ...]]] = {
    "start": _start,
    "generator": _generator,
    "memory": _memory,
    "search": _search,
    "indexing": _indexing,
}
"""In this order: the first needs a parent that is small, the last two import PyTorch, which no question does."""
GENERATING = {"start", "generator"}


@click.command()
@click.argument("set_path", type=a_path, default=SEEDS_SET, metavar="[SET]")
@click.option("--only", type=click.Choice(list(SECTIONS)), help="One of the sections.")
@click.option("--sample", type=click.IntRange(1), default=12, show_default=True, help="Questions to the generator.")
@click.option("--searches", type=click.IntRange(1), default=40, show_default=True, help="Questions to search.")
@click.option("--questions", type=click.IntRange(10), default=60, show_default=True, help="Questions of memory growth.")
@click.option("--repetitions", type=click.IntRange(1), default=5, show_default=True, help="Of all others.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")
@click.option("--save", is_flag=True, help="Add the report to the history in the folder of the baselines.")
@seed_option
@baselines_option
@quiet_option
@with_settings
def bench(
    *,
    settings: Settings,
    given: dict[str, Any],
    set_path: Path,
    only: str | None,
    sample: int,
    searches: int,
    questions: int,
    repetitions: int,
    as_json: bool,
    save: bool,
    seed: int,
    baselines: Path,
    quiet: bool,
) -> None:
    """Measure start, answers, searches, builds and memory, beside the plain libraries in the same turn.

    SET gives the questions (without it: those about the seed articles). Each figure has its median and quartiles, the
    ratio to the plain library's, and whether it meets its bar.
    """
    renderer = Renderer(user_language(), quiet=quiet)
    searched, answered = (_questions(set_path, seed, answerable=answerable) for answerable in (False, True))
    settings = _absolute(settings)
    index = open_index(settings.index).manifest
    sections = [only] if only else list(SECTIONS)
    if GENERATING.intersection(sections):
        _llama(settings)
    plan = Plan(settings, searched[:searches], answered, sample, repetitions, questions)
    report: dict[str, Any] = {
        "created": f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}",
        "machine": machine(),
        "versions": versions(),
        "index": {"articles": index.articles, "passages": index.passages, "sentences": index.sentences},
        "figures": [],
    }
    for section in sections:
        renderer.note(f"{section}…")
        report["figures"] += [figure.as_object() for figure in SECTIONS[section](plan)]
    report["load_average_after"] = load_average()
    click.echo(json.dumps(report, ensure_ascii=False) if as_json else table(report))
    if save:
        history.append(report, baselines / history.HISTORY.name)


def _questions(path: Path, seed: int, *, answerable: bool) -> list[str]:
    """The questions of `path` in an order drawn by `seed`. Raises NoCases."""
    if path.suffix == ".json":
        known = [case.question for case in load_squad(path).cases if case.answerable or not answerable]
    else:
        known = list(load_questions(path, answerable_in="fr" if answerable else None))
    if not known:
        raise NoCases(path=path)
    return random.Random(seed).sample(known, len(known))


def _absolute(settings: Settings) -> Settings:
    """`settings` for processes that may run in other folders."""
    return settings.model_copy(update={name: getattr(settings, name).resolve() for name in ("index", "models_dir")})


def _llama(settings: Settings) -> LlamaCppGenerator:
    """The generator, not loaded. Raises ModelMissing, and a usage error where it is none of llama.cpp."""
    generator = make_generator(settings)
    if not isinstance(generator, LlamaCppGenerator):
        raise click.UsageError("Only a generator in a GGUF file can be measured beside llama.cpp; see --only.")
    return generator


def _text(settings: Settings) -> str:
    """The texts of the articles, as many as are needed."""
    text = ""
    for article in open_index(settings.index).catalog.articles():
        text += article.text
        if len(text) >= _TEXT:
            break
    return text[:_TEXT]
