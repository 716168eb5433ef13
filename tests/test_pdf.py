"""PDF files: text in reading order, what is left out, places, metadata, and files that are broken or hostile."""

import io
import re
import shutil
import sys
import zlib
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pypdf
import pypdfium2
import pytest
from fpdf import FPDF
from PIL import Image

from errors import SourceEncrypted, SourceError, SourceTooLarge, SourceUnreadable
from ingest.article import Article, Block, BlockKind
from ingest.formats import pdf
from ingest.formats.pdf_lines import Word, lines_of
from ingest.reading import read_article
from ingest.sources import Source
from ingest.workers import WorkerPool

_REAL = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def _read(data: bytes, name: str = "report.pdf") -> Article:
    return pdf.read(data, Source(name, data=data))


def _blocks(article: Article, kind: BlockKind) -> list[str]:
    return [article.text[block.start : block.end] for block in article.blocks if block.kind is kind]


def _document(draw: Callable[[FPDF], None]) -> bytes:
    document = FPDF(format="A4", unit="pt")
    document.set_auto_page_break(False)
    document.set_margins(72, 72, 72)
    document.set_font("Helvetica", size=11)
    draw(document)
    return bytes(document.output())


def _lines(document: FPDF, left: float, top: float, *lines: str) -> float:
    for line in lines:
        document.text(left, top, line)
        top += 14
    return top


_WRAPPED = (
    "The hospital group reported that the number of imaging examinations rose by twelve",
    "per cent, and that the cost of each examination fell, since radiologists read more of",
    "them with assistance.",
)


def _report(document: FPDF) -> None:
    for page in range(1, 5):
        document.add_page()
        document.set_font("Helvetica", size=8)
        document.text(72, 40, "Annual report 2024")
        document.text(500, 810, f"Page {page} of 4")
        document.set_font("Helvetica", size=11)
        top = 90.0
        if page == 1:
            document.set_font("Helvetica", "B", 20)
            document.text(72, top, "Medical Imaging in 2024")
            document.set_font("Helvetica", size=11)
            document.text(72, top + 24, "6 May 2024")
            top += 60
        document.set_font("Helvetica", "B", 11)
        document.text(72, top, f"{page}.1 Section number {page}")
        document.set_font("Helvetica", size=11)
        top = _lines(document, 72, top + 24, *_WRAPPED) + 14
        top = _lines(document, 72, top, f"A second paragraph stands on page {page}, by itself.") + 14
        _lines(document, 72, top, "(a) a first item;", "(b) a second item.")


@pytest.fixture(scope="module")
def report() -> bytes:
    return _document(_report)


def test_lines_become_paragraphs_and_headings(report: bytes) -> None:
    article = _read(report)
    assert " ".join(_WRAPPED) in _blocks(article, BlockKind.PARAGRAPH)
    assert "A second paragraph stands on page 3, by itself." in _blocks(article, BlockKind.PARAGRAPH)
    assert _blocks(article, BlockKind.HEADING) == [
        "Medical Imaging in 2024",
        *(f"{page}.1 Section number {page}" for page in range(1, 5)),
    ]
    assert _blocks(article, BlockKind.LIST_ITEM)[:2] == ["(a) a first item;", "(b) a second item."]
    assert article.pages == 4


def test_running_headers_and_page_numbers_are_left_out(report: bytes) -> None:
    text = _read(report).text
    assert "Annual report 2024" not in text
    assert "of 4" not in text


def test_every_block_has_its_page(report: bytes) -> None:
    article = _read(report)
    pages = [block.page for block in article.blocks if block.kind is BlockKind.HEADING]
    assert pages == [1, 1, 2, 3, 4]


def test_places_lie_around_their_words(report: bytes) -> None:
    _check_places(_read(report), report)


def test_title_and_date_are_those_that_the_page_shows(report: bytes) -> None:
    article = read_article(Source("report.pdf", data=report))
    assert (article.title, article.origins["title"]) == ("Medical Imaging in 2024", "first page")
    assert (article.published, article.origins["published"]) == (date(2024, 5, 6), "first page")


def test_stated_title_author_and_date_are_used() -> None:
    def draw(document: FPDF) -> None:
        document.set_title("Outlook for Telemedicine")
        document.set_author("Ada Lovelace")
        document.set_creation_date(datetime(2023, 2, 1))
        document.add_page()
        document.text(72, 90, "Some words of text that stand here.")

    article = _read(_document(draw))
    assert article.title == "Outlook for Telemedicine"
    assert article.facts["author"] == "Ada Lovelace"
    assert article.published == date(2023, 2, 1)


@pytest.mark.parametrize("stated", ["Microsoft Word - report.doc", "untitled", "Final_v3.docx", "scan0001"])
def test_titles_that_name_no_document_are_not_used(stated: str) -> None:
    def draw(document: FPDF) -> None:
        document.set_title(stated)
        document.add_page()
        document.text(72, 90, "Some words of text that stand here.")

    assert _read(_document(draw), "folder/Hospital prices.pdf").title == "Hospital prices"


def test_table_rows_keep_label_and_figures_together_with_column_names() -> None:
    def draw(document: FPDF) -> None:
        document.add_page()
        document.text(72, 90, "The table below shows the sales of the two segments in the last two years.")
        rows = [("", "2023", "2022"), ("Products", "$ 63,355", "$ 61,948"), ("Services, net", "19,604", "(17,486)")]
        for number, (label, first, second) in enumerate(rows):
            top = 120 + 16 * number
            # Cells are drawn column by column, as some programs do.
            document.text(72, top, label or " ")
            document.text(330, top, first)
            document.text(430, top, second)

    article = _read(_document(draw))
    assert _blocks(article, BlockKind.TABLE_ROW) == ["Products  $ 63,355  $ 61,948", "Services, net  19,604  (17,486)"]
    rows = [block for block in article.blocks if block.kind is BlockKind.TABLE_ROW]
    assert [block.columns for block in rows] == [("", "2023", "2022"), ("", "2023", "2022")]


def test_two_columns_are_read_one_after_the_other() -> None:
    left = [f"left column line {number} goes on" for number in range(12)]
    right = [f"right column line {number} goes on" for number in range(12)]

    def draw(document: FPDF) -> None:
        document.add_page()
        _lines(document, 72, 90, *left)
        _lines(document, 320, 90, *right)

    text = " ".join(_read(_document(draw)).text.split())
    assert " ".join(left) in text
    assert " ".join(right) in text
    assert text.index("left column line 11") < text.index("right column line 0")


_SENTENCES = [
    "The hospitals of the province bought more imaging software than ever,",
    "and most of the vendors expect that to go on, since the number of patients",
    "grows faster than the number of radiologists who look at their pictures.",
]


def _column(number: int, lines: int = 12) -> list[str]:
    """Lines of about equal width, each of which says where it belongs."""
    return [f"column {number} line {line:02} goes on and" for line in range(lines)]


@pytest.mark.parametrize("columns", [2, 3])
@pytest.mark.parametrize("drawn", ["column by column", "line by line", "last column first"])
def test_columns_are_read_one_after_the_other_however_they_are_drawn(columns: int, drawn: str) -> None:
    texts = [_column(number) for number in range(columns)]

    def draw(document: FPDF) -> None:
        document.add_page()
        document.set_font("Helvetica", size=8)
        places = [(number, line) for number in range(columns) for line in range(12)]
        if drawn == "line by line":
            places.sort(key=lambda place: place[1])
        if drawn == "last column first":
            places.sort(key=lambda place: -place[0])
        for number, line in places:
            document.text(50 + 500 / columns * number, 90 + 11 * line, texts[number][line])

    text = " ".join(_read(_document(draw)).text.split())
    assert text == " ".join(" ".join(each) for each in texts)


def test_a_sentence_over_the_end_of_a_column_stays_whole_beside_its_footnote() -> None:
    def draw(document: FPDF) -> None:
        document.add_page()
        document.set_font("Helvetica", size=9)
        left = [*_column(0, 10), "The market is expected to grow over the"]
        for number, line in enumerate(left):
            document.text(50, 90 + 11 * number, line)
        document.set_font("Helvetica", size=4)
        document.text(50, 215, "1")
        document.set_font("Helvetica", size=6)
        document.text(55, 218, "As told by the ministry in its yearbook.")
        document.set_font("Helvetica", size=9)
        for number, line in enumerate(["coming years, mostly because of hospitals.", *_column(1, 8)]):
            document.text(320, 90 + 11 * number, line)

    article = _read(_document(draw))
    assert "expected to grow over the coming years, mostly because of hospitals." in article.text
    assert "¹ As told by the ministry in its yearbook." in _blocks(article, BlockKind.PARAGRAPH)


def test_a_title_that_is_drawn_last_stands_first() -> None:
    def draw(document: FPDF) -> None:
        document.add_page()
        _lines(document, 72, 160, *_SENTENCES)
        _lines(document, 72, 230, *_SENTENCES)
        document.set_font("Helvetica", "B", 18)
        document.text(72, 100, "Statement on the Market")

    article = _read(_document(draw))
    assert article.text == "\n\n".join(["Statement on the Market", " ".join(_SENTENCES), " ".join(_SENTENCES)])
    assert article.title == "Statement on the Market"


def test_marks_that_are_drawn_at_the_end_go_to_their_words() -> None:
    def draw(document: FPDF) -> None:
        document.add_page()
        document.text(72, 90, "Sales of software rose to US$1.59 billion, as the ministry said.")
        document.text(72, 300, "Without the sales of hospitals that belong to the state.")
        for _ in range(2):
            _lines(document, 72, 120, *_SENTENCES)
        document.set_font("Helvetica", size=6)
        document.text(72 + 11 * document.get_string_width("Sales of software") / 6, 85, "1")
        document.text(68, 295, "1")

    article = _read(_document(draw))
    assert "Sales of software ¹ rose to US$1.59 billion" in article.text
    assert "¹ Without the sales of hospitals" in article.text
    assert not [block for block in _blocks(article, BlockKind.PARAGRAPH) if len(block) < 5]


@pytest.mark.parametrize("pages", [2, 3])
def test_running_lines_of_a_short_document_are_left_out(pages: int) -> None:
    def draw(document: FPDF) -> None:
        for page in range(1, pages + 1):
            document.add_page()
            document.text(72, 40, "Footnote Monthly")
            document.text(430, 810, f"Imaging and software | {page}")
            _lines(document, 72, 100 + 30 * page, f"Page number {page} says this.", *_SENTENCES)

    text = _read(_document(draw)).text
    assert "Monthly" not in text
    assert "|" not in text
    assert text.count("Page number") == pages


def test_the_last_line_of_short_pages_is_no_footer() -> None:
    def draw(document: FPDF) -> None:
        for page in range(30):
            document.add_page()
            document.text(72, 40, "Running header of this report")
            top = _lines(document, 72, 90, *(_SENTENCES * 3))
            if page % 7 == 0:
                document.text(72, top + 60 + page, "Date: October 26, 2023")
            else:
                _lines(document, 72, 700, f"Section {page} ends here, as ever, with words.")

    text = _read(_document(draw)).text
    assert text.count("Date: October 26, 2023") == 5
    assert "Running header" not in text


def test_a_header_of_which_one_half_changes_is_left_out() -> None:
    def draw(document: FPDF) -> None:
        for page in range(12):
            document.add_page()
            document.text(72, 40, "Enhanced Prudential Standards")
            document.text(430, 40, f"12 CFR {page}.15{'abcdefghijkl'[page]}(B)")
            sentence = "and the number of radiologists did not grow as fast as it was thought to"
            _lines(document, 72, 90, *[sentence] * 40, *(["and so on."] if page == 11 else []))

    article = _read(_document(draw))
    assert "CFR" not in article.text
    assert len(article.blocks) == 1  # no sentence is broken by it


def test_headings_in_a_colour_of_their_own_are_told() -> None:
    def draw(document: FPDF) -> None:
        document.add_page()
        top = 90.0
        for title in ("Revenue and its sources", "iPad", "Results against Q3 2021"):
            document.set_text_color(0, 90, 180)
            document.text(72, top, title)
            document.set_text_color(0, 0, 0)
            top = _lines(document, 72, top + 22, *_SENTENCES) + 16

    article = _read(_document(draw))
    assert _blocks(article, BlockKind.HEADING) == ["Revenue and its sources", "iPad", "Results against Q3 2021"]
    assert _blocks(article, BlockKind.PARAGRAPH) == [" ".join(_SENTENCES)] * 3


def test_a_heading_over_two_lines_is_one() -> None:
    def draw(document: FPDF) -> None:
        document.add_page()
        document.set_font("Helvetica", "B", 16)
        document.text(72, 90, "Approach for Formulating Assumptions in the")
        document.text(72, 110, "Severely Adverse Scenario")
        document.set_font("Helvetica", size=11)
        _lines(document, 72, 150, *_SENTENCES)

    article = _read(_document(draw))
    assert _blocks(article, BlockKind.HEADING) == [
        "Approach for Formulating Assumptions in the Severely Adverse Scenario"
    ]


def test_larger_headings_stand_above_smaller_ones() -> None:
    def draw(document: FPDF) -> None:
        for part in ("One", "Two"):
            document.add_page()
            for size, title in ((20, f"Part {part} of it"), (15, "A chapter of some length")):
                document.set_font("Helvetica", size=size)
                document.text(72, 60 + 3 * size, title)
            document.set_font("Helvetica", "B", 11)
            document.text(72, 150, "A section of the chapter")
            document.set_font("Helvetica", size=11)
            _lines(document, 72, 175, *_SENTENCES)

    article = _read(_document(draw))
    levels = {_text(article, block): block.level for block in article.blocks if block.kind is BlockKind.HEADING}
    assert levels["Part Two of it"] < levels["A chapter of some length"] <= levels["A section of the chapter"]


def test_words_cut_at_a_line_s_end_are_whole() -> None:
    def draw(document: FPDF) -> None:
        document.add_page()
        _lines(
            document, 72, 90, "Each examination costs less, and the number of exami-", "nations rose again, since all"
        )
        _lines(document, 72, 118, "of the hospitals and the state-", "owned ones opened more rooms than before.")
        _lines(document, 72, 300, "It is a state-owned hospital that opened most of them.")

    paragraphs = _blocks(_read(_document(draw)), BlockKind.PARAGRAPH)
    assert paragraphs[0] == (
        "Each examination costs less, and the number of examinations rose again, since all of the hospitals and the "
        "state-owned ones opened more rooms than before."
    )


def test_ligatures_are_spelt_out_and_raised_figures_kept() -> None:
    words = [Word("o\ufb03ce", 72, 90, 100, 102, False), Word("10\u2076", 104, 90, 120, 102, True)]
    assert [line.text for line in lines_of(words, 1)] == ["office 10\u2076"]


def test_a_sentence_over_the_end_of_a_page_stays_whole() -> None:
    def draw(document: FPDF) -> None:
        document.add_page()
        _lines(document, 72, 700, "The market is expected to grow over the coming years, mostly because of the", "many")
        document.add_page()
        _lines(document, 72, 90, "hospitals that buy software for the first time.")

    article = _read(_document(draw))
    expected = (
        "The market is expected to grow over the coming years, mostly because of the many hospitals that buy "
        "software for the first time."
    )
    assert article.text == expected
    assert [place.page for place in article.places] == [1, 1, 2]


def test_a_footnote_mark_never_joins_the_figure_before_it() -> None:
    def draw(document: FPDF) -> None:
        document.add_page()
        document.text(72, 90, "Sales came to US$1.59")
        width = document.get_string_width("Sales came to US$1.59")
        document.set_font("Helvetica", size=6)
        document.text(72 + width, 85, "2")
        document.set_font("Helvetica", size=11)
        document.text(72 + width + 8, 90, "billion in the year, as the ministry said.")

    assert "US$1.59 ² billion in the year" in _read(_document(draw)).text


def test_turned_pages_have_places_as_shown(report: bytes) -> None:
    for angle in (90, 180, 270):
        writer = pypdf.PdfWriter(clone_from=io.BytesIO(report))
        for page in writer.pages:
            page.rotate(angle)
        out = io.BytesIO()
        writer.write(out)
        article = _read(out.getvalue())
        width, height = (842, 595) if angle in (90, 270) else (595, 842)
        boxes = [box for place in article.places for box in place.boxes]
        assert boxes
        assert all(-1 <= a < c <= width + 1 and -1 <= b < d <= height + 1 for a, b, c, d in boxes)


# --- pictures ---------------------------------------------------------------------------------------------------------

_FAKE_TESSERACT = """#!{python}
import sys
picture = sys.stdin.buffer.read()
assert picture.startswith(b"\\x89PNG"), picture[:20]
options = dict(zip(sys.argv[3:-1:2], sys.argv[4:-1:2]))
if options["-l"] != "eng":
    sys.exit("Failed loading language 'xyz'")
width, height = int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")
print("level page_num block_num par_num line_num word_num left top width height conf text".replace(" ", "\\t"))
at = height // 4
for line, words in enumerate([["Words", "in", "a", "pic-"], ["ture", "of", "9", "pages.", "|"]]):
    print("\\t".join(map(str, [4, 1, 1, 1, line, 0, width // 2, at, 900, 40, -1, ""])))
    for number, word in enumerate(words):
        row = [5, 1, 1, 1, line, number, width // 2 + 100 * number, at, 80, 40, 12 if word == "|" else 95, word]
        print("\\t".join(map(str, row)))
    at += 60
"""


@pytest.fixture
def fake_tesseract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "win32":
        pytest.skip("a script is no program on Windows")
    program = tmp_path / "tesseract"
    program.write_text(_FAKE_TESSERACT.replace("{python}", sys.executable), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(pdf, "find_tesseract", lambda: str(program))


def _picture_page(document: FPDF) -> None:
    document.add_page()
    picture = io.BytesIO()
    Image.new("L", (60, 80), 255).save(picture, "PNG")
    document.image(picture, 0, 0, 595, 842)


def _mixed(document: FPDF) -> None:
    document.add_page()
    _lines(document, 72, 90, *_WRAPPED)
    _picture_page(document)
    document.add_page()  # an empty page is no picture
    _picture_page(document)


@pytest.mark.usefixtures("fake_tesseract")
def test_only_pages_that_are_pictures_are_recognised_and_marked() -> None:
    article = _read(_document(_mixed))
    assert _blocks(article, BlockKind.PARAGRAPH) == [" ".join(_WRAPPED), *["Words in a picture of 9 pages."] * 2]
    assert article.facts["ocr"] == "pages 2, 4"
    assert "tesseract" in article.origins["ocr"]
    first = next(place for place in article.places if place.page == 2)
    left, top, _, bottom = first.boxes[0]
    assert round(left) == 298  # half of the page's width
    assert top < 842 / 4 < bottom < 842 / 4 + 15


def test_without_tesseract_the_pages_that_are_left_out_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "find_tesseract", lambda: None)
    article = _read(_document(_mixed))
    assert article.text == " ".join(_WRAPPED)
    assert "ocr" not in article.facts
    assert article.facts["unread_pages"] == "pages 2, 4"
    assert "install the free program tesseract" in article.origins["unread_pages"]


@pytest.mark.usefixtures("fake_tesseract")
def test_a_language_that_tesseract_lacks_is_said() -> None:
    data = _document(_picture_page)
    with pytest.raises(SourceUnreadable) as caught:
        pdf.read(data, Source("scan.pdf", data=data, ocr_language="xyz"))
    assert str(caught.value) == (
        "scan.pdf: has no text, only pictures (a scan?); tesseract lacks its data for the language 'xyz'"
    )


def test_a_language_is_never_an_option_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "find_tesseract", lambda: sys.executable)
    data = _document(_picture_page)
    with pytest.raises(SourceUnreadable, match="'--tessdata-dir /' is no language of tesseract's"):
        pdf.read(data, Source("scan.pdf", data=data, ocr_language="--tessdata-dir /"))


def test_a_scan_without_tesseract_says_how_to_have_it_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "find_tesseract", lambda: None)
    with pytest.raises(SourceUnreadable, match=r"only pictures \(a scan\?\); install the free program tesseract"):
        _read(_document(_picture_page))


def test_a_scanned_page_is_read_by_the_real_tesseract() -> None:
    if shutil.which("tesseract") is None:
        pytest.skip("tesseract is not installed")

    def draw(document: FPDF) -> None:
        document.add_page()
        document.set_font("Helvetica", "B", 18)
        document.text(72, 90, "Imaging in hospitals")
        document.set_font("Helvetica", size=11)
        _lines(document, 72, 130, *_WRAPPED)

    printed = pypdfium2.PdfDocument(_document(draw))
    scan = io.BytesIO()
    printed[0].render(scale=2.5).to_pil().convert("L").save(scan, "PDF", resolution=180)
    printed.close()
    article = _read(scan.getvalue())
    assert article.facts["ocr"] == "all pages"
    assert _blocks(article, BlockKind.HEADING) == ["Imaging in hospitals"]
    assert _blocks(article, BlockKind.PARAGRAPH) == [" ".join(_WRAPPED)]
    tops = [place.boxes[0][1] for place in article.places]
    assert tops == pytest.approx([72, 120, 134, 148], abs=3)


@pytest.mark.usefixtures("fake_tesseract")
def test_fonts_without_letters_are_recognised_from_their_picture() -> None:
    def draw(document: FPDF) -> None:
        document.add_page()
        for number, line in enumerate(_WRAPPED * 2):
            document.text(72, 90 + 14 * number, "".join(chr(ord(char) + 3) if char != " " else " " for char in line))

    article = _read(_document(draw))
    assert article.text == "Words in a picture of 9 pages."
    assert article.facts["ocr"] == "all pages"


# --- bad files -------------------------------------------------------------------------------------------------------


def _encrypted(data: bytes, user: str, owner: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    writer.encrypt(user, owner, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_password_is_named_as_the_reason(report: bytes) -> None:
    with pytest.raises(SourceEncrypted) as caught:
        _read(_encrypted(report, "secret", "owner"))
    assert str(caught.value) == (
        "report.pdf: is protected by a password; add it with its password, or a copy without one"
    )


def test_a_password_for_changes_only_does_not_matter(report: bytes) -> None:
    assert _read(_encrypted(report, "", "owner")).text == _read(report).text


def test_pictures_alone_are_no_text() -> None:
    def draw(document: FPDF) -> None:
        document.add_page()
        document.rect(72, 72, 200, 200)

    with pytest.raises(SourceUnreadable, match="has no text, only pictures"):
        _read(_document(draw))


def test_empty_pages_are_no_pictures() -> None:
    with pytest.raises(SourceUnreadable, match="has no text: its pages are empty"):
        _read(_document(lambda document: document.add_page()))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "report.pdf: is empty"),
        (b"hello", "report.pdf: is not a PDF, whatever its name says; save it again as PDF"),
        (b"%PDF-1.7\n", "report.pdf: is damaged or incomplete and cannot be read; fetch or save it again"),
    ],
)
def test_what_is_no_pdf_is_said_so(data: bytes, message: str) -> None:
    with pytest.raises(SourceUnreadable) as caught:
        _read(data)
    assert str(caught.value) == message


def test_too_many_pages_are_refused(report: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_PAGES", 3)
    with pytest.raises(SourceTooLarge, match="has 4 pages, more than the 3 that are read"):
        _read(report)


def test_rubbish_from_fonts_without_letters_is_refused(report: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    original = pypdfium2.PdfTextPage.get_text_range

    def unmapped(self: pypdfium2.PdfTextPage, *args: int) -> str:
        return "".join(char if char.isspace() else chr(0xE000 + ord(char)) for char in original(self, *args))

    monkeypatch.setattr(pypdfium2.PdfTextPage, "get_text_range", unmapped)
    monkeypatch.setattr(pdf, "find_tesseract", lambda: None)
    with pytest.raises(SourceUnreadable, match="comes out as rubbish"):
        _read(report)


def test_pypdf_reads_where_pdfium_gives_up(report: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise pypdfium2.PdfiumError("no", err_code=3)

    monkeypatch.setattr(pypdfium2, "PdfDocument", refuse)
    article = _read(report)
    assert "A second paragraph stands on page 3, by itself." in article.text
    assert article.pages == 4
    assert {place.boxes for place in article.places} == {()}


_SENTENCE = b"BT /F1 12 Tf 72 700 Td (Revenue rose to nine million in the year.) Tj ET"


def _raw(*objects: bytes, broken: bool = False) -> bytes:
    """A PDF of hand-written objects, the first of which is its catalogue; `broken`: with a table that lies."""
    out = b"%PDF-1.7\n"
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % (place + 77 * broken) for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return out + head + table + end % (len(objects) + 1, len(out))


def _one_page(
    content: bytes, *, box: bytes = b"0 0 595 842", filters: bytes = b"", more: bytes = b"", broken: bool = False
) -> bytes:
    return _raw(
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % more,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>" % box,
        b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), filters, content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Type /Outlines /First 7 0 R /Last 7 0 R /Count 1 >>",
        b"<< /Title (Loop) /Parent 6 0 R /Next 7 0 R /First 7 0 R >>",
        broken=broken,
    )


@pytest.mark.parametrize(
    "data",
    [
        _one_page(_SENTENCE),
        _one_page(_SENTENCE, broken=True),
        b"%PDF-1.7\n" + b"\n" * 50 + _one_page(_SENTENCE)[9:],  # every place in its table is wrong
        _one_page(_SENTENCE)[:-12],
        _one_page(_SENTENCE, more=b"/X " + b"[" * 100_000 + b"]" * 100_000),
        _one_page(b"[" * 100_000 + b"]" * 100_000 + _SENTENCE),
        _one_page(b"q " * 100_000 + _SENTENCE),
        _one_page(_SENTENCE, box=b"0 0 1e9 1e9"),
        _one_page(_SENTENCE, box=b"0 0 0 0"),
        _one_page(_SENTENCE, box=b"595 842 0 0"),
        _one_page(_SENTENCE, more=b"/Outlines 6 0 R"),  # whose only entry is its own child and neighbour
    ],
    ids=["whole", "table", "moved", "end", "arrays", "content", "states", "huge", "nothing", "turned", "outline"],
)
def test_what_is_wrong_around_the_text_does_not_cost_it(data: bytes) -> None:
    article = _read(data)
    assert (article.text, article.pages) == ("Revenue rose to nine million in the year.", 1)


def _bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(b" " * 1_000_000) for _ in range(megabytes)) + packer.flush()


def _page_tree(depth: int) -> bytes:
    """Each node has the next one as a child twice: two to the power of `depth` pages in a file of some kilobytes."""
    nodes = [
        b"<< /Type /Pages /Kids [%d 0 R %d 0 R] /Count %d >>" % (node + 3, node + 3, 2 ** (depth - node))
        for node in range(depth)
    ]
    return _raw(b"<< /Type /Catalog /Pages 2 0 R >>", *nodes, b"<< /Type /Page /MediaBox [0 0 595 842] >>")


def _empty_pages(count: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % number for number in range(3, 3 + count))
    pages = [b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"] * count
    return _raw(
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count), *pages
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (_one_page(_bomb(200), filters=b"/Filter /FlateDecode"), "has no text: its pages are empty"),
        (
            _one_page(zlib.compress(_bomb(500)), filters=b"/Filter [/FlateDecode /FlateDecode]"),
            "has no text: its pages are empty",
        ),
        (_empty_pages(10_000), "has no text: its pages are empty; check that it is the right file"),
        (_page_tree(30), "is damaged or incomplete"),
        (
            _raw(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 5 >>"),
            "is damaged: none of its pages can be read",
        ),
        (
            _one_page(b"BT /F1 1 Tf 10 10 Td " + b"(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) Tj " * 11_000 + b"ET"),
            "has pages of more than 400,000 characters, which are not read",
        ),
        (_one_page(_SENTENCE)[:350], "is damaged or incomplete and cannot be read; fetch or save it again"),
    ],
    ids=["bomb", "bomb in a bomb", "empty pages", "pages without end", "own child", "characters", "half"],
)
def test_traps_cost_nothing_else(data: bytes, message: str) -> None:
    with WorkerPool(1, seconds=50) as pool:
        results = list(pool.read([Source("trap.pdf", data=data), Source("good.pdf", data=_one_page(_SENTENCE))]))
    (_, error), (_, article) = results
    assert isinstance(error, SourceError)
    assert message in str(error)
    assert isinstance(article, Article)
    assert article.text == "Revenue rose to nine million in the year."


def test_damage_gives_an_article_or_a_source_error(report: bytes) -> None:
    outcomes: set[type] = set()
    for place in range(0, len(report), len(report) // 50):
        for broken in (report[:place], report[:place] + bytes([report[place] ^ 0x5A]) + report[place + 1 :]):
            try:
                article = _read(broken)
            except SourceError as error:
                outcomes.add(type(error))
            else:
                outcomes.add(Article)
                _check_blocks(article)
    assert Article in outcomes
    assert SourceUnreadable in outcomes


# --- real documents --------------------------------------------------------------------------------------------------


def _check_blocks(article: Article) -> None:
    end = 0
    for block in article.blocks:
        assert end <= block.start < block.end <= len(article.text)
        text = article.text[block.start : block.end]
        assert text == text.strip()
        assert not article.text[end : block.start].strip()
        end = block.end
    assert not article.text[end:].strip()


def _check_places(article: Article, data: bytes) -> None:
    """What PDFium finds inside the boxes of a place holds the place's words."""
    document = pypdfium2.PdfDocument(data)
    missing = total = 0
    for place in article.places:
        page = document[place.page - 1]
        left, _, _, top = page.get_bbox()
        textpage = page.get_textpage()
        found = ""
        for a, b, c, d in place.boxes:
            found += textpage.get_text_bounded(left + a - 1, top - d - 1, left + c + 1, top - b + 1)
        words = re.findall(r"[A-Za-z]{3,}", article.text[place.start : place.end])
        total += len(words)
        missing += sum(word not in found for word in words)
    document.close()
    assert missing <= 0.01 * total


@pytest.mark.shared
@pytest.mark.parametrize(
    "name",
    ["regulators/pdfs/215.pdf", "regulators/pdfs/Credit Card Business.pdf", "filings_10q/pdfs/2022 Q3 AAPL.pdf"],
)
def test_real_documents_are_read_with_blocks_and_places(name: str) -> None:
    path = _REAL / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    data = path.read_bytes()
    article = _read(data, name)
    _check_blocks(article)
    _check_places(article, data)


@pytest.mark.shared
def test_a_filing_s_rows_and_cover_are_read() -> None:
    path = _REAL / "filings_10q/pdfs/2022 Q3 AAPL.pdf"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    article = read_article(Source(path.name, data=path.read_bytes()))
    assert article.title == "Apple Inc. Form 10-Q, quarterly period ended June 25, 2022"
    assert dict(article.facts) == {
        "company": "Apple Inc.",
        "ticker": "AAPL",
        "kind": "10-Q",
        "period": "2022 Q3",
        "period_end": "2022-06-25",
        "year_end": "09-30",
        "calendar_period": "2022 Q2",
        "language": "en",
    }
    row = next(block for block in article.blocks if _text(article, block).startswith("Total net sales  82,959"))
    assert _text(article, row) == "Total net sales  82,959  81,434  304,182  282,457"
    assert row.columns[1] == "Three Months Ended June 25, 2022"
    assert row.page == 4
    assert "Form 10-Q | 12" not in article.text


def _text(article: Article, block: Block) -> str:
    return article.text[block.start : block.end]
