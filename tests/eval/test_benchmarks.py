"""The benchmarks without their clocks: what figures, bars and tables say of given times, and what is counted."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import CalledProcessError
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from eval.benchmarks import generator, memory, search, start
from eval.benchmarks.figures import Bar, Figure, Spread, table
from eval.benchmarks.machine import machine, processor
from eval.benchmarks.plain_llama import Written
from eval.benchmarks.prompt_tokens import CountingGenerator, decoding
from eval.cli import evaluation
from eval.reports import history
from eval.reports.run_report import write_report
from rag.answering.pipeline import Pipeline
from rag.config import Settings
from rag.indexing.build import build_index
from rag.protocols import Message, Token
from rag.retrieval.retriever import Retriever
from rag.store.index import open_index
from tests.support.doubles import BagEmbedder, ScriptedGenerator
from tests.support.report_page import Page, run

ARTICLE = "Le marché couvert de Dijon rouvre en mai.\n\nLes halles de Limoges restent fermées cet hiver."
QUESTIONS = ("Quand rouvre le marché de Dijon ?", "Que deviennent les halles de Limoges ?")


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    folder = tmp_path_factory.mktemp("benchmarks")
    (folder / "articles").mkdir()
    (folder / "articles" / "marche.txt").write_text(ARTICLE, encoding="utf-8")
    embedder = BagEmbedder(dimension=512)
    build_index([folder / "articles"], folder / "index", embedder, Settings(chunk_tokens=32))
    return Retriever(open_index(folder / "index"), embedder)


# Figures


def test_a_spread_by_hand() -> None:
    spread = Spread.of([5.0, 1.0, 2.0, 4.0, 3.0])
    assert (spread.median, spread.low, spread.high, spread.p95, spread.n) == (3, 2, 4, 4.8, 5)
    assert Spread.of([0.123456]).median == 0.1235


def test_a_ratio_is_that_of_what_was_measured_in_the_same_turn() -> None:
    # The machine was ten times as slow in the last turn: the ratio of the medians would be 1.5.
    figure = Figure.of("s", "n", "s", [2.0, 3.0, 40.0], beside=[1.0, 2.0, 20.0], plain="p")
    assert figure.ratio == Spread(2.0, 1.75, 2.0, 2.0, 3)
    with pytest.raises(ValueError, match="shorter"):
        Figure.of("s", "n", "s", [1.0, 2.0], beside=[1.0], plain="p")


@pytest.mark.parametrize(
    ("bar", "text", "used"),
    [
        (Bar(4, "value"), "≤ 4 s", 0.75),
        (Bar(1.5), "≤ 1.5 ×", 1.0),
        (Bar(1.2), "≤ 1.2 ×", 1.25),
        (Bar(1.5, at_least=True), "≥ 1.5 ×", 1.0),
        (Bar(2, at_least=True), "≥ 2 ×", 1.333),
        (Bar(6, "value", at_least=True), "≥ 6 s", 2.0),
    ],
)
def test_a_bar_is_met_up_to_the_whole_of_it(bar: Bar, text: str, used: float) -> None:
    figure = Figure.of("s", "n", "s", [3.0], bar, beside=[2.0], plain="p")
    assert figure.as_object()["bars"] == [{"bar": text, "used": used, "met": used <= 1}]


def report(*figures: Figure, created: str = "2025-09-04T10:00:00Z") -> dict[str, object]:
    return {
        "created": created,
        "machine": machine(),
        "load_average_after": 0.5,
        "versions": {"llama-cpp-python": "1", "sentence-transformers": "2", "faiss-cpu": "3", "commit": "abc"},
        "figures": [figure.as_object() for figure in figures],
    }


def test_the_table_has_a_line_for_each_figure_with_its_bars() -> None:
    both = Figure.of("start", "rag ask", "s", [3.0], Bar(4, "value"), Bar(1.2), beside=[2.0], plain="load")
    alone = Figure.of("search", "late", "", [3.0, 5.0])
    told = report(both, alone)
    lines = table(json.loads(json.dumps(told))).splitlines()
    assert lines[0].split()[0] == "start" and lines[3].split()[0] == "search"
    assert lines[1].split()[:3] == ["rag", "ask,", "s"]
    assert lines[1].endswith("≤ 4 s met; ≤ 1.2 × NOT MET (plain: load)")
    assert "3.5 to 4.5" in lines[4] and lines[4].endswith("–")
    assert "load" in lines[6] and "commit abc" in lines[7]


def test_the_processor_is_named(tmp_path: Path) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text("processor\t: 0\nmodel name\t: Some Maker 9000\n", encoding="utf-8")
    assert processor(told) == "Some Maker 9000"
    assert processor(tmp_path / "absent")


# History


def test_the_history_is_drawn_and_a_broken_line_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "bench.jsonl"
    assert history.read(path) == []
    for seconds, created in ((3.0, "2025-09-04T10:00:00Z"), (6.0, "2025-09-05T10:00:00Z")):
        figure = Figure.of("start", "rag ask", "s", [seconds], Bar(4, "value"))
        history.append(report(figure, Figure.of("search", "late", "ms", [1.0]), created=created), path)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"created": "2025-09-06T1\n')
    reports = history.read(path)
    assert [one["created"][:10] for one in reports] == ["2025-09-04", "2025-09-05"]
    # A figure without a bar has no place in it.
    assert history.over_time(reports) == {"start": {"rag ask ≤ 4 s": [(1.0, 0.75), (2.0, 1.5)]}}

    pages = {}
    for name, kept in (("with", path), ("without", tmp_path / "absent.jsonl")):
        write_report(run(), tmp_path / f"{name}.html", history=kept)
        pages[name] = Page((tmp_path / f"{name}.html").read_text(encoding="utf-8"))
    assert pages["with"].tags.count("svg") == pages["without"].tags.count("svg") + 1
    assert "rag ask ≤ 4 s, 2025-09-05: 1.500" in pages["with"].text
    assert "over time" not in pages["without"].text


# Counting


class Library:
    """As much of llama.cpp as is counted."""

    def llama_decode(self, context: object, batch: SimpleNamespace) -> int:
        return 0 if batch.n_tokens else 7


class Reading(ScriptedGenerator):
    """Reads every word of a prompt, and each of its own."""

    def __init__(self, library: Library, *replies: str) -> None:
        super().__init__(*replies)
        self._library = library

    def _read(self, count: int) -> None:
        self._library.llama_decode(None, SimpleNamespace(n_tokens=count))

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Token]:
        self._read(self.count_tokens(messages))
        for token in super().stream(messages, max_tokens):
            yield token
            self._read(1)

    def score_choices(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        self._read(self.count_tokens(messages))
        return super().score_choices(messages, choices)


def test_decoding_is_counted_only_meanwhile() -> None:
    library = Library()
    with decoding(library) as decoded:
        assert library.llama_decode(None, SimpleNamespace(n_tokens=5)) == 0
        assert library.llama_decode(None, SimpleNamespace(n_tokens=0)) == 7
        assert decoded() == 5
    library.llama_decode(None, SimpleNamespace(n_tokens=5))
    assert decoded() == 5


def test_what_is_read_before_the_first_token_counts() -> None:
    library = Library()
    judged, asked = [Message("user", "un deux trois")], [Message("user", "un deux trois quatre")]
    with decoding(library) as decoded:
        counting = CountingGenerator(Reading(library, "Oui, en mai."), decoded)
        counting.score_choices(judged, ["oui", "non"])
        assert counting.read == 3
        assert "".join(token.text for token in counting.stream(asked, 9)) == "Oui, en mai."
        assert counting.read == 7 < decoded()
        assert counting.prompt is not None and counting.prompt.messages == tuple(asked)
        counting.begin()
        assert counting.read == 0 and counting.prompt is None


# Generator


class Plain:
    """Reads a token in 10 ms, and replies as it is told."""

    def __init__(self, *pieces: str) -> None:
        self._pieces = pieces

    def read(self, tokens: Sequence[int]) -> float:
        return 0.01 * len(tokens)

    def answer(self, messages: Sequence[Message], max_tokens: int) -> Written:
        return Written(self._pieces, len(self._pieces), 2.0)


def test_a_question_is_asked_and_its_work_done_plainly(retriever: Retriever) -> None:
    library, said = Library(), "Le marché couvert de Dijon rouvre en mai."
    pieces = [f"{word} " for word in said.split()[:-1]] + ["mai."]
    with decoding(library) as decoded:
        counting = CountingGenerator(Reading(library, said, said), decoded)
        pipeline = Pipeline(retriever, BagEmbedder(dimension=512), counting, Settings())
        asked = generator.ask(pipeline, counting, Plain(*pieces), QUESTIONS[0], range(10_000))
    assert asked.read > 0 and asked.reading_s == pytest.approx(0.01 * asked.read)
    assert asked.product is not None and asked.product.pieces == asked.plain.pieces  # type: ignore[union-attr]
    assert asked.product.tokens == len(pieces)


def test_the_figures_of_the_generator_by_hand() -> None:
    def replied(first_token_s: float, *pieces: str) -> generator.Asked:
        return generator.Asked(
            first_token_s, 300, 2.0, Written(pieces, 40, 1.0 if pieces[1:] else 0.1), Written(("Oui", "."), 40, 2.0)
        )  # fmt: skip

    nothing_read = generator.Asked(0.01, 0, 0.0)
    told = generator.figures([replied(2.0, "Oui", "."), replied(3.0, "Oui."), nothing_read])
    figures = {figure.name: figure for figure in told}
    assert figures["first token"].took.n == 2 and figures["first token"].took.median == 2.5
    assert figures["first token"].used() == {"≤ 4 s": 0.625, "≤ 1.2 ×": 1.042}
    assert figures["tokens read"].used() == {"≤ 420": 0.7143}
    # As many words in other tokens are not the same reply: its speed does not count.
    assert figures["answers alike"].took.median == 0.5
    assert figures["answer"].took.n == 1 and figures["answer"].used() == {"≥ 1.5 ×": 0.75}
    assert generator.figures([nothing_read]) == ()


# Memory, searches, processes


@pytest.mark.parametrize(
    ("per_question", "met"),
    [(0.0, [True, True]), (0.05, [True, True]), (0.3, [True, False]), (2.0, [False, False])],
)
def test_memory_is_flat_or_grows(per_question: float, met: list[bool]) -> None:
    # It rises until it is warm, and one question takes much for a moment.
    rising = [500.0 + 25 * number for number in range(memory.WARM)]
    own = [*rising, *(975.0 + per_question * number for number in range(1, 61))]
    own[50] += 400
    # Pages of files are not judged.
    told = memory.figures([memory.Held(megabytes + 10 * number, megabytes) for number, megabytes in enumerate(own)])
    assert [bar["met"] for figure in told for bar in figure.as_object()["bars"]] == met
    assert told[2].took.median == pytest.approx(100 * per_question)


def test_memory_is_taken_after_each_question() -> None:
    asked: list[str] = []
    after = [*memory.after_questions(asked.append, QUESTIONS, 5)]
    assert asked == [*QUESTIONS, *QUESTIONS, QUESTIONS[0]]
    assert len(after) == 5 and all(one.resident_mb >= one.own_mb > 10 for one in after)


def test_each_stage_is_timed_beside_what_it_needs(retriever: Retriever) -> None:
    called: list[str] = []

    def reference(name: str) -> search.Reference:
        return lambda query: called.append(f"{name} {query.text}")

    references = {name: reference(name) for name in ("encode", "faiss", "bm25s")}
    search.warm(retriever, QUESTIONS, 3)
    rows = search.time_searches(retriever, references, QUESTIONS, 2, 3)
    assert sorted(called) == sorted(2 * [f"{name} {question}" for name in references for question in QUESTIONS])
    figures = {figure.name: figure for figure in search.figures(rows)}
    assert list(figures) == list(search.REFERENCES_OF)
    assert figures["late"].ratio is None and figures["whole"].reference is not None
    # The whole search does what its stages do.
    assert figures["whole"].took.median > figures["late"].took.median > 0
    assert list(figures["whole"].used()) == ["≤ 30 ms"]


def test_a_process_is_timed_fed_and_measured(tmp_path: Path) -> None:
    code = "import os, sys; print(os.getcwd(), sys.stdin.read()); held = b'x' * 100_000_000"
    ended = start.run([sys.executable, "-c", code], "texte", tmp_path)
    assert ended.output == f"{tmp_path} texte\n" and ended.wall_s > 0
    assert ended.peak_mb is None or ended.peak_mb > 100
    with pytest.raises(CalledProcessError):
        start.run([sys.executable, "-c", "raise SystemExit(3)"])


def test_the_first_token_of_a_process_is_what_its_end_leaves() -> None:
    output = json.dumps({"timings": {"total_s": 4.0, "first_token_s": 1.5}})
    assert start.first_token_s(start.Ended(6.0, None, output)) == 3.5


@pytest.mark.parametrize("only", ["start", "generator"])
def test_a_generator_elsewhere_is_a_usage_error(only: str, retriever: Retriever) -> None:
    arguments = ["bench", "--only", only, "--generator", "none", "--index", str(retriever.index.path)]
    done = CliRunner().invoke(evaluation, arguments)
    assert done.exit_code == 2 and "GGUF" in done.output
