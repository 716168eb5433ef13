"""What stands around a table: its caption, its unit, and the labels that head its rows."""

import pytest

from ingest.article import Block, BlockKind, Row
from ingest.captions import with_captions
from ingest.tables import joined_cells

HEADING, PARAGRAPH, CAPTION = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.CAPTION
HEADER, ROW = BlockKind.TABLE_HEADER, BlockKind.TABLE_ROW
NAMES = ("", "2023", "2022")


def described(*parts):
    """The rows' Row values of an article of (kind, text) or (kind, cells, indent) parts."""
    text, blocks = "", []
    for kind, said, *indent in parts:
        row = None
        if kind in (ROW, HEADER):
            said, cells = joined_cells(said)
            row = Row(cells, NAMES[: len(cells)], indent=indent[0] if indent else 0)
        text += "\n" if text else ""
        blocks.append(Block(kind, len(text), len(text) + len(said), row=row))
        text += said
    result = with_captions(text, blocks)
    assert [(block.kind, block.start, block.end) for block in result] == [(b.kind, b.start, b.end) for b in blocks]
    return [block.row for block in result if block.kind is ROW]


@pytest.mark.parametrize(
    ("before", "header", "unit"),
    [
        ("(In millions, except per share amounts)", "2023", "In millions, except per share amounts"),
        ("Sales by region were as follows (dollars in thousands):", "2023", "dollars in thousands"),
        ("Sales by region were as follows:", "(In Millions; Unaudited)", "In Millions"),
        (
            "Amounts are stated in millions of U.S. dollars.",
            "2023",
            "Amounts are stated in millions of U.S. dollars",
        ),
        ("Sales by region were as follows:", "US$ million", "US$ million"),
        ("Sales by region were as follows:", "£'000", "£'000"),
        ("Sales rose to US$ 5 million in 2023, as the table shows:", "2023", ""),
        ("Sales in millions of cases are known. The table shows the rest:", "2023", ""),
    ],
)
def test_the_unit_stands_in_the_header_or_directly_above(before, header, unit):
    kind = CAPTION if before.startswith("(") else PARAGRAPH
    rows = described((kind, before), (HEADER, ["", header, "2022"]), (ROW, ["Asia", "5", "6"]))
    assert rows[0].unit == unit


def test_a_caption_or_the_sentence_that_announces_the_table_is_its_caption():
    table = [(HEADER, ["", "2023", "2022"]), (ROW, ["Asia", "5", "6"])]
    assert described((CAPTION, "Table 3: Sales by region"), (CAPTION, "(in millions)"), *table)[0] == Row(
        ((0, 4), (7, 8), (11, 12)), NAMES, (), "Table 3: Sales by region", "in millions"
    )
    said = "Sales rose. The following table shows sales by region:"
    assert described((PARAGRAPH, said), *table)[0].caption == "The following table shows sales by region:"
    assert described((PARAGRAPH, "Sales rose by a tenth."), *table)[0].caption == ""
    assert described((HEADING, "Sales"), *table)[0].caption == ""


def test_a_table_that_goes_on_behind_notes_keeps_caption_and_unit():
    rows = described(
        (PARAGRAPH, "The table shows sales (in millions):"),
        (HEADER, ["", "2023", "2022"]),
        (ROW, ["Asia", "5", "6"]),
        (PARAGRAPH, "1 Without Japan."),
        (ROW, ["Europe", "7", "8"]),
    )
    assert [(row.unit, row.caption) for row in rows] == [("in millions", "The table shows sales (in millions):")] * 2


def labels(*rows):
    return [row.labels for row in described((HEADER, ["", "2023", "2022"]), *rows)]


def test_a_row_without_figures_heads_those_below_down_to_their_total():
    assert labels(
        (ROW, ["Net sales:"]),
        (ROW, ["Products", "5", "6"]),
        (ROW, ["Total net sales", "5", "6"]),
        (ROW, ["Gross margin", "2", "3"]),
    ) == [(), ("Net sales",), ("Net sales",), ()]


def test_rows_that_stand_further_in_belong_to_the_label_above_them():
    assert labels(
        (ROW, ["Operating activities:"], 0),
        (ROW, ["Net income", "5", "6"], 8),
        (ROW, ["Adjustments:"], 8),
        (ROW, ["Depreciation", "5", "6"], 16),
        (ROW, ["Inventories", "5", "6"], 8),
        (ROW, ["Cash at the end", "5", "6"], 0),
    ) == [
        (),
        ("Operating activities",),
        ("Operating activities",),
        ("Operating activities", "Adjustments"),
        ("Operating activities",),
        (),
    ]


def test_two_labels_in_a_row_are_both_kept_and_the_next_one_ends_the_inner():
    assert labels(
        (ROW, ["ASSETS:"]),
        (ROW, ["Current assets:"]),
        (ROW, ["Cash", "5", "6"]),
        (ROW, ["Total current assets", "5", "6"]),
        (ROW, ["LIABILITIES:"]),
        (ROW, ["Current liabilities:"]),
        (ROW, ["Debt", "5", "6"]),
    )[2:] == [*[("ASSETS", "Current assets")] * 2, (), ("LIABILITIES",), ("LIABILITIES", "Current liabilities")]


def test_a_line_that_merely_lacks_figures_heads_nothing():
    rows = [(ROW, ["Commitments and contingencies"]), (ROW, ["Equity:"]), (ROW, ["Earnings", "5", "6"])]
    assert labels(*rows) == [(), (), ("Equity",)]


def test_a_single_figure_is_no_label():
    assert labels((ROW, ["1,234"]), (ROW, ["Earnings", "5", "6"])) == [(), ()]
