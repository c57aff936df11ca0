"""The command line: `rag fetch`, `index`, `ask`, `chat`, `search`, `articles`, `doctor`, `eval`.

The answer goes to standard output, everything else to standard error. Exit codes: 0 done (a refusal is a
good answer), 1 unexpected, 2 usage, 3 something to fetch or build first, 4 index and settings disagree,
5 bad input; 130 interrupted. Heavy libraries are imported by the command that needs them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import closing
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from rag.errors import (
    BadBatchLine,
    BadInput,
    FileUnreadable,
    InvalidSetting,
    LoginMissing,
    PathMissing,
    RagError,
    UnexpectedError,
    UnknownSetting,
)
from rag.wording import say, user_language

if TYPE_CHECKING:
    from rag.config import Settings
    from rag.contracts import Request
    from rag.domain import Scope, Turn
    from rag.rendering import Renderer

Command = TypeVar("Command", bound=Callable[..., Any])
Reply = Callable[["Request"], dict[str, Any]]

_LANGUAGE = user_language()
_INTERRUPTED = 130
# What a scope is made of: a command that takes these gets a scope.
_FILTERS = ("since", "until", "on", "documents", "sources", "languages")


def _help(key: str) -> str:
    return say(f"help.{key}", _LANGUAGE)


class _HelpFormatter(click.HelpFormatter):
    """The layout of help pages, its few fixed words in the user's language."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or f"{_help('usage')} ")

    def write_heading(self, heading: str) -> None:
        known = {"Options": "options", "Commands": "commands"}
        self.write(f"{_help(known[heading]) if heading in known else f'{heading}:'}\n")


class _Context(click.Context):
    formatter_class = _HelpFormatter


class _Commands(click.Group):
    context_class = _Context


class _SubCommand(click.Command):
    context_class = _Context


_Commands.command_class = _SubCommand
_help_option = click.help_option("-h", "--help", help=_help("help"))


def _options(*names: str) -> Callable[[Command], Command]:
    """The shared options of these names, in this order."""
    options: dict[str, Any] = {
        "index": click.option("--index", type=click.Path(path_type=Path), metavar="DIR", help=_help("index_dir")),
        "models_dir": click.option(
            "--models-dir", type=click.Path(path_type=Path), metavar="DIR", help=_help("models_dir")
        ),
        "generator": click.option("--generator", metavar="FILE", help=_help("generator")),
        "no_llm": click.option("--no-llm", "generator", flag_value="none", help=_help("no_llm")),
        "embedder": click.option("--embedder", metavar="DIR", help=_help("embedder")),
        "reranker": click.option("--reranker", metavar="DIR", help=_help("reranker")),
        "today": click.option("--today", metavar="DATE", help=_help("today")),
        "json": click.option("--json", "as_json", is_flag=True, help=_help("json")),
        "batch": click.option("--batch", metavar="FILE", help=_help("batch")),
        "since": click.option("--since", metavar="DATE", help=_help("since")),
        "until": click.option("--until", metavar="DATE", help=_help("until")),
        "on": click.option("--date", "on", metavar="DATE", help=_help("date")),
        "documents": click.option("--document", "documents", multiple=True, metavar="NAME", help=_help("document")),
        "sources": click.option("--source", "sources", multiple=True, metavar="NAME", help=_help("source")),
        "languages": click.option("--lang", "languages", multiple=True, metavar="CODE", help=_help("lang")),
        "k": click.option("-k", "passages", type=int, metavar="N", help=_help("k")),
        "quiet": click.option("-q", "--quiet", is_flag=True, help=_help("quiet")),
        "debug": click.option("--debug", is_flag=True, help=_help("debug")),
    }

    def decorate(command: Command) -> Command:
        command = _help_option(command)
        for name in reversed(names):
            command = options[name](command)
        return command

    return decorate


def _command(run: Callable[..., int | None]) -> Callable[..., None]:
    """Gives a command its settings, renderer and scope, and turns what it raises into a message and an exit code."""

    @wraps(run)
    def wrapped(*, quiet: bool = False, debug: bool = False, **arguments: Any) -> None:
        from rag.config import Settings, load_settings
        from rag.rendering import Renderer
        from rag.scopes import make_scope

        renderer = Renderer(_LANGUAGE, quiet=quiet)
        filters = {name: arguments.pop(name) for name in _FILTERS if name in arguments}
        flags = {name: arguments.pop(name) for name in list(arguments) if name in Settings.model_fields}
        try:
            settings = load_settings(flags, os.environ)
            renderer.language = settings.language or _LANGUAGE
            if filters:
                arguments["scope"] = make_scope(**filters)
            code = run(settings=settings, renderer=renderer, **arguments)
        except click.ClickException:
            raise  # of the command line itself: `main` shows it
        except RagError as error:
            renderer.error(_as_typed(error))
            sys.exit(error.exit_code)
        except BrokenPipeError:
            # The reader has left (`rag search … | head`): nothing to say, and nothing to flush at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        except Exception as error:
            if debug:
                raise
            renderer.error(UnexpectedError(reason=f"{type(error).__name__}: {error}"))
            sys.exit(UnexpectedError.exit_code)
        sys.exit(code or 0)

    return wrapped


def _as_typed(error: RagError) -> RagError:
    """An error about a setting, naming the flag or the variable as it was typed."""
    if isinstance(error, InvalidSetting | UnknownSetting):
        key = str(error.fields["key"])
        flag = "-k" if key == "passages" else f"--{key.replace('_', '-')}"
        typed = {"--": flag, "RAG_*": f"RAG_{key.upper()}"}
        place = str(error.fields["place"])
        return type(error)(**{**error.fields, "place": typed.get(place, place)})
    return error


@click.group(cls=_Commands, help=_help("rag"))
@click.version_option(package_name="rag", help=_help("version"))
@_help_option
def rag() -> None:
    """The group of commands."""


@rag.command(help=_help("fetch"))
@_options("models_dir", "quiet", "debug")
@_command
def fetch(*, settings: Settings, renderer: Renderer) -> None:
    """`rag fetch`."""
    from rag.assembly import fetch_models

    with renderer.progress() as on_progress:
        paths = fetch_models(settings, on_progress)
    for name, path in paths.items():
        renderer.line(say("cli.fetched", renderer.language, name=name, path=path))


@rag.command(help=_help("index"))
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--replace", is_flag=True, help=_help("replace"))
@_options("index", "models_dir", "embedder", "json", "quiet", "debug")
@_command
def index(*, settings: Settings, renderer: Renderer, paths: tuple[Path, ...], replace: bool, as_json: bool) -> None:
    """`rag index`."""
    from rag.assembly import build
    from rag.contracts import dump
    from rag.corpus import Notice, Problem

    problems: list[Problem] = []
    try:
        with renderer.progress() as on_progress:
            report = build(paths, settings, replace=replace, on_progress=on_progress, on_problem=problems.append)
    finally:
        # Also when nothing could be read: these say why.
        for problem in problems:
            renderer.problem(problem)
    unread = [problem for problem in problems if not isinstance(problem, Notice)]
    if unread:
        renderer.note(say("cli.problems", renderer.language, count=len(unread)))
    summary = {
        "articles": report.manifest.articles,
        "passages": report.manifest.passages,
        "added": len(report.added),
        "changed": len(report.changed),
        "removed": len(report.removed),
        "unchanged": report.unchanged,
        "embedded": report.embedded,
    }
    if as_json:
        renderer.line(dump({**summary, "index": str(settings.index), "unread": [str(error) for error in unread]}))
    else:
        renderer.line(say("cli.indexed", renderer.language, path=settings.index, **summary))


@rag.command(help=_help("ask"))
@click.argument("question", required=False)
@click.option("--history", metavar="JSON", help=_help("history"))
@click.option("--no-stream", is_flag=True, help=_help("no_stream"))
@_options(
    *("json", "batch", "k", *_FILTERS, "today"),
    *("index", "models_dir", "generator", "no_llm", "embedder", "reranker", "quiet", "debug"),
)
@_command
def ask(
    *,
    settings: Settings,
    renderer: Renderer,
    scope: Scope,
    question: str | None,
    history: str | None,
    no_stream: bool,
    as_json: bool,
    batch: str | None,
) -> int:
    """`rag ask`."""
    asked = _one_question(question, batch)
    turns = _history(history, renderer.language)
    lines = _read_batch(batch) if batch is not None else []

    from rag import languages

    languages.begin_loading()  # beside the imports, which take as long
    from rag.assembly import open_answering
    from rag.contracts import answer_object, dump
    from rag.inquiry import clean_question

    if batch is None:
        clean_question(asked)  # a bad question is told before anything is loaded
    _check_scope(scope, settings, renderer)
    with renderer.waiting("load"):
        pipeline, retriever = open_answering(settings)
    if pipeline.quotes_only and not settings.generator:
        renderer.note(say("notice.no_generator", renderer.language))
    if batch is not None:
        return _answer_batch(
            lines,
            batch,
            scope,
            renderer,
            lambda one: answer_object(pipeline.ask(one.question, one.history, one.scope), one.id),
        )
    if as_json:
        answer = pipeline.ask(asked, turns, scope)
        renderer.line(dump(answer_object(answer, 1)))
    elif no_stream:
        answer = pipeline.ask(asked, turns, scope)
        renderer.answer(answer)
    else:
        answer = renderer.stream(pipeline.stream(asked, turns, scope))
    # Without passages nothing was searched: it was no question to the articles.
    if answer.passages and retriever.meets_no_word(answer.standalone_question, scope):
        renderer.note(say("notice.no_word_found", renderer.language))
    return 0


@rag.command(help=_help("chat"))
@click.option("--port", type=click.IntRange(0, 65535), default=7860, metavar="N", help=_help("port"))
@click.option("--host", default="127.0.0.1", metavar="ADDRESS", help=_help("host"))
@click.option("--no-browser", is_flag=True, help=_help("no_browser"))
@click.option("--auth", "logins", multiple=True, metavar="USER:PASSWORD", help=_help("auth"))
@_options("today", "index", "models_dir", "generator", "no_llm", "embedder", "reranker", "debug")
@_command
def chat(
    *, settings: Settings, renderer: Renderer, port: int, host: str, no_browser: bool, logins: tuple[str, ...]
) -> None:
    """`rag chat`."""
    from rag.chat_ui.web import is_loopback

    auth = _passwords(logins)
    if not auth and not is_loopback(host):
        raise LoginMissing(host=host)
    from rag.chat_ui import launch

    launch(settings, host=host, port=port, open_browser=not no_browser, auth=auth)


@rag.command(help=_help("search"))
@click.argument("question", required=False)
@click.option("--evidence", is_flag=True, help=_help("evidence"))
@click.option("--explain", is_flag=True, help=_help("explain"))
@_options(
    *("json", "batch", "k", *_FILTERS, "today"),
    *("index", "models_dir", "embedder", "reranker", "quiet", "debug"),
)
@_command
def search(
    *,
    settings: Settings,
    renderer: Renderer,
    scope: Scope,
    question: str | None,
    evidence: bool,
    explain: bool,
    as_json: bool,
    batch: str | None,
) -> int:
    """`rag search`."""
    asked = _one_question(question, batch)
    lines = _read_batch(batch) if batch is not None else []

    from rag import languages

    languages.begin_loading()  # beside the imports, which take as long
    from rag.assembly import open_retriever
    from rag.contracts import dump, hits_object
    from rag.inquiry import clean_question

    if batch is None:
        asked = clean_question(asked)
    _check_scope(scope, settings, renderer)
    with renderer.waiting("load"):
        retriever = open_retriever(settings)
    find = retriever.evidence if evidence else retriever.search

    def notices(question: str, within: Scope) -> list[str]:
        return ["no_word_found"] if retriever.meets_no_word(question, within) else []

    if batch is not None:

        def reply(one: Request) -> dict[str, Any]:
            cleaned = clean_question(one.question)
            found = find(cleaned, settings.passages, one.scope)
            return hits_object(one.question, found, one.id, explain=explain, notices=notices(cleaned, one.scope))

        return _answer_batch(lines, batch, scope, renderer, reply)
    hits = find(asked, settings.passages, scope)
    told = notices(asked, scope)
    for notice in told:
        renderer.note(say(f"notice.{notice}", renderer.language))
    if as_json:
        renderer.line(dump(hits_object(asked, hits, 1, explain=explain, notices=told)))
    else:
        renderer.hits(hits, explain=explain)
    return 0


@rag.command(help=_help("articles"))
@_options("json", *_FILTERS, "index", "quiet", "debug")
@_command
def articles(*, settings: Settings, renderer: Renderer, scope: Scope, as_json: bool) -> None:
    """`rag articles`."""
    from rag.catalog import open_catalog
    from rag.contracts import dump, headings_list
    from rag.selection import headings

    _check_scope(scope, settings, renderer)
    with closing(open_catalog(settings.index)) as catalog:
        found = headings(catalog, scope)
    if as_json:
        renderer.line(dump(headings_list(found)))
    else:
        renderer.headings(found)


@rag.command(help=_help("doctor"))
@_options("json", "index", "models_dir", "generator", "embedder", "debug")
@_command
def doctor(*, settings: Settings, renderer: Renderer, as_json: bool) -> int:
    """`rag doctor`."""
    from dataclasses import asdict

    from rag.contracts import dump
    from rag.doctor import examine

    checks = examine(settings, renderer.language)
    if as_json:
        renderer.line(dump([asdict(check) for check in checks]))
    else:
        renderer.checks(checks)
    return 3 if any(check.status == "failed" for check in checks) else 0


@rag.command("eval", help=_help("eval"), add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="COMMAND [ARGUMENT]...")
def evaluate(arguments: tuple[str, ...]) -> None:
    """`rag eval`: the evaluation suite is a package of its own, which `rag` starts and never imports."""
    import signal
    import subprocess

    project = Path(__file__).resolve().parents[1]
    if not (project / "eval" / "__main__.py").is_file():
        raise click.UsageError(say("cli.no_evaluation", _LANGUAGE))
    command = [sys.executable, "-m", "eval", "--from", str(Path.cwd()), *arguments]
    with subprocess.Popen(command, cwd=project) as process:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is interrupted along with this one, and says what is kept
        sys.exit(process.wait())


def _passwords(logins: tuple[str, ...]) -> dict[str, str]:
    """Passwords by user: those of the command line, or else of the environment, where no list of processes shows them.

    Raises InvalidSetting, which shows none.
    """
    from rag.config import AUTH_VARIABLE

    place = "--auth" if logins else AUTH_VARIABLE
    passwords: dict[str, str] = {}
    for login in logins or os.environ.get(AUTH_VARIABLE, "").splitlines():
        user, _, password = login.partition(":")
        if not user.strip() or not password:
            raise InvalidSetting(key="auth", place=place, reason="USER:PASSWORD")
        passwords[user.strip()] = password
    return passwords


def _one_question(question: str | None, batch: str | None) -> str:
    """The question of the command line, or of standard input for `-`; exactly one of question and batch is given."""
    if (question is None) == (batch is None):
        raise click.UsageError(say("cli.question_or_batch", _LANGUAGE))
    if question == "-":
        return sys.stdin.buffer.read().decode("utf-8", "replace")
    return question or ""


def _history(text: str | None, language: str) -> list[Turn]:
    from rag.contracts import BadRequest, parse_history

    if text is None:
        return []
    import json

    try:
        return parse_history(json.loads(text))
    except BadRequest as error:
        raise InvalidSetting(key="history", place="--history", reason=error.text(language)) from error
    except (ValueError, RecursionError) as error:
        raise InvalidSetting(key="history", place="--history", reason=error) from error


def _check_scope(scope: Scope, settings: Settings, renderer: Renderer) -> None:
    """Raises, before anything slow is loaded, for a scope that the index has nothing in; tells what it leaves out."""
    from rag.catalog import open_catalog
    from rag.domain import EVERYTHING
    from rag.selection import check, count_undated

    if scope == EVERYTHING:
        return
    with closing(open_catalog(settings.index)) as catalog:
        check(catalog, scope)
        undated = count_undated(catalog, scope)
    if undated:
        renderer.note(say("cli.left_out", renderer.language, count=undated))


def _read_batch(path: str) -> list[str]:
    try:
        text = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        # Not `splitlines`: a JSON string may hold other characters that this takes for the end of a line.
        return text.decode("utf-8-sig").split("\n")
    except FileNotFoundError as error:
        raise PathMissing(path=path) from error
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(path=path, reason=error) from error


def _answer_batch(lines: list[str], path: str, scope: Scope, renderer: Renderer, reply: Reply) -> int:
    """Writes one object a line, in order. A bad line is reported with its number, the others are answered.

    `scope` is that of lines without filters of their own.
    """
    from rag.contracts import BadRequest, dump, parse_request

    bad: BadBatchLine | None = None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            renderer.line(dump(reply(parse_request(line, number, scope))))
        except (BadRequest, BadInput) as error:
            language = renderer.language
            reason = error.text(language) if isinstance(error, BadRequest) else error.message(language).rstrip(".")
            bad = BadBatchLine(path=path, line=number, reason=reason)
            renderer.problem(bad)
    if bad is None:
        return 0
    renderer.hint(bad)
    return bad.exit_code


def _show_usage(error: click.ClickException) -> None:
    """What is wrong with the command line, and where to read how it goes."""
    text = error.format_message()
    if isinstance(error, click.NoSuchOption):
        text = say("cli.no_such_option", _LANGUAGE, option=error.option_name)
    if command := getattr(error, "command_name", None):  # click's NoSuchCommand, since 8.4
        text = say("cli.no_such_command", _LANGUAGE, command=command)
    if nearest := getattr(error, "possibilities", None):
        text += " " + say("cli.nearest", _LANGUAGE, nearest=", ".join(sorted(nearest)))
    click.echo(f"{say('cli.error', _LANGUAGE)} {text}", err=True)
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        click.echo(say("cli.see_help", _LANGUAGE, command=context.command_path), err=True)


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
        click.echo(say("cli.interrupted", _LANGUAGE), err=True)
        sys.exit(_INTERRUPTED)
    sys.exit(0)
