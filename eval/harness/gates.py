"""Gates: a run against a committed baseline, failing on a fall beyond the tolerance that the baseline states.

A baseline holds what is needed to judge a later run and to name the cases that moved: aggregates, tolerances, the
scores of the gated metrics case by case, and the digests of the set and the corpus. It is refused when either has
changed, since its figures are then about something else. Updating keeps tolerances that were set by hand.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from eval.cases.records import Case, Interval, Run
from eval.errors import BaselineMissing, BaselineStale, RunUnreadable
from eval.harness.compare import Difference, Scores, Side, compare, scores_of, side_of
from eval.harness.runner import Asked, Facts, System, Tally, perform, select
from rag.system import write_text, writing

BASELINES = Path(__file__).parents[1] / "baselines"
SCHEMA = 1
SAMPLE = 60
"""Cases of the answer gate: what two slow cores answer within ten minutes."""
SEED = 0

# Retrieval repeats itself to the last digit on one machine; another processor's arithmetic may move a case or two
# of two hundred. What is true by construction may not fall at all.
RETRIEVAL_TOLERANCES: Mapping[str, float] = {
    **dict.fromkeys(("recall@1", "recall@5", "recall@10", "all_evidence_recall@10", "mrr@10", "ndcg@10"), 0.01),
    **dict.fromkeys(("sentence_recall@1", "sentence_recall@3", "sentence_recall@5", "answer_in_sentences@3"), 0.01),
    "hits_exact": 0.0,
}
# Of sixty cases one is 0.017, of the forty that have an answer 0.025; a change of wording may move two or three.
ANSWER_TOLERANCES: Mapping[str, float] = {
    **dict.fromkeys(("accuracy", "key_facts"), 0.05),
    **dict.fromkeys(("citation_hit", "citation_precision", "refusal_f1"), 0.08),
    "language_match": 0.02,
    **dict.fromkeys(("citation_exactness", "markers_resolved", "statements_cited", "hits_exact"), 0.0),
}


@dataclass(frozen=True, slots=True)
class Baseline:
    """A run that later ones are held against. `scores` and `aggregates` are those of the gated metrics."""

    gate: str
    set: str
    set_digest: str
    corpus_digest: str
    answers: bool
    created: str
    seed: int
    settings: Mapping[str, Any]
    versions: Mapping[str, str]
    models: Mapping[str, str]
    cases: tuple[str, ...]
    tolerances: Mapping[str, float]
    aggregates: Mapping[str, Interval]
    scores: Scores


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: its name, whether answers are asked for, how many cases (None: all), what falls it lets pass."""

    name: str
    answers: bool
    sample: int | None
    tolerances: Mapping[str, float]

    def cases(self, cases: Sequence[Case]) -> tuple[Case, ...]:
        """The cases of this gate: always the same ones of the same set."""
        return select(cases, sample=self.sample, seed=SEED)

    def path(self, set_name: str, folder: Path = BASELINES) -> Path:
        """Where its baseline for the set `set_name` is."""
        return folder / f"{set_name}-{self.name}.json"

    def run(
        self,
        system: System,
        asked: Asked,
        corpus: Mapping[str, str],
        facts: Facts,
        *,
        folder: Path | None = None,
        on_case: Callable[[Tally], None] = lambda tally: None,
    ) -> Run:
        """Runs this gate's cases of the set `asked`."""
        asked = replace(asked, cases=self.cases(asked.cases), answers=self.answers, seed=SEED)
        name = f"gate-{self.name}"
        return perform(system, asked, corpus, facts, name=name, folder=folder, on_case=on_case)


RETRIEVAL = Gate("retrieval", answers=False, sample=None, tolerances=RETRIEVAL_TOLERANCES)
ANSWERS = Gate("answers", answers=True, sample=SAMPLE, tolerances=ANSWER_TOLERANCES)


def baseline_of(run: Run, gate: Gate, tolerances: Mapping[str, float] | None = None) -> Baseline:
    """The baseline that `run` makes for `gate`; `tolerances` are those of the baseline it replaces."""
    allowed = {**gate.tolerances, **{k: v for k, v in (tolerances or {}).items() if k in gate.tolerances}}
    scores = scores_of(run.results)
    return Baseline(
        gate=gate.name,
        set=run.set,
        set_digest=run.extra["set_digest"],
        corpus_digest=run.corpus_digest,
        answers=gate.answers,
        created=run.created,
        seed=run.seed,
        settings=run.settings,
        versions=run.versions,
        models=run.models,
        cases=tuple(result.id for result in run.results),
        tolerances={name: value for name, value in allowed.items() if name in run.aggregates},
        aggregates={name: run.aggregates[name] for name in allowed if name in run.aggregates},
        scores={name: scores[name] for name in allowed if name in scores},
    )


def check_fresh(baseline: Baseline, set_digest: str, corpus_digest: str, path: Path) -> None:
    """Raises BaselineStale unless `baseline` is about this set and this corpus."""
    if baseline.set_digest != set_digest:
        raise BaselineStale(path=path, what=f"the set {baseline.set}")
    if baseline.corpus_digest != corpus_digest:
        raise BaselineStale(path=path, what="the corpus")


def judge(baseline: Baseline, run: Run) -> tuple[Difference, ...]:
    """How each gated metric moved; those that `fell` fail the gate."""
    return compare(side_of_baseline(baseline), side_of(run), baseline.tolerances, baseline.seed)


def side_of_baseline(baseline: Baseline) -> Side:
    """A baseline as one side of a comparison."""
    name = f"baseline {baseline.set}-{baseline.gate}"
    return Side(name, baseline.scores, baseline.aggregates, baseline.cases, baseline.tolerances)


def load_baseline(path: Path) -> Baseline:
    """Reads a baseline. Raises BaselineMissing and RunUnreadable."""
    try:
        return baseline_from(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise BaselineMissing(path=path) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunUnreadable(path=path, reason=f"{type(error).__name__}: {error}") from error


def baseline_from(fields: Mapping[str, Any]) -> Baseline:
    """The baseline that `save_baseline` wrote as `fields`. Raises KeyError, TypeError and ValueError."""
    if fields["baseline"] != SCHEMA:
        raise ValueError(f"format {fields['baseline']}, this version reads {SCHEMA}")
    values = {name: value for name, value in fields.items() if name != "baseline"}
    values["cases"] = tuple(fields["cases"])
    values["aggregates"] = {name: Interval(**interval) for name, interval in fields["aggregates"].items()}
    return Baseline(**values)


def save_baseline(baseline: Baseline, path: Path) -> None:
    """Writes a baseline, its scores a line a metric so that a diff is short. Raises DiskFull and WriteFailed."""
    fields = {"baseline": SCHEMA, **asdict(baseline)}
    nested = ("tolerances", "aggregates", "scores")
    lines = [f" {_dump(name)}: {_dump(value)}" for name, value in fields.items() if name not in nested]
    for name in nested:
        rows = ",\n".join(f"  {_dump(key)}: {_dump(value)}" for key, value in fields[name].items())
        lines.append(f" {_dump(name)}: {{\n{rows}\n }}")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
