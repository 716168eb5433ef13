"""Reporting periods as questions ask for them."""

from datetime import date

import pytest

from chat.periods import (
    Basis,
    asked_kinds,
    asked_latest,
    asked_periods,
    common_year,
)
from ingest.periods import Period, parse_period


@pytest.mark.parametrize(
    ("question", "label", "basis"),
    [
        ("What was revenue in Q3 2022?", "2022 Q3", Basis.ANY),
        ("What was revenue in 2022 Q3?", "2022 Q3", Basis.ANY),
        ("In the second quarter of 2023, what fell?", "2023 Q2", Basis.ANY),
        ("third quarter 2023 sales", "2023 Q3", Basis.ANY),
        ("Revenue for 3Q23?", "2023 Q3", Basis.ANY),
        ("1Q 2023 margin", "2023 Q1", Basis.ANY),
        ("Q3'23 sales", "2023 Q3", Basis.ANY),
        ("Q3 FY24 revenue", "2024 Q3", Basis.FISCAL),
        ("fiscal 2024 third quarter margin", "2024 Q3", Basis.FISCAL),
        ("third quarter of fiscal year 2024", "2024 Q3", Basis.FISCAL),
        ("third fiscal quarter of 2024", "2024 Q3", Basis.FISCAL),
        ("Q1 of the 2023 fiscal year", "2023 Q1", Basis.FISCAL),
        ("calendar Q3 2023", "2023 Q3", Basis.CALENDAR),
        ("H1 2023 sales", "2023 H1", Basis.ANY),
        ("first half of 2023", "2023 H1", Basis.ANY),
        ("revenue in FY24", "2024", Basis.FISCAL),
        ("In 2023, what was spent?", "2023", Basis.ANY),
    ],
)
def test_a_period_and_whose_it_is(question, label, basis):
    (asked,) = asked_periods(question)
    assert (str(asked.period), asked.basis) == (label, basis)
    assert asked.text.strip() in question


@pytest.mark.parametrize(
    ("question", "ended"),
    [
        ("sales in the quarter ended July 1, 2023?", date(2023, 7, 1)),
        ("nine months ended 30 September 2023", date(2023, 9, 30)),
        ("three months ended March 2023", date(2023, 3, 31)),
        ("the year ended 2023-02-28", date(2023, 2, 28)),
    ],
)
def test_a_period_named_by_its_last_day(question, ended):
    (asked,) = asked_periods(question)
    assert asked.ended == ended


def test_several_periods_keep_their_order():
    asked = asked_periods("How did Q3 2023 compare with Q3 2022 and with 2021?")
    assert [str(each.period) for each in asked] == ["2023 Q3", "2022 Q3", "2021"]


@pytest.mark.parametrize(
    "question", ["What rose by 5 percent?", "Which Q3 10 items?", "What did 3 quarters of them say?"]
)
def test_no_period_where_none_is_named(question):
    assert asked_periods(question) == ()


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("margin in the latest 10-Q", "Q"),
        ("iPhone sales for the latest quarter", "Q"),
        ("the most recent quarterly filing", "Q"),
        ("tax rate last fiscal year", "Y"),
        ("risks in the most recent annual report", "Y"),
        ("the newest earnings call", ""),
    ],
)
def test_the_newest_document(question, part):
    latest = asked_latest(question)
    assert latest is not None
    assert latest.part == part


@pytest.mark.parametrize("question", ["What lasts longest?", "Who came last?", "the latest developments in AI"])
def test_not_everything_latest_is_a_document(question):
    assert asked_latest(question) is None


def test_kinds_of_documents():
    assert "10-Q" in asked_kinds("In its 10-Q, what does it say?")
    assert "10-K" in asked_kinds("the annual report")
    assert asked_kinds("What was revenue?") == ()


@pytest.mark.parametrize(
    ("label", "year_end", "common"),
    [
        ("2024 Q3", "01-28", "2023 Q3"),
        ("2023 Q1", "09-30", "2023 Q1"),
        ("2023 Q3", "06-30", "2023 Q3"),
        ("2023", "12-31", "2023"),
        ("2023", "", "2023"),
    ],
)
def test_the_year_that_most_of_a_fiscal_year_lies_in(label, year_end, common):
    period = parse_period(label)
    assert period is not None
    assert str(common_year(period, year_end)) == common


def test_labels():
    assert parse_period("2023 Q3") == Period(2023, "Q3")
    assert parse_period("2023") == Period(2023)
    assert parse_period("2023-07-01") is None
    assert parse_period("") is None
