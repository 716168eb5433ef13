from datetime import date

import pytest

from ingest.dates import date_of_line, dates_in, find_date, parse_date


@pytest.mark.parametrize(
    "text",
    [
        "2025-07-02",
        "2025-07-02T10:00:00Z",
        "2 July 2025",
        "July 2, 2025",
        "2nd of July 2025",
        "Jul. 2, 2025",
        "02.07.2025",
        "2025/7/2",
        "20250702",
        "2025年7月2日",
        "2 July 2025, 10:30 am",
    ],
)
def test_dates_are_read_as_articles_write_them(text):
    assert parse_date(text) == date(2025, 7, 2)


@pytest.mark.parametrize("text", ["3/4/2025", "July 2025", "2025", "2025-13-02", "31 June 2025", "", "soon"])
def test_what_is_no_date_or_two_is_not_read(text):
    assert parse_date(text) is None


def test_a_date_line_holds_nothing_but_its_date():
    assert date_of_line("Tuesday, July 22, 2014") == date(2014, 7, 22)
    assert date_of_line("Published: 2 July 2025") == date(2025, 7, 2)
    assert date_of_line("On July 2, 2025 the board met") is None


def test_a_date_in_a_byline_is_found_only_when_it_is_the_only_one():
    assert find_date("By A. Writer | July 3, 2025 | 5 min read") == date(2025, 7, 3)
    assert find_date("July 3, 2025, updated July 9, 2025") is None


def test_dates_in_a_text_come_in_order_with_their_places():
    text = "From 2 July 2025 (2025-07-02) to Sept. 30, 2025; the rate of 3/4/2025 is unclear."
    assert [(text[each.start : each.end], each.day) for each in dates_in(text)] == [
        ("2 July 2025", date(2025, 7, 2)),
        ("2025-07-02", date(2025, 7, 2)),
        ("Sept. 30, 2025", date(2025, 9, 30)),
    ]
