from datetime import date

import pytest

from errors import CorrectionError
from ingest.corrections import lay_over, parse_corrections


def test_corrections_are_kept_as_facts_are_written():
    assert parse_corrections(
        {
            "Company": "  Acme   Inc. ",
            "period": "Q3 FY23",
            "published": "2025-07-01",
            "year end": "09-30",
            "ticker": "",
            "language": "de",
            "my own": "anything",
        }
    ) == {
        "company": "Acme Inc.",
        "period": "2023 Q3",
        "published": "2025-07-01",
        "year_end": "09-30",
        "ticker": None,
        "language": "de",
        "my_own": "anything",
    }


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("published", "3/4/2025", "published: 3/4/2025 is not a date; write it as 2025-07-01"),
        ("period_end", "2025-02-30", "period_end: 2025-02-30 is not a date; write it as 2025-07-01"),
        ("period", "autumn", "period: autumn is not a period; write it as 2023, 2023 Q3 or 2023 H1"),
        ("year_end", "September", "year_end: September is not a day of the year; write month and day as 09-30"),
        ("language", "English", "language: English is not a language's code; write it as en or de"),
        ("title", " ", "title: an article needs one; undo the correction to have the one that was found"),
        ("source", "x.pdf", "source: cannot be corrected; it says where the article came from or what it holds"),
        ("2 much", "x", "2 much: no name of a fact; it begins with a letter and has no spaces, as in year_end"),
        ("note", "x" * 301, "note: has 301 characters; at most 300 are kept"),
    ],
)
def test_a_wrong_correction_says_how_it_is_written(key, value, said):
    with pytest.raises(CorrectionError) as caught:
        parse_corrections({key: value})
    assert str(caught.value) == said


def test_corrections_lie_over_what_was_found():
    found = {"company": "Acme", "ticker": "ACM", "kind": "10-Q"}
    corrections = {"title": "Report", "published": None, "company": "Delta", "ticker": None, "note": "new"}
    assert lay_over("T", date(2024, 1, 2), found, {"kind": "cover page", "company": "cover page"}, corrections) == (
        "Report",
        None,
        {"company": "Delta", "kind": "10-Q", "note": "new"},
        {"kind": "cover page", **dict.fromkeys(("title", "published", "company", "ticker", "note"), "corrected")},
    )
    assert found == {"company": "Acme", "ticker": "ACM", "kind": "10-Q"}


def test_the_calendar_s_period_follows_a_corrected_end():
    found = {"period": "2024 Q3", "period_end": "2023-10-29", "calendar_period": "2023 Q3"}
    _, _, facts, origins = lay_over("T", None, found, {}, {"period_end": "2023-07-30"})
    assert (facts["calendar_period"], origins["calendar_period"]) == ("2023 Q2", "period_end")
    _, _, facts, _ = lay_over("T", None, found, {}, {"period_end": "2023-07-30", "calendar_period": "2022 Q1"})
    assert facts["calendar_period"] == "2022 Q1"
    assert "calendar_period" not in lay_over("T", None, found, {}, {"period": None})[2]
