"""Tables in PDF files: which lines they have, the names of their columns, labels, and pages that they run over."""

from collections.abc import Callable, Sequence

from fpdf import FPDF

from ingest.article import Article, Block, BlockKind
from ingest.formats import pdf
from ingest.sources import Source

_RIGHTS = (330.0, 400.0, 470.0, 540.0)  # right edges of columns, in points


def _article(*draws: Callable[[FPDF], None]) -> Article:
    document = FPDF(format="A4", unit="pt")
    document.set_auto_page_break(False)
    for draw in draws:
        document.add_page()
        document.set_font("Helvetica", size=10)
        draw(document)
    return pdf.read(bytes(document.output()), Source("report.pdf"))


def _centred(document: FPDF, left: float, right: float, top: float, text: str) -> None:
    document.text((left + right - document.get_string_width(text)) / 2, top, text)


def _line(
    document: FPDF, top: float, label: str, *cells: str, rights: Sequence[float] = _RIGHTS, x: float = 60
) -> None:
    document.text(x, top, label)
    for right, cell in zip(rights, cells, strict=False):
        document.text(right - document.get_string_width(cell), top, cell)


def _prose(document: FPDF, top: float) -> float:
    document.text(60, top, "The group sold more in every region than it had in the year before, and it spent less,")
    document.text(60, top + 13, "as the statements on these pages show to everybody who reads them.")
    return top + 40


def _rows(article: Article) -> list[Block]:
    return [block for block in article.blocks if block.kind is BlockKind.TABLE_ROW]


def _named(article: Article, start: str) -> dict[str, str]:
    """The cells of the row whose text begins with `start`, by the names of their columns."""
    row = next(block for block in _rows(article) if article.text[block.start : block.end].startswith(start)).row
    block = next(block for block in _rows(article) if block.row is row)
    text = article.text[block.start : block.end]
    assert row is not None
    return dict(zip(row.columns, (text[a:b] for a, b in row.cells), strict=True))


def _statement(document: FPDF) -> None:
    top = _prose(document, 90)
    document.set_font("Helvetica", "B", 10)
    _centred(document, 60, 540, top, "STATEMENT OF OPERATIONS")
    document.set_font("Helvetica", size=10)
    _centred(document, 60, 540, top + 13, "(In millions, except per share amounts)")
    _centred(document, 290, 400, top + 30, "Three Months Ended")
    _centred(document, 430, 540, top + 30, "Nine Months Ended")
    for right, name in zip(_RIGHTS, ("July 1,", "June 25,", "July 1,", "June 25,"), strict=True):
        _centred(document, right - 45, right, top + 43, name)
    for right, name in zip(_RIGHTS, ("2023", "2022", "2023", "2022"), strict=True):
        _centred(document, right - 45, right, top + 56, name)
    _line(document, top + 72, "Net sales:")
    _line(document, top + 86, "Products", "$ 60,584", "$ 63,355", "$ 230,901", "$ 245,241", x=70)
    _line(document, top + 100, "Services", "21,213", "19,604", "62,886", "58,941", x=70)
    _line(document, top + 114, "Property held for sale or for lease to others, net of")
    _line(document, top + 127, "depreciation", "(7)", "-", "12.5%", "1", x=70)


def test_a_name_over_several_columns_is_given_to_each_of_them():
    article = _article(_statement)
    assert _named(article, "Products") == {
        "": "Products",
        "Three Months Ended July 1, 2023": "$ 60,584",
        "Three Months Ended June 25, 2022": "$ 63,355",
        "Nine Months Ended July 1, 2023": "$ 230,901",
        "Nine Months Ended June 25, 2022": "$ 245,241",
    }
    captions = [article.text[b.start : b.end] for b in article.blocks if b.kind is BlockKind.CAPTION]
    assert captions == ["(In millions, except per share amounts)"]


def test_a_label_over_two_lines_is_one_and_a_heading_of_rows_stays_apart():
    texts = [
        text
        for article in [_article(_statement)]
        for text in (article.text[block.start : block.end] for block in _rows(article))
    ]
    assert texts[0] == "Net sales:"
    assert texts[-1] == ("Property held for sale or for lease to others, net of depreciation  (7)  -  12.5%  1")


def test_labels_stand_in_as_far_as_they_are_drawn():
    rows = _rows(_article(_statement))
    assert [row.row.indent for row in rows if row.row is not None][:3] == [0, 10, 10]


def test_an_empty_cell_moves_no_figure_under_another_name():
    def draw(document: FPDF) -> None:
        top = _prose(document, 90)
        for right, name in zip(_RIGHTS, ("Level 1", "Level 2", "Level 3", "Total"), strict=True):
            _centred(document, right - 45, right, top, name)
        _line(document, top + 16, "Corporate debt", "1", "103", "7", "111")
        _line(document, top + 30, "Government debt", "", "48", "", "48")

    assert _named(_article(draw), "Government") == {"": "Government debt", "Level 2": "48", "Total": "48"}


def test_a_heading_of_rows_between_figures_does_not_end_the_table():
    def draw(document: FPDF) -> None:
        top = _prose(document, 90)
        for right, name in zip(_RIGHTS[2:], ("2023", "2022"), strict=True):
            _centred(document, right - 45, right, top, name)
        _line(document, top + 16, "Total liabilities", "5,000", "4,000", rights=_RIGHTS[2:])
        document.set_font("Helvetica", "B", 10)
        _line(document, top + 30, "Commitments and contingencies (Note 4)")
        _line(document, top + 44, "Stockholders' equity:")
        document.set_font("Helvetica", size=10)
        _line(document, top + 58, "Retained earnings", "1,408", "(3,068)", rights=_RIGHTS[2:])

    article = _article(draw)
    assert _named(article, "Retained") == {"": "Retained earnings", "2023": "1,408", "2022": "(3,068)"}
    assert not [block for block in article.blocks if block.kind is BlockKind.HEADING]


def test_a_table_over_a_page_s_end_keeps_the_names_of_its_columns():
    def first(document: FPDF) -> None:
        top = _prose(document, 640)
        for right, name in zip(_RIGHTS[2:], ("2023", "2022"), strict=True):
            _centred(document, right - 45, right, top, name)
        for number in range(5):
            _line(document, top + 16 + 14 * number, f"Region {'ABCDE'[number]}", "5,000", "4,000", rights=_RIGHTS[2:])

    def second(document: FPDF) -> None:
        for number in range(3):
            cells = (f"6,00{number}", f"7,00{number}")
            _line(document, 80 + 14 * number, f"Country {'FGH'[number]}", *cells, rights=_RIGHTS[2:])
        _prose(document, 200)

    def other(document: FPDF) -> None:
        _line(document, 80, "Rate", "5 %", rights=_RIGHTS[:1])
        _line(document, 94, "Share", "6 %", rights=_RIGHTS[:1])

    assert _named(_article(first, second), "Country G") == {"": "Country G", "2023": "6,001", "2022": "7,001"}
    assert _rows(_article(first, other))[-1].columns == ()


def test_new_names_within_a_table_hold_from_there_on():
    def draw(document: FPDF) -> None:
        top = _prose(document, 90)
        for shift, day in ((0, "October 30, 2022"), (90, "January 30, 2022")):
            _centred(document, 355, 540, top + shift, day)
            for right, name in zip(_RIGHTS[1:], ("Cost", "Gain", "Fair value"), strict=True):
                _centred(document, right - 45, right, top + shift + 14, name)
            _line(document, top + shift + 30, "Corporate debt", "4,221", "12", "4,233", rights=_RIGHTS[1:])
            _line(document, top + shift + 44, "Government debt", "14,221", "-", "14,221", rights=_RIGHTS[1:])

    article = _article(draw)
    assert [block.columns[1] for block in _rows(article)] == [
        "October 30, 2022 Cost",
        "October 30, 2022 Cost",
        "January 30, 2022 Cost",
        "January 30, 2022 Cost",
    ]


def test_a_label_and_two_decimal_figures_are_no_note_in_the_margin():
    def draw(document: FPDF) -> None:
        top = _prose(document, 90)
        for right, name in zip(_RIGHTS[2:], ("Units", "Fair value"), strict=True):
            _centred(document, right - 45, right, top, name)
        _line(document, top + 16, "Outstanding", "224.1", "150", rights=_RIGHTS[2:])
        _line(document, top + 30, "Units vested", "(69.1)", "109", rights=_RIGHTS[2:])

    assert _named(_article(draw), "Outstanding") == {"": "Outstanding", "Units": "224.1", "Fair value": "150"}


def test_lines_of_prose_above_a_table_name_no_columns():
    def draw(document: FPDF) -> None:
        _prose(document, 90)
        lines = ("Banks should use the effective rather", "than the stated amount in this table,", "whose factors are:")
        for number, line in enumerate(lines):
            document.text(300, 140 + 13 * number, line)
        for right, name in zip(_RIGHTS, ("Interest", "Exchange", "Equity", "Gold"), strict=True):
            _centred(document, right - 45, right, 190, name)
        _line(document, 204, "One year", "0.0", "1.0", "6.0", "10.0")
        _line(document, 218, "Five years", "0.5", "5.0", "8.0", "12.0")

    article = _article(draw)
    assert list(_named(article, "One year")) == ["", "Interest", "Exchange", "Equity", "Gold"]
    assert (
        "Banks should use the effective rather than the stated amount in this table, whose factors are:" in article.text
    )
