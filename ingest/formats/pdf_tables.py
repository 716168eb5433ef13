"""Lines of a page that stand in tables: which they are, their rows, and the names of their columns.

Knows lines and their boxes only. Tables need no rules: what tells them is cells beside each other and figures in them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.article import BlockKind, Box
from ingest.formats.pdf_lines import BULLET, ENDS_SENTENCE, GOES_ON, Cell, Line, is_figure, is_title_like

# A cell of a table that is written over more lines than this is a column of prose.
_MAX_CELL_LINES = 5

_DATE_OR_UNIT = re.compile(
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|months?|weeks?|years?|"
    r"quarter|ended|change|total|amount|shares?|thousands|millions|billions|unaudited|%|19\d\d|20\d\d)",
    re.IGNORECASE,
)
_PERIOD = re.compile(
    r"(?:three|six|nine|twelve|thirteen|twenty-six|thirty-nine)\s+(?:and\s+\w+\s+)?(?:months|weeks)"
    r"|(?:fiscal )?years?\b|quarters?\b|as of|q[1-4]\s"
    r"|(?:january|february|march|april|may|june|july|august|september|october|november|december)\s+\d",
    re.IGNORECASE,
)
UNIT_LINE = re.compile(
    r"(?i)\(?(?:(?:u\.?s\.? )?dollars |amounts )?(?:are )?in (?:thousands|millions|billions)\b.{0,120}$|\(unaudited\)$"
)

_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table: its cells, and the names of their columns, if there are any.

    `label_goes_on`: the first cell is the beginning of the second one's label, which was written over two lines.
    """

    kind: BlockKind
    cells: list[Cell]
    columns: tuple[str, ...] = ()
    label_goes_on: bool = False


def with_tables(lines: list[Line], body: float, gap: float) -> Iterator[list[Line] | list[TableRow]]:
    """The lines of a page in stretches: lines of prose, or the rows of a table.

    `body` is the size of the document's text, `gap` what usually stands between lines of this page, both in points.
    """
    rows = _stack_cells(lines)
    tabular = [len(row) > 1 or _is_tabular(row[0]) for row in rows]
    # Lines of words between two rows of figures are a row's label or the name of a table's section.
    last = -1
    for index, row in enumerate(rows):
        if not tabular[index]:
            continue
        between = range(last + 1, index)
        above = rows[last] if last >= 0 else row
        figures = last >= 0 and _has_figures(row) and (_has_figures(above) or _is_head(_cells(above)))
        if figures and 0 < len(between) <= 3 and all(_may_label(rows[i][0], rows[i + 1][0], body) for i in between):
            for i in between:
                tabular[i] = True
        last = index
    # A lone line with wide spaces inside a paragraph is justified text.
    for index, row in enumerate(rows):
        alone = not (index and tabular[index - 1]) and not (index + 1 < len(rows) and tabular[index + 1])
        if tabular[index] and alone and len(row) == 1 and not _has_figures(row) and _inside_prose(rows, index, gap):
            tabular[index] = False
    # So are the names of columns above a table, up to three lines of them.
    for index in range(len(rows) - 2, -1, -1):
        if not tabular[index] and tabular[index + 1] and _may_head(rows[index][0]):
            below = rows[index + 1 : index + 4]
            near = rows[index + 1][0].top - rows[index][0].bottom < 1.5 * body
            tabular[index] = near and any(_has_figures(row) for row in below)
    start = 0
    while start < len(rows):
        end = start + 1
        while end < len(rows) and tabular[end] == tabular[start]:
            end += 1
        if tabular[start]:
            yield list(_table([_cells(row) for row in rows[start:end]]))
        else:
            yield [row[0] for row in rows[start:end]]
        start = end


def _table(rows: list[list[Cell]]) -> Iterator[TableRow]:
    heads: list[list[Cell]] = []
    in_head = True
    waiting: list[Cell] = []
    for row in rows:
        figures = [cell for cell in row[1:] if is_figure(cell.text) and not _YEAR.fullmatch(cell.text)]
        lone_figures = len(row) > 1 and is_figure(row[0].text) and not all(_YEAR.fullmatch(c.text) for c in row)
        spans = in_head and all(len(head) < len(row) for head in heads)
        if not figures and not lone_figures and len(row) > 1 and (spans or _is_head(row)):
            if not in_head:
                heads, in_head = [], True
            heads.append(row)
            yield TableRow(BlockKind.TABLE_HEADER, row)
            continue
        if len(row) == 1 and not waiting and _is_open_label(row[0].text):
            waiting = row
            continue
        if len(row) == 1 and in_head and _DATE_OR_UNIT.search(row[0].text) and len(row[0].text) < 60:
            heads.append(row)
            yield TableRow(BlockKind.TABLE_HEADER, row)
            continue
        if figures or lone_figures:
            in_head = False
        if waiting:
            if row[0].text[:1].islower() or row[0].text[:1] in "$“(" or GOES_ON.search(waiting[0].text):
                row = [*waiting, *row]
                joined = True
            else:
                yield TableRow(BlockKind.TABLE_ROW, waiting)
                joined = False
            waiting = []
        else:
            joined = False
        shown = row[1:] if joined else row
        yield TableRow(BlockKind.TABLE_ROW, row, _columns(heads, shown), joined)
    if waiting:
        yield TableRow(BlockKind.TABLE_ROW, waiting)


def _may_label(line: Line, after: Line, body: float) -> bool:
    text = line.text
    near = -2 < after.top - line.bottom < 1.2 * body
    return near and len(text) < 110 and not BULLET.match(text) and not text.endswith(".")


def _inside_prose(rows: list[list[Line]], index: int, gap: float) -> bool:
    line = rows[index][0]
    around = [rows[i][0] for i in (index - 1, index + 1) if 0 <= i < len(rows)]
    return any(max(a.top, line.top) - min(a.bottom, line.bottom) < gap + 0.3 * line.size for a in around)


def _is_tabular(line: Line) -> bool:
    if len(line.cells) < 2:
        return False
    figures = sum(is_figure(cell.text) for cell in line.cells[1:])
    return figures > 0 or len(line.cells) > 2


def _may_head(line: Line) -> bool:
    """Whether a line may be column names: several cells, or a period or unit alone."""
    text = line.text
    if UNIT_LINE.match(text) or ENDS_SENTENCE.search(text) or is_title_like(text):
        return False
    return len(line.cells) > 1 or (len(text) < 60 and _PERIOD.match(text) is not None)


def _has_figures(row: list[Line]) -> bool:
    return any(is_figure(cell.text) for line in row for cell in line.cells[1:])


def _is_open_label(text: str) -> bool:
    return len(text) > 15 and not text.endswith((":", ".")) and bool(GOES_ON.search(text) or len(text) > 45)


def _is_head(row: list[Cell]) -> bool:
    return all(_DATE_OR_UNIT.search(cell.text) for cell in row[1:]) and not any(
        is_figure(c.text) and not _YEAR.fullmatch(c.text) for c in row
    )


def _cells(row: list[Line]) -> list[Cell]:
    """The cells of a row; where the lines stand beside and under each other, each cell takes its own lines together."""
    if len(row) == 1:
        return row[0].cells
    cells: list[Cell] = []
    cut = False
    for line in row:
        for cell in line.cells:
            if cells and cell.box[1] > cells[-1].box[1] + 0.5 * line.size and _overlap(cell.box, cells[-1].box) > 0:
                cell = cells.pop().joined(cell, "-" if cut else " ")
            cells.append(cell)
        cut = line.hyphen
    return cells


def _overlap(a: Box, b: Box) -> float:
    return min(a[2], b[2]) - max(a[0], b[0])


def _stack_cells(lines: list[Line]) -> list[list[Line]]:
    """Lines that stand beside each other, each perhaps several high, as one row: a line that jumps up and to the right
    by no more than a few lines belongs with those it jumps over."""
    rows: list[list[Line]] = []
    index = 0
    while index < len(lines):
        row = [lines[index]]
        index += 1
        while index < len(lines):
            stretch = _next_stack(row, lines, index)
            if not stretch:
                break
            row += stretch
            index += len(stretch)
        if len(row) == 1:
            rows.append(row)
            continue
        # The row began with a line under which others may already stand: take those along from the rows before.
        first = row[0]
        top = min(line.top for line in row[1:])
        back: list[Line] = []
        while (
            rows and len(rows[-1]) == 1 and rows[-1][0].bottom > top + 0.3 * first.size and len(back) < _MAX_CELL_LINES
        ):
            candidate = rows[-1][0]
            if _overlap(candidate.box, first.box) <= 0 or candidate.right > min(line.left for line in row[1:]) + 4:
                break
            back.insert(0, rows.pop()[0])
        rows.append(back + row)
    return rows


def _next_stack(row: list[Line], lines: list[Line], index: int) -> list[Line]:
    last, line = row[-1], lines[index]
    if line.left < last.right - 2 or line.top > last.top - 0.5 * last.size:
        # Not up and to the right of the last one: a further line of the same cell, if another jump follows it.
        if len(row) < 2 or _overlap(line.box, last.box) <= 0 or line.top < last.top:
            return []
        floor = max(other.bottom for other in row)
        return [line] if line.top < floor - 0.3 * line.size else []
    height = last.bottom - line.top
    if height > _MAX_CELL_LINES * 1.4 * last.size or len(line.text) > 90 or len(last.text) > 90:
        return []
    return [line]


def _columns(heads: list[list[Cell]], row: list[Cell]) -> tuple[str, ...]:
    """The names above each cell of `row`, from every head row, "" where nothing stands above; empty without heads."""
    if not heads or len(row) < 2:
        return ()
    names = []
    for index, cell in enumerate(row):
        parts: list[str] = []
        for head in heads:
            above = [c for c in head if index or c.box[0] < cell.box[2]]
            if index == 0:
                best = above[0] if above and len(head) >= len(row) else None
            else:
                middle = (cell.box[0] + cell.box[2]) / 2
                best = min(above, key=lambda c: max(c.box[0] - middle, middle - c.box[2], 0.0), default=None)
                if best is not None and max(best.box[0] - cell.box[2], cell.box[0] - best.box[2], 0.0) > 90:
                    best = None
            if best is not None and best.text not in parts:
                parts.append(best.text)
        names.append(" ".join(parts))
    return tuple(names)
