"""Fixtures shared by the tests; the real models are fetched once and kept outside the clone."""

from __future__ import annotations

import os
import socket
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from rag.answering.pipeline import Pipeline
from rag.config import Settings
from rag.fetching.download import fetch
from rag.runtime.assembly import DEFAULT_MODELS, build, open_pipeline
from tests.support.paths import PROJECT, SEEDS

TESTS = PROJECT / "tests"
FOLDERS = {"browser": "browser", "postgres": "postgres", "bad_corpus": "slow", "fuzz": "slow", "serving": "slow"}
TOGETHER = {"injection"}
"""Folders whose modules share what is dear to make."""
MODELS = {"models_dir", "real_settings", "real_pipeline"}

if "HYPOTHESIS_PROFILE" in os.environ:
    from hypothesis import settings

    settings.register_profile("long", max_examples=20_000, deadline=None)
    settings.load_profile(os.environ["HYPOTHESIS_PROFILE"])


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    """Marks what a test needs, and says which tests share a process where there are several.

    The tests of a module do, for what the module makes once. So do all that use the real models, which would take each
    other's processors: they come first, as they take longest. A wrapper is called before xdist reads the groups.
    """
    for item in items:
        folders = item.path.relative_to(TESTS).parts[:-1]
        for name in folders:
            if name in FOLDERS:
                item.add_marker(FOLDERS[name])
        if MODELS.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("models")
        group = next((name for name in folders if name in TOGETHER), item.path.relative_to(TESTS).as_posix())
        item.add_marker(pytest.mark.xdist_group("models" if item.get_closest_marker("models") else group))
    items.sort(key=lambda item: item.get_closest_marker("models") is None)
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest) -> None:
    """A parameter that asks for the real models by name cannot be seen beforehand, and has to carry the marker."""
    asks = request._pyfuncitem
    if fixturedef.argname in MODELS and not asks.get_closest_marker("models"):
        pytest.fail(f"{asks.nodeid} uses the real models and is not marked so")


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The folder of the real default models. A model that cannot be had is a failure, not a skip."""
    folder = Path(os.environ.get("RAG_MODELS_DIR") or PROJECT / "models").resolve()
    for spec in DEFAULT_MODELS:
        fetch(spec, folder)
    return folder


@pytest.fixture(scope="session")
def real_settings(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings for the real models over an index of the seeds."""
    settings = Settings(index=tmp_path_factory.mktemp("seeds") / "index", models_dir=models_dir)
    build([SEEDS], settings)
    return settings


@pytest.fixture(scope="session")
def real_pipeline(real_settings: Settings) -> Pipeline:
    """The product over the seeds with the real models."""
    return open_pipeline(settings=real_settings)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests speak English and see no settings of the user's."""
    for name in [name for name in os.environ if name.startswith("RAG_") and name != "RAG_MODELS_DIR"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")


@pytest.fixture
def loopback_only() -> Iterator[list[object]]:
    """Fails on any socket that connects elsewhere than to this machine; yields the addresses that were asked for."""
    asked: list[object] = []
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        asked.append(address)
        host = address[0] if isinstance(address, tuple) else ""
        if self.family != socket.AF_UNIX and host not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"connection to {address}")
        connect(self, address)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield asked
