"""Draws a page of a PDF as a picture, through PDFium.

Knows no text and no words' places; `pdf.py` does. PDFium is not thread-safe: call this in a process of its own.
"""

import ctypes
import struct
import zlib
from contextlib import closing
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from errors import SourceEncrypted, SourceTooLarge, SourceUnreadable
from ingest.sources import Source

# A sheet of A4 at four times its size (288 dots per inch) has 8 million; beyond that the scale is lowered.
MAX_PIXELS = 16_000_000
# No side of a page is longer by the PDF standard; a picture of such a page would be a thread or a dot.
MAX_POINTS = 14_400


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """A page's extent in points, as it is shown, and its picture (PNG), empty where none was asked for."""

    width: float
    height: float
    picture: bytes


def draw_in_worker(source: Source, page: int, scale: float | None) -> DrawnPage:
    """Page `page` of a source, to be called in a process of its own; without a scale its extent alone."""
    return _draw(source.read_bytes(), page, scale, source.name, source.password)


def draw_page(data: bytes, page: int, scale: float, name: str, password: str | None = None) -> bytes:
    """Page `page` (from 1) as a PNG picture, as a reader shows it: turned and cropped, with notes and form fields.

    `scale` is in pixels a point (1.0 is 72 dots per inch) and is lowered for a page so large that the picture would
    have more than `MAX_PIXELS`. `name` stands in messages. Raises SourceEncrypted, SourceUnreadable (damaged, no such
    page, a page without extent) or SourceTooLarge; ValueError for a scale that is not above 0.
    """
    return _draw(data, page, scale, name, password).picture


def _draw(data: bytes, page: int, scale: float | None, name: str, password: str | None) -> DrawnPage:
    if scale is not None and not scale > 0:
        raise ValueError(f"scale is {scale}, must be above 0")
    try:
        document = pypdfium2.PdfDocument(data, password=password)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise SourceEncrypted(name, "is protected by a password; save a copy without one and add that") from None
        raise SourceUnreadable(name, "is damaged, so its pages cannot be drawn; fetch or save it again") from None
    with closing(document):
        count = len(document)
        if not 1 <= page <= count:
            raise SourceUnreadable(name, f"has no page {page}; it has {count:,}")
        try:
            drawn = document[page - 1]
        except pypdfium2.PdfiumError:
            raise SourceUnreadable(name, f"is damaged: page {page} cannot be drawn; fetch or save it again") from None
        with closing(drawn):
            width, height = drawn.get_size()
            if not (width > 0 and height > 0):
                raise SourceUnreadable(name, f"page {page} has no extent, so it cannot be drawn")
            if max(width, height) > MAX_POINTS:
                inches = f"{max(width, height) / 72:,.0f}"
                raise SourceTooLarge(name, f"page {page} is {inches} inches long, too large to be drawn")
            if scale is None:
                return DrawnPage(width, height, b"")
            try:
                return DrawnPage(width, height, _png(drawn, min(scale, (MAX_PIXELS / (width * height)) ** 0.5)))
            except pypdfium2.PdfiumError:
                raise SourceUnreadable(
                    name, f"is damaged: page {page} cannot be drawn; fetch or save it again"
                ) from None


def _png(page: pypdfium2.PdfPage, scale: float) -> bytes:
    bitmap = page.render(scale=scale, rev_byteorder=True)
    with closing(bitmap):
        width, height, stride = bitmap.width, bitmap.height, bitmap.stride
        channels = bitmap.n_channels
        data = ctypes.string_at(bitmap.buffer, stride * height)
    length = width * channels
    pixels = data if stride == length else b"".join(data[at : at + length] for at in range(0, len(data), stride))
    if channels == 3 and (red := pixels[::3]) == pixels[1::3] == pixels[2::3]:
        pixels, channels, length = red, 1, width  # black on white: half the size, in less time
    # Each row stands behind a zero, the filter type "as it is": for print, that packs best and fastest.
    rows = b"".join(b"\0" + pixels[at : at + length] for at in range(0, len(pixels), length))
    head = struct.pack("!IIBBBBB", width, height, 8, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, 3)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))
