"""A module imports only from lower layers; the order below is the architecture."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "rag"
LAYERS = [
    {"wording", "domain"},
    {"errors", "events", "french", "dates", "sentences", "languages"},
    {"protocols", "question_types", "figures", "storage", "hardware", "loading", "bert", "queueing", "scopes",
     "arrays", "chat_shapes"},
    {"config", "digests", "manifest", "contracts", "reasoning", "llama", "chat_api", "chat_database",
     "ray_cluster", "rows", "vector_file", "locking", "postings", "torch_encoder"},
    {"pieces"},
    {"model_folder"},
    {
        "corpus", "chunking", "embedding", "lexical", "vectors", "catalog", "generation", "prompting", "grounding",
        "checksums", "data_folders", "workers",
        "endpoint", "fetching", "duplicates", "ranking", "reranking", "tokens", "chat_store",
    },
    {"uploads", "disagreement", "lexical_build", "quantisation", "stores", "reading", "arrangement",
     "changes", "roots", "catalog_writing", "resuming", "searchable", "endpoints", "ray_embedding"},
    {"holding", "vectorising", "drafting"},
    {"index_writing"},
    {"indexing", "selection", "conversation", "exports"},
    {"verifying", "packing", "query", "decision", "article_facts", "followups", "suggestions"},
    {"evidence", "repairing"},
    {"retrieval", "composing", "inquiry", "phrasing"},
    {"answering", "postgres"},
    {"present"},
    {"assembly"},
    {"doctor", "service", "watching", "meters"},
    {"rendering"},
    {"chat_ui"},
    {"serving"},
    {"cli"},
]  # fmt: skip
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
# Importing the package itself gives only what `open_pipeline` needs when it is asked for.
RANK["__init__"] = RANK["doctor"]


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def top(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "rag":
            parts = node.module.split(".")
            names |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("rag.")}
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_downwards(path: Path) -> None:
    here = top(path)
    upward = {name for name in imported(path) - {here} if RANK[name] >= RANK[here]}
    assert not upward


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_imports_and_says_what_it_is(path: Path) -> None:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    module = importlib.import_module(".".join(part for part in parts if part != "__init__"))
    assert module.__doc__ and len(module.__doc__) > 40
