"""`rag chat`, `rag serve` and `rag mcp`: on this machine alone unless a login or a token is asked of others."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rag import runtime
from rag.cli.options import SubCommand, explain, options, running
from rag.errors import InvalidSetting, LoginMissing
from rag.wording import say

if TYPE_CHECKING:
    from rag.cli.renderer import Renderer
    from rag.config import Settings


@click.command(cls=SubCommand, help=explain("chat"))
@click.option("--port", type=click.IntRange(0, 65535), default=7860, metavar="N", help=explain("port"))
@click.option("--host", default="127.0.0.1", metavar="ADDRESS", help=explain("host"))
@click.option("--no-browser", is_flag=True, help=explain("no_browser"))
@click.option("--auth", "logins", multiple=True, metavar="USER:PASSWORD", help=explain("auth"))
@options("today", "index", "models_dir", "generator", "no_llm", "embedder", "reranker", "reader", "debug")
@running
def chat(
    *, settings: Settings, renderer: Renderer, port: int, host: str, no_browser: bool, logins: tuple[str, ...]
) -> None:
    """`rag chat`."""
    auth = _passwords(logins)
    if not auth and not runtime.is_loopback(host):
        raise LoginMissing(host=host)
    from rag.chat import launch

    def told(url: str) -> None:
        renderer.note(say("chat.listening", renderer.language, url=url))

    launch(settings, host=host, port=port, open_browser=not no_browser, auth=auth, on_listening=told)


@click.command(cls=SubCommand, help=explain("serve"))
@click.option("--port", type=click.IntRange(0, 65535), default=8000, metavar="N", help=explain("serve_port"))
@click.option("--host", default="127.0.0.1", metavar="ADDRESS", help=explain("serve_host"))
@click.option("--token-file", type=click.Path(path_type=Path), metavar="FILE", help=explain("token_file"))
@click.option("--auth", "logins", multiple=True, metavar="USER:PASSWORD", help=explain("serve_auth"))
@click.option("--cert", type=click.Path(path_type=Path), metavar="FILE", help=explain("cert"))
@click.option("--key", type=click.Path(path_type=Path), metavar="FILE", help=explain("key"))
@click.option("--queue-size", type=int, metavar="N", help=explain("queue_size"))
@click.option("--deadline", "deadline_s", type=float, metavar="SECONDS", help=explain("deadline_s"))
@click.option("--log-questions", is_flag=True, help=explain("log_questions"))
@options("today", "index", "models_dir", "generator", "no_llm", "embedder", "reranker", "reader", "debug")
@running
def serve(
    *, settings: Settings, renderer: Renderer, token_file: Path | None, logins: tuple[str, ...], **options: Any
) -> None:
    """`rag serve`."""
    from rag.serving import launch, read_token

    launch(settings, token=read_token(token_file), auth=_passwords(logins), **options)


@click.command(cls=SubCommand, help=explain("mcp"))
@options("today", "index", "models_dir", "generator", "no_llm", "embedder", "reranker", "reader", "debug")
@running
def mcp(*, settings: Settings, renderer: Renderer) -> None:
    """`rag mcp`."""
    from rag.serving import serve_stdio

    serve_stdio(settings)


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
