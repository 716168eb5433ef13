from datetime import date

import pytest

from ingest.periods import Period, calendar_period, find_periods, fiscal_period, parse_period, year_end_of


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("2023 Q3", "2023 Q3"),
        ("FY2014 Q4", "2014 Q4"),
        ("Q3 FY24", "2024 Q3"),
        ("3Q23", "2023 Q3"),
        ("Q4 ’23", "2023 Q4"),
        ("third quarter of fiscal year 2024", "2024 Q3"),
        ("fiscal 2023 third quarter", "2023 Q3"),
        ("first half of 2023", "2023 H1"),
        ("1H23", "2023 H1"),
        ("2023", "2023"),
        ("FY23", "2023"),
        ("FY 2023/24", "2024"),
        ("full-year 2023", "2023"),
        ("Fourth Quarter and Full Year 2023", "2023 Q4"),
    ],
)
def test_a_label_is_read_in_every_notation(written, label):
    period = parse_period(written)
    assert period is not None
    assert period.label == label


@pytest.mark.parametrize(
    "written", ["", "Q5 2023", "10-Q 2023", "2023-07-01", "quarterly", "23", "Q3", "FY", "2023 Q3 up"]
)
def test_what_is_no_label_is_not_read(written):
    assert parse_period(written) is None


def test_periods_named_in_a_text_are_found_with_their_places():
    text = "Sales in the third quarter of fiscal 2024 beat Q3 2023. In 2022 they fell."
    assert [(text[each.start : each.end], each.period.label, each.fiscal) for each in find_periods(text)] == [
        ("third quarter of fiscal 2024", "2024 Q3", True),
        ("Q3 2023", "2023 Q3", False),
    ]


def test_labels_sort_as_the_periods_do():
    periods = [Period(2022, "Q4"), Period(2023, "Q1"), Period(2023, "Q3"), Period(2024, "Q1")]
    assert sorted(each.label for each in periods) == [each.label for each in periods]


@pytest.mark.parametrize(
    ("ended", "months", "label"),
    [
        (date(2023, 4, 30), 3, "2023 Q1"),  # February to April
        (date(2023, 7, 1), 3, "2023 Q2"),
        (date(2022, 12, 31), 3, "2022 Q4"),
        (date(2023, 1, 29), 3, "2022 Q4"),
        (date(2023, 6, 30), 6, "2023 H1"),
        (date(2023, 9, 30), 12, "2023"),
        (date(2024, 2, 3), 12, "2023"),
    ],
)
def test_the_calendar_s_period_is_where_the_middle_lies(ended, months, label):
    assert calendar_period(ended, months).label == label


@pytest.mark.parametrize(
    ("ended", "months", "year_ended", "label"),
    [
        (date(2023, 7, 1), 3, date(2022, 9, 24), "2023 Q3"),
        (date(2023, 10, 29), 3, date(2023, 1, 29), "2024 Q3"),
        (date(2023, 4, 1), 3, date(2022, 12, 31), "2023 Q1"),
        (date(2022, 12, 31), 3, date(2022, 6, 30), "2023 Q2"),
        (date(2023, 6, 30), 6, date(2022, 12, 31), "2023 H1"),
        (date(2022, 10, 1), 12, date(2022, 10, 1), "2022"),
        (date(2024, 2, 29), 12, date(2024, 2, 29), "2024"),
    ],
)
def test_a_fiscal_period_is_counted_from_the_year_end(ended, months, year_ended, label):
    assert fiscal_period(ended, months, year_end_of(year_ended)) == parse_period(label)


def test_a_fiscal_year_may_be_called_after_the_one_before_its_end():
    assert fiscal_period(date(2023, 10, 28), 3, (1, 31), behind=1) == Period(2023, "Q3")


def test_a_period_that_fits_no_quarter_has_no_label():
    assert fiscal_period(date(2023, 5, 15), 3, (12, 31)) is None
    assert fiscal_period(date(2023, 6, 30), 12, (12, 31)) is None


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2022, 9, 24), (9, 30)),
        (date(2024, 2, 3), (1, 31)),
        (date(2023, 12, 30), (12, 31)),
        (date(2024, 2, 29), (2, 28)),
        (date(2023, 4, 15), (4, 15)),
    ],
)
def test_a_year_of_weeks_ends_at_the_month_s_end_nearby(day, end):
    assert year_end_of(day) == end
