"""Follow-up questions completed from the conversation; questions that stand alone and stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.follow_ups import complete
from chat.question import MOST_CHARACTERS, clean_question

WORTH = "What was China's AI healthcare market worth in 2023?"


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("And in India?", "What was India's AI healthcare market worth in 2023?"),
        ("How about Japan?", "What was Japan's AI healthcare market worth in 2023?"),
        ("and Japan", "What was Japan's AI healthcare market worth in 2023?"),
        ("And what about Korea?", "What was Korea's AI healthcare market worth in 2023?"),
        ("and in india?", "What was India's AI healthcare market worth in 2023?"),
        ("In India?", "What was India's AI healthcare market worth in 2023?"),
        ("India?", "What was India's AI healthcare market worth in 2023?"),
        ("And in the United States?", "What was the United States's AI healthcare market worth in 2023?"),
    ],
)
def test_a_follow_up_with_another_place_keeps_the_rest(question, understood):
    assert complete(question, [WORTH]) == understood


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("what about 2030?", "What was China's AI healthcare market worth in 2030?"),
        ("And for 2028?", "What was China's AI healthcare market worth in 2028?"),
        ("And by 2030?", "What was China's AI healthcare market worth by 2030?"),
        ("2030?", "What was China's AI healthcare market worth in 2030?"),
        ("And in 2025 or 2026?", "What was China's AI healthcare market worth in 2025 or 2026?"),
        ("how about the market in 2030?", "What was China's AI healthcare market worth in 2030?"),
        ("And what was it in 2030?", "What was China's AI healthcare market worth in 2030?"),
        ("And in Japan in 2030?", "What was Japan's AI healthcare market worth in 2030?"),
    ],
)
def test_a_follow_up_with_another_year_keeps_the_rest(question, understood):
    assert complete(question, [WORTH]) == understood


def test_of_two_years_the_last_is_replaced_and_a_range_by_a_range():
    growth = "How did the market grow between 2019 and 2023?"
    assert complete("And in 2024?", [growth]) == "How did the market grow between 2019 and 2024?"
    assert complete("And 2023–2030?", ["How fast did it grow in 2019–2023?"]) == "How fast did it grow in 2023–2030?"


def test_fiscal_years_and_quarters_replace_each_other():
    revenue = "What was Apple's revenue in FY2023?"
    assert complete("What about FY24?", [revenue]) == "What was Apple's revenue in FY24?"
    assert complete("And in Q4?", ["What was revenue in Q3 2023?"]) == "What was revenue in Q4 2023?"


def test_a_company_takes_the_place_of_a_company_and_a_country_of_a_country():
    spent = "How much did Roche spend on R&D in Switzerland in 2022?"
    assert complete("And Pfizer?", [spent]) == "How much did Pfizer spend on R&D in Switzerland in 2022?"
    assert complete("And in Japan?", [spent]) == "How much did Roche spend on R&D in Japan in 2022?"
    assert complete("And Microsoft's?", ["What was Apple's revenue?"]) == "What was Microsoft's revenue?"


def test_a_country_is_added_where_only_a_company_stood():
    assert complete("And in India?", ["How much did Roche earn?"]) == "How much did Roche earn, in India?"


def test_an_article_before_a_place_is_not_said_twice():
    doctors = "How many doctors does the US have?"
    assert complete("And the UK?", [doctors]) == "How many doctors does the UK have?"
    assert complete("And Indonesia?", ["How many doctors has China?"]) == "How many doctors has Indonesia?"


@pytest.mark.parametrize("question", ["why?", "Why?", "And why?", "why"])
def test_why_asks_why_of_the_earlier_question(question):
    assert complete(question, [WORTH]) == f"Why: {WORTH}"


def test_a_follow_up_with_another_subject_stands_behind_the_earlier_question():
    assert complete("What about telemedicine?", [WORTH]) == f"{WORTH[:-1]}, telemedicine?"


@pytest.mark.parametrize("question", ["and?", "Then what?", "What about it?", "And in China?"])
def test_a_follow_up_that_says_nothing_new_repeats_the_question(question):
    assert complete(question, [WORTH]) == WORTH


@pytest.mark.parametrize(
    "question",
    [
        "Which companies lead in medical imaging?",
        "Who wrote it?",
        "Tencent revenue 2023",
        "What was India's AI healthcare market worth in 2023?",
        "And which of the two research houses expects more growth from imaging after that?",
        "What is inflation?",
        "What did Intel say about its margins?",
        "Which countries have their own currency?",
        "What percentage of its GDP does China spend on research?",
        "How long does it take to renew a patent?",
        "Is it possible to enter without a partner?",
        "If a company sells its shares, who buys them?",
        "Which company owns ABC?",
        "What causes inflation?",
    ],
)
def test_a_question_that_stands_alone_is_unchanged(question):
    assert complete(question, [WORTH]) == question


@pytest.mark.parametrize("after", [[], [""], ["", "  \n"]])
def test_without_an_earlier_question_a_follow_up_is_unchanged(after):
    assert complete("And in India?", after) == "And in India?"


def test_chains_of_follow_ups_are_completed_from_the_first_on():
    assert complete("And 2030?", [WORTH, "And in India?"]) == "What was India's AI healthcare market worth in 2030?"
    assert complete("And Japan?", [WORTH, "why?"]) == "Why: What was Japan's AI healthcare market worth in 2023?"
    assert complete("why?", [WORTH, "why?"]) == f"Why: {WORTH}"


def test_a_chain_starts_again_at_a_question_that_stands_alone():
    chain = [WORTH, "And in India?", "Who leads in Vietnam?", "", "And in Japan?"]
    assert complete("Thailand?", chain) == "Who leads in Thailand?"


def test_a_long_conversation_neither_fails_nor_grows_without_bound():
    after = [WORTH, *[f"And topic number{i}?" for i in range(3000)]]
    assert len(complete("And another topic?", after)) <= MOST_CHARACTERS


REVENUE = "What was Microsoft's revenue in Q3 2023?"


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("And operating income?", "What was Microsoft's operating income in Q3 2023?"),
        ("operating income?", "What was Microsoft's operating income in Q3 2023?"),
        ("What about its margin?", "What was Microsoft's margin in Q3 2023?"),
        ("What was net income?", "What was Microsoft's net income in Q3 2023?"),
        ("What was net income in 2022?", "What was Microsoft's net income in 2022?"),
        ("And what was net income?", "What was Microsoft's net income in Q3 2023?"),
    ],
)
def test_another_measure_keeps_company_and_period(question, understood):
    assert complete(question, [REVENUE]) == understood


def test_a_measure_of_what_names_none_is_asked_of_what_it_is_about():
    expected = "What is the growth rate of China's AI healthcare market in 2023?"
    assert complete("And its growth rate?", [WORTH]) == expected


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("And the year before?", "What was Microsoft's revenue in Q3 2022?"),
        ("The next quarter?", "What was Microsoft's revenue in Q4 2023?"),
        ("And the previous year?", "What was Microsoft's revenue in Q3 2022?"),
        ("a year later?", "What was Microsoft's revenue in Q3 2024?"),
    ],
)
def test_the_period_before_or_after_is_counted_from_the_earlier_one(question, understood):
    assert complete(question, [REVENUE]) == understood


def test_the_quarter_before_the_first_is_the_last_of_the_year_before():
    assert complete("And the quarter before?", ["What was revenue in Q1 2023?"]) == "What was revenue in Q4 2022?"
    assert complete("And the quarter after?", ["What was revenue in Q4 2023?"]) == "What was revenue in Q1 2024?"


@pytest.mark.parametrize(
    ("earlier", "question", "understood"),
    [
        (REVENUE, "How many employees does it have?", "How many employees does Microsoft have in Q3 2023?"),
        (WORTH, "Why did it grow?", "Why did China's AI healthcare market grow?"),
        (WORTH, "How much of it is imaging?", "How much of China's AI healthcare market is imaging in 2023?"),
        ("What is federated learning?", "How does it work?", "How does federated learning work?"),
        ("What is federated learning?", "Who uses it?", "Who uses federated learning?"),
        ("Who is the head of Acme?", "When did she join?", "When did the head of Acme join?"),
        ("What does Acme plan in Brazil?", "Who leads the company?", "Who leads Acme?"),
        ("What does Acme plan in Brazil?", "How many people live in the country?", "How many people live in Brazil?"),
        (
            "Which companies make vaccines in India?",
            "How many people do they employ?",
            "How many people do the companies that make vaccines in India employ?",
        ),
        (
            "Which two rules apply to banks?",
            "Which of them is older?",
            "Which of the two rules that apply to banks is older?",
        ),
    ],
)
def test_a_pronoun_gives_way_to_what_was_asked_about(earlier, question, understood):
    assert complete(question, [earlier]) == understood


@pytest.mark.parametrize(
    ("earlier", "question", "understood"),
    [
        ("What speaks for a merger in Spain?", "And against it?", "What speaks against a merger in Spain?"),
        ("What speaks for a merger?", "For a sale?", "What speaks for a sale?"),
        (
            "How much did Acme spend on marketing in Europe?",
            "And on research?",
            "How much did Acme spend on research in Europe?",
        ),
        (
            "How many stores does Acme have in France?",
            "And warehouses?",
            "How many warehouses does Acme have in France?",
        ),
        ("What are the risks of the merger?", "And the benefits?", "What are the benefits of the merger?"),
        ("When was the dividend raised?", "By how much?", "By how much was the dividend raised?"),
        ("Which product is sold in Peru?", "In how many shops?", "In how many shops is the product sold in Peru?"),
        ("What is the higher estimate for 2030?", "And the lower one?", "What is the lower estimate for 2030?"),
        ("What is Acme's gross margin?", "And the operating one?", "What is Acme's operating margin?"),
        ("Which bank leads by assets?", "And which comes second?", "Which bank comes second by assets?"),
        ("Which agency approves drugs in China?", "And who pays for the review?", "Who pays for the review in China?"),
        ("Is Acme ready to list?", "Why not?", "Why not: Is Acme ready to list?"),
    ],
)
def test_a_piece_of_a_question_takes_the_place_of_its_like(earlier, question, understood):
    assert complete(question, [earlier]) == understood


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("How does that compare with Europe?", "What was China's and Europe's AI healthcare market worth in 2023?"),
        ("How does that compare with 2022?", "What was China's AI healthcare market worth in 2023 and 2022?"),
        (
            "And how does it compare to last year?",
            "What was China's AI healthcare market worth in 2023 and 2022?",
        ),
    ],
)
def test_to_compare_with_is_to_ask_of_both(question, understood):
    assert complete(question, [WORTH]) == understood


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=4))
def test_any_conversation_can_be_completed(question, after):
    cleaned = clean_question(question)
    assert clean_question(cleaned) == cleaned
    assert isinstance(complete(cleaned, after), str)
