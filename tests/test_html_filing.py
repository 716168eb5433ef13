"""Filings in HTML: every heading, paragraph, list and table, no page furniture, and what inline XBRL says."""

import pytest

from ingest.article import Article, BlockKind
from ingest.formats import html
from ingest.sources import Source
from tests.fakes_filings import (
    PROSE,
    bullet,
    divided,
    divided_table,
    line,
    page_end,
    paragraphed,
    paragraphed_table,
    sheeted,
    text,
)

FACTS = {
    "EntityRegistrantName": "Harbour Instruments, Inc.",
    "TradingSymbol": "HRBR",
    "DocumentType": "10-Q",
    "DocumentPeriodEndDate": "July 1, 2023",
    "DocumentFiscalYearFocus": "2023",
    "DocumentFiscalPeriodFocus": "Q2",
    "CurrentFiscalYearEndDate": "--12-31",
    "AmendmentFlag": "false",
}
COVER = line("SECURITIES AND EXCHANGE COMMISSION", bold=True, centred=True, size=12) + line(
    "FORM |10-Q", bold=True, centred=True, size=14
)


def read(page: str) -> Article:
    return html.read(page.encode("utf-8"), Source(name="filing.htm"))


def shown(article: Article) -> list[tuple[str, str]]:
    position = 0
    for block in article.blocks:
        assert not article.text[position : block.start].strip()
        position = block.end
    assert position == len(article.text)
    return [(block.kind.value, article.text[block.start : block.end]) for block in article.blocks]


def headings(article: Article) -> list[tuple[int, str]]:
    return [(b.level, article.text[b.start : b.end]) for b in article.blocks if b.kind is BlockKind.HEADING]


def test_what_inline_xbrl_says_of_the_document_becomes_facts():
    article = read(divided(COVER + line(PROSE), **FACTS))
    assert dict(article.facts) == {
        "company": "Harbour Instruments, Inc.",
        "ticker": "HRBR",
        "kind": "10-Q",
        "period": "2023 Q2",
        "period_end": "2023-07-01",
        "year_end": "12-31",
    }
    assert dict(article.origins) == dict.fromkeys(article.facts, "inline XBRL")
    assert article.title == "Harbour Instruments, Inc. 10-Q 2023 Q2"
    assert "HRBR" not in article.text


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        (
            {"DocumentType": "10-K", "DocumentFiscalYearFocus": "2023", "DocumentFiscalPeriodFocus": "FY"},
            {"kind": "10-K", "period": "2023"},
        ),
        ({"DocumentType": "10-K", "AmendmentFlag": "true"}, {"kind": "10-K/A"}),
        ({"DocumentType": "10-K/A", "AmendmentFlag": "true"}, {"kind": "10-K/A"}),
        ({"DocumentType": "8-K", "DocumentPeriodEndDate": "2023-05-04"}, {"kind": "8-K"}),
        (
            {"DocumentType": "20-F", "DocumentPeriodEndDate": "2023-03-31", "CurrentFiscalYearEndDate": "March 31"},
            {"kind": "20-F", "period_end": "2023-03-31", "year_end": "03-31"},
        ),
        ({"TradingSymbol": "—", "DocumentPeriodEndDate": "soon", "DocumentFiscalYearFocus": "x"}, {}),
    ],
)
def test_facts_are_taken_only_for_what_they_mean(said, facts):
    assert dict(read(divided(COVER + line(PROSE), **said)).facts) == facts


def test_of_several_registrants_the_one_of_the_whole_document_is_the_company():
    other = '<ix:nonNumeric contextRef="c-2" name="dei:EntityRegistrantName">A Subsidiary Ltd.</ix:nonNumeric>'
    page = divided(line("Of " + other) + line(PROSE), EntityRegistrantName="Harbour Instruments, Inc.")
    page = page.replace("<body>", f"<body><p>{other}</p>")
    assert read(page).facts["company"] == "Harbour Instruments, Inc."


def test_parts_items_notes_and_set_headings_make_the_section_path():
    article = read(
        divided(
            COVER
            + line("PART I  —  FINANCIAL INFORMATION", bold=True, centred=True)
            + '<table><tr><td><span style="font-weight:700">Item 1.</span></td><td><span style="font-weight:700">'
            "Financial Statements</span></td></tr></table>"
            + line("STATEMENTS OF OPERATIONS", bold=True, centred=True, size=10)
            + line("Note 1 – Summary of Policies", bold=True)
            + line("Basis of Presentation", bold=True, italic=True)
            + line(PROSE)
            + line("Note 2 – Revenue", bold=True)
            + line(PROSE)
            + line("PART II", bold=True, centred=True)
            + line("Item&#160;1A.", bold=True)
            + line("Risk Factors", bold=True)
            + line("The Company depends on ports, and ports depend on budgets that others set each year.", bold=True)
            + line(f"As Item 1A of the annual report says: {PROSE}")
        )
    )
    assert headings(article)[2:] == [
        (2, "PART I — FINANCIAL INFORMATION"),
        (3, "Item 1. Financial Statements"),
        (4, "STATEMENTS OF OPERATIONS"),
        (4, "Note 1 – Summary of Policies"),
        (5, "Basis of Presentation"),
        (4, "Note 2 – Revenue"),
        (2, "PART II"),
        (3, "Item 1A. Risk Factors"),
    ]
    # A whole sentence in bold can be quoted.
    assert (
        "paragraph",
        "The Company depends on ports, and ports depend on budgets that others set each year.",
    ) in shown(article)


def test_inline_markup_does_not_part_words_and_blocks_do():
    article = read(
        divided(
            COVER
            + line(
                "It was set up in the ye|ar 2001 and <ix:nonNumeric name='x:y' contextRef='c-1'>has<ix:continuation>"
                "&#160;grown</ix:continuation></ix:nonNumeric> since."
                "|<span style='font-size:6pt;vertical-align:super'>2</span>"
            )
            + "<div>One line</div><div>another line,<br/>broken</div>"
        )
    )
    assert [text for kind, text in shown(article) if kind == "paragraph"] == [
        "It was set up in the year 2001 and has grown since.²",
        "One line",
        "another line,\nbroken",
    ]


def test_page_numbers_running_lines_and_links_to_the_contents_are_left_out_and_paragraphs_joined():
    pages = "".join(
        line(f"Page {number} has its own words. {PROSE} It is traded on")
        + page_end(f"Harbour Instruments, Inc. | Q2 2023 Form 10-Q | {number}", "Table of Contents")
        + line(f"the exchange of town {number}.")
        for number in range(1, 6)
    )
    article = read(divided(COVER + pages, **FACTS))
    assert "Form 10-Q |" not in article.text
    assert "Table of Contents" not in article.text
    assert [text for kind, text in shown(article) if kind == "paragraph"] == [
        f"Page {number} has its own words. {PROSE} It is traded on the exchange of town {number}."
        for number in range(1, 6)
    ]


def test_a_heading_repeated_on_every_page_stays_once():
    pages = "".join(
        line("NOTES TO THE STATEMENTS" + (" (Continued)" if number else ""), bold=True, centred=True)
        + line(f"Page {number}. {PROSE}")
        + page_end(str(number))
        for number in range(6)
    )
    article = read(divided(COVER + page_end("") + pages))
    assert [text for _, text in headings(article)].count("NOTES TO THE STATEMENTS") == 1
    assert "Continued" not in article.text
    assert not any(text.isdigit() for _, text in shown(article))


def test_a_line_between_page_breaks_that_comes_but_once_is_kept():
    article = read(
        divided(COVER + line(PROSE) + page_end("Of this page alone") + line(PROSE) + page_end("2") + line("End."))
    )
    assert "Of this page alone" in article.text
    assert "\n2\n" not in article.text


def test_a_table_has_its_columns_and_its_figures_have_their_signs():
    article = read(
        divided(
            COVER
            + line("(In millions, except per-share amounts)", centred=True)
            + divided_table(
                [("Three Months Ended", 2), ("Six Months Ended", 2)],
                ["July 1,<br>2023", "June 25,<br>2022"] * 2,
                [
                    ("Net sales:", "", "", "", ""),
                    ("Instruments", "$81,797", "$82,959", "$293,787", "$304,182"),
                    ("Operating loss", "(3,333)", "$(2,222)", "(1)", "—"),
                    ("Gross margin", "4%", "5%", "6%", "(7)%"),
                ],
            )
        )
    )
    assert shown(article)[2:] == [
        ("caption", "(In millions, except per-share amounts)"),
        (
            "table_header",
            "Three Months Ended | Six Months Ended\nJuly 1, 2023 | June 25, 2022 | July 1, 2023 | June 25, 2022",
        ),
        ("table_row", "Net sales:"),
        ("table_row", "Instruments | $81,797 | $82,959 | $293,787 | $304,182"),
        ("table_row", "Operating loss | (3,333) | $(2,222) | (1) | —"),
        ("table_row", "Gross margin | 4% | 5% | 6% | (7)%"),
    ]
    assert {block.columns for block in article.blocks if block.kind is BlockKind.TABLE_ROW} == {
        (
            "",
            "Three Months Ended July 1, 2023",
            "Three Months Ended June 25, 2022",
            "Six Months Ended July 1, 2023",
            "Six Months Ended June 25, 2022",
        )
    }


def test_how_far_labels_stand_in_is_known_however_it_is_written():
    cells = [
        "<td>Net sales</td>",
        "<td style='padding:2px 1pt 2px 12pt'><span>Instruments</span></td>",
        "<td><div style='padding-left:12pt'><span>Services</span></div></td>",
        "<td><p style='margin-left:3.2em;text-indent:-2em'>Spare parts</p></td>",
        "<td>&#160;&#160;&#160;&#160;&#160;<b>Repairs</b></td>",
    ]
    rows = "".join(f"<tr>{cell}<td>{number}</td></tr>" for number, cell in enumerate(cells))
    article = read(divided(COVER + f"<table>{rows}</table>"))
    assert [block.row.indent for block in article.blocks if block.row is not None] == [0, 12, 12, 12, 12]


def test_tables_of_older_filings_with_spacers_and_signs_in_cells_of_their_own():
    article = read(
        paragraphed(
            text("ANNUAL REPORT PURSUANT TO SECTION 13 OR 15(d) OF THE SECURITIES EXCHANGE ACT OF 1934")
            + paragraphed_table(
                ["2009", "2008"], [("Revenue", "$1,234", "$999"), ("Loss", "(5)", "(7)"), ("Share", "12%", "—")]
            )
            + text("12", centred=True)
            + "<P STYLE='page-break-before:always'></P><HR SIZE='3'>"
            + text("<A HREF='#toc'>Table of Contents</A>")
            + paragraphed_table([], [("Later revenue", "$1", "$2")])
        )
    )
    assert shown(article)[1:] == [
        ("table_header", "2009 | 2008"),
        ("table_row", "Revenue | $1,234 | $999"),
        ("table_row", "Loss | (5) | (7)"),
        ("table_row", "Share | 12% | —"),
        ("table_row", "Later revenue | $1 | $2"),
    ]
    # The rest of a table on the next page goes by the names above its first part.
    assert article.blocks[-1].columns == ("", "2009", "2008")


def test_tables_that_only_place_text_are_lists_headings_and_paragraphs():
    article = read(
        divided(
            COVER
            + "<table><tr><td>•</td><td>a port in the north</td></tr>"
            + "<tr><td>•</td><td>a port in the south</td></tr></table>"
            + bullet("a river")
            + "<table><tr><td>(1)</td><td>Includes what was <b>discontinued</b>.</td></tr></table>"
            + "<ol start='4'><li>four</li><li>five<ul><li>of five</li></ul></li></ol>"
            + f"<table><tr><td><p>Left column. {PROSE}</p><p>{PROSE * 3}</p></td>"
            + f"<td><p>Right column. {PROSE}</p></td></tr></table>"
            + "<table><tr><td>Delaware</td><td>77-0111111</td></tr><tr><td>(State)</td><td>(Number)</td></tr></table>"
        )
    )
    assert shown(article)[2:] == [
        ("list_item", "• a port in the north"),
        ("list_item", "• a port in the south"),
        ("list_item", "• a river"),
        ("list_item", "(1) Includes what was discontinued."),
        ("list_item", "4. four"),
        ("list_item", "5. five"),
        ("list_item", "• of five"),
        ("paragraph", f"Left column. {PROSE}"),
        ("paragraph", PROSE * 3),
        ("paragraph", f"Right column. {PROSE}"),
        ("table_row", "Delaware | 77-0111111"),
        ("table_row", "(State) | (Number)"),
    ]


def test_the_table_of_contents_is_furniture():
    rows = "".join(
        f"<tr><td><a href='#i{n}'>Item {n}.</a></td><td><a href='#i{n}'>Chapter {n}</a></td><td>{n}</td></tr>"
        for n in range(1, 8)
    )
    article = read(divided(COVER + f"<table>{rows}</table>" + line(PROSE)))
    assert ("furniture", "Item 3. | Chapter 3 | 3") in shown(article)
    assert [text for _, text in headings(article)] == ["SECURITIES AND EXCHANGE COMMISSION", "FORM 10-Q"]


def test_lines_of_contents_are_furniture_and_a_heading_that_leads_back_is_one():
    contents = "".join(f"<div><a href='#i{n}'>Item {n}. Chapter of {n}</a> ... {n}</div>" for n in range(1, 7))
    contents += page_end("i")
    article = read(
        divided(
            COVER + contents + line("<a href='#top'>Item 1. Chapter of 1</a>", bold=True) + line(PROSE) + page_end("1")
        )
    )
    assert [kind for kind, text in shown(article) if "Chapter" in text] == ["furniture"] * 6 + ["heading"]


def test_a_table_of_contents_without_links_is_furniture_and_a_table_of_figures_is_not():
    contents = "".join(f"<tr><td>Item {n}.</td><td>Chapter {n}</td><td>{7 * n}</td></tr>" for n in range(1, 7))
    figures = "".join(f"<tr><td>Item {n}</td><td>{70 - 7 * n}</td></tr>" for n in range(1, 7))
    article = read(divided(COVER + f"<table>{contents}</table>" + line(PROSE) + f"<table>{figures}</table>"))
    kinds = [kind for kind, text in shown(article) if text.startswith("Item")]
    assert kinds == ["furniture"] * 6 + ["table_row"] * 6


def test_text_that_is_laid_out_with_spaces_keeps_its_tables():
    plain = f"""
                 RESULTS OF THE YEAR

{PROSE[:70]}
and so on it goes.

                        1999       1998
Sales                  1,234        999
Cost                    (34)       (29)
"""
    article = read(divided(COVER + f"<pre>{plain}</pre>" + line("After.")))
    assert shown(article)[2:] == [
        ("heading", "RESULTS OF THE YEAR"),
        ("paragraph", f"{PROSE[:70]}\nand so on it goes."),
        ("table_header", "1999       1998"),
        ("table_row", "Sales                  1,234        999"),
        ("table_row", "Cost                    (34)       (29)"),
        ("paragraph", "After."),
    ]


def test_letters_in_a_font_of_symbols_are_the_boxes_and_bullets_that_they_draw():
    article = read(
        divided(
            COVER
            + "<p>Yes <font face='Wingdings'>x</font> No <span style='font-family:Wingdings'>¨</span></p>"
            + "<table><tr><td><font face='Wingdings'>l</font></td><td>an extra port</td></tr></table>"
        )
    )
    assert shown(article)[2:] == [("paragraph", "Yes ☒ No ☐"), ("list_item", "● an extra port")]


def test_hidden_parts_scripts_and_handlers_are_no_text():
    article = read(
        divided(
            COVER
            + "<script>var secret = 1;</script><iframe src='http://example.com/'>secret</iframe>"
            + "<div style='DISPLAY: none'>secret</div><p hidden>secret</p><span style='visibility:hidden'>secret</span>"
            + "<table><tr style='display:none'><td>secret</td><td>1</td></tr><tr><td>open</td><td>2</td></tr></table>"
            + '<p onclick="secret()">Said <a href="javascript:secret()" onmouseover="secret()">openly</a>.</p>',
            **FACTS,
        )
    )
    assert "secret" not in article.text
    assert "Said openly." in article.text


def test_a_style_sheet_of_the_document_is_heeded():
    article = read(
        sheeted(
            "<p class='t head'>Chapter on water</p><p class='t'>" + PROSE + "</p><p class='gone'>unseen</p>"
            "<p class='t'>"
            "<ix:nonNumeric name='ifrs-full:NameOfReportingEntityOrOtherMeansOfIdentification'>Hafen AG</ix:nonNumeric>"
            " is in a town.</p><td/>",
            ".t {font-size: 9pt} /* x */ .head, h9 {font-weight: bold; font-size: 14pt} .gone {display: none}",
        )
    )
    assert shown(article) == [
        ("heading", "Chapter on water"),
        ("paragraph", PROSE),
        ("paragraph", "Hafen AG is in a town."),
    ]
    assert article.facts == {"company": "Hafen AG"}


def test_lines_that_have_places_of_their_own_are_put_together():
    sheet = ".t{position:absolute}.b{font-size:9pt} .h{font-size:14pt} @media print{.pf{page-break-after:always}}"
    pages = "".join(
        f"<div class='pf'><div class='t h y1'>Chapter on {name}</div>"
        f"<div class='t b y1'>{name} has grown in <span class='_ _1'></span>all of its mar<span class='_'></span>kets,"
        f" which are</div><div class='t b y2'>Europe and Asia. The group of {name} will go on with</div>"
        f"<div class='t b y3'>what it does in {name}.</div>"
        f"<div class='t b y4'>Another paragraph of {name}.</div><div class='t b y9'>{number}</div></div>"
        for number, name in enumerate(("Hamburg", "Bremen", "Kiel", "Emden"))
    )
    article = read(sheeted(pages, sheet))
    assert shown(article)[3:6] == [
        ("heading", "Chapter on Bremen"),
        (
            "paragraph",
            "Bremen has grown in all of its markets, which are Europe and Asia. "
            "The group of Bremen will go on with what it does in Bremen.",
        ),
        ("paragraph", "Another paragraph of Bremen."),
    ]
    assert len(article.blocks) == 12


def test_elements_that_end_in_their_own_tag_do_not_swallow_what_follows():
    article = read(divided(COVER + "<div style='height:1pt'/><span/><a name='x'/>" * 3000 + line("After all.")))
    assert article.text.endswith("After all.")


def test_a_report_is_known_by_its_tables_and_a_web_page_by_its_navigation():
    tables = paragraphed_table(["2009", "2008"], [("Revenue", "$1", "$2"), ("Cost", "$3", "$4")]) * 6
    report = read(
        f"<html><head><title>ex99</title></head><body><p><b>Harbour reports a year</b></p>{tables}</body></html>"
    )
    assert sum(block.kind is BlockKind.TABLE_ROW for block in report.blocks) == 12
    assert report.title == "Harbour reports a year"
    release = read(f"<html><body><p><b>Harbour reports</b></p>{tables[: len(tables) // 3]}<p>Words.</p></body></html>")
    assert sum(block.kind is BlockKind.TABLE_ROW for block in release.blocks) == 4
    news = f"<article><h1>News</h1><p>{PROSE}</p><p>{PROSE}</p>{tables}</article>"
    page = read(f"<html><body><nav><a href='/'>Home</a> <a href='/x'>Shop</a></nav>{news}</body></html>")
    assert "Shop" not in page.text
