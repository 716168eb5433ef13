"""Reads filings and reports in HTML whole: every heading, paragraph, list and table that the document shows.

Filings set their headings as bold or centred lines, pad their tables with empty columns and print page numbers between
the pages; there is no article to be found in them and no navigation to be left out. What inline XBRL says of the
document itself becomes facts. Nothing here knows a filer.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ingest.article import BlockKind
from ingest.building import TextBuilder
from ingest.dates import parse_date
from ingest.formats.html_lines import Item, Line, PageBreak, TableCell, TableLines, lines_of, tag_of
from ingest.formats.html_tables import Cell, Grid, add_table, grid_of, is_unit_line, table_of
from ingest.furniture import is_caption
from ingest.tables import has_values

_COVER_CHARACTERS = 60_000  # of markup, in which the words of a form's cover stand
_COVER = re.compile(
    r"pursuant\s+to\s+section\s+(?:1[2-5]|15)\s*(?:\(\w\)\s*)?(?:or|of)\b|"
    r"form\s+(?:10-[kq]|8-k|20-f|40-f|6-k|s-\d|f-\d|def\s?14a|11-k|n-csr)\b.{0,3000}\bsecurities\s+exchange\s+act",
    re.IGNORECASE | re.DOTALL,
)
_TABLES_OF_REPORT = 5  # with figures; with none of a web page's navigation
_LONGEST_HEADING = 220
_LONGEST_SENTENCE_HEADING = 12  # words of a bold line that ends with a full stop
_LAYOUT_CELL = 600  # characters; a longer cell is text set beside other text
_LONGEST_FURNITURE = 160
_FURNITURE_BEFORE, _FURNITURE_AFTER = 4, 3  # lines at a page's foot and head
_LEAST_REPEATS = 3

_PART = re.compile(r"part\s+(?:i{1,3}v?|iv|v|[1-4])\b(?=\W|$)", re.IGNORECASE)
_ITEM = re.compile(r"items?\s+\d{1,2}[a-c]?(?:\.\d\d)?(?=\W|$)", re.IGNORECASE)
_NOTE = re.compile(r"note\s+\d{1,2}[a-z]?(?=\W|$)", re.IGNORECASE)
_CLOSING = re.compile(r"(?:signatures?|(?:index\s+to\s+)?exhibits?(?:\s+index)?)\W*", re.IGNORECASE)
_BARE = re.compile(r"(?:part\s+[iv\d]+|items?\s+\d{1,2}[a-c]?(?:\.\d\d)?|note\s+\d{1,2})\s*[.:–—-]*", re.IGNORECASE)
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
_COVER_LINES = re.compile(
    r"united states.*|securities and exchange commission.*|washington.*|form\s+\S+|\(?mark one\)?|table of contents|"
    r"(?:quarterly|annual|current|transition) report.*|exhibit\s+[\d.]+|ex-[\d.]+|index|for immediate release\W*",
    re.IGNORECASE,
)

_FACTS = {
    "entityregistrantname": "company",
    "nameofreportingentityorothermeansofidentification": "company",
    "filernameinenglishdei": "company",
    "tradingsymbol": "ticker",
    "documenttype": "kind",
    "documentperiodenddate": "period_end",
    "documentfiscalyearfocus": "year",
    "documentfiscalperiodfocus": "focus",
    "currentfiscalyearenddate": "year_end",
    "amendmentflag": "amended",
}
_PERIODIC = re.compile(r"(?:10-[kq]|20-f|40-f|10-kt|10-qt|11-k)(?:/a)?", re.IGNORECASE)
_MONTH_DAY = re.compile(r"-*(\d\d)-(\d\d)")


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
    if "<ix:" in page or "<IX:" in page:
        return True
    if any(tree.find(f".//{tag}") is not None for tag in ("nav", "article", "main", "aside", "iframe", "video")):
        return False
    if _COVER.search(_words(page[:_COVER_CHARACTERS])):
        return True
    if tree.find(".//script[@src]") is not None or tree.find(".//meta[@property]") is not None:
        return False
    with_figures = 0
    for table in tree.iter("table"):
        figures = sum(1 for cell in table.iter("td") if (text := "".join(cell.itertext()).strip()) and _is_figure(text))
        with_figures += figures >= 4
        if with_figures >= _TABLES_OF_REPORT:
            return True
    return False


def read_filing(tree: Any) -> Filing:
    """Everything that the document shows but running headers, page numbers and links back to its contents."""
    items = _expanded(lines_of(tree))
    builder = TextBuilder()
    _Writer(items, builder).write()
    return Filing(builder, _facts(tree))


# Inline XBRL


def _facts(tree: Any) -> dict[str, str]:
    """The document's own facts, by the keys of an article; of several registrants those of the first."""
    said: dict[str, str] = {}
    partial = {context.get("id") for context in tree.iter("xbrli:context") if _has_segment(context)}
    for element in tree.iter("ix:nonnumeric"):
        name = _FACTS.get((element.get("name") or "").rpartition(":")[2].lower())
        if name is None:
            continue
        value = " ".join("".join(element.itertext()).split())
        # Several classes of shares have a symbol each, several registrants a name: the one without a context of its own
        # comes first, then the first.
        whole = element.get("contextref") not in partial
        if value.strip("-–— ") and (name not in said or (whole and f"{name} of all" not in said)):
            said[name] = value
            if whole:
                said[f"{name} of all"] = value
    facts: dict[str, str] = {key: said[key] for key in ("company", "ticker") if key in said}
    kind = said.get("kind", "")
    if kind:
        amended = said.get("amended", "").lower() == "true" and not kind.upper().endswith("/A")
        facts["kind"] = f"{kind}/A" if amended else kind
    end = parse_date(said.get("period_end", ""))
    if end is not None and (not kind or _PERIODIC.fullmatch(kind)):
        facts["period_end"] = end.isoformat()
    if match := _MONTH_DAY.fullmatch(said.get("year_end", "")):
        facts["year_end"] = f"{match[1]}-{match[2]}"
    elif (day := parse_date(f"{said.get('year_end', '')}, 2000")) is not None:
        facts["year_end"] = f"{day:%m-%d}"
    year, focus = said.get("year", ""), said.get("focus", "").upper()
    if re.fullmatch(r"(?:19|20)\d\d", year) and (not kind or _PERIODIC.fullmatch(kind)):
        if focus == "FY":
            facts["period"] = year
        elif re.fullmatch(r"[QH]\d", focus):
            facts["period"] = f"{year} {focus}"
    return facts


def _has_segment(context: Any) -> bool:
    return any(tag_of(each).rpartition(":")[2] in ("segment", "scenario") for each in context.iter())


# Tables that are tables, and those that only place text


@dataclass(slots=True)
class _Data:
    """A table of data; `links` is how many of its rows lead elsewhere in the document."""

    grid: Grid
    captions: list[Line]
    links: int


_Part = Line | _Data | PageBreak


def _expanded(items: Sequence[Item]) -> list[_Part]:
    parts: list[_Part] = []
    for item in items:
        if isinstance(item, TableLines):
            parts.extend(_table(item))
        else:
            parts.append(item)
    return parts


def _table(table: TableLines) -> Iterator[_Part]:
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
            short = len(row) > 1 and all(len(cell.lines) == 1 for cell in row)
            yield from (
                [_joined([cell.lines[0] for cell in row])] if short else (line for cell in row for line in cell.lines)
            )
        return
    links = sum(any(line.inside for cell in row for line in cell.lines) for row in rows)
    yield _Data(grid, table.captions, links)


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
        if len(row) == 2 and _MARK.fullmatch(first) and not _is_figure(row[1].text):
            start, *rest = row[1].lines
            start.mark, start.depth = f"{first} ", max(start.depth, 1)
            items += (start, *rest)
            marked += 1
        elif len(row) == 1 and not _is_figure(first):
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


def _joined(lines: Sequence[Line]) -> Line:
    """Lines of one row of a layout table, such as "Item 1." and "Business", as one."""
    first = lines[0]
    sums = {
        name: sum(getattr(line, name) for line in lines)
        for name in ("characters", "bold", "italic", "underlined", "linked", "inside")
    }
    text = " ".join((line.mark + line.text).replace("\n", " ") for line in lines)
    return replace(first, text=text, mark="", heading=max(line.heading for line in lines), **sums)


# Page furniture


def _without_furniture(parts: Sequence[_Part]) -> list[_Part]:
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


def _edge(parts: Sequence[_Part], at: int, step: int, passed: set[int]) -> list[int]:
    """The short lines next to a page break, nearest first."""
    found: list[int] = []
    most = _FURNITURE_BEFORE if step < 0 else _FURNITURE_AFTER
    number = at + step
    while 0 <= number < len(parts) and len(found) < most:
        if number not in passed:
            shown = _shown(parts[number])
            if (
                not shown
                or len(shown) > _LONGEST_FURNITURE
                or (shown[0].islower() and not _PAGE_NUMBER.fullmatch(shown))
            ):
                break
            found.append(number)
        number += step
    return found


def _shown(part: _Part) -> str:
    if isinstance(part, Line):
        return part.text if not part.mark else ""
    if isinstance(part, _Data) and len(part.grid.rows) == 1:
        return " ".join(cell.text for cell in part.grid.rows[0])
    return ""


def _key(part: _Part) -> str:
    return re.sub(r"\d+|\b[ivxl]{1,5}\b", "#", _CONTINUED.sub("", _shown(part).casefold())).strip()


def _leads_back(line: Line) -> bool:
    return line.is_all(line.inside) and len(line.text) <= 40 and _TO_CONTENTS.fullmatch(line.text) is not None


# Lines to blocks

_Strength = tuple[float, bool, bool, bool, bool, bool]


class _Writer:
    """Tells headings, list items, captions and paragraphs apart and adds them to a builder."""

    def __init__(self, parts: Sequence[_Part], builder: TextBuilder) -> None:
        self._builder = builder
        self._parts = _with_bullets(_across_pages(_without_furniture(parts)))
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
        at = 0
        while at < len(self._parts):
            part = self._parts[at]
            following = self._parts[at + 1] if at + 1 < len(self._parts) else None
            if isinstance(part, PageBreak):
                at += 1
                continue
            if isinstance(part, _Data):
                before = self._parts[at - 1] if at else None
                self._add_data(part, goes_on=isinstance(before, PageBreak))
            elif self._is_heading(part, following):
                if _BARE.fullmatch(part.text) and isinstance(following, Line) and self._titles(following):
                    part = _joined([part, following])
                    at += 1
                self._add_heading(part)
            else:
                self._add_line(part, following)
            at += 1

    def _add_line(self, line: Line, following: _Part | None) -> None:
        if line.mark:
            self._builder.add(BlockKind.LIST_ITEM, line.mark + line.text, indent="  " * max(0, line.depth - 1))
        elif line.is_all(line.inside) and len(line.text) <= _LONGEST_FURNITURE and re.search(r"\d$", line.text):
            self._builder.add(BlockKind.FURNITURE, line.text)  # a line of the table of contents
        elif line.caption or is_unit_line(line.text) or (is_caption(line.text) and isinstance(following, _Data)):
            self._builder.add(BlockKind.CAPTION, line.text)
        else:
            self._builder.add(BlockKind.PARAGRAPH, line.text)

    def _add_data(self, data: _Data, *, goes_on: bool) -> None:
        for caption in data.captions:
            self._builder.add(BlockKind.CAPTION, caption.text)
        rows = len(data.grid.rows)
        if data.links >= 5 and 2 * data.links >= rows:
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

    def _is_heading(self, line: Line, following: _Part | None) -> bool:
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
        plain = isinstance(following, _Data) or (isinstance(following, Line) and not following.is_all(following.italic))
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
            or (_is_named(line) and len(line.text) <= 120 and not _ENDS_SENTENCE.search(line.text[-1:]))
        )


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


def _is_figure(text: str) -> bool:
    return any(map(str.isdigit, text)) and _FIGURE_LIKE.fullmatch(text) is not None


def _across_pages(parts: Sequence[_Part]) -> list[_Part]:
    """Paragraphs that a page break parts, put together again."""
    joined: list[_Part] = []
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
            joined.append(replace(_joined([replace(before, mark=""), part]), mark=before.mark))
        else:
            joined.append(part)
    return joined


def _goes_on(before: Line, after: Line) -> bool:
    if before.heading or after.heading or after.mark or _ENDS_SENTENCE.search(before.text):
        return False
    same = before.is_all(before.bold) == after.is_all(after.bold)
    return same and len(before.text) > 40 and (after.text[0].islower() or before.text[-1] == ",")


def _with_bullets(parts: Sequence[_Part]) -> list[_Part]:
    """Lines that begin with a bullet as items; a bullet on a line of its own belongs to the next line."""
    found: list[_Part] = []
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


def _words(page: str) -> str:
    text = re.sub(r"<[^<>]*>", " ", page)
    return " ".join(re.sub(r"&(?:nbsp|#160|#xa0);", " ", text, flags=re.IGNORECASE).split())
