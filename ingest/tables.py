"""Finds tables in lines of plain text: cells parted by "|", tabs or wide gaps, or rows flattened to bare lines.

Sees a few lines at a time; what stands before and after them is `ingest/structure.py`'s business.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LONGEST_ROW = 4000
_LONGEST_FLAT_ROW = 200
_MOST_HEADER_ROWS = 6

_SEPARATOR_SIGNS = frozenset("|:+=- \t")
_GAP = re.compile(r"(?<![.?!:;,”\"')])(?: {2,}|\t)(?=\S)|(?<=[\d%)])(?: {2,}|\t)(?=\S)")
_NUMBER = r"[~≈<>±+-]?\(?\s?(?:[A-Z]{1,3})?[$€£¥₹]?\s{0,3}[+-]?\d[\d,.’\s]*(?:[–-]\d[\d,.]*)?"
_VALUE = re.compile(
    rf"{_NUMBER}\)?\s?(?:%|[kmbtx]n?|bps?|pp|p\.a\.)?\)?[*†]*(?:\s?\([^)]{{0,12}}\))?|n/?[am]\.?|none|nil|[—–-]", re.I
)
_YEAR_LIKE = re.compile(
    r"(?:FY|CY|[1-4]?Q[1-4]?|[1-4]?H[12]?|[a-z ,.]{0,30})\s?['’]?(?:\d{1,2},\s+)?(?:(?:19|20)\d\d|\d\dE?)"
    r"\s?[A-Za-z€$£%()* ]{0,12}(?:\s?\(?\d?\)?)?",
    re.IGNORECASE,
)
_SHORT_PERIOD = re.compile(
    r"(?:FY|CY|F|[1-4][QH]|[QH][1-4])\s?['’]?\d\d(?:\d\d)?[EA]?[*†]*|(?:19|20)\d\d\s?[-–/]\s?(?:(?:19|20)\d\d|\d\d)[*†]*",
    re.IGNORECASE,
)
_UNIT = re.compile(r"\(?[A-Z]{0,3}\s?[$€£¥₹]?\s?(?:['’]?000s?|m|mn|bn|million|billion|%)\)?", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_PERIOD_WORDS = re.compile(
    r"\b(?:years?|quarters?|months?|weeks?|periods?|fiscal|ended|ending|as of|"
    r"january|february|march|april|may|june|july|"
    r"august|september|october|november|december)\b|\bin (?:[$€£]|\w+ )?(?:millions?|thousands?|billions?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TableShape:
    """Of the lines of a table, the first `header_rows` name `columns`; `columns` is empty where nothing names them."""

    header_rows: int
    columns: tuple[str, ...]


def cells_of(line: str, *, framed: bool = True) -> list[str] | None:
    """The cells of a line that has "|" or tabs between them; None for any other line.

    A "|" at both ends frames the line, or where a table is not `framed`, has an empty cell beyond it.
    """
    if len(line) > _LONGEST_ROW:
        return None
    if "|" in line:
        inner = line.strip()
        if framed and is_framed(line):
            inner = inner[1:-1]
        return [cell.strip() for cell in inner.split("|")]
    if "\t" in line.strip("\n"):
        return [cell.strip() for cell in line.split("\t")]
    return None


def joined_cells(cells: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A row's text, "cell | cell", and where in it each cell stands."""
    text = " | ".join(cells)
    kept = text.strip()  # an empty first or last cell leaves a space, with which no block begins or ends
    ranges = []
    at = -text.index(kept)
    for cell in cells:
        ranges.append((min(max(at, 0), len(kept)), min(max(at + len(cell), 0), len(kept))))
        at += len(cell) + 3
    return kept, tuple(ranges)


def is_framed(line: str) -> bool:
    """Whether a line has a "|" at both ends."""
    inner = line.strip()
    return len(inner) > 1 and inner.startswith("|") and inner.endswith("|")


def cell_ranges(line: str, *, framed: bool = True) -> tuple[tuple[int, int], ...]:
    """Where the cells of a line stand in it, however they are parted; nothing where they are not."""
    cells = cells_of(line, framed=framed) or gap_cells_of(line) or []
    ranges = []
    at = 0
    for cell in cells:
        at = line.index(cell, at)
        ranges.append((at, at + len(cell)))
        at += len(cell)
    return tuple(ranges)


def gap_cells_of(line: str) -> list[str] | None:
    """The cells of a line with gaps of two spaces or more that do not merely follow a sentence's end."""
    if len(line) > _LONGEST_FLAT_ROW * 2 or "  " not in line.strip():
        return None
    cells = [cell.strip() for cell in _GAP.split(line.strip())]
    return cells if len(cells) >= 2 else None


def is_separator_row(line: str) -> bool:
    """A line such as |---|:---:| that only rules off the header."""
    return len(line) <= _LONGEST_ROW and "|" in line and "-" in line and _SEPARATOR_SIGNS.issuperset(line)


def shape_of(rows: Sequence[Sequence[str]], separator: int | None = None) -> TableShape:
    """How many of a table's first rows name its columns, and the names, of several rows put together.

    `separator` is the number of the row that rules off the header, where one does. Names that span columns stand once
    in their row, so an upper name holds for the empty cells to its right.
    """
    if separator is not None:
        header = separator
    else:
        header = 0
        for row in rows[: min(len(rows), _MOST_HEADER_ROWS + 1)]:
            if _is_data(row, first=header == 0):
                break
            header += 1
        else:
            header = 1  # words only: nothing but its place tells the header
        if header > _MOST_HEADER_ROWS:
            header = 1
        while header > 1 and _is_label(rows[header - 1]):
            header -= 1  # "Assets:" alone names the rows below it, not a column
    width = max((len(row) for row in rows), default=0)
    names: list[list[str]] = [[] for _ in range(width)]
    for number, row in enumerate(rows[:header]):
        for column, name in enumerate(_spread(row, width, last=number == header - 1)):
            if name and name not in names[column]:
                names[column].append(name)
    columns = tuple(" ".join(parts) for parts in names)
    return TableShape(header, columns if any(columns) else ())


def has_values(cells: Sequence[str]) -> bool:
    """Whether a cell behind the first is a figure, or stands for a missing one."""
    return any(is_value(cell) for cell in cells[1:])


def flat_table_rows(lines: Sequence[str]) -> bool:
    """Whether lines are a header and its rows with nothing but single spaces between cells.

    They are when none of them is a sentence, each begins like a label, the first names columns without giving figures,
    and most of the others hold figures or marks for missing ones.
    """
    if len(lines) < 3 or any(len(line) > _LONGEST_FLAT_ROW or "\n" in line for line in lines):
        return False
    if any(line[-1] in ".;:!?," or line[0].islower() for line in lines):
        return False
    header, *rows = lines
    if len(header.split()) < 3 or _figures(_without_brackets(header)):
        return False
    with_figures = sum(_figures(row) > 0 and row[0].isalpha() for row in rows)
    return with_figures >= 2 and with_figures >= 0.6 * len(rows)


def _is_data(row: Sequence[str], *, first: bool) -> bool:
    behind = [cell for cell in row[1:] if cell]
    figures = [cell for cell in behind if is_value(cell) and not _UNIT.fullmatch(cell) and not _is_period(cell)]
    if not figures:
        return False
    if all(_YEAR.fullmatch(cell) for cell in figures):
        if len(figures) < len(behind):
            return False
        # A row of years names columns, unless its label says that the years are what it gives.
        return not (not row[0] or first or _PERIOD_WORDS.search(row[0]))
    return True


def _is_period(cell: str) -> bool:
    """ "Q4 2019", "March 31, 2019 €m"; a bare year may be a figure, too."""
    if len(cell) > 60 or _YEAR.fullmatch(cell):
        return False
    if _SHORT_PERIOD.fullmatch(cell):
        return True
    return _YEAR.search(cell) is not None and _YEAR_LIKE.fullmatch(cell) is not None


def is_value(cell: str) -> bool:
    """Whether a cell is a figure, with its signs, or stands for a missing one."""
    return 0 < len(cell) <= 40 and _VALUE.fullmatch(cell) is not None


def _is_label(row: Sequence[str]) -> bool:
    return bool(row) and bool(row[0]) and not row[0].startswith("(") and not any(row[1:])


def _spread(row: Sequence[str], width: int, *, last: bool) -> list[str]:
    cells = [*row, *[""] * (width - len(row))]
    filled = [column for column in range(1, width) if cells[column]]
    if len(filled) == 1:
        name = cells[filled[0]]
        holds_for_all = _PERIOD_WORDS.search(name) is not None or (width >= 4 and not last and filled[0] < width - 1)
        return [cells[0], *[name] * (width - 1)] if holds_for_all else cells
    if len(filled) >= 2 and not last:
        name = ""
        for column in range(1, width):
            name = cells[column] or name
            cells[column] = name
    return cells


def _figures(line: str) -> int:
    return sum(is_value(word) and not _YEAR.fullmatch(word.strip("()")) for word in line.split() if word not in "–—-")


def _without_brackets(line: str) -> str:
    return re.sub(r"\([^()]*\)", "", line)
