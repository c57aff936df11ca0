"""A run as one HTML page that needs nothing beside it: figures against the baseline, plots, every case that went wrong.

The page's texts come from questions, articles and a generator, so each of them is escaped where it is put in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from statistics import mean, median
from typing import Any

from eval.cases.records import Case, CaseResult, Interval, Run
from eval.harness.compare import Difference, verdict
from eval.harness.run_store import cases_of
from eval.harness.scoring import GROUPED, METRICS, calibration_pairs
from eval.metrics.calibration import calibration_curve
from eval.metrics.retrieval import all_evidence_recall_at, mrr_at, recall_at
from eval.metrics.spans import found
from eval.reports import plots
from eval.reports.cards import card, faults
from eval.reports.history import HISTORY, over_time, read
from rag.system import write_text

TEMPLATE = Path(__file__).with_name("report.html")
HEADLINES = ("accuracy", "refusal_f1", "citation_hit", "language_match", "recall@1", "recall@10", "mrr@10",
             "sentence_recall@3", "first_token_s/median", "total_s/median")  # fmt: skip
_FIELDS = ("type", "lang", "half")

Pairs = Sequence[tuple[Case, CaseResult]]


def write_report(
    run: Run, path: Path, differences: Sequence[Difference] = (), baseline: str = "", history: Path = HISTORY
) -> None:
    """Writes the page of `run`; `differences` are those from the baseline named `baseline`.

    Where the file `history` holds reports of `bench`, how they went is drawn too.
    """
    write_text(path, render(run, differences, baseline, read(history)))


def render(
    run: Run,
    differences: Sequence[Difference] = (),
    baseline: str = "",
    benchmarks: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The page as text."""
    cases = cases_of(run)
    pairs = [(cases[result.id], result) for result in run.results]
    faulty = [(case, result, kinds) for case, result in pairs if (kinds := faults(case, result, differences))]
    parts = {
        "title": escape(f"{run.name}: {run.set}"),
        "subtitle": escape(_subtitle(run)),
        "tiles": "".join(_tiles(run)),
        "against": escape(f" against {baseline}") if differences else "",
        "summary": _summary(run, {difference.metric: difference for difference in differences}),
        "groups": _groups(run.aggregates),
        "plots": "".join([*_plots(run, pairs), *_speed(benchmarks)]),
        "kinds": _options(kind for _, _, kinds in faulty for kind in kinds),
        "types": _options(case.type for case, _, _ in faulty),
        "languages": _options(case.lang for case, _, _ in faulty),
        "cases": "".join(card(*row) for row in faulty) or '<p class="none">None.</p>',
        "made": escape(json.dumps(_made(run), ensure_ascii=False, indent=1)),
    }
    template = TEMPLATE.read_text(encoding="utf-8")
    # In one pass, so that braces in what is put in stay what they are.
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], template)


def _subtitle(run: Run) -> str:
    what = "questions answered" if run.extra["answers"] else "questions, retrieval only"
    memory = run.extra.get("peak_memory_mb")
    return (
        f"{len(run.results)} {what} · {run.created} · seed {run.seed} · {run.extra['wall_s']:.0f} s"
        + (f" · at most {memory:.0f} MB of memory" if memory else "")
        + f" · commit {run.versions.get('commit', 'unknown')}"
    )


def _tiles(run: Run) -> Iterator[str]:
    for name in HEADLINES:
        if interval := run.aggregates.get(name):
            unit = " s" if "_s/" in name else ""
            spread = f"{interval.low:.3f} to {interval.high:.3f}, {interval.n} cases"
            yield (
                f'<div class="tile"><span>{escape(name)}</span><b>{interval.mean:.3f}{unit}</b>'
                f"<span>{spread}</span></div>"
            )


def _summary(run: Run, moved: Mapping[str, Difference]) -> str:
    head = "<th>metric</th><th>mean</th><th>95 % interval</th><th>cases</th>"
    if moved:
        head += '<th>baseline</th><th>change</th><th>wins</th><th>losses</th><th class="words">verdict</th>'
    rows = [
        f'<tr><th scope="row">{escape(name)}</th><td>{interval.mean:.3f}</td>'
        f"<td>{interval.low:.3f} to {interval.high:.3f}</td><td>{interval.n}</td>"
        f"{_moved(moved.get(name)) if moved else ''}</tr>"
        for name, interval in run.aggregates.items()
        if name in METRICS or name.startswith(("refusal_", "calibration_")) or name.endswith(("/median", "/p95"))
    ]
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _groups(aggregates: Mapping[str, Interval]) -> str:
    """The metrics of `GROUPED` by type of question, language and half; empty where a metric applies to no case."""
    by_group: dict[str, dict[str, Interval]] = {}
    for name, interval in aggregates.items():
        metric, _, group = name.partition("/")
        if metric in GROUPED and "=" in group:
            by_group.setdefault(group, {})[metric] = interval
    metrics = [metric for metric in GROUPED if any(metric in told for told in by_group.values())]
    head = "".join(f"<th>{escape(metric)}</th>" for metric in metrics)
    rows = [
        f'<tr><th scope="row">{escape(group.replace("=", " "))}</th><td>{max(told[m].n for m in told)}</td>'
        + "".join(f"<td>{told[metric].mean:.3f}</td>" if metric in told else "<td></td>" for metric in metrics)
        + "</tr>"
        for group, told in sorted(by_group.items(), key=lambda row: (_FIELDS.index(row[0].partition("=")[0]), row[0]))
    ]
    return f"<table><thead><tr><th>group</th><th>cases</th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _moved(difference: Difference | None) -> str:
    if difference is None:
        return '<td></td><td></td><td></td><td></td><td class="words sub">not gated</td>'
    words = verdict(difference)
    colour = "bad" if difference.fell else "good" if words == "better" else "sub"
    counts = (len(difference.wins), len(difference.losses)) if difference.paired else ("", "")
    return (
        f"<td>{difference.mean_a:.3f}</td><td>{difference.change.mean:+.3f}</td>"
        f'<td>{counts[0]}</td><td>{counts[1]}</td><td class="words {colour}">{escape(words)}</td>'
    )


def _plots(run: Run, pairs: Pairs) -> Iterator[str]:
    grouped = "accuracy" if run.extra["answers"] else "recall@1"
    by_type = [
        (name.split("=", 1)[1], interval)
        for name, interval in run.aggregates.items()
        if name.startswith(f"{grouped}/type=")
    ]
    by_type.sort(key=lambda row: (-row[1].mean, row[0]))
    yield _figure(f"{grouped} by type of question", "", plots.bars(f"{grouped} by type", by_type, grouped))
    yield _figure(
        "Retrieval", "share of questions", plots.line_chart("Retrieval by k", retrieval_curves(pairs), "k", "")
    )
    if run.extra["answers"]:
        yield _calibration(pairs)
    yield _latency(run, pairs)


def retrieval_curves(pairs: Pairs) -> dict[str, list[plots.Point]]:
    """Recall, recall of all the evidence and MRR of passages, and recall of sentences, over k."""
    told = [(case, result) for case, result in pairs if case.evidence]
    rows = [
        (found(result.search["hits"], c.evidence), found(result.evidence["hits"], c.evidence), len(c.evidence))
        for c, result in told
    ]
    curves: dict[str, Callable[[int, Any, Any, int], float | None]] = {
        "passages": lambda k, passages, _, n: recall_at(k, passages, n),
        "sentences": lambda k, _, sentences, n: recall_at(k, sentences, n),
        "MRR": lambda k, passages, _, n: mrr_at(k, passages, n),
        "all evidence": lambda k, passages, _, n: all_evidence_recall_at(k, passages, n),
    }
    return {
        name: [(float(k), mean(measure(k, *row) or 0.0 for row in rows)) for k in range(1, 11)]
        for name, measure in curves.items()
        if rows
    }


def _calibration(pairs: Pairs) -> str:
    confidences, outcomes = calibration_pairs(pairs)
    caption, note = "Calibration", "confidence that the articles answer, and how often they do"
    if not confidences:
        told = [(result.answer, result.scores) for _, result in pairs if result.answer and result.answer["statements"]]
        told = [(answer, scores) for answer, scores in told if "accuracy" in scores]
        confidences = [mean(statement["support"] for statement in answer["statements"]) for answer, _ in told]
        outcomes = [scores["accuracy"] == 1 for _, scores in told]
        note = "support of the statements, and how often the answer is right"
    bins = [(bin_.confidence, bin_.accuracy, bin_.n) for bin_ in calibration_curve(confidences, outcomes)]
    return _figure(caption, note if bins else "", plots.calibration_chart(caption, bins))


def _latency(run: Run, pairs: Pairs) -> str:
    if run.extra["answers"]:
        name, values = "total_s", [result.scores["total_s"] for _, result in pairs if "total_s" in result.scores]
        caption, unit = "Time to the whole answer", "s"
    else:
        name, values = "search_s", [1000 * result.timings["search_s"] for _, result in pairs if result.timings]
        caption, unit = "Time of a search", "ms"
    marks = {}
    if values:
        ordered = sorted(values)
        late = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        marks = {f"median {median(values):.3g} {unit}": median(values), f"95 % below {late:.3g} {unit}": late}
    return _figure(caption, name, plots.histogram(caption, values, unit, marks))


def _speed(benchmarks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A chart for each section of the benchmarks over time."""
    dates = [report["created"][:10] for report in benchmarks]
    for section, series in over_time(benchmarks).items():
        caption = f"Speed over time: {section}"
        yield _figure(caption, "met up to 1", plots.history_chart(caption, series, dates))


def _figure(caption: str, note: str, drawing: str) -> str:
    small = f" <small>{escape(note)}</small>" if note else ""
    return f"<figure><figcaption>{escape(caption)}{small}</figcaption>{drawing}</figure>"


def _options(values: Iterator[str] | Sequence[str]) -> str:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    options = [
        f'<option value="{escape(value)}">{escape(value)} ({counts[value]})</option>' for value in sorted(counts)
    ]
    return '<option value="">all</option>' + "".join(options)


def _made(run: Run) -> dict[str, Any]:
    kept = {name: value for name, value in run.extra.items() if name != "cases"}
    return {
        "settings": run.settings,
        "models": run.models,
        "versions": run.versions,
        "corpus_digest": run.corpus_digest,
        **kept,
    }


def summary_text(aggregates: Mapping[str, Interval]) -> str:
    """The aggregates as lines of text, without those of groups."""
    kept = {name: i for name, i in aggregates.items() if "=" not in name}
    width = max((len(name) for name in kept), default=0)
    return "\n".join(
        f"{name:<{width}}  {i.mean:>8.3f}  [{i.low:.3f}, {i.high:.3f}]  {i.n} cases" for name, i in kept.items()
    )
