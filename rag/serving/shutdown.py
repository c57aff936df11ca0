"""The server of the site: it ends without cutting off an answer that can still be finished."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from rag.errors import InvalidSetting
from rag.runtime import quiet_config, run
from rag.serving.work import RequestWork

# Seconds that an answer which is being written has to end once the server is told to end.
GRACE_S = 10.0
_HEADER_BYTES = 16 << 10


class SiteServer(uvicorn.Server):
    """Lets the work end before connections are closed; meanwhile nothing new is taken up."""

    def __init__(self, config: uvicorn.Config, work: RequestWork) -> None:
        super().__init__(config)
        self._work = work

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._work.drain(GRACE_S, lambda: self.force_exit)
        await super().shutdown(sockets)


def serve(
    app: ASGIApp, listener: socket.socket, work: RequestWork, cert: Path | None = None, key: Path | None = None
) -> None:
    """Serves until Ctrl-C or SIGTERM, over TLS with `cert`. Raises InvalidSetting for one that cannot be used."""
    options: dict[str, Any] = {"log_config": None, "log_level": "error", "h11_max_incomplete_event_size": _HEADER_BYTES}
    if cert:
        options |= {"ssl_certfile": str(cert), "ssl_keyfile": key and str(key)}
    config = quiet_config(app, **options)
    try:
        config.load()
    except OSError as error:  # ssl.SSLError is one
        raise InvalidSetting(key="cert", place="--cert, --key", reason=error) from error
    run(SiteServer(config, work), listener)
