"""Figures in text: what is found, how it is normalised, what agrees with what, and which kind a question asks for."""

from decimal import Decimal
from itertools import pairwise

import pytest

from chat.figures import (
    NUMERIC,
    TEMPORAL,
    Approximation,
    Figure,
    FigureKind,
    agree,
    asked_kinds,
    asked_unit,
    comparable,
    find_figures,
    same_unit,
)
from tests.benchmark_figures import measure


def one(text: str, unit: str | None = None) -> Figure:
    (figure,) = find_figures(text, unit=unit)
    return figure


def test_the_sample_is_read_nearly_whole():
    wanted, given, right, problems = measure()
    assert right / wanted >= 0.95, problems
    assert right / given >= 0.92, problems


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("worth about US$1.59 billion today", "US$1.59 billion"),
        ("in 100+ hospitals", "100+"),
        ("It is worth US$18.88 billion.", "US$18.88 billion"),
        ("rose by 31 to 40 percent.", "31 to 40 percent"),
        ("costs 12 million euros a year", "12 million euros"),
        ("an EPS of −2.18 dollars", "−2.18 dollars"),
    ],
)
def test_a_figure_is_cut_without_what_is_around_it(text: str, words: str):
    figure = one(text)
    assert text[figure.start : figure.end] == words


@pytest.mark.parametrize(
    ("text", "approximation"),
    [
        ("roughly 40 plants", Approximation.ABOUT),
        ("nearly US$19 billion", Approximation.ABOUT),
        ("an estimated 40 plants", Approximation.ABOUT),
        ("~38%", Approximation.ABOUT),
        ("more than 40 plants", Approximation.OVER),
        ("40+ plants", Approximation.OVER),
        ("exceeding 60 percent", Approximation.OVER),
        ("up to 40 plants", Approximation.UNDER),
        ("40 plants", Approximation.EXACT),
        ("over five years", Approximation.EXACT),
    ],
)
def test_how_closely_it_is_meant(text: str, approximation: Approximation):
    assert one(text).approximation is approximation


@pytest.mark.parametrize(
    ("text", "step"),
    [("US$16 billion", "1e9"), ("16.02 billion", "1e7"), ("38,000", "1000"), ("100", "1"), ("7%", "1")],
)
def test_the_worth_of_the_last_digit(text: str, step: str):
    assert one(text).step == Decimal(step)


def test_a_value_in_two_currencies_is_one():
    yuan, dollars = find_figures("RMB 115.7 billion (approximately US$16.02 billion)")
    assert [each.unit for each in yuan.equivalents] == ["USD"]
    assert [each.unit for each in dollars.equivalents] == ["CNY"]
    assert agree(yuan, one("US$16 billion"))
    assert comparable(yuan, one("US$7.33 billion"))
    assert not agree(yuan, one("US$7.33 billion"))
    apart = find_figures("RMB 300 million for cancer and US$34.71 million for lungs")
    assert all(not each.equivalents for each in apart)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("US$19 billion", "US$18.88 billion"),
        ("nearly $19bn", "$18.6bn"),
        ("over 100 hospitals", "130 hospitals"),
        ("up to 40 sites", "35 sites"),
        ("31 to 40 percent", "38 percent"),
        ("$1,590 million", "$1.59 billion"),
        ("half a billion dollars", "US$500m"),
        ("50 basis points", "0.5 percentage points"),
        ("2023", "March 2023"),
        ("12%", "12 per cent"),
        ("146 kt of copper", "146,000 tonnes"),
        ("3,460 MW of solar plants", "roughly 3.5 GW in operation"),
        ("between 165 and 175 kt", "165,000 to 175,000 tonnes"),
        ("1.4 million MWh", "1.4 TWh"),
    ],
)
def test_figures_that_agree(left: str, right: str):
    assert agree(one(left), one(right))
    assert agree(one(right), one(left))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("US$7.33 billion", "US$16.02 billion"),
        ("100 hospitals", "97 hospitals"),
        ("over 100 hospitals", "400 hospitals"),
        ("over 100 hospitals", "80 hospitals"),
        ("31 to 40 percent", "44 percent"),
        ("5 million euros", "5 million dollars"),
        ("2023", "2024"),
        ("US$20 billion", "US$18.88 billion"),
        ("146 kt of copper", "158,300 tonnes"),
        ("5 MW of solar plants", "5 MWh a day"),
    ],
)
def test_figures_that_do_not(left: str, right: str):
    assert not agree(one(left), one(right))
    assert not agree(one(right), one(left))


def test_a_cell_has_the_scale_and_currency_of_its_table():
    label = "Net loss | $ 1,234 | (56) | 12.5% | 2,345"
    values = find_figures(label, unit="In millions of US dollars, except per share amounts")
    assert [(each.kind, each.low, each.unit) for each in values] == [
        (FigureKind.MONEY, 1_234_000_000, "$"),
        (FigureKind.MONEY, -56_000_000, "USD"),
        (FigureKind.PERCENT, Decimal("12.5"), ""),
        (FigureKind.MONEY, 2_345_000_000, "USD"),
    ]
    assert one("Earnings per share | 2.18", unit="In millions of dollars, except per share amounts").low == Decimal(
        "2.18"
    )
    assert [each.low for each in find_figures("as planned (1,234)")] == [1234]


def test_figures_do_not_overlap_and_come_in_order():
    text = "On 30 June 2024, FY24 Q3 revenue rose 12% to $3.4bn (2023: $3.0bn), or 31-40% over 2023–30."
    figures = find_figures(text)
    assert all(before.end <= after.start for before, after in pairwise(figures))
    assert len(figures) == 8


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "no figures here",
        "$",
        "%",
        "US$ billion",
        "1" * 5000,
        "9,,9.9.9",
        "(",
        "one of two",
        "-2019 (2020)",
        "FY -2019",
    ],
)
def test_odd_text_is_no_trouble(text: str):
    for figure in find_figures(text, unit=""):
        assert 0 <= figure.start < figure.end <= len(text)


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("How many hospitals use it?", {FigureKind.COUNT, FigureKind.NUMBER}),
        ("How much did the company spend on research?", {FigureKind.MONEY}),
        ("What was revenue in 2023?", {FigureKind.MONEY}),
        ("How large is the market expected to be by 2030?", {FigureKind.MONEY}),
        ("What is the gross margin?", {FigureKind.PERCENT, FigureKind.GROWTH, FigureKind.POINTS}),
        ("What share of sales comes from Asia?", {FigureKind.PERCENT, FigureKind.GROWTH, FigureKind.POINTS}),
        ("When was it founded?", TEMPORAL),
        ("In which year did it list?", TEMPORAL),
        ("How high is it?", NUMERIC),
        ("Who founded it?", set()),
        ("Why did sales fall?", set()),
    ],
)
def test_the_kind_that_is_asked_for(question: str, kinds: set[FigureKind]):
    assert asked_kinds(question) == kinds


def test_a_growth_rate_may_be_a_multiple():
    assert FigureKind.RATIO in asked_kinds("How fast will the market grow?")
    assert FigureKind.MONEY not in asked_kinds("How fast will the market grow?")


def test_a_question_may_want_a_currency():
    assert asked_unit("What is it worth in renminbi?") == "CNY"
    assert asked_unit("What is it worth?") == ""
    assert same_unit("$", "AUD")
    assert same_unit("¥", "CNY")
    assert not same_unit("$", "EUR")
