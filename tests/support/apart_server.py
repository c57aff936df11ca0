"""The whole server with a double in a process of its own: `python -m tests.support.apart_server PORT FOLDER`.

When FOLDER/crash is there, the generator takes it away and ends as native code does; FOLDER/hang makes it silent.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rag.config import Settings
from rag.generation.process import GeneratorApart
from rag.runtime.assembly import Models, build
from rag.runtime.http import listen
from rag.serving.request_log import log_to_stderr
from rag.serving.server import make_server
from rag.serving.shutdown import serve
from tests.support.brittle_generator import BrittleGenerator
from tests.support.doubles import BagEmbedder
from tests.support.paths import SEEDS

SILENT_S = 2.0


def main(port: int, folder: Path) -> None:
    settings = Settings(index=folder / "index", models_dir=folder / "models", data_dir=folder / "data",
                        answer_threshold=0, token_deadline_s=SILENT_S)  # fmt: skip
    embedder = BagEmbedder()
    build([SEEDS], settings, embedder=embedder)

    def load(_: Settings) -> Models:
        generator = GeneratorApart(BrittleGenerator(folder), token_deadline_s=settings.token_deadline_s)
        models = Models(embedder, generator, None)
        models.load()
        return models

    with listen("127.0.0.1", port) as listener:
        app, work = make_server(settings, load=load)
        log_to_stderr()
        serve(app, listener, work)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
