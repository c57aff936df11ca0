"""The corpora of the cases, indexed once for all tests with doubles."""

from __future__ import annotations

import pytest

from rag.config import Settings
from tests.support.doubles import BagEmbedder
from tests.support.injection.lab import Lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    # The cosines of the double lie lower than those of the default embedder.
    settings = Settings(answer_threshold=0.3)
    return Lab(tmp_path_factory.mktemp("injection"), BagEmbedder(dimension=512), settings)
