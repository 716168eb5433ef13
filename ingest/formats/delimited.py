"""Reads tables in text form (.csv, .tsv): which sign parts the cells is told by the rows themselves."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import PurePosixPath

from errors import SourceUnreadable
from ingest.article import Article, sha256_hex
from ingest.building import TextBuilder
from ingest.formats.sheets import add_sheet
from ingest.formats.text import decode_text
from ingest.sources import Source

_SIGNS = (",", ";", "\t", "|")
_LOOKED_AT = 100  # rows
_LONGEST_CELL = 1_000_000


def read(data: bytes, source: Source) -> Article:
    """The article in a table; raises SourceUnreadable."""
    lines = decode_text(data, source).removeprefix("\ufeff").splitlines(keepends=True)
    sign = None
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].strip()) == 5:
        sign = lines.pop(0).strip()[4]  # as Excel marks it
    csv.field_size_limit(_LONGEST_CELL)
    builder = TextBuilder()
    try:
        add_sheet(_rows(lines, sign or _sign_of(lines)), builder)
    except csv.Error:
        raise SourceUnreadable(source.name, "is no table, whatever its name says; save it as .txt") from None
    if not builder.text:
        raise SourceUnreadable(source.name, "holds no text")
    return Article(
        source=source.name,
        title=PurePosixPath(source.name.rstrip("/")).stem or source.name,
        text=builder.text,
        sha256=sha256_hex(data),
        origins={"title": "file name"},
        blocks=tuple(builder.blocks),
    )


def _rows(lines: list[str], sign: str) -> Iterator[list[str]]:
    return csv.reader(lines, delimiter=sign, skipinitialspace=True)


def _sign_of(lines: list[str]) -> str:
    """The sign that parts most rows into the same number of cells, the more the better."""

    def fit(sign: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in islice(_rows(lines, sign), _LOOKED_AT) if row]
        except csv.Error:
            return 0, 0
        several = [width for width in widths if width > 1]
        usual = max(set(several), key=several.count, default=0)
        return several.count(usual), usual

    return max(_SIGNS, key=fit)
