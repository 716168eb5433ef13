"""Excel workbooks of a grid: written from rows of cells, and read again to be checked.

Knows sheets and cells; neither questions nor quotes. Beside `ingest/formats/xlsx.py`, which reads articles as people
see them, the only file that touches openpyxl.
"""

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from errors import FootnoteError, SettingError
from ingest.formats.office import BAD_PACKAGE, check_package

MOST_CHARACTERS = 32_767  # that a cell holds
_CUT = " … (cut; the sheet Citations and the article have it whole)"

# Excel takes _x000D_ for a carriage return and has no other way to hold one.
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MISPLACED = (*BAD_PACKAGE, InvalidFileException, SyntaxError, TypeError, AttributeError, IndexError, AssertionError)


@dataclass(frozen=True, slots=True)
class Cell:
    """A text or number; `bold` are half-open ranges of the text, `quiet` is what says why there is nothing."""

    value: str | float | None
    bold: tuple[tuple[int, int], ...] = ()
    head: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of cells. `widths` are in characters, the last for all columns that follow; `frozen` stays in view."""

    name: str
    rows: Sequence[Sequence[Cell]]
    widths: Sequence[float]
    frozen: str
    filtered: bool = False


def cut(text: str) -> str:
    """A text as far as a cell holds it, counted in UTF-16 as Excel does."""
    if len(text) * 2 <= MOST_CHARACTERS or len(text.encode("utf-16-le", "replace")) // 2 <= MOST_CHARACTERS:
        return text
    room = 2 * (MOST_CHARACTERS - len(_CUT))
    return text.encode("utf-16-le", "replace")[:room].decode("utf-16-le", "ignore") + _CUT


def write_workbook(sheets: Sequence[Sheet], title: str) -> bytes:
    """The workbook's bytes. Texts stay texts: nothing is taken for a formula, a number, a date or a link."""
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.title = title
    book.properties.creator = "Footnote"
    for sheet in sheets:
        made = book.create_sheet(sheet.name)
        made.freeze_panes = sheet.frozen
        for down, row in enumerate(sheet.rows, 1):
            for across, cell in enumerate(row, 1):
                if cell.value is not None and cell.value != "":
                    _fill(made.cell(down, across), cell)
        across_all = max(map(len, sheet.rows), default=0)
        for across in range(1, across_all + 1):
            width = sheet.widths[min(across, len(sheet.widths)) - 1]
            made.column_dimensions[get_column_letter(across)].width = width
        if sheet.filtered and sheet.rows:
            made.auto_filter.ref = f"A1:{get_column_letter(across_all)}{len(sheet.rows)}"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(made: SheetCell, cell: Cell) -> None:
    made.alignment = Alignment(vertical="top", wrap_text=True)
    if cell.head or cell.quiet:
        made.font = Font(bold=cell.head, italic=cell.quiet, color="FF5C626B" if cell.quiet else None)
    if not isinstance(cell.value, str):
        made.value = cell.value
        return
    text = cut(cell.value)
    pieces: list[str | TextBlock] = []
    at = 0
    for start, end in cell.bold if text == cell.value else ():
        pieces += [_safe(text[at:start]), TextBlock(InlineFont(b=True), _safe(text[start:end]))]
        at = end
    pieces.append(_safe(text[at:]))
    made.value = CellRichText([each for each in pieces if each]) if len(pieces) > 1 else pieces[0]
    made.data_type = "s"  # else "=1+1" is a formula and "#N/A" an error
    made.quotePrefix = True  # and stays a text when somebody edits the cell


def _safe(text: str) -> str:
    return _NOT_IN_XML.sub(lambda match: f"_x{ord(match.group()):04X}_", text)


def read_sheets(data: bytes, name: str, wanted: Sequence[str]) -> Mapping[str, list[list[str]]]:
    """The cells of those of the `wanted` sheets that are there, as texts. Raises SettingError."""
    try:
        check_package(data, name, ".xlsx")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
            return {
                sheet.title: [[_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
                for sheet in book.worksheets
                if sheet.title in wanted
            }
    except (FootnoteError, *_MISPLACED):
        raise SettingError(f"{name}: is damaged or no Excel workbook; give the file as `grid` wrote it") from None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), str(value))
