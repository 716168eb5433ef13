"""From the elements of a Word file's body to blocks: headings, numbered lists, tables, notes and text boxes.

Works on the tree that `docx.py` opened. What was deleted, moved away or hidden is no text; what was inserted is.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.article import BlockKind
from ingest.building import TextBuilder
from ingest.cleaning import clean_text, lowered, raised
from ingest.formats.html_tables import Cell, add_table, grid_of, table_of

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_CHOICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Choice"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_VAL = f"{_W}val"
_BOX = f"{_W}txbxContent"
_INSIDE = frozenset(f"{_W}{name}" for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"))
_LEFT_OUT = frozenset(
    f"{_W}{name}" for name in ("pPr", "rPr", "del", "moveFrom", "instrText", "delText", "delInstrText", "sdtPr", "ruby")
) | {_FALLBACK}
_NOTES = {f"{_W}footnoteReference": "footnote", f"{_W}endnoteReference": "endnote"}
_HEADING_STYLE = re.compile(r"heading\s*([1-9])", re.IGNORECASE)
_CONTENTS_STYLE = re.compile(r"toc\s*\d|contents\s*\d|table of figures", re.IGNORECASE)
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_LONGEST_HEADING = 120
_LAYOUT_CELL = 600  # characters; a longer cell is text set beside other text
_DEEPEST = 5  # tables in tables; further in, their words become part of the cell
_LEVELS = 9


@dataclass(frozen=True, slots=True)
class Parts:
    """What the body's elements refer to: the trees of styles and numbering, and notes by ("footnote", id)."""

    styles: Any = None
    numbering: Any = None
    notes: Mapping[tuple[str, str], Any] = field(default_factory=dict)


def add_body(body: Any, parts: Parts, builder: TextBuilder) -> None:
    """Adds everything that the body shows, in its order; notes follow the block that they belong to."""
    _Body(parts, builder).add(body)


@dataclass(slots=True)
class _Style:
    name: str = ""
    outline: int | None = None
    number: str = ""
    level: int | None = None
    bold: bool = False
    hidden: bool = False


@dataclass(slots=True)
class _Said:
    """A paragraph's text, how much of it is bold, and what hangs on it."""

    text: str
    characters: int
    bold: int
    notes: list[tuple[str, Any]]
    boxes: list[Any]


class _Body:
    def __init__(self, parts: Parts, builder: TextBuilder) -> None:
        self._builder = builder
        self._notes = parts.notes
        self._styles = _read_styles(parts.styles)
        self._numbers = _Numbers(parts.numbering)
        self._shown_notes = 0
        self._guess_headings = False

    def add(self, body: Any) -> None:
        self._guess_headings = not any(
            self._heading_level(each, self._style(each)) for each in _blocks(body) if each.tag == f"{_W}p"
        )
        self._add_all(body, 0)

    def _add_all(self, container: Any, depth: int) -> None:
        for element in _blocks(container):
            if element.tag == f"{_W}p":
                self._add_paragraph(element, depth)
            else:
                self._add_table(element, depth)

    def _add_paragraph(self, paragraph: Any, depth: int) -> None:
        said = self._said(paragraph)
        style = self._style(paragraph)
        if said.text:
            self._add_text(paragraph, said, style)
        self._add_notes(said.notes, depth)
        for box in said.boxes:
            if depth < _DEEPEST:
                self._add_all(box, depth + 1)

    def _add_text(self, paragraph: Any, said: _Said, style: _Style) -> None:
        mark, level = self._mark(paragraph, style)
        heading = self._heading_level(paragraph, style)
        if not heading and self._guess_headings and not mark and _looks_like_heading(said):
            heading = 2
        if _CONTENTS_STYLE.match(style.name):
            self._builder.add(BlockKind.FURNITURE, mark + said.text)
        elif heading:
            mark = "" if mark == "• " else mark
            self._builder.add(BlockKind.HEADING, mark + " ".join(said.text.split()), level=heading)
        elif mark:
            text = said.text.removeprefix("•").lstrip() if mark == "• " else said.text
            self._builder.add(BlockKind.LIST_ITEM, mark + text, indent="  " * level)
        elif "caption" in style.name.lower():
            self._builder.add(BlockKind.CAPTION, said.text)
        else:
            self._builder.add(BlockKind.PARAGRAPH, said.text)

    def _add_notes(self, notes: list[tuple[str, Any]], depth: int) -> None:
        for mark, note in notes:
            texts = [self._said(each).text for each in _blocks(note) if each.tag == f"{_W}p"]
            self._builder.add(BlockKind.PARAGRAPH, f"{mark} {' '.join(texts)}" if any(texts) else "")

    # Styles and numbers

    def _style(self, paragraph: Any) -> _Style:
        name = paragraph.find(f"{_W}pPr/{_W}pStyle")
        return self._styles.get("" if name is None else name.get(_VAL, ""), _NO_STYLE)

    def _heading_level(self, paragraph: Any, style: _Style) -> int:
        """1 for the title and "Heading 1", as far as 6; 0 for what is no heading."""
        if style.name.lower() == "title":
            return 1
        if match := _HEADING_STYLE.match(style.name):
            return min(int(match[1]), 6)
        # A heading style under a local name ("Überschrift 1") keeps its outline level.
        own = _level(paragraph.find(f"{_W}pPr/{_W}outlineLvl"))
        outline = style.outline if own is None else own
        return min(outline + 1, 6) if outline is not None and outline < _LEVELS else 0

    def _mark(self, paragraph: Any, style: _Style) -> tuple[str, int]:
        """The bullet or number in front of a paragraph, counted on, and how deep its list is."""
        own = paragraph.find(f"{_W}pPr/{_W}numPr")
        number, level = style.number, style.level
        if own is not None:
            number = _value(own, "numId") or number
            level = _level(own.find(f"{_W}ilvl")) if own.find(f"{_W}ilvl") is not None else level
        if number == "0":
            return "", 0
        if not number:
            return ("• ", 0) if style.name.lower().startswith(("list bullet", "list number")) else ("", 0)
        level = min(level or 0, _LEVELS - 1)
        return self._numbers.next(number, level), level

    # Text

    def _said(self, paragraph: Any) -> _Said:
        pieces: list[str] = []
        notes: list[tuple[str, Any]] = []
        boxes: list[Any] = []
        characters = bold = 0
        paragraph_bold = self._style(paragraph).bold
        for run, node in _runs(paragraph):
            if node.tag in _NOTES:
                note = self._notes.get((_NOTES[node.tag], node.get(f"{_W}id", "")))
                if note is not None and node.get(f"{_W}customMarkFollows") not in ("1", "true", "on"):
                    self._shown_notes += 1
                    mark = raised(str(self._shown_notes))
                    pieces.append(mark)
                    notes.append((mark, note))
            elif node.tag == _BOX:
                boxes.append(node)
            else:
                properties = None if run is None else run.find(f"{_W}rPr")
                if _is_on(properties, "vanish", False):
                    continue
                text = _text_of(node)
                if properties is not None and (place := _value(properties, "vertAlign")):
                    text = raised(text) if place == "superscript" else lowered(text) if place == "subscript" else text
                count = len(text) - text.count(" ")
                characters += count
                bold += count if _is_on(properties, "b", paragraph_bold) else 0
                pieces.append(text)
        lines = (" ".join(line.split()) for line in clean_text("".join(pieces)).split("\n"))
        return _Said("\n".join(line for line in lines if line), characters, bold, notes, boxes)

    # Tables

    def _add_table(self, table: Any, depth: int) -> None:
        rows: list[list[Cell]] = []
        cells_of: list[Any] = []
        notes: list[tuple[str, Any]] = []
        nested = False
        for row in _inner(table, f"{_W}tr"):
            before = row.find(f"{_W}trPr/{_W}gridBefore")
            head = row.find(f"{_W}trPr/{_W}tblHeader") is not None
            cells = [Cell("", _span(before))] if before is not None else []
            for cell in _inner(row, f"{_W}tc"):
                merged = cell.find(f"{_W}tcPr/{_W}vMerge")
                goes_on = merged is not None and merged.get(_VAL) != "restart"
                text = "" if goes_on else self._cell_text(cell, notes)
                if text:
                    cells_of.append(cell)
                    nested = nested or cell.find(f".//{_W}tbl") is not None
                cells.append(Cell(text, _span(cell.find(f"{_W}tcPr/{_W}gridSpan")), head=head, indent=_indent(cell)))
            rows.append(cells)
        grid = grid_of(rows)
        if not grid.rows:
            return
        longest = max(len(cell.text) for row in grid.rows for cell in row)
        frame = grid.width < 2 or all(len(row) == 1 for row in grid.rows)
        if depth < _DEEPEST and (frame or (len(grid.rows) <= 3 and (nested or longest > _LAYOUT_CELL))):
            self._shown_notes -= len(notes)  # they are met again with the paragraphs
            for cell in cells_of:
                self._add_all(cell, depth + 1)
            return
        add_table(grid, self._builder, table_of(grid))
        self._add_notes(notes, depth)

    def _cell_text(self, cell: Any, notes: list[tuple[str, Any]]) -> str:
        texts = []
        for paragraph in cell.iter(f"{_W}p"):
            said = self._said(paragraph)
            notes += said.notes
            texts.append(said.text)
        return " ".join(" ".join(texts).split())


_NO_STYLE = _Style()


class _Numbers:
    """Counts the paragraphs of numbered lists, as Word does when it shows them."""

    def __init__(self, numbering: Any) -> None:
        self._levels: dict[str, dict[int, tuple[str, str, int]]] = {}  # list -> level -> format, text, first number
        self._list_of: dict[str, str] = {}
        self._counts: dict[str, list[int]] = {}
        if numbering is None:
            return
        for abstract in numbering.iter(f"{_W}abstractNum"):
            levels = {_level_of(each): _read_level(each) for each in abstract.iter(f"{_W}lvl")}
            self._levels[abstract.get(f"{_W}abstractNumId", "")] = levels
        for number in numbering.iter(f"{_W}num"):
            own, refers = number.get(f"{_W}numId", ""), _value(number, "abstractNumId")
            overrides = list(number.iter(f"{_W}lvlOverride"))
            if not overrides:
                self._list_of[own] = refers
                continue
            # A list that begins anew counts for itself.
            levels = dict(self._levels.get(refers, {}))
            for override in overrides:
                level = _level_of(override)
                changed = override.find(f"{_W}lvl")
                shape = levels.get(level, ("decimal", "%1.", 1)) if changed is None else _read_level(changed)
                first = _value(override, "startOverride")
                levels[level] = (shape[0], shape[1], int(first) if first.isdigit() else shape[2])
            self._levels[f"num {own}"] = levels
            self._list_of[own] = f"num {own}"

    def next(self, number: str, level: int) -> str:
        """The mark of the next paragraph of a list, with a space behind it."""
        name = self._list_of.get(number, "")
        levels = self._levels.get(name, {})
        counts = self._counts.setdefault(name, [0] * _LEVELS)
        shape, text, first = levels.get(level, ("bullet", "", 1))
        counts[level] = counts[level] + 1 if counts[level] else first
        counts[level + 1 :] = [0] * (_LEVELS - level - 1)
        if shape == "bullet":
            return "• "
        if shape == "none" or not text.strip():
            return ""

        def counted(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            kind, _, start = levels.get(at, ("decimal", "", 1))
            return _numeral(counts[at] or start, kind)

        return f"{re.sub('%([1-9])', counted, text).strip()} "


def _read_styles(styles: Any) -> dict[str, _Style]:
    """Paragraph styles by their id, each with what it inherits; "" is the default."""
    found: dict[str, _Style] = {}
    based: dict[str, str] = {}
    if styles is None:
        return found
    for element in styles.iter(f"{_W}style"):
        own = element.get(f"{_W}styleId", "")
        numbers = element.find(f"{_W}pPr/{_W}numPr")
        properties = element.find(f"{_W}rPr")
        level = None if numbers is None else _level(numbers.find(f"{_W}ilvl"))
        outline = _level(element.find(f"{_W}pPr/{_W}outlineLvl"))
        number = "" if numbers is None else _value(numbers, "numId")
        found[own] = _Style(_value(element, "name"), outline, number, level, _is_on(properties, "b", False))
        based[own] = _value(element, "basedOn")
        if element.get(f"{_W}type") == "paragraph" and element.get(f"{_W}default") in ("1", "true"):
            found[""] = found[own]
    for own in based:
        style, above = found[own], based[own]
        for _ in range(20):  # styles may be based on each other in a circle
            if above not in based:
                break
            base = found[above]
            style.outline = base.outline if style.outline is None else style.outline
            if not style.number:
                style.number, style.level = base.number, base.level if style.level is None else style.level
            style.bold = style.bold or base.bold
            above = based[above]
    return found


def _blocks(container: Any) -> Iterator[Any]:
    """Paragraphs and tables of a body, cell, note or box, also those inside content controls and insertions."""
    waiting = list(reversed(container))
    while waiting:
        element = waiting.pop()
        if element.tag in (f"{_W}p", f"{_W}tbl"):
            yield element
        elif element.tag in _INSIDE:
            waiting.extend(reversed(element))


def _inner(container: Any, tag: str) -> Iterator[Any]:
    """Rows of a table or cells of a row, likewise; none that were deleted."""
    waiting = list(reversed(container))
    while waiting:
        element = waiting.pop()
        if element.tag == tag:
            if element.find(f"{_W}trPr/{_W}del") is None:
                yield element
        elif element.tag in _INSIDE:
            waiting.extend(reversed(element))


def _runs(paragraph: Any) -> Iterator[tuple[Any, Any]]:
    """What a paragraph says, piece by piece, each with the run that it stands in; text boxes as a whole."""
    waiting: list[tuple[Any, Any]] = [(None, child) for child in reversed(paragraph)]
    while waiting:
        run, node = waiting.pop()
        tag = node.tag
        if tag in _SAID or tag in _NOTES or tag == _BOX:
            yield run, node
        elif tag not in _LEFT_OUT and isinstance(tag, str):
            if tag == f"{_W}r":
                run = node
            waiting.extend((run, child) for child in reversed(node))


_SAID = frozenset(f"{_W}{name}" for name in ("t", "tab", "br", "cr", "noBreakHyphen")) | {_MATH_TEXT}


def _text_of(node: Any) -> str:
    if node.tag in (f"{_W}t", _MATH_TEXT):
        return node.text or ""
    if node.tag == f"{_W}noBreakHyphen":
        return "-"
    if node.tag == f"{_W}tab":
        # A tab in the paragraph's properties is a place, not a character.
        return " " if node.getparent().tag == f"{_W}r" else ""
    return "\n"


def _looks_like_heading(said: _Said) -> bool:
    """A short line that is bold throughout, where a document has no styles for headings."""
    text = said.text
    return (
        said.bold == said.characters > 2
        and len(text) <= _LONGEST_HEADING
        and "\n" not in text
        and text[-1] not in ".:;,"
        and any(map(str.isalpha, text))
    )


def _numeral(count: int, kind: str) -> str:
    if kind in ("lowerLetter", "upperLetter"):
        letter = chr(ord("a") + (count - 1) % 26) * min((count - 1) // 26 + 1, 20)
        return letter.upper() if kind == "upperLetter" else letter
    if kind in ("lowerRoman", "upperRoman") and 0 < count < 4000:
        numeral = ""
        for value, sign in _ROMAN:
            numeral += sign * (count // value)
            count %= value
        return numeral.upper() if kind == "upperRoman" else numeral
    return f"{count:02}" if kind == "decimalZero" else str(count)


def _read_level(level: Any) -> tuple[str, str, int]:
    first = _value(level, "start")
    return _value(level, "numFmt") or "decimal", _value(level, "lvlText"), int(first) if first.isdecimal() else 1


def _level_of(element: Any) -> int:
    written = element.get(f"{_W}ilvl", "0")
    return min(int(written), _LEVELS - 1) if written.isdecimal() else 0


def _value(element: Any, name: str) -> str:
    found = element.find(f"{_W}{name}")
    return "" if found is None else found.get(_VAL, "")


def _level(element: Any) -> int | None:
    written = "" if element is None else element.get(_VAL, "")
    return int(written) if written.isdecimal() and len(written) < 4 else None


def _span(element: Any) -> int:
    return max(1, min(_level(element) or 1, 1000))


def _indent(cell: Any) -> float:
    """How far a cell's first paragraph stands in, in points."""
    found = cell.find(f"{_W}p/{_W}pPr/{_W}ind")
    written = "" if found is None else found.get(f"{_W}left") or found.get(f"{_W}start") or ""
    return int(written) / 20 if written.isdecimal() and len(written) < 6 else 0.0


def _is_on(properties: Any, name: str, otherwise: bool) -> bool:
    found = None if properties is None else properties.find(f"{_W}{name}")
    return otherwise if found is None else found.get(_VAL, "1") not in ("0", "false", "off", "none")
