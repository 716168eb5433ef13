"""Cells, and what stands around a table that tells how its rows are read."""

import pytest

from ingest.tables import cell_ranges, joined_cells


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (["Sales", "1,234", ""], "Sales | 1,234 |"),
        (["", "2023", "2022"], "| 2023 | 2022"),
        (["Sales", "", "5"], "Sales |  | 5"),
        (["alone"], "alone"),
    ],
)
def test_cells_are_found_again_in_the_row_they_make(cells, text):
    joined, ranges = joined_cells(cells)
    assert joined == text
    assert [joined[start:end] for start, end in ranges] == cells


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("| Sales | 5 |  | 55 |", ["Sales", "5", "", "55"]),
        ("Fixed Price | $  1,452.4 | $  1", ["Fixed Price", "$  1,452.4", "$  1"]),
        ("Sales\t5\t55", ["Sales", "5", "55"]),
        ("Net sales  5  55", ["Net sales", "5", "55"]),
        ("A line of words", []),
    ],
)
def test_cells_stand_where_the_line_parts_them(line, cells):
    assert [line[start:end] for start, end in cell_ranges(line)] == cells
