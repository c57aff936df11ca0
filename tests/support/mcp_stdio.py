"""The tools over standard input and output, with doubles for the models: `python -m tests.support.mcp_stdio FOLDER`.

The index in FOLDER/index is built from the seeds where there is none; the environment is that of
`tests.support.chat_server`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rag.config import Settings
from rag.serving.mcp_server import serve_stdio
from tests.support.chat_server import index_of_seeds, loader


def main(folder: Path) -> None:
    settings = Settings(index=folder / "index", models_dir=folder / "models", answer_threshold=0.0)
    index_of_seeds(settings)
    serve_stdio(settings, loader(folder, pause_s=0.002))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
