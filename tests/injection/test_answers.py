"""No injection changes what an answer cites, its language or a refusal, though the generator obeys each of them.

What is proved: the checks by code hold without the goodwill of the model. The judgement whether a passage answers is
the model's own, here an honest one; `test_real_models.py` has the real one.
"""

from __future__ import annotations

from operator import attrgetter

import pytest

from rag import errors
from rag.question.courtesies import small_talk
from tests.support.injection.cases import CASES, Case
from tests.support.injection.lab import Lab, ObedientGenerator, answer_of, check_answer, essence

CASE_ID = attrgetter("id")


@pytest.mark.parametrize("case", [case for case in CASES if not case.alone and not case.raises], ids=CASE_ID)
def test_an_injection_changes_nothing(lab: Lab, case: Case) -> None:
    attacked = answer_of(lab.events(case, ObedientGenerator(case, obeys=True)))
    check_answer(attacked, lab.attacked(case).index.catalog, case)
    clean = lab.clean(case, ObedientGenerator(case, obeys=False))
    assert clean.answered is (case.asked != "engineer")
    assert essence(attacked, case) == essence(clean, case)


@pytest.mark.parametrize("case", [case for case in CASES if case.alone], ids=CASE_ID)
def test_an_order_alone_is_told_what_this_is_for_and_reaches_no_model(lab: Lab, case: Case) -> None:
    obedient = ObedientGenerator(case, obeys=True)
    answer = answer_of(lab.events(case, obedient))
    check_answer(answer, lab.attacked(case).index.catalog, case)
    talk = small_talk(case.message, answer.language)
    assert talk is not None and talk.kind in ("instructions", "request")
    assert not answer.answered and not obedient.history


@pytest.mark.parametrize("case", [case for case in CASES if case.raises], ids=CASE_ID)
def test_a_message_that_cannot_be_one_is_refused_by_name(lab: Lab, case: Case) -> None:
    with pytest.raises(getattr(errors, case.raises)):
        lab.events(case, ObedientGenerator(case, obeys=True))
