"""Exports: each line as the other tool reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from eval.cases.records import Case, CaseResult, Evidence
from eval.reports.adapters import ragas_lines, trec_qrels, trec_run, write_lines

PIECES = (Evidence("a b.txt", "Paris", ((10, 20),)), Evidence("c.txt", "Berlin", ((0, 6), (40, 46))))
CASE = Case("q 1", "Où ?", "fr", "fact", (), True, "answer", ("À Paris.", "Paris"), (), (), PIECES, "tune")
BARE = Case("q2", "Qui ?", "fr", "near_topic", (), False, "refuse", (), (), (), (), "tune")


def hit(document: str, start: int, end: int, score: float) -> dict[str, Any]:
    return {"document": document, "start": start, "end": end, "text": f"{document} {start}", "score": score}


HITS = [hit("c.txt", 50, 90, 0.5), hit("a b.txt", 0, 100, 0.5), hit("a b.txt", 90, 200, 0.2)]
ANSWER = {"answer": "À Paris [1]. Et « là » [2, 3].", "passages": HITS[:2]}
RESULTS = [
    CaseResult("q 1", {"hits": HITS}, {"hits": []}, ANSWER, {}),
    CaseResult("q2", {"hits": HITS[:1]}, {"hits": []}, None, {}),
]


def test_ragas_rows() -> None:
    rows = [json.loads(line) for line in ragas_lines(RESULTS, [CASE, BARE])]
    assert rows == [  # q2 has no answer
        {
            "user_input": "Où ?",
            "response": "À Paris. Et « là ».",
            "retrieved_contexts": ["c.txt 50", "a b.txt 0"],
            "reference": "À Paris.",
            "reference_contexts": ["Paris", "Berlin"],
        }
    ]


def test_ragas_without_gold() -> None:
    refused = CaseResult("q2", {"hits": []}, {"hits": []}, {"answer": "Je ne sais pas.", "passages": []}, {})
    (row,) = (json.loads(line) for line in ragas_lines([refused], [BARE]))
    assert (row["reference"], row["reference_contexts"]) == (None, [])


def test_a_trec_run_has_six_columns_and_scores_that_fall() -> None:
    lines = list(trec_run(RESULTS, "run of today"))
    assert lines == [
        "q%201 Q0 c.txt:50-90 1 3 run%20of%20today",
        "q%201 Q0 a%20b.txt:0-100 2 2 run%20of%20today",
        "q%201 Q0 a%20b.txt:90-200 3 1 run%20of%20today",
        "q2 Q0 c.txt:50-90 1 1 run%20of%20today",
    ]
    assert all(len(line.split()) == 6 for line in lines)


def test_trec_qrels_judge_the_hits_and_add_what_was_missed() -> None:
    # Paris (10-20) is in 0-100; Berlin (0-6 or 40-46 of c.txt) is in no hit; q2 has no evidence.
    assert list(trec_qrels(RESULTS, [CASE, BARE])) == [
        "q%201 0 c.txt:50-90 0",
        "q%201 0 a%20b.txt:0-100 1",
        "q%201 0 a%20b.txt:90-200 0",
        "q%201 0 c.txt:0-6 1",
    ]


def test_lines_are_written_whole(tmp_path: Path) -> None:
    write_lines(["é", "b"], tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_bytes() == "é\nb\n".encode()
