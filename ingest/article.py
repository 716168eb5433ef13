"""What a source becomes: an Article, its Blocks, and where its characters stand on paper.

Knows nothing of files, models or storage. Every offset is half-open and counts Unicode characters of `Article.text`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class Place:
    """Characters [start, end) stand on `page` (from 1) inside `boxes`.

    A box is (left, top, right, bottom) in points from the page's top left corner. `boxes` may be empty where only the
    page is known.
    """

    start: int
    end: int
    page: int
    boxes: tuple[tuple[float, float, float, float], ...] = ()


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
