"""Pages of PDFs as pictures: turned and cropped as readers show them, and what cannot be drawn."""

import io

import pypdf
import pytest
from fpdf import FPDF
from PIL import Image
from pypdf.generic import RectangleObject

from errors import SourceEncrypted, SourceTooLarge, SourceUnreadable
from ingest.formats import pdf_pages
from ingest.formats.pdf_pages import draw_page


@pytest.fixture(scope="module")
def corner() -> bytes:
    """Two pages of 200 by 100 points; the first has a red square of 20 points in its top left corner."""
    document = FPDF(unit="pt", format=(200, 100))
    document.add_page()
    document.set_fill_color(255, 0, 0)
    document.rect(0, 0, 20, 20, style="F")
    document.add_page()
    document.set_fill_color(0, 0, 0)
    document.rect(0, 0, 20, 20, style="F")
    return bytes(document.output())


def changed(data: bytes, change) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def picture(data: bytes, page: int = 1, scale: float = 1.0) -> Image.Image:
    image = Image.open(io.BytesIO(draw_page(data, page, scale, "a.pdf")))
    image.load()
    return image


def test_a_page_is_drawn_at_its_scale_in_its_colours(corner):
    image = picture(corner, scale=2)
    assert image.size == (400, 200)
    assert image.getpixel((30, 30)) == (255, 0, 0)
    assert image.getpixel((50, 30)) == (255, 255, 255)


def test_a_page_without_colours_is_a_grey_picture(corner):
    image = picture(corner, page=2)
    assert image.mode == "L"
    assert (image.getpixel((10, 10)), image.getpixel((30, 30))) == (0, 255)


@pytest.mark.parametrize(("angle", "size", "red"), [(90, (100, 200), (90, 10)), (180, (200, 100), (190, 90)),
                                                    (270, (100, 200), (10, 190))])  # fmt: skip
def test_a_turned_page_is_drawn_as_it_is_shown(corner, angle, size, red):
    image = picture(changed(corner, lambda writer: writer.pages[0].rotate(angle)))
    assert image.size == size
    assert image.getpixel(red) == (255, 0, 0)


def test_a_cropped_page_is_drawn_as_it_is_shown(corner):
    def crop(writer: pypdf.PdfWriter) -> None:
        writer.pages[0].cropbox = RectangleObject((10, 50, 110, 100))  # from the bottom left

    image = picture(changed(corner, crop))
    assert image.size == (100, 50)
    assert (image.getpixel((5, 5)), image.getpixel((15, 5))) == ((255, 0, 0), (255, 255, 255))


def test_a_large_picture_is_drawn_smaller(corner, monkeypatch):
    monkeypatch.setattr(pdf_pages, "MAX_PIXELS", 20_000)
    assert picture(corner, scale=8).size == (200, 100)


def test_a_page_without_end_is_refused(corner):
    def stretch(writer: pypdf.PdfWriter) -> None:
        writer.pages[0].mediabox = RectangleObject((0, 0, 10_000_000, 10))

    with pytest.raises(SourceTooLarge, match=r"a\.pdf: page 1 is .* inches long, too large to be drawn"):
        draw_page(changed(corner, stretch), 1, 1.0, "a.pdf")


@pytest.mark.parametrize("page", [0, 3, -1])
def test_a_page_that_is_not_there_is_named(corner, page):
    with pytest.raises(SourceUnreadable, match=rf"a\.pdf: has no page {page}; it has 2"):
        draw_page(corner, page, 1.0, "a.pdf")


def test_a_password_and_damage_are_named(corner):
    locked = changed(corner, lambda writer: writer.encrypt("secret", "owner", algorithm="RC4-128"))
    with pytest.raises(SourceEncrypted, match=r"a\.pdf: is protected by a password"):
        draw_page(locked, 1, 1.0, "a.pdf")
    with pytest.raises(SourceUnreadable, match=r"a\.pdf: is damaged"):
        draw_page(b"%PDF-1.7\nnothing", 1, 1.0, "a.pdf")


@pytest.mark.parametrize("scale", [0, -1, float("nan")])
def test_a_scale_that_is_none_is_refused(corner, scale):
    with pytest.raises(ValueError, match="scale is"):
        draw_page(corner, 1, scale, "a.pdf")
