"""Lines of a page that stand in tables: which they are, and their rows.

Knows lines and their boxes only. Tables need no rules: what tells them is cells beside each other, figures in them, and
figures that stand under each other. What the columns are called is found in `pdf_columns.py`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.article import BlockKind, Box
from ingest.formats.pdf_columns import PERIOD, UNIT_LINE, Grid, grid_of
from ingest.formats.pdf_lines import BULLET, ENDS_SENTENCE, GOES_ON, Cell, Line, is_figure, is_title_like

# A cell of a table that is written over more lines than this is a column of prose.
_MAX_CELL_LINES = 5
# Lines above the first figures that may name columns, and lines of words between two rows of figures.
_MAX_HEAD_LINES = 9
_MAX_LABEL_LINES = 5

# Characters of a label; a longer one, alone among lines of prose, is a line of theirs.
_LONG_LABEL = 60

_DATE_OR_UNIT = re.compile(
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|months?|weeks?|years?|"
    r"quarter|ended|change|total|amount|shares?|thousands|millions|billions|unaudited|%|19\d\d|20\d\d)",
    re.IGNORECASE,
)
_Edges = tuple[float, float, float]
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table, its header or its unit line: its cells, and the names of their columns, if there are any.

    `indent` is how far its label stands in from the table's left edge, in points.
    """

    kind: BlockKind
    cells: list[Cell]
    columns: tuple[str, ...] = ()
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a table, or of what a page shows of it; `grid` are the columns of its last rows."""

    rows: list[TableRow]
    grid: Grid


def with_tables(lines: list[Line], body: float, gap: float, before: Grid | None = None) -> Iterator[list[Line] | Table]:
    """The lines of a page in stretches: lines of prose, or a table.

    `body` is the size of the document's text, `gap` what usually stands between lines of this page, both in points.
    `before` are the columns of a table that reaches down to the end of the page before.
    """
    rows = _stack_cells(lines)
    tabular = [len(row) > 1 or _is_tabular(row[0]) for row in rows]
    _mark_between(rows, tabular, body)
    # A lone line with wide spaces inside a paragraph is justified text.
    for index, row in enumerate(rows):
        alone = not (index and tabular[index - 1]) and not (index + 1 < len(rows) and tabular[index + 1])
        if tabular[index] and alone and len(row) == 1 and _inside_prose(rows, index, gap):
            tabular[index] = _has_figures(row) and len(row[0].cells[0].text) < _LONG_LABEL
    _mark_heads(rows, tabular, body)
    start = 0
    while start < len(rows):
        end = start + 1
        while end < len(rows) and tabular[end] == tabular[start]:
            end += 1
        if tabular[start]:
            yield _table(rows[start:end], before if start == 0 else None)
        else:
            yield [row[0] for row in rows[start:end]]
        start = end


# --- which lines -----------------------------------------------------------------------------------------------------


def _mark_between(rows: list[list[Line]], tabular: list[bool], body: float) -> None:
    """Lines of words between two rows of figures are a row's label or the name of a table's section."""
    last = -1
    for index, row in enumerate(rows):
        if not tabular[index]:
            continue
        between = range(last + 1, index)
        above = rows[last] if last >= 0 else row
        if last >= 0 and 0 < len(between) <= _MAX_LABEL_LINES and _has_figures(row):
            aligned = _are_aligned(above, row)
            near = 2.2 * body if aligned else 1.2 * body
            most = _MAX_LABEL_LINES if aligned else 3
            joins = aligned or _has_figures(above) or _is_head(_cells(above))
            if joins and len(between) <= most and all(_may_label(rows[i][0], rows[i + 1][0], near) for i in between):
                for i in between:
                    tabular[i] = True
        last = index


def _mark_heads(rows: list[list[Line]], tabular: list[bool], body: float) -> None:
    """So are the names of columns above a table's first figures, and the labels between these and those."""
    for index in range(1, len(rows)):
        if not tabular[index] or tabular[index - 1]:
            continue
        if not any(_has_figures(row) for row in rows[index : index + 12]):
            continue
        named = len(_cells(rows[index])) > 1 and not _has_figures(rows[index])
        edges = _edges([_cells(row) for row in rows[index : index + 12]])
        top = place = index
        while place and index - place < _MAX_HEAD_LINES and not tabular[place - 1]:
            line, below = rows[place - 1][0], rows[place][0]
            if not _may_stand_above(line, below, body):
                break
            if _is_prose_above(line, below):
                while top < index and len(rows[top]) == 1 and abs(rows[top][0].left - line.left) < 2:
                    top += 1
                break
            place -= 1
            if UNIT_LINE.match(line.text):
                top = place
                if named:
                    break  # what stands above is the table's title
            elif _names_columns(line, edges):
                top = place
                named = True
        for each in range(top, index):
            tabular[each] = True


def _may_label(line: Line, after: Line, near: float) -> bool:
    text = line.text
    if len(text) > 140 or BULLET.match(text) or is_title_like(text) or (text.endswith(".") and len(text) > 60):
        return False
    return -2 < after.top - line.bottom < near


def _may_stand_above(line: Line, below: Line, body: float) -> bool:
    text = line.text
    if line.size > 1.18 * body or is_title_like(text) or len(text) > 130 or BULLET.match(text):
        return False
    if ENDS_SENTENCE.search(text) and not (len(text) < 60 and text.endswith((":", ")"))):
        return False
    return -0.5 * body < below.top - line.bottom < 1.8 * body


def _is_prose_above(line: Line, below: Line) -> bool:
    """Whether a line and the one below it begin at one edge as lines of a paragraph do, not as names over a column."""
    single = len(line.cells) == len(below.cells) == 1
    return single and abs(line.left - below.left) < 2 and len(line.text) > 30 and not PERIOD.match(line.text)


def _names_columns(line: Line, edges: _Edges) -> bool:
    """Whether a line above figures stands over them."""
    over = [cell for cell in line.cells if _is_over(cell, edges)]
    if len(line.cells) > 1:
        return len(over) >= len(line.cells) - 1 and max(len(cell.text) for cell in line.cells) < 60
    reach = (line.left + line.right) / 2 > edges[1]
    return bool(over) or (reach and len(line.text) < 60 and PERIOD.match(line.text) is not None)


def _are_aligned(above: list[Line], below: list[Line]) -> bool:
    """Whether the figures of a row stand under those of a row above, or under the names of columns."""
    below_boxes = [cell.box for line in below for cell in line.cells[1:] if is_figure(cell.text)]
    cells = [cell for line in above for cell in line.cells]
    if _has_figures(above):
        cells = [cell for cell in cells[1:] if is_figure(cell.text)]
    under = [any(_overlap(cell.box, box) > 0 for box in below_boxes) for cell in cells]
    return sum(under) >= max(1, min(2, len(below_boxes), len(cells)))


def _inside_prose(rows: list[list[Line]], index: int, gap: float) -> bool:
    line = rows[index][0]
    around = [rows[i][0] for i in (index - 1, index + 1) if 0 <= i < len(rows)]
    return any(max(a.top, line.top) - min(a.bottom, line.bottom) < gap + 0.3 * line.size for a in around)


def _is_tabular(line: Line) -> bool:
    if len(line.cells) < 2:
        return False
    figures = sum(is_figure(cell.text) for cell in line.cells[1:])
    return figures > 0 or len(line.cells) > 2


def _has_figures(row: list[Line]) -> bool:
    return any(is_figure(cell.text) for line in row for cell in line.cells[1:])


# --- their rows ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Section:
    """Head rows and the rows below them."""

    heads: list[list[Cell]] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)
    order: list[tuple[BlockKind, list[Cell]]] = field(default_factory=list)


def _table(rows: list[list[Line]], before: Grid | None) -> Table:
    stacks = [(_cells(row), [cell for line in row for cell in line.cells]) for row in rows]
    edges = _edges([cells for cells, _ in stacks])
    left = min(line.left for row in rows for line in row)
    sections = [_Section()]
    for index, (cells, parts) in enumerate(stacks):
        section = sections[-1]
        if len(cells) == 1 and UNIT_LINE.match(cells[0].text):
            kind = BlockKind.CAPTION if not section.order else BlockKind.TABLE_HEADER
            section.order.append((kind, cells))
        elif _is_head_row(cells, section, edges, [each for each, _ in stacks[index + 1 : index + 4]]):
            if section.rows:
                sections.append(section := _Section())
            section.heads.append(parts)
            section.order.append((BlockKind.TABLE_HEADER, cells))
        else:
            section.rows.append(cells)
            section.order.append((BlockKind.TABLE_ROW, cells))
    found: list[TableRow] = []
    grid = Grid((), ())
    for section in sections:
        grid = grid_of(section.heads, section.rows)
        if not section.heads and before is not None and before.goes_on_as(grid):
            grid = Grid(grid.columns, before.names, before.corner)
        for kind, cells in _with_whole_labels(section.order, grid.edge):
            is_row = kind is BlockKind.TABLE_ROW
            columns = grid.names_over(cells) if is_row and len(cells) > 1 else ()
            found.append(TableRow(kind, cells, columns, round(cells[0].box[0] - left) if is_row else 0))
    return Table(found, grid)


def _edges(rows: list[list[Cell]]) -> _Edges:
    """Where the labels of rows end, and where the figures behind them begin and end."""
    behind = [cell.box for row in rows for cell in row[1:] if is_figure(cell.text)]
    behind = behind or [cell.box for row in rows for cell in row[1:]]
    edge = min((box[0] for box in behind), default=float("inf"))
    last = max((box[2] for box in behind), default=float("inf"))
    labels = [row[0].box[2] for row in rows if len(row) > 1 and any(is_figure(cell.text) for cell in row[1:])]
    return min(edge - 30, max((right for right in labels if right < edge), default=edge)), edge, last


def _is_over(cell: Cell, edges: _Edges) -> bool:
    """Whether a cell stands over figures, not over their labels, as a title in the middle of the page, or beside it."""
    labels, first, last = edges
    return cell.box[0] > labels and (cell.box[0] + cell.box[2]) / 2 > first - 30 and cell.box[2] < last + 40


def _is_head_row(
    row: list[Cell], section: _Section, edges: tuple[float, float, float], after: list[list[Cell]]
) -> bool:
    figures = [cell for cell in row[1:] if is_figure(cell.text) and not _YEAR.fullmatch(cell.text)]
    if figures or (is_figure(row[0].text) and not _YEAR.fullmatch(row[0].text)):
        return False
    unlabelled = _is_over(row[0], edges)
    in_head = not any(len(each) > 1 for each in section.rows)
    if len(row) > 1:
        longer = in_head and all(len(head) < len(row) for head in section.heads)
        return longer or unlabelled or _is_head(row)
    if not unlabelled and not ((row[0].box[0] + row[0].box[2]) / 2 > edges[1] and PERIOD.match(row[0].text)):
        return False
    # Alone over the columns: a name above all of them, unless figures end the table there.
    return in_head or any(_is_head_row(each, _Section(), edges, []) for each in after if len(each) > 1)


def _is_head(row: list[Cell]) -> bool:
    return all(_DATE_OR_UNIT.search(cell.text) for cell in row[1:]) and not any(
        is_figure(c.text) and not _YEAR.fullmatch(c.text) for c in row
    )


def _with_whole_labels(rows: list[tuple[BlockKind, list[Cell]]], edge: float) -> Iterator[tuple[BlockKind, list[Cell]]]:
    """The rows, labels that are written over two lines or more put together."""
    waiting: Cell | None = None
    for kind, row in rows:
        if kind is BlockKind.TABLE_ROW and waiting is not None and _label_goes_on(waiting, row[0], edge):
            row = [waiting.joined(row[0]), *row[1:]]
        elif waiting is not None:
            yield BlockKind.TABLE_ROW, [waiting]
        waiting = None
        if kind is BlockKind.TABLE_ROW and len(row) == 1 and not row[0].text.endswith(":"):
            waiting = row[0]
            continue
        yield kind, row
    if waiting is not None:
        yield BlockKind.TABLE_ROW, [waiting]


def _label_goes_on(label: Cell, after: Cell, edge: float) -> bool:
    """Whether a label goes on in the row below: its line was full, or what stands there cannot begin one."""
    if after.box[0] > edge - 2:
        return False
    if after.text[:1].islower() or after.text[:1] in "$“(":
        return len(label.text) > 15
    if GOES_ON.search(label.text):
        return True
    first = after.text.split(" ", 1)[0]
    width = (after.box[2] - after.box[0]) * len(first) / len(after.text)
    return len(label.text) > 25 and label.box[2] + width > edge - 6


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
