"""The whole server with doubles for the models, as a process: `python -m tests.serving.server PORT FOLDER`.

As `tests.browser.chat_server`, with its settings, and those of the product in the environment: `RAG_QUEUE_SIZE`,
`RAG_DEADLINE_S`. `RAG_TOKEN` closes it; `RAG_TEST_LOG_QUESTIONS` writes the questions into its log.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from rag.assembly import Models, build
from rag.chat_ui.web import listen
from rag.config import Settings
from rag.errors import ModelMissing
from rag.serving import make_server
from rag.serving.observing import log_to_stderr, note
from rag.serving.running import serve
from tests.browser.chat_server import SteadyGenerator
from tests.conftest import SEEDS
from tests.doubles import BagEmbedder


def main(port: int, folder: Path) -> None:
    settings = Settings(
        index=folder / "index", models_dir=folder / "models", data_dir=folder / "data",
        answer_threshold=float(os.environ.get("RAG_TEST_THRESHOLD", "0.5")),
        queue_size=int(os.environ.get("RAG_QUEUE_SIZE", "32")),
        deadline_s=float(os.environ.get("RAG_DEADLINE_S", "60")),
    )  # fmt: skip
    embedder = BagEmbedder()
    if not (settings.index / "manifest.json").exists():
        build([SEEDS], settings, embedder=embedder)
    pause_s = float(os.environ.get("RAG_TEST_PAUSE_S", "0.002"))
    generator = SteadyGenerator(os.environ.get("RAG_TEST_REPLY", ""), pause_s)

    def load(_: Settings) -> Models:
        time.sleep(float(os.environ.get("RAG_TEST_LOAD_S", "0")))
        if (folder / "model-gone").exists():
            raise ModelMissing(path=folder / "models" / "model.gguf")
        return Models(embedder, generator, None)

    with listen("127.0.0.1", port) as listener:
        app, work = make_server(
            settings, load=load, token=os.environ.get("RAG_TOKEN"),
            log_questions="RAG_TEST_LOG_QUESTIONS" in os.environ,
        )  # fmt: skip
        log_to_stderr()
        note("listening")
        serve(app, listener, work)
        note("ended")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
