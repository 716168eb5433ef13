"""What a source becomes: an Article, its Blocks, and where its characters stand on paper.

Knows nothing of files, models or storage. Every offset is half-open and counts Unicode characters of `Article.text`.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple


class BlockKind(StrEnum):
    """What a stretch of an article's text is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_HEADER = "table_header"
    TABLE_ROW = "table_row"
    CAPTION = "caption"
    FURNITURE = "furniture"  # byline, share prompt, "About us": searchable, ranked down unless asked for


@dataclass(frozen=True, slots=True)
class Row:
    """How a table row is read: shown beside a quoted row, never inside it.

    `cells` are half-open ranges of the row's own text, in order, empty ones among them, or nothing where they are not
    known. `columns` are the names above the cells, "" where nothing stands. `labels` are the rows that head it,
    outermost first ("Net sales"); `caption` and `unit` ("In millions, except per share amounts") are the table's.
    `indent` is how far the row's label stands in, comparable within one table only.
    """

    cells: tuple[tuple[int, int], ...] = ()
    columns: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    caption: str = ""
    unit: str = ""
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, paragraph, list item or table row: `text[start:end]`, stripped of surrounding space.

    `level` counts headings from 1 (the title) and is 0 for every other kind. `page` counts from 1 and is None where
    there are no pages. `row` says how a row of a table, or its header, is read; None for every other kind.
    """

    kind: BlockKind
    start: int
    end: int
    page: int | None = None
    level: int = 0
    row: Row | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The column names of a table row."""
        return () if self.row is None else self.row.columns


Box = tuple[float, float, float, float]


class Mark(NamedTuple):
    """A word: characters [start, end) of some text stand in `box`, which is as `Place` has it."""

    start: int
    end: int
    box: Box


@dataclass(frozen=True, slots=True)
class Place:
    """Characters [start, end) stand on `page` (from 1) inside `boxes`.

    A box is (left, top, right, bottom) in points from the page's top left corner as it is shown. `boxes` may be empty
    where only the page is known. `stops` says where in a single box the words stand: four numbers for each word, its
    start and end counted from `start`, its left and right edge in tenths of a point; empty where that is not known.
    """

    start: int
    end: int
    page: int
    boxes: tuple[Box, ...] = ()
    stops: tuple[int, ...] = ()

    def boxes_of(self, start: int, end: int) -> tuple[Box, ...]:
        """The boxes of those of its characters that lie in [start, end); a word cut in two is cut by its letters."""
        if start <= self.start and self.end <= end:
            return self.boxes
        if start >= self.end or end <= self.start:
            return ()
        if not self.stops:
            return self.boxes
        lefts: list[float] = []
        rights: list[float] = []
        for index in range(0, len(self.stops), 4):
            first, last, left, right = self.stops[index : index + 4]
            a, b = max(start - self.start, first), min(end - self.start, last)
            if a < b:
                width = (right - left) / (last - first)
                lefts.append((left + width * (a - first)) / 10)
                rights.append((left + width * (b - first)) / 10)
        _, top, _, bottom = self.boxes[0]
        return ((round(min(lefts), 1), top, round(max(rights), 1), bottom),) if lefts else ()


def places_of(marks: Sequence[Mark], page: int, offset: int) -> Iterator[Place]:
    """The places of words that stand from `offset` on in a text: one for each line, or part of a line, that they make.

    Words of one line follow each other from left to right and share half of their height.
    """
    line: list[Mark] = []
    top = bottom = 0.0
    for mark in marks:
        _, upper, _, lower = mark.box
        if line and upper == top and lower == bottom and mark.box[0] >= line[-1].box[0]:
            line.append(mark)  # as nearly all words: the rest is spared
            continue
        shared = min(bottom, lower) - max(top, upper)
        if line and (2 * shared < min(bottom - top, lower - upper) or mark.box[0] < line[-1].box[0]):
            yield _place(line, page, offset)
            line = []
        line.append(mark)
        top, bottom = (upper, lower) if len(line) == 1 else (min(top, upper), max(bottom, lower))
    if line:
        yield _place(line, page, offset)


def _place(line: Sequence[Mark], page: int, offset: int) -> Place:
    first = line[0].start
    stops: list[int] = []
    for start, end, (left, _, right, _) in line:
        stops += (start - first, end - first, round(10 * left), round(10 * right))
    boxes = [mark.box for mark in line]
    box = (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
    rounded = (round(box[0], 1), round(box[1], 1), round(box[2], 1), round(box[3], 1))
    return Place(offset + first, offset + line[-1].end, page, (rounded,), tuple(stops))


@dataclass(frozen=True, slots=True)
class Article:
    """One source, read. `text` is what all offsets refer to; `blocks` are in order and do not overlap.

    `source` is the path with its real file name, the URL, or a row's id; `article_id` depends on `source` alone, so it
    stays when the text changes. `sha256` is of the original bytes. `facts` hold what a filter may ask, all as text:
    company, ticker, kind ("10-Q", "earnings release", ...), period (the company's own label: "2023 Q3", "2023" for a
    year, "2023 H1"), calendar_period (the same notation), period_end and year_end ("2023-07-01", "09-30"), language,
    author, and whatever else a row or front matter says. `origins` say in words where a fact, "title" or "published"
    was found ("cover page", "front matter").
    """

    source: str
    title: str
    text: str
    sha256: str
    published: date | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    places: tuple[Place, ...] = ()
    pages: int | None = None

    @property
    def article_id(self) -> str:
        """The id of this article's source."""
        return article_id(self.source)


def article_id(source: str) -> str:
    """A stable, short id: twelve hexadecimal digits of the SHA-1 of `source`."""
    return hashlib.sha1(source.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def sha256_hex(data: bytes | str) -> str:
    """SHA-256 of bytes, or of a text's UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")).hexdigest()
