"""Which cell of a row a question asks for."""

import pytest

from chat.cells import asked_column, asks_for_cell, cells_asked_for
from ingest.article import Row
from ingest.tables import joined_cells

QUARTERS = (
    "",
    "Three Months Ended July 1, 2023",
    "Three Months Ended June 25, 2022",
    "Nine Months Ended July 1, 2023",
    "Nine Months Ended June 25, 2022",
)
YEARS = ("", "Years Ended December 31, 2021", "Years Ended December 31, 2022", "% Change")
FACTS = {"period": "2023 Q3", "calendar_period": "2023 Q2", "period_end": "2023-07-01"}


def cells(question, names, values=("$ 60,584", "$ 63,355", "$ 230,901", "$ 245,241"), facts=None):
    text, ranges = joined_cells(["Products", *values[: len(names) - 1]])
    found = cells_asked_for(asked_column(question, facts), text, Row(ranges, names))
    return [text[cell.start : cell.end] for cell in found]


@pytest.mark.parametrize(
    ("question", "cell"),
    [
        ("What were net sales of products in the three months ended July 1, 2023?", "$ 60,584"),
        ("What were net sales of products in the quarter ended June 25, 2022?", "$ 63,355"),
        ("What were net sales of products in the first nine months of fiscal 2023?", "$ 230,901"),
        ("What were net sales of products for the nine months ended June 25, 2022?", "$ 245,241"),
        ("What were net sales of products in Q3 2023?", "$ 60,584"),
        ("What were net sales of products in the second quarter of 2023?", "$ 60,584"),
        ("What were net sales of products?", "$ 60,584"),
    ],
)
def test_day_and_stretch_of_time_choose_the_column(question, cell):
    assert cells(question, QUARTERS, facts=FACTS) == [cell]


def test_a_year_or_a_change_chooses_the_column_and_several_years_several():
    values = ("5,000", "6,000", "20 %")
    assert cells("What was revenue in 2022?", YEARS, values) == ["6,000"]
    assert cells("What was revenue in 2021 and in 2022?", YEARS, values) == ["5,000", "6,000"]
    assert cells("By how much did revenue change from 2021 to 2022?", YEARS, values) == ["20 %"]
    assert cells("What was revenue in FY2022?", ("", "2020/2021", "2021/2022"), values) == ["6,000"]


def test_the_words_of_a_name_choose_the_column():
    names = ("", "Gross Carrying Amount", "Accumulated Amortization", "Net Carrying Amount")
    assert cells("What is the accumulated amortization of customer lists?", names) == ["$ 63,355"]
    assert cells("What was the gross margin in the third quarter?", ("", "First Quarter", "Third Quarter")) == [
        "$ 63,355"
    ]


def test_a_share_or_a_count_is_told_by_its_signs():
    names = ("", "", "")
    assert cells("How many units were granted?", names, ("$ 150.02", "84,927")) == ["84,927"]
    assert cells("What percentage of sales was it?", names, ("5,123", "12 %")) == ["12 %"]


def test_without_names_the_first_figure_is_taken_and_without_figures_none():
    assert cells("What were net sales in 2023?", ("", "", "")) == ["$ 60,584"]
    text, ranges = joined_cells(["Country", "Level 2", "Japan"])
    assert cells_asked_for(asked_column("What was it?"), text, Row(ranges, ("", "a", "b"))) == ()


def test_a_dash_is_an_answer_only_where_its_column_is_asked_for():
    names = ("", "Level 1", "Level 2")
    assert cells("What is the fair value of corporate debt?", names, ("—", "103")) == ["103"]


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("What were net sales of products?", True),
        ("How much did they sell?", True),
        ("Which product sold most?", False),
        ("Who sells products?", False),
        ("Why did net sales rise?", False),
    ],
)
def test_whether_a_cell_or_the_row_answers(question, asks):
    text, ranges = joined_cells(["Products", "5"])
    found = cells_asked_for(asked_column(question), text, Row(ranges, ("", "")))
    assert asks_for_cell(question, found) is asks
