"""Words on a page become lines, and the lines that only dress the page are told apart.

Knows words and their boxes, not the library that found them. Units are points from the top left corner of the page as
it is shown; sizes are heights of a font's full line, some 1.15 times its nominal size.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from ingest.article import Box, Mark
from ingest.cleaning import clean_text

# A header or footer repeats on at least this many pages; what stands on two may be a table's head.
MIN_REPEATS = 3
# Lines from the top and from the bottom of a page that may be a running header or footer.
_EDGE_LINES = 4
# Lines beside each other that make columns.
_COLUMN_LINES = 5
# The share of the printed height, at top and bottom, in which they stand.
_EDGE_BAND = 0.15

_FIGURE = re.compile(r"[$€£¥]?\(?[-–—+]?[$€£¥]?(?:\d(?:[\d,.]*\d)?|\.\d+)[)%]*[%)]?|[$€£¥]|[-–—]+|[)%]+|N/?[AM]|\*")
_MARK = re.compile(r"\d{1,2}|[*†‡§#]{1,3}|[®™©℠]")
_RAISED_DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_GLUED = ("®", "™", "℠")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LEADERS = re.compile(r"(?:[.…_·]\s?){4,}")
_DIGITS = re.compile(r"\d+(?:\([A-Za-z0-9]{1,4}\))*")
_COUNTED = re.compile(r"\bpage\s*(\d{1,4})\b|\b(\d{1,4}) of \d{1,4}$", re.IGNORECASE)
_ROMAN = re.compile(r"[ivxlc]+", re.IGNORECASE)
_PAGE_NUMBER = re.compile(r"(?:page\s*)?[-–—|\s]*#[-–—|\s]*(?:(?:of|/)\s*#)?", re.IGNORECASE)


class Look(NamedTuple):
    """The font and the colour (red, green, blue as one number) that a line is drawn in; no font: it is mixed."""

    font: str
    colour: int
    bold: bool


MIXED = Look("", 0, False)


class Word(NamedTuple):
    """Characters without a space among them.

    `spaced`: a space stood before. `hyphen`: the word was broken at a line's end after this part. `look` is that of
    the line as it was drawn.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    spaced: bool
    hyphen: bool = False
    look: Look = MIXED
    turned: bool = False  # runs up or down the page


class Cell(NamedTuple):
    """Words with ordinary spaces between them; a table's line has several.

    `marks` say where in the text and on the page each word stands; empty where that is not known.
    """

    text: str
    box: Box
    marks: tuple[Mark, ...] = ()

    def joined(self, other: "Cell", glue: str = " ") -> "Cell":
        """This cell and another one behind it, with `glue` between their texts."""
        shift = len(self.text) + len(glue)
        marks = self.marks + tuple(Mark(shift + start, shift + end, box) for start, end, box in other.marks)
        return Cell(self.text + glue + other.text, _extent_of((self.box, other.box)), marks)


def join_cells(cells: Sequence[Cell], glue: str = " ") -> Cell:
    """Cells, at least one, as a single cell."""
    whole = cells[0]
    for cell in cells[1:]:
        whole = whole.joined(cell, glue)
    return whole


@dataclass(slots=True)
class Line:
    """One line of a page. `size` is the height of most of its words; `hyphen`: its last word is cut."""

    page: int
    cells: list[Cell]
    box: Box
    size: float
    look: Look = MIXED
    hyphen: bool = False
    turned: bool = False
    note: bool = False  # opens with a raised mark: a footnote
    _text: str | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def bold(self) -> bool:
        """Whether it begins and ends in bold letters."""
        return self.look.bold

    @property
    def text(self) -> str:
        """The cells, two spaces between them."""
        if self._text is None:
            self._text = "  ".join(cell.text for cell in self.cells)
        return self._text

    @property
    def left(self) -> float:
        """Left edge in points."""
        return self.box[0]

    @property
    def top(self) -> float:
        """Top edge in points from the page's top."""
        return self.box[1]

    @property
    def right(self) -> float:
        """Right edge in points."""
        return self.box[2]

    @property
    def bottom(self) -> float:
        """Bottom edge in points from the page's top."""
        return self.box[3]


def lines_of(words: Iterable[Word], page: int) -> list[Line]:
    """The words of a page, in the order the page draws them, as lines; parts of one baseline come together."""
    groups: list[list[Word]] = []
    current: list[Word] = []
    top = bottom = right = 0.0
    for word in words:
        if current and _same_line(current, word, top, bottom, right):
            current.append(word)
            if word.bottom - word.top > bottom - top:
                top, bottom = word.top, word.bottom
            if word.right > right:
                right = word.right
        else:
            current = [word]
            groups.append(current)
            top, bottom, right = word.top, word.bottom, word.right
    return [line for group in _with_marks_in_place(groups) if (line := _line(group, page)).cells]


def _with_marks_in_place(groups: list[list[Word]]) -> list[list[Word]]:
    """Small raised numbers and signs that were drawn apart, often at the page's end, go to the words they stand at."""
    alone = [index for index, group in enumerate(groups) if all(_MARK.fullmatch(word.text) for word in group)]
    if not alone or len(alone) == len(groups):
        return groups
    hosts = [(_extent_of([word[1:5] for word in group]), group) for group in groups]
    for index in alone:
        for mark in list(groups[index]):
            if _put_in_place(mark, [host for at, host in enumerate(hosts) if at != index]):
                groups[index].remove(mark)
    return [group for group in groups if group]


def _put_in_place(mark: Word, hosts: Sequence[tuple[Box, list[Word]]]) -> bool:
    """Put a mark behind the word at whose upper half it stands, or before the first word of a line."""
    middle = (mark.top + mark.bottom) / 2
    for (_, top, _, bottom), group in hosts:
        height = bottom - top
        if not (top < middle < top + 0.6 * height and mark.bottom - mark.top < 0.8 * height and group):
            continue
        near = [at for at, word in enumerate(group) if -0.2 < (mark.left - word.right) / height < 0.35]
        if near:
            at = min(near, key=lambda each: abs(mark.left - group[each].right)) + 1
        elif 0 <= group[0].left - mark.right < 1.5 * height:
            at = 0
            group[0] = group[0]._replace(spaced=True)
        else:
            continue
        if at < len(group) and group[at].text[0] in ",.;:)":
            group[at] = group[at]._replace(spaced=False)
        group.insert(at, mark._replace(spaced=False))
        return True
    return False


def _same_line(current: Sequence[Word], word: Word, top: float, bottom: float, right: float) -> bool:
    if current[-1].hyphen:
        return False
    if word.turned or current[-1].turned:
        beside = min(word.right, current[-1].right) - max(word.left, current[-1].left)
        return word.turned == current[-1].turned and beside > 0
    height = bottom - top
    if word.top != top or word.bottom != bottom:  # mostly they are the same
        height = min(height, word.bottom - word.top)
        if min(bottom, word.bottom) - max(top, word.top) < 0.5 * height:
            return False
    return word.left > right - max(1.0, 0.4 * height)


def _line(words: list[Word], page: int) -> Line:
    heights = [word.bottom - word.top for word in words]
    size = max(heights) if len(words) < 3 else sorted(heights)[len(heights) // 2]
    turned = words[0].turned
    if turned:
        size = median(word.right - word.left for word in words)
    middle: float | None = None  # where the line's letters stand, found when there is something small
    cells: list[Cell] = []
    parts: list[tuple[str, bool, Box]] = []  # text, whether a space stands before it, where it stands
    previous: Word | None = None
    note = False
    for word in words:
        text = word.text if word.text.isascii() else clean_text(word.text).strip()
        raised = False
        if text.isdecimal() and word.bottom - word.top < 0.8 * size:
            if middle is None:
                middle = median((word.top + word.bottom) / 2 for word in words)
            if (word.top + word.bottom) / 2 < middle - 0.08 * size:
                # A footnote mark must never join the figure before it.
                raised, text = True, text.translate(_RAISED)
                note = note or previous is None
        here: Box = word[1:5]
        if previous is None:
            parts = [(text, False, here)]
        else:
            gap = word.left - previous.right
            wide = gap > 0.55 * size and gap > _cell_gap(previous, word, size)
            if wide and not (len(parts) == 1 and not cells and is_marker(parts[0][0])):
                cells += _cells_of(parts)
                parts = [(text, False, here)]
            else:
                spaced = word.spaced or gap > 0.12 * size or raised
                parts.append((text, spaced and text not in _GLUED, here))
        previous = word
    cells += _cells_of(parts)
    whole = _extent_of([word[1:5] for word in words])
    look = words[0].look
    if look != words[-1].look:
        look = Look("", 0, look.bold and words[-1].look.bold)
    return Line(page, _join_signs(cells), whole, size, look, words[-1].hyphen, turned, note)


def _cell_gap(previous: Word, word: Word, size: float) -> float:
    figures = _FIGURE.fullmatch(word.text) and _FIGURE.fullmatch(previous.text)
    return 0.55 * size if figures else 1.05 * size


def _cells_of(parts: Sequence[tuple[str, bool, Box]]) -> Iterator[Cell]:
    """Words beside each other as one cell, or several where leaders (a row of dots) stand between them."""
    text = ""
    marks: list[Mark] = []
    for word, spaced, box in parts:
        if spaced and text and not text.endswith(" "):
            text += " "
        if word:
            marks.append(Mark(len(text), len(text) + len(word), box))
            text += word
    leaders = [match.span() for match in _LEADERS.finditer(text)]
    if not leaders and text and text[-1] != " ":
        yield Cell(text, _extent_of([mark.box for mark in marks]), tuple(marks))
        return
    start = 0
    for end, after in [*leaders, (len(text), len(text))]:
        while start < end and text[start] == " ":
            start += 1
        stripped = text[start:end].rstrip()
        if stripped:
            within = tuple(_clipped(marks, start, start + len(stripped)))
            yield Cell(stripped, _extent_of([mark.box for mark in within]), within)
        start = after


def _clipped(marks: Sequence[Mark], start: int, end: int) -> Iterator[Mark]:
    """The marks of [start, end), counted from `start`; a word that lies in it in part is cut by its letters."""
    for mark in marks:
        first, last = max(mark.start, start), min(mark.end, end)
        if first >= last:
            continue
        left, top, right, bottom = mark.box
        if (first, last) != (mark.start, mark.end):
            width = (right - left) / (mark.end - mark.start)
            left, right = left + width * (first - mark.start), left + width * (last - mark.start)
        yield Mark(first - start, last - start, (left, top, right, bottom))


def _join_signs(cells: list[Cell]) -> list[Cell]:
    """A currency sign belongs to the figure after it, a bracket or per cent sign to the one before."""
    joined: list[Cell] = []
    for cell in (part for each in cells for part in _without_last_sign(each)):
        if joined and (joined[-1].text in "$€£¥" or re.fullmatch(r"[)%]+", cell.text)):
            cell = joined.pop().joined(cell, "" if cell.text.startswith(")") else " ")
        joined.append(cell)
    return joined


def _without_last_sign(cell: Cell) -> Iterator[Cell]:
    """A cell, or two where it ends in the currency sign of the one behind it."""
    if len(cell.marks) > 1 and cell.text[-1] in "$€£¥" and cell.text[-2] == " ":
        first, last = cell.marks[:-1], cell.marks[-1]
        yield Cell(cell.text[: first[-1].end], _extent_of([mark.box for mark in first]), first)
        yield Cell(cell.text[-1], last.box, (last._replace(start=0, end=1),))
    else:
        yield cell


_MARKER = re.compile(
    r"[•▪■●○◦‣⁃∙·–—*➢►❖✓o§-]|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,6})[.)]|\((?:\d{1,2}|[A-Za-z]{1,2}|[ivx]{1,6})\)"
    r"|\d{1,3}(?:\.\d{1,3}){1,4}\.?|[⁰¹²³⁴⁵⁶⁷⁸⁹]+|(?:Item|Note|Part|PART|ITEM|NOTE)\s?\d{0,2}[A-Z]?[.:]?|§+\s?\d[\d.]*"
)


def is_marker(text: str) -> bool:
    """Whether `text` is a bullet or number that opens a list item or numbered paragraph."""
    return _MARKER.fullmatch(text) is not None


def is_figure(text: str) -> bool:
    """Whether every word of `text` is a number, sign or dash, as in a table's cell."""
    return all(_FIGURE.fullmatch(part) for part in text.split())


BULLET = re.compile(r"[•▪■●○◦‣⁃∙·➢►❖✓]|[-–—*o]\s")
NUMBERED_TITLE = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+[A-Z“(]")
NAMED_TITLE = re.compile(
    r"(?:part|chapter|section|annex|appendix|schedule|item|note|exhibit)\s+(?:[ivxlc]+|\d+[a-z]?|[a-z])\b",
    re.IGNORECASE,
)
PARAGRAPH_MARK = re.compile(r"§+\s*\d")
ENDS_SENTENCE = re.compile(r"[.!?:;]['\"”’)\]⁰¹²³⁴⁵⁶⁷⁸⁹ ]*$")
GOES_ON = re.compile(
    r"(?:,|[-–—]|\b(?:the|a|an|of|and|or|to|in|for|by|with|at|on|from|as|that|which|its|our|is|are|be|was))$"
)


def is_title_like(text: str) -> bool:
    """Whether `text` opens as numbered and named titles do."""
    return bool(NAMED_TITLE.match(text) or NUMBERED_TITLE.match(text) or PARAGRAPH_MARK.match(text))


# --- reading order ---------------------------------------------------------------------------------------------------


def in_reading_order(lines: list[Line]) -> list[Line]:
    """The lines of a page from top to bottom where the page draws them in another order.

    Most pages draw their text as it is read, columns and tables included, and stay as they are: only a line well above
    the one before it, in the same column, shows that the order is another one. Stretches that were drawn late (often a
    title) are moved up whole; where stretches lie among each other, a page of prose is sorted line by line.
    """
    lines = _columns_in_order(_columns_apart(lines))
    upright = [line for line in lines if not line.turned]
    runs: list[list[Line]] = []
    for line in upright:
        if runs and not (line.top < runs[-1][-1].top - 2.5 * line.size and _beside(line.box, runs[-1][-1].box) > 0):
            runs[-1].append(line)
        else:
            runs.append([line])
    if len(runs) < 2:
        return lines
    turned = [line for line in lines if line.turned]
    extents = [_extent(run) for run in runs]
    slack = 0.5 * upright[0].size
    mixed = any(
        _beside(a, b) > 0 and min(a[3], b[3]) - max(a[1], b[1]) > slack
        for index, a in enumerate(extents)
        for b in extents[:index]
    )
    if mixed and _is_plain_prose(upright):
        return _rows_joined(upright) + turned
    order: list[int] = []
    for index, extent in enumerate(extents):
        position = len(order)
        while position and _is_above(extent, extents[order[position - 1]], slack):
            position -= 1
        order.insert(position, index)
    return [line for index in order for line in runs[index]] + turned


def _columns_in_order(lines: list[Line]) -> list[Line]:
    """Columns from left to right where a page draws them in another order and draws nothing else."""
    columns: list[list[Line]] = []
    for line in lines:
        if columns and line.top > columns[-1][-1].top - 2.5 * line.size:
            columns[-1].append(line)
        else:
            columns.append([line])
    if not 2 <= len(columns) <= 4 or any(len(column) < _COLUMN_LINES for column in columns):
        return lines
    placed = sorted(((_extent(column), column) for column in columns), key=lambda each: each[0][0])
    if any(a[2] > b[0] or min(a[3], b[3]) < max(a[1], b[1]) for (a, _), (b, _) in pairwise(placed)):
        return lines
    if any(is_figure(cell.text) for line in lines for cell in line.cells):
        return lines  # a table that is drawn column by column
    return [line for _, column in placed for line in column]


def _columns_apart(lines: list[Line]) -> list[Line]:
    """Lines that run through several columns of prose, as where a page is drawn from top to bottom, cut at the gutters.

    What tells columns of prose from a table is that they are full: their words reach the gutter again and again.
    """
    if any(_is_wordy(line.cells) for line in lines) and (gutter := _gutter(lines)) is not None:
        lines = _cut_at(gutter, lines)
    wide = sum(len(line.cells) > 1 and len(line.text) > 50 for line in lines)
    if wide < _COLUMN_LINES:
        return lines
    done: list[Line] = []
    start = 0
    while start < len(lines):
        end = start
        while end < len(lines) and len(lines[end].cells) == len(lines[start].cells) and not lines[end].turned:
            end += 1
        if end - start >= _COLUMN_LINES and _are_columns([line.cells for line in lines[start:end]]):
            for column in range(len(lines[start].cells)):
                for line in lines[start:end]:
                    cell = line.cells[column]
                    last = column == len(line.cells) - 1
                    done.append(replace(line, cells=[cell], box=cell.box, hyphen=last and line.hyphen))
        else:
            end = max(end, start + 1)
            done += lines[start:end]
        start = end
    return done


def _is_wordy(cells: Sequence[Cell]) -> bool:
    """Whether these are two cells of words, as a table has them seldom."""
    return len(cells) == 2 and all(sum(map(str.isalpha, cell.text)) > 12 for cell in cells)


def _gutter(lines: list[Line]) -> float | None:
    """Where a page's two columns part: lines of prose end before it and begin behind it, hardly any runs across."""
    prose = [line for line in lines if len(line.cells) == 1 and len(line.text) > 25 and not line.turned]
    if len(prose) < 4 * _COLUMN_LINES:
        return None
    left, _, right, _ = _extent(prose)
    middle = (left + right) / 2
    before = [line.right for line in prose if line.right < middle + 0.1 * (right - left)]
    behind = [line.left for line in prose if line.left > middle - 0.1 * (right - left)]
    if min(len(before), len(behind)) < _COLUMN_LINES or len(before) + len(behind) < 0.9 * len(prose):
        return None
    end, start = max(before), min(behind)
    return (end + start) / 2 if end < start else None


def _cut_at(gutter: float, lines: list[Line]) -> list[Line]:
    """Lines of words that run over the gutter become two; those on the right follow all on the left beside them."""
    done: list[Line] = []
    waiting: list[Line] = []
    for line in lines:
        cut = _is_wordy(line.cells) and line.cells[0].box[2] < gutter < line.cells[1].box[0]
        if not cut:
            done += waiting
            waiting = []
            done.append(line)
            continue
        first, second = line.cells
        done.append(replace(line, cells=[first], box=first.box, hyphen=False))
        waiting.append(replace(line, cells=[second], box=second.box, note=second.text[0] in _RAISED_DIGITS))
    return done + waiting


def _are_columns(rows: Sequence[Sequence[Cell]]) -> bool:
    if len(rows[0]) < 2:
        return False
    for cells in zip(*rows, strict=True):
        widths = [cell.box[2] - cell.box[0] for cell in cells]
        letters = sum(len(cell.text) for cell in cells)
        full = sum(width > 0.8 * max(widths) for width in widths)
        if letters < 18 * len(cells) or full < 0.6 * len(cells) or any(is_figure(cell.text) for cell in cells):
            return False
    rights = [max(cell.box[2] for cell in cells) for cells in zip(*rows, strict=True)]
    lefts = [min(cell.box[0] for cell in cells) for cells in zip(*rows, strict=True)]
    return all(right < left for right, left in zip(rights, lefts[1:], strict=False))


def _is_above(a: Box, b: Box, slack: float) -> bool:
    return a[3] <= b[1] + slack and _beside(a, b) > 0


def _is_plain_prose(lines: list[Line]) -> bool:
    """Whether a page is one column of long lines, without a table that sorting by height could tear."""
    long = sum(len(line.text) > 40 for line in lines)
    rows = sum(any(is_figure(cell.text) for cell in line.cells[1:]) for line in lines)
    return long > 0.5 * len(lines) and rows < 3 and not _has_columns(lines)


def _has_columns(lines: list[Line]) -> bool:
    """Whether long lines stand beside each other: columns of prose, which sorting by height would mix."""
    wide = sorted((line for line in lines if len(line.text) > 20), key=lambda each: each.top)
    beside = 0
    for index, line in enumerate(wide):
        for other in wide[index + 1 : index + 4]:
            if other.top < line.bottom - 0.3 * line.size and _beside(line.box, other.box) <= 0:
                beside += 1
    return beside >= 3


def _rows_joined(lines: list[Line]) -> list[Line]:
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda each: each.top):
        last = rows[-1][-1] if rows else None
        height = 0.0 if last is None else min(last.bottom, line.bottom) - max(last.top, line.top)
        if (
            last is not None
            and height > 0.6 * min(last.size, line.size)
            and all(_beside(line.box, o.box) <= 0 for o in rows[-1])
        ):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [row[0] if len(row) == 1 else _joined(sorted(row, key=lambda each: each.left)) for row in rows]


def _joined(row: list[Line]) -> Line:
    cells = [row[0].cells[0], *row[0].cells[1:]]
    for line in row[1:]:
        before, after = cells[-1], line.cells[0]
        if len(cells) == 1 and is_marker(before.text):
            cells[-1] = before.joined(after)
            cells += line.cells[1:]
        else:
            cells += line.cells
    return replace(row[0], cells=_join_signs(cells), box=_extent(row), hyphen=row[-1].hyphen)


def _extent(lines: Sequence[Line]) -> Box:
    return _extent_of([line.box for line in lines])


def _extent_of(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _beside(a: Box, b: Box) -> float:
    """How far two boxes share the same stretch of the page's width; not above 0 when they do not."""
    return min(a[2], b[2]) - max(a[0], b[0])


# --- running headers and footers -------------------------------------------------------------------------------------


def without_furniture(pages: Sequence[list[Line]], heights: Sequence[float] = ()) -> list[list[Line]]:
    """The pages' lines without running headers, footers, page numbers and text turned along the margin.

    They are recognised by standing outermost on the page and repeating, digits apart, on at least three pages, or on
    all of two or three at the same place; or by counting as the pages do. `heights` of the pages, in points, help
    where pages differ in size.
    """
    tops = [min((line.top for line in lines), default=0.0) for lines in pages]
    bottoms = [max((line.bottom for line in lines), default=0.0) for lines in pages]
    if len(heights) != len(pages) or not all(heights):
        heights = [max(bottoms, default=0.0)] * len(pages)
    margin = min((height - bottom for height, bottom in zip(heights, bottoms, strict=True) if bottom), default=0.0)
    top = min((edge for edge, bottom in zip(tops, bottoms, strict=True) if bottom), default=0.0)
    bands = [(top + _EDGE_BAND * (h - margin - top), h - margin - _EDGE_BAND * (h - margin - top)) for h in heights]
    repeats = _Repeats(len(pages))
    offsets: Counter[int] = Counter()
    edges = [_edges(lines, *band) for lines, band in zip(pages, bands, strict=True)]
    for number, (sides, height) in enumerate(zip(edges, heights, strict=True), 1):
        for side, edge in enumerate(sides):
            repeats.update(side, edge, height)
        shown = {int(n) for edge in sides for line in edge[:2] for n in _edge_numbers(line)}
        offsets.update({n - number for n in shown})
    least = min(max(MIN_REPEATS, 0.4 * len(pages)), max(len(pages), 2))
    offset = next((o for o, count in offsets.most_common(1) if count >= least), None)
    turned = Counter(_mask(line.text) for lines in pages for line in lines if line.turned)
    kept = []
    for number, (lines, sides, band, height) in enumerate(zip(pages, edges, bands, heights, strict=True), 1):
        drop: set[int] = {id(line) for line in lines if line.turned and turned[_mask(line.text)] >= MIN_REPEATS}
        numbered = _with_number(sides, None if offset is None else number + offset)
        for side, edge in enumerate(sides):
            for depth, line in enumerate(edge):
                outside = line.bottom < band[0] if side == 0 else line.top > band[1]
                if id(line) not in numbered and not repeats.is_furniture(side, line, depth, height, outside):
                    break
                drop.add(id(line))
        kept.append([line for line in lines if id(line) not in drop])
    return kept


class _Repeats:
    """On how many pages a line stands at the top (side 0) or bottom (1): as it is, but for digits, at which height."""

    def __init__(self, pages: int) -> None:
        self.pages = pages
        self.counts: Counter[tuple[int, str]] = Counter()
        self.placed: Counter[tuple[int, str, int]] = Counter()

    def update(self, side: int, edge: Sequence[Line], height: float) -> None:
        """Count the lines at one edge of a page."""
        keys: set[str] = set()
        places: set[tuple[str, int]] = set()
        for line in edge:
            keys |= {line.text, _mask(line.text)}
            place = self._place(side, line, height)
            places |= {(line.text, place), (_mask(line.text), place)}
            if len(line.cells) > 1:
                keys |= {key for cell in line.cells for key in (cell.text, _mask(cell.text))}
        self.counts.update((side, key) for key in keys)
        self.placed.update((side, *place) for place in places)

    @staticmethod
    def _place(side: int, line: Line, height: float) -> int:
        return round((line.top if side == 0 else height - line.bottom) / 4)

    def is_furniture(self, side: int, line: Line, depth: int, height: float, outside: bool) -> bool:
        """Whether a line is furniture; `outside` says that it lies in the band at the page's edge."""
        text, shape = line.text, _mask(line.text)
        if not any(char.isalnum() for char in text):
            return True
        exact, masked = self.counts[side, text], self.counts[side, shape]
        if len(line.cells) > 1 and not any(is_figure(cell.text) for cell in line.cells):
            exact = max(exact, min(self.counts[side, cell.text] for cell in line.cells))
            masked = max(masked, min(self.counts[side, _mask(cell.text)] for cell in line.cells))
        if _PAGE_NUMBER.fullmatch(shape) or _ROMAN.fullmatch(text):
            return masked >= 2 or self.pages == 1 or shape.lower().startswith("page")
        if not any(char.isalpha() for char in text):
            return False
        if depth == 0 and outside and len(line.cells) > 1 and not _is_row(line) and len(text) < 90:
            # One half names the document, the other the part that the page is in.
            often = max(self.counts[side, cell.text] for cell in line.cells if not is_figure(cell.text))
            if often >= max(MIN_REPEATS, 0.2 * self.pages):
                return True
        place = self._place(side, line, height)
        here = sum(self.placed[side, text, place + step] for step in (-1, 0, 1))
        if self.pages <= 3:
            return here >= 2 and outside and depth < 2 and here >= self.pages - 1 and not _is_row(line)
        if depth == 0 and (outside or exact >= 0.2 * self.pages):
            often = exact >= max(MIN_REPEATS, 0.1 * self.pages) or masked >= max(MIN_REPEATS, 0.12 * self.pages)
            return often or here >= MIN_REPEATS
        return exact >= max(MIN_REPEATS, 0.2 * self.pages) or (self.pages >= 10 and masked >= 0.5 * self.pages)


def _with_number(edges: tuple[list[Line], list[Line]], number: int | None) -> set[int]:
    """The ids of the outermost lines that show the number which the page has by the count of all pages."""
    if number is None:
        return set()
    for depth in range(_EDGE_LINES):
        found = {
            id(edge[depth])
            for edge in edges
            if depth < len(edge) and str(number) in _edge_numbers(edge[depth]) and len(edge[depth].text) < 90
            and not _is_row(edge[depth])
        }  # fmt: skip
        if found:
            return found
    return set()


def _is_row(line: Line) -> bool:
    return sum(is_figure(cell.text) for cell in line.cells) > 1


def _edges(lines: Sequence[Line], above: float, below: float) -> tuple[list[Line], list[Line]]:
    """The lines at the top and bottom of a page, each from the outermost inwards.

    Those further in lie above `above` and below `below`; the outermost may lie anywhere, since some programs put the
    footer behind the last line of a short page.
    """
    upright = sorted((line for line in lines if not line.turned), key=lambda line: line.top)
    half = len(upright) // 2
    top = [line for line in upright[: min(_EDGE_LINES, half + 1)] if line is upright[0] or line.bottom < above]
    bottom = [line for line in upright[::-1][: min(_EDGE_LINES, half)] if line is upright[-1] or line.top > below]
    return top, bottom


def _mask(text: str) -> str:
    return _DIGITS.sub("#", text)


def _edge_numbers(line: Line) -> list[str]:
    if match := _COUNTED.search(line.text):
        return [match[1] or match[2]]
    words = line.text.strip("-–—| ").split()
    if not words:
        return []
    return [word for word in {words[0], words[-1]} if word.isdecimal() and len(word) < 5]
