"""A run in the layouts of other tools, line by line.

ragas (https://docs.ragas.io/en/stable/concepts/components/eval_sample/): JSON lines for
`EvaluationDataset.from_jsonl`. TREC (https://github.com/usnistgov/trec_eval): run and qrels files, for trec_eval,
ir_measures or ranx. A passage's TREC name is its document and span. Since passages depend on how a corpus was cut,
the qrels are those of one run: they judge what it retrieved, and add each piece of evidence that it missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from eval.cases.normalise import without_markers
from eval.cases.records import Case, CaseResult
from eval.metrics.spans import found
from rag.contracts import dump
from rag.system import write_text


def ragas_lines(results: Iterable[CaseResult], cases: Sequence[Case]) -> Iterator[str]:
    """One object for each result that has an answer, markers taken out of it.

    `retrieved_contexts` are the passages that the answer was made from. The first gold answer is the `reference`,
    null where there is none.
    """
    known = {case.id: case for case in cases}
    for result in results:
        if result.answer is not None:
            case = known[result.id]
            yield dump(
                {
                    "user_input": case.question,
                    "response": without_markers(result.answer["answer"]),
                    "retrieved_contexts": [passage["text"] for passage in result.answer["passages"]],
                    "reference": next(iter(case.answers), None),
                    "reference_contexts": [piece.quote for piece in case.evidence],
                }
            )


def trec_run(results: Iterable[CaseResult], tag: str) -> Iterator[str]:
    """`query Q0 passage rank score tag`. The score only falls with the rank.

    trec_eval orders by score and breaks ties by name, whatever the rank says, and the scores of hits are rounded.
    """
    for result in results:
        hits = result.search["hits"]
        for rank, hit in enumerate(hits, 1):
            yield f"{_word(result.id)} Q0 {_name(hit)} {rank} {len(hits) - rank + 1} {_word(tag)}"


def trec_qrels(results: Iterable[CaseResult], cases: Sequence[Case]) -> Iterator[str]:
    """`query 0 passage relevance`, 1 for a hit that holds evidence and for evidence that no hit holds, otherwise 0.

    Cases without evidence have no line, so that tools leave them out instead of scoring them zero.
    """
    known = {case.id: case for case in cases}
    for result in results:
        evidence = known[result.id].evidence
        if not evidence:
            continue
        pieces = found(result.search["hits"], evidence)
        for hit, held in zip(result.search["hits"], pieces, strict=True):
            yield f"{_word(result.id)} 0 {_name(hit)} {int(bool(held))}"
        for missed in sorted(set(range(len(evidence))) - frozenset().union(*pieces)):
            start, end = evidence[missed].spans[0]
            name = _name({"document": evidence[missed].file, "start": start, "end": end})
            yield f"{_word(result.id)} 0 {name} 1"


def write_lines(lines: Iterable[str], path: Path) -> None:
    """Writes `lines` to `path`, whole or not at all. Raises DiskFull and WriteFailed."""
    write_text(path, "".join(f"{line}\n" for line in lines))


def _name(span: Mapping[str, Any]) -> str:
    return _word(f"{span['document']}:{span['start']}-{span['end']}")


def _word(text: str) -> str:
    """`text` without the spaces that would end a column."""
    return quote(text, safe="/:~@+,=#", errors="surrogatepass")
