"""Questions completed from the conversation, and what a question names that the library does not."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.question import (
    MOST_CHARACTERS,
    absent_names,
    absent_years,
    clean_question,
    complete,
    unmentioned_names,
    unmentioned_years,
)

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
    assert complete("And its growth rate?", [WORTH]) == f"{WORTH[:-1]}, its growth rate?"
    assert complete("What about telemedicine?", [WORTH]) == f"{WORTH[:-1]}, telemedicine?"


@pytest.mark.parametrize("question", ["and?", "Then what?", "What about it?", "And in China?"])
def test_a_follow_up_that_says_nothing_new_repeats_the_question(question):
    assert complete(question, [WORTH]) == WORTH


@pytest.mark.parametrize(
    "question",
    [
        "Which companies lead in medical imaging?",
        "Why did it grow?",
        "How much of it is imaging?",
        "Who wrote it?",
        "Tencent revenue 2023",
        "What was India's AI healthcare market worth in 2023?",
        "And which of the two research houses expects more growth from imaging after that?",
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


def test_clean_question_is_one_line_without_control_characters():
    assert clean_question("  What\x00 was\r\n\tit\u200b worth?\x1b ") == "What was it worth?"
    assert clean_question("2023 年中国市场规模？") == "2023 年中国市场规模？"
    assert clean_question(" \n\x07 ") == ""


def test_clean_question_is_cut():
    assert clean_question("a" * 10_000) == "a" * MOST_CHARACTERS


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=4))
def test_any_conversation_can_be_completed(question, after):
    cleaned = clean_question(question)
    assert clean_question(cleaned) == cleaned
    assert isinstance(complete(cleaned, after), str)


class Counts:
    """How often each word stands in a small library; asks for words as the word index has them."""

    def __init__(self, **counts: int) -> None:
        self._counts = counts

    def terms(self, text: str) -> list[str]:
        words = "".join(each if each.isalnum() else " " for each in text.lower()).split()
        return [word for word in words if word != "of"]

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        return {term: self._counts.get(term, 0) for term in terms}


def test_a_name_of_which_no_word_is_known_is_absent():
    counts = Counts(china=5, health=2)
    question = "How large is Brazil's AI market beside China's, and what is DeepMind worth?"
    assert absent_names(question, counts.terms, counts.frequencies) == ("Brazil", "DeepMind")


def test_a_name_is_present_when_one_of_its_words_is():
    counts = Counts(health=1)
    assert absent_names("What is the share price of JD Health?", counts.terms, counts.frequencies) == ()


BANKS = [
    "Deutsche Bank and the Bank of China lend less.",
    "A bank needs capital. Musk said so. Imaging is a field of its own, and imaging grows.",
]


@pytest.mark.parametrize(
    ("name", "absent"),
    [
        ("Acme Bank", True),  # others of that kind are named, and "bank" is an ordinary word
        ("Deutsche Bank", False),
        ("Deutsche Bank Acme", False),  # what is named in fewer words may be the same
        ("Elon Musk", False),
        ("Acme Imaging", True),  # a capital that only opens a sentence
    ],
)
def test_a_name_of_which_a_word_is_unknown_is_absent_unless_passages_name_it(name, absent):
    counts = Counts(bank=9, deutsche=1, musk=1, imaging=3)
    question = f"What does {name} earn?"
    assert absent_names(question, counts.terms, counts.frequencies, BANKS) == ((name,) if absent else ())
    assert absent_names(question, counts.terms, counts.frequencies) == ()


def test_names_and_years_that_no_passage_mentions_are_told():
    assert unmentioned_names("Does Deutsche Bank own China Imaging?", BANKS) == ("China Imaging",)
    assert unmentioned_names("How big is the Chinese market?", BANKS) == ()
    assert unmentioned_years("Was 2019 better than FY24 or 2022?", ["In 2024 and 2019–22"]) == ()
    assert unmentioned_years("Was 2018 better?", ["In 2019"]) == (2018,)
    assert unmentioned_years("Was it better?", []) == ()


def test_one_of_two_joined_places_can_be_absent():
    counts = Counts(china=5)
    assert absent_names("How do China and Brazil compare?", counts.terms, counts.frequencies) == ("Brazil",)


@pytest.mark.parametrize("question", ["Which Japanese hospitals lead?", "Which hospitals lead in the UK?"])
def test_a_place_is_present_under_any_of_its_names(question):
    counts = Counts(japan=3, kingdom=1)
    assert absent_names(question, counts.terms, counts.frequencies) == ()


def test_measures_and_openers_are_never_absent():
    counts = Counts()
    assert absent_names("What is the CAGR of AI? Summarise Q3.", counts.terms, counts.frequencies) == ()


def test_years_that_stand_nowhere_are_absent():
    counts = Counts(**{"2023": 4})
    assert absent_years("How did it grow from 2010 to 2023 and 2031?", counts.frequencies) == (2010, 2031)
    assert absent_years("How did it grow?", counts.frequencies) == ()


@pytest.mark.parametrize("written", ["2024", "fy2024", "fy24", "2024e", "2020s"])
def test_a_year_is_present_in_any_of_its_spellings(written):
    year = 2020 if written == "2020s" else 2024
    counts = Counts(**{written: 1})
    assert absent_years(f"What was revenue in {year}?", counts.frequencies) == ()
    assert absent_years(f"What was revenue in FY{year % 100}?", counts.frequencies) == ()
