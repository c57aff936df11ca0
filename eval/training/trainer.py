"""The training itself: steps, what is kept of them, and going on after a kill.

AdamW with a warm-up and a linear decay. The state is kept every few minutes, atomically, and the examples of a step
follow from its number, so that a run which was killed ends as it would have ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from eval.training.examples import Examples
from eval.training.losses import losses
from eval.training.network import Reader
from rag.system import replacing

CHECKPOINT = "checkpoint.pt"
KEEP_EVERY_S = 180.0
_SMOOTH = 0.98


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast: `questions` a step; rates of the low-rank matrices and norms, and of the heads."""

    steps: int = 1500
    questions: int = 6
    rate: float = 8e-4
    head_rate: float = 1e-3
    warm_up: float = 0.06
    decay: float = 0.01
    longest_gradient: float = 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was made: its number from 1, of how many, the smoothed parts of its loss, and the seconds left."""

    number: int
    steps: int
    parts: dict[str, float]
    left_s: float


def train(
    network: Reader,
    examples: Examples,
    schedule: Schedule,
    folder: Path,
    on_step: Callable[[Step], None] = lambda step: None,
    keep_every_s: float = KEEP_EVERY_S,
) -> None:
    """Trains `network` in place, from the checkpoint in `folder` where there is one of the same schedule."""
    folder.mkdir(parents=True, exist_ok=True)
    optimiser = torch.optim.AdamW(_groups(network, schedule))
    share = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step / schedule.steps, schedule.warm_up))
    state = _restored(folder / CHECKPOINT, schedule)
    if state:
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        share.load_state_dict(state["rates"])
    done = int(state["done"]) if state else 0
    smoothed: dict[str, float] = dict(state["parts"]) if state else {}
    network.train()
    begun = kept = time.monotonic()
    for number in range(done, schedule.steps):
        parts = _step(network, examples, schedule, number, optimiser)
        share.step()
        for name, value in parts.items():
            smoothed[name] = _SMOOTH * smoothed.get(name, value) + (1 - _SMOOTH) * value
        now = time.monotonic()
        if now - kept > keep_every_s or number + 1 == schedule.steps:
            kept = now
            with replacing(folder / CHECKPOINT) as out:
                torch.save(
                    {
                        "schedule": asdict(schedule),
                        "done": number + 1,
                        "parts": smoothed,
                        "network": network.state_dict(),
                        "optimiser": optimiser.state_dict(),
                        "rates": share.state_dict(),
                    },
                    out,
                )
        left = (now - begun) / (number + 1 - done) * (schedule.steps - number - 1)
        on_step(Step(number + 1, schedule.steps, dict(smoothed), left))


def _step(
    network: Reader, examples: Examples, schedule: Schedule, number: int, optimiser: torch.optim.Optimizer
) -> dict[str, float]:
    groups = examples.step(number, schedule.questions)
    optimiser.zero_grad()
    made = losses(groups, network([example.pair for group in groups for example in group]))
    made.total().backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), schedule.longest_gradient)
    optimiser.step()
    return {
        "span": made.span.item(),
        "relevance": made.relevance.item(),
        "ranking": made.ranking.item(),
        "sentence": made.sentence.item(),
    }


def _groups(network: Reader, schedule: Schedule) -> Iterator[dict[str, Any]]:
    heads = [*network.span.parameters(), *network.relevance.parameters(), *network.sentence.parameters()]
    theirs = set(map(id, heads))
    others = [parameter for parameter in network.parameters() if id(parameter) not in theirs]
    thin = [parameter for parameter in others if parameter.dim() > 1]
    norms = [parameter for parameter in others if parameter.dim() == 1]
    yield {"params": thin, "lr": schedule.rate, "weight_decay": schedule.decay}
    yield {"params": norms, "lr": schedule.rate, "weight_decay": 0.0}
    yield {"params": heads, "lr": schedule.head_rate, "weight_decay": schedule.decay}


def _rate(done: float, warm_up: float) -> float:
    return min(1.0, (done + 1e-3) / warm_up) if done < warm_up else max(0.0, (1 - done) / (1 - warm_up))


def _restored(path: Path, schedule: Schedule) -> dict[str, Any] | None:
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, weights_only=True)
    return state if state["schedule"] == asdict(schedule) else None
