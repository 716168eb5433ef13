"""Reads a saved web page: the article without navigation, or all that is visible where no article stands out.

Nothing is ever fetched, no script run, no entity of a document's own expanded. trafilatura is used in this file alone.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import trafilatura
from lxml import etree
from lxml import html as lxml_html

from errors import SourceTooLarge, SourceUnreadable
from ingest.article import Article, BlockKind, sha256_hex
from ingest.building import TextBuilder
from ingest.cleaning import clean_text, lowered, raised
from ingest.dates import parse_date
from ingest.formats import html_filing
from ingest.formats import text as plain
from ingest.formats.html_tables import Cell, add_table, grid_of, table_of
from ingest.furniture import mark_furniture
from ingest.sources import Source
from ingest.structure import find_structure

# Finding the article takes seconds a megabyte; pages beyond this are filings, which are all article anyway.
MAX_ARTICLE_CHARACTERS = 3_000_000
# trafilatura copies trees recursively. No page made by people is a tenth as deep.
MAX_ARTICLE_DEPTH = 400

# An article shorter than this, or than this share of what the page shows, is not believed to be all.
_LITTLE = 250
_LITTLE_SHARE = 0.3
_DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]+)|encoding=[\"']([\w-]+)[\"']", re.IGNORECASE)
# With its entities of its own, which are not expanded.
_PROLOGUE = re.compile(
    r"\A\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!DOCTYPE[^\[>]{0,300}\[[^\]]{0,100000}\]\s*>)?", re.IGNORECASE
)
_XHTML = re.compile(r"<\?xml\b|<html[^>]{0,20000}xmlns\s*=", re.IGNORECASE)
# In XHTML an element may end in its own tag; the parser would take it for one that stays open.
_EMPTY_TAG = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)\b)([a-z][\w:-]*)((?:\s[^<>]*)?)/>",
    re.IGNORECASE,
)
_END_TAGS = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_FILE_NAME = re.compile(r"[\w.-]*|document\s*\d*|untitled.*|.*\.(?:html?|docx?|pdf)", re.IGNORECASE)
# fmt: off
_SKIPPED = frozenset({
    "script", "style", "noscript", "template", "svg", "math", "iframe", "object", "embed", "canvas", "audio", "video",
    "select", "button", "textarea", "head", "nav", "footer", "aside", "menu", "dialog",
})
_BLOCKS = frozenset({
    "html", "body", "p", "div", "section", "article", "main", "header", "blockquote", "pre", "ul", "ol", "li", "dl",
    "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "figure", "figcaption", "caption", "table", "thead", "tbody",
    "tfoot", "tr", "td", "th", "form", "fieldset", "address", "hr", "center", "details", "summary",
})
# fmt: on
_NESTED = frozenset({"list", "table"})
_BREAKS = _BLOCKS | {"br", "lb", "item", "row", "cell", "quote"}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BULLETS = frozenset("•●-–·○▪")
_CLOSED_AT_ONCE = re.compile(
    r"<(title|script|style|iframe|textarea|a|b|em|i|span|strong|div|p|td|th|li)(\s[^<>]{0,500})?/>", re.IGNORECASE
)
_LAYOUT_CELL = 600  # characters; a longer cell is a column of the page, not of a table


def read(data: bytes, source: Source) -> Article:
    """The article of a web page; raises SourceUnreadable without text, SourceTooLarge when nested beyond reading."""
    page = _decode(data, source)
    tree = _parse(page, source)
    if html_filing.is_filing(tree, page):
        filing = html_filing.read_filing(tree)
        if filing.builder.text:
            return _filed(filing, tree, data, source)
    visible = TextBuilder()
    _walk(tree, visible)
    found = None
    if len(page) <= MAX_ARTICLE_CHARACTERS and not _is_deeper(tree, MAX_ARTICLE_DEPTH):
        found = _find_article(tree)
    builder = TextBuilder()
    if found is not None:
        _build(found.body, builder, _tables(tree))
    if visible.text and (len(builder.text) < _LITTLE or len(builder.text) < _LITTLE_SHARE * len(visible.text)):
        builder = visible
    if not builder.text:
        raise SourceUnreadable(source.name, "this page holds no text; it may be made by a script: print it to PDF")
    title = _title(tree, found, builder)
    builder = _with_title(title, builder)
    marked = mark_furniture(builder.text, builder.blocks)
    facts = {"author": marked.author} if marked.author else {}
    origins = dict.fromkeys((*facts, *(["published"] if marked.published else [])), "byline")
    day = None
    if found is not None:
        day = parse_date(found.date)
        stated = {key: value for key, value in (("author", found.author), ("site", found.site)) if value}
        facts |= stated
        origins |= dict.fromkeys((*stated, *(["published"] if day else [])), "page metadata")
    return Article(
        source=source.name,
        title=title or find_structure(builder.text[:5000]).title or PurePosixPath(source.name).stem,
        text=builder.text,
        sha256=sha256_hex(data),
        published=day or marked.published,
        facts=facts,
        origins=origins,
        blocks=marked.blocks,
    )


def read_all(data: bytes, source: Source) -> TextBuilder:
    """All that a page shows, as in a book's chapter, which has no navigation around it."""
    builder = TextBuilder()
    # XHTML may close in one tag what HTML would take to be open to the end.
    page = _CLOSED_AT_ONCE.sub(r"<\1\2></\1>", _decode(data, source))
    _walk(_parse(page, source), builder)
    return builder


def read_filing(data: bytes, source: Source) -> html_filing.Filing:
    """A document of a submission in HTML, whole."""
    return html_filing.read_filing(_parse(_decode(data, source), source))


def _filed(filing: html_filing.Filing, tree: Any, data: bytes, source: Source) -> Article:
    named = tree.find(".//title")
    title = "" if named is None else _flat(named)
    if not title or _FILE_NAME.fullmatch(title):
        title = ""
    text = filing.builder.text
    return Article(
        source=source.name,
        title=filing.title() or title[:300] or find_structure(text[:5000]).title or PurePosixPath(source.name).stem,
        text=text,
        sha256=sha256_hex(data),
        facts=filing.facts,
        origins=dict.fromkeys(filing.facts, "inline XBRL"),
        blocks=tuple(filing.builder.blocks),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What trafilatura makes of a page; texts are empty where it found none."""

    body: Any
    title: str
    author: str
    site: str
    date: str


def _decode(data: bytes, source: Source) -> str:
    declared = _DECLARED.search(data[:4096])
    names = [] if declared is None else [(declared[1] or declared[2]).decode("ascii")]
    return plain.decode_text(data, source, names)


def _parse(page: str, source: Source) -> Any:
    # Without its declaration, since the page is decoded already; without NUL, at which the parser stops.
    page = page.removeprefix("\ufeff")
    if _XHTML.search(page, 0, 20_000):
        page = _EMPTY_TAG.sub(r"<\1\2></\1>", page)
    page = _PROLOGUE.sub("", page).replace("\0", "")
    page = _END_TAGS.sub("", page)  # the parser drops what comes after them, browsers do not
    parser = lxml_html.HTMLParser(huge_tree=True, no_network=True, remove_comments=True, remove_pis=True)
    try:
        tree = lxml_html.document_fromstring(page, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError) as error:
        _check_memory(parser)
        raise SourceUnreadable(source.name, "is a web page without text, or a damaged one; save it again") from error
    _check_memory(parser)
    # The parser leaves out what lies deeper than it goes, and only says so here.
    if any("depth" in entry.message.lower() for entry in parser.error_log):
        raise SourceTooLarge(source.name, "is nested too deeply to be read; save it as plain text or PDF")
    for element in tree.iter("sup", "sub"):
        if element.text and not len(element):
            element.text = raised(element.text) if element.tag == "sup" else lowered(element.text)
    return tree


def _check_memory(parser: Any) -> None:
    """Raise MemoryError where the parser ran out of it, which it only notes, with half a page for a tree."""
    if any(entry.type_name == "ERR_NO_MEMORY" for entry in parser.error_log):
        raise MemoryError


def _is_deeper(tree: Any, limit: int) -> bool:
    depth = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > limit:
            return True
    return False


def _find_article(tree: Any) -> _Found | None:
    try:
        document = trafilatura.bare_extraction(
            # trafilatura prunes the tree that it is given.
            lxml_html.fromstring(lxml_html.tostring(tree, encoding="unicode")),
            include_comments=False,
            include_tables=True,
            with_metadata=True,
            # A year that the article speaks of is not the day on which it appeared.
            date_extraction_params={"original_date": True, "extensive_search": False},
        )
    except (ValueError, TypeError, AttributeError, AssertionError, etree.LxmlError):
        return None  # it stumbles over odd markup; what is visible remains
    if document is None or isinstance(document, dict) or document.body is None:
        return None
    texts = (document.title, document.author, document.sitename, document.date)
    title, author, site, day = (clean_text(text or "").strip()[:300] for text in texts)
    return _Found(document.body, title, author, site, day)


def _title(tree: Any, found: _Found | None, builder: TextBuilder) -> str:
    if found is not None and found.title:
        return found.title
    for block in builder.blocks[:20]:
        if block.kind is BlockKind.HEADING and block.level == 1:
            return builder.text[block.start : block.end]
    element = tree.find(".//title")
    return "" if element is None else _flat(element)[:300]


def _with_title(title: str, builder: TextBuilder) -> TextBuilder:
    """The same with the title on top, where extraction left it out."""
    head = builder.text[: builder.blocks[min(5, len(builder.blocks) - 1)].end]
    if not title or title.casefold() in head.casefold():
        return builder
    titled = TextBuilder()
    titled.add(BlockKind.HEADING, title, level=1)
    titled.append(builder)
    return titled


# From trafilatura's tree to blocks


def _build(body: Any, builder: TextBuilder, tables: Mapping[str, Any]) -> None:
    """Headings, paragraphs, lists and tables, in order; nested ones where they stand.

    `tables` are those of the page by their letters: they know what extraction loses, captions and spans.
    """
    waiting: list[tuple[Any, int]] = [(child, 0) for child in reversed(body)]
    numbers: dict[Any, int] = {}
    while waiting:
        element, depth = waiting.pop()
        if element.tag == "head":
            level = re.sub(r"\D", "", element.get("rend") or "") or "2"
            builder.add(BlockKind.HEADING, _flat(element), level=min(6, max(1, int(level))))
        elif element.tag == "list":
            waiting.extend((child, depth + 1) for child in reversed(element))
        elif element.tag == "item":
            parent = element.getparent()
            mark = "• "
            if parent is not None and parent.get("rend") == "ol":
                numbers[parent] = numbers.get(parent, 0) + 1
                mark = f"{numbers[parent]}. "
            nested = [child for child in element if child.tag in _NESTED]
            if shown := _tidy(_inner(element, "\n", _NESTED)):
                builder.add(BlockKind.LIST_ITEM, mark + shown, indent="  " * (depth - 1))
            waiting.extend((child, depth) for child in reversed(nested))
        elif element.tag == "table":
            source = tables.get(_letters(element))
            if source is not None:
                _visible_table(source, builder)
            else:
                _table([[_cell(cell) for cell in row.iter("cell")] for row in element.iter("row")], builder)
        elif element.tag == "quote" and len(element):
            builder.add(BlockKind.PARAGRAPH, _flat_text(element.text or ""))
            for child in reversed(element):
                waiting.append((child, depth))
        elif element.tag not in ("graphic", "lb"):
            builder.add(BlockKind.PARAGRAPH, _tidy(_inner(element, "\n", _NESTED)))
            waiting.extend((child, depth) for child in reversed(element) if child.tag in _NESTED)
        if element.tail and element.tail.strip() and element.tag not in ("item", "cell", "row"):
            parent = element.getparent()
            if parent is None or parent.tag in ("body", "quote"):
                builder.add(BlockKind.PARAGRAPH, _flat_text(element.tail))


def _tables(tree: Any) -> dict[str, Any]:
    """The page's tables that only hold cells, by their letters."""
    return {_letters(table): table for table in tree.iter("table") if not _is_layout(table)}


def _letters(element: Any) -> str:
    """All letters and digits of an element."""
    return "".join(filter(str.isalnum, "".join(element.itertext())))


# Everything visible


class _Visible:
    """The state of a walk: text since the last block began, and what that block is."""

    def __init__(self, builder: TextBuilder) -> None:
        self.builder = builder
        self.parts: list[str] = []
        self.linked = 0
        self.links = 0
        self.mark = ""
        self.lists: list[int | None] = []
        self.kind = BlockKind.PARAGRAPH
        self.level = 0

    def say(self, text: str | None, *, raw: bool) -> None:
        if text:
            shown = text if raw else _SPACE.sub(" ", text)
            self.parts.append(shown)
            if self.links:
                self.linked += len(shown.strip())

    def flush(self) -> None:
        shown = _tidy("".join(self.parts))
        if shown:
            kind = BlockKind.LIST_ITEM if self.mark else self.kind
            # Short items that are nothing but a link are a menu.
            if kind is BlockKind.LIST_ITEM and len(shown) < 60 and self.linked >= 0.9 * len(shown):
                kind = BlockKind.FURNITURE
            indent = "  " * (len(self.lists) - 1) if self.mark else ""
            level = self.level if kind is BlockKind.HEADING else 0
            self.builder.add(kind, self.mark + shown, level=level, indent=indent)
            self.mark = ""
        self.parts, self.linked = [], 0


def _walk(tree: Any, builder: TextBuilder) -> None:
    """All that a browser would show but navigation, in blocks."""
    state = _Visible(builder)
    raw = 0
    passed: Any = None
    walker = etree.iterwalk(tree, events=("start", "end"))
    for event, element in walker:
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            hidden = element.get("hidden") is not None or _HIDDEN.search(element.get("style") or "")
            is_table = tag == "table" and not _is_layout(element)
            if tag in _BLOCKS:
                state.flush()
            if tag in _SKIPPED or hidden or is_table:
                if is_table and not hidden:
                    _visible_table(element, builder)
                passed = element
                walker.skip_subtree()
                continue
            if tag in _HEADINGS:
                state.kind, state.level = BlockKind.HEADING, int(tag[1])
            elif tag in ("figcaption", "caption"):
                state.kind = BlockKind.CAPTION
            elif tag in ("ul", "ol"):
                state.lists.append(0 if tag == "ol" else None)
            elif tag == "li":
                state.mark = _next_mark(state.lists)
            elif tag == "br":
                state.parts.append("\n")
            state.links += tag == "a"
            raw += tag == "pre"
            state.say(element.text, raw=raw > 0)
            continue
        if element is not passed:
            if tag in _BLOCKS:
                state.flush()
            if tag in _HEADINGS or tag in ("figcaption", "caption"):
                state.kind, state.level = BlockKind.PARAGRAPH, 0
            elif tag in ("ul", "ol") and state.lists:
                state.lists.pop()
            elif tag == "li":
                state.mark = ""
            state.links -= tag == "a"
            raw -= tag == "pre"
        state.say(element.tail, raw=raw > 0)
    state.flush()


def _visible_table(table: Any, builder: TextBuilder) -> None:
    for caption in table.iter("caption"):
        builder.add(BlockKind.CAPTION, _flat(caption))
    rows = [[_cell(cell) for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]
    _table(rows, builder)


def _next_mark(lists: list[int | None]) -> str:
    number = lists[-1] if lists else None
    if number is None:
        return "• "
    lists[-1] = number + 1
    return f"{number + 1}. "


def _is_layout(table: Any) -> bool:
    """A table that only places parts of the page beside each other."""
    if table.get("role") in ("presentation", "none") or table.find(".//table") is not None:
        return True
    if any(table.find(f".//{tag}") is not None for tag in ("h1", "h2", "h3", "ul", "ol")):
        return True
    return any(sum(map(len, cell.itertext())) > _LAYOUT_CELL for cell in table.iter("td"))


# Tables of both


def _cell(element: Any) -> Cell:
    """From a td, th or trafilatura's cell."""
    columns, rows = (element.get(name) or "" for name in ("colspan", "rowspan"))
    columns = columns or element.get("span") or ""
    parent = element.getparent()
    head = element.tag == "th" or element.get("role") == "head" or (parent is not None and _above(parent) == "thead")
    return Cell(_flat(element), _spanned(columns), _spanned(rows), head)


def _above(row: Any) -> str:
    parent = row.getparent()
    return "" if parent is None else str(parent.tag)


def _spanned(written: str) -> int:
    return min(int(written), 1000) if written.isascii() and written.isdigit() else 1


def _table(rows: Sequence[Sequence[Cell]], builder: TextBuilder) -> None:
    """Rows with the column names over each of their cells; lists and paragraphs where it only places them."""
    filled = [shown for row in rows if (shown := [cell.text for cell in row if cell.text])]
    if not filled:
        return
    if all(len(row) == 2 and row[0] in _BULLETS for row in filled):
        for sign, item in filled:
            builder.add(BlockKind.LIST_ITEM, f"{sign} {item}")
    elif max(map(len, filled)) == 1:
        for row in filled:
            builder.add(BlockKind.PARAGRAPH, row[0])
    else:
        grid = grid_of(rows)
        add_table(grid, builder, table_of(grid))


# Text of elements


def _inner(element: Any, gap: str, without: frozenset[str]) -> str:
    """All text within an element but for some kinds of children, with `gap` where a browser would break the line."""
    parts: list[str] = []
    passed: Any = None
    walker = etree.iterwalk(element, events=("start", "end"))
    for event, each in walker:
        if event == "start":
            if each is not element and each.tag in without:
                passed = each
                walker.skip_subtree()
                continue
            if each is not element and each.tag in _BREAKS:
                parts.append(gap)
            parts.append(_SPACE.sub(" ", each.text or ""))
        elif each is not element:
            if each is passed or each.tag in _BREAKS:
                parts.append(gap)
            parts.append(_SPACE.sub(" ", each.tail or ""))
    return "".join(parts)


def _flat(element: Any) -> str:
    return _flat_text(_inner(element, " ", _SKIPPED))


def _flat_text(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def _tidy(text: str) -> str:
    lines = (line.strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
