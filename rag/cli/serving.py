"""`rag chat`: the page, on this machine alone unless a login is asked of others."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from rag.cli.frame import SubCommand, explain, options, running
from rag.errors import InvalidSetting, LoginMissing

if TYPE_CHECKING:
    from rag.config import Settings
    from rag.rendering import Renderer


@click.command(cls=SubCommand, help=explain("chat"))
@click.option("--port", type=click.IntRange(0, 65535), default=7860, metavar="N", help=explain("port"))
@click.option("--host", default="127.0.0.1", metavar="ADDRESS", help=explain("host"))
@click.option("--no-browser", is_flag=True, help=explain("no_browser"))
@click.option("--auth", "logins", multiple=True, metavar="USER:PASSWORD", help=explain("auth"))
@options("today", "index", "models_dir", "generator", "no_llm", "embedder", "reranker", "debug")
@running
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
