"""`/healthz`, `/readyz` and `/metrics`, for what supervises the server."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response

from rag.serving.desk import AtDesk


class Readiness(BaseModel):
    """Whether questions are answered: models loaded and an index there that fits them."""

    ready: bool
    models: Literal["loading", "ready", "failed"]
    index: bool


router = APIRouter(tags=["health"])


@router.get("/healthz", response_class=PlainTextResponse, summary="Tell that the server is there")
async def healthy() -> Response:
    """The process answers."""
    return PlainTextResponse("ok")


@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness}}, summary="Tell if it can answer")
async def ready(desk: AtDesk) -> Response:
    """200 when questions can be answered, otherwise 503."""
    status = await run_in_threadpool(desk.service.status)
    told = Readiness(
        ready=status.state == "ready" and status.error is None,
        models=status.state,
        index=status.articles > 0 and (status.error is None or status.state == "failed"),
    )
    return JSONResponse(told.model_dump(), HTTPStatus.OK if told.ready else HTTPStatus.SERVICE_UNAVAILABLE)


@router.get("/metrics", response_class=PlainTextResponse, summary="Counts for Prometheus")
async def metrics(desk: AtDesk) -> Response:
    """All counts, in the text format of Prometheus."""
    page = await run_in_threadpool(desk.service.meter.page, desk.service)
    return Response(page, media_type=CONTENT_TYPE_LATEST)
