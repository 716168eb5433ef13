from datetime import date

import pytest

from errors import FilterError
from index.where import EVERYTHING, Condition, Where, fields_of, parse_where

REPORT = fields_of(
    "abc123",
    "corpus/Annual Report.pdf",
    "Annual report",
    date(2024, 6, 30),
    {"company": "Intel", "Fiscal Year": "2024"},
)


def lets_through(*expressions, fields=REPORT):
    return parse_where(expressions).matches(fields)


def test_expressions_become_conditions():
    assert parse_where(["company=Intel", " published >= 2024-01-01 ", "a != b = c"]) == Where(
        (Condition("company", "=", "Intel"), Condition("published", ">=", "2024-01-01"), Condition("a", "!=", "b = c"))
    )


@pytest.mark.parametrize("wrong", ["company", "=Intel", "company=", "company>2", "", "published=yesterday"])
def test_what_cannot_be_understood_is_refused_by_name(wrong):
    with pytest.raises(FilterError, match=r"^--where "):
        parse_where([wrong])


def test_no_conditions_let_everything_through():
    assert not EVERYTHING
    assert EVERYTHING.matches(REPORT)
    assert parse_where(["company=Intel"])


def test_facts_compare_without_regard_to_case_or_spaces_in_their_names():
    assert lets_through("company=INTEL")
    assert lets_through("Fiscal Year=2024")
    assert lets_through("fiscal_year=2024")
    assert not lets_through("company=Int")


def test_the_same_key_twice_means_either_and_different_keys_mean_both():
    assert lets_through("company=AMD", "company=Intel")
    assert not lets_through("company=AMD", "company=Arm")
    assert not lets_through("company=AMD", "company=Intel", "fiscal year=2023")
    assert not lets_through("company!=AMD", "company!=Intel")


def test_a_source_is_named_by_path_file_name_or_bare_name():
    for name in ("corpus/Annual Report.pdf", "annual report.pdf", "Annual Report"):
        assert lets_through(f"source={name}")
    assert not lets_through("source=Report.pdf")


def test_dates_compare_at_the_precision_that_is_given():
    assert lets_through("published=2024")
    assert lets_through("published=2024-06")
    assert not lets_through("published=2024-07")
    assert lets_through("published<=2024")
    assert lets_through("published>=2024-06-30")
    assert not lets_through("published>=2024-07-01")
    assert not lets_through("published<=2023")


def test_numbers_compare_as_numbers():
    small = fields_of("a", "a", "a", None, {"employees": "900"})
    assert lets_through("employees<=1000", fields=small)
    assert not lets_through("employees>=1000", fields=small)


def test_what_is_not_known_passes_only_a_not():
    undated = fields_of("a", "a", "a", None, {})
    assert not lets_through("published>=2000", fields=undated)
    assert not lets_through("company=Intel", fields=undated)
    assert lets_through("company!=Intel", fields=undated)


def test_an_article_s_own_properties_win_over_facts_of_the_same_name():
    assert fields_of("a", "a.txt", "T", None, {"title": "other", "Source": "other"}) == {
        "article_id": "a",
        "source": "a.txt",
        "title": "T",
        "published": None,
    }


FILING = fields_of(
    "f1", "q3.pdf", "T", None, {"company": "Apple Inc.", "period": "2023 Q3", "calendar_period": "2023 Q2"}
)
YEARLY = fields_of("f2", "year.pdf", "T", None, {"period": "2023"})


def test_a_company_is_found_without_its_legal_form():
    for name in ("Apple", "apple inc", "APPLE, Inc."):
        assert lets_through(f"company={name}", fields=FILING)
        assert not lets_through(f"company!={name}", fields=FILING)
    assert not lets_through("company=Apple Hospitality", fields=FILING)


def test_a_period_is_found_in_every_notation():
    for label in ("2023 Q3", "Q3 2023", "FY23 Q3", "third quarter of 2023"):
        assert lets_through(f"period={label}", fields=FILING)
    assert not lets_through("period=2023", fields=FILING)
    assert not lets_through("period=2023 Q2", fields=FILING)
    assert lets_through("calendar_period=2023 Q2", fields=FILING)


@pytest.mark.parametrize(
    ("condition", "quarter", "year"),
    [
        ("period>=2023", True, True),
        ("period<=2023", True, True),
        ("period>=2023 Q3", True, False),
        ("period<=2023 Q3", True, False),
        ("period>=2023 Q1", True, True),
        ("period<=2023 Q4", True, True),
        ("period<=2023 H1", False, False),
        ("period>=2023 H2", True, False),
        ("period<=2022 Q4", False, False),
        ("period>=2024", False, False),
        ("period>=Q4 2022", True, True),
    ],
)
def test_periods_compare_by_where_they_begin_and_end(condition, quarter, year):
    assert lets_through(condition, fields=FILING) is quarter
    assert lets_through(condition, fields=YEARLY) is year


def test_a_bound_that_is_no_period_is_refused():
    with pytest.raises(FilterError, match="a period is written as 2023, 2023 Q3 or 2023 H1"):
        parse_where(["period<=autumn"])


def test_periods_of_other_kinds_compare_as_text():
    spring = fields_of("s", "s", "T", None, {"period": "Spring 2024"})
    assert lets_through("period=spring 2024", fields=spring)
    assert not lets_through("period=2024", fields=spring)
