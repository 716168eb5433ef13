"""From lines and cells to the parts of a document: tables that only place text dissolved, what pages repeat left out.

Knows how documents are set on pages, not what their headings mean.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.formats.html_lines import Item, Line, PageBreak, TableCell, TableLines
from ingest.formats.html_tables import Cell, Grid, grid_of
from ingest.tables import has_values

_LAYOUT_CELL = 600  # characters; a longer cell is text set beside other text
LONGEST_FURNITURE = 160
_FURNITURE_BEFORE, _FURNITURE_AFTER = 4, 3  # lines at a page's foot and head
_LEAST_REPEATS = 3

_BULLET = re.compile(r"[•●▪■◆○◦·∙‣–—*§¨➢►o\uf0b7\uf0a7\uf0d8-]")
_MARK = re.compile(
    r"[•●▪■◆○◦·∙‣–—*†‡§¨➢►o\uf0b7\uf0a7\uf0d8-]{1,3}|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]|\(\*+\)", re.IGNORECASE
)
_LINE_BULLET = re.compile(r"([•●▪■◆‣➢►\uf0b7\uf0a7\uf0d8])\s*(?=\S)|([○◦·∙§¨])\s+(?=\S)")
_PAGE_NUMBER = re.compile(
    r"(?:page\s+)?[-–—]?\s*(?:[a-z]{1,2}-)?(?:\d{1,3}|[ivxl]{1,6})\s*[-–—]?(?:\s+of\s+\d{1,3})?", re.IGNORECASE
)
_TO_CONTENTS = re.compile(
    r"(?:back\s+to\s+)?(?:table\s+of\s+contents|contents|index|top(?:\s+of\s+page)?)\W*", re.IGNORECASE
)
_CONTINUED = re.compile(r"\W*\bcont(?:inued|['’]d|\.)\W*", re.IGNORECASE)
_ENDS_SENTENCE = re.compile(r"[.!?:;…][\"”’)\]]*$")
_FIGURE_LIKE = re.compile(r"[\d.,()$€£¥%\s/–—-]+")


@dataclass(slots=True)
class Data:
    """A table of data; `links` is how many of its rows lead elsewhere in the document."""

    grid: Grid
    captions: list[Line]
    links: int


Part = Line | Data | PageBreak


def parts_of(items: Sequence[Item]) -> list[Part]:
    """Lines, tables of data and page breaks, in order; paragraphs whole and items of lists with their marks."""
    return _with_bullets(_across_pages(_with_whole_paragraphs(_without_furniture(_expanded(items)))))


def _expanded(items: Sequence[Item]) -> list[Part]:
    parts: list[Part] = []
    for item in items:
        if isinstance(item, TableLines):
            parts.extend(_table(item))
        else:
            parts.append(item)
    return parts


def _table(table: TableLines) -> Iterator[Part]:
    rows = [cells for row in table.rows if (cells := [cell for cell in row if cell.lines])]
    if not rows:
        return
    if (listed := _as_list(rows)) is not None:
        yield from table.captions
        yield from listed
        return
    grid = grid_of([[_cell(cell) for cell in row] for row in table.rows])
    if _is_layout(rows, grid):
        yield from table.captions
        for row in rows:
            if len(row) > 1 and all(len(cell.lines) == 1 for cell in row):
                yield joined_lines([cell.lines[0] for cell in row])
            else:
                yield from (line for cell in row for line in cell.lines)
        return
    links = sum(any(line.inside for cell in row for line in cell.lines) for row in rows)
    yield Data(grid, table.captions, links)


def _cell(cell: TableCell) -> Cell:
    bold = bool(cell.lines) and all(line.is_all(line.bold) for line in cell.lines)
    indent = cell.lines[0].indent if cell.lines else 0.0
    return Cell(cell.text, cell.columns, cell.rows, cell.head, bold, indent)


def _as_list(rows: Sequence[Sequence[TableCell]]) -> list[Line] | None:
    """The items of a table that holds nothing but marks and the text behind them; None for any other table."""
    items: list[Line] = []
    marked = 0
    for row in rows:
        first = row[0].text
        if len(row) == 2 and _MARK.fullmatch(first) and not is_figure(row[1].text):
            start, *rest = row[1].lines
            start.mark, start.depth = f"{first} ", max(start.depth, 1)
            items += (start, *rest)
            marked += 1
        elif len(row) == 1 and not is_figure(first):
            items += row[0].lines
        else:
            return None
    return items if marked and 2 * marked >= len(rows) else None


def _is_layout(rows: Sequence[Sequence[TableCell]], grid: Grid) -> bool:
    if grid.width < 2 or all(len(row) == 1 for row in rows):
        return True
    figures = any(has_values(grid.texts(number)) for number in range(len(grid.rows)))
    if len(rows) == 1 and not figures:
        return True
    long_cells = sum(sum(len(line.text) for line in cell.lines) > _LAYOUT_CELL for row in rows for cell in row)
    return long_cells > 0 and not figures and len(rows) <= 3


def joined_lines(lines: Sequence[Line]) -> Line:
    """Lines of one row of a layout table, such as "Item 1." and "Business", as one."""
    first = lines[0]
    sums = {
        name: sum(getattr(line, name) for line in lines)
        for name in ("characters", "bold", "italic", "underlined", "linked", "inside")
    }
    text = " ".join((line.mark + line.text).replace("\n", " ") for line in lines)
    return replace(first, text=text, mark="", heading=max(line.heading for line in lines), **sums)


# Page furniture


def _without_furniture(parts: Sequence[Part]) -> list[Part]:
    """The parts without page numbers, lines that come back page after page, and links to the table of contents."""
    dropped = {number for number, part in enumerate(parts) if isinstance(part, Line) and _leads_back(part)}
    breaks = [number for number, part in enumerate(parts) if isinstance(part, PageBreak)]
    edges = [(_edge(parts, at, -1, dropped), _edge(parts, at, 1, dropped)) for at in (*breaks, len(parts))]
    before = Counter(key for foot, _ in edges for key in {_key(parts[number]) for number in foot})
    after = Counter(key for _, head in edges for key in {_key(parts[number]) for number in head})
    least = max(_LEAST_REPEATS, len(breaks) // 4)
    kept: set[str] = set()
    for foot, head in edges:
        for numbers, counted in ((foot, before), (head, after)):
            for place, number in enumerate(numbers):
                part, key = parts[number], _key(parts[number])
                shown = _shown(part)
                if _PAGE_NUMBER.fullmatch(shown) and place < 2 and len(breaks) >= 1:
                    dropped.add(number)
                    continue
                if counted[key] < least:
                    break
                # The first of the headings that are repeated on every page is where the section begins.
                is_heading = isinstance(part, Line) and part.is_all(part.bold) and not any(map(str.isdigit, shown))
                if is_heading and counted is after and key not in kept:
                    kept.add(key)
                    continue
                dropped.add(number)
    return [part for number, part in enumerate(parts) if number not in dropped]


def _edge(parts: Sequence[Part], at: int, step: int, passed: set[int]) -> list[int]:
    """The short lines next to a page break, nearest first."""
    found: list[int] = []
    most = _FURNITURE_BEFORE if step < 0 else _FURNITURE_AFTER
    number = at + step
    while 0 <= number < len(parts) and len(found) < most:
        if number not in passed:
            shown = _shown(parts[number])
            if (
                not shown
                or len(shown) > LONGEST_FURNITURE
                or (shown[0].islower() and not _PAGE_NUMBER.fullmatch(shown))
            ):
                break
            found.append(number)
        number += step
    return found


def _shown(part: Part) -> str:
    if isinstance(part, Line):
        return part.text if not part.mark else ""
    if isinstance(part, Data) and len(part.grid.rows) == 1:
        return " ".join(cell.text for cell in part.grid.rows[0])
    return ""


def _key(part: Part) -> str:
    return re.sub(r"\d+|\b[ivxl]{1,5}\b", "#", _CONTINUED.sub("", _shown(part).casefold())).strip()


def _leads_back(line: Line) -> bool:
    return line.is_all(line.inside) and len(line.text) <= 40 and _TO_CONTENTS.fullmatch(line.text) is not None


def _across_pages(parts: Sequence[Part]) -> list[Part]:
    """Paragraphs that a page break parts, put together again."""
    joined: list[Part] = []
    for part in parts:
        if (
            isinstance(part, Line)
            and len(joined) >= 2
            and isinstance(joined[-1], PageBreak)
            and isinstance(joined[-2], Line)
            and _goes_on(joined[-2], part)
        ):
            joined.pop()
            before = joined.pop()
            assert isinstance(before, Line)  # noqa: S101  (looked at above)
            joined.append(replace(joined_lines([replace(before, mark=""), part]), mark=before.mark))
        else:
            joined.append(part)
    return joined


def _with_whole_paragraphs(parts: Sequence[Part]) -> list[Part]:
    """Paragraphs put together where each of their lines has a place of its own on the page."""
    joined: list[Part] = []
    for part in parts:
        before = joined[-1] if joined else None
        if (
            isinstance(part, Line)
            and isinstance(before, Line)
            and part.placed
            and before.placed
            and abs(part.size - before.size) < 0.1
            and len(before.text) > 40
            and before.is_all(before.bold) == part.is_all(part.bold)
            and not _ENDS_SENTENCE.search(before.text)
            and not _LINE_BULLET.match(part.text)
        ):
            joined[-1] = joined_lines([before, part])
        else:
            joined.append(part)
    return joined


def _goes_on(before: Line, after: Line) -> bool:
    if before.heading or after.heading or after.mark or _ENDS_SENTENCE.search(before.text):
        return False
    same = before.is_all(before.bold) == after.is_all(after.bold)
    return same and len(before.text) > 40 and (after.text[0].islower() or before.text[-1] == ",")


def _with_bullets(parts: Sequence[Part]) -> list[Part]:
    """Lines that begin with a bullet as items; a bullet on a line of its own belongs to the next line."""
    found: list[Part] = []
    waiting = ""
    for part in parts:
        if isinstance(part, Line):
            if _BULLET.fullmatch(part.text) and not part.mark and part.text not in "o*-–—":
                waiting = part.text
                continue
            if waiting and not part.mark:
                part.mark, part.depth = f"{waiting} ", max(part.depth, 1)
            elif not part.mark and (match := _LINE_BULLET.match(part.text)):
                part.mark, part.depth = f"{match[1] or match[2]} ", max(part.depth, 1)
                part.text = part.text[match.end() :]
            waiting = ""
        found.append(part)
    return found


def is_figure(text: str) -> bool:
    """Whether a text is nothing but figures and their signs."""
    return any(map(str.isdigit, text)) and _FIGURE_LIKE.fullmatch(text) is not None
