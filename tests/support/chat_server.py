"""The chat page with doubles for the models, as a process: `python -m tests.support.chat_server PORT FOLDER`.

The index in FOLDER/index is built from the seeds where there is none. The generator writes `RAG_TEST_REPLY` again and
again, a word each `RAG_TEST_PAUSE_S` seconds; loading takes `RAG_TEST_LOAD_S`, and fails while FOLDER/model-gone is
there. `RAG_TEST_THRESHOLD` is the probability below which a question is refused, `RAG_TEST_YES` how sure the generator
is that a quotation answers. With `RAG_STORE` the articles are those of a shared index, and none is built.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rag.chat.chat_app import make_chat
from rag.config import Settings
from rag.errors import ModelMissing
from rag.protocols import Message, Token
from rag.runtime.assembly import Models, build
from rag.runtime.http import listen, serve
from rag.runtime.service import Service
from tests.support.doubles import BagEmbedder, ScriptedGenerator
from tests.support.paths import SEEDS


class SteadyGenerator(ScriptedGenerator):
    """Replies to every question with the same text, at the pace of a small model."""

    def __init__(self, reply: str, pause_s: float) -> None:
        super().__init__(yes=float(os.environ.get("RAG_TEST_YES", "0.95")))
        self._reply = reply
        self._pause_s = pause_s

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Token]:
        self.replies.append(self._reply)
        for token in super().stream(messages, max_tokens):
            time.sleep(self._pause_s)
            yield token


def index_of_seeds(settings: Settings) -> None:
    """Builds the index of the seeds, or of `RAG_TEST_SEEDS`, where there is none."""
    if not settings.store and not (settings.index / "manifest.json").exists():
        build([Path(os.environ.get("RAG_TEST_SEEDS", SEEDS))], settings, embedder=BagEmbedder())


def loader(folder: Path, pause_s: float) -> Callable[[Settings], Models]:
    """What loads the doubles; `pause_s` is the time for a word where the environment names none."""
    embedder = BagEmbedder()
    generator = SteadyGenerator(
        os.environ.get("RAG_TEST_REPLY", ""), float(os.environ.get("RAG_TEST_PAUSE_S", pause_s))
    )

    def load(_: Settings) -> Models:
        time.sleep(float(os.environ.get("RAG_TEST_LOAD_S", "0")))
        if (folder / "model-gone").exists():
            raise ModelMissing(path=folder / "models" / "model.gguf")
        return Models(embedder, generator, None)

    return load


def main(port: int, folder: Path) -> None:
    threshold = float(os.environ.get("RAG_TEST_THRESHOLD", "0.5"))
    settings = Settings(
        index=folder / "index", models_dir=folder / "models", data_dir=folder / "data",
        answer_threshold=threshold, store=os.environ.get("RAG_STORE", ""),
    )  # fmt: skip
    index_of_seeds(settings)
    service = Service(settings, loader(folder, pause_s=0.02))
    app = make_chat(settings, service)
    service.start()
    with listen("127.0.0.1", port) as listener:
        serve(app, listener)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
