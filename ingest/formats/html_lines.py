"""From a tree of HTML to the lines that a reader sees, in order, each with how it is set: for filings and reports.

A line is what a browser would show between two breaks of a block: its text, how much of it is bold or a link, its size
and place. Tables are kept as cells of lines, page breaks as marks. Knows nothing of what lines mean.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lxml import etree

from ingest.cleaning import raised

_WHITE = " \t\n\r\f\v"  # which a browser shows as one space; hard spaces stay
_SPACE = re.compile(f"[{_WHITE}]+")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SELECTOR = re.compile(r"[a-z][\w-]*|(?:[a-z][\w-]*)?\.[\w-]+|#[\w-]+", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_LENGTH = re.compile(r"(-?\d*\.?\d+)\s*(pt|px|em|rem|%|in|cm|mm|pc)?")
_MOST_RULES = 20_000
_MOST_STYLE_CHARACTERS = 2_000_000
_POINTS = {"pt": 1.0, "px": 0.75, "in": 72.0, "cm": 28.35, "mm": 2.835, "pc": 12.0}
_NAMED_SIZES = {
    **{"xx-small": 7.0, "x-small": 7.5, "small": 10.0, "medium": 12.0, "large": 13.5, "x-large": 18.0},
    **{"xx-large": 24.0, "smaller": 8.0, "larger": 13.5},
}
_FONT_SIZES = {"1": 7.5, "2": 10.0, "3": 12.0, "4": 13.5, "5": 18.0, "6": 24.0, "7": 36.0}
_HEADING_SIZES = {"h1": 24.0, "h2": 18.0, "h3": 14.0, "h4": 12.0, "h5": 10.0, "h6": 9.0}

# What letters stand for in a font of symbols: boxes, ticks and bullets.
_SYMBOLS = str.maketrans("xýþo¨qüûlnu§Øà", "☒☒☑☐☐☐✓✗●■◆▪➢→")
# fmt: off
_SKIPPED = frozenset({
    "script", "style", "noscript", "template", "svg", "math", "iframe", "object", "embed", "canvas", "audio", "video",
    "select", "button", "textarea", "input", "head", "title", "ix:header", "ix:hidden", "ix:references", "ix:resources",
    "xbrli:context", "xbrli:unit", "nav", "dialog", "applet", "frameset",
})
_BLOCKS = frozenset({
    "html", "body", "p", "div", "section", "article", "main", "header", "footer", "aside", "blockquote", "pre", "ul",
    "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "figure", "figcaption", "caption", "table",
    "thead", "tbody", "tfoot", "tr", "td", "th", "form", "fieldset", "address", "hr", "center", "details", "summary",
    "dir", "menu", "page", "document", "type", "text",
})
_PLAIN = frozenset({"div", "p", "span", "font", "b", "strong", "i", "em", "u", "ix:nonfraction", "ix:nonnumeric"})
# fmt: on


class Style(NamedTuple):
    """How text is set, as inherited; `size` and `indent`, how far it stands in, in points."""

    bold: bool = False
    italic: bool = False
    underlined: bool = False
    centred: bool = False
    raised: bool = False
    upper: bool = False
    raw: bool = False
    symbols: bool = False
    size: float = 10.0
    indent: float = 0.0


@dataclass(slots=True)
class Line:
    """Text between two breaks. Counts are of characters that are no space; `size` is that of the largest words.

    `heading` is 1 to 6 in h1 to h6; `mark` is the bullet or number of a list's item; `depth` that of nested lists.
    `inside` characters belong to links to the same document, `linked` to any link. `indent` is in points. A `placed`
    line has a place of its own on the page, as where each line of a paragraph is set by itself. A `raw` one is laid out
    with spaces and line ends, which its text has kept.
    """

    text: str
    characters: int = 0
    bold: int = 0
    italic: int = 0
    underlined: int = 0
    linked: int = 0
    inside: int = 0
    size: float = 10.0
    centred: bool = False
    heading: int = 0
    mark: str = ""
    depth: int = 0
    caption: bool = False
    indent: float = 0.0
    placed: bool = False
    raw: bool = False

    def is_all(self, count: int) -> bool:
        """Whether a count is nearly all of the line's characters."""
        return self.characters > 0 and count >= 0.9 * self.characters


@dataclass(slots=True)
class TableCell:
    """A td or th: its lines, and what it spans."""

    lines: list[Line]
    columns: int
    rows: int
    head: bool

    @property
    def text(self) -> str:
        """All of its text on one line."""
        return " ".join(" ".join((line.mark + line.text).split()) for line in self.lines)


@dataclass(slots=True)
class TableLines:
    """A table that holds no other table."""

    rows: list[list[TableCell]] = field(default_factory=list)
    captions: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class PageBreak:
    """Where a printed page ends; `ruled` where only a horizontal rule says so."""

    ruled: bool


Item = Line | TableLines | PageBreak


class _Change(NamedTuple):
    """What one element's markup says: None where it leaves things as they are."""

    bold: bool | None
    italic: bool | None
    underlined: bool | None
    centred: bool | None
    raised: bool | None
    upper: bool | None
    symbols: bool | None
    size: float | None
    scale: float
    indent: float
    hidden: bool
    placed: bool
    display: str
    breaks_before: bool
    breaks_after: bool


def lines_of(tree: Any) -> list[Item]:
    """Everything that the page shows, in order."""
    return _Walker(_style_rules(tree)).items(tree, Style())


def tag_of(element: Any) -> str:
    """The element's name, "" for what is no element."""
    return element.tag if isinstance(element.tag, str) else ""


def _style_rules(tree: Any) -> dict[str, str]:
    """Declarations of the page's own style sheets by ".class", "tag", "tag.class" and "#id"; other rules are left."""
    rules: dict[str, str] = {}
    left = _MOST_STYLE_CHARACTERS
    for element in tree.iter("style"):
        sheet = _COMMENT.sub("", (element.text or "")[:left])
        left -= len(sheet)
        for match in _RULE.finditer(sheet):
            for selector in match[1].split(","):
                selector = selector.strip()
                if _SELECTOR.fullmatch(selector) and len(rules) < _MOST_RULES:
                    rules[selector] = f"{rules.get(selector, '')};{match[2]}"[-2000:]
    return rules


class _Walker:
    """Walks a tree; keeps what it has learnt of each style that it met."""

    def __init__(self, rules: dict[str, str]) -> None:
        self._rules = rules
        self._changes: dict[tuple[str, ...], _Change] = {}
        self._styles: dict[tuple[Style, _Change], Style] = {}

    def items(self, root: Any, outer: Style) -> list[Item]:
        """The lines, tables and page breaks within an element whose surroundings are set in `outer`."""
        flow = _Flow()
        styles = [outer]
        shows: list[tuple[bool, _Change]] = []  # of each open element: whether it is a block, and its change
        passed: Any = None
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            tag = tag_of(element)
            if event == "start":
                change = self._change(tag, element)
                block = element is not root and _is_block(tag, change.display)
                if block:
                    flow.flush()
                    flow.placed = change.placed
                if change.breaks_before:
                    flow.break_page(ruled=False)
                if tag in _SKIPPED or change.hidden or not tag:
                    passed = element
                elif tag == "table" and element is not root and element.find(".//table") is None:
                    flow.add(self._table(element, self._style(styles[-1], change)))
                    passed = element
                if passed is element:
                    if change.breaks_after:
                        flow.break_page(ruled=False)
                    walker.skip_subtree()
                    continue
                style = self._style(styles[-1], change)
                styles.append(style)
                shows.append((block, change))
                flow.open(tag, element, style)
                flow.say(element.text, style)
                continue
            if element is not passed:
                styles.pop()
                block, change = shows.pop()
                if block:
                    flow.flush()
                    flow.placed = False
                flow.close(tag)
                if change.breaks_after:
                    flow.break_page(ruled=False)
            elif element is not root and _is_block(tag, ""):
                flow.flush()
            if element is not root:
                flow.say(element.tail, styles[-1])
        flow.flush()
        return flow.items

    def _table(self, table: Any, outer: Style) -> TableLines:
        found = TableLines()
        for row, above in _rows(table):
            tag = tag_of(row)
            change = self._change(tag, row)
            if change.hidden:
                continue
            if tag == "caption":
                found.captions += (item for item in self.items(row, outer) if isinstance(item, Line))
                continue
            style = self._style(outer, change)
            cells = []
            for cell in row:
                name = tag_of(cell)
                if name not in ("td", "th"):
                    # Tags of inline XBRL may stand between a row and its cells.
                    cells += [self._cell(each, style, above) for each in cell.iter("td", "th")]
                else:
                    cells.append(self._cell(cell, style, above))
            found.rows.append(cells)
        return found

    def _cell(self, cell: Any, outer: Style, above: str) -> TableCell:
        columns, rows = _span(cell.get("colspan")), _span(cell.get("rowspan"))
        tag = tag_of(cell)
        change = self._change(tag, cell)
        lines: list[Line] = []
        if not change.hidden and (len(cell) or (cell.text and not cell.text.isspace())):
            style = self._style(outer, change)
            only = self._only_line(cell, style)
            if only is None:
                lines = [item for item in self.items(cell, style) if isinstance(item, Line)]
            elif only.text:
                lines = [only]
        head = above == "thead" or tag == "th"
        return TableCell(lines, columns, rows, head)

    def _only_line(self, cell: Any, style: Style) -> Line | None:
        """The line of a cell that holds one text and nothing beside it, as most do; None for any other."""
        element = cell
        while len(element):
            child = element[0]
            tag = tag_of(child)
            if len(element) > 1 or (element.text or "").strip(_WHITE) or tag not in _PLAIN:
                return None
            if (child.tail or "").strip(_WHITE):
                return None
            change = self._change(tag, child)
            if change.hidden or change.breaks_before or change.breaks_after:
                return None
            style = self._style(style, change)
            element = child
        if style.raised or style.raw or style.upper or style.symbols:
            return None
        raw = element.text or ""
        text = " ".join(raw.split())
        count = len(text) - text.count(" ")
        return Line(
            text,
            count,
            count if style.bold else 0,
            count if style.italic else 0,
            count if style.underlined else 0,
            size=style.size,
            centred=style.centred,
            indent=style.indent + _spaces_before(raw),
        )

    def _change(self, tag: str, element: Any) -> _Change:
        attributes = element.attrib if tag else {}
        style = attributes.get("style") or ""
        names = attributes.get("class") or ""
        rest = ""
        if tag == "font":
            rest = attributes.get("size") or ""
            if "face" in attributes:
                style = f"font-family:{attributes['face']};{style}"
        elif attributes.get("align"):
            rest = attributes["align"]
        hidden = "hidden" if "hidden" in attributes else ""
        identity = f"#{attributes['id']}" if self._rules and "id" in attributes else ""
        key = (tag, style, names, rest, hidden, identity if identity in self._rules else "")
        change = self._changes.get(key)
        if change is None:
            declared = [self._rules.get(tag, "")]
            if self._rules:
                for name in names.split():
                    declared += (self._rules.get(f".{name}", ""), self._rules.get(f"{tag}.{name}", ""))
                declared.append(self._rules.get(identity, ""))
            declared.append(style)
            change = self._changes[key] = _read_change(tag, ";".join(filter(None, declared)), rest, bool(hidden))
        return change

    def _style(self, outer: Style, change: _Change) -> Style:
        key = (outer, change)
        style = self._styles.get(key)
        if style is None:
            size = change.size if change.size is not None else outer.size * change.scale
            style = self._styles[key] = Style(
                outer.bold if change.bold is None else change.bold,
                outer.italic if change.italic is None else change.italic,
                outer.underlined if change.underlined is None else change.underlined,
                outer.centred if change.centred is None else change.centred,
                outer.raised if change.raised is None else change.raised,
                outer.upper if change.upper is None else change.upper,
                outer.raw or change.display == "pre",
                outer.symbols if change.symbols is None else change.symbols,
                min(max(size, 1.0), 200.0),
                outer.indent + change.indent,
            )
        return style


class _Flow:
    """The line that is being filled, and those that are done."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.placed = False
        self._parts: list[str] = []
        self._raw = False
        self._line = Line("")
        self._sizes: dict[float, int] = {}
        self._centred = 0
        self._indent: float | None = None
        self._links: list[bool] = []  # of each open link: whether it leads to the same document
        self._heading = 0
        self._lists: list[int | None] = []
        self._mark = ""
        self._captions = 0

    def open(self, tag: str, element: Any, style: Style) -> None:
        if tag in _HEADING_SIZES:
            self._heading = int(tag[1])
        elif tag == "br":
            self._parts.append("\n")
        elif tag == "a":
            self._links.append((element.get("href") or "").startswith("#"))
        elif tag in ("ul", "ol", "dir", "menu"):
            first = element.get("start") or "1"
            self._lists.append((int(first) if first.isascii() and first.isdigit() else 1) if tag == "ol" else None)
        elif tag == "li":
            self._mark = self._next_mark(element)
        elif tag == "hr":
            self.break_page(ruled=True)
        elif tag in ("caption", "figcaption"):
            self._captions += 1

    def close(self, tag: str) -> None:
        if tag in _HEADING_SIZES:
            self._heading = 0
        elif tag == "a" and self._links:
            self._links.pop()
        elif tag in ("ul", "ol", "dir", "menu") and self._lists:
            self._lists.pop()
        elif tag == "li":
            self._mark = ""
        elif tag in ("caption", "figcaption"):
            self._captions -= 1

    def say(self, text: str | None, style: Style) -> None:
        if not text:
            return
        if style.raw:
            self._raw = True
        else:
            text = _SPACE.sub(" ", text)
        count = len(text) - text.count(" ") - text.count("\xa0")
        if count:
            if style.raised:
                text = raised(text)
            if style.upper:
                text = text.upper()
            if style.symbols:
                text = text.translate(_SYMBOLS)
            line = self._line
            line.characters += count
            line.bold += count if style.bold else 0
            line.italic += count if style.italic else 0
            line.underlined += count if style.underlined else 0
            self._centred += count if style.centred else 0
            if self._indent is None:
                self._indent = style.indent
            self._sizes[style.size] = self._sizes.get(style.size, 0) + count
            if self._links:
                line.linked += count
                line.inside += count if self._links[-1] else 0
        self._parts.append(text)

    def flush(self) -> None:
        if self._parts:
            raw = "".join(self._parts)
            text = tidy(raw)
            laid_out = self._raw and "\n" in text
            self._parts, self._raw = [], False
            if text:
                line = self._line
                line.text, line.raw = (raw.strip("\n").rstrip() if laid_out else text), laid_out
                line.centred = 2 * self._centred > line.characters
                if self._sizes:
                    line.size = max(self._sizes, key=lambda size: (self._sizes[size], size))
                line.heading = self._heading
                line.mark, line.depth = self._mark, len(self._lists)
                line.caption = self._captions > 0
                line.placed = self.placed
                line.indent = (self._indent or 0.0) + _spaces_before(raw)
                self._mark = ""
                self.items.append(line)
                self._line = Line("")
                self._sizes = {}
                self._centred = 0
                self._indent = None

    def add(self, table: TableLines) -> None:
        self.flush()
        self.items.append(table)

    def break_page(self, *, ruled: bool) -> None:
        self.flush()
        if self.items and isinstance(self.items[-1], PageBreak):
            self.items[-1].ruled &= ruled
        else:
            self.items.append(PageBreak(ruled))

    def _next_mark(self, element: Any) -> str:
        number = self._lists[-1] if self._lists else None
        if number is None:
            return "• "
        own = element.get("value") or ""
        number = int(own) if own.isascii() and own.isdigit() and len(own) < 6 else number
        self._lists[-1] = number + 1
        return f"{number}. "


def _spaces_before(raw: str) -> float:
    """How far hard spaces in front of a text move it in, in points."""
    head = raw[: len(raw) - len(raw.lstrip())]
    return 2.5 * head.count("\xa0")


def tidy(text: str) -> str:
    """Lines without space around them or more than one within, and no empty ones."""
    if "\n" not in text:
        return " ".join(text.split())
    return "\n".join(shown for line in text.split("\n") if (shown := " ".join(line.split())))


def _rows(table: Any) -> Iterator[tuple[Any, str]]:
    """The tr and caption elements of a table with the name of the part that holds them."""
    for element in table.iter("tr", "caption"):
        parent = element.getparent()
        above = tag_of(parent) if parent is not None else ""
        yield element, above


def _span(written: str | None) -> int:
    return max(1, min(int(written), 1000)) if written and written.isascii() and written.isdigit() else 1


def _is_block(tag: str, display: str) -> bool:
    if display == "inline":
        return tag in ("table", "tr", "td", "th")
    return tag in _BLOCKS or display == "block"


def _read_change(tag: str, style: str, rest: str, hidden: bool) -> _Change:
    flags: dict[str, bool | None] = dict.fromkeys(
        ("bold", "italic", "underlined", "centred", "raised", "upper", "symbols")
    )
    scale = 1.0
    indent = 0.0
    placed = False
    display = "pre" if tag == "pre" else ""
    before = after = False
    if tag in ("b", "strong", "th") or tag in _HEADING_SIZES:
        flags["bold"] = True
    if tag in ("i", "em"):
        flags["italic"] = True
    if tag in ("u", "ins"):
        flags["underlined"] = True
    if tag == "center" or rest.lower() in ("center", "middle"):
        flags["centred"] = True
    elif rest.lower() in ("left", "right", "justify"):
        flags["centred"] = False
    if tag == "sup":
        flags["raised"] = True
    size: float | None = _HEADING_SIZES.get(tag) or (_FONT_SIZES.get(rest) if tag == "font" else None)
    for declaration in style.lower().split(";"):
        name, _, value = declaration.partition(":")
        name, value = name.strip(), value.replace("!important", "").strip()
        if name == "font-weight":
            flags["bold"] = value.startswith("bold") or (value.isdigit() and int(value) >= 600)
        elif name == "font-style":
            flags["italic"] = value in ("italic", "oblique")
        elif name == "position":
            placed = value in ("absolute", "fixed")
        elif name in ("padding-left", "margin-left", "text-indent"):
            indent += _points(value)
        elif name in ("padding", "margin") and value:
            sides = value.split()
            indent += _points(sides[3] if len(sides) > 3 else sides[1] if len(sides) > 1 else sides[0])
        elif name in ("text-decoration", "text-decoration-line"):
            flags["underlined"] = "underline" in value or (None if value else False)
        elif name == "text-align":
            flags["centred"] = value == "center"
        elif name == "vertical-align":
            flags["raised"] = True if value in ("super", "text-top") else (False if value == "baseline" else None)
        elif name == "top" and value.startswith("-") and "relative" in style:
            flags["raised"] = True
        elif name == "text-transform":
            flags["upper"] = value == "uppercase"
        elif name == "font-family":
            flags["symbols"] = "wingdings" in value
        elif name == "font-size":
            size, scale = _read_size(value, size, scale)
        elif name == "font":
            flags["bold"] = "bold" in value or flags["bold"]
            flags["italic"] = "italic" in value or flags["italic"]
            if match := re.search(r"\d[\d.]*\s*(?:pt|px|em|%)", value):
                size, scale = _read_size(match[0], size, scale)
        elif name == "display":
            hidden = hidden or value == "none"
            display = {"inline": "inline", "block": "block"}.get(value, display)
        elif name == "visibility":
            hidden = hidden or value == "hidden"
        elif name in ("page-break-before", "break-before"):
            before = value in ("always", "page", "left", "right")
        elif name in ("page-break-after", "break-after"):
            after = value in ("always", "page", "left", "right")
    if tag == "hr":
        after = after or before
        before = False
    return _Change(
        flags["bold"],
        flags["italic"],
        flags["underlined"],
        flags["centred"],
        flags["raised"],
        flags["upper"],
        flags["symbols"],
        size,
        scale,
        indent,
        hidden,
        placed,
        display,
        before,
        after,
    )


def _points(value: str) -> float:
    """A length in points; 0 for shares of a width and what is no length."""
    match = _LENGTH.match(value)
    if match is None or match[2] == "%":
        return 0.0
    return float(match[1]) * (10.0 if match[2] in ("em", "rem") else _POINTS.get(match[2] or "px", 0.75))


def _read_size(value: str, size: float | None, scale: float) -> tuple[float | None, float]:
    if value in _NAMED_SIZES:
        return _NAMED_SIZES[value], 1.0
    match = _LENGTH.match(value)
    if match is None:
        return size, scale
    number = float(match[1])
    if match[2] in ("em", "rem", "%"):
        return None, min(max(number / (100 if match[2] == "%" else 1), 0.1), 10.0)
    return number * _POINTS.get(match[2] or "px", 0.75), 1.0
