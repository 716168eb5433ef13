"""Whole lists where a question asks for one, and only there."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chat.answer import Answer, DifferentValue, Disagreement
from chat.answering import Answerer
from chat.lists import MOST_ITEMS, asks_for_list, with_whole_list
from index.library import Library
from ingest.passages import PassageSettings
from tests.test_answering import HashedWords, ScriptedReader, assert_verbatim, source

ENTRY = """# Entering the market

Every company that enters the market meets three demands:

1. A local partner holds the data.
2. Servers stand inside the country.
3. A licence comes from the regulator.

The demands hang together.

## Why investors come

- The market is large.
- Growth is quick.

## The markets at a glance

| Country | Value |
|---|---|
| China | 18 |
| Japan | 2 |
| India | 6 |
"""
ITEMS = ["A local partner holds the data.", "Servers stand inside the country.", "A licence comes from the regulator."]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    # Passages so small that they cut every list.
    passages = PassageSettings(heading_pieces=24, whole_pieces=40, text_pieces=12)
    with Library(tmp_path / "library", HashedWords(), passages=passages) as library:
        library.add([source("entry.md", ENTRY)])
        yield library


def ask(library: Library, question: str, found: str) -> Answer:
    answer = Answerer(library, ScriptedReader({found: 0.9})).ask(question)
    assert_verbatim(library, answer)
    return answer


@pytest.mark.parametrize("found", ["three demands", "Servers stand"])
def test_a_list_is_answered_whole_from_its_lead_in_or_one_of_its_items(library, found):
    answer = ask(library, "What are the demands that every company that enters the market meets?", found)
    assert answer.text == "; ".join(ITEMS)
    quoted = [quote.text for quote in answer.quotes if quote.answers]
    assert [text.split(maxsplit=1)[-1] if text[0].isdigit() else text for text in quoted] == ITEMS
    lead = next(quote for quote in answer.quotes if not quote.answers)
    assert lead.text == "Every company that enters the market meets three demands:"


def test_a_heading_right_above_a_list_leads_in_as_well(library):
    answer = ask(library, "What are the reasons why investors come?", "Growth is quick")
    assert answer.text == "The market is large.; Growth is quick."


def test_the_first_column_answers_where_it_is_called_what_is_asked_for(library):
    answer = ask(library, "Which countries are among the markets at a glance?", "Japan")
    assert answer.text == "China; Japan; India"
    assert {quote.column for quote in answer.quotes if quote.answers} == {("Country",)}
    assert [quote.text for quote in answer.quotes][:1] == ["China | 18"]


@pytest.mark.parametrize(
    ("question", "found", "text"),
    [
        ("Where do servers stand?", "Servers stand", "Servers stand"),  # asks for no list
        ("What are the holidays of the staff?", "Servers stand", "Servers stand"),  # not what this list is of
        ("What are the values of the markets?", "18", "18"),  # figures
        ("What are the ways in which demands hang together?", "hang together", "hang together"),
    ],
)
def test_other_answers_stay(library, question, found, text):
    assert ask(library, question, found).text == text


def test_a_table_without_names_in_its_first_column_is_no_list(library):
    library.add([source("blank.md", "# Blank\n\n| Region | Staff |\n|---|---|\n|  | 177 |\n|  | 288 |\n")])
    assert ask(library, "Which regions are told?", "177").text == "177"


@pytest.mark.parametrize(("found", "confidence"), [("Servers stand", 0.7), ("hang together", None)])
def test_what_was_told_of_one_quote_is_not_told_of_a_list(library, found, confidence):
    question = "What are the demands that every company that enters the market meets?"
    one = Answerer(library, ScriptedReader({found: 0.9})).ask("What is it?")
    value = DifferentValue("3", one.quotes[0])
    judged = replace(
        one,
        understood=question,
        confidence=0.7,
        agreements=2,
        disagreements=(Disagreement((value, value)),),
        passages=tuple(sorted(one.passages, key=lambda each: "Servers" not in each.text)),
    )
    told = with_whole_list(judged, library)
    assert told.text == "; ".join(ITEMS)
    assert (told.confidence, told.disagreements, told.agreements) == (confidence, (), 0)


def test_an_answer_stays_when_its_article_is_removed_meanwhile(library):
    one = Answerer(library, ScriptedReader({"Servers stand": 0.9})).ask("What is it?")
    asked = replace(one, understood="What are the demands that every company that enters the market meets?")
    assert with_whole_list(asked, library).text == "; ".join(ITEMS)
    library.remove(["entry.md"])
    assert with_whole_list(asked, library) is asked


def test_a_register_is_not_told_whole(library):
    items = "\n".join(f"- Rule number {number}." for number in range(MOST_ITEMS + 1))
    library.add([source("rules.md", f"# Rules\n\nThese rules bind a bank:\n\n{items}\n")])
    assert ask(library, "What are the rules that bind a bank?", "bind a bank").text == "bind a bank"


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("What are the risks?", True),
        ("Which laws apply to banks?", True),
        ("Name the three forces behind growth.", True),
        ("List all subsidiaries.", True),
        ("Who are the auditors?", True),
        ("Which data laws must a company obey?", True),
        ("What is the risk?", False),
        ("Which law applies?", False),
        ("Which process is used?", False),
        ("What are the revenues in 2023?", False),
        ("How many laws are there?", False),
        ("Which law applies to banks?", False),
        ("Which of the two laws that shape trade keeps data at home?", False),
    ],
)
def test_what_asks_for_a_list(question, asks):
    assert asks_for_list(question) is asks
