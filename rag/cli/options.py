"""What all commands share: help pages in the user's language, options, settings, errors told with an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from rag.errors import InvalidSetting, RagError, UnexpectedError, UnknownSetting
from rag.wording import say, user_language

Command = TypeVar("Command", bound=Callable[..., Any])

LANGUAGE = user_language()
INTERRUPTED = 130
FILTERS = ("since", "until", "on", "documents", "sources", "languages")
"""What a scope is made of: a command that takes these gets a scope."""

_HELP = ("-h", "--help")


def explain(key: str) -> str:
    """The help text `key` in the user's language."""
    return say(f"help.{key}", LANGUAGE)


class _HelpFormatter(click.HelpFormatter):
    """The layout of help pages, its few fixed words in the user's language."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or f"{explain('usage')} ")

    def write_heading(self, heading: str) -> None:
        known = {"Options": "options", "Commands": "commands"}
        self.write(f"{explain(known[heading]) if heading in known else f'{heading}:'}\n")


class _Context(click.Context):
    formatter_class = _HelpFormatter


class SubCommand(click.Command):
    """A command with help pages in the user's language."""

    context_class = _Context


class CommandGroup(click.Group):
    """A group with help pages in the user's language; called without a command it is its command `bare`, if any."""

    context_class = _Context
    command_class = SubCommand
    bare = ""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if self.bare and (not args or (args[0].startswith("-") and args[0] not in _HELP)):
            args = [self.bare, *args]
        return super().parse_args(ctx, args)


help_option = click.help_option(*_HELP, help=explain("help"))


def options(*names: str) -> Callable[[Command], Command]:
    """The shared options of these names, in this order."""
    known: dict[str, Any] = {
        "index": click.option("--index", type=click.Path(path_type=Path), metavar="DIR", help=explain("index_dir")),
        "models_dir": click.option(
            "--models-dir", type=click.Path(path_type=Path), metavar="DIR", help=explain("models_dir")
        ),
        "generator": click.option("--generator", metavar="FILE", help=explain("generator")),
        "no_llm": click.option("--no-llm", "generator", flag_value="none", help=explain("no_llm")),
        "embedder": click.option("--embedder", metavar="DIR", help=explain("embedder")),
        "reranker": click.option("--reranker", metavar="DIR", help=explain("reranker")),
        "reader": click.option("--reader", type=click.Choice(["none", "default"]), help=explain("reader")),
        "today": click.option("--today", metavar="DATE", help=explain("today")),
        "json": click.option("--json", "as_json", is_flag=True, help=explain("json")),
        "batch": click.option("--batch", metavar="FILE", help=explain("batch")),
        "since": click.option("--since", metavar="DATE", help=explain("since")),
        "until": click.option("--until", metavar="DATE", help=explain("until")),
        "on": click.option("--date", "on", metavar="DATE", help=explain("date")),
        "documents": click.option("--document", "documents", multiple=True, metavar="NAME", help=explain("document")),
        "sources": click.option("--source", "sources", multiple=True, metavar="NAME", help=explain("source")),
        "languages": click.option("--lang", "languages", multiple=True, metavar="CODE", help=explain("lang")),
        "k": click.option("-k", "passages", type=int, metavar="N", help=explain("k")),
        "quiet": click.option("-q", "--quiet", is_flag=True, help=explain("quiet")),
        "debug": click.option("--debug", is_flag=True, help=explain("debug")),
    }

    def decorate(command: Command) -> Command:
        command = help_option(command)
        for name in reversed(names):
            command = known[name](command)
        return command

    return decorate


def running(run: Callable[..., int | None]) -> Callable[..., None]:
    """Gives a command its settings, renderer and scope, and turns what it raises into a message and an exit code."""

    @wraps(run)
    def wrapped(*, quiet: bool = False, debug: bool = False, as_json: bool = False, **arguments: Any) -> None:
        from rag.cli.renderer import Renderer
        from rag.config import Settings, load_settings
        from rag.scopes import make_scope

        renderer = Renderer(LANGUAGE, quiet=quiet, as_json=as_json)
        filters = {name: arguments.pop(name) for name in FILTERS if name in arguments}
        flags = {name: arguments.pop(name) for name in list(arguments) if name in Settings.model_fields}
        try:
            settings = load_settings(flags, os.environ)
            renderer.language = settings.language or LANGUAGE
            if filters:
                arguments["scope"] = make_scope(**filters)
            code = run(settings=settings, renderer=renderer, **arguments)
        except click.ClickException:
            raise  # the command line is wrong: `main` says how
        except RagError as error:
            renderer.error(_as_typed(error))
            sys.exit(error.exit_code)
        except BrokenPipeError:
            # The reader has closed the pipe (`rag search … | head`): Python must not flush to it at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        except Exception as error:
            if debug:
                raise
            renderer.error(UnexpectedError(reason=f"{type(error).__name__}: {error}"))
            sys.exit(UnexpectedError.exit_code)
        sys.exit(code or 0)

    return wrapped


def wrong_usage(key: str, **fields: object) -> click.UsageError:
    """The error of a command line that asks for what does not go together; `key` is a text of the section "cli"."""
    return click.UsageError(say(f"cli.{key}", LANGUAGE, **fields), click.get_current_context())


def _as_typed(error: RagError) -> RagError:
    """An error about a setting, naming the flag or the variable as it was typed."""
    if isinstance(error, InvalidSetting | UnknownSetting):
        key = str(error.fields["key"])
        flag = "-k" if key == "passages" else f"--{key.replace('_', '-')}"
        typed = {"--": flag, "RAG_*": f"RAG_{key.upper()}"}
        place = str(error.fields["place"])
        return type(error)(**{**error.fields, "place": typed.get(place, place)})
    return error
