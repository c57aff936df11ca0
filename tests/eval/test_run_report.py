"""The page of a run: alone, escaped, with its figures, plots and cases."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from eval.cases.records import Interval
from eval.harness.compare import compare, side_of
from eval.harness.run_store import cases_of, load_run, save_run
from eval.reports import plots
from eval.reports.cards import faults
from eval.reports.run_report import render, retrieval_curves, summary_text, write_report
from tests.support.evaluation import CASES, Bridge, case
from tests.support.planted import AlwaysRefuses, NeverRefuses, OffByOne, Oracle, SecondFirst, ShiftedCitations
from tests.support.report_page import Page, run

ATTACK = '<script>alert(\'x\')</script>"onload="y" {{title}} & </article>'
REFUSED = case(20, "off_topic", answerable=False, expected="refuse", answers=(), must_include=(), evidence=())


def test_the_page_needs_nothing_beside_it(tmp_path: Path) -> None:
    write_report(run(), tmp_path / "page.html")
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    page = Page(html)
    assert not {"link", "img", "iframe", "object"} & set(page.tags)
    assert not {"src", "href", "action"} & {name for name, _ in page.attributes}
    assert not re.search(r"https?://|@import|url\(|fetch\(|\{\{", html)
    assert "prefers-color-scheme: dark" in html and "@media print" in html


def test_everything_is_escaped() -> None:
    hostile = tuple(
        replace(
            c, question=f"{c.question} {ATTACK}", answers=(f"Le lundi {ATTACK}",), type=ATTACK,
            history=({"question": ATTACK, "answer": ATTACK},), must_not_include=(ATTACK,),
        )
        for c in CASES
    )  # fmt: skip
    sound = render(run(cases=CASES))
    html = render(replace(run(cases=hostile), name=ATTACK))
    page = Page(html)
    assert page.tags.count("script") == Page(sound).tags.count("script") == 1
    assert "onload" not in {name for name, _ in page.attributes}
    assert ATTACK in page.text and "<script>alert" not in html


def test_figures_plots_and_all_cases_are_there() -> None:
    html = render(run(AlwaysRefuses(Oracle(Bridge(), CASES))))
    page = Page(html)
    assert page.tags.count("svg") >= 3 and page.tags.count("article") == len(CASES)
    for text in ("accuracy", "Calibration", "Retrieval", "Time to the whole answer", "wrongly refused", "c3"):
        assert text in page.text
    for c in CASES:
        assert c.question in page.text and c.evidence[0].quote in page.text


def test_a_sound_run_has_no_cases_and_a_retrieval_run_no_calibration() -> None:
    page = Page(render(run(answers=False)))
    assert "article" not in page.tags and "None." in page.text
    assert "Calibration" not in page.text and "Time of a search" in page.text


def test_groups_have_a_row_each_and_no_figure_where_none_applies() -> None:
    rows = re.findall(
        r'<tr><th scope="row">((?:type|lang|half) \w+)</th>(.*?)</tr>', render(run(cases=(*CASES, REFUSED)))
    )
    assert [name for name, _ in rows] == [
        "type date", "type fact", "type off_topic", "lang fr", "half test", "half tune"
    ]  # fmt: skip
    cells = {name: re.findall(r"<td>(.*?)</td>", row) for name, row in rows}
    # CASES are 9, of which 3 are about dates; the refused one has neither evidence nor answer to find.
    assert cells["type date"][0] == "3" and cells["lang fr"][0] == "10"
    assert "" in cells["type off_topic"] and "" not in cells["type date"]


def test_against_a_baseline() -> None:
    before, after = run(), run(AlwaysRefuses(Oracle(Bridge(), CASES)))
    differences = compare(side_of(before), side_of(after), {"accuracy": 0.05})
    page = Page(render(after, differences, "pont-answers.json"))
    assert "against pont-answers.json" in page.text and "FELL beyond 0.05" in page.text
    assert "worse than the baseline" in page.text


@pytest.mark.parametrize(
    ("wrap", "expected"),
    [
        (AlwaysRefuses, "wrongly refused"),
        (ShiftedCitations, "citation not to the letter"),
        (OffByOne, "hit not to the letter"),
        (SecondFirst, "first passage without evidence"),
    ],
)
def test_what_went_wrong_with_an_answer(wrap: type[AlwaysRefuses], expected: str) -> None:
    done = run(wrap(Oracle(Bridge(), CASES)))
    assert expected in faults(CASES[0], done.results[0])


def test_what_went_wrong_with_a_refusal() -> None:
    done = run(NeverRefuses(Oracle(Bridge(), (REFUSED,))), (REFUSED,))
    assert faults(REFUSED, done.results[0]) == ("wrongly answered",)
    assert faults(REFUSED, run(cases=(REFUSED,)).results[0]) == ()


def test_a_run_read_back_gives_the_same_page(tmp_path: Path) -> None:
    done = run(SecondFirst(Oracle(Bridge(), CASES)))
    save_run(done, tmp_path)
    assert render(load_run("page", tmp_path)) == render(done)


def test_curves_by_hand() -> None:
    done = run(SecondFirst(Oracle(Bridge(), CASES)))
    cases = cases_of(done)
    curves = retrieval_curves([(cases[result.id], result) for result in done.results])
    # The one piece of evidence is in the second passage.
    assert [y for _, y in curves["passages"][:3]] == [0, 1, 1]
    assert [y for _, y in curves["MRR"][:3]] == [0, 0.5, 0.5]


def test_charts_without_data_and_with_one_value() -> None:
    for chart in (
        plots.line_chart("t", {}, "k", "y"),
        plots.histogram("t", [], "s", {}),
        plots.bars("t", [], "x"),
        plots.calibration_chart("t", []),
    ):
        assert "nothing to show" in chart
    for chart in (
        plots.line_chart("t", {"one": [(1, 0.5)]}, "k", "y"),
        plots.histogram("t", [0.0], "s", {"median": 0.0}),
        plots.histogram("t", [0.1] * 50 + [900.0], "s", {"median": 0.1, "p95": 0.1}),
        plots.bars("t", [("a", Interval(0.0, 0.0, 0.0, 1))], "x"),
        plots.calibration_chart("t", [(0.5, 1.0, 1)]),
    ):
        page = Page(chart)
        assert page.tags[0] == "svg" and "nan" not in chart and "inf" not in chart


def test_a_far_value_does_not_flatten_a_histogram() -> None:
    chart = plots.histogram("t", [0.04, 0.05, 0.06, 0.07] * 20 + [8.0], "s", {"median": 0.05, "95 %": 0.07})
    assert chart.count("<rect") == 3 and "and more" in chart


def test_the_text_summary_leaves_groups_out() -> None:
    shown = summary_text({"accuracy": Interval(0.5, 0.25, 0.75, 8), "accuracy/type=list": Interval(0, 0, 0, 1)})
    assert shown.splitlines() == ["accuracy     0.500  [0.250, 0.750]  8 cases"]
