"""Commands with their arguments and options, from the command line itself, asked in each language."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

from generated import PROJECT
from generated.markdown import code, shown, table

_LABELS = {
    "en": {"option": "Option", "meaning": "Meaning", "commands": "Commands", "command": "Command"},
    "fr": {"option": "Option", "meaning": "Sens", "commands": "Commandes", "command": "Commande"},
}
# The language of help pages is chosen when the commands are imported, so each language has a process of its own.
_ASK = """
import json, sys
from importlib import import_module
import click

def told(command, name):
    context = click.Context(command, info_name=name)
    options = []
    for parameter in command.get_params(context):
        if isinstance(parameter, click.Option) and not parameter.hidden:
            names, meaning = parameter.get_help_record(context)
            options.append([names, meaning])
    within = getattr(command, "commands", {})
    return {
        "name": name,
        "usage": " ".join([name, *command.collect_usage_pieces(context)]),
        "help": (command.help or "").split("\\f")[0],
        "options": options,
        "commands": [told(inner, f"{name} {key}") for key, inner in sorted(within.items()) if not inner.hidden],
    }

module, attribute, name = sys.argv[1:]
json.dump(told(getattr(import_module(module), attribute), name), sys.stdout)
"""


def render(language: str) -> str:
    """All commands of `rag`."""
    return _command(_tree("rag.cli", "rag", "rag", language), language, 2)


def render_evaluation(language: str) -> str:
    """All commands of the evaluation, whose help pages are in English alone."""
    return _command(_tree("eval.cli", "evaluation", "rag eval", "en"), language, 2)


@cache
def _tree(module: str, attribute: str, name: str, language: str) -> dict[str, Any]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RAG_")}
    path = os.pathsep.join([str(PROJECT), *filter(None, [environment.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-c", _ASK, module, attribute, name],
        cwd=PROJECT,
        env={**environment, "RAG_LANGUAGE": language, "PYTHONPATH": path},
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise RuntimeError(f"the commands of {module} cannot be asked: {done.stderr}")
    tree: dict[str, Any] = json.loads(done.stdout)
    return tree


def _command(told: dict[str, Any], language: str, level: int) -> str:
    labels = _LABELS[language]
    parts = [
        f"{'#' * level} {code(told['name'])}",
        *(shown(paragraph) for paragraph in told["help"].strip().split("\n\n")),
        f"```text\n{told['usage']}\n```",
        table([labels["option"], labels["meaning"]], [[code(names), shown(text)] for names, text in told["options"]]),
    ]
    # Of `rag eval` its own chapter tells.
    parts += [_command(inner, language, min(level + 1, 3)) for inner in told["commands"]]
    return "\n\n".join(filter(None, parts))
