from __future__ import annotations

from datetime import date

import pytest

from rag.domain import EVERYTHING, Scope
from rag.errors import BadDate, PeriodReversed
from rag.scopes import make_scope, with_default


@pytest.mark.parametrize(
    ("since", "until", "on", "first", "last"),
    [
        ("2025-09-04", None, None, (2025, 9, 4), None),
        (None, "2025-09-04", None, None, (2025, 9, 4)),
        ("2025-09", "2025-09", None, (2025, 9, 1), (2025, 9, 30)),
        (None, None, "2025-09-04", (2025, 9, 4), (2025, 9, 4)),
        (None, None, "2024-02", (2024, 2, 1), (2024, 2, 29)),
        (None, None, " 2025 ", (2025, 1, 1), (2025, 12, 31)),
        (None, None, "9999-12", (9999, 12, 1), (9999, 12, 31)),
        # All of them apply.
        ("2025-09-04", None, "2025-09", (2025, 9, 4), (2025, 9, 30)),
        ("2024", "2025-09-04", "2025", (2025, 1, 1), (2025, 9, 4)),
    ],
)
def test_periods(
    since: str | None,
    until: str | None,
    on: str | None,
    first: tuple[int, int, int] | None,
    last: tuple[int, int, int] | None,
) -> None:
    scope = make_scope(since=since, until=until, on=on)
    assert (scope.since, scope.until) == (first and date(*first), last and date(*last))


@pytest.mark.parametrize(
    "text",
    ["", " ", "hier", "25", "20250904", "2025-9-4", "2025-13", "2025-00", "2025-09-00", "2025-02-29", "0000",
     "2025-09-04-01", "2025-", "04/09/2025", "２０２５", "2025-09-04T12:00"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["since", "until", "on"])
def test_what_is_no_date(name: str, text: str) -> None:
    with pytest.raises(BadDate) as caught:
        make_scope(**{name: text})
    assert caught.value.fields == {"text": text}


@pytest.mark.parametrize(
    ("since", "until", "on"),
    [("2025-09-04", "2025-09-03", None), ("2025-10", "2025-09", None), ("2025-10", None, "2025-09")],
)
def test_periods_without_a_day(since: str, until: str | None, on: str | None) -> None:
    with pytest.raises(PeriodReversed):
        make_scope(since=since, until=until, on=on)


def test_no_filter_is_everything() -> None:
    assert make_scope() == Scope() == EVERYTHING


def test_a_name_that_no_database_takes_is_spelt_out() -> None:
    scope = make_scope(documents=["caf\udce9.txt"], sources=["Libération"])
    assert scope == Scope(documents=(r"caf\udce9.txt",), sources=("Libération",))


def test_what_is_left_open_is_taken_from_the_default() -> None:
    default = Scope(sources=("AFP",), languages=("fr",), since=date(2025, 9, 1), until=date(2025, 9, 30))
    assert with_default(EVERYTHING, default) == default
    assert with_default(default, EVERYTHING) == default
    # The default's end may lie before the beginning asked for.
    one = with_default(Scope(documents=("a.txt",), sources=("Reuters",), since=date(2025, 10, 1)), default)
    assert one == Scope(("a.txt",), ("Reuters",), ("fr",), date(2025, 10, 1), None)
