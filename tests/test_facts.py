"""What a document says of itself becomes facts, whatever its format; what it says of others does not."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from ingest.article import Article
from ingest.facts import complete_facts, first_lines
from ingest.periods import parse_period
from ingest.reading import read_article
from ingest.sources import ROW_MEDIA_TYPE, Source, find_sources, is_skipped, is_skipped_in_corpus


def read(text, name="document.txt", **more):
    return read_article(Source(name, data=text.encode(), **more))


def sources_in(path: Path, skip: Callable[[Path], bool] = is_skipped) -> list[Source]:
    """The files and rows at the path, each of which has to be a source."""
    sources: list[Source] = []
    for each in find_sources(path, skip=skip):
        assert isinstance(each, Source), each
        sources.append(each)
    return sources


def facts(article, *keys):
    return {key: article.facts.get(key) for key in keys}


COVER = """UNITED STATES
SECURITIES AND EXCHANGE COMMISSION
Washington, D.C. 20549

FORM {form}

☒ {kind} REPORT PURSUANT TO SECTION 13 OR 15(d) OF THE SECURITIES EXCHANGE ACT OF 1934
{span}
☐ TRANSITION REPORT PURSUANT TO SECTION 13 OR 15(d) OF THE SECURITIES EXCHANGE ACT OF 1934
For the transition period from        to
Commission File Number: 001-12345

ZORBEK INSTRUMENTS, INC.
(Exact name of registrant as specified in its charter)

Delaware  12-3456789
(State of incorporation)  (I.R.S. Employer Identification No.)

Title of each class  Trading Symbol(s)  Name of each exchange on which registered
Common Stock, $0.01 par value  ZRBK  The Nasdaq Stock Market LLC

Indicate by check mark whether the registrant has filed all reports. Yes ☒ No ☐
"""


def quarterly(ended, body):
    cover = COVER.format(form="10-Q", kind="QUARTERLY", span=f"For the quarterly period ended {ended}")
    return read(
        f"{cover}\n\n{body}\n\nZorbek Instruments, Inc. makes instruments. Zorbek Instruments, Inc. is in Ohio."
    )


def test_the_cover_of_a_quarterly_report_gives_company_ticker_kind_and_title():
    article = quarterly("June 30, 2024", "Three Months Ended  Six Months Ended\nSix Months Ended June 30, 2024")
    assert article.title == "Zorbek Instruments, Inc. Form 10-Q, quarterly period ended June 30, 2024"
    assert facts(article, "company", "ticker", "kind", "period_end", "period", "year_end", "calendar_period") == {
        "company": "Zorbek Instruments, Inc.",
        "ticker": "ZRBK",
        "kind": "10-Q",
        "period_end": "2024-06-30",
        "period": "2024 Q2",
        "year_end": "12-31",
        "calendar_period": "2024 Q2",
    }
    assert article.origins["company"] == article.origins["title"] == "cover page"
    assert article.origins["period"] == "statements"


@pytest.mark.parametrize(
    ("ended", "body", "period", "year_end", "calendar"),
    [
        (  # a year of 52 or 53 weeks
            "July 1, 2023",
            "Our fiscal year is the 52- or 53-week period that ends on the last Saturday of September.\n"
            "Three Months Ended  Nine Months Ended\nNine Months Ended July 1, 2023",
            "2023 Q3",
            "09-30",
            "2023 Q2",
        ),
        (  # named after the year in which it ends
            "October 29, 2023",
            "See our Form 10-K for the fiscal year ended January 29, 2023.\n"
            "Revenue in the third quarter of fiscal year 2024 grew; in the third quarter of fiscal year 2023 it fell.\n"
            "The third quarter of fiscal year 2024 had 13 weeks, like the third quarter of fiscal year 2023.",
            "2024 Q3",
            "01-31",
            "2023 Q3",
        ),
        (  # named after the year in which most of it lies, as shops do
            "October 28, 2023",
            "Fiscal 2022 ended on January 28, 2023 and fiscal 2021 ended on January 29, 2022.\n"
            "Thirteen Weeks Ended  Thirty-Nine Weeks Ended\nThirty-nine weeks ended October 28, 2023.\n"
            "Sales in the third quarter of 2023 rose against the third quarter of 2022. In the third quarter of 2023 "
            "we opened two shops, in the third quarter of 2022 three.",
            "2023 Q3",
            "01-31",
            "2023 Q3",
        ),
        (  # only the length of the year to date tells
            "December 31, 2022",
            "For the three and six months ended December 31, 2022. Six months ended December 31. Six Months Ended",
            "2023 Q2",
            "06-30",
            "2022 Q4",
        ),
    ],
)
def test_a_quarter_has_the_company_s_own_label_and_the_calendar_s(ended, body, period, year_end, calendar):
    article = quarterly(ended, body)
    assert facts(article, "period", "year_end", "calendar_period") == {
        "period": period,
        "year_end": year_end,
        "calendar_period": calendar,
    }


def test_a_quarter_whose_year_cannot_be_told_has_no_label():
    article = quarterly("June 30, 2024", "Revenue grew.")
    assert facts(article, "period_end", "period", "year_end", "calendar_period") == {
        "period_end": "2024-06-30",
        "period": None,
        "year_end": None,
        "calendar_period": None,
    }


def test_a_year_to_date_that_contradicts_the_year_end_gives_no_label():
    body = "Form 10-K for the fiscal year ended March 31, 2024.\nNine months ended June 30, 2024. Nine months ended."
    assert "period" not in quarterly("June 30, 2024", body).facts


def test_an_annual_report_to_the_regulator_covers_its_year():
    cover = COVER.format(form="10-K", kind="ANNUAL", span="For the fiscal year ended September 30, 2023")
    article = read(f"{cover}\nSIGNATURES\n\nDate: November 2, 2023\n\nDate: November 2, 2023")
    assert facts(article, "kind", "period", "period_end", "year_end", "calendar_period") == {
        "kind": "10-K",
        "period": "2023",
        "period_end": "2023-09-30",
        "year_end": "09-30",
        "calendar_period": "2023",
    }
    assert article.title == "ZORBEK INSTRUMENTS, INC. Form 10-K, fiscal year ended September 30, 2023"
    assert (article.published, article.origins["published"]) == (date(2023, 11, 2), "signature")


def test_a_report_of_an_event_is_dated_by_it_and_has_no_period():
    cover = COVER.format(form="8-K", kind="CURRENT", span="")
    article = read(cover + "\nDate of Report (Date of earliest event reported): May 7, 2024\n")
    assert article.title == "ZORBEK INSTRUMENTS, INC. Form 8-K, May 7, 2024"
    assert (article.published, article.facts.get("period")) == (date(2024, 5, 7), None)


def test_a_foreign_filing_names_its_company_above_the_translation():
    article = read(
        "SECURITIES AND EXCHANGE COMMISSION\nWASHINGTON, D.C.\n\nFORM 20-F\n\n"
        "For the fiscal year ended December 31, 2023\n\nCommission file number 1-9999\n\n"
        "Nordvik Shipping ASA\n(Translation of registrant’s name into English)\n"
    )
    assert facts(article, "company", "kind", "period") == {
        "company": "Nordvik Shipping ASA",
        "kind": "20-F",
        "period": "2023",
    }


def test_a_name_over_two_lines_is_one_name():
    text = COVER.format(form="10-K", kind="ANNUAL", span="").replace(
        "ZORBEK INSTRUMENTS, INC.", "INTERNATIONAL ZORBEK MACHINES\nCORPORATION"
    )
    assert read(text).facts["company"] == "INTERNATIONAL ZORBEK MACHINES CORPORATION"


def test_an_article_about_filings_is_no_filing():
    article = read(
        "What to look for in Form 10-K\n\nThe Securities and Exchange Commission wants a Form 10-K every year. "
        "Zorbek Inc. filed one for the fiscal year ended June 30, 2024."
    )
    assert not {"company", "kind", "period", "ticker"} & set(article.facts)


RELEASE = """{headline}

COLUMBUS, Ohio — May 7, 2024 — Zorbek Corp. (NASDAQ: ZRBK) today announced results for the quarter ended
March 31, 2024. Zorbek grew in every region.

Forward-looking statements

This release contains forward-looking statements. Zorbek may miss them.

Investor Relations Contact: ir@zorbek.example
"""


@pytest.mark.parametrize(
    ("headline", "period"),
    [
        ("Zorbek Corp. Reports First Quarter 2024 Results", "2024 Q1"),
        ("ZORBEK CORP. ANNOUNCES THIRD QUARTER FISCAL 2024 RESULTS", "2024 Q3"),
        ("Zorbek Corp. (ZRBK) reports Q2 FY24 earnings", "2024 Q2"),
    ],
)
def test_a_release_of_results_is_its_company_s(headline, period):
    article = read(RELEASE.format(headline=headline))
    assert facts(article, "company", "ticker", "kind", "period", "period_end") == {
        "company": "Zorbek Corp.",
        "ticker": "ZRBK",
        "kind": "earnings release",
        "period": period,
        "period_end": "2024-03-31",
    }


def test_a_release_tells_when_the_fiscal_year_ends():
    article = read(RELEASE.format(headline="Zorbek Corp. Reports Third Quarter Fiscal 2024 Results"))
    assert facts(article, "year_end", "calendar_period") == {"year_end": "06-30", "calendar_period": "2024 Q1"}


def test_a_story_about_results_is_not_the_company_s():
    article = read(
        "Zorbek Reports First Quarter 2024 Results Above Estimates\n\nBy Ada Lovelace\n\n"
        "Zorbek on Tuesday posted earnings above estimates. Zorbek (NASDAQ: ZRBK) rose 3 percent. Analysts like Zorbek."
    )
    assert not {"company", "kind", "ticker", "period"} & set(article.facts)


@pytest.mark.parametrize(
    ("title", "company", "ticker", "period"),
    [
        ("Zorbek Corp (ZRBK) Q3 2024 Earnings Call Transcript", "Zorbek Corp", "ZRBK", "2024 Q3"),
        ("Zorbek earnings call FY24 Q2", "Zorbek", None, "2024 Q2"),
        ("Q4 2023 Zorbek Corp. Earnings Call", "Zorbek Corp.", None, "2023 Q4"),
        ("Zorbek FY24 Third Quarter Earnings Conference Call", "Zorbek", None, "2024 Q3"),
        ("ZRBK Earnings Conference Call", None, "ZRBK", "2024 Q1"),
    ],
)
def test_a_call_s_title_names_company_and_period(title, company, ticker, period):
    text = "ADA LOVELACE: Welcome to Zorbek Corp. This is our first quarter of 2024. Zorbek grew."
    article = read(f"{title}\n\nTuesday, July 30, 2024\n\n{text}")
    assert facts(article, "company", "ticker", "period", "kind") == {
        "company": company,
        "ticker": ticker,
        "period": period,
        "kind": "call transcript",
    }


def test_a_call_s_calendar_quarter_is_the_one_before_its_day():
    text = "Zorbek earnings call FY24 Q4\n\nTuesday, July 30, 2024\n\nADA LOVELACE: Zorbek welcomes you. Zorbek grew."
    article = read(text)
    assert (article.facts["calendar_period"], article.origins["calendar_period"]) == ("2024 Q2", "date of the call")


def test_a_call_that_came_late_or_in_a_year_ending_in_spring_has_no_calendar_quarter():
    text = "Zorbek Q4 2023 earnings call\n\nMarch 20, 2024\n\nADA LOVELACE: Zorbek welcomes you. Zorbek grew."
    assert "calendar_period" not in read(text).facts


def test_a_story_about_a_call_is_no_transcript():
    article = read(
        "5 things Zorbek said on its Q3 2024 earnings call\n\nZorbek said five things on the call. Zorbek grew. "
        "Analysts had asked what Zorbek would say."
    )
    assert not {"company", "kind", "period"} & set(article.facts)


@pytest.mark.parametrize(
    ("said", "period"),
    [
        ("its fiscal 2024 third quarter ended March 30, 2024", "2024 Q3"),
        ("its third quarter ended March 30, 2024", "2024 Q3"),
    ],
)
def test_a_headline_without_a_year_has_the_year_of_its_quarter_not_of_the_one_compared_with(said, period):
    article = read(
        "Zorbek Corp. Announces Third Quarter Results\n\n"
        f"Zorbek Corp. (NASDAQ: ZRBK) today announced results for {said}. "
        "Sales of Zorbek were $5 million, compared with $4 million in third quarter 2023.\n\n"
        "This release contains forward-looking statements."
    )
    assert facts(article, "company", "period", "period_end", "year_end", "calendar_period") == {
        "company": "Zorbek Corp.",
        "period": period,
        "period_end": "2024-03-30",
        "year_end": "06-30",
        "calendar_period": "2024 Q1",
    }


@pytest.mark.parametrize(
    "text",
    [
        "Zorbek annual report 2023 shows risks\n\n" + "Zorbek grew. " * 9,
        "Five minutes with the head of Zorbek\n\nZorbek met the board. Zorbek grew.",
        "What banks need\n\nUnder 12 CFR Part 225 a bank such as Zorbek must ask the Federal Reserve Board first. "
        "Zorbek did, and the Board of Governors agreed.",
        "How to read an annual report\n\nZorbek Corp.\n\n" + "Zorbek grew in 2023. " * 9,
    ],
)
def test_what_an_article_mentions_it_is_not(text):
    assert not {"company", "kind", "period", "publisher"} & set(read(text).facts)


def test_an_annual_report_names_its_company_on_the_cover():
    article = read(
        "Annual Report 2023\n\nNORDVIK SHIPPING ASA\n\nThis is the report for the year ended 31 December 2023.\n\n"
        + "Nordvik Shipping sailed on. " * 5
    )
    assert facts(article, "company", "kind", "period", "period_end", "year_end") == {
        "company": "Nordvik Shipping ASA",
        "kind": "annual report",
        "period": "2023",
        "period_end": "2023-12-31",
        "year_end": "12-31",
    }


def test_a_stock_code_is_a_ticker():
    article = read(
        "Lantau Bricks Holdings Limited\n(Stock Code: 00912)\n\nINTERIM REPORT 2024\n\n"
        "For the six months ended 30 June 2024\n\n" + "Lantau Bricks made bricks. " * 5
    )
    assert facts(article, "company", "ticker", "kind") == {
        "company": "Lantau Bricks Holdings Limited",
        "ticker": "00912",
        "kind": "interim report",
    }


def test_a_mention_of_an_annual_report_is_none():
    article = read("Markets this week\n\nWe read the annual report of Zorbek Corp.\n\n" + "Zorbek grew. " * 9)
    assert not {"company", "kind", "period"} & set(article.facts)


def test_an_authority_is_a_publisher_and_no_company():
    article = read(
        "Guideline on Lending\n\nMonetary Authority of Freedonia\n\nJuly 2024\n\nTo all authorized institutions: lend."
    )
    assert facts(article, "kind", "publisher", "company") == {
        "kind": "regulator",
        "publisher": "Monetary Authority of Freedonia",
        "company": None,
    }


def test_a_regulation_is_told_by_its_sections():
    text = "Lending by members\n\n" + "".join(
        f"§ 208.{n} Limits\n\nA member may lend {n} times.\n\n" for n in range(1, 7)
    )
    assert read(text).facts["kind"] == "regulator"
    assert "kind" not in read("Banks and § 208.3\n\nSee § 208.3 and § 208.4 of the rules, says our writer.").facts


def test_minutes_are_minutes():
    assert read("Minutes of the Board of Freedonia, May 2, 2024\n\nThe board met.").facts["kind"] == "minutes"


def test_what_a_row_says_stays_and_its_period_is_written_as_filters_compare_it():
    row = (
        b'{"_id": "c1", "title": "Zorbek Corp (ZRBK) Q3 2024 Earnings Call",'
        b' "text": "Thank you for joining. Zorbek grew. Zorbek is here.",'
        b' "company": "Zorbek Group", "period": "FY2014 Q4", "kind": "call"}'
    )
    article = read_article(Source("c1", data=row, media_type=ROW_MEDIA_TYPE))
    assert facts(article, "company", "period", "kind", "ticker") == {
        "company": "Zorbek Group",
        "period": "2014 Q4",
        "kind": "call",
        "ticker": "ZRBK",
    }
    assert article.origins["company"] == article.origins["period"] == article.origins["title"] == "row"


def test_front_matter_goes_before_what_the_text_says():
    article = read(
        "---\ntitle: Our notes\ndate: 2024-02-01\ncompany: Delta Advisers\nlanguage: de\n---\n"
        "# Zorbek Corp (ZRBK) Q3 2024 Earnings Call\n\n3 March 2024\n\nZorbek welcomes all of you. Zorbek grew.",
        "notes.md",
    )
    assert (article.title, article.published) == ("Our notes", date(2024, 2, 1))
    assert facts(article, "company", "language") == {"company": "Delta Advisers", "language": "de"}
    assert article.origins["company"] == article.origins["published"] == "front matter"


def test_a_given_title_and_date_stay():
    article = read(
        RELEASE.format(headline="Zorbek Corp. Reports First Quarter 2024 Results"),
        title="Mine",
        published=date(2020, 1, 2),
    )
    assert (article.title, article.published) == ("Mine", date(2020, 1, 2))
    assert article.origins["title"] == article.origins["published"] == "given"


def stated(text, **more):
    origins = dict.fromkeys(("author", "published"), "PDF metadata")
    return complete_facts(Article("a.pdf", "T", text, "0" * 64, origins=origins, **more), "a.pdf")


def test_who_only_saved_the_file_is_no_author():
    assert "author" not in stated("A text by nobody.", facts={"author": "Alex Chen"}).facts
    kept = stated("By Alex Chen\n\nA text.", facts={"author": "Alex Chen"})
    assert (kept.facts["author"], kept.origins["author"]) == ("Alex Chen", "PDF metadata")


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Published: 6 May 2024", date(2024, 5, 6)),
        ("25 January 2019", date(2019, 1, 25)),
        ("Tuesday, July 22, 2014", date(2014, 7, 22)),
        ("Sales had doubled by 6 May 2024 or so", date(2000, 1, 1)),
        ("May 2024", date(2000, 1, 1)),
    ],
)
def test_the_date_that_a_page_shows_goes_before_the_file_s(line, day):
    assert stated(f"A letter\n{line}\nDear reader", published=date(2000, 1, 1)).published == day


def test_language_is_found_where_it_can_be_told():
    assert (
        read("Der Umsatz ist im dritten Quartal auf fünf Milliarden gestiegen und das Ergebnis mit ihm.").facts[
            "language"
        ]
        == "de"
    )
    assert "language" not in read("1 2 3 4 5 6").facts


def test_first_lines_of_an_article_without_places_are_its_text_s():
    assert first_lines(Article("a.txt", "T", " one \n\ntwo  three\n", "0")) == ["one", "two  three"]


def test_an_empty_article_has_no_facts():
    article = Article("a.txt", "T", "", "0")
    assert complete_facts(article, "a.txt") == article


def test_a_release_inside_a_report_of_an_event_tells_its_period():
    cover = COVER.format(form="8-K", kind="CURRENT", span="").replace("ZORBEK INSTRUMENTS, INC.", "Zorbek Corp.")
    event = "Date of Report (Date of earliest event reported): May 7, 2024\n\nItem 2.02 Results of Operations"
    release = RELEASE.format(headline="Zorbek Corp. Reports Third Quarter Fiscal 2024 Results")
    article = read(f"{cover}\n{event}\n\nExhibit 99.1\n\n{release}")
    assert facts(article, "kind", "period", "period_end", "year_end", "calendar_period") == {
        "kind": "8-K",
        "period": "2024 Q3",
        "period_end": "2024-03-31",
        "year_end": "06-30",
        "calendar_period": "2024 Q1",
    }
    other = read(f"{cover}\n{event}\n\n{release.replace('Zorbek', 'Delta')}")
    assert not {"period", "period_end"} & set(other.facts)


def test_the_regulator_s_data_are_brought_to_the_document_s_ways():
    text = COVER.format(form="10-Q", kind="QUARTERLY", span="For the quarterly period ended July 1, 2023")
    text += "\nZorbek Instruments, Inc. makes instruments."
    said = {"company": "ZORBEK INSTRUMENTS, INC.", "period": "2023 Q3", "year_end": "09-24", "ticker": "ZRBK"}
    origins = dict.fromkeys(said, "inline XBRL")
    article = complete_facts(Article("a.htm", "a-20230701", text, "0", facts=said, origins=origins), "a.htm")
    assert facts(article, "company", "year_end", "period") == {
        "company": "Zorbek Instruments, Inc.",
        "year_end": "09-30",
        "period": "2023 Q3",
    }
    assert (article.origins["company"], article.origins["title"]) == ("inline XBRL", "cover page")


def test_a_dated_page_of_a_site_is_an_article():
    page = (
        '<html><head><title>Zinc rises</title><meta property="og:site_name" content="Metal News">'
        '<meta property="article:published_time" content="2025-07-02"></head><body><article><h1>Zinc rises</h1><p>'
        + "The price of zinc rose again, since the mines of the north stood still for weeks. " * 6
        + "</p></article></body></html>"
    )
    article = read(page, "zinc.html")
    assert facts(article, "kind", "site", "company") == {"kind": "article", "site": "Metal News", "company": None}
    assert article.origins["published"] == article.origins["site"] == "page metadata"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("filing", "company", "ticker", "ended", "period", "calendar", "year_end"),
    [
        ("2023 Q1 AAPL", "Apple Inc.", "AAPL", "2022-12-31", "2023 Q1", "2022 Q4", "09-30"),
        ("2023 Q1 AMZN", "Amazon.com, Inc.", "AMZN", "2023-03-31", "2023 Q1", "2023 Q1", "12-31"),
        ("2023 Q1 INTC", "Intel Corporation", "INTC", "2023-04-01", "2023 Q1", "2023 Q1", "12-31"),
        ("2023 Q1 MSFT", "Microsoft Corporation", "MSFT", "2022-12-31", "2023 Q2", "2022 Q4", "06-30"),
        ("2023 Q3 NVDA", "NVIDIA Corporation", "NVDA", "2023-10-29", "2024 Q3", "2023 Q3", "01-31"),
    ],
)
def test_real_filings_say_whose_and_of_when_they_are(
    shared, filing, company, ticker, ended, period, calendar, year_end
):
    path = shared / "data" / "filings_10q" / "pdfs" / f"{filing}.pdf"
    article = read_article(Source("report.pdf", data=path.read_bytes()))
    assert article.facts == {
        "company": company,
        "ticker": ticker,
        "kind": "10-Q",
        "period_end": ended,
        "period": period,
        "calendar_period": calendar,
        "year_end": year_end,
        "language": "en",
    }


@pytest.mark.shared
def test_real_calls_and_minutes_say_what_they_are(shared):
    calls = [read_article(each) for each in sources_in(shared / "data" / "articles" / "msft_calls.jsonl.gz")]
    assert {(each.facts["company"], each.facts["kind"]) for each in calls} == {("Microsoft", "call transcript")}
    # A fiscal year that ends in June: its first quarter is the calendar's third.
    for each in calls:
        fiscal, calendar = (parse_period(each.facts[key]) for key in ("period", "calendar_period"))
        assert fiscal is not None
        assert calendar is not None
        assert fiscal.last - calendar.last == 2
    minutes = [read_article(each) for each in sources_in(shared / "data" / "articles" / "fomc.jsonl.gz")]
    assert {each.facts["kind"] for each in minutes} == {"minutes", "statement"}
    assert not any("company" in each.facts for each in minutes)


def test_the_briefings_are_no_company_s():
    root = Path(__file__).resolve().parent.parent
    briefings = [read_article(each) for each in sources_in(root / "corpus", skip=is_skipped_in_corpus)]
    assert len(briefings) == 10
    for each in briefings:
        assert each.facts["language"] == "en"
        assert not {"company", "ticker", "period", "calendar_period", "period_end", "year_end"} & set(each.facts)
