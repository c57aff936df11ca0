from __future__ import annotations

import math

from eval.cases.records import Case, CaseResult, Run
from eval.harness.judge import METRIC, judge_messages, with_judgement
from tests.support.doubles import ScriptedGenerator


def case(id_: str, answers: tuple[str, ...]) -> Case:
    return Case(id_, "Combien ?", "fr", "number", (), bool(answers), "answer", answers, (), (), (), "tune")


def result(id_: str, text: str, *, answered: bool = True) -> CaseResult:
    return CaseResult(id_, {}, {}, {"answer": text, "answered": answered}, {"accuracy": 1.0})


def run(*results: CaseResult) -> Run:
    return Run("r", "s", "2026-01-01", 0, {}, {}, {"generator": "g"}, "d", {}, results)


def test_an_answer_with_a_reference_gets_the_probability_of_yes() -> None:
    judge = ScriptedGenerator(yes=0.8)
    judged = with_judgement(run(result("a", "Il y en a 26 [1].")), [case("a", ("Vingt-six.",))], judge)
    # yes : no = 0.8 : 0.2, so the probability of yes among the two is 0.8
    assert math.isclose(judged.results[0].scores[METRIC], 0.8, abs_tol=1e-4)
    assert math.isclose(judged.aggregates[METRIC].mean, 0.8, abs_tol=1e-4)
    assert judged.results[0].scores["accuracy"] == 1.0
    assert judged.models == {"generator": "g", "judge": "scripted"}


def test_refusals_and_cases_without_reference_are_not_judged() -> None:
    judged = with_judgement(
        run(result("a", "Les articles ne disent rien.", answered=False), result("b", "Oui [1].")),
        [case("a", ("Vingt-six.",)), case("b", ())],
        ScriptedGenerator(),
    )
    assert all(METRIC not in each.scores for each in judged.results)
    assert METRIC not in judged.aggregates


def test_the_judge_sees_all_three_texts_as_data() -> None:
    _, user = judge_messages("Combien {answer} ?", "Vingt-six", "26 {reference}")
    assert "Combien (answer) ?" in user.content
    assert "Réponse à juger : 26 (reference)" in user.content
    assert user.content.count("Vingt-six") == 1
