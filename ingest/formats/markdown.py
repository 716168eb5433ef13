"""Reads Markdown as its readers see it: without marks, with headings, list items and table rows told apart.

A front matter in YAML gives title, date and facts. `markdown-it-py` and PyYAML are used in this file alone.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any

import yaml
from lxml import etree, html
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.article import Article, BlockKind, sha256_hex
from ingest.building import TextBuilder
from ingest.cleaning import clean_text, lowered, raised
from ingest.dates import parse_date
from ingest.formats import text as plain
from ingest.formats.jsonl import fact_text
from ingest.furniture import mark_furniture
from ingest.sources import Source
from ingest.structure import find_structure

# Parsing costs some seconds a megabyte; nobody writes more than this by hand, and as plain text it is read quickly.
MAX_CHARACTERS = 4_000_000

# Lists and quotations nested beyond this are dropped by the parser, silently.
_MAX_NESTING = 120
_TOO_NESTED = re.compile(
    r"^(?:[ \t]*(?:>|[*+-](?=[ \t])|\d{1,9}[.)](?=[ \t]))){50}|^[ \t]{200}[ \t]*[*+>\d-]", re.MULTILINE
)
_LONGEST_FRONT_MATTER = 64 * 1024
_MOST_BRACKETS = 500  # reading nested ones takes time by their square
_NOT_FACTS = frozenset({"title", "date", "published", "source"})


def read(data: bytes, source: Source) -> Article:
    """The article of a Markdown text; raises SourceUnreadable for empty and binary files."""
    text = plain.decode_text(data, source)
    if len(text) > MAX_CHARACTERS or _TOO_NESTED.search(text):
        return plain.read(data, source)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    matter, body = split_front_matter(text)
    builder = TextBuilder()
    _build(
        MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable(["table", "strikethrough"]).parse(body), builder
    )
    marked = mark_furniture(builder.text, builder.blocks)
    facts = {} if marked.author is None else {"author": marked.author}
    facts |= _facts(matter)
    title, title_origin = _title(matter, builder)
    published = _published(matter)
    origins = {key: "front matter" if key in matter or key == "origin" else "byline" for key in facts}
    if published or marked.published:
        origins["published"] = "front matter" if published else "byline"
    return Article(
        source=source.name,
        title=title or PurePosixPath(source.name).stem,
        text=builder.text,
        sha256=sha256_hex(data),
        published=published or marked.published,
        facts=facts,
        origins={**origins, "title": title_origin if title else "file name"},
        blocks=marked.blocks,
    )


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """Front matter and what follows it; a block that is not a mapping in plain YAML is part of the text."""
    if not text.startswith("---\n"):
        return {}, text
    ends = [at for mark in ("\n---\n", "\n...\n") if (at := text.find(mark, 3, _LONGEST_FRONT_MATTER)) > 0]
    if not ends and text.endswith("\n---") and len(text) < _LONGEST_FRONT_MATTER:
        ends = [len(text) - 4]
    if not ends:
        return {}, text
    written = text[4 : min(ends) + 1]
    if written.count("[") + written.count("{") > _MOST_BRACKETS:
        return {}, text
    try:
        # An alias can stand for an alias, and so for more text than there is memory.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(written, Loader=yaml.SafeLoader)):
            return {}, text
        matter = yaml.safe_load(written)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}, text
    if not isinstance(matter, dict):
        return {}, text
    return {str(key).strip().lower(): value for key, value in matter.items()}, text[min(ends) + 5 :]


def _facts(matter: dict[str, Any]) -> dict[str, str]:
    facts = {}
    for key, value in matter.items():
        listed = isinstance(value, list) and all(isinstance(each, str | int | float) for each in value)
        shown = ", ".join(map(str, value)) if listed else fact_text(value)
        if key in _NOT_FACTS and not (key in ("date", "published") and _date(value) is None):
            continue
        if shown := clean_text(shown).strip():
            facts[key] = shown
    if origin := clean_text(fact_text(matter.get("source"))).strip():
        facts["origin"] = origin
    return facts


def _published(matter: dict[str, Any]) -> date | None:
    return _date(matter.get("published")) or _date(matter.get("date"))


def _date(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else parse_date(fact_text(value))


def _title(matter: dict[str, Any], builder: TextBuilder) -> tuple[str, str]:
    """The title, and where it stands."""
    if given := clean_text(fact_text(matter.get("title"))).strip():
        return given, "front matter"
    headings = [block for block in builder.blocks if block.kind is BlockKind.HEADING]
    if headings:
        first = min(headings[:3], key=lambda block: block.level)
        return builder.text[first.start : first.end], "heading"
    return find_structure(builder.text[:5000]).title, "first line"


# From tokens to blocks


def _build(tokens: Sequence[Token], builder: TextBuilder) -> None:
    lists: list[int | None] = []  # the number of the current item, None for bullets
    mark = ""  # what stands before the next paragraph of an item
    level = 0
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.type == "table_open":
            at = _table(tokens, at, builder)
            continue
        if token.type == "heading_open":
            level = int(token.tag[1])
        elif token.type == "heading_close":
            level = 0
        elif token.type == "ordered_list_open":
            lists.append(int(token.attrs.get("start", 1)) - 1)
        elif token.type == "bullet_list_open":
            lists.append(None)
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            lists.pop()
        elif token.type == "list_item_open":
            number = lists[-1]
            if number is not None:
                lists[-1] = number = number + 1
            mark = "• " if number is None else f"{number}. "
        elif token.type == "list_item_close":
            mark = ""
        elif token.type == "inline":
            shown = _inline(token)
            if level:
                builder.add(BlockKind.HEADING, shown.replace("\n", " "), level=level)
            elif mark:
                builder.add(BlockKind.LIST_ITEM, mark + shown, indent="  " * (len(lists) - 1))
                mark = ""
            else:
                builder.add(BlockKind.PARAGRAPH, shown)
        elif token.type in ("fence", "code_block"):
            builder.add(BlockKind.PARAGRAPH, token.content.rstrip("\n"))
        elif token.type == "html_block":
            builder.add(BlockKind.PARAGRAPH, _without_tags(token.content))
        at += 1


def _table(tokens: Sequence[Token], at: int, builder: TextBuilder) -> int:
    columns: list[str] = []
    cells: list[str] = []
    header = False
    while tokens[at].type != "table_close":
        token = tokens[at]
        if token.type == "thead_open":
            header = True
        elif token.type == "thead_close":
            header = False
        elif token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            cells.append(_inline(token).replace("\n", " ").strip())
        elif token.type == "tr_close":
            if header:
                columns = cells if any(cells) else []
            builder.add_row(cells, header=header, columns=columns)
        at += 1
    return at + 1


def _inline(token: Token) -> str:
    return "".join(_pieces(token.children or ()))


def _pieces(children: Sequence[Token]) -> Iterator[str]:
    shift: Callable[[str], str] | None = None
    for child in children:
        if child.type in ("text", "code_inline"):
            yield child.content if shift is None else shift(child.content)
        elif child.type == "softbreak":
            yield " "
        elif child.type == "hardbreak":
            yield "\n"
        elif child.type == "image":
            yield "".join(_pieces(child.children or ()))
        elif child.type == "html_inline":
            tag = child.content.lower()
            shift = {"<sup>": raised, "<sub>": lowered}.get(tag)
            if tag.startswith("<br"):
                yield "\n"


def _without_tags(markup: str) -> str:
    """The text of a block of HTML inside Markdown, a line for each line; nothing of comments, scripts and styles."""
    try:
        tree = html.fragment_fromstring(markup, create_parent="div")
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ""
    etree.strip_elements(tree, "script", "style", "template", etree.Comment, with_tail=False)
    lines = (" ".join(line.split()) for line in "".join(tree.itertext()).split("\n"))
    return "\n".join(line for line in lines if line)
