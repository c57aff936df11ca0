"""`/healthz`, `/readyz` and `/metrics`, for what supervises the server."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response

from rag.serving.metrics import MeteredService


class Readiness(BaseModel):
    """Whether questions are answered: models loaded and an index there that fits them."""

    ready: bool
    models: Literal["loading", "ready", "failed"]
    index: bool


class Health:
    """The routes, over one service."""

    def __init__(self, service: MeteredService) -> None:
        self._service = service

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(tags=["health"])
        router.get("/healthz", response_class=PlainTextResponse, summary="Tell that the server is there")(self.healthy)
        router.get(
            "/readyz", response_model=Readiness, responses={503: {"model": Readiness}}, summary="Tell if it can answer"
        )(self.ready)
        router.get("/metrics", response_class=PlainTextResponse, summary="Counts for Prometheus")(self.metrics)
        return router

    async def healthy(self) -> Response:
        """The process answers."""
        return PlainTextResponse("ok")

    async def ready(self) -> Response:
        """200 when questions can be answered, otherwise 503."""
        status = await run_in_threadpool(self._service.status)
        told = Readiness(
            ready=status.state == "ready" and status.error is None,
            models=status.state,
            index=status.articles > 0 and (status.error is None or status.state == "failed"),
        )
        return JSONResponse(told.model_dump(), HTTPStatus.OK if told.ready else HTTPStatus.SERVICE_UNAVAILABLE)

    async def metrics(self) -> Response:
        """All counts, in the text format of Prometheus."""
        page = await run_in_threadpool(self._service.meter.page, self._service)
        return Response(page, media_type=CONTENT_TYPE_LATEST)
