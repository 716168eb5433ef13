"""What stands around a table and tells how its rows are read: its caption, its unit, and the labels that head rows.

Sees the blocks of an article, whatever its format was; moves none and changes no text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.article import Block, BlockKind, Row
from ingest.sentences import sentence_spans
from ingest.tables import has_values, is_separator_row

_LONGEST = 240  # characters of a caption, unit or label
_MOST_LABELS = 3
_BETWEEN = 6  # blocks between two parts of one table: the notes at the foot of a page
_TABLE = frozenset({BlockKind.TABLE_HEADER, BlockKind.TABLE_ROW})
_SCALES = r"(?:thousands?|millions?|billions?|trillions?|crores?|lakhs?)"
_CURRENCY = r"(?:[A-Z]{3}|(?:US|HK|A|C|S|NT)?[$€£¥₹]|(?:U\.?S\.? )?[Dd]ollars?|[Ee]uros?|[Pp]ounds?|[Yy]en|RMB|Rupees?)"
_UNIT = re.compile(
    # "(Dollars in millions, except per share amounts)", "In thousands", "expressed in millions of U.S. dollars"
    rf"\b(?:(?:[Aa]ll |[Tt]abular )?(?:[Aa]mounts?|[Ff]igures|[Ss]hares?|{_CURRENCY})(?: are)? "
    rf"(?:expressed |stated )?)?"
    rf"(?i:in) (?:{_CURRENCY} )?(?i:{_SCALES})\b"
    rf"(?:(?: of)? {_CURRENCY})?(?:,? (?:except|other than|unless)\b[^()\n]{{0,160}})?"
    # "US$ million", "€m", "£'000"
    rf"|(?<!\w){_CURRENCY}\s?(?:in )?(?:{_SCALES}|mn|bn|m|['’]?000s?)\b(?!\s?[\d.])"
    r"|(?<!\w)['’]000s?\b",
)
_LEADS = re.compile(
    r"\b(?:tables?|following|below|as follows|summari[sz]es?|components?|presents?|shows?|set forth|sets forth)\b", re.I
)
_UNAUDITED = re.compile(r"\bunaudited\b", re.IGNORECASE)
_TOTAL = re.compile(r"(?:sub-?)?totals?\b", re.IGNORECASE)


def with_captions(text: str, blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks of an article, its table rows with caption, unit and labels where something gives them."""
    result = list(blocks)
    before: tuple[Row, str, str] | None = None  # last row of the table before, its caption and unit
    ended = 0
    for start, end in _tables(text, blocks):
        rows = [block for block in blocks[start:end] if block.kind is BlockKind.TABLE_ROW and block.row is not None]
        if not rows or rows[0].row is None:
            continue
        headed = any(block.kind is not BlockKind.TABLE_ROW for block in blocks[start:end])
        if before is not None and not headed and start - ended <= _BETWEEN and _same_columns(before[0], rows[0].row):
            caption, unit = before[1:]
        else:
            caption, unit = _caption(text, blocks, start), _unit(text, blocks, start, end)
        labels = _labels(text, rows)
        for number in range(start, end):
            row = blocks[number].row
            if blocks[number].kind is BlockKind.TABLE_ROW and row is not None:
                row = replace(row, labels=next(labels), caption=caption, unit=unit)
                result[number] = replace(blocks[number], row=row)
                before = (row, caption, unit)
        ended = end
    return tuple(result)


def _tables(text: str, blocks: Sequence[Block]) -> Iterator[tuple[int, int]]:
    """Runs of blocks [start, end) that make a table, with unit lines and ruled lines among them."""
    start = -1
    for number, block in enumerate(blocks):
        within = block.kind in _TABLE or (start >= 0 and _is_within(text, block))
        if within and start < 0:
            start = number
        elif not within and start >= 0:
            yield start, number
            start = -1
    if start >= 0:
        yield start, len(blocks)


def _is_within(text: str, block: Block) -> bool:
    if block.kind is BlockKind.FURNITURE:
        return is_separator_row(text[block.start : block.end])
    return block.kind is BlockKind.CAPTION and _UNIT.search(text, block.start, block.end) is not None


def _same_columns(a: Row, b: Row) -> bool:
    return bool(b.columns) and any(b.columns) and set(b.columns) <= set(a.columns)


def _caption(text: str, blocks: Sequence[Block], start: int) -> str:
    """What leads to the table: a caption above it, or the sentence before that announces it."""
    for number in range(start - 1, max(start - 4, -1), -1):
        block = blocks[number]
        said = text[block.start : block.end]
        if block.kind is BlockKind.CAPTION:
            if not _is_unit_line(said):
                return _short(said)
        elif block.kind is BlockKind.PARAGRAPH:
            last = said[sentence_spans(said)[-1][0] :] if said.strip() else ""
            announces = last.endswith(":") or _LEADS.search(last) is not None
            return _short(last) if announces and len(last) <= 2 * _LONGEST else ""
        else:
            return ""
    return ""


def _unit(text: str, blocks: Sequence[Block], start: int, end: int) -> str:
    """The unit that the table's header or rows' first words state, or what stands directly above it."""
    inside = [block for block in blocks[start:end] if block.kind is not BlockKind.TABLE_ROW]
    for block in inside:
        if found := _UNIT.search(text, block.start, block.end):
            return _short(found.group())
    for block in blocks[max(start - 3, 0) : start][::-1]:
        if block.kind in (BlockKind.CAPTION, BlockKind.HEADING, BlockKind.PARAGRAPH):
            # Of a paragraph only the last sentence leads to the table.
            begin = block.start
            if block.kind is BlockKind.PARAGRAPH:
                begin += sentence_spans(text[block.start : block.end])[-1][0]
            if found := _UNIT.search(text, begin, block.end):
                return _short(found.group())
            if block.kind is not BlockKind.CAPTION:
                break
    return ""


def _is_unit_line(said: str) -> bool:
    said = _UNAUDITED.sub("", said)
    found = _UNIT.search(said)
    return not said.strip(" ();,") or (found is not None and len(found.group()) >= 0.6 * len(said))


@dataclass(slots=True)
class _Label:
    text: str
    indent: int
    colon: bool
    deeper: bool | None = None  # whether its rows stand further in; None until the first of them


def _labels(text: str, rows: Sequence[Block]) -> Iterator[tuple[str, ...]]:
    """For each row the labels that head it, outermost first.

    A label is a row without figures of its own. It holds for the rows that stand further in, or where they do not, down
    to the next label; in either case no further than to the total.
    """
    open_labels: list[_Label] = []
    fresh = False  # the row before was a label, too
    for block in rows:
        row = Row() if block.row is None else block.row
        cells = [text[block.start + a : block.start + b] for a, b in row.cells]
        filled = [cell for cell in cells if cell]
        indent = row.indent
        is_label = len(filled) == 1 and cells[0] == filled[0] and not has_values(["", filled[0]])
        while open_labels and (
            indent < open_labels[-1].indent
            or (indent == open_labels[-1].indent and (open_labels[-1].deeper or (is_label and not fresh)))
        ):
            open_labels.pop()
        if is_label:
            if fresh and open_labels and open_labels[-1].indent == indent:
                # Two in a row: the first heads a larger part, and ends what went before, or is a line without figures.
                first = open_labels[-1]
                heads = first.colon or first.text.isupper() or not filled[0].endswith(":")
                open_labels = [first] if heads else []
            yield tuple(label.text for label in open_labels[-_MOST_LABELS:])
            open_labels.append(_Label(_short(filled[0].rstrip(" :")), indent, filled[0].endswith(":")))
            fresh = True
            continue
        if open_labels and open_labels[-1].deeper is None:
            open_labels[-1].deeper = indent > open_labels[-1].indent
        total = bool(filled) and _TOTAL.match(filled[0]) is not None
        if total:  # of the label that it names
            whole = filled[0].casefold()
            named = [(len(each.text), i) for i, each in enumerate(open_labels) if each.text.casefold() in whole]
            del open_labels[max(named)[1] + 1 if named else len(open_labels) :]
        yield tuple(label.text for label in open_labels[-_MOST_LABELS:])
        if total and open_labels:
            open_labels.pop()
        fresh = False


def _short(said: str) -> str:
    """On one line, without the brackets around it, cut at a word."""
    line = " ".join(said.split())
    if line.startswith("(") and line.endswith(")"):
        line = line[1:-1]
    return line if len(line) <= _LONGEST else line[:_LONGEST].rsplit(" ", 1)[0] + " …"
