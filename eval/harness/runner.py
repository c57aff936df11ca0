"""Cases to results: asks the system each question of a set, scores what comes back, keeps every row as it comes.

The system is anything that searches, finds evidence and answers (`System`). The rows are in the order of the cases
and, times apart, the same whenever the same system is asked again.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Protocol

from eval.cases.records import Case, CaseResult, Run
from eval.harness.run_store import Partial, fingerprint
from eval.harness.scoring import aggregate, score_case
from rag.contracts import answer_object, hits_object
from rag.domain import Answer, Hit, Shown, Turn

SEARCH_K = 10
EVIDENCE_K = 10


class System(Protocol):
    """What is evaluated. Questions of a conversation come with its earlier turns."""

    def search(self, question: str, k: int, history: Sequence[Turn]) -> list[Hit]:
        """The `k` best passages."""

    def evidence(self, question: str, k: int, history: Sequence[Turn]) -> list[Hit]:
        """The `k` best sentences."""

    def ask(self, question: str, history: Sequence[Turn]) -> Answer:
        """The answer; not called in a retrieval-only run."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a run records of the system. `models` are names and SHA-256; `corpus_digest` is that of the index."""

    settings: Mapping[str, Any]
    versions: Mapping[str, str]
    models: Mapping[str, str]
    corpus_digest: str
    index: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """The cases to ask and where they come from: `set` is the name of the set, `digest` the SHA-256 of its file."""

    set: str
    digest: str
    cases: tuple[Case, ...]
    answers: bool
    seed: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a run is: cases done, of how many, the mean of each metric so far."""

    done: int
    total: int
    means: Mapping[str, float]


def select(
    cases: Sequence[Case], *, half: str = "all", sample: int | None = None, limit: int | None = None, seed: int = 0
) -> tuple[Case, ...]:
    """The cases of `half`, of those a `sample` stratified by type, of those the first `limit`; in the set's order."""
    kept = [case for case in cases if half in ("all", case.half)]
    if sample is not None:
        kept = _stratified(kept, sample, seed)
    return tuple(kept[:limit])


def _stratified(cases: Sequence[Case], size: int, seed: int) -> list[Case]:
    """`size` cases, of each type as many as its share, the fractions to the types with the largest."""
    if size >= len(cases):
        return list(cases)
    by_type: dict[str, list[Case]] = {}
    for case in cases:
        by_type.setdefault(case.type, []).append(case)
    shares = {type_: size * len(some) / len(cases) for type_, some in by_type.items()}
    counts = {type_: int(share) for type_, share in shares.items()}
    fractions = sorted(shares, key=lambda type_: (counts[type_] - shares[type_], type_))
    for type_ in fractions[: size - sum(counts.values())]:
        counts[type_] += 1
    # One generator a type, so that a case added to one of them leaves the sample of the others as it was.
    chosen = {
        case.id
        for type_, some in by_type.items()
        for case in random.Random(f"{seed} {type_}").sample(some, counts[type_])
    }
    return [case for case in cases if case.id in chosen]


def perform(
    system: System,
    asked: Asked,
    corpus: Mapping[str, str],
    facts: Facts,
    *,
    name: str,
    folder: Path | None = None,
    on_case: Callable[[Tally], None] = lambda tally: None,
) -> Run:
    """Runs the cases of `asked` to the end. With a `folder`, rows are kept there until then and are taken up again."""
    key = fingerprint(
        {"set": asked.digest, "cases": [case.id for case in asked.cases], "answers": asked.answers, **asdict(facts)}
    )
    start = time.perf_counter()
    partial = Partial(folder, key) if folder else None
    resumed = len(partial.rows) if partial else 0
    results = evaluate(system, asked.cases, corpus, answers=asked.answers, partial=partial, on_case=on_case)
    return Run(
        name=name,
        set=asked.set,
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        seed=asked.seed,
        settings=facts.settings,
        versions=facts.versions,
        models=facts.models,
        corpus_digest=facts.corpus_digest,
        aggregates=aggregate(results, asked.cases, asked.seed),
        results=results,
        extra={
            "answers": asked.answers,
            "set_digest": asked.digest,
            "fingerprint": key,
            "index": facts.index,
            "resumed_cases": resumed,
            "wall_s": round(time.perf_counter() - start, 2),
            "peak_memory_mb": peak_memory_mb(),
            "cases": [asdict(case) for case in asked.cases],
        },
    )


def evaluate(
    system: System,
    cases: Sequence[Case],
    corpus: Mapping[str, str],
    *,
    answers: bool = True,
    partial: Partial | None = None,
    on_case: Callable[[Tally], None] = lambda tally: None,
) -> tuple[CaseResult, ...]:
    """A result for each case; those that `partial` holds already are taken from it.

    What the system raises comes through; the rows so far stay in `partial`.
    """
    known = partial.rows if partial else {}
    results: list[CaseResult] = []
    sums: dict[str, tuple[float, int]] = {}
    if partial:
        partial.open()
    for done, case in enumerate(cases, 1):
        result = known.get(case.id)
        if result is None:
            result = run_case(system, case, corpus, answers=answers)
            if partial:
                partial.append(result)
        results.append(result)
        for name, score in result.scores.items():
            total, n = sums.get(name, (0.0, 0))
            sums[name] = (total + score, n + 1)
        on_case(Tally(done, len(cases), {name: total / n for name, (total, n) in sums.items()}))
    return tuple(results)


def run_case(system: System, case: Case, corpus: Mapping[str, str], *, answers: bool) -> CaseResult:
    """Asks one question and scores what comes back."""
    history = [Turn(turn["question"], turn["answer"]) for turn in case.history]
    start = time.perf_counter()
    search = _hits(case, system.search(case.question, SEARCH_K, history))
    searched = time.perf_counter()
    evidence = _hits(case, system.evidence(case.question, EVIDENCE_K, history))
    found = time.perf_counter()
    answer = answer_object(system.ask(case.question, history), case.id) if answers else None
    return CaseResult(
        id=case.id,
        search=search,
        evidence=evidence,
        answer=answer,
        scores=score_case(case, search, evidence, answer, corpus),
        timings={"search_s": round(searched - start, 4), "evidence_s": round(found - searched, 4)},
    )


def _hits(case: Case, hits: Sequence[Hit]) -> dict[str, Any]:
    return hits_object(case.question, Shown(tuple(hits)), case.id, explain=True)


def peak_memory_mb(usage: Any = None) -> float | None:
    """The most memory this process has held, in MB, or the one whose `usage` `os.wait4` gave.

    None where the system does not tell.
    """
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 (not there on Windows)

    peak = (usage or resource.getrusage(resource.RUSAGE_SELF)).ru_maxrss
    return round(peak / (1_000_000 if sys.platform == "darwin" else 1_000), 1)
