"""From the cells of an HTML table to columns and rows: spans, spacer cells, signs that stand in cells of their own.

Knows cells and what they span, nothing of elements or articles' layout; web pages and filings share it.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.article import BlockKind, Row
from ingest.building import TextBuilder
from ingest.tables import has_values, shape_of

MAX_COLUMNS = 1000
MAX_ROWS_SPANNED = 1000

_CELLS_COMPARED = 2000  # in rows of different layout; beyond, they teach nothing new about a table's columns
_ROWS_LOOKED_AT = 12
_OPENS = re.compile(r"(?:[A-Z]{1,3})?[$€£¥₹]|\(|(?:US|HK|NT|S|R|C|A)\$|RMB|CHF|EUR|USD|GBP|Rs\.?|\([$€£¥]")
_CLOSES = re.compile(r"\)|%|\)\s?%|%\s?\)|bps|pts\.?|x|[$€£¥]")
_STARTS_FIGURE = re.compile(r"[(+−–-]?\s?[$€£¥]?\s?[.]?\d|[—–-]+$")
_ENDS_FIGURE = re.compile(r"(?:\d|[—–-])\s?[)%]?$")
_UNIT_LINE = re.compile(
    r"\(?\s*(?:(?:amounts?|dollars|figures|shares|all|tabular|expressed|stated|u\.?s\.?|[a-z]{3})\b.{0,40}?)?"
    r"\bin\s+(?:[a-z’'$€£ ]{0,20}\s)?(?:millions?|thousands?|billions?|dollars|percent|euros?|[$€£])\b.*|"
    r"\(?\s*unaudited\s*\)?",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text and how many columns and rows it spans; `head` marks th and what stands in thead.

    `indent` is how far its text stands in, in whatever unit.
    """

    text: str
    columns: int = 1
    rows: int = 1
    head: bool = False
    bold: bool = False
    indent: float = 0.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A cell that holds text, over the columns [start, end)."""

    text: str
    start: int
    end: int
    head: bool = False
    bold: bool = False
    indent: float = 0.0


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of cells over `width` columns that all hold something; no row is empty, figures carry their signs."""

    rows: tuple[tuple[Placed, ...], ...]
    width: int

    def texts(self, row: int) -> list[str]:
        """A row's text in each column up to its last, "" where it has none; what spans several stands in the first."""
        cells = self.rows[row]
        shown = [""] * (max(cell.start for cell in cells) + 1)
        for cell in cells:
            shown[cell.start] = f"{shown[cell.start]} {cell.text}".strip()
        return shown


@dataclass(frozen=True, slots=True)
class Table:
    """A grid told apart: lines above the header, rows that name columns, the names, and where the rows begin."""

    captions: tuple[str, ...]
    header: tuple[str, ...]
    columns: tuple[str, ...]
    first: int


def grid_of(rows: Sequence[Sequence[Cell]]) -> Grid:
    """The cells of a table's rows in as many columns as its rows really have."""
    return grid_of_placed([_with_signs(cells) for cells in _spread(rows)])


def grid_of_placed(rows: Sequence[Sequence[Placed]]) -> Grid:
    """The same for cells whose place is known, in whatever unit."""
    placed = [row for row in rows if row]
    edges = _columns(placed)
    starts = [start for start, _ in edges]
    ends = [end for _, end in edges]
    found: list[tuple[Placed, ...]] = []
    for row in placed:
        shown = []
        for cell in row:
            first = min(bisect_right(ends, cell.start), len(edges) - 1)
            last = bisect_left(starts, cell.end)
            shown.append(Placed(cell.text, first, max(first + 1, last), cell.head, cell.bold, cell.indent))
        found.append(tuple(shown))
    return Grid(tuple(found), len(edges))


def table_of(grid: Grid, *, styled: bool = False) -> Table:
    """What a grid's first rows are. Where `styled`, a first row of words alone is the header only if it is bold."""
    at = 0
    captions: list[str] = []
    while at < min(len(grid.rows) - 1, _ROWS_LOOKED_AT) and len(grid.rows[at]) == 1 and grid.width > 1:
        only = grid.rows[at][0]
        if only.start > 0 or (only.end < grid.width and not is_unit_line(only.text)):
            break
        captions.append(only.text)
        at += 1
    first = at
    while first < len(grid.rows) and all(cell.head for cell in grid.rows[first]):
        first += 1
    if first in (at, len(grid.rows)):
        looked = [grid.texts(number) for number in range(at, min(len(grid.rows), at + _ROWS_LOOKED_AT))]
        first = at + shape_of(looked).header_rows
        if styled and first == at + 1 and not any(map(has_values, looked)):
            first = at + _bold_rows(grid, at)
    names = [cell for row in grid.rows[at:first] for cell in row]
    columns = tuple(
        " ".join(dict.fromkeys(cell.text for cell in names if cell.start <= column < cell.end))
        for column in range(grid.width)
    )
    header = tuple(" | ".join(cell.text for cell in row) for row in grid.rows[at:first])
    return Table(tuple(captions), header, columns if any(columns) else (), first)


def add_table(grid: Grid, builder: TextBuilder, table: Table) -> None:
    """Captions, header and rows as blocks; every row in all columns, so that a cell's place tells its column."""
    for caption in table.captions:
        builder.add(BlockKind.CAPTION, caption)
    if table.header:
        builder.add(BlockKind.TABLE_HEADER, "\n".join(table.header), row=Row(columns=table.columns))
    for number in range(table.first, len(grid.rows)):
        indent = round(grid.rows[number][0].indent)
        builder.add_row(grid.texts(number), header=False, columns=table.columns, indent=indent)


def is_unit_line(text: str) -> bool:
    """A line such as "(in millions, except per share amounts)" or "(unaudited)"."""
    return len(text) <= 200 and _UNIT_LINE.fullmatch(text) is not None


def _spread(rows: Sequence[Sequence[Cell]]) -> list[list[Placed]]:
    """Each row's cells with text, over the columns in which a browser would show them."""
    found: list[list[Placed]] = []
    taken: dict[int, int] = {}  # column -> rows for which a cell from above still fills it
    for row in rows:
        below = {column: left - 1 for column, left in taken.items() if left > 1}
        shown: list[Placed] = []
        at = 0
        for cell in row:
            while at in taken:
                at += 1
            end = min(at + max(1, cell.columns), MAX_COLUMNS)
            if at >= MAX_COLUMNS:
                # Wider than any table: what is left joins the last column rather than being lost.
                at, end = MAX_COLUMNS - 1, MAX_COLUMNS
            if cell.rows > 1:
                below.update(dict.fromkeys(range(at, end), min(cell.rows, MAX_ROWS_SPANNED) - 1))
            if cell.text:
                shown.append(Placed(cell.text, at, end, cell.head, cell.bold, cell.indent))
            at = end
        found.append(shown)
        taken = below
    return found


def _with_signs(cells: Sequence[Placed]) -> list[Placed]:
    """The row with "$", "(", ")" and "%" in cells of their own joined to the figure beside them."""
    joined: list[Placed] = []
    for number, cell in enumerate(cells):
        last = joined[-1] if joined else None
        following = cells[number + 1] if number + 1 < len(cells) else None
        if (
            last is not None
            and _OPENS.fullmatch(last.text)
            and last.end >= cell.start - 1
            and _STARTS_FIGURE.match(cell.text)
        ) or (
            last is not None
            and _CLOSES.fullmatch(cell.text)
            and _ENDS_FIGURE.search(last.text)
            and last.end == cell.start
            # "$" before the next figure is that figure's.
            and not (cell.text in "$€£¥" and following is not None and _STARTS_FIGURE.match(following.text))
        ):
            joined[-1] = replace(last, text=last.text + cell.text, end=cell.end)
        else:
            joined.append(cell)
    return joined


def _columns(rows: Sequence[Sequence[Placed]]) -> list[tuple[int, int]]:
    """The columns that a table really has, as ranges of those in its markup.

    A cell above two cells of some other row names both and is no column of its own; all other cells that stand over
    each other are one column.
    """
    shapes: list[tuple[tuple[int, int], ...]] = []
    left = _CELLS_COMPARED
    for shape in dict.fromkeys(tuple((cell.start, cell.end) for cell in row) for row in rows):
        left -= len(shape)
        if shapes and left < 0:
            break
        shapes.append(shape[:MAX_COLUMNS])
    several = [shape for shape in shapes if len(shape) > 1]
    extents = sorted({extent for shape in shapes for extent in shape})
    single = [
        (start, end)
        for start, end in extents
        if not any(sum(low < end and start < high for low, high in shape) > 1 for shape in several)
    ]
    columns: list[tuple[int, int]] = []
    for start, end in single:
        if columns and start < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(end, columns[-1][1]))
        else:
            columns.append((start, end))
    return columns or [(0, 1)]


def _bold_rows(grid: Grid, at: int) -> int:
    """How many rows from `at` are bold throughout; 0 where that sets them apart from nothing."""
    end = at
    while end < len(grid.rows) and len(grid.rows[end]) > 1 and all(cell.bold for cell in grid.rows[end]):
        end += 1
    return end - at if end < len(grid.rows) else 0
