"""`rag serve` with a generator that costs no computation: `python -m eval.load.server PORT [HOST]`.

So the server is measured and not llama.cpp; embedder, index, queue and HTTP are the real ones. `RAG_LOAD_PACE_S` is
what a word of an answer takes; settings are those of `RAG_…`, and `RAG_TOKEN` closes the server.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rag.config import TOKEN_VARIABLE, Settings, load_settings
from rag.protocols import Message, Token
from rag.runtime import Models, listen, make_embedder, make_reranker
from rag.serving import log_to_stderr, make_server, serve

_WORDS = "Les articles disent ce qui est cité ici."


class PacedGenerator:
    """A `Generator` that writes the same sentence at the pace of a model, and finds that everything answers."""

    name = "paced"
    context_tokens = 4096

    def __init__(self, pace_s: float) -> None:
        self._pace_s = pace_s

    def load(self) -> None:
        """Nothing to load."""

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content.split()) for message in messages)

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Token]:
        words = _WORDS.split()
        for word in words:
            time.sleep(self._pace_s)
            yield Token(f"{word} ")
        yield Token("", finished=True, prompt_tokens=self.count_tokens(messages), answer_tokens=len(words))

    def score_choices(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        time.sleep(self._pace_s)
        return [math.log(0.95), *[math.log(0.05 / max(1, len(choices) - 1))] * (len(choices) - 1)]


def load(settings: Settings) -> Models:
    """The real models but for the generator."""
    pace_s = float(os.environ.get("RAG_LOAD_PACE_S", "0.02"))
    models = Models(make_embedder(settings), PacedGenerator(pace_s), make_reranker(settings))
    models.load()
    return models


def main(port: int, host: str = "127.0.0.1") -> None:
    """Serves until it is told to end."""
    known = {key: value for key, value in os.environ.items() if not key.startswith("RAG_LOAD_")}
    settings = load_settings({}, known, folder=Path.cwd())
    with listen(host, port) as listener:
        app, work = make_server(settings, host=host, load=load, token=os.environ.get(TOKEN_VARIABLE))
        log_to_stderr()
        serve(app, listener, work)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:3])
