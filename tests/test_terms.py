"""Years, figures, names and kinds of question that `chat/terms.py` finds, and places under all their names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.places import places_in, spellings
from chat.terms import Asked, asked_for, asks_for_furniture, figures_in, names_in, years_in


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("from 2023 to 2030", {2023, 2030}),
        ("2023–30", {2023, 2030}),
        ("2023-2030", {2023, 2030}),
        ("the season of 2023/24", {2023, 2024}),
        ("1998–02", {1998, 2002}),
        ("in 2023, 2024 and 2025.", {2023, 2024, 2025}),
        ("fiscal year 2023", {2023}),
        ("FY2024, FY24 and FY'25", {2024, 2025}),
        ("FY 23", {2023}),
        ("mid-2024", {2024}),
        ("2024E", {2024}),
        ("published on 2023-07-01", {2023}),
        ("2010/12/01", {2010}),
        ("2024年", {2024}),
    ],
)
def test_years_are_found_alone_in_ranges_and_as_fiscal_years(text, years):
    assert years_in(text) == years


@pytest.mark.parametrize(
    "text", ["1,995 hospitals", "US$2,023", "2023.5", "12023", "20230", "2,023.5", "AIFY24", "1850", "2100", ""]
)
def test_figures_that_only_look_like_years_are_none(text):
    assert years_in(text) == frozenset()


def test_a_range_does_not_run_backwards():
    assert years_in("2023-07") == {2023}
    assert years_in("1995-1990") == {1995}


def test_figures_lose_their_commas_and_leave_years_out():
    assert figures_in("In 2023 it rose 42.5% to US$1.59 billion from 1,234,567.8 (Q3).") == {
        "42.5",
        "1.59",
        "1234567.8",
    }


def test_a_raised_digit_or_a_letter_in_front_joins_no_figure():
    assert figures_in("10⁶ and v2.0 and billion1") == {"10"}


@given(st.text(max_size=80))
def test_any_text_can_be_looked_through(text):
    assert all(1900 <= year <= 2099 for year in years_in(text))
    assert all(name.strip() for name in names_in(text))
    assert all(figure[0].isdigit() for figure in figures_in(text))
    assert isinstance(asked_for(text), Asked)
    assert asks_for_furniture(text) in (True, False)


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How large is Brazil's AI healthcare market?", ("Brazil",)),
        ("Is China’s AI market large?", ("China",)),
        ("What is the share price of JD Health?", ("JD Health",)),
        ("JD Health's revenue?", ("JD Health",)),
        ("Which Japanese hospitals use iFlytek?", ("Japanese", "iFlytek")),
        ("Did Ping An Good Doctor grow?", ("Ping An Good Doctor",)),
        ("Which of the FDA's and NMPA's rules apply?", ("FDA", "NMPA")),
        ("Who leads the Ministry of Health?", ("Ministry of Health",)),
        ("The National Health Commission said what?", ("National Health Commission",)),
        ("Who is the CEO of Baidu?", ("Baidu",)),
        ("Does the U.S. lead?", ("U.S.",)),
        ("What does the EU AI Act demand?", ("EU AI Act",)),
    ],
)
def test_names_come_without_possessives_openers_and_offices(question, names):
    assert names_in(question) == names


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How do India and China compare?", ("India", "China")),
        ("Rank China, Japan and South Korea by size", ("China", "Japan", "South Korea")),
        ("What does Johnson & Johnson sell?", ("Johnson & Johnson",)),
        ("What did the Food and Drug Administration approve?", ("Food and Drug Administration",)),
        ("What did Frost & Sullivan and Lead Leo expect?", ("Frost & Sullivan and Lead Leo",)),
    ],
)
def test_two_places_are_two_names_and_a_firm_is_one(question, names):
    assert names_in(question) == names


@pytest.mark.parametrize(
    "question",
    [
        "What is the CAGR?",
        "Summarise the risks",
        "Beyond imaging, where does it grow?",
        "What's the market size?",
        "Should I invest in AI?",
        "How did Q3 go, and FY24?",
        "Was it in May?",
        "WHAT WAS CHINA'S MARKET WORTH?",
        "",
    ],
)
def test_openers_measures_periods_and_questions_in_capitals_hold_no_name(question):
    assert names_in(question) == ()


def test_names_are_told_once_each_in_order():
    assert names_in("Does Tencent lead India, or does India lead Tencent?") == ("Tencent", "India")


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("When did it open?", Asked.DATE),
        ("In what year was it founded?", Asked.DATE),
        ("By when will the market double?", Asked.DATE),
        ("How many hospitals use it?", Asked.FIGURE),
        ("What was China's AI healthcare market worth?", Asked.FIGURE),
        ("What's the market size in India?", Asked.FIGURE),
        ("What growth rate is expected?", Asked.FIGURE),
        ("What share of it is imaging?", Asked.FIGURE),
        ("What does a licence cost?", Asked.FIGURE),
        ("What will the market be worth in 2030?", Asked.FIGURE),
        ("What should their sales amount to?", Asked.FIGURE),
        ("How accurate is the system?", Asked.FIGURE),
        ("What do the funds pay for?", Asked.NAME),
        ("Who founded DeepWise?", Asked.PERSON),
        ("Why did it fall?", Asked.REASON),
        ("What was the reason for the fall?", Asked.REASON),
        ("How does AI assist drug discovery?", Asked.REASON),
        ("What are the drivers?", Asked.LIST),
        ("Which companies lead?", Asked.LIST),
        ("Where are the trade zones?", Asked.NAME),
        ("Under which law do the mandates fall?", Asked.NAME),
        ("Tell me about China", Asked.OTHER),
    ],
)
def test_a_question_asks_for_one_kind_of_words(question, asked):
    assert asked_for(question) is asked


@pytest.mark.parametrize(
    "question",
    [
        "Who wrote it?",
        "Who wrote the article?",
        "Who is the author?",
        "When was the article published?",
        "Who published the report?",
        "What is the date of the article?",
        "How can I contact them?",
        "What is their phone number?",
        "What is the e-mail address?",
        "Where are their offices?",
    ],
)
def test_questions_for_author_date_and_contact_ask_for_furniture(question):
    assert asks_for_furniture(question)


@pytest.mark.parametrize(
    "question",
    [
        "How does AI address the shortage of doctors?",
        "Which companies address ageing?",
        "Which authorities approve devices?",
        "How many subscribers does Ping An have?",
        "How much did the bank write off?",
        "Who underwrote the issue?",
        "Are mobile phones used for diagnosis?",
        "What was China's AI healthcare market worth in 2023?",
    ],
)
def test_questions_about_the_matter_ask_for_no_furniture(question):
    assert not asks_for_furniture(question)


def test_a_place_has_all_its_spellings_under_any_of_them():
    assert spellings("uk") == ("United Kingdom", "UK", "U.K.", "Britain", "Great Britain", "British")
    assert spellings("Japanese") == spellings("Japan") == ("Japan", "Japanese")
    assert spellings("Tencent") == ()


def test_places_are_found_in_lower_case_but_not_inside_words_or_as_pronouns():
    assert places_in("and in india, south korea or indiana?") == ("India", "South Korea")
    assert places_in("tell us about japanese hospitals") == ("Japan",)
