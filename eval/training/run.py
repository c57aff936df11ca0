"""A whole training: data, examples, steps, figures on what was held out, and the adapter."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from eval.training.examples import Examples, Recipe
from eval.training.material import Question, load_material
from eval.training.measuring import measure
from eval.training.mining import mine
from eval.training.network import Reader, ReaderInTraining
from eval.training.trainer import Schedule, Step, train
from rag.config import Settings
from rag.embedding import Encode, map_tensors
from rag.fetching import BASE, EMBEDDER, check, pack
from rag.system import usable_threads, write_text

ADAPTER = "reader.safetensors"
REPORT = "report.json"
CURVE = "curve.jsonl"
_CURVE_EVERY = 50


def train_reader(
    data: Path,
    out: Path,
    work: Path,
    settings: Settings,
    *,
    steps: int,
    rank: int,
    rate: float,
    changed: float,
    measured: int,
    seed: int,
    on_progress: Callable[[str], None],
) -> dict[str, Any]:
    """Trains on the files of `data`; writes adapter, curve and report into `out`, and returns the report.

    Raises MalformedSet, ModelMissing and ModelDamaged.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(settings.threads or usable_threads())
    model = check(EMBEDDER, settings.models_dir)
    out.mkdir(parents=True, exist_ok=True)
    work.mkdir(parents=True, exist_ok=True)
    material = load_material(data)
    mined = mine(material, work, settings, lambda step, done, total: on_progress(f"{step} {done}/{total}"))
    encode = encoder_of(model)
    recipe = Recipe(changed=changed)
    schedule = Schedule(steps=steps, rate=rate)
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    network = Reader(config, map_tensors(model / "model.safetensors"), rank)
    examples = Examples(material, mined, encode, recipe, seed)
    begun = time.monotonic()
    with (out / CURVE).open("a", encoding="utf-8") as curve:

        def on_step(step: Step) -> None:
            on_progress(_line(step))
            if step.number % _CURVE_EVERY == 0 or step.number == step.steps:
                curve.write(json.dumps({"step": step.number, **step.parts}) + "\n")
                curve.flush()

        train(network, examples, schedule, out, on_step)
    seconds = time.monotonic() - begun
    learnt = {name: tensor.detach().numpy() for name, tensor in network.state_dict().items()}
    save_file(pack(learnt), out / ADAPTER, {BASE: EMBEDDER.file.sha256})
    network.eval()
    figures = measure(
        ReaderInTraining(network, encode),
        material,
        mined,
        held_out(material.questions, measured, seed),
        lambda done, total: on_progress(f"measure {done}/{total}"),
    )
    report = {
        "data": material.digest,
        "questions": sum(not question.held_out for question in material.questions),
        "steps": steps,
        "rank": rank,
        "rate": rate,
        "changed": changed,
        "seed": seed,
        "seconds": round(seconds),
        "bytes": (out / ADAPTER).stat().st_size,
        "held_out": {name: round(value, 4) for name, value in figures.items()},
    }
    write_text(out / REPORT, json.dumps(report, indent=2) + "\n")
    return report


def encoder_of(model: Path) -> Encode:
    """The tokenizer of the model in the folder `model` as the pairing wants it."""
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def encode(text: str) -> tuple[Sequence[int], Sequence[tuple[int, int]]]:
        made = tokenizer.encode(text, add_special_tokens=False)
        return made.ids, made.offsets

    return encode


def held_out(questions: Sequence[Question], count: int, seed: int) -> list[tuple[Question, str]]:
    """`count` of the questions that are held out, each with a language in which it is asked."""
    chance = random.Random(seed)
    some = [question for question in questions if question.held_out]
    return [(q, chance.choice(sorted(q.text))) for q in chance.sample(some, min(count, len(some)))]


def _line(step: Step) -> str:
    parts: Mapping[str, float] = step.parts
    said = "  ".join(f"{name} {value:.3f}" for name, value in parts.items())
    return f"step {step.number}/{step.steps}  {said}  {step.left_s / 60:.0f} min left"
