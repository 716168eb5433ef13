"""The boxes of quoted words hold exactly these words, as PDFium alone reads them from the page."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdf
import pytest
from fpdf import FPDF
from pypdf.generic import RectangleObject

from ingest.article import Article, Mark, Place, places_of
from ingest.formats import pdf
from ingest.sentences import sentence_spans
from ingest.sources import Source
from tests.words_in_boxes import Box, Pages, bare

_REAL = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def document(draw: Callable[[FPDF], None]) -> bytes:
    made = FPDF(format="A4", unit="pt")
    made.set_auto_page_break(False)
    made.set_font("Helvetica", size=11)
    draw(made)
    return bytes(made.output())


def lines(made: FPDF, left: float, top: float, *texts: str) -> None:
    for number, text in enumerate(texts):
        made.text(left, top + 14 * number, text)


def changed(data: bytes, change: Callable[[pypdf.PdfWriter], object]) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def read(data: bytes) -> Article:
    return pdf.read(data, Source("a.pdf", data=data))


def boxes_of(article: Article, start: int, end: int) -> list[Box]:
    return [(place.page, *box) for place in article.places for box in place.boxes_of(start, end)]


def quotable(article: Article) -> Iterator[tuple[int, int]]:
    """Sentences of all blocks, without space around them."""
    for block in article.blocks:
        for start, end in sentence_spans(article.text, block.start, block.end):
            text = article.text[start:end]
            start += len(text) - len(text.lstrip())
            end = start + len(text.strip())
            if start < end:
                yield start, end


def wrong(data: bytes) -> tuple[list[tuple[str, str]], int]:
    """What differs, as (quote, found), and how many quotes there are."""
    article = read(data)
    spans = list(quotable(article))
    with Pages(data) as pages:
        places = [(article.text[start:end], boxes_of(article, start, end)) for start, end in spans]
        return [(quote, pages.text_in(boxes)) for quote, boxes in places if not pages.hold(boxes, quote)], len(spans)


def found_for(data: bytes, words: str) -> tuple[str, list[Box]]:
    article = read(data)
    start = article.text.index(words)
    boxes = boxes_of(article, start, start + len(words))
    with Pages(data) as pages:
        return pages.text_in(boxes), boxes


def two_sentences(made: FPDF) -> None:
    made.add_page()
    two_sentences_at(made, 72, 90)


def two_sentences_at(made: FPDF, left: float, top: float) -> None:
    lines(
        made, left, top,
        "The group sold more in the first quarter than in the year before. Of this, twelve",
        "per cent came from abroad, as the table on the next page shows. Costs fell at the",
        "same time, since fewer parts had to be bought from others.",
    )  # fmt: skip


def test_a_sentence_in_the_middle_of_lines_is_boxed_alone() -> None:
    data = document(two_sentences)
    words = "Of this, twelve per cent came from abroad, as the table on the next page shows."
    found, boxes = found_for(data, words)
    assert bare(found) == bare(words)
    assert [round(box[1]) == 72 for box in boxes] == [False, True]
    assert wrong(data) == ([], 3)


def test_words_cut_in_two_are_cut_by_their_letters() -> None:
    (_, left, _, right, _), *rest = found_for(document(two_sentences), "quarter")[1]
    assert rest == []
    ((_, first, _, last, _),) = found_for(document(two_sentences), "art")[1]  # of "quarter"
    assert left < first < last < right
    assert last - first == pytest.approx(3 / 7 * (right - left), abs=0.2)


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_turned_pages(angle: int) -> None:
    differing, quotes = wrong(changed(document(two_sentences), lambda writer: writer.pages[0].rotate(angle)))
    assert differing == []
    assert quotes >= 3


def test_text_drawn_sideways_on_a_page_that_is_turned_back() -> None:
    def draw(made: FPDF) -> None:
        made.add_page()
        with made.rotation(90, 300, 400):
            two_sentences_at(made, 100, 300)

    assert wrong(changed(document(draw), lambda writer: writer.pages[0].rotate(90))) == ([], 3)


def test_cropped_pages_turned_or_not() -> None:
    def crop(writer: pypdf.PdfWriter) -> None:
        writer.pages[0].cropbox = RectangleObject((40, 500, 560, 800))

    cropped = changed(document(two_sentences), crop)
    assert wrong(cropped) == ([], 3)
    assert found_for(cropped, "The group")[1][0][1] == pytest.approx(72 - 40, abs=1)
    assert wrong(changed(cropped, lambda writer: writer.pages[0].rotate(90)))[0] == []


def test_columns() -> None:
    def draw(made: FPDF) -> None:
        made.add_page()
        for left, name in ((72, "left"), (320, "right")):
            lines(made, left, 90, *(f"The {name} column, line {number}, ends. It" for number in range(12)))

    differing, quotes = wrong(document(draw))
    assert differing == []
    assert quotes > 20


def test_rows_of_tables_and_of_contents() -> None:
    def draw(made: FPDF) -> None:
        made.add_page()
        lines(made, 72, 90, "Introduction and scope................................................3", "Risks....9")
        for number, row in enumerate([("", "2023", "2022"), ("Products", "$ 63,355", "61,948"), ("Other", "1", "(2)")]):
            for left, text in zip((72, 330, 430), row, strict=True):
                made.text(left, 200 + 16 * number, text or " ")

    data = document(draw)
    assert wrong(data)[0] == []
    found, _ = found_for(data, "Introduction and scope")
    assert found.rstrip() == "Introduction and scope"
    assert len(found_for(data, "Products  $ 63,355  61,948")[1]) == 3


def test_hyphens_ligatures_and_raised_marks() -> None:
    def draw(made: FPDF) -> None:
        made.add_page()
        lines(
            made, 72, 90,
            "Over the year the number of exami\u00adnations rose by a tenth, and that of imaging examin-",
            "ations by a fifth. Their cost came to US$1.59",
        )  # fmt: skip
        width = made.get_string_width("ations by a fifth. Their cost came to US$1.59")
        made.set_font("Helvetica", size=6)
        made.text(72 + width, 99, "2")
        made.set_font("Helvetica", size=11)
        made.text(72 + width + 8, 104, "billion, as the ministry said. Others differ.")

    data = document(draw)
    assert wrong(data)[0] == []
    found, _ = found_for(data, "Others differ.")
    assert found.strip() == "Others differ."


def test_a_sentence_over_the_end_of_a_page_has_boxes_on_both() -> None:
    def draw(made: FPDF) -> None:
        made.add_page()
        lines(made, 72, 700, "Nothing else is here. The market is expected to grow, mostly because of the", "many")
        made.add_page()
        lines(made, 72, 90, "hospitals that buy software for the first time. The rest follows later.")

    data = document(draw)
    found, boxes = found_for(
        data, "The market is expected to grow, mostly because of the many hospitals that buy software"
    )
    assert [box[0] for box in boxes] == [1, 1, 2]
    assert bare(found) == "Themarketisexpectedtogrow,mostlybecauseofthemanyhospitalsthatbuysoftware"
    assert wrong(data)[0] == []


def test_words_of_two_lines_are_two_places() -> None:
    upper, lower = (72.0, 100.0, 90.0, 112.0), (60.0, 115.0, 80.0, 127.0)
    beside, small = (95.0, 101.0, 120.0, 112.0), (121.0, 100.0, 124.0, 106.5)
    marks = [Mark(0, 3, upper), Mark(4, 8, beside), Mark(8, 9, small), Mark(10, 14, lower)]
    first, second = places_of(marks, 3, 50)
    stops = (0, 3, 720, 900, 4, 8, 950, 1200, 8, 9, 1210, 1240)
    assert first == Place(50, 59, 3, ((72.0, 100.0, 124.0, 112.0),), stops)
    assert second == Place(60, 64, 3, (lower,), (0, 4, 600, 800))
    assert first.boxes_of(54, 58) == ((95.0, 100.0, 120.0, 112.0),)
    assert first.boxes_of(59, 99) == first.boxes_of(0, 50) == ()
    assert Place(0, 4, 1, (upper,)).boxes_of(1, 2) == (upper,)


def test_the_article_that_comes_with_it() -> None:
    differing, quotes = wrong((Path(__file__).resolve().parent.parent / "corpus" / "medical-imaging.pdf").read_bytes())
    assert differing == []
    assert quotes > 20


@pytest.mark.shared
@pytest.mark.parametrize("name", ["regulators/pdfs/215.pdf", "filings_10q/pdfs/2022 Q3 NVDA.pdf"])
def test_real_documents(name: str) -> None:
    path = _REAL / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    differing, quotes = wrong(path.read_bytes())
    assert quotes > 300
    assert len(differing) <= 0.01 * quotes, differing[:5]
