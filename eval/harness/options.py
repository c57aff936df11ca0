"""The options that commands of the evaluation share, and the settings they make."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from eval.harness.gates import BASELINES
from eval.harness.run_store import RUNS
from eval.harness.sources import SEEDS_SET
from rag.config import load_settings

a_path = click.Path(path_type=Path)
_SETTINGS = (
    click.option("--index", type=a_path, metavar="DIR", help="Folder of the index."),
    click.option("--models-dir", "--models", type=a_path, metavar="DIR", help="Folder of the default models."),
    click.option("--generator", metavar="FILE", help="GGUF file of a chat model."),
    click.option("--embedder", metavar="DIR", help="Folder of a sentence-transformers model."),
)
runs_option = click.option("--runs", type=a_path, default=RUNS, metavar="DIR", help="Folder of the runs.")
baselines_option = click.option(
    "--baselines", type=a_path, default=BASELINES, metavar="DIR", help="Folder of the baselines."
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="No progress.")
questions_option = click.option(
    "--questions", "set_path", type=a_path, default=SEEDS_SET, metavar="SET", help="JSON Lines or SQuAD file."
)
half_option = click.option(
    "--half", type=click.Choice(["tune", "test", "all"]), default="all", help="Cases of one half only."
)
sample_option = click.option("--sample", type=click.IntRange(1), metavar="N", help="N cases, of each type its share.")
seed_option = click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of sample and intervals."
)  # fmt: skip


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that are settings, and gives `command` the settings they make."""

    @wraps(command)
    def wrapped(**arguments: Any) -> Any:
        flags = {name: arguments.pop(name) for name in ("index", "models_dir", "generator", "embedder")}
        return command(settings=load_settings(flags, os.environ), given=flags, **arguments)

    for option in reversed(_SETTINGS):
        wrapped = option(wrapped)
    return wrapped
