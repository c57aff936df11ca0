"""The adapter for a chat model behind an OpenAI-compatible endpoint: llama-server, vLLM, Ollama and others.

Limits. An endpoint has no standard way to count tokens, so `count_tokens` estimates. Nor can the template be kept
apart from the text of a message, as `rag.generation.llama_cpp` does; instead what looks like a control token is broken
up by a space. A model that thinks is asked not to. The reasoning of one that does all the same is dropped, but it uses
up the tokens of the answer, so `answer_tokens` has to be higher; and where the chat template opens the reasoning, the
server has to be told to take it out (vLLM: `--reasoning-parser`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from functools import cached_property
from typing import Any

from rag.errors import EndpointUnusable, GenerationFailed
from rag.generation.openai_client import ApiFailed, ChatServer
from rag.generation.openai_replies import TokenUsage
from rag.generation.reasoning import answer_only
from rag.protocols import Message, Token

# French has 3.5 to 4 bytes a token, English more; too high an estimate only leaves out the least of the evidence.
_BYTES_PER_TOKEN = 3
# What chat templates put around a message, and before the first one.
_MESSAGE_TOKENS = 8
_TEMPLATE_TOKENS = 24

# Likeliest tokens that are asked for: as many as the interface allows.
_TOP = 20
# What a reply that names a choice counts for where the server tells no probabilities.
_SAID = 0.9
# Seconds in which a server tells its models.
_MODELS_S = 10.0
# Room for the reasoning of a model that cannot do without.
_SAID_TOKENS = 512

# How servers refuse a request for log-probabilities that they do not have.
_NO_SCORES = (400, 422, 500, 501)

# <|im_end|>, <｜User｜>, </s>, <start_of_turn>, <think>; [INST], [/THINK]
_CONTROL = re.compile(r"<(?=[|｜/\w])|\[(?=/?[A-Z_]+\])")


class EndpointGenerator:
    """A `Generator` over the endpoint at `url`, such as `http://127.0.0.1:8080/v1`.

    Without `model` it is the only one that the server has. `timeout_s` bounds the wait for each piece of a reply,
    the reading of the prompt included; `until` (time.monotonic) of a request that for the whole. Raises InvalidSetting
    for a `url` or `key` that cannot be one; whom the key is sent to is told in `rag.generation.openai_client`.
    """

    def __init__(
        self,
        url: str,
        model: str = "",
        key: str | None = None,
        *,
        context_tokens: int = 4096,
        timeout_s: float = 120.0,
    ) -> None:
        self._server = ChatServer(url, key, timeout_s)
        self.url = self._server.url
        self._chosen = model
        self._tells_scores = True
        self.context_tokens = context_tokens

    @property
    def name(self) -> str:
        return self.model.rsplit("/", 1)[-1].removesuffix(".gguf")

    @cached_property
    def model(self) -> str:
        """The model as the server calls it. Raises EndpointUnusable unless it was chosen or there is only one."""
        return self._chosen or self._only_model(_MODELS_S)

    def look(self, within_s: float) -> str:
        """Asks the server for its models, which costs it nothing; the name of the one that is used from now on.

        Raises EndpointUnusable as `model` does, and where there is no reply within so many seconds.
        """
        if not self._chosen:
            self.model = self._only_model(within_s)
            return self.name
        try:
            self._server.models(within_s)
        except ApiFailed as error:
            if error.unavailable:  # what tells no models may have the one that was chosen all the same
                raise EndpointUnusable(url=self.url, reason=error) from error
        return self.name

    def _only_model(self, within_s: float) -> str:
        try:
            names = self._server.models(within_s)
        except ApiFailed as error:
            raise EndpointUnusable(url=self.url, reason=error) from error
        if len(names) != 1:
            reason = f"choose one of its models: {', '.join(names[:10])}" if names else "it has no model"
            raise EndpointUnusable(url=self.url, reason=reason)
        return names[0]

    def load(self) -> None:
        """Has the server read one word: not all of them ask for the key, or load a model, before they reply."""
        try:
            for _ in self.stream([Message("user", "?")], 1):
                pass
        except GenerationFailed as error:
            raise EndpointUnusable(url=self.url, reason=error.fields["reason"]) from error

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """An estimate, rather too high: the bytes in UTF-8, divided by 3, and the usual template around them."""
        texts = sum(math.ceil(len(message.content.encode()) / _BYTES_PER_TOKEN) for message in messages)
        return texts + _MESSAGE_TOKENS * len(messages) + _TEMPLATE_TOKENS

    def stream(
        self, messages: Sequence[Message], max_tokens: int, until: float = math.inf
    ) -> Generator[Token, None, None]:
        """See Generator. Where the server tells no counts they are estimates: the prompt as above, a token a piece."""
        return answer_only(self._tokens(messages, max_tokens, until))

    def _tokens(self, messages: Sequence[Message], max_tokens: int, until: float) -> Iterator[Token]:
        usage, written = None, 0
        try:
            with closing(self._server.stream(self._body(messages, max_tokens), until)) as pieces:
                for piece in pieces:
                    usage = piece.usage or usage
                    if piece.text:
                        written += 1
                        yield Token(piece.text)
        except ApiFailed as error:
            raise GenerationFailed(reason=error) from error
        usage = usage or TokenUsage(prompt_tokens=self.count_tokens(messages), completion_tokens=written)
        yield Token(
            "",
            finished=True,
            prompt_tokens=usage.prompt_tokens,
            reused_tokens=usage.reused_tokens,
            answer_tokens=usage.completion_tokens,
        )

    def score_choices(
        self, messages: Sequence[Message], choices: Sequence[str], until: float = math.inf
    ) -> list[float]:
        """See Generator; a choice beyond the 20 likeliest tokens counts as e times less likely than the last of them.

        Where the server tells no log-probabilities, or those of a thought, the model replies: the choice that the
        reply begins with counts 0.9, the others share the rest. When it begins with none of them, all count the same.
        """
        refused = False
        if self._tells_scores:
            try:
                scores = _scores(self._first_token(messages, until), choices)
            except ApiFailed as error:
                if error.status not in _NO_SCORES:
                    raise GenerationFailed(reason=error) from error
                refused = True
            else:
                if scores:
                    return scores
        reply = self._beginning(messages, max(map(len, choices)) + 1, until)
        # Only now is it known that the server refused what it was asked for, and does not fail at everything.
        self._tells_scores = self._tells_scores and not refused
        return _said(reply, choices)

    def _first_token(self, messages: Sequence[Message], until: float) -> list[tuple[str, float]]:
        """The likeliest first tokens of the reply and their log-probabilities; none where the reply is a thought."""
        reply = self._server.complete({**self._body(messages, 1), "logprobs": True, "top_logprobs": _TOP}, until)
        answer = next(answer_only([Token(reply.text, finished=True)])).text
        return reply.first_token if answer else []

    def _beginning(self, messages: Sequence[Message], length: int, until: float) -> str:
        """The first `length` characters of the reply, or more, without what decorates them."""
        text = ""
        with closing(self.stream(messages, _SAID_TOKENS, until)) as tokens:
            for token in tokens:
                text = re.sub(r"^\W+", "", text + token.text)
                if len(text) >= length:
                    break
        return text

    def _body(self, messages: Sequence[Message], max_tokens: int) -> dict[str, Any]:
        return {
            "model": self.model,
            "messages": [{"role": message.role, "content": _plain(message.content)} for message in messages],
            "max_tokens": max_tokens,
            "temperature": 0,
        }


def _plain(text: str) -> str:
    """`text` with a space in what looks like a control token, so that it stays text."""
    return _CONTROL.sub(lambda match: match[0] + " ", text)


def _scores(top: Sequence[tuple[str, float]], choices: Sequence[str]) -> list[float]:
    """The log-probability of the longest token that each choice begins with; nothing when `top` has none at all."""
    found = [
        [(len(begins), logprob) for token, logprob in top if (begins := token.lstrip()) and choice.startswith(begins)]
        for choice in choices
    ]
    floor = min((logprob for _, logprob in top), default=0.0) - 1
    return [max(of_choice)[1] if of_choice else floor for of_choice in found] if any(found) else []


def _said(reply: str, choices: Sequence[str]) -> list[float]:
    named = [bool(re.match(rf"{re.escape(choice)}\b", reply, re.IGNORECASE)) for choice in choices]
    if not any(named) or len(choices) == 1:
        return [-math.log(len(choices))] * len(choices)
    rest = (1 - _SAID) / (len(choices) - 1)
    return [math.log(_SAID if hit else rest) for hit in named]
