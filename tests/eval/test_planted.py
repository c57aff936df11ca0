"""Every planted fault fails a gate: without the models, over a real index of the seed articles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from eval.cases.records import Case, Run
from eval.cases.sets import load_set
from eval.harness.compare import Difference
from eval.harness.gates import ANSWERS, RETRIEVAL, Baseline, Gate, baseline_of, judge
from eval.harness.runner import Asked, Facts, System, select
from eval.harness.sources import SEEDS, SEEDS_SET, seed_texts, set_digest
from eval.harness.system import Product
from rag.config import Settings
from rag.domain import Answer, Hit, Turn
from rag.indexing.build import build_index
from rag.retrieval.retriever import Retriever
from rag.store.index import Index, open_index
from tests.support.doubles import BagEmbedder
from tests.support.planted import FAULTS, Oracle, without_accents

FACTS = Facts(settings={}, versions={}, models={}, corpus_digest="corpus", index={})
CAUGHT_BY = {
    "second best first": (RETRIEVAL, {"recall@1", "mrr@10", "sentence_recall@1"}),
    "citations shifted by one": (ANSWERS, {"markers_resolved"}),
    "never refuses": (ANSWERS, {"accuracy", "refusal_f1"}),
    "always refuses": (ANSWERS, {"accuracy", "refusal_f1"}),
    "answers in English": (ANSWERS, {"language_match", "accuracy"}),
    "offsets off by one": (ANSWERS, {"hits_exact", "citation_exactness"}),
}


class Remembering:
    """A `System` that searches once for each question: the faults spoil what comes back, not how it is found."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._known: dict[tuple[str, str, int], list[Hit]] = {}

    def search(self, question: str, k: int, history: Sequence[Turn]) -> list[Hit]:
        key = ("search", question, k)
        if key not in self._known:
            self._known[key] = self._system.search(question, k, history)
        return self._known[key]

    def evidence(self, question: str, k: int, history: Sequence[Turn]) -> list[Hit]:
        key = ("evidence", question, k)
        if key not in self._known:
            self._known[key] = self._system.evidence(question, k, history)
        return self._known[key]

    def ask(self, question: str, history: Sequence[Turn]) -> Answer:
        return self._system.ask(question, history)


@dataclass(frozen=True)
class Bench:
    """The set, its articles, a sound system over them and the baselines that it makes."""

    cases: tuple[Case, ...]
    corpus: dict[str, str]
    index: Index
    embedder: BagEmbedder
    system: System
    baselines: dict[str, Baseline]

    def run(self, gate: Gate, system: System) -> Run:
        asked = Asked("seeds", set_digest(SEEDS_SET), self.cases, answers=gate.answers, seed=0)
        return gate.run(system, asked, self.corpus, FACTS)

    def judge(self, gate: Gate, system: System) -> dict[str, Difference]:
        return {d.metric: d for d in judge(self.baselines[gate.name], self.run(gate, system))}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    corpus = seed_texts()
    cases = select(load_set(SEEDS_SET, corpus), sample=100)
    embedder = BagEmbedder(dimension=512)
    target = tmp_path_factory.mktemp("planted") / "ix"
    build_index([SEEDS], target, embedder, Settings())
    index = open_index(target)
    system = Oracle(Remembering(Product(Retriever(index, embedder))), cases)
    bench = Bench(cases, corpus, index, embedder, system, {})
    for gate in (RETRIEVAL, ANSWERS):
        bench.baselines[gate.name] = baseline_of(bench.run(gate, system), gate)
    return bench


def test_the_sound_system_passes_and_moves_nothing(bench: Bench) -> None:
    for gate in (RETRIEVAL, ANSWERS):
        for difference in bench.judge(gate, bench.system).values():
            assert not difference.fell
            assert not difference.wins and not difference.losses and not difference.unscored


def test_the_sound_system_is_nearly_perfect_so_that_every_fall_has_room(bench: Bench) -> None:
    means = {name: interval.mean for name, interval in bench.baselines["answers"].aggregates.items()}
    assert set(means) == set(ANSWERS.tolerances)
    for name, mean in means.items():
        assert mean >= 0.9, name


def test_every_gated_metric_of_retrieval_is_measured(bench: Bench) -> None:
    assert set(bench.baselines["retrieval"].scores) == set(RETRIEVAL.tolerances)


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_fails_a_gate(bench: Bench, name: str) -> None:
    gate, expected = CAUGHT_BY[name]
    judged = bench.judge(gate, FAULTS[name](bench.system))
    assert expected <= {metric for metric, difference in judged.items() if difference.fell}


@pytest.mark.slow
def test_an_index_that_lost_its_accents_fails_the_retrieval_gate(bench: Bench, tmp_path: Path) -> None:
    spoiled = Product(Retriever(without_accents(bench.index, bench.embedder, tmp_path), bench.embedder))
    judged = bench.judge(RETRIEVAL, spoiled)
    assert judged["recall@10"].fell
    assert judged["ndcg@10"].mean_b < judged["ndcg@10"].mean_a
    assert len(judged["recall@10"].losses) > len(judged["recall@10"].wins)


@pytest.mark.slow
def test_a_rebuilt_index_gives_the_same_figures(bench: Bench, tmp_path: Path) -> None:
    build_index([SEEDS], tmp_path / "again", bench.embedder, Settings())
    system = Product(Retriever(open_index(tmp_path / "again"), bench.embedder))
    one, two = bench.run(RETRIEVAL, system), bench.run(RETRIEVAL, bench.system)
    assert [result.scores for result in one.results] == [result.scores for result in two.results]
    quality = {name for name in one.aggregates if "_s/" not in name}
    assert quality and all(one.aggregates[name] == two.aggregates[name] for name in quality)
