"""Lines of pages become headings, paragraphs, list items and table rows, and these the text of an article.

Knows the shape of pages, not the library that read them. Everything is decided by cheap signs: gaps, edges, sizes,
numbering, and what a sentence needs to go on.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, product
from statistics import median
from typing import NamedTuple

from ingest.article import Block, BlockKind, Box, Mark, Place, Row, places_of
from ingest.formats.pdf_columns import UNIT_LINE, Grid
from ingest.formats.pdf_lines import (
    BULLET,
    ENDS_SENTENCE,
    GOES_ON,
    MIXED,
    NAMED_TITLE,
    NUMBERED_TITLE,
    PARAGRAPH_MARK,
    Line,
    Look,
    is_figure,
    is_marker,
    is_title_like,
    join_cells,
)
from ingest.formats.pdf_tables import Table, TableRow, with_tables

_MAX_HEADING = 140
# Beyond so many comparisons a page is no page of text.
_MAX_COMPARED = 250_000
# What is so much larger than the running text is a heading.
_LARGER = 1.18

_ITEM = re.compile(
    r"(?:[•▪■●○◦‣⁃∙·➢►❖✓§]|[-–—*o](?=\s)|\((?:\d{1,2}|[A-Za-z]{1,2}|[ivx]{1,6})\)(?!\s?\d)|(?:\d{1,3}|[A-Za-z]|[ivx]{1,6})\)"
    r"|(?:\d{1,2}|[a-z])\.(?=\s)|\d{1,3}(?:\.\d{1,3}){1,4}\.?(?=\s[A-Z“‘\"(]))\s*"
)
_NO_LETTER = re.compile(r"[\W_]+")
_WHOLE_WORD = re.compile(r"[^\W\d_]+(?:[-–][^\W\d_]+)*")
_REFERS_ON = re.compile(
    r"(?<![;:,])\s(?:in|of|under|through|to|with|by|and|or|from|sections?|(?:sub)?paragraphs?|"
    r"subsections?|rules?|pages?|forms?|parts?)$"
    r"|\s(?:(?:sub)?sections?|(?:sub)?paragraphs?|rules?|§+)\s?[\w.()-]{1,12}$"
)
_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,3}){1,4}")
_NUMBERED_TEXT = re.compile(r"\d{1,3}(?:\.\d{1,3}){1,4}\s+[A-Z“]\S*\s\S+\s\S+")


class Part(NamedTuple):
    """A stretch of a block's text on one page, in one box; `marks` as those of a cell."""

    text: str
    page: int
    box: Box
    marks: tuple[Mark, ...] = ()


@dataclass(slots=True)
class Piece:
    """A block in the making: stretches of text with their page and box; each is joined to the next as `glue` says."""

    kind: BlockKind
    page: int
    parts: list[Part] = field(default_factory=list)
    glue: list[str] = field(default_factory=list)  # what stands before each part
    level: int = 0
    columns: tuple[str, ...] = ()
    indent: int = 0  # of a table row's label, in points
    note: bool = False

    @property
    def text(self) -> str:
        """The text as it will stand in the article."""
        return "".join(glue + part.text for glue, part in zip(self.glue, self.parts, strict=True))

    def add(self, part: Part, glue: str) -> None:
        """Put one more stretch at the end."""
        self.parts.append(part)
        self.glue.append(glue if len(self.parts) > 1 else "")


@dataclass(frozen=True, slots=True)
class Outline:
    """Titles of the document's own outline, folded, with their depth from 1."""

    depths: dict[str, int] = field(default_factory=dict)

    def depth(self, text: str) -> int:
        """The depth of a title, 0 when the outline lacks it."""
        return self.depths.get(fold_title(text), 0) if self.depths else 0


def fold_title(text: str) -> str:
    """A title without case, spaces and punctuation."""
    return _NO_LETTER.sub("", text.casefold())


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
    style = Style(body, _plain_look(pages, body), _gap_of_body(pages, body), _heading_sizes(pages, body))
    whole: list[Piece] = []
    grid: Grid | None = None  # of a table that may go on on the next page
    for lines in pages:
        page = _Page(lines, style, outline, words)
        found = page.pieces(grid)
        if lines:
            grid = page.grid
        notes = [piece for piece in found if piece.note]
        running = [piece for piece in found if not piece.note]
        for fresh, note in ((running, False), (notes, True)):
            if fresh and (open_piece := _left_open(whole, note)) is not None and _continues(open_piece, fresh[0]):
                first = fresh.pop(0)
                for index, part in enumerate(first.parts):
                    glue = first.glue[index] if index else _glue(open_piece.parts[-1].text, part.text, words)
                    open_piece.add(part, glue)
        whole += running + notes
    return whole


@dataclass(frozen=True, slots=True)
class Style:
    """How a document's running text is set: size of its lines and gap between them (points), font and colour.

    `headings` are the larger sizes of its headings, the largest first, apart from those of the first page alone.
    """

    body: float
    look: Look
    gap: float
    headings: tuple[float, ...] = ()


def _body_of_page(lines: Sequence[Line], body: float) -> float:
    """The size of a page's running text: the document's, or a larger one where most of the page is set in it."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size * 2) / 2] += len(line.text)
    if not sizes:
        return body
    size, letters = sizes.most_common(1)[0]
    return size if size > body and letters > 600 and letters > 0.6 * sizes.total() else body


def _plain_look(pages: Sequence[list[Line]], body: float) -> Look:
    looks: Counter[Look] = Counter()
    for lines in pages:
        for line in lines:
            if abs(line.size - body) < 0.12 * body:
                looks[line.look] += len(line.text)
    return looks.most_common(1)[0][0] if looks else MIXED


def _gap_of_body(pages: Sequence[list[Line]], body: float) -> float:
    """What stands between two long lines of running text; 0 where there are none."""
    gaps = [
        b.top - a.bottom
        for lines in pages
        for a, b in pairwise(lines)
        if len(a.text) > 50 and abs(a.size - body) < 0.12 * body and abs(b.top - a.bottom) < a.size
    ]
    return median(gaps) if gaps else 0.0


def _heading_sizes(pages: Sequence[list[Line]], body: float) -> tuple[float, ...]:
    sizes: set[float] = set()
    for lines in pages[1:] or pages:
        sizes |= {line.size for line in lines if line.size > _LARGER * body and 2 < len(line.text) < _MAX_HEADING}
    found: list[float] = []
    for size in sorted(sizes, reverse=True):
        if not found or size < 0.93 * found[-1]:
            found.append(size)
    return tuple(found)


def _left_open(whole: list[Piece], note: bool) -> Piece | None:
    """The last block of the running text, or the last note at a page's foot, when it may go on."""
    for piece in reversed(whole):
        if piece.note == note:
            return piece if piece.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM) else None
    return None


def _continues(before: Piece, after: Piece) -> bool:
    if after.kind is not BlockKind.PARAGRAPH:
        return False
    end, start = before.text, after.text
    if ENDS_SENTENCE.search(end):
        return False
    if _starts_low(start) or GOES_ON.search(end):
        return True
    # Else only when the last line was full.
    rights = [part.box[2] for part in before.parts if part.page == before.parts[-1].page]
    return len(rights) > 1 and rights[-1] > max(rights) - 25


def _glue(before: str, after: str, words: Counter[str]) -> str:
    """What joins two lines of a paragraph: nothing where the first ends in a dash or slash, else a space."""
    return "" if before.endswith(("—", "/", "-")) and after[:1].isalnum() and not before.endswith(" -") else " "


def _starts_low(text: str) -> bool:
    """Whether a text begins in the middle of a sentence: with a small letter, unless in a name like iPad."""
    return text[:1].islower() and not text[1:2].isupper()


class _Page:
    """Groups the lines of one page."""

    def __init__(self, lines: list[Line], style: Style, outline: Outline, words: Counter[str]) -> None:
        self.lines = lines = [part for line in lines for part in _without_margin_note(line)]
        self.style = style
        self.body = _body_of_page(lines, style.body)
        self.outline = outline
        self.words = words
        gaps = [b.top - a.bottom for a, b in pairwise(lines) if -2 < b.top - a.bottom < 2 * a.size]
        self.gap = median(gaps) if gaps else 0.0
        self.foot = {id(line) for line in _at_foot(lines, self.body)}
        self.rights = dict(zip(map(id, lines), _column_rights(lines), strict=True))
        self.done: list[Piece] = []
        self.grid: Grid | None = None  # of the table with which the page ends

    def pieces(self, before: Grid | None) -> list[Piece]:
        for stretch in with_tables(self.lines, self.body, self.gap, before):
            self.grid = None
            if isinstance(stretch, Table):
                self.done += map(self._row, stretch.rows)
                self.grid = stretch.grid
            else:
                self._prose(stretch)
        return [piece for piece in self.done if piece.text.strip()]

    # --- prose -------------------------------------------------------------------------------------------------------

    def _prose(self, lines: list[Line]) -> None:
        # Notes at a column's foot stand between lines of the running text: each goes on by itself.
        under_way: dict[bool, tuple[Piece, Line]] = {}
        for index, line in enumerate(lines):
            after = lines[index + 1] if index + 1 < len(lines) else None
            is_note = id(line) in self.foot
            current, previous = under_way.get(is_note, (None, None))
            if current is None or previous is None or self._breaks(current, previous, line):
                current = self._open(line, previous, after)
                self.done.append(current)
            self._append(current, line)
            under_way[is_note] = current, line

    def _open(self, line: Line, previous: Line | None, after: Line | None) -> Piece:
        text = line.text
        if id(line) in self.foot:
            return Piece(BlockKind.PARAGRAPH, line.page, note=True)
        level = self._heading_level(line, previous, after)
        if level:
            return Piece(BlockKind.HEADING, line.page, level=level)
        if UNIT_LINE.match(text):
            return Piece(BlockKind.CAPTION, line.page)
        kind = BlockKind.LIST_ITEM if _ITEM.match(text) else BlockKind.PARAGRAPH
        return Piece(kind, line.page)

    def _append(self, piece: Piece, line: Line) -> None:
        whole = join_cells(line.cells)
        text = whole.text
        glue = " "
        if piece.parts:
            part = piece.parts[-1]
            if part.text.endswith("\ufffe"):
                glue = ""
                before = part.text[:-1]
                piece.parts[-1] = part._replace(text=before + self._hyphen(before, text))
            else:
                glue = _glue(part.text, text, self.words)
        piece.add(Part(text + ("\ufffe" if line.hyphen else ""), line.page, line.box, whole.marks), glue)

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
        if piece.kind is BlockKind.CAPTION or UNIT_LINE.match(text):
            return piece.kind is not BlockKind.CAPTION or ")" in before
        if piece.kind is BlockKind.HEADING:
            return not self._heading_goes_on(a, b)
        if _ITEM.match(text) and (BULLET.match(text) or not _REFERS_ON.search(before)):
            return True
        if b.note or (len(b.cells) > 1 and _begins_row(a, b)):
            return True
        height = max(a.size, 1.0)
        ended = bool(ENDS_SENTENCE.search(before))
        gap = b.top - a.bottom
        if gap < -1.5 * height or gap > 6 * height:
            # The next column, or something drawn elsewhere.
            return ended or (self._is_short(a) and not _starts_low(text) and not GOES_ON.search(before))
        usual = self._usual_gap(a)
        left_off = self._is_short(a) and not _starts_low(text) and not GOES_ON.search(before)
        if gap > max(usual, 0.0) + 0.45 * height and (ended or left_off or gap > usual + 0.9 * height):
            return True
        if left_off and a.look != b.look and a.look.font and b.look.font:
            return True
        if abs(a.left - b.left) > 6 * height and gap > usual + 0.3 * height and not _starts_low(text):
            return True
        if self._is_short(a) and abs(a.left - b.left) > 3 * height and not _starts_low(text):
            return True
        if abs(a.size - b.size) > 0.12 * height or (a.bold != b.bold and self._heading_level(b, a, None) > 0):
            return True
        if self._heading_level(b, a, None) and (ended or self._is_short(a)):
            return True
        return ended and (self._is_short(a) or b.left > a.left + 0.8 * height)

    def _usual_gap(self, line: Line) -> float:
        """What stands between the lines of a paragraph: on this page, or, where tables spread it, in the document."""
        if abs(line.size - self.body) < 0.12 * self.body:
            return min(self.gap, self.style.gap + 0.2 * line.size)
        return self.gap

    def _is_short(self, line: Line) -> bool:
        right = self.rights[id(line)]
        return line.right < right - 0.12 * (right - line.left) - 8 and len(line.text) < 200

    def _heading_level(self, line: Line, previous: Line | None, after: Line | None) -> int:
        """The level of a heading that this line begins, 0 if it begins none."""
        text = line.text
        letters = [char for char in text if char.isalpha()]
        if len(letters) < 3 or len(text) > _MAX_HEADING or line.hyphen or "☐" in text or UNIT_LINE.match(text):
            return 0
        if len(line.cells) > 2 or (len(line.cells) == 2 and not is_title_like(text)):
            return 0
        if depth := self.outline.depth(text):
            return min(depth + 1, 6)
        if _starts_low(text) or BULLET.match(text) or (text.endswith((".", ",", ";", ":")) and not line.bold):
            return 0
        if ENDS_SENTENCE.search(text) and len(text) > 60:
            return 0
        numbered = NUMBERED_TITLE.match(text)
        depth = min(numbered.group(1).count(".") + 2, 6) if numbered else 0
        if line.size > _LARGER * self.body:
            return depth or self._level_of_size(line.size)
        if NAMED_TITLE.match(text) and (line.bold or (len(text) < 90 and self._is_short(line))):
            return 2
        if PARAGRAPH_MARK.match(text) and len(text) < 90:
            return 2
        apart = previous is None or line.top - previous.bottom > self._usual_gap(line) + 0.3 * line.size
        capitals = sum(char.isupper() for char in letters) > 0.8 * len(letters) and len(letters) >= 4
        if line.bold and (apart or depth or after is None or not after.bold) and len(text) < 110:
            return depth or 3
        if capitals and len(text.split()) < 14 and line.left > 0:
            return depth or 3
        if (
            numbered
            and "." in numbered.group()
            and len(text) < 70
            and self._is_short(line)
            and (apart or previous is None)
        ):
            return depth
        return 4 if apart and self._stands_out(line, after) else 0

    def _stands_out(self, line: Line, after: Line | None) -> bool:
        """Whether a short line is drawn in another font or colour than the document and the text that follows it."""
        if after is None or not line.look.font or line.look == self.style.look or not self._is_short(line):
            return False
        near = after.left < line.right and 0 <= after.top - line.top < 4 * line.size
        other = after.look != line.look and len(after.text) > 30
        # Or a further heading stands below it, apart from it.
        apart = after.top - line.bottom > self._usual_gap(line) + 0.5 * line.size and self._is_short(after)
        return near and (other or apart) and len(line.text) < 90 and not ENDS_SENTENCE.search(line.text)

    def _level_of_size(self, size: float) -> int:
        """2 for the largest headings, 4 for the third size and smaller ones."""
        return min(2 + sum(size < 0.93 * larger for larger in self.style.headings), 4)

    def _heading_goes_on(self, a: Line, b: Line) -> bool:
        if _ITEM.match(b.text) or abs(a.size - b.size) > 0.08 * a.size or a.bold != b.bold:
            return False
        if b.top - a.bottom > self.gap + 0.5 * a.size or b.top < a.top:
            return False
        if _starts_low(b.text) or GOES_ON.search(a.text):
            return len(a.text) > 20
        larger = a.size > _LARGER * self.body
        return larger or (a.bold and b.bold and not self._is_short(a))

    def _row(self, row: TableRow) -> Piece:
        page = self.lines[0].page
        piece = Piece(row.kind, page, columns=row.columns, indent=row.indent)
        for cell in row.cells:
            piece.add(Part(cell.text, page, cell.box, cell.marks), "  ")
        return piece


def _column_rights(lines: Sequence[Line]) -> list[float]:
    """The right edge of the column in which each line stands, from the lines before and after it."""
    edges = [(line.box[0], line.box[2]) for line in lines]
    return [
        max(b for a, b in edges[max(index - 12, 0) : index + 13] if a <= right and b >= left)
        for index, (left, right) in enumerate(edges)
    ]


def _begins_row(a: Line, b: Line) -> bool:
    """Whether a line of several cells is a row by itself: behind a figure or number, or with cells under the last."""
    if is_figure(b.cells[0].text) or is_marker(b.cells[0].text):
        return True
    return len(a.cells) > 1 and any(abs(x.box[0] - y.box[0]) < 3 for x, y in product(a.cells[1:], b.cells[1:]))


def _at_foot(lines: list[Line], body: float) -> list[Line]:
    """Lines in small print at the foot of a page or column: nothing stands below them, running text above."""
    small = [line for line in lines if line.size < 0.93 * body and len(line.cells) == 1]
    others = [line for line in lines if line.size >= 0.93 * body or len(line.cells) > 1]
    if len(small) * len(others) > _MAX_COMPARED:
        return []
    found: list[Line] = []
    for line in small:
        column = [each for each in others if each.left < line.right and each.right > line.left]
        above = any(
            each.bottom <= line.top + 0.5 * line.size and abs(each.size - body) < 0.12 * body for each in column
        )
        if above and not any(each.top > line.top for each in column):
            found.append(line)
    return found


def _without_margin_note(line: Line) -> list[Line]:
    """A note in the margin beside a numbered paragraph, and the paragraph's first line, as two lines."""
    cells = line.cells
    if len(cells) < 2 or is_marker(cells[0].text) or is_figure(cells[0].text):
        return [line]
    if all(is_figure(cell.text) for cell in cells[1:]):
        return [line]
    numbered = _NUMBERED_TEXT.match(cells[1].text) if len(cells) == 2 else _NUMBER.fullmatch(cells[1].text)
    if not numbered:
        return [line]
    rest = join_cells(cells[1:])._replace(box=(cells[1].box[0], line.top, line.right, line.bottom))
    note = replace(line, cells=cells[:1], box=cells[0].box, hyphen=False)
    return [note, replace(line, cells=[rest], box=rest.box, look=MIXED)]


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
        for glue, (text, page, box, marks) in zip(piece.glue, piece.parts, strict=True):
            text = text.replace("\ufffe", "-")
            out.append(glue + text)
            length += len(glue)
            if marks and box[2] > box[0]:
                places += places_of(marks, page, length)
            elif text:
                places.append(Place(length, length + len(text), page))
            length += len(text)
        row = Row(_cells(piece), piece.columns, indent=piece.indent) if piece.kind in table else None
        blocks.append(Block(piece.kind, start, length, piece.page, piece.level, row))
        before = piece
    return "".join(out), tuple(blocks), tuple(places)


def _cells(piece: Piece) -> tuple[tuple[int, int], ...]:
    """Where the cells of a row stand in its text."""
    cells: list[tuple[int, int]] = []
    at = 0
    for glue, part in zip(piece.glue, piece.parts, strict=True):
        cells.append((at + len(glue), at + len(glue) + len(part.text)))
        at = cells[-1][1]
    return tuple(cells)
