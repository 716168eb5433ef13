"""Submissions from the SEC's archive, and filings in plain text with their tags."""

from datetime import date

import pytest

from errors import SourceUnreadable
from ingest.article import Article
from ingest.reading import read_article
from ingest.sources import Source
from tests.fakes_filings import PROSE, divided, divided_table, line

HEADER = """<SEC-DOCUMENT>0000009-23-000001.txt : 20230803
<SEC-HEADER>0000009-23-000001.hdr.sgml : 20230803
ACCESSION NUMBER:		0000009-23-000001
CONFORMED SUBMISSION TYPE:	10-Q
CONFORMED PERIOD OF REPORT:	20230701
FILED AS OF DATE:		20230803

FILER:

	COMPANY DATA:
		COMPANY CONFORMED NAME:			HARBOUR INSTRUMENTS INC
		FISCAL YEAR END:			1231
</SEC-HEADER>
"""


def document(kind: str, body: str, description: str = "") -> str:
    return (
        f"<DOCUMENT>\n<TYPE>{kind}\n<SEQUENCE>1\n<FILENAME>x.htm\n"
        + (f"<DESCRIPTION>{description}\n" if description else "")
        + f"<TEXT>\n{body}\n</TEXT>\n</DOCUMENT>\n"
    )


def read(text: str, name: str = "0000009-23-000001.txt") -> Article:
    return read_article(Source(name=name, data=text.encode()))


def shown(article: Article) -> list[tuple[str, str]]:
    position = 0
    for block in article.blocks:
        assert not article.text[position : block.start].strip()
        position = block.end
    assert position == len(article.text)
    return [(block.kind.value, article.text[block.start : block.end]) for block in article.blocks]


def test_a_submission_is_its_form_and_exhibits_and_nothing_packed():
    form = divided(
        line("FORM 10-Q", bold=True) + line(PROSE) + divided_table([("Year", 1)], ["2023"], [("Sales", "$5")])
    )
    article = read(
        HEADER
        + document("10-Q", f"<XBRL>\n{form}\n</XBRL>")
        + document("EX-99.1", "Good news\n\nThe company announces a harbour.", "PRESS RELEASE")
        + document("GRAPHIC", "begin 644 logo.jpg\nM_]C_X\n`\nend")
        + document("EX-101.INS", "<XBRL>\n<?xml version='1.0'?><xbrl>9999</xbrl></XBRL>")
        + document("EX-11", "<XML><?xml version='1.0'?><summary>9999</summary></XML>")
        + document("ZIP", "begin 644 a.zip\nM9999\nend")
        + "</SEC-DOCUMENT>"
    )
    assert shown(article) == [
        ("heading", "FORM 10-Q"),
        ("paragraph", PROSE),
        ("table_header", "Year\n2023"),
        ("table_row", "Sales | $5"),
        ("heading", "EX-99.1 PRESS RELEASE"),
        ("heading", "Good news"),
        ("paragraph", "The company announces a harbour."),
    ]
    header = {
        "company": "HARBOUR INSTRUMENTS INC",
        "kind": "10-Q",
        "period_end": "2023-07-01",
        "year_end": "12-31",
    }
    assert header.items() <= article.facts.items()
    assert article.published == date(2023, 8, 3)
    assert {article.origins[key] for key in (*header, "published")} == {"submission header"}


def test_what_inline_xbrl_says_goes_before_the_header():
    form = divided(line(PROSE), EntityRegistrantName="Harbour Instruments, Inc.", DocumentFiscalYearFocus="2023",
                   DocumentFiscalPeriodFocus="Q2", DocumentType="10-Q")  # fmt: skip
    article = read(HEADER + document("10-Q", form))
    assert article.facts["company"] == "Harbour Instruments, Inc."
    assert article.origins["company"] == "inline XBRL"
    assert article.origins["year_end"] == "submission header"
    assert article.title == "Harbour Instruments, Inc. 10-Q 2023 Q2"


def test_one_document_out_of_a_submission_is_read_without_its_tags():
    article = read(document("10-Q", divided(line("FORM 10-Q", bold=True) + line(PROSE))), "x.htm")
    assert shown(article) == [("heading", "FORM 10-Q"), ("paragraph", PROSE)]


def test_a_submission_of_nothing_but_pictures_says_so():
    with pytest.raises(SourceUnreadable, match="without a document that can be read"):
        read(HEADER + document("GRAPHIC", "begin 644 logo.jpg\nM_]C_X\n`\nend"))


OLD = """                       HARBOUR INSTRUMENTS INC

The company sells instruments and has done so since it was set up in the
town, and it will go on as long as there are

                                     12
<PAGE>   13
ports that want to buy them.

<TABLE>
<CAPTION>
                                              Years ended December 31,
                                          --------------------------------
(In thousands)                               1997        1996        1995
                                          ----------  ----------  --------
<S>                                       <C>         <C>         <C>
Net sales..............................   $  151,234  $   99,876  $ 88,123
Cost of sales..........................      (51,234)     (9,876)   (8,123)
  Harbours and rivers.................            --       1,000       900
                                          ==========  ==========  ========
</TABLE>

<TABLE>
<S>        <C>
Exhibit    A list of words alone
</TABLE>

Nothing more.
"""


@pytest.mark.parametrize("wrapped", [True, False])
def test_plain_text_of_old_filings_loses_its_tags_and_keeps_its_tables(wrapped):
    article = read(HEADER + document("10-Q", OLD)) if wrapped else read(OLD, "old.txt")
    rows = [(kind, text) for kind, text in shown(article) if kind.startswith("table") or kind == "caption"]
    assert rows == [
        ("table_header", "Years ended December 31,\n(In thousands) | 1997 | 1996 | 1995"),
        ("table_row", "Net sales | $151,234 | $99,876 | $88,123"),
        ("table_row", "Cost of sales | (51,234) | (9,876) | (8,123)"),
        ("table_row", "Harbours and rivers | -- | 1,000 | 900"),
    ]
    assert "<" not in article.text
    assert "will go on as long as there are\nports that want to buy them." in article.text
    assert "\n12\n" not in article.text
    assert "A list of words alone" in article.text
    assert article.blocks[-1].columns == ()
    row = next(block for block in article.blocks if block.kind.value == "table_row")
    assert row.columns == (
        "(In thousands)",
        "Years ended December 31, 1997",
        "Years ended December 31, 1996",
        "Years ended December 31, 1995",
    )


def test_text_that_merely_speaks_of_tags_is_left_alone():
    assert "<table>" in read("A word on <table> and <page> in HTML.\n\nMore.", "note.txt").text
