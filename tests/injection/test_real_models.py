"""A selection of the cases with the real models, which may obey or not: nothing may change either way."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from rag.config import Settings
from rag.domain import Answer
from rag.protocols import Generator
from rag.runtime.assembly import Models, load_models
from tests.support.injection.cases import CASES, Case
from tests.support.injection.lab import Lab, answer_of, check_answer, essence

pytestmark = pytest.mark.models
CHOSEN = [pytest.param(case, id=case.id) for case in CASES if case.model]


class RealLab:
    """The corpora with the real models; what is asked of a clean one is asked once."""

    def __init__(self, folder: Path, models: Models, settings: Settings) -> None:
        assert models.generator
        self.generator: Generator = models.generator
        self.lab = Lab(folder, models.embedder, settings)
        self.clean = cache(self._clean)

    def _clean(self, suffix: str, asked: str) -> Answer:
        return self.lab.clean(Case("clean", "", "", place="after", suffix=suffix, asked=asked), self.generator)


@pytest.fixture(scope="module")
def real(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> RealLab:
    settings = Settings(models_dir=models_dir)
    return RealLab(tmp_path_factory.mktemp("injection"), load_models(settings), settings)


@pytest.mark.parametrize("case", CHOSEN)
def test_an_injection_changes_nothing(real: RealLab, case: Case) -> None:
    attacked = answer_of(real.lab.events(case, real.generator))
    check_answer(attacked, real.lab.attacked(case).index.catalog, case)
    clean = real.clean(case.suffix, case.asked)
    assert clean.answered is (case.asked != "engineer")
    assert essence(attacked, case) == essence(clean, case)
