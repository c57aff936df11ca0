"""`rag serve`: one process with the models once, for an API, for tools and for the chat page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rag import chat, runtime
from rag.errors import TokenMissing

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from rag.config import Settings
    from rag.runtime import Models
    from rag.serving.work import RequestWork

# The user under whom the page is entered with the token, where no other login was given.
TOKEN_USER = "rag"


def launch(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    token: str | None = None,
    auth: Mapping[str, str] | None = None,
    cert: Path | None = None,
    key: Path | None = None,
    log_questions: bool = False,
) -> None:
    """Serves at `host` and `port` (0: a free one) until Ctrl-C or SIGTERM; models load meanwhile.

    Raises TokenMissing, CannotListen, InvalidSetting, and what opening the conversations does.
    """
    from rag.serving.request_log import log_to_stderr, note
    from rag.serving.shutdown import serve

    if token is None and not runtime.is_loopback(host):
        raise TokenMissing(host=host)
    with runtime.listen(host, port) as listener:
        app, work = make_server(settings, host=host, token=token, auth=auth, log_questions=log_questions)
        log_to_stderr()
        url = runtime.url_of(listener)
        note("listening", url=url.replace("http://", "https://", 1) if cert else url)
        serve(app, listener, work, cert, key)
        note("ended")


def make_server(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    token: str | None = None,
    auth: Mapping[str, str] | None = None,
    log_questions: bool = False,
    load: Callable[[Settings], Models] | None = None,
) -> tuple[ASGIApp, RequestWork]:
    """The site over a service whose models begin to load, and the work that it does.

    `load` gives other models than those of `settings`, whose generator runs in a process of its own.
    """
    from rag.serving.app import make_site
    from rag.serving.desk import Desk
    from rag.serving.mcp_server import mcp_app
    from rag.serving.metrics import Meter, MeteredService

    service = MeteredService(settings, Meter(), load or partial(runtime.load_models, apart=True))
    page = chat.make_chat(settings, service, host=host, auth=auth or ({TOKEN_USER: token} if token else None))
    service.start()
    desk = Desk(service, settings)
    site = make_site(desk, host=host, page=page, tools=mcp_app(desk), token=token, log_questions=log_questions)
    return site, desk.work
