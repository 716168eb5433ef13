"""Where the columns of a table stand on the page, and what the lines above them call them.

Knows cells and their boxes only. A name may be written over several lines, stand over one column or span several;
nothing but its place tells which, since rules are not read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.article import Box
from ingest.formats.pdf_lines import Cell, is_figure

# Names that hold for a stretch of time or a day, and so for every column below them.
PERIOD = re.compile(
    r"(?:three|six|nine|twelve|thirteen|twenty-six|thirty-nine)\s+(?:and\s+\w+\s+)?(?:months|weeks)"
    r"|(?:fiscal )?years?\b|quarters?\b|as of|q[1-4]\s|(?:19|20)\d\d$"
    r"|(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?\s+\d",
    re.IGNORECASE,
)
UNIT_LINE = re.compile(
    r"(?i)\(?(?:(?:u\.?s\.? )?dollars |amounts )?(?:are )?in (?:thousands|millions|billions)\b.{0,120}$|\(unaudited\)$"
)
# How far the middle of a name may lie from the middle of its columns, as a share of a column's width.
_OFF_CENTRE = 0.3
# A figure that opens a row so far from the leftmost label, in points, is no label itself.
_NO_LABEL = 40.0
# Edges that are meant to be the same differ by less, in points; right edges of columns on two pages by twice as much.
_ALIGNED = 4.0


@dataclass(frozen=True, slots=True)
class Grid:
    """The columns of a table from left to right, without that of the labels: [left, right] in points, and names.

    `corner` is what stands above the labels.
    """

    columns: tuple[tuple[float, float], ...]
    names: tuple[str, ...]
    corner: str = ""

    @property
    def edge(self) -> float:
        """The left edge of the first column."""
        return self.columns[0][0] if self.columns else float("inf")

    def column_of(self, cell: Cell) -> int | None:
        """The column in which a cell stands; None when it is the label, or there are no columns."""
        left, _, right, _ = cell.box
        best = max(
            range(len(self.columns)),
            key=lambda i: _shared(self.columns[i], (left, right)),
            default=None,
        )
        if best is None or (right < self.edge and _shared(self.columns[best], (left, right)) < 0):
            return None
        return best

    def names_over(self, cells: Sequence[Cell]) -> tuple[str, ...]:
        """The name above each cell, "" where there is none; nothing when no column has a name."""
        if not any(self.names):
            return ()
        over = []
        for index, cell in enumerate(cells):
            column = self.column_of(cell) if index or cell.box[0] > self.edge - 2 else None
            over.append(self.names[column] if column is not None else "" if index else self.corner)
        return tuple(over)

    def goes_on_as(self, other: "Grid") -> bool:
        """Whether a table without names of its own, on the next page, has the same columns."""
        if len(self.columns) != len(other.columns) or not self.columns:
            return False
        shifts = [a[1] - b[1] for a, b in zip(self.columns, other.columns, strict=True)]
        return max(shifts) - min(shifts) < 2 * _ALIGNED


def grid_of(heads: Sequence[Sequence[Cell]], rows: Sequence[Sequence[Cell]]) -> Grid:
    """The columns of the cells in `rows`, named by those in `heads` (lines from the top down)."""
    columns = _columns(rows)
    if not columns:
        return Grid((), ())
    lines = [[cell for cell in line if not UNIT_LINE.match(cell.text)] for line in _by_height(heads)]
    names: list[dict[int, str]] = [{} for _ in columns]  # for each column: number of a line, and what it says
    lefts: dict[tuple[int, int], float] = {}  # where that begins
    corner: list[str] = []
    borders = _borders(columns)
    for number, line in enumerate(lines):
        over = [cell for cell in line if cell.box[2] > columns[0][0] or cell.box[0] + cell.box[2] > 2 * borders[0]]
        corner += [cell.text for cell in line if cell not in over]
        spans = _spans(over, columns, borders, is_last=number == len(lines) - 1)
        for cell, span in zip(over, spans, strict=True):
            for column in span:
                lefts.setdefault((column, number), cell.box[0])
                names[column][number] = f"{names[column][number]} {cell.text}" if number in names[column] else cell.text
    _tell_apart(names, columns, lefts)
    joined = (" ".join(dict.fromkeys(parts[number] for number in sorted(parts))) for parts in names)
    return Grid(tuple(columns), tuple(joined), " ".join(corner))


def _tell_apart(
    names: list[dict[int, str]], columns: Sequence[tuple[float, float]], lefts: dict[tuple[int, int], float]
) -> None:
    """Names that are set to the right above the columns they span, where two columns would be called the same."""
    said = [tuple(parts.values()) for parts in names]
    for column in range(len(names) - 2, -1, -1):
        if said[column] and said.count(said[column]) > 1:
            own = names[column]
            for number, text in names[column + 1].items():
                if number < min(own) and lefts[column + 1, number] < columns[column + 1][0]:
                    own[number] = text
                    lefts[column, number] = lefts[column + 1, number]


def _columns(rows: Sequence[Sequence[Cell]]) -> list[tuple[float, float]]:
    """The stretches of the page's width in which cells stand under each other, labels left out."""
    found: list[tuple[float, float]] = []
    margin = min((row[0].box[0] for row in rows), default=0.0) + _NO_LABEL
    behind = [cell for row in rows for cell in (row if is_figure(row[0].text) and row[0].box[0] > margin else row[1:])]
    figures = sorted((cell.box for cell in behind if is_figure(cell.text)), key=lambda box: box[0] - box[2])
    words = [cell.box for cell in behind if not is_figure(cell.text)]
    for number, (left, _, right, _) in enumerate(figures + words):
        for index, column in enumerate(found):
            if _shared(column, (left, right)) > 0.3 * min(right - left, column[1] - column[0]):
                if number < len(figures):
                    found[index] = (min(column[0], left), max(column[1], right))
                break
        else:
            found.append((left, right))
    return sorted(found)


def _borders(columns: Sequence[tuple[float, float]]) -> list[float]:
    """Where one column's share of the width ends and the next begins, with the outer ends."""
    inner = [(a[1] + b[0]) / 2 for a, b in pairwise(columns)]
    widest = max(right - left for left, right in columns)
    if not inner:
        return [columns[0][0] - widest, columns[0][1] + widest]
    return [min(inner[0] - columns[1][1] + columns[0][1], columns[0][0]), *inner, columns[-1][1] + widest]


def _by_height(heads: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    """The cells of several head rows in lines that stand at one height each, from the top down and left to right."""
    lines: list[list[Cell]] = []
    for cell in sorted((cell for row in heads for cell in row), key=lambda each: each.box[1] + each.box[3]):
        middle = (cell.box[1] + cell.box[3]) / 2
        if lines and lines[-1][0].box[1] < middle < lines[-1][0].box[3]:
            lines[-1].append(cell)
        else:
            lines.append([cell])
    return [sorted(line, key=lambda each: each.box[0]) for line in lines]


def _spans(
    line: Sequence[Cell], columns: Sequence[tuple[float, float]], borders: Sequence[float], *, is_last: bool
) -> list[range]:
    """For each cell of a head's line the columns that it names: one, or those in whose middle it stands."""
    owners = [_nearest(cell, columns, borders) for cell in line]
    spans = []
    for index, cell in enumerate(line):
        low = owners[index - 1].stop if index else 0
        high = owners[index + 1].start if index + 1 < len(line) else len(columns)
        own = owners[index]
        wide = len(own) > 1
        if not wide and (is_last or not PERIOD.match(cell.text)):
            spans.append(own)
            continue
        spans.append(_centred(cell.box, own, range(low, high), columns))
    return spans


def _nearest(cell: Cell, columns: Sequence[tuple[float, float]], borders: Sequence[float]) -> range:
    """The columns over whose share of the width a cell reaches; the one that it stands closest to, where none."""
    left, _, right, _ = cell.box
    over = [
        i
        for i in range(len(columns))
        if _shared((left, right), (borders[i], borders[i + 1])) > 0.25 * min(right - left, borders[i + 1] - borders[i])
    ]
    if len(over) > 1:
        # A name somewhat wider than its column still stands in the column's middle, or ends where it ends.
        for i in over:
            width = borders[i + 1] - borders[i]
            middle = (columns[i][0] + columns[i][1]) / 2
            near = min(abs((left + right) / 2 - middle), abs(right - columns[i][1]), abs(left - columns[i][0]))
            within = _shared((left, right), (borders[i], borders[i + 1]))
            if within > 0.7 * (right - left) and near < 0.12 * width:
                return range(i, i + 1)
        return range(over[0], over[-1] + 1)
    if over:
        return range(over[0], over[0] + 1)
    best = max(range(len(columns)), key=lambda i: _shared(columns[i], (left, right)))
    return range(best, best + 1)


def _centred(box: Box, own: range, free: range, columns: Sequence[tuple[float, float]]) -> range:
    """The widest run of columns within `free`, around those of its `own`, in whose middle a name stands."""
    middle = (box[0] + box[2]) / 2
    left, right = columns[own.start][0], columns[own.stop - 1][1]
    alone = len(own) == 1 and min(abs(box[2] - right), abs(box[0] - left), abs((left + right) / 2 - middle)) < _ALIGNED
    slack = _OFF_CENTRE / 3 if alone else _OFF_CENTRE
    best = own
    for start in range(min(free.start, own.start), own.start + 1):
        for stop in range(own.stop, max(free.stop, own.stop) + 1):
            centre = (columns[start][0] + columns[stop - 1][1]) / 2
            pitch = (columns[stop - 1][1] - columns[start][0]) / (stop - start)
            if abs(centre - middle) < slack * pitch and stop - start > len(best):
                best = range(start, stop)
    return best


def _shared(a: tuple[float, float], b: tuple[float, float]) -> float:
    return min(a[1], b[1]) - max(a[0], b[0])
