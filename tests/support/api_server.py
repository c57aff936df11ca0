"""The whole server with doubles for the models, as a process: `python -m tests.support.api_server PORT FOLDER`.

As `tests.support.chat_server`, with its settings, and those of the product in the environment: `RAG_QUEUE_SIZE`,
`RAG_DEADLINE_S`. `RAG_TOKEN` closes it; `RAG_TEST_LOG_QUESTIONS` writes the questions into its log.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rag.config import Settings
from rag.runtime.http import listen
from rag.serving.request_log import log_to_stderr, note
from rag.serving.server import make_server
from rag.serving.shutdown import serve
from tests.support.chat_server import index_of_seeds, loader


def main(port: int, folder: Path) -> None:
    settings = Settings(
        index=folder / "index", models_dir=folder / "models", data_dir=folder / "data",
        answer_threshold=float(os.environ.get("RAG_TEST_THRESHOLD", "0.5")),
        queue_size=int(os.environ.get("RAG_QUEUE_SIZE", "32")),
        deadline_s=float(os.environ.get("RAG_DEADLINE_S", "60")),
    )  # fmt: skip
    index_of_seeds(settings)
    with listen("127.0.0.1", port) as listener:
        app, work = make_server(
            settings, load=loader(folder, pause_s=0.002), token=os.environ.get("RAG_TOKEN"),
            log_questions="RAG_TEST_LOG_QUESTIONS" in os.environ,
        )  # fmt: skip
        log_to_stderr()
        note("listening")
        serve(app, listener, work)
        note("ended")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
