"""The reader that ships: the adapter that is pinned, merged with the real embedder, checked, and mended."""

from __future__ import annotations

import hashlib
import json
import os
from importlib import resources
from pathlib import Path

import pytest
from safetensors import safe_open

from rag.embedding.onnx_reader import OnnxReader
from rag.errors import ModelDamaged, ModelMissing
from rag.fetching.adapter import BASE
from rag.fetching.default_models import EMBEDDER, READER
from rag.fetching.download import check, fetch
from rag.fetching.reader_merging import GRAPH
from rag.protocols import ReadText
from rag.text.segmentation import sentence_spans
from tests.support.commands import run_rag

ADAPTER = Path(str(resources.files("rag.fetching") / READER.file.name))
QUESTION = "quelles conditions pose l'Allemagne ?"
GERMANY = "Berlin pose trois conditions : la participation des États-Unis, des négociations et l'accord du Bundestag."
RUGBY = "L'équipe de France a battu l'Écosse. Le match s'est joué à Paris devant une foule nombreuse."


def test_the_adapter_that_ships_is_the_one_that_is_pinned() -> None:
    content = ADAPTER.read_bytes()
    assert len(content) == READER.file.size <= 4_000_000
    assert hashlib.sha256(content).hexdigest() == READER.file.sha256
    with safe_open(ADAPTER, "numpy") as file:
        assert file.metadata()[BASE] == EMBEDDER.file.sha256


@pytest.fixture(scope="module")
def folder(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with the embedder alone."""
    made = tmp_path_factory.mktemp("models")
    os.symlink(models_dir / EMBEDDER.target, made / EMBEDDER.target)
    return made


def texts() -> list[ReadText]:
    return [
        ReadText(text, "", sentence_spans(text)) for text in (RUGBY, GERMANY, "Rien.", "", "mot " * 2_000, "你好。")
    ]


@pytest.mark.models
def test_it_is_made_once_and_mended_when_it_was_altered(folder: Path) -> None:
    with pytest.raises(ModelMissing):
        check(READER, folder)
    path = fetch(READER, folder)
    whole = (path / GRAPH).read_bytes()
    assert check(READER, folder) == path and not list(folder.glob("*.partial"))
    (path / GRAPH).write_bytes(whole[:-1000])
    with pytest.raises(ModelDamaged, match=GRAPH):
        check(READER, folder)
    assert fetch(READER, folder) == path and (path / GRAPH).read_bytes() == whole


@pytest.mark.models
@pytest.mark.parametrize("question", [QUESTION, "kel condission pose lalemagne", "?", "x " * 1_000, "你好吗？"])
def test_any_question_and_passage_is_read(folder: Path, question: str) -> None:
    reader = OnnxReader(fetch(READER, folder) / GRAPH, folder / EMBEDDER.target)
    rugby, germany, *_ = readings = reader.read(question, texts())
    for text, reading in zip(texts(), readings, strict=True):
        assert len(reading.sentences) == len(text.sentences) and 0 <= reading.span[0] <= reading.span[1] <= len(
            text.text
        )
    if question == QUESTION:
        assert germany.relevance > rugby.relevance and germany.margin > rugby.margin
    # A passage is read alike whatever is read with it.
    alone = reader.read(question, texts()[1:2])[0]
    assert alone.relevance == pytest.approx(germany.relevance, abs=1e-3)
    assert alone.sentences == pytest.approx(germany.sentences, abs=1e-3)


@pytest.mark.models
def test_a_reader_that_is_damaged_is_told_with_what_mends_it(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "a.txt").write_text(GERMANY, "utf-8")
    path, places = fetch(READER, folder), {"RAG_MODELS_DIR": str(folder), "RAG_INDEX": str(tmp_path / "index")}
    assert run_rag("index", "articles", cwd=tmp_path, **places).returncode == 0
    found = run_rag("search", QUESTION, "--reader", "default", "--json", cwd=tmp_path, **places)
    assert found.returncode == 0 and json.loads(found.stdout)["answerable"] > 0.5
    whole = (path / GRAPH).read_bytes()
    (path / GRAPH).write_bytes(b"another")
    damaged = run_rag("search", QUESTION, "--reader", "default", cwd=tmp_path, **places)
    (path / GRAPH).write_bytes(whole)
    assert damaged.returncode == 3 and READER.target in damaged.stderr and "rag fetch" in damaged.stderr
    without = run_rag("search", QUESTION, "--json", cwd=tmp_path, **places)
    assert without.returncode == 0 and "answerable" not in json.loads(without.stdout)
