"""`rag doctor`: what it finds, the repair it names, and its exit code."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from rag import cli
from rag.config import Settings
from rag.fetching.download import EMBEDDER, GENERATOR
from rag.runtime.doctor import Check, examine
from tests.support.commands import build_bag_index, loose_embedder, run_on_terminal, run_rag

NAMES = ["python", "torch", "llama-cpp-python", "generator", "embedder", "index", "index disk", "models disk", "memory"]


def finding(settings: Settings, name: str, language: str = "en") -> Check:
    (check,) = [check for check in examine(settings, language) if check.name == name]
    return check


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings under which nothing is wrong, as far as files go: the generator begins as one does."""
    folder = tmp_path_factory.mktemp("sound")
    (folder / "model.gguf").write_bytes(b"GGUF" + bytes(60))
    build_bag_index(folder / "index", embedder=loose_embedder(folder / "embedder"))
    return Settings(
        index=folder / "index",
        models_dir=folder,
        generator=str(folder / "model.gguf"),
        embedder=str(folder / "embedder"),
    )


def test_nothing_wrong(sound: Settings) -> None:
    checks = examine(sound, "en")
    names = [check.name for check in checks]
    assert len(set(names)) == len(names)
    assert [name for name in names if name in NAMES] == NAMES
    assert [check for check in checks if check.status == "failed"] == []
    assert finding(sound, "generator").finding.endswith("model.gguf")
    assert "5" in finding(sound, "index").finding
    assert all(check.finding.strip() for check in checks)
    assert all(check.repair == "" for check in checks if check.status == "ok")


def test_missing_models_and_index(tmp_path: Path) -> None:
    settings = Settings(index=tmp_path / "index", models_dir=tmp_path / "models")
    for name, path in (("generator", GENERATOR.target), ("embedder", EMBEDDER.target)):
        check = finding(settings, name)
        assert check.status == "failed"
        assert path in check.finding
        assert "rag fetch" in check.repair
    check = finding(settings, "index")
    assert check.status == "failed"
    assert str(settings.index) in check.finding
    assert "rag index" in check.repair
    french = finding(settings, "index", "fr")
    assert french.finding != check.finding and "rag index" in french.repair
    assert list(tmp_path.iterdir()) == []  # looking changes nothing


def test_an_index_of_another_embedder(sound: Settings, tmp_path: Path) -> None:
    build_bag_index(tmp_path / "index")
    check = finding(sound.model_copy(update={"index": tmp_path / "index"}), "index")
    assert check.status == "failed"
    assert "bag" in check.finding and "embedder" in check.finding
    assert f"rag index --index {tmp_path / 'index'}" in check.repair


def test_a_damaged_index(sound: Settings, tmp_path: Path) -> None:
    shutil.copytree(sound.index, tmp_path / "index")
    next((tmp_path / "index").glob("data-*/passages.faiss")).write_bytes(b"cut")
    check = finding(sound.model_copy(update={"index": tmp_path / "index"}), "index")
    assert check.status == "failed"
    assert str(tmp_path / "index") in check.finding
    assert "rag index" in check.repair


def test_an_index_of_another_chunk_size(sound: Settings) -> None:
    check = finding(sound.model_copy(update={"chunk_tokens": 64}), "chunks")
    assert check.status == "warning"
    assert "64" in check.finding and str(sound.chunk_tokens) in check.finding
    assert check.repair == f"rag index --index {sound.index}"
    assert "chunks" not in [check.name for check in examine(sound, "en")]


def test_a_reranker_is_looked_for_when_there_should_be_one(sound: Settings) -> None:
    assert "reranker" not in [check.name for check in examine(sound, "en")]
    assert finding(sound.model_copy(update={"reranker": "embedder"}), "reranker").status == "ok"
    check = finding(sound.model_copy(update={"reranker": "gone"}), "reranker")
    assert check.status == "failed" and "gone" in check.finding and "--reranker" in check.repair


@pytest.mark.parametrize("content", [None, b"", b"notes"])
def test_a_broken_generator(content: bytes | None, sound: Settings, tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    if content is not None:
        path.write_bytes(content)
    check = finding(sound.model_copy(update={"generator": str(path)}), "generator")
    assert check.status == "failed"
    assert str(path) in check.finding
    assert "--generator" in check.repair or "another file" in check.repair


def test_exit_code_and_json(sound: Settings, tmp_path: Path) -> None:
    choices = {
        "RAG_INDEX": str(sound.index),
        "RAG_MODELS_DIR": str(sound.models_dir),
        "RAG_GENERATOR": sound.generator,
        "RAG_EMBEDDER": sound.embedder,
    }
    runner = CliRunner()
    done = runner.invoke(cli.rag, ["doctor", "--json"], env=choices)
    assert done.exit_code == 0
    assert done.stderr == ""
    checks = json.loads(done.stdout)
    assert {key for check in checks for key in check} == {"name", "status", "finding", "repair"}
    assert {check["status"] for check in checks} <= {"ok", "warning"}

    done = runner.invoke(cli.rag, ["doctor", "--json"], env=choices | {"RAG_INDEX": str(tmp_path / "absent")})
    assert done.exit_code == 3
    assert [check["name"] for check in json.loads(done.stdout) if check["status"] == "failed"] == ["index"]

    done = runner.invoke(cli.rag, ["doctor"], env=choices | {"RAG_INDEX": str(tmp_path / "absent")})
    assert done.exit_code == 3
    assert re.search(r"^failed +\S.*absent", done.stdout, re.MULTILINE)
    assert re.search(r"^ +→ .*rag index", done.stdout, re.MULTILINE)


@pytest.mark.slow
def test_nothing_set_up_on_a_terminal(tmp_path: Path) -> None:
    code, shown = run_on_terminal("doctor", cwd=tmp_path, LC_ALL="fr_FR.UTF-8")
    assert code == 3
    assert shown.count("échec") == 3  # two models and the index
    assert "rag fetch" in shown and "Traceback" not in shown


@pytest.mark.models
def test_all_good(tmp_path: Path, real_settings: Settings) -> None:
    models = {"RAG_INDEX": str(real_settings.index), "RAG_MODELS_DIR": str(real_settings.models_dir)}
    done = run_rag("doctor", cwd=tmp_path, **models)
    assert done.returncode == 0, done.stdout
    assert done.stderr == ""
    assert GENERATOR.target in done.stdout and EMBEDDER.target in done.stdout and "5" in done.stdout
