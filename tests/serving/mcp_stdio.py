"""The tools over standard input and output, with doubles for the models: `python -m tests.serving.mcp_stdio FOLDER`.

The index in FOLDER/index is built from the seeds where there is none; the environment is that of
`tests.browser.chat_server`.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from rag.assembly import Models, build
from rag.config import Settings
from rag.serving.mcp_server import serve_stdio
from tests.browser.chat_server import SteadyGenerator
from tests.conftest import SEEDS
from tests.doubles import BagEmbedder


def main(folder: Path) -> None:
    settings = Settings(index=folder / "index", models_dir=folder / "models", answer_threshold=0.0)
    embedder = BagEmbedder()
    if not (settings.index / "manifest.json").exists():
        build([SEEDS], settings, embedder=embedder)
    pause_s = float(os.environ.get("RAG_TEST_PAUSE_S", "0.002"))
    generator = SteadyGenerator(os.environ.get("RAG_TEST_REPLY", ""), pause_s)

    def load(_: Settings) -> Models:
        time.sleep(float(os.environ.get("RAG_TEST_LOAD_S", "0")))
        return Models(embedder, generator, None)

    serve_stdio(settings, load)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
