"""What a process imports: a question waits for no library that only an index or another command needs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rag.config import Settings
from tests.support.commands import QUESTION, command_environment

PYTORCH = {"torch", "sentence_transformers", "transformers", "sklearn", "scipy"}
SPLITTING = {"langchain_text_splitters", "bm25s"}
PAGE = {"gradio"}
GENERATOR = {"llama_cpp"}
TOOLS = {"mcp", "fastapi", "psycopg"}

COMMAND = """
from rag.cli import rag
rag(sys.argv[2:], standalone_mode=False)
"""
EMBEDDER = """
from pathlib import Path
from rag.embedding.embedder import FEW, SentenceTransformerEmbedder
embedder = SentenceTransformerEmbedder(Path(sys.argv[2]), "0" * 64)
print(embedder.name, embedder.dimension, embedder.max_tokens, embedder.count_tokens(["un mot"]))
embedder.encode_documents(["un mot"] * (FEW + int(sys.argv[3])))
"""
# At the end of the process, because commands end it themselves.
REPORT = """
import atexit, json, sys

@atexit.register
def report():
    with open(sys.argv[1], "w") as out:
        json.dump(sorted({name.partition(".")[0] for name in sys.modules}), out)
"""


def _imported(code: str, *arguments: object, cwd: Path, **variables: str) -> set[str]:
    """The top names of what a process has imported that ran `code`."""
    report = cwd / "modules.json"
    done = subprocess.run(
        [sys.executable, "-c", REPORT + code, str(report), *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=600,
        env=command_environment(cwd, **variables),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(report.read_text()))


@pytest.mark.models
@pytest.mark.parametrize(
    ("command", "unwanted"),
    [
        (["search", QUESTION], PYTORCH | SPLITTING | PAGE | GENERATOR | TOOLS),
        (["search", QUESTION, "--evidence", "--json"], PYTORCH | SPLITTING | PAGE | GENERATOR | TOOLS),
        (["ask", QUESTION, "--no-llm"], PYTORCH | SPLITTING | PAGE | GENERATOR | TOOLS),
    ],
    ids=["search", "evidence", "ask"],
)
def test_a_question_imports_no_more_than_it_needs(
    command: list[str], unwanted: set[str], real_settings: Settings, tmp_path: Path
) -> None:
    arguments = [*command, "--index", real_settings.index]
    imported = _imported(COMMAND, *arguments, cwd=tmp_path, RAG_MODELS_DIR=str(real_settings.models_dir))
    assert {"rag", "numpy", "faiss", "tokenizers"} <= imported
    assert not unwanted & imported


@pytest.mark.models
@pytest.mark.parametrize(("more", "pytorch"), [(0, False), (1, True)])
def test_pytorch_is_imported_for_many_texts_alone(more: int, pytorch: bool, models_dir: Path, tmp_path: Path) -> None:
    from rag.fetching.download import EMBEDDER as DEFAULT

    imported = _imported(EMBEDDER, models_dir / DEFAULT.target, more, cwd=tmp_path)
    assert ("torch" in imported) == pytorch
