"""The commands that train: `train reader`, `train decision`."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from eval.harness.options import a_path, questions_option, quiet_option, seed_option, with_settings
from eval.harness.progress import watching
from eval.harness.runner import Tally
from eval.harness.sources import load_source
from eval.training.material import load_material
from rag.cli import Renderer
from rag.config import Settings
from rag.wording import user_language

_LINE_EVERY_S = 30.0


@click.group()
def train() -> None:
    """Train what the product ships."""


@train.command("reader")
@click.argument("data", type=a_path, metavar="DATA")
@click.option("--out", type=a_path, required=True, metavar="DIR", help="Folder of checkpoints, report and adapter.")
@click.option("--work", type=a_path, metavar="DIR", help="Folder of what is found for the questions, kept: DIR/found.")
@click.option("--steps", type=click.IntRange(1), default=1500, show_default=True, help="How many steps.")
@click.option("--rank", type=click.IntRange(1, 64), default=40, show_default=True, help="Of the low-rank matrices.")
@click.option("--rate", type=float, default=8e-4, show_default=True, help="Learning rate of the matrices.")
@click.option("--changed", type=float, default=0.3, show_default=True, help="Share of questions also asked changed.")
@click.option("--measured", type=click.IntRange(0), default=300, show_default=True, help="Held-out questions measured.")
@seed_option
@quiet_option
@with_settings
def reader(*, data: Path, out: Path, work: Path | None, seed: int, quiet: bool, **options: Any) -> None:
    """Train the reader on the SQuAD files of the folder DATA.

    A run that was killed goes on where it was when the same command is given again. Ends with the figures on articles
    that were held out: as JSON, and in DIR/report.json beside the adapter.
    """
    from eval.training.run import train_reader  # noqa: PLC0415 (PyTorch takes seconds)

    renderer = Renderer(user_language(), quiet=quiet)
    told = [0.0]

    def say(line: str) -> None:
        if not quiet and time.monotonic() - told[0] > _LINE_EVERY_S:
            told[0] = time.monotonic()
            renderer.note(line)

    settings: Settings = options.pop("settings")
    options.pop("given")
    report = train_reader(data, out, work or out / "found", settings, seed=seed, on_progress=say, **options)
    click.echo(json.dumps(report, indent=2))


@train.command("decision")
@click.argument("data", type=a_path, metavar="DATA")
@click.option(
    "--work", type=a_path, required=True, metavar="DIR", help="Folder of what training found for the questions."
)
@click.option("--measured", type=click.IntRange(2), default=300, show_default=True, help="Held-out questions asked.")
@questions_option
@seed_option
@quiet_option
@with_settings
def decision(*, data: Path, work: Path, measured: int, set_path: Path, seed: int, quiet: bool, **options: Any) -> None:
    """Fit the probability that the articles answer, on DATA and on SET.

    Prints the weights, which are written into the product by hand, and the figures on articles and questions that they
    were not fitted on. SET is over the articles of the index of the settings.
    """
    from eval.training import deciding  # noqa: PLC0415 (PyTorch takes seconds)
    from eval.training.run import held_out  # noqa: PLC0415

    settings: Settings = options.pop("settings").model_copy(update={"reader": "default"})
    renderer = Renderer(user_language(), quiet=quiet)
    material = load_material(data)
    source = load_source(set_path, settings)
    questions = held_out(material.questions, measured, seed)
    done = [0]
    with watching(renderer.err, "decision", quiet=quiet) as on_case:

        def on() -> None:
            done[0] += 1
            on_case(Tally(done[0], len(questions) + len(source.cases), {}))

        observed = [
            *deciding.observe_articles(material, work, settings, questions, on),
            *deciding.observe_set(source.cases, settings, on),
        ]
    click.echo(json.dumps(asdict(deciding.decide(observed)), indent=2))
