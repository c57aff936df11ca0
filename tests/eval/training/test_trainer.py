"""Training on a tiny network: it learns, and a run that was killed ends as it would have ended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from eval.metrics.calibration import roc_area
from eval.training.examples import Examples, Recipe
from eval.training.material import load_material
from eval.training.measuring import measure
from eval.training.network import Reader, ReaderInTraining
from eval.training.trainer import Schedule, Step, train
from rag.embedding.bert import map_tensors
from tests.eval.training.test_examples import mined_of, write_bench
from tests.support.tiny_base import encode, write_tiny_base


class Killed(Exception):
    """Stands for a kill between two steps."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_base(tmp_path_factory.mktemp("base") / "model")


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    material = load_material(write_bench(tmp_path_factory.mktemp("data") / "bench"))
    return Examples(material, mined_of(material), encode, Recipe(), seed=0)


def network_of(base: Path) -> Reader:
    torch.manual_seed(0)
    return Reader(json.loads((base / "config.json").read_text()), map_tensors(base / "model.safetensors"), 4)


def test_it_learns_what_it_is_shown(base: Path, examples: Examples, tmp_path: Path) -> None:
    network = network_of(base)
    steps: list[Step] = []
    train(network, examples, Schedule(steps=60, questions=4, rate=5e-3, head_rate=5e-3), tmp_path, steps.append)
    assert [step.number for step in steps] == list(range(1, 61)) and steps[-1].left_s == 0
    first, last = steps[0].parts, steps[-1].parts
    assert all(last[name] < first[name] for name in ("span", "relevance", "ranking", "sentence")), (first, last)


def test_a_run_that_was_killed_ends_as_it_would_have_ended(base: Path, examples: Examples, tmp_path: Path) -> None:
    schedule = Schedule(steps=6, questions=2)
    whole = network_of(base)
    train(whole, examples, schedule, tmp_path / "whole")

    def kill(step: Step) -> None:
        if step.number == 4:
            raise Killed

    with pytest.raises(Killed):
        train(network_of(base), examples, schedule, tmp_path / "cut", kill, keep_every_s=0.0)
    resumed = network_of(base)
    numbers: list[int] = []
    train(resumed, examples, schedule, tmp_path / "cut", lambda step: numbers.append(step.number))
    assert numbers == [5, 6]
    for name, tensor in whole.state_dict().items():
        assert torch.allclose(tensor, resumed.state_dict()[name], atol=1e-6), name


def test_a_checkpoint_of_another_schedule_is_not_gone_on_with(base: Path, examples: Examples, tmp_path: Path) -> None:
    train(network_of(base), examples, Schedule(steps=2, questions=1), tmp_path)
    numbers: list[int] = []
    train(network_of(base), examples, Schedule(steps=3, questions=1), tmp_path, lambda s: numbers.append(s.number))
    assert numbers == [1, 2, 3]


def test_figures_of_a_reader(base: Path, examples: Examples) -> None:
    material = examples._material
    questions = [(question, sorted(question.text)[0]) for question in material.questions if question.held_out]
    figures = measure(ReaderInTraining(network_of(base), encode), material, mined_of(material), questions)
    assert figures["questions"] == len(questions) and 0 <= figures["area.article.relevance"] <= 1
    assert {f"passages.first.{weight}" for weight in ("0", "1", "64")} <= figures.keys()


@pytest.mark.parametrize(
    ("scores", "outcomes", "area"),
    [([1, 2, 3, 4], [False, False, True, True], 1.0), ([4, 3, 2, 1], [False, False, True, True], 0.0),
     ([1, 1, 1, 1], [False, True, False, True], 0.5), ([1, 3, 2, 4], [False, False, True, True], 0.75),
     ([1, 2], [True, True], None)],
)  # fmt: skip
def test_the_area_under_the_curve(scores: list[float], outcomes: list[bool], area: float | None) -> None:
    assert roc_area(scores, outcomes) == area
