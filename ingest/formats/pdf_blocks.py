"""Lines of pages become headings, paragraphs, list items and table rows, and these the text of an article.

Knows the shape of pages, not the library that read them. Everything is decided by cheap signs: gaps, edges, sizes,
numbering, and what a sentence needs to go on.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

from ingest.article import Block, BlockKind, Place
from ingest.formats.pdf_lines import Box, Cell, Line, is_figure, is_marker

# A cell of a table that is written over more lines than this is a column of prose.
_MAX_CELL_LINES = 5
_MAX_HEADING = 140

_ITEM = re.compile(
    r"(?:[•▪■●○◦‣⁃∙·➢►❖✓§]|[-–—*o](?=\s)|\((?:\d{1,3}|[A-Za-z]{1,2}|[ivx]{1,6})\)(?!\s?\d)|(?:\d{1,3}|[A-Za-z]|[ivx]{1,6})\)"
    r"|(?:\d{1,2}|[a-z])\.(?=\s)|\d{1,3}(?:\.\d{1,3}){1,4}\.?(?=\s[A-Z“‘\"(]))\s*"
)
_BULLET = re.compile(r"[•▪■●○◦‣⁃∙·➢►❖✓]|[-–—*o]\s")
_NUMBERED_TITLE = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+[A-Z“(]")
_NAMED_TITLE = re.compile(
    r"(?:part|chapter|section|annex|appendix|schedule|item|note|exhibit)\s+(?:[ivxlc]+|\d+[a-z]?|[a-z])\b",
    re.IGNORECASE,
)
_PARAGRAPH_MARK = re.compile(r"§+\s*\d")
_ENDS_SENTENCE = re.compile(r"[.!?:;]['\"”’)\]⁰¹²³⁴⁵⁶⁷⁸⁹ ]*$")
_GOES_ON = re.compile(
    r"(?:,|[-–—]|\b(?:the|a|an|of|and|or|to|in|for|by|with|at|on|from|as|that|which|its|our|is|are|be|was))$"
)
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
_UNIT_LINE = re.compile(
    r"(?i)\(?(?:(?:u\.?s\.? )?dollars |amounts )?(?:are )?in (?:thousands|millions|billions)\b.{0,120}$|\(unaudited\)$"
)
_WHOLE_WORD = re.compile(r"[^\W\d_]+(?:[-–][^\W\d_]+)*")
_REFERS_ON = re.compile(
    r"(?<![;:,])\s(?:in|of|under|through|to|with|by|and|or|from|sections?|(?:sub)?paragraphs?|"
    r"subsections?|rules?|pages?|forms?|parts?)$"
)
_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,3}){1,4}")
_NUMBERED_TEXT = re.compile(r"\d{1,3}(?:\.\d{1,3}){1,4}\s+[A-Z“]\S*\s\S+\s\S+")
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(slots=True)
class Piece:
    """A block in the making: stretches of text with their page and box; each is joined to the next as `glue` says."""

    kind: BlockKind
    page: int
    parts: list[tuple[str, int, Box]] = field(default_factory=list)
    glue: list[str] = field(default_factory=list)  # what stands before each part
    level: int = 0
    columns: tuple[str, ...] = ()
    note: bool = False

    @property
    def text(self) -> str:
        """The text as it will stand in the article."""
        return "".join(glue + part[0] for glue, part in zip(self.glue, self.parts, strict=True))

    def add(self, text: str, page: int, box: Box, glue: str) -> None:
        """Put one more stretch at the end."""
        self.parts.append((text, page, box))
        self.glue.append(glue if len(self.parts) > 1 else "")


@dataclass(frozen=True, slots=True)
class Outline:
    """Titles of the document's own outline, folded, with their depth from 1."""

    depths: dict[str, int] = field(default_factory=dict)

    def depth(self, text: str) -> int:
        """The depth of a title, 0 when the outline lacks it."""
        return self.depths.get(fold_title(text), 0)


def fold_title(text: str) -> str:
    """A title without case, spaces and punctuation."""
    return "".join(char for char in text.casefold() if char.isalnum())


def blocks_of(pages: Sequence[list[Line]], outline: Outline) -> list[Piece]:
    """The pages' lines as blocks in reading order; a paragraph that runs over a page's end is one block."""
    sizes: Counter[float] = Counter()
    words: Counter[str] = Counter()
    cut = False
    for lines in pages:
        for line in lines:
            sizes[round(line.size * 2) / 2] += len(line.text)
            found = _WHOLE_WORD.findall(line.text)
            # Parts of a cut word are no words.
            words.update(found[cut : len(found) - line.hyphen])
            cut = line.hyphen
    body = sizes.most_common(1)[0][0] if sizes else 10.0
    whole: list[Piece] = []
    for lines in pages:
        found = _Page(lines, body, outline, words).pieces()
        notes = [piece for piece in found if piece.note]
        running = [piece for piece in found if not piece.note]
        if running and (open_piece := _left_open(whole)) is not None and _continues(open_piece, running[0]):
            first = running.pop(0)
            for index, (text, page, box) in enumerate(first.parts):
                open_piece.add(
                    text, page, box, first.glue[index] if index else _glue(open_piece.parts[-1][0], text, words)
                )
        whole += running + notes
    return whole


def _left_open(whole: list[Piece]) -> Piece | None:
    """The last block before the notes at the foot of the page, when it may go on."""
    for piece in reversed(whole):
        if not piece.note:
            return piece if piece.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM) else None
    return None


def _continues(before: Piece, after: Piece) -> bool:
    if after.kind is not BlockKind.PARAGRAPH:
        return False
    end, start = before.text, after.text
    if _ENDS_SENTENCE.search(end):
        return False
    if start[:1].islower() or _GOES_ON.search(end):
        return True
    # Else only when the last line was full.
    rights = [box[2] for _, page, box in before.parts if page == before.parts[-1][1]]
    return len(rights) > 1 and rights[-1] > max(rights) - 25


def _glue(before: str, after: str, words: Counter[str]) -> str:
    """What joins two lines of a paragraph: nothing where the first ends in a dash or slash, else a space."""
    return "" if before.endswith(("—", "/", "-")) and after[:1].isalnum() and not before.endswith(" -") else " "


class _Page:
    """Groups the lines of one page."""

    def __init__(self, lines: list[Line], body: float, outline: Outline, words: Counter[str]) -> None:
        self.lines = lines = [part for line in lines for part in _without_margin_note(line)]
        self.body = body
        self.outline = outline
        self.words = words
        gaps = [b.top - a.bottom for a, b in pairwise(lines) if -2 < b.top - a.bottom < 2 * a.size]
        self.gap = median(gaps) if gaps else 0.0
        self.rights = {id(line): self._column_right(index) for index, line in enumerate(lines)}
        self.done: list[Piece] = []

    def _column_right(self, index: int) -> float:
        """The right edge of the column in which a line stands, from the lines before and after it."""
        line = self.lines[index]
        near = self.lines[max(index - 12, 0) : index + 13]
        return max(other.right for other in near if other.left <= line.right and other.right >= line.left)

    def pieces(self) -> list[Piece]:
        rows = _stack_cells(self.lines)
        tabular = [len(row) > 1 or _is_tabular(row[0]) for row in rows]
        # Lines of words between two rows of figures are a row's label or the name of a table's section.
        last = -1
        for index, row in enumerate(rows):
            if not tabular[index]:
                continue
            between = range(last + 1, index)
            above = rows[last] if last >= 0 else row
            figures = last >= 0 and _has_figures(row) and (_has_figures(above) or _is_head(_cells(above)))
            if figures and 0 < len(between) <= 3 and all(self._may_label(rows[i][0], rows[i + 1][0]) for i in between):
                for i in between:
                    tabular[i] = True
            last = index
        # A lone line with wide spaces inside a paragraph is justified text.
        for index, row in enumerate(rows):
            alone = not (index and tabular[index - 1]) and not (index + 1 < len(rows) and tabular[index + 1])
            if tabular[index] and alone and len(row) == 1 and not _has_figures(row) and self._inside_prose(rows, index):
                tabular[index] = False
        # So are the names of columns above a table, up to three lines of them.
        for index in range(len(rows) - 2, -1, -1):
            if not tabular[index] and tabular[index + 1] and _may_head(rows[index][0]):
                below = rows[index + 1 : index + 4]
                near = rows[index + 1][0].top - rows[index][0].bottom < 1.5 * self.body
                tabular[index] = near and any(_has_figures(row) for row in below)
        start = 0
        while start < len(rows):
            end = start + 1
            while end < len(rows) and tabular[end] == tabular[start]:
                end += 1
            if tabular[start]:
                self._table([_cells(row) for row in rows[start:end]], rows[start][0].page)
            else:
                self._prose([row[0] for row in rows[start:end]])
            start = end
        return [piece for piece in self.done if piece.text.strip()]

    def _may_label(self, line: Line, after: Line) -> bool:
        text = line.text
        near = -2 < after.top - line.bottom < 1.2 * self.body
        return near and len(text) < 110 and not _BULLET.match(text) and not text.endswith(".")

    def _inside_prose(self, rows: list[list[Line]], index: int) -> bool:
        line = rows[index][0]
        around = [rows[i][0] for i in (index - 1, index + 1) if 0 <= i < len(rows)]
        return any(max(a.top, line.top) - min(a.bottom, line.bottom) < self.gap + 0.3 * line.size for a in around)

    # --- prose -------------------------------------------------------------------------------------------------------

    def _prose(self, lines: list[Line]) -> None:
        current: Piece | None = None
        previous: Line | None = None
        for index, line in enumerate(lines):
            after = lines[index + 1] if index + 1 < len(lines) else None
            if current is None or previous is None or self._breaks(current, previous, line):
                current = self._open(line, previous, after)
                self.done.append(current)
            self._append(current, line)
            previous = line

    def _open(self, line: Line, previous: Line | None, after: Line | None) -> Piece:
        text = line.text
        level = self._heading_level(line, previous, after)
        if level:
            return Piece(BlockKind.HEADING, line.page, level=level)
        if line.note and line.size < 0.97 * self.body:
            return Piece(BlockKind.PARAGRAPH, line.page, note=True)
        if _UNIT_LINE.match(text):
            return Piece(BlockKind.CAPTION, line.page)
        kind = BlockKind.LIST_ITEM if _ITEM.match(text) else BlockKind.PARAGRAPH
        return Piece(kind, line.page)

    def _append(self, piece: Piece, line: Line) -> None:
        text = " ".join(cell.text for cell in line.cells)
        glue = " "
        if piece.parts:
            before, page, box = piece.parts[-1]
            if before.endswith("\ufffe"):
                glue = ""
                piece.parts[-1] = (before[:-1] + self._hyphen(before[:-1], text), page, box)
            else:
                glue = _glue(before, text, self.words)
        piece.add(text + ("\ufffe" if line.hyphen else ""), line.page, line.box, glue)

    def _hyphen(self, before: str, after: str) -> str:
        """The hyphen of a word that was cut at the line's end: kept where the whole is written with one elsewhere."""
        first = re.split(r"[\s(“\"]", before)[-1]
        second = re.split(r"[\s,.;:)”\"]", after)[0]
        if not second[:1].islower():
            return "" if first.isupper() and second.isupper() and len(second) > 2 else "-"
        if self.words[first + second]:
            return ""
        if self.words[f"{first}-{second}"]:
            return "-"
        return "-" if self.words[first] and self.words[second] and len(first) > 2 else ""

    def _breaks(self, piece: Piece, a: Line, b: Line) -> bool:
        """Whether a new block begins with line `b`."""
        text, before = b.text, a.text
        if a.hyphen:
            return False
        if piece.kind is BlockKind.CAPTION or _UNIT_LINE.match(text):
            return piece.kind is not BlockKind.CAPTION or ")" in before
        if piece.kind is BlockKind.HEADING:
            return not self._heading_goes_on(a, b)
        if _ITEM.match(text) and (_BULLET.match(text) or not _REFERS_ON.search(before)):
            return True
        if b.note:
            return True
        height = max(a.size, 1.0)
        ended = bool(_ENDS_SENTENCE.search(before))
        gap = b.top - a.bottom
        if gap < -1.5 * height or gap > 6 * height:
            # The next column, or something drawn elsewhere.
            return ended or (self._is_short(a) and not text[:1].islower() and not _GOES_ON.search(before))
        if gap > max(self.gap, 0.0) + 0.45 * height and (ended or gap > self.gap + 0.9 * height):
            return True
        if self._is_short(a) and abs(a.left - b.left) > 3 * height and not text[:1].islower():
            return True
        if abs(a.size - b.size) > 0.12 * height or (a.bold != b.bold and self._heading_level(b, a, None) > 0):
            return True
        if self._heading_level(b, a, None) and (ended or self._is_short(a)):
            return True
        return ended and (self._is_short(a) or b.left > a.left + 0.8 * height)

    def _is_short(self, line: Line) -> bool:
        right = self.rights[id(line)]
        return line.right < right - 0.12 * (right - line.left) - 8 and len(line.text) < 200

    def _heading_level(self, line: Line, previous: Line | None, after: Line | None) -> int:
        """The level of a heading that this line begins, 0 if it begins none."""
        text = line.text
        letters = [char for char in text if char.isalpha()]
        if len(letters) < 3 or len(text) > _MAX_HEADING or line.hyphen or "☐" in text or _UNIT_LINE.match(text):
            return 0
        if len(line.cells) > 2 or (len(line.cells) == 2 and not is_title_like(text)):
            return 0
        if depth := self.outline.depth(text):
            return min(depth + 1, 6)
        if text[0].islower() or _BULLET.match(text) or (text.endswith((".", ",", ";", ":")) and not line.bold):
            return 0
        if _ENDS_SENTENCE.search(text) and len(text) > 60:
            return 0
        numbered = _NUMBERED_TITLE.match(text)
        depth = min(numbered.group(1).count(".") + 2, 6) if numbered else 0
        if line.size > 1.18 * self.body:
            return depth or 2
        if _NAMED_TITLE.match(text) and len(text) < 90 and (line.bold or self._is_short(line)):
            return 2
        if _PARAGRAPH_MARK.match(text) and len(text) < 90:
            return 2
        apart = previous is None or line.top - previous.bottom > self.gap + 0.3 * line.size
        capitals = sum(char.isupper() for char in letters) > 0.8 * len(letters) and len(letters) >= 4
        if line.bold and (apart or depth or after is None or not after.bold) and len(text) < 110:
            return depth or 3
        if capitals and len(text.split()) < 14 and line.left > 0:
            return depth or 3
        if numbered and len(text) < 70 and self._is_short(line) and (apart or previous is None):
            return depth
        return 0

    def _heading_goes_on(self, a: Line, b: Line) -> bool:
        if _ITEM.match(b.text) or abs(a.size - b.size) > 0.08 * a.size or a.bold != b.bold:
            return False
        if b.top - a.bottom > self.gap + 0.5 * a.size or b.top < a.top:
            return False
        if b.text[:1].islower() or _GOES_ON.search(a.text):
            return len(a.text) > 20
        larger = a.size > 1.18 * self.body
        return larger or (a.bold and b.bold and not self._is_short(a))

    # --- tables ------------------------------------------------------------------------------------------------------

    def _table(self, rows: list[list[Cell]], page: int) -> None:
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
                self._row(BlockKind.TABLE_HEADER, row, page, ())
                continue
            if len(row) == 1 and not waiting and _is_open_label(row[0].text):
                waiting = row
                continue
            if len(row) == 1 and in_head and _DATE_OR_UNIT.search(row[0].text) and len(row[0].text) < 60:
                heads.append(row)
                self._row(BlockKind.TABLE_HEADER, row, page, ())
                continue
            if figures or lone_figures:
                in_head = False
            if waiting:
                if row[0].text[:1].islower() or row[0].text[:1] in "$“(" or _GOES_ON.search(waiting[0].text):
                    row = [*waiting, *row]
                    joined = True
                else:
                    self._row(BlockKind.TABLE_ROW, waiting, page, ())
                    joined = False
                waiting = []
            else:
                joined = False
            shown = row[1:] if joined else row
            self._row(BlockKind.TABLE_ROW, row, page, _columns(heads, shown), joined)
        if waiting:
            self._row(BlockKind.TABLE_ROW, waiting, page, ())

    def _row(self, kind: BlockKind, row: list[Cell], page: int, columns: tuple[str, ...], joined: bool = False) -> None:
        piece = Piece(kind, page, columns=columns)
        for index, cell in enumerate(row):
            piece.add(cell.text, page, cell.box, " " if joined and index == 1 else "  ")
        self.done.append(piece)


def _without_margin_note(line: Line) -> list[Line]:
    """A note in the margin beside a numbered paragraph, and the paragraph's first line, as two lines."""
    cells = line.cells
    if len(cells) < 2 or is_marker(cells[0].text) or is_figure(cells[0].text):
        return [line]
    numbered = _NUMBERED_TEXT.match(cells[1].text) if len(cells) == 2 else _NUMBER.fullmatch(cells[1].text)
    if not numbered:
        return [line]
    rest = Cell(" ".join(cell.text for cell in cells[1:]), (cells[1].box[0], line.top, line.right, line.bottom))
    note = replace(line, cells=cells[:1], box=cells[0].box, hyphen=False)
    return [note, replace(line, cells=[rest], box=rest.box, bold=False)]


def _is_tabular(line: Line) -> bool:
    if len(line.cells) < 2:
        return False
    figures = sum(is_figure(cell.text) for cell in line.cells[1:])
    return figures > 0 or len(line.cells) > 2


def _may_head(line: Line) -> bool:
    """Whether a line may be column names: several cells, or a period or unit alone."""
    text = line.text
    if _UNIT_LINE.match(text) or _ENDS_SENTENCE.search(text) or is_title_like(text):
        return False
    return len(line.cells) > 1 or (len(text) < 60 and _PERIOD.match(text) is not None)


def _has_figures(row: list[Line]) -> bool:
    return any(is_figure(cell.text) for line in row for cell in line.cells[1:])


def is_title_like(text: str) -> bool:
    """Whether `text` opens as numbered and named titles do."""
    return bool(_NAMED_TITLE.match(text) or _NUMBERED_TITLE.match(text) or _PARAGRAPH_MARK.match(text))


def _is_open_label(text: str) -> bool:
    return len(text) > 15 and not text.endswith((":", ".")) and bool(_GOES_ON.search(text) or len(text) > 45)


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
                a, b = cells.pop(), cell
                box = (min(a.box[0], b.box[0]), a.box[1], max(a.box[2], b.box[2]), b.box[3])
                cell = Cell(a.text + ("-" if cut else " ") + b.text, box)
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


# --- the article -----------------------------------------------------------------------------------------------------


def lay_out(pieces: Sequence[Piece]) -> tuple[str, tuple[Block, ...], tuple[Place, ...]]:
    """Text, blocks and places: blocks stand apart by blank lines, rows of a table by single line ends."""
    out: list[str] = []
    blocks: list[Block] = []
    places: list[Place] = []
    length = 0
    table = (BlockKind.TABLE_ROW, BlockKind.TABLE_HEADER)
    before: Piece | None = None
    for piece in pieces:
        if before is not None:
            gap = "\n" if piece.kind in table and before.kind in table and piece.page == before.page else "\n\n"
            out.append(gap)
            length += len(gap)
        start = length
        for glue, (text, page, box) in zip(piece.glue, piece.parts, strict=True):
            text = text.replace("\ufffe", "-")
            out.append(glue + text)
            length += len(glue)
            if text:
                boxes = (tuple(round(value, 1) for value in box),) if box[2] > box[0] else ()
                places.append(Place(length, length + len(text), page, boxes))  # type: ignore[arg-type]
            length += len(text)
        blocks.append(Block(piece.kind, start, length, piece.page, piece.level, piece.columns))
        before = piece
    return "".join(out), tuple(blocks), tuple(places)
