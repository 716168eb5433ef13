"""Reads Word files (.docx, .docm) through python-docx: what stands in the document's body, in its order.

Headers, footers, comments, pictures and macros are left out; nothing that the file links to is opened. The only file
that touches python-docx.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import PurePosixPath
from zlib import error as ZlibError

import docx
from docx.document import Document
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph
from lxml.etree import LxmlError

from errors import SourceTooLarge, SourceUnreadable
from ingest.article import Article, Block, BlockKind, Row, sha256_hex
from ingest.cleaning import clean_text
from ingest.sources import Source
from ingest.tables import joined_cells

MAX_UNPACKED_BYTES = 500 * 1024 * 1024
# Text packs about ten to one, tables of zeros fifty to one; a bomb packs a thousand to one.
MAX_RATIO = 200
MAX_PARTS = 20_000
_RATIO_FROM_BYTES = 20 * 1024 * 1024
_MAX_TABLE_DEPTH = 5
_MAX_NAMES = 120

STATED = "document properties"  # where facts come from that the file states of itself

_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_DAMAGED = "is damaged or no Word file, whatever its name says; save it again as .docx"
_MACRO_TYPE = b"application/vnd.ms-word.document.macroEnabled.main+xml"
_PLAIN_TYPE = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_HEADING_STYLE = re.compile(r"heading\s*([1-9])", re.IGNORECASE)
_NOTED_AUTHOR = re.compile(r"python-docx|user|admin(?:istrator)?|author|owner|unknown|microsoft.*", re.IGNORECASE)
_JUNK_TITLE = re.compile(r"(?:document\d*|untitled|word document|title|microsoft word.*)|.*\.docx?", re.IGNORECASE)


def read(data: bytes, source: Source) -> Article:
    """The article in a Word file; raises SourceUnreadable or SourceTooLarge, and nothing else."""
    if not data:
        raise SourceUnreadable(source.name, "is empty")
    document = _open(_as_plain(data, source.name), source.name)
    try:
        writer = _Writer()
        for item in document.iter_inner_content():
            writer.add(item)
        text, blocks = writer.finish()
        title, author, published = _properties(document)
    except (LxmlError, OpcError, KeyError, ValueError, TypeError, AttributeError, IndexError, AssertionError) as error:
        # python-docx trusts the markup; what is missing or misplaced shows as any of these.
        raise SourceUnreadable(source.name, _DAMAGED) from error
    if not text:
        raise SourceUnreadable(source.name, "holds no text")
    stated = (("title", title), ("author", author), ("published", published))
    origins = dict.fromkeys((name for name, value in stated if value), STATED)
    if not title:
        title = next((text[b.start : b.end] for b in blocks if b.kind is BlockKind.HEADING and b.level == 1), "")
    return Article(
        source=source.name,
        title=title or PurePosixPath(source.name.rstrip("/")).stem or source.name,
        text=text,
        sha256=sha256_hex(data),
        published=published,
        facts={"author": author} if author else {},
        origins={"title": "heading" if title else "file name", **origins},
        blocks=blocks,
    )


# --- opening ---------------------------------------------------------------------------------------------------------


def _as_plain(data: bytes, name: str) -> bytes:
    """The file, checked for what it would unpack to; one with macros as the same without them."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            _check_size(parts, len(data), name)
            if any(part.flag_bits & 1 for part in parts):
                raise SourceUnreadable(name, "is a locked archive; save it again as .docx without a password")
            types = archive.read("[Content_Types].xml")
            if _MACRO_TYPE not in types:
                return data
            copy = io.BytesIO()
            with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as plain:
                for part in parts:
                    body = archive.read(part)
                    if part.filename == "[Content_Types].xml":
                        body = types.replace(_MACRO_TYPE, _PLAIN_TYPE)
                    plain.writestr(part.filename, body)
            return copy.getvalue()
    except (zipfile.BadZipFile, ZlibError, KeyError, ValueError, NotImplementedError, EOFError, OSError):
        raise SourceUnreadable(name, _DAMAGED) from None


def _check_size(parts: list[zipfile.ZipInfo], packed: int, name: str) -> None:
    # What an archive says of its sizes is safe to trust: reading stops there, or fails.
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED_BYTES or len(parts) > MAX_PARTS:
        limit = MAX_UNPACKED_BYTES // (1024 * 1024)
        raise SourceTooLarge(name, f"unpacks to more than the {limit} MB that are read; split it into parts")
    if unpacked > _RATIO_FROM_BYTES and unpacked > MAX_RATIO * packed:
        raise SourceTooLarge(name, "unpacks to far more than a document holds; save it again as .docx")


def _open(data: bytes, name: str) -> Document:
    try:
        return docx.Document(io.BytesIO(data))
    except (zipfile.BadZipFile, ZlibError, OpcError, LxmlError, KeyError, ValueError, TypeError, AttributeError,
            IndexError, AssertionError, NotImplementedError, EOFError, OSError):  # fmt: skip
        raise SourceUnreadable(name, _DAMAGED) from None


def _properties(document: Document) -> tuple[str, str, date | None]:
    """Title, author and date as the file states them; "" and None where it does not."""
    core = document.core_properties
    title = " ".join(clean_text(core.title or "").split())
    author = " ".join(clean_text(core.author or "").split())
    if _JUNK_TITLE.fullmatch(title) or len(title) > 300:
        title = ""
    if _NOTED_AUTHOR.fullmatch(author):
        author = ""
    published = None
    for stated in (_stated(core, "created"), _stated(core, "modified")):
        # Files made by a program carry the date of its template.
        if stated is not None and stated.year > 2013:
            published = stated.date()
            break
    return title, author[:200], published


def _stated(core: object, name: str) -> datetime | None:
    try:
        value = getattr(core, name)
    except (ValueError, AttributeError):
        return None
    return value if isinstance(value, datetime) else None


# --- the body --------------------------------------------------------------------------------------------------------


class _Writer:
    """Collects text and blocks; offsets are those of the text as it grows."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []

    def finish(self) -> tuple[str, tuple[Block, ...]]:
        return "".join(self._out), tuple(self._blocks)

    def add(self, item: Paragraph | Table) -> None:
        if isinstance(item, Table):
            self._add_table(item, 0)
        else:
            self._add_paragraph(item)

    def _add_paragraph(self, paragraph: Paragraph) -> None:
        text = _text_of(paragraph)
        if not text:
            return
        style = _style_name(paragraph)
        level = _heading_level(paragraph, style)
        if level:
            self._put(BlockKind.HEADING, " ".join(text.split()), level=level)
        elif _is_list_item(paragraph, style):
            self._put(BlockKind.LIST_ITEM, text if text.startswith("•") else f"• {text}")
        elif "caption" in style.lower():
            self._put(BlockKind.CAPTION, text)
        else:
            self._put(BlockKind.PARAGRAPH, text)

    def _add_table(self, table: Table, depth: int) -> None:
        rows = [cells for cells in _rows(table) if any(cells)]
        if not rows:
            return
        if len(table.columns) == 1 or max(len(row) for row in rows) == 1:
            # A frame around text, not a table.
            for row in table.rows:
                for cell in row.cells:
                    for item in cell.iter_inner_content():
                        if isinstance(item, Paragraph):
                            self._add_paragraph(item)
                        elif depth < _MAX_TABLE_DEPTH:
                            self._add_table(item, depth + 1)
            return
        columns = tuple(name[:_MAX_NAMES] for name in rows[0]) if len(rows) > 1 else ()
        for index, row in enumerate(rows):
            kind = BlockKind.TABLE_HEADER if index == 0 and columns else BlockKind.TABLE_ROW
            line, cells = joined_cells(row)
            names = columns if index and len(row) == len(columns) else ()
            self._put(kind, line, row=Row(cells, names), glue=index > 0)

    def _put(self, kind: BlockKind, text: str, *, level: int = 0, row: Row | None = None, glue: bool = False) -> None:
        if self._out:
            gap = "\n" if glue else "\n\n"
            self._out.append(gap)
            self._length += len(gap)
        start = self._length
        self._out.append(text)
        self._length += len(text)
        self._blocks.append(Block(kind, start, self._length, level=level, row=row))


def _text_of(paragraph: Paragraph) -> str:
    """A paragraph's text with line breaks kept; deleted text, field codes and the like are no part of it."""
    parts: list[str] = []
    for node in paragraph._p.iter(qn("w:t"), qn("w:tab"), qn("w:br"), qn("w:cr"), qn("w:noBreakHyphen")):
        if any(True for _ in node.iterancestors(_FALLBACK)):
            continue  # the same text box once more, for old programs
        if node.tag == qn("w:t"):
            parts.append(node.text or "")
        elif node.tag == qn("w:noBreakHyphen"):
            parts.append("-")
        elif node.tag != qn("w:tab"):
            parts.append("\n")
        elif node.getparent() is not None and node.getparent().tag == qn("w:r"):
            parts.append(" ")
    lines = (" ".join(line.split()) for line in clean_text("".join(parts)).split("\n"))
    return "\n".join(line for line in lines if line)


def _style_name(paragraph: Paragraph) -> str:
    style = paragraph.style
    return (style.name or "") if style is not None else ""


def _heading_level(paragraph: Paragraph, style: str) -> int:
    """1 for the title and "Heading 1", as far as 6; 0 for what is no heading."""
    if style.lower() == "title":
        return 1
    if match := _HEADING_STYLE.match(style):
        return min(int(match[1]), 6)
    # A heading style under a local name ("Überschrift 1") keeps its outline level.
    properties = paragraph._p.pPr
    candidates = [properties] if properties is not None else []
    inherited = paragraph.style.element.find(qn("w:pPr")) if paragraph.style is not None else None
    if inherited is not None:
        candidates.append(inherited)
    for candidate in candidates:
        outline = candidate.find(qn("w:outlineLvl"))
        value = outline.get(qn("w:val")) if outline is not None else None
        if value is not None and value.isdecimal() and int(value) < 9:
            return min(int(value) + 1, 6)
    return 0


def _is_list_item(paragraph: Paragraph, style: str) -> bool:
    properties = paragraph._p.pPr
    if properties is not None and properties.numPr is not None:
        number = properties.find(f"{qn('w:numPr')}/{qn('w:numId')}")
        return number is None or number.get(qn("w:val")) != "0"
    return style.lower().startswith(("list bullet", "list number"))


def _rows(table: Table) -> Iterator[list[str]]:
    """The texts of each row's cells, one for cells that were merged sideways."""
    for row in table.rows:
        cells: list[str] = []
        last = None
        for cell in row.cells:
            if cell._tc is last:
                continue
            last = cell._tc
            cells.append(" ".join(" ".join(_cell_paragraphs(cell._tc)).split()))
        yield cells


def _cell_paragraphs(cell: object) -> Iterator[str]:
    for node in cell.iter(qn("w:p")):  # type: ignore[attr-defined]
        yield _text_of(Paragraph(node, None))  # type: ignore[arg-type]
