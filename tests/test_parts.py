"""Questions split into parts that stand by themselves, and questions that must stay whole."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.comparisons import MOST_PARTS, Cell
from chat.parts import parts_of
from chat.side_by_side import groups_in


def known(*names):
    """Tells which of these companies a text names, as a library would."""
    return lambda text: [name for name in names if name in text]


def asked(question, companies):
    return [part.question for part in parts_of(question, companies)]


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "Who is behind AIMIS, and in how many hospitals does it run?",
            ["Who is behind AIMIS?", "In how many hospitals does it run?"],
        ),
        (
            "What is the dividend and when was it paid?",
            ["What is the dividend?", "When was it paid?"],
        ),
        ("How much was spent? Who approved it?", ["How much was spent?", "Who approved it?"]),
        (
            "How many hospitals and how many people does China have?",
            ["How many hospitals does China have?", "How many people does China have?"],
        ),
        (
            "What did Acme earn in May, who audits it and why did it move?",
            ["What did Acme earn in May, who audits it?", "Why did it move?"],
        ),
    ],
)
def test_two_questions_in_one(question, parts):
    found = parts_of(question)
    # What the second one leaves to the first is the follow-ups' business; its own words stay.
    assert found[0].question == parts[0]
    assert len(found) == len(parts)
    assert not any(part.row or part.column for part in found)


@pytest.mark.parametrize(
    "question",
    [
        "When and where was Acme founded?",
        "How and why did margins fall?",
        "Who was the man who invented the radio and who died in Rome?",
        "What happens before the foundation is dug and when a final inspection is passed?",
        "What are problems that can be solved in theory, but which in practice take too long?",
        "What types of properties and how many properties may qualify as a residence?",
        "What does the report say about what was sold and what was kept?",
        "What was China's AI healthcare market worth in 2023?",
        "Which research houses predicted growth above 60 percent?",
    ],
)
def test_one_question_is_not_several(question):
    assert parts_of(question) == ()


@pytest.mark.parametrize(
    ("question", "cells"),
    [
        (
            "Compare the CAGR of China and Japan.",
            [("What is the CAGR of China?", "China", "CAGR"), ("What is the CAGR of Japan?", "Japan", "CAGR")],
        ),
        (
            "How do the growth rates of Japan and China differ?",
            [
                ("What is the growth rate of Japan?", "Japan", "growth rate"),
                ("What is the growth rate of China?", "China", "growth rate"),
            ],
        ),
        (
            "How does regulation differ between China and India?",
            [
                ("What is the regulation of China?", "China", "regulation"),
                ("What is the regulation of India?", "India", "regulation"),
            ],
        ),
        (
            "What is the difference between a joint venture and licensing?",
            [("What is a joint venture?", "joint venture", ""), ("What is licensing?", "licensing", "")],
        ),
        (
            "What was revenue in 2023 and 2024?",
            [("What was revenue in 2023?", "2023", "revenue"), ("What was revenue in 2024?", "2024", "revenue")],
        ),
        (
            "What was revenue in Q1 and Q2 2024?",
            [
                ("What was revenue in Q1 2024?", "Q1 2024", "revenue"),
                ("What was revenue in Q2 2024?", "Q2 2024", "revenue"),
            ],
        ),
        (
            "What is the market value in 2030 of China, Japan and India?",
            [
                ("What is the market value in 2030 of China?", "China", "market value"),
                ("What is the market value in 2030 of Japan?", "Japan", "market value"),
                ("What is the market value in 2030 of India?", "India", "market value"),
            ],
        ),
        (
            "Which will be larger in 2030, India or South Korea?",
            [
                ("How large will India be in 2030?", "India", ""),
                ("How large will South Korea be in 2030?", "South Korea", ""),
            ],
        ),
        (
            "India or Japan: which grows faster?",
            [("How fast does India grow?", "India", ""), ("How fast does Japan grow?", "Japan", "")],
        ),
        (
            "Which country has the larger market, India or Japan?",
            [("What is the market of India?", "India", "market"), ("What is the market of Japan?", "Japan", "market")],
        ),
        (
            "Is the market for scans larger than that for telemedicine?",
            [
                ("How large is the market for scans?", "market for scans", ""),
                ("How large is the market for telemedicine?", "market for telemedicine", ""),
            ],
        ),
        (
            "Is more at stake in cancer detection or in lung nodules?",
            [
                ("How much is at stake in cancer detection?", "cancer detection", "at stake"),
                ("How much is at stake in lung nodules?", "lung nodules", "at stake"),
            ],
        ),
        (
            "How does Acme's revenue compare with Beta's in 2023?",
            [
                ("What is Acme's revenue in 2023?", "Acme's revenue in 2023", ""),
                ("What is Beta's revenue in 2023?", "Beta's revenue in 2023", ""),
            ],
        ),
        (
            "Japan versus Vietnam: what marks out the market?",
            [
                ("What marks out the market of Japan?", "Japan", ""),
                ("What marks out the market of Vietnam?", "Vietnam", ""),
            ],
        ),
    ],
)
def test_a_comparison_asks_the_same_of_each(question, cells):
    assert list(parts_of(question)) == [Cell(*cell) for cell in cells]


def test_subjects_measures_and_periods_make_a_table():
    cells = parts_of("Compare revenue and net income of Acme and Beta in 2023 and 2024", known("Acme", "Beta"))
    assert len(cells) == 8
    assert {cell.row for cell in cells} == {"Acme", "Beta"}
    assert {cell.column for cell in cells} == {
        "revenue · 2023", "revenue · 2024", "net income · 2023", "net income · 2024"
    }  # fmt: skip
    assert cells[0] == Cell("What is the revenue of Acme in 2023?", "Acme", "revenue · 2023")
    assert cells[0].label == "Acme · revenue · 2023"


def test_a_table_beyond_the_limit_stays_one_question():
    years = ", ".join(map(str, range(2000, 2000 + MOST_PARTS))) + " and 2020"
    assert parts_of(f"What was revenue in {years}?") == ()


def test_a_comparison_of_very_much_is_left_as_one_question_at_once(monkeypatch):
    tried: list[str] = []

    def counted(question, *args, **named):
        tried.append(question)
        return groups_in(question, *args, **named)

    monkeypatch.setattr("chat.comparisons.groups_in", counted)
    years = ", ".join(map(str, range(1990, 2024))) + " and 2024"
    places = "China, India, Japan, Brazil, France, Germany, Italy, Spain, Canada, Mexico, Chile, Peru and Kenya"
    assert parts_of(f"What were revenue and net income in {years} in {places}?") == ()
    assert len(tried) < 10 * MOST_PARTS


@pytest.mark.parametrize(
    "question",
    [
        "What is Johnson & Johnson's revenue?",
        "How much did Acme spend on Research and Development in 2023?",
        "What were research and development expenses?",
        "What were sales and marketing expenses in 2023?",
        "What capital do the Bank of England and Prudential Regulation Authority require?",
        "How much capital do the Bank of England and Prudential Regulation Authority require?",
        "What was the revenue of Procter and Gamble?",
        "What does the Ministry of Science and Technology spend?",
        "What are property, plant and equipment worth?",
        "What is the population of Trinidad and Tobago?",
        "How did revenue grow between 2019 and 2023?",
        "How much did it grow from 2019 to 2023?",
        "How many people between 2019 and 2023 moved to China?",
        "Can the bank engage more than one agency?",
        "How does it compare with previous quarters?",
        "Which country is the largest?",
    ],
)
def test_names_expressions_and_stretches_of_time_are_never_cut(question):
    assert parts_of(question) == ()


def test_what_the_library_knows_tells_one_company_from_two():
    question = "What was the revenue of Procter and Gamble in 2023?"
    assert asked(question, known("Procter and Gamble")) == []
    assert asked(question, known("Procter", "Gamble")) == [
        "What was the revenue of Procter in 2023?",
        "What was the revenue of Gamble in 2023?",
    ]


def test_of_several_ands_the_one_before_an_article_parts_the_names():
    question = "What is the difference between the Securities and Exchange Commission and the Bank of England?"
    assert [cell.row for cell in parts_of(question)] == ["Securities and Exchange Commission", "Bank of England"]


def test_the_library_is_asked_for_companies_only_where_names_stand_side_by_side():
    def never(text):
        raise AssertionError(text)

    assert parts_of("What was Acme's revenue, and when was it told in 2023?", never)
    assert parts_of("What was Acme's revenue in 2023?", never) == ()


@given(st.text(max_size=80))
def test_any_text_can_be_looked_at(text):
    parts = parts_of(text)
    assert len(parts) != 1
    assert all(part.question.strip() for part in parts)


WORDS = (
    "compare China and Japan in 2023 , versus revenue of which is larger or ? how does differ between what 's than Q1"
)


@given(st.lists(st.sampled_from(WORDS.split()), max_size=14))
def test_no_order_of_such_words_fails(words):
    for part in parts_of(" ".join(words)):
        assert re.search(r"\w", part.question)
