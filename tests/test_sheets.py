"""Workbooks and tables in text form become rows under their column names, as a person sees them."""

import io
import re
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from errors import SourceError
from ingest.article import BlockKind
from ingest.reading import read_article
from ingest.sources import Source


def workbook(**sheets):
    """A workbook's bytes; each sheet is rows of values, or of (value, number format)."""
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row, 1):
                value, shown_as = cell if isinstance(cell, tuple) else (cell, None)
                made = sheet.cell(number, column, value)
                if shown_as is not None:
                    made.number_format = shown_as
    return saved(book)


def saved(book):
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def patched(data, change, part=r"xl/worksheets/sheet1\.xml"):
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = old.read(name)
            new.writestr(name, change(body) if re.fullmatch(part, name) else body)
    return made.getvalue()


def read(data, name="figures.xlsx"):
    return read_article(Source(name, data=data))


def blocks(article, *kinds):
    return [article.text[each.start : each.end] for each in article.blocks if not kinds or each.kind in kinds]


def rows(article):
    found = [each for each in article.blocks if each.kind is BlockKind.TABLE_ROW]
    return [(article.text[each.start : each.end], each.row.columns) for each in found]


SALES = [["Segment", 2022, 2023], ["Cloud", (1234567, "#,##0"), (0.125, "0.0%")], ["Total", (-5, "0;(0)"), None]]


def test_sheets_are_sections_and_cells_are_shown_as_people_see_them():
    article = read(workbook(Sales=SALES, Dates=[["When", "What"], [(date(2023, 3, 1), "mmm-yy"), "Opened"]]))
    assert blocks(article, BlockKind.HEADING) == ["Sales", "Dates"]
    columns = ("Segment", "2022", "2023")
    assert rows(article) == [
        ("Cloud | 1,234,567 | 12.5%", columns),
        ("Total | (5) |", columns),
        ("Mar-23 | Opened", ("When", "What")),
    ]
    assert article.title == "figures"


def test_lines_above_a_table_are_its_caption_and_unit():
    article = read(workbook(Sales=[["Sales by segment"], ["(in thousands)"], *SALES]))
    assert blocks(article, BlockKind.CAPTION) == ["Sales by segment", "(in thousands)"]
    row = next(each.row for each in article.blocks if each.kind is BlockKind.TABLE_ROW)
    assert row is not None
    assert "Sales by segment" in row.caption
    assert row.unit == "in thousands"


def test_rows_below_an_empty_one_go_on_under_the_same_names_unless_they_bring_their_own():
    model = [
        ["", 2022, 2023],
        ["Sales", 10, 12],
        [],
        ["Assets"],
        ["Cash", 3, 4],
        [],
        ["Staff", "Men", "Women"],
        ["Berlin", 7, 8],
    ]
    article = read(workbook(Model=model))
    assert rows(article) == [
        ("Sales | 10 | 12", ("", "2022", "2023")),
        ("Assets |  |", ("", "2022", "2023")),
        ("Cash | 3 | 4", ("", "2022", "2023")),
        ("Berlin | 7 | 8", ("Staff", "Men", "Women")),
    ]


def test_columns_that_are_empty_do_not_show():
    article = read(workbook(Model=[[None, None, "Name", None, "Figure"], [None, None, "Cash", None, 3]]))
    assert rows(article) == [("Cash | 3", ("Name", "Figure"))]


def test_words_in_one_column_are_paragraphs():
    article = read(workbook(Notes=[["The bank was founded in 1900."], [], ["It grew."]]))
    assert blocks(article, BlockKind.PARAGRAPH) == ["The bank was founded in 1900.", "It grew."]


def test_hidden_sheets_are_left_out():
    book = Workbook()
    book.active.title = "Seen"
    book.active["A1"] = "Seen words"
    for state in ("hidden", "veryHidden"):
        sheet = book.create_sheet(state)
        sheet["A1"] = "Hidden words"
        sheet.sheet_state = state
    article = read(saved(book))
    assert "Seen words" in article.text
    assert "Hidden" not in article.text


def test_formulas_give_what_was_computed_and_not_themselves():
    data = workbook(Sheet=[["Name", "Sum"], ["Cash", 5]])
    computed = patched(data, lambda body: body.replace(b"<v>5</v>", b"<f>SUM(A1:A9)</f><v>7</v>"))
    assert rows(read(computed)) == [("Cash | 7", ("Name", "Sum"))]
    assert "uncomputed_cells" not in read(computed).facts


def test_formulas_that_were_never_computed_are_told():
    article = read(workbook(Sheet=[["Name", "Sum", "Mean"], ["Cash", 5, "=B2/2"], ["Debt", 6, "=B3/2"]]))
    assert rows(article)[0] == ("Cash | 5 |", ("Name", "Sum", "Mean"))
    assert article.facts["uncomputed_cells"] == "2"
    with pytest.raises(SourceError, match="holds formulas that were never computed; open it in a spreadsheet program"):
        read(workbook(Sheet=[["=1+1"]]))
    with pytest.raises(SourceError, match="holds no text"):
        read(workbook(Sheet=[]))


def test_properties_are_facts_unless_a_program_wrote_them():
    book = Workbook()
    book.active["A1"] = "Words by Ada Lovelace"
    book.properties.title, book.properties.creator = "Figures of 2023", "Ada Lovelace"
    book.properties.created = datetime(2024, 5, 6)
    article = read(saved(book))
    assert (article.title, article.facts["author"], article.published) == (
        "Figures of 2023",
        "Ada Lovelace",
        date(2024, 5, 6),
    )
    assert article.origins["title"] == "document properties"
    assert "author" not in read(workbook(Sheet=[["Words"]])).facts


def test_a_workbook_with_macros_is_read_without_them():
    macro = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    plain = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    data = patched(workbook(Sales=SALES), lambda body: body.replace(plain, macro), r"\[Content_Types\]\.xml")
    assert len(rows(read(data, "figures.xlsm"))) == 2


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (workbook(Sales=SALES)[:-100], "is damaged"),
        (patched(workbook(Sales=SALES), lambda body: body[:200]), "is damaged or no Excel workbook"),
        (patched(workbook(Sales=SALES), lambda body: b"", r"xl/workbook\.xml"), "is damaged or no Excel workbook"),
        (
            patched(workbook(Sales=SALES), lambda body: body + b" " * 30_000_000),
            "unpacks to far more than a document holds",
        ),
    ],
    ids=["cut", "sheet cut", "no workbook", "bomb"],
)
def test_what_goes_wrong_is_said_in_a_line(data, says):
    with pytest.raises(SourceError, match=says) as caught:
        read(data)
    assert "\n" not in str(caught.value)


def test_entities_in_a_sheet_are_not_expanded():
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    data = patched(
        workbook(Sales=SALES), lambda body: bomb + re.sub(rb"<\?xml.*?\?>", b"", body).replace(b"Cloud", b"&b;")
    )
    with pytest.raises(SourceError, match="is damaged"):
        read(data)


def test_too_many_cells_are_refused(monkeypatch):
    monkeypatch.setattr("ingest.formats.xlsx.MAX_CELLS", 5)
    with pytest.raises(SourceError, match="has more than 5 cells; split it"):
        read(workbook(Sales=SALES))


# Tables in text form -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_sign_between_cells_is_told_by_the_rows(sign):
    lines = [["Name", "Note", "2023"], ["Cash", "a, b; c", "1.234"], ["Debt", "d", "5"]]
    text = "\n".join(sign.join(f'"{cell}"' if set(cell) & {",", ";"} else cell for cell in line) for line in lines)
    article = read(text.encode(), "figures.csv")
    assert rows(article) == [
        ("Cash | a, b; c | 1.234", ("Name", "Note", "2023")),
        ("Debt | d | 5", ("Name", "Note", "2023")),
    ]
    assert article.title == "figures"


def test_decimal_commas_do_not_part_cells():
    text = "Name;2022;2023\nCash;1,5;2,5\nDebt;3,5;4,5\n"
    assert rows(read(text.encode(), "a.csv"))[0] == ("Cash | 1,5 | 2,5", ("Name", "2022", "2023"))


def test_a_sign_that_excel_names_counts():
    assert rows(read(b"sep=;\r\nName;a,b\r\nCash;1,2\r\n", "a.csv")) == [("Cash | 1,2", ("Name", "a,b"))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings(encoding):
    text = "Name,Ertrag\nMüller & Söhne,5 €\n"
    assert rows(read(text.encode(encoding), "a.csv")) == [("Müller & Söhne | 5 €", ("Name", "Ertrag"))]


def test_cells_with_line_breaks_stay_one_row():
    assert rows(read(b'Name,Note\nCash,"one\ntwo"\n', "a.tsv.csv")) == [("Cash | one two", ("Name", "Note"))]


@pytest.mark.parametrize(
    ("data", "says"), [(b"", "is empty"), (b"\n , \n", "holds no text"), (b"\x00\x01\x02\x03" * 100, "is no text")]
)
def test_what_is_no_table_is_told(data, says):
    with pytest.raises(SourceError, match=says):
        read(data, "a.csv")


def test_a_cell_beyond_all_reason_is_told():
    with pytest.raises(SourceError, match="is no table, whatever its name says"):
        read(b'a,b\n"' + b"x" * 1_100_000 + b'",c\n', "a.csv")
