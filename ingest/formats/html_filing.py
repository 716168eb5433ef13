"""Reads filings and reports in HTML whole: every heading, paragraph, list and table that the document shows.

Filings set their headings as bold or centred lines, pad their tables with empty columns and print page numbers between
the pages; there is no article to be found in them and no navigation to be left out. What inline XBRL says of the
document itself becomes facts. Nothing here knows a filer.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ingest.article import BlockKind
from ingest.building import TextBuilder
from ingest.cleaning import clean_text
from ingest.dates import parse_date
from ingest.formats import edgar
from ingest.formats.html_lines import Line, PageBreak, lines_of
from ingest.formats.html_parts import LONGEST_FURNITURE, Data, Part, is_figure, joined_lines, parts_of
from ingest.formats.html_tables import Grid, add_table, is_unit_line, table_of
from ingest.formats.inline_xbrl import facts_of
from ingest.furniture import is_caption

_COVER_CHARACTERS = 60_000  # of markup, in which the words of a form's cover stand
_COVER = re.compile(
    r"pursuant\s+to\s+section\s+(?:1[2-5]|15)\s*(?:\(\w\)\s*)?(?:or|of)\b|"
    r"form\s+(?:10-[kq]|8-k|20-f|40-f|6-k|s-\d|f-\d|def\s?14a|11-k|n-csr)\b.{0,3000}\bsecurities\s+exchange\s+act",
    re.IGNORECASE | re.DOTALL,
)
# Tables with figures, with none of a web page's navigation; and without scripts and style sheets, either.
_TABLES_OF_REPORT, _TABLES_OF_BARE = 5, 2
_LEAST_CONTENTS = 4  # lines with links
_LONGEST_HEADING = 220
_LONGEST_SENTENCE_HEADING = 12  # words of a bold line that ends with a full stop
_PART = re.compile(r"part\s+(?:i{1,3}v?|iv|v|[1-4])\b(?=\W|$)", re.IGNORECASE)
_ITEM = re.compile(r"items?\s+\d{1,2}[a-c]?(?:\.\d\d)?(?=\W|$)", re.IGNORECASE)
_NOTE = re.compile(r"note\s+\d{1,2}[a-z]?(?=\W|$)", re.IGNORECASE)
_CLOSING = re.compile(r"(?:signatures?|(?:index\s+to\s+)?exhibits?(?:\s+index)?)\W*", re.IGNORECASE)
_BARE = re.compile(r"(?:part\s+[iv\d]+|items?\s+\d{1,2}[a-c]?(?:\.\d\d)?|note\s+\d{1,2})\s*[.:–—-]*", re.IGNORECASE)
_COVER_LINES = re.compile(
    r"united states.*|securities and exchange commission.*|washington.*|form\s+\S+|\(?mark one\)?|table of contents|"
    r"(?:quarterly|annual|current|transition) report.*|exhibit\s+[\d.]+|ex-[\d.]+|index|for immediate release\W*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Filing:
    """A filing as it was read: its blocks, and what inline XBRL says of it, as text."""

    builder: TextBuilder
    facts: dict[str, str]

    def title(self) -> str:
        """The company, form and period where they are known, or the first line that names the document; or ""."""
        if "company" in self.facts and "kind" in self.facts:
            parts = (self.facts["company"], self.facts["kind"], self.facts.get("period", ""))
            return " ".join(filter(None, parts))
        text = self.builder.text
        for block in self.builder.blocks[:60]:
            shown = " ".join(text[block.start : block.end].split())
            if block.kind is BlockKind.HEADING and not _COVER_LINES.fullmatch(shown):
                return shown[:300]
        return ""


def is_filing(tree: Any, page: str) -> bool:
    """Whether a document is a filing or report, not a page of a web site: by inline XBRL, its cover, its looks."""
    if "<ix:" in page or "<IX:" in page or "/inlineXBRL" in page[:_COVER_CHARACTERS]:
        return True
    if any(tree.find(f".//{tag}") is not None for tag in ("nav", "article", "main", "aside", "iframe", "video")):
        return False
    if _COVER.search(_words(page[:_COVER_CHARACTERS])):
        return True
    if tree.find(".//script[@src]") is not None or tree.find(".//meta[@property]") is not None:
        return False
    is_bare = tree.find(".//script") is None and tree.find(".//link") is None and tree.find(".//form") is None
    needed = _TABLES_OF_BARE if is_bare else _TABLES_OF_REPORT
    with_figures = 0
    for table in tree.iter("table"):
        if table.find(".//table") is not None:
            continue
        figures = sum(1 for cell in table.iter("td") if (text := "".join(cell.itertext()).strip()) and is_figure(text))
        with_figures += figures >= 4
        if with_figures >= needed:
            return True
    return False


def read_filing(tree: Any) -> Filing:
    """Everything that the document shows but running headers, page numbers and links back to its contents."""
    builder = TextBuilder()
    _Writer(parts_of(lines_of(tree)), builder).write()
    return Filing(builder, facts_of(tree))


# Lines to blocks

_Strength = tuple[float, bool, bool, bool, bool, bool]


class _Writer:
    """Tells headings, list items, captions and paragraphs apart and adds them to a builder."""

    def __init__(self, parts: Sequence[Part], builder: TextBuilder) -> None:
        self._builder = builder
        self._parts = parts
        lines = [part for part in self._parts if isinstance(part, Line)]
        sizes: Counter[float] = Counter()
        for line in lines:
            sizes[round(line.size, 1)] += line.characters
        self._size = sizes.most_common(1)[0][0] if sizes else 10.0
        characters = sum(line.characters for line in lines)
        self._bold_tells = 2 * sum(line.bold for line in lines) < characters or characters < 2000
        self._has_items = any(_named_level(line) in (2, 3) for line in lines if self._stands_out(line))
        self._open: list[_Strength] = []
        self._base = 4 if self._has_items else 2
        self._columns: tuple[str, ...] = ()
        self._width = 0

    def write(self) -> None:
        """Adds everything, in order."""
        contents = _contents(self._parts)
        at = 0
        while at < len(self._parts):
            part = self._parts[at]
            following = self._parts[at + 1] if at + 1 < len(self._parts) else None
            if isinstance(part, PageBreak):
                at += 1
                continue
            if isinstance(part, Data):
                before = self._parts[at - 1] if at else None
                self._add_data(part, goes_on=isinstance(before, PageBreak))
            elif at in contents:
                self._builder.add(BlockKind.FURNITURE, part.text)
            elif part.raw:
                edgar.add_tagged(clean_text(part.text), self._builder)
            elif self._is_heading(part, following):
                if _BARE.fullmatch(part.text) and isinstance(following, Line) and self._titles(following):
                    part = joined_lines([part, following])
                    at += 1
                self._add_heading(part)
            else:
                self._add_line(part, following)
            at += 1

    def _add_line(self, line: Line, following: Part | None) -> None:
        if line.mark:
            self._builder.add(BlockKind.LIST_ITEM, line.mark + line.text, indent="  " * max(0, line.depth - 1))
        elif line.caption or is_unit_line(line.text) or (is_caption(line.text) and isinstance(following, Data)):
            self._builder.add(BlockKind.CAPTION, line.text)
        else:
            self._builder.add(BlockKind.PARAGRAPH, line.text)

    def _add_data(self, data: Data, *, goes_on: bool) -> None:
        for caption in data.captions:
            self._builder.add(BlockKind.CAPTION, caption.text)
        rows = len(data.grid.rows)
        if (data.links >= 5 and 2 * data.links >= rows) or _is_contents(data.grid):
            for number in range(rows):
                self._builder.add(BlockKind.FURNITURE, " | ".join(filter(None, data.grid.texts(number))))
            return
        table = table_of(data.grid, styled=True)
        if goes_on and not table.columns and data.grid.width == self._width:
            table = replace(table, columns=self._columns)
        add_table(data.grid, self._builder, table)
        self._columns, self._width = table.columns, data.grid.width

    # Headings

    def _add_heading(self, line: Line) -> None:
        named = _named_level(line) if self._has_items or _NOTE.match(line.text) else 0
        if line.heading and not named:
            self._open = []
            level = line.heading if not self._has_items else min(6, 3 + line.heading)
        elif named:
            level = named if self._has_items else 2
            self._base, self._open = level + 1 if level > 2 else 4, []
        else:
            strength = _strength(line)
            while self._open and self._open[-1] <= strength:
                self._open.pop()
            level = min(6, self._base + len(self._open))
            self._open.append(strength)
        self._builder.add(BlockKind.HEADING, " ".join(line.text.split()), level=level)

    def _is_heading(self, line: Line, following: Part | None) -> bool:
        if line.heading:
            return len(line.text) <= _LONGEST_HEADING
        if line.mark or not self._may_be_title(line):
            return False
        if _is_named(line):
            return True
        text = line.text
        if is_unit_line(text) or is_caption(text) or text[0] in "(*†" or ("\n" in text.strip() and len(text) > 120):
            return False
        if text[-1] in ".;," and len(text.split()) > _LONGEST_SENTENCE_HEADING:
            return False
        if (line.is_all(line.bold) and self._bold_tells) or line.size >= 1.15 * self._size or _is_capitals(text):
            return True
        # Slanted or underlined words are a heading where something that is set plainly follows.
        slight = line.is_all(line.italic) or line.is_all(line.underlined)
        plain = isinstance(following, Data) or (isinstance(following, Line) and not following.is_all(following.italic))
        return slight and plain and len(text) <= 120 and text[-1] not in ".;:," and not text[0].islower()

    def _may_be_title(self, line: Line) -> bool:
        text = line.text
        if line.mark or len(text) > _LONGEST_HEADING or sum(map(str.isalpha, text)) < 3 or text[0].islower():
            return False
        return self._stands_out(line) and parse_date(text) is None

    def _titles(self, line: Line) -> bool:
        """Whether a line may be the words to a bare "Item 1." above it."""
        return self._may_be_title(line) and not _is_named(line) and not is_unit_line(line.text)

    def _stands_out(self, line: Line) -> bool:
        return (
            line.heading > 0
            or line.is_all(line.bold)
            or line.is_all(line.italic)
            or line.is_all(line.underlined)
            or line.size >= 1.15 * self._size
            or _is_capitals(line.text)
            or (_is_named(line) and len(line.text) <= 120 and line.text[-1] not in ".!?:;")
        )


def _contents(parts: Sequence[Part]) -> set[int]:
    """The lines of tables of contents: several in a row that lead to other places of the document.

    One alone may be a heading that leads back.
    """
    found: set[int] = set()
    run: list[int] = []
    for number, part in enumerate((*parts, None)):
        if isinstance(part, Line) and 2 * part.inside >= part.characters and len(part.text) <= LONGEST_FURNITURE:
            run.append(number)
        else:
            if len(run) >= _LEAST_CONTENTS:
                found.update(run)
            run = []
    return found


def _is_contents(grid: Grid) -> bool:
    """Whether a table's rows are a form's items with the pages that they begin on."""
    pages = []
    named = 0
    for row in grid.rows:
        last = row[-1].text
        if len(row) > 1 and last.isdecimal() and len(last) < 4:
            pages.append(int(last))
            named += any(pattern.match(cell.text) for cell in row for pattern in (_PART, _ITEM, _NOTE))
    return named >= 4 and 2 * len(pages) >= len(grid.rows) and pages == sorted(pages)


def _named_level(line: Line) -> int:
    """The level of a heading that a form's own numbering gives; 0 for any other line."""
    text = line.text
    if _PART.match(text):
        return 2
    if _ITEM.match(text) or _CLOSING.fullmatch(text):
        return 3
    return 4 if _NOTE.match(text) else 0


def _is_named(line: Line) -> bool:
    return _named_level(line) > 0 and len(line.text) <= _LONGEST_HEADING


def _strength(line: Line) -> _Strength:
    return (
        round(line.size, 1),
        line.is_all(line.bold),
        _is_capitals(line.text),
        line.centred,
        line.is_all(line.underlined),
        not line.is_all(line.italic),
    )


def _is_capitals(text: str) -> bool:
    letters = sum(map(str.isalpha, text))
    return letters >= 4 and sum(map(str.isupper, text)) >= 0.9 * letters and len(text) <= 150


def _words(page: str) -> str:
    text = re.sub(r"<[^<>]*>", " ", page)
    return " ".join(re.sub(r"&(?:nbsp|#160|#xa0);", " ", text, flags=re.IGNORECASE).split())
