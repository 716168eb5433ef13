"""Reads Excel workbooks (.xlsx, .xlsm) through openpyxl: visible sheets as sections, cells as they are shown.

Formulas are not computed: what the program last saw in them is read, and cells where it never did so are counted in the
fact `uncomputed_cells`. Macros, links, pictures and charts are left out.
The only file that touches openpyxl.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from errors import SourceTooLarge, SourceUnreadable
from ingest.article import Article, BlockKind, sha256_hex
from ingest.building import TextBuilder
from ingest.formats.office import BAD_PACKAGE, check_package, properties_of
from ingest.formats.sheets import add_sheet
from ingest.formats.shown import shown
from ingest.sources import Source

MAX_CELLS = 1_000_000  # with something in them; about a minute of reading

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_NEVER_COMPUTED = re.compile(rb"(?:</f>|<f[^<>]{0,200}/>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_DAMAGED = "is damaged or no Excel workbook, whatever its name says; save it again as .xlsx"
# openpyxl trusts the markup; what is missing or misplaced shows as any of these (its parsers' errors of syntax are
# Python's own).
_MISPLACED = (*BAD_PACKAGE, InvalidFileException, SyntaxError, TypeError, AttributeError, IndexError, AssertionError)


def read(data: bytes, source: Source) -> Article:
    """The article in a workbook; raises SourceUnreadable or SourceTooLarge."""
    check_package(data, source.name, ".xlsx")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of extensions that it leaves out
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            stated = properties_of(book.properties.title, book.properties.creator, book.properties)
            builder = TextBuilder()
            left = MAX_CELLS
            for sheet in book.worksheets:
                if sheet.sheet_state == "visible":
                    left -= _add(sheet, builder, left, source.name)
    except _MISPLACED as error:
        raise SourceUnreadable(source.name, _DAMAGED) from error
    uncomputed = _uncomputed(data)
    if not builder.text and not uncomputed:
        raise SourceUnreadable(source.name, "holds no text")
    if not builder.text:
        raise SourceUnreadable(
            source.name,
            "holds formulas that were never computed; open it in a spreadsheet program, save it and add it again",
        )
    facts = {"author": stated.author} if stated.author else {}
    if uncomputed:
        facts["uncomputed_cells"] = str(uncomputed)
    return Article(
        source=source.name,
        title=stated.title or PurePosixPath(source.name.rstrip("/")).stem or source.name,
        text=builder.text,
        sha256=sha256_hex(data),
        published=stated.published,
        facts=facts,
        origins={"title": "file name", **stated.origins},
        blocks=tuple(builder.blocks),
    )


def _add(sheet: Any, builder: TextBuilder, limit: int, name: str) -> int:
    """Adds a sheet under its name; gives how many cells it has."""
    part = TextBuilder()
    count = 0

    def rows() -> Iterator[list[str]]:
        nonlocal count
        for row in sheet.iter_rows():
            cells = ["" if cell.value is None else shown(cell.value, cell.number_format or "General") for cell in row]
            count += sum(map(bool, cells))
            if count > limit:
                raise SourceTooLarge(name, f"has more than {MAX_CELLS:,} cells; split it into smaller workbooks")
            yield cells

    add_sheet(rows(), part)
    if part.blocks:
        builder.add(BlockKind.HEADING, sheet.title, level=2)
        builder.append(part)
    return count


def _uncomputed(data: bytes) -> int:
    """How many cells have a formula and no value, as in workbooks that programs write."""
    count = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if _SHEET.fullmatch(name):
                count += sum(1 for _ in _NEVER_COMPUTED.finditer(archive.read(name)))
    return count
