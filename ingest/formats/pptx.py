"""Reads presentations (.pptx, .pptm) through python-pptx: a slide is a page with its title as heading.

Text stands in the order in which slides are read, rows of shapes from top to bottom; tables and the figures behind
charts become rows, speaker's notes stand below their slide under "Notes". Hidden slides, macros, pictures and links are
left out. The only file that touches python-pptx.
"""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from lxml.etree import LxmlError
from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.exc import PythonPptxError

from errors import SourceUnreadable
from ingest.article import Article, Block, BlockKind, Place, sha256_hex
from ingest.building import TextBuilder
from ingest.formats.html_tables import Cell, add_table, grid_of, table_of
from ingest.formats.office import BAD_PACKAGE, check_package, properties_of
from ingest.formats.shown import shown
from ingest.sources import Source

_DAMAGED = "is damaged or no presentation, whatever its name says; save it again as .pptx"
# python-pptx trusts the markup; what is missing or misplaced shows as any of these.
_MISPLACED = (*BAD_PACKAGE, PythonPptxError, LxmlError, TypeError, AttributeError, IndexError, AssertionError)
_FURNITURE = (PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.HEADER)
_TITLES = (PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE, PP_PLACEHOLDER.VERTICAL_TITLE)
_SAME_ROW = 360_000  # English Metric Units, a centimetre: shapes whose tops differ by less stand beside each other
_MAX_DEPTH = 10  # groups in groups
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def read(data: bytes, source: Source) -> Article:
    """The article in a presentation; raises SourceUnreadable or SourceTooLarge."""
    check_package(data, source.name, ".pptx")
    builder = TextBuilder()
    pages: list[int] = []
    title = ""
    try:
        presentation = Presentation(io.BytesIO(data))
        core = presentation.core_properties
        stated = properties_of(core.title, core.author, core)
        for number, slide in enumerate(presentation.slides, 1):
            if slide._element.get("show") in ("0", "false"):
                continue
            _add_slide(slide, builder)
            pages += [number] * (len(builder.blocks) - len(pages))
            if not title and slide.shapes.title is not None:
                title = " ".join(slide.shapes.title.text_frame.text.split())
        slides = len(presentation.slides)
    except _MISPLACED as error:
        raise SourceUnreadable(source.name, _DAMAGED) from error
    if not builder.text:
        raise SourceUnreadable(source.name, "holds no text; where its slides are pictures, save it as PDF")
    blocks = tuple(replace(block, page=page) for block, page in zip(builder.blocks, pages, strict=True))
    found = stated.title or title[:300]
    return Article(
        source=source.name,
        title=found or PurePosixPath(source.name.rstrip("/")).stem or source.name,
        text=builder.text,
        sha256=sha256_hex(data),
        published=stated.published,
        facts={"author": stated.author} if stated.author else {},
        origins={"title": "heading" if found else "file name", **stated.origins},
        blocks=blocks,
        places=tuple(_places(blocks)),
        pages=slides,
    )


def _places(blocks: tuple[Block, ...]) -> Iterator[Place]:
    """One for each slide, from its first block to its last."""
    first = 0
    for number, block in enumerate(blocks):
        if number + 1 == len(blocks) or blocks[number + 1].page != block.page:
            yield Place(blocks[first].start, block.end, block.page or 1)
            first = number + 1


def _add_slide(slide: Any, builder: TextBuilder) -> None:
    title = slide.shapes.title
    if title is not None:
        builder.add(BlockKind.HEADING, " ".join(title.text_frame.text.split()), level=2)
    for shape in _in_order(slide.shapes, 0):
        if title is None or shape.shape_id != title.shape_id:
            _add_shape(shape, builder)
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None and frame.text.strip():
        builder.add(BlockKind.HEADING, "Notes", level=3)
        _add_frame(frame, builder, is_body=False)


def _in_order(shapes: Any, depth: int) -> Iterator[Any]:
    """Shapes from top to bottom, beside each other from left to right; those of a group where it stands."""
    placed = [((shape.top or 0), (shape.left or 0), shape) for shape in shapes]
    placed.sort(key=lambda each: each[0])
    rows: list[list[tuple[int, int, Any]]] = []
    for each in placed:
        if rows and each[0] - rows[-1][0][0] < _SAME_ROW:
            rows[-1].append(each)
        else:
            rows.append([each])
    for row in rows:
        for _, _, shape in sorted(row, key=lambda each: each[1]):
            if hasattr(shape, "shapes"):
                if depth < _MAX_DEPTH:
                    yield from _in_order(shape.shapes, depth + 1)
            else:
                yield shape


def _add_shape(shape: Any, builder: TextBuilder) -> None:
    kind = shape.placeholder_format.type if shape.is_placeholder else None
    if kind in _FURNITURE:
        return
    if getattr(shape, "has_table", False):
        rows = [[Cell(" ".join(cell.text.split())) for cell in row.cells] for row in shape.table.rows]
        _add_rows(rows, builder)
    elif getattr(shape, "has_chart", False):
        _add_chart(shape.chart, builder)
    elif shape.has_text_frame:
        if kind in _TITLES:
            builder.add(BlockKind.HEADING, " ".join(shape.text_frame.text.split()), level=2)
        else:
            _add_frame(shape.text_frame, builder, is_body=kind in (PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT))


def _add_frame(frame: Any, builder: TextBuilder, *, is_body: bool) -> None:
    """The paragraphs of a frame; those of a body are list items, since its layout draws bullets, unless it has one."""
    paragraphs = [
        (each, "\n".join(" ".join(line.split()) for line in each.text.split("\v"))) for each in frame.paragraphs
    ]
    paragraphs = [(each, text) for each, text in paragraphs if text.strip()]
    for paragraph, text in paragraphs:
        properties = paragraph._p.pPr
        marked = properties is not None and any(
            properties.find(_A + tag) is not None for tag in ("buChar", "buAutoNum")
        )
        plain = properties is not None and properties.find(_A + "buNone") is not None
        if marked or (is_body and not plain and len(paragraphs) > 1):
            builder.add(BlockKind.LIST_ITEM, f"• {text}", indent="  " * paragraph.level)
        else:
            builder.add(BlockKind.PARAGRAPH, text)


def _add_chart(chart: Any, builder: TextBuilder) -> None:
    """The figures that a chart was drawn from, a series a column."""
    if chart.has_title and chart.chart_title.has_text_frame:
        builder.add(BlockKind.CAPTION, " ".join(chart.chart_title.text_frame.text.split()))
    for plot in chart.plots:
        series = list(plot.series)
        names = [str(each or "") for each in plot.categories]
        if not names or not series:
            continue
        head = [Cell("", head=True), *(Cell(str(each.name or ""), head=True) for each in series)]
        values = [[shown(value, _format_of(each)) for value in each.values] for each in series]
        rows = [
            [Cell(name), *(Cell(column[at] if at < len(column) else "") for column in values)]
            for at, name in enumerate(names)
        ]
        _add_rows([head, *rows], builder)


def _format_of(series: Any) -> str:
    found = series._element.find(".//{*}val//{*}formatCode")
    return "General" if found is None or not found.text else str(found.text)


def _add_rows(rows: list[list[Cell]], builder: TextBuilder) -> None:
    grid = grid_of(rows)
    if grid.rows:
        add_table(grid, builder, table_of(grid))
