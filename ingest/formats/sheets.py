"""From the rows of a sheet to headings, captions and table rows. Knows cells as text, not where they come from.

A sheet may hold several tables one below the other, with lines of words above them; empty rows part them. A table
without column names of its own goes on under those above it, as models with empty rows for looks do.
"""

from collections.abc import Iterable, Sequence

from ingest.article import BlockKind
from ingest.building import TextBuilder
from ingest.tables import has_values, shape_of

MAX_COLUMNS = 500  # beyond, nobody reads a row
_LOOKED_AT = 12  # rows that tell what a table's header is


def add_sheet(rows: Iterable[Sequence[str]], builder: TextBuilder) -> None:
    """Adds the rows as blocks; columns that hold nothing in the part of the sheet they stand in are left out."""
    names: dict[int, str] = {}
    part: list[dict[int, str]] = []
    for row in rows:
        cells = {column: text for column, cell in enumerate(row[:MAX_COLUMNS]) if (text := " ".join(cell.split()))}
        if cells:
            part.append(cells)
        elif part:
            names = _add_part(part, names, builder)
            part = []
    if part:
        _add_part(part, names, builder)


def _add_part(part: list[dict[int, str]], above: dict[int, str], builder: TextBuilder) -> dict[int, str]:
    """Adds rows between empty ones; gives the column names that hold for what follows."""
    if max(map(len, part)) == 1:
        for row in part:
            builder.add(BlockKind.PARAGRAPH, next(iter(row.values())))
        return above
    first = 0
    while len(part[first]) == 1 and first + 1 < len(part):
        first += 1
    header, names = _header(part[first:])
    own = bool(names) and not (names.keys() <= above.keys() and _is_words(part[first:]))
    if not own and above:
        first, header, names = 0, 0, above  # a line of its own is a label here, "Assets"
    for row in part[:first]:
        builder.add(BlockKind.CAPTION, next(iter(row.values())))
    columns = sorted({column for row in part[first:] for column in row})
    named = [names.get(column, "") for column in columns]
    for number, row in enumerate(part[first:]):
        cells = [row.get(column, "") for column in columns]
        builder.add_row(cells, header=number < header, columns=named if any(named) else ())
    return names or above


def _header(part: Sequence[dict[int, str]]) -> tuple[int, dict[int, str]]:
    """How many rows name the columns, and the names by column."""
    columns = sorted({column for row in part for column in row})
    shape = shape_of([[row.get(column, "") for column in columns] for row in part[:_LOOKED_AT]])
    if not shape.columns:
        return 0, {}
    return shape.header_rows, dict(zip(columns, shape.columns, strict=False))


def _is_words(part: Sequence[dict[int, str]]) -> bool:
    """Whether nothing but its place could tell a header: rows of words alone."""
    return not any(has_values(list(row.values())) for row in part[:_LOOKED_AT])
