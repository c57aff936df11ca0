"""What is read of the JSON of the OpenAI chat interface; what a model thinks is in other fields, and passed over."""

from __future__ import annotations

import math
from typing import Any

from pydantic import BaseModel


class _Part(BaseModel):
    text: str = ""


class _Message(BaseModel):
    # Mistral sends a list of parts where the model thinks; a thought has no text of its own.
    content: str | list[_Part] | None = None


class _Likely(BaseModel):
    token: str
    logprob: float


class _Position(BaseModel):
    top_logprobs: list[_Likely] = []


class _Logprobs(BaseModel):
    content: list[_Position] | None = None


class _Choice(BaseModel):
    message: _Message | None = None
    delta: _Message | None = None
    logprobs: _Logprobs | None = None
    finish_reason: str | None = None


class _Details(BaseModel):
    cached_tokens: int | None = None


class _Model(BaseModel):
    id: str


class ModelList(BaseModel):
    """The models of a server."""

    data: list[_Model]


class TokenUsage(BaseModel):
    """Tokens of a request as the server counted them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: _Details | None = None

    @property
    def reused_tokens(self) -> int:
        """Prompt tokens that the server had kept from before."""
        return (self.prompt_tokens_details and self.prompt_tokens_details.cached_tokens) or 0


class CompletionReply(BaseModel):
    """A reply, or a piece of one."""

    choices: list[_Choice] = []
    usage: TokenUsage | None = None
    error: Any = None

    @property
    def text(self) -> str:
        """The text of the reply, without what a model thinks in fields of its own."""
        message = (self.choices[0].message or self.choices[0].delta) if self.choices else None
        content = message.content if message else None
        return "".join(part.text for part in content) if isinstance(content, list) else content or ""

    @property
    def first_token(self) -> list[tuple[str, float]]:
        """The likeliest first tokens with their log-probabilities; empty when the server tells none."""
        logprobs = self.choices[0].logprobs if self.choices else None
        first = logprobs.content[0].top_logprobs if logprobs and logprobs.content else []
        return [(likely.token, min(0.0, likely.logprob)) for likely in first if math.isfinite(likely.logprob)]
