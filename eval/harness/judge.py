"""An opinion by a model, advisory and never a gate: whether an answer says what the reference answer says.

A chat model is asked for yes or no, and its probability of yes is the score `judged` (Zheng et al. 2023, "Judging
LLM-as-a-judge", https://arxiv.org/abs/2306.05685: such judges agree with people often, and err with confidence).
Take a model other than the one that answers. Limits: refusals and cases without a reference are not judged, and a
small judge is a poor one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from eval.cases.normalise import without_markers
from eval.cases.records import Case, CaseResult, Run
from eval.metrics.statistics import bootstrap
from rag.protocols import Generator, Message

METRIC = "judged"
CHOICES = ("Oui", "Non")
_SYSTEM = "Tu compares deux réponses à une même question. Tu réponds par « Oui » ou « Non »."
_QUESTION = """Question : {question}

Réponse de référence : {reference}

Réponse à juger : {answer}

La réponse à juger dit-elle l'essentiel de la réponse de référence, sans la contredire ?"""


def judge_messages(question: str, reference: str, answer: str) -> list[Message]:
    """The messages whose reply is one of `CHOICES`."""
    body = _QUESTION
    for slot, text in (("{question}", question), ("{reference}", reference), ("{answer}", answer)):
        body = body.replace(slot, text.replace("{", "(").replace("}", ")"))
    return [Message("system", _SYSTEM), Message("user", body)]


def with_judgement(
    run: Run, cases: Sequence[Case], judge: Generator, on_case: Callable[[int, int], None] = lambda done, total: None
) -> Run:
    """`run` with the score `judged` for each answer that has a reference, its mean, and the judge's name."""
    by_id = {case.id: case for case in cases}
    results = []
    for done, result in enumerate(run.results, 1):
        score = _judged(by_id[result.id], result, judge)
        results.append(result if score is None else replace(result, scores={**result.scores, METRIC: score}))
        on_case(done, len(run.results))
    interval = bootstrap([result.scores[METRIC] for result in results if METRIC in result.scores], run.seed)
    return replace(
        run,
        results=tuple(results),
        aggregates={**run.aggregates, **({METRIC: interval} if interval else {})},
        models={**run.models, "judge": judge.name},
    )


def _judged(case: Case, result: CaseResult, judge: Generator) -> float | None:
    if result.answer is None or not result.answer["answered"] or not case.answers:
        return None
    answer = without_markers(result.answer["answer"])
    yes, no = judge.score_choices(judge_messages(case.question, " / ".join(case.answers), answer), CHOICES)
    return round(1 / (1 + math.exp(no - yes)), 4)
