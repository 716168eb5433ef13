"""Builds an article's text piece by piece, so that each block's offsets are right by construction.

For formats that know their own headings, lists and tables; it cleans each piece and never touches it again.
"""

from collections.abc import Sequence
from dataclasses import replace

from ingest.article import Block, BlockKind, Row
from ingest.cleaning import clean_text
from ingest.tables import joined_cells

_CLOSE = frozenset({BlockKind.LIST_ITEM, BlockKind.TABLE_HEADER, BlockKind.TABLE_ROW})

_WIDEST_INDENT = 16  # lists nested a thousand deep would be more space than text


class TextBuilder:
    """Collects blocks; `text` and `blocks` are what they have become so far.

    Blocks stand a blank line apart, items of one list and rows of one table a line.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._last: BlockKind | None = None
        self.blocks: list[Block] = []

    @property
    def text(self) -> str:
        """Everything added, joined."""
        return "".join(self._parts)

    def add(self, kind: BlockKind, text: str, *, level: int = 0, row: Row | None = None, indent: str = "") -> None:
        """Adds one block, unless nothing is left of its text after cleaning.

        The cells of a `row` are ranges of the text after cleaning.
        """
        text = clean_text(text).strip()
        if not text:
            return
        indent = indent[:_WIDEST_INDENT]
        gap = ""
        if self._parts:
            close = kind in _CLOSE and (kind is self._last or self._last is BlockKind.TABLE_HEADER)
            gap = "\n" if close else "\n\n"
        start = self._length + len(gap) + len(indent)
        self._parts += (gap, indent, text)
        self._length = start + len(text)
        self._last = kind
        self.blocks.append(Block(kind, start, self._length, None, level, row))

    def add_row(self, cells: Sequence[str], *, header: bool, columns: Sequence[str], indent: int = 0) -> None:
        """Adds a table row as "cell | cell"; one without any text is left out.

        `columns` are the names of its cells, `indent` says how far its label stands in.
        """
        shown, names = ([" ".join(clean_text(each).split()) for each in texts] for texts in (cells, columns))
        if any(shown):
            text, ranges = joined_cells(shown)
            row = Row(ranges, tuple(names), indent=indent)
            self.add(BlockKind.TABLE_HEADER if header else BlockKind.TABLE_ROW, text, row=row)

    def append(self, other: "TextBuilder") -> None:
        """Adds all that another builder holds, a blank line below what is here."""
        self.append_text(other.text, other.blocks)

    def append_text(self, text: str, blocks: Sequence[Block]) -> None:
        """Adds a cleaned text and its blocks, a blank line below what is here; nothing where there are no blocks."""
        if not blocks:
            return
        gap = "\n\n" if self._parts else ""
        offset = self._length + len(gap)
        self._parts += (gap, text)
        self._length = offset + len(text)
        self._last = blocks[-1].kind
        self.blocks += (replace(each, start=each.start + offset, end=each.end + offset) for each in blocks)
