"""Which articles a question is about."""

from datetime import date

import pytest

from chat.routing import Router
from index.values import ArticleSummary


def summary(name: str, company: str = "", published: str = "", **facts: str) -> ArticleSummary:
    facts = {"company": company, **facts} if company else facts
    day = date.fromisoformat(published) if published else None
    return ArticleSummary(name, name, f"{name}.pdf", day, facts, 1, 1, 100, "")


def filing(company: str, period: str, ended: str, year_end: str, calendar: str, kind: str = "10-Q") -> ArticleSummary:
    return summary(
        f"{company.split()[0].lower()} {period}",
        company,
        kind=kind,
        period=period,
        period_end=ended,
        year_end=year_end,
        calendar_period=calendar,
    )


AUTUMN = [  # a fiscal year that ends in September: Q1 ends in December
    filing("Autumn Inc.", "2022 Q3", "2022-06-25", "09-24", "2022 Q2"),
    filing("Autumn Inc.", "2023 Q1", "2022-12-31", "09-30", "2022 Q4"),
    filing("Autumn Inc.", "2023 Q2", "2023-04-01", "09-30", "2023 Q1"),
    filing("Autumn Inc.", "2023 Q3", "2023-07-01", "09-30", "2023 Q2"),
]
WINTER = [  # one that ends in January: its 2024 lies in 2023
    filing("WINTER DEVICES CORPORATION", "2023 Q3", "2022-10-30", "01-29", "2022 Q3"),
    filing("WINTER DEVICES CORPORATION", "2024 Q1", "2023-04-30", "01-28", "2023 Q1"),
    filing("WINTER DEVICES CORPORATION", "2024 Q3", "2023-10-29", "01-28", "2023 Q3"),
]
OTHERS = [
    summary("news", published="2024-01-01"),
    filing("Delta Air Lines, Inc.", "2023", "2023-12-31", "12-31", "2023", kind="10-K"),
    filing("Delta Electronics", "2023 Q3", "2023-09-30", "12-31", "2023 Q3"),
]
LIBRARY = [*AUTUMN, *WINTER, *OTHERS]


def chosen(question: str, library: list[ArticleSummary] = LIBRARY) -> set[str]:
    preference = Router()(question, library)
    assert all(preference.bonus[name] == max(preference.bonus.values()) for name in preference.documents)
    return set(preference.documents)


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("What was Autumn's margin in Q1 2023?", "autumn 2023 Q1"),
        ("What was Autumn's margin in calendar Q1 2023?", "autumn 2023 Q2"),
        ("What was Autumn’s margin in the quarter ended June 30, 2023?", "autumn 2023 Q3"),
        ("What is new in Autumn's latest 10-Q?", "autumn 2023 Q3"),
        ("How did AUTUMN INC do last quarter?", "autumn 2023 Q3"),
        ("What did Winter Devices sell in Q3 2023?", "winter 2024 Q3"),
        ("What did Winter Devices sell in Q3 FY2023?", "winter 2023 Q3"),
        ("What did Winter Devices sell in the third quarter of 2022?", "winter 2023 Q3"),
        ("What did Winter Devices sell in Q1 2023?", "winter 2024 Q1"),
        ("What did Delta Electronics earn in Q3 2023?", "delta 2023 Q3"),
        ("what did delta electronics earn in q3 2023?", "delta 2023 Q3"),
        ("What did Delta Air Lines earn in 2023?", "delta 2023"),
    ],
)
def test_the_document_of_company_and_period(question, name):
    assert chosen(question) == {name}


def test_two_periods_and_two_companies_choose_all_their_documents():
    assert chosen("Compare Autumn in Q3 2023 and Q3 2022") == {"autumn 2023 Q3", "autumn 2022 Q3"}
    assert chosen("Autumn or Winter Devices: who grew in Q1 2023?") == {"autumn 2023 Q1", "winter 2024 Q1"}


def test_where_two_readings_are_there_the_one_taken_is_said():
    preference = Router()("What did Winter Devices sell in Q3 2023?", LIBRARY)
    (note,) = preference.notes
    assert "29 October 2023" in note
    assert "30 October 2022" in note
    for plain in ("Q1 2023", "Q3 FY2023", "fiscal Q3 2023", "calendar Q3 2023", "the quarter ended October 29, 2023"):
        assert Router()(f"What did Winter Devices sell in {plain}?", LIBRARY).notes == ()


def test_a_company_alone_only_leans():
    preference = Router()("Who runs Autumn?", LIBRARY)
    assert set(preference.bonus) == {each.article_id for each in AUTUMN}
    assert preference.documents == frozenset()
    assert preference.rest == ""


@pytest.mark.parametrize(
    "question",
    [
        "What happens in autumn?",  # no capital, while another word has one
        "How large is the market in Q3 2023 worldwide, by Delta?",  # two companies begin so
        "What do US hospitals spend?",
    ],
)
def test_no_document_is_chosen_on_a_guess(question):
    assert chosen(question) == set()


def test_tickers_are_names_but_not_every_abbreviation():
    library = [
        summary("a", "Acme Holdings plc", ticker="ACM", period="2023 Q3"),
        summary("b", "Thinking Inc.", ticker="AI", period="2023 Q3"),
    ]
    assert chosen("ACM revenue in Q3 2023", library) == {"a"}
    assert chosen("AI revenue in Q3 2023", library) == set()
    assert chosen("$AI revenue in Q3 2023", library) == {"b"}


def test_in_a_library_of_one_company_nobody_needs_to_name_it():
    assert chosen("What was the margin in the latest quarter?", AUTUMN) == {"autumn 2023 Q3"}
    assert chosen("What was the margin in the latest quarter?") == set()


def test_a_question_is_read_without_what_named_the_document():
    preference = Router()("What was Autumn's gross margin in Q1 2023?", LIBRARY)
    assert preference.rest == "What was gross margin in ?"


def test_a_period_that_no_document_covers():
    preference = Router()("What was Autumn's margin in Q4 2017?", LIBRARY)
    assert preference.uncovered == {each.article_id for each in AUTUMN}
    assert "2022 Q3, 2023 Q1, 2023 Q2, 2023 Q3" in preference.why_uncovered
    # A report gives the same quarter of the year before, too.
    assert Router()("What was Autumn's margin in Q3 2021?", LIBRARY).uncovered == frozenset()
    assert Router()("What was Autumn's margin in Q1 2021?", LIBRARY).uncovered


def test_the_newest_by_publication_where_no_period_is_known():
    calls = [
        summary("old call", "Acme", "2023-01-24", kind="call transcript"),
        summary("new call", "Acme", "2023-04-25", kind="call transcript"),
        summary("newer note", "Acme", "2023-06-01", kind="article"),
    ]
    assert chosen("What was said in Acme's latest earnings call?", [*calls, *OTHERS]) == {"new call"}


def test_articles_without_facts_prefer_nothing():
    assert Router()("What was Autumn's margin in Q1 2023?", [summary("a"), summary("b")]).bonus == {}


def test_companies_are_read_once_while_the_articles_stay(monkeypatch):
    router = Router()
    assert router.companies_in("Did Autumn or Acme sell more than winter devices?", LIBRARY) == (
        "Autumn",
        "winter devices",
    )
    monkeypatch.setattr("chat.routing._document", None)
    assert router.companies_in("What did Winter Devices sell?", LIBRARY) == ("Winter Devices",)
