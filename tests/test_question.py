"""Questions cleaned, and what a question names that the library does not."""

from collections.abc import Sequence

import pytest

from chat.question import (
    MOST_CHARACTERS,
    absent_names,
    absent_years,
    clean_question,
    unmentioned_names,
    unmentioned_years,
)


def test_clean_question_is_one_line_without_control_characters():
    assert clean_question("  What\x00 was\r\n\tit\u200b worth?\x1b ") == "What was it worth?"
    assert clean_question("2023 年中国市场规模？") == "2023 年中国市场规模？"
    assert clean_question(" \n\x07 ") == ""


def test_clean_question_is_cut():
    assert clean_question("a" * 10_000) == "a" * MOST_CHARACTERS


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
