"""What stands inside boxes on the pages of a PDF, read by PDFium alone: a second opinion on places.

Shares no code with the reader whose boxes it checks: a character belongs to a box that holds the middle of its ink.
"""

import ctypes
import re
from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
import pypdfium2
import pypdfium2.raw as pdfium

Box = tuple[float, float, float, float, float]  # page from 1; left, top, right, bottom in points from the top left

_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_RAISED = {ord(raised): plain for raised, plain in zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)}
# A hyphen at a line's end may be the text's or the line's own: which one, the boxes need not know.
_LEADERS = re.compile(r"(?:[._·]\s?){4,}|…")
_NOTHING = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\ufffe\uffff\ufffd-]+")


def bare(text: str) -> str:
    """A text without spaces, hyphens, invisible characters, leaders, ligatures and raised digits."""
    return _NOTHING.sub("", _LEADERS.sub("", text).translate(_LIGATURES).translate(_RAISED))


class Pages:
    """The pages of a PDF, each with its characters and the middles of their ink; a context manager."""

    def __init__(self, data: bytes) -> None:
        self._document = pypdfium2.PdfDocument(data)
        self._pages: dict[int, tuple[list[str], npt.NDArray[np.float64]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._document.close()

    def hold(self, boxes: Sequence[Box], text: str) -> bool:
        """Whether the boxes hold exactly these words, read as the page draws them, or each line from left to right.

        What is drawn apart (raised signs, often) comes in another order than it is read.
        """
        return bare(text) in (bare(self.text_in(boxes)), bare(self.text_in(boxes, across=True)))

    def text_in(self, boxes: Sequence[Box], *, across: bool = False) -> str:
        """The characters inside the boxes, box by box, none twice; in each as the page draws them, or `across` it."""
        taken: dict[int, npt.NDArray[np.bool_]] = {}
        found: list[str] = []
        for number, left, top, right, bottom in boxes:
            text, middles = self._characters(int(number))
            before = taken.setdefault(int(number), np.zeros(len(text), dtype=bool))
            inside = ((left, top) <= middles).all(axis=1) & (middles <= (right, bottom)).all(axis=1) & ~before
            before |= inside
            order = np.flatnonzero(inside)
            if across:
                order = order[np.argsort(middles[order, 0], kind="stable")]
            found += [text[index] for index in order]
        return "".join(found)

    def _characters(self, number: int) -> tuple[list[str], npt.NDArray[np.float64]]:
        if number not in self._pages:
            characters = list(_characters(self._document[number - 1]))
            middles = np.array([middle for _, middle in characters], dtype=np.float64).reshape(-1, 2)
            self._pages[number] = [text for text, _ in characters], middles
        return self._pages[number]


def _characters(page: pypdfium2.PdfPage) -> Iterator[tuple[str, tuple[float, float]]]:
    textpage = page.get_textpage()
    width, height = page.get_size()
    x, y = ctypes.c_int(), ctypes.c_int()
    edges = [ctypes.c_double() for _ in range(4)]
    for index in range(textpage.count_chars()):
        code = pdfium.FPDFText_GetUnicode(textpage.raw, index)
        if not pdfium.FPDFText_GetCharBox(textpage.raw, index, *(ctypes.byref(each) for each in edges)):
            continue
        left, right, bottom, top = (each.value for each in edges)
        # PDFium's own way from the page's space to the page as shown, a hundred dots a point.
        pdfium.FPDF_PageToDevice(
            page.raw, 0, 0, round(100 * width), round(100 * height), 0,
            (left + right) / 2, (bottom + top) / 2, ctypes.byref(x), ctypes.byref(y),
        )  # fmt: skip
        yield chr(code) if 0 < code < 0x110000 else "", (x.value / 100, y.value / 100)
    textpage.close()
