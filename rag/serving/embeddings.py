"""`/v1/embeddings`: vectors of the embedder that the index was built with."""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import Any

import numpy as np
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from rag.protocols import Embedder, Vectors
from rag.serving.desk import AtDesk, Deadline
from rag.serving.openai_schemas import EmbeddingBody, Embeddings
from rag.serving.problems import JsonResponse, Problem

# What the model's own prompt and special tokens take of the text it reads, and a little more.
_RESERVED_TOKENS = 16


router = APIRouter(prefix="/v1", tags=["OpenAI"])


@router.post("/embeddings", response_model=Embeddings, summary="Embed texts")
async def embed(request: Request, body: EmbeddingBody, desk: AtDesk, deadline: Deadline = None) -> Response:
    """Unit vectors of texts. A text longer than the model reads is refused, not cut."""
    desk.work.check_ready()
    embedder = desk.service.models().embedder
    if body.model != embedder.name:
        raise Problem(HTTPStatus.NOT_FOUND, "model_not_found", param="model", name=body.model)
    if body.dimensions not in (None, embedder.dimension):
        raise _flaw("unsupported_value", "dimensions", name="dimensions", allowed=embedder.dimension)
    texts = [body.input] if isinstance(body.input, str) else body.input
    asks = body.input_type == "query"
    vectors, tokens = await desk.work.embed(lambda: _embedded(embedder, texts, asks), desk.deadline_s(deadline))
    desk.service.meter.embedded.inc(tokens)
    data = [
        {"object": "embedding", "index": index, "embedding": _shown(vector, body.encoding_format)}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return JsonResponse({"object": "list", "data": data, "model": embedder.name, "usage": usage})


def _embedded(embedder: Embedder, texts: list[str], asks: bool) -> tuple[Vectors, int]:
    """The vectors of `texts`, and their tokens. Raises Problem for one that is too long."""
    counts = embedder.count_tokens(texts)
    most = embedder.max_tokens - _RESERVED_TOKENS
    for place, count in enumerate(counts):
        if count > most:
            raise _flaw("too_many_tokens", f"input[{place}]", count=count, limit=most)
    return (embedder.encode_queries if asks else embedder.encode_documents)(texts), sum(counts)


def _flaw(code: str, param: str, **fields: Any) -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, code, param=param, **fields)


def _shown(vector: Vectors, encoding: str | None) -> list[float] | str:
    if encoding == "base64":
        return base64.b64encode(vector.astype(np.dtype("<f4")).tobytes()).decode("ascii")
    return [float(component) for component in vector]
