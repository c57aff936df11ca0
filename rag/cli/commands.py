"""The command line: `rag fetch`, `index`, `ask`, `chat`, `serve`, `mcp`, `search`, `articles`, `doctor`, `eval`.

The answer goes to standard output, everything else to standard error. Exit codes: 0 done (a refusal is a
good answer), 1 unexpected, 2 usage, 3 something to fetch, build or repair first, 4 index and settings disagree,
5 bad input; 130 interrupted. Heavy libraries are imported by the command that needs them.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from rag.cli.articles import articles
from rag.cli.ask import ask, search
from rag.cli.index_command import index
from rag.cli.options import INTERRUPTED, LANGUAGE, CommandGroup, explain, help_option
from rag.cli.serve import chat, mcp, serve
from rag.cli.upkeep import doctor, evaluate, fetch
from rag.wording import say


@click.group(cls=CommandGroup, help=explain("rag"))
@click.version_option(package_name="rag", help=explain("version"))
@help_option
def rag() -> None:
    """The group of commands."""


for _command in (fetch, index, ask, chat, serve, mcp, search, articles, doctor, evaluate):
    rag.add_command(_command)


def _show_usage(error: click.ClickException) -> None:
    """What is wrong with the command line, and where to read how it goes."""
    text = error.format_message()
    if isinstance(error, click.NoSuchOption):
        text = say("cli.no_such_option", LANGUAGE, option=error.option_name)
    if command := getattr(error, "command_name", None):  # click's NoSuchCommand, since 8.4
        text = say("cli.no_such_command", LANGUAGE, command=command)
    if nearest := getattr(error, "possibilities", None):
        text += " " + say("cli.nearest", LANGUAGE, nearest=", ".join(sorted(nearest)))
    click.echo(f"{say('cli.error', LANGUAGE)} {text}", err=True)
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        click.echo(say("cli.see_help", LANGUAGE, command=context.command_path), err=True)


def main() -> NoReturn:
    """The console script."""
    try:
        rag.main(standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        _show_usage(error)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo(say("cli.interrupted", LANGUAGE), err=True)
        sys.exit(INTERRUPTED)
    sys.exit(0)
