"""Cell names, areas and sheet names read as Excel spells them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils import column_index_from_string, get_column_letter

from sheetnet.syntax import (
    COLUMNS,
    ROWS,
    Area,
    area_name,
    cell_name,
    column_letters,
    column_number,
    parse_area,
    quote_sheet,
    tokenize,
)

SHEET_NAMES = st.text(st.characters(exclude_characters="[]:*?/\\", exclude_categories=["C"]), min_size=1, max_size=31)


@given(st.integers(1, COLUMNS))
def test_columns_are_lettered_as_in_openpyxl(number: int) -> None:
    """And the letters give the number back, in either case."""
    letters = column_letters(number)
    assert letters == get_column_letter(number)
    assert column_number(letters.lower()) == number == column_index_from_string(letters)


def test_cells_are_named_plainly_or_absolutely() -> None:
    """Rows and columns count from 1."""
    assert cell_name(3, 2) == "B3"
    assert cell_name(ROWS, COLUMNS, absolute=True) == "$XFD$1048576"


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("Step", "Step"), ("W_1", "W_1"), ("Übung", "Übung"), ("a.b", "a.b"), ("ABCD1", "ABCD1"),
        ("W1", "'W1'"), ("a1b", "a1b"), ("R", "'R'"), ("c3", "'c3'"), ("R1C1", "'R1C1'"), ("1st", "'1st'"), ("A B", "'A B'"),
        ("It's", "'It''s'"), ("", "''"), ("a-b", "'a-b'"),
    ],
)  # fmt: skip
def test_a_sheet_is_quoted_where_its_name_could_be_misread(name: str, quoted: str) -> None:
    """Names that look like references, begin with a digit, or hold anything but letters, digits, "_" and "."."""
    assert quote_sheet(name) == quoted


@given(SHEET_NAMES)
def test_a_quoted_sheet_before_a_cell_is_one_reference_to_it(name: str) -> None:
    """Whatever the sheet is called."""
    text = f"{quote_sheet(name)}!A1"
    assert [token.kind for token in tokenize(text)] == ["reference"]
    assert parse_area(text) == Area(name, 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("Step!$B$3:$C$5", Area("Step", 3, 2, 5, 3)), ("'It''s'!A1", Area("It's", 1, 1, 1, 1)),
        ("A:B", Area(None, 1, 1, ROWS, 2)), ("$1:3", Area(None, 1, 1, 3, COLUMNS)), ("C5:B3", Area(None, 3, 2, 5, 3)),
        ("Step!A1:Step!B2", Area("Step", 1, 1, 2, 2)), ("b2", Area(None, 2, 2, 2, 2)),
    ],
)  # fmt: skip
def test_areas_are_read_with_their_ends_in_order(text: str, area: Area) -> None:
    """Dollar signs and case make no difference."""
    assert parse_area(text) == area


@pytest.mark.parametrize(
    "text",
    ["", "W_1", "A", "1", "A1:", ":A1", "A1:B", "A0", "XFE1", "A1048577", "A1+B1", "SUM(A1)", "S:T!A1", "[1]S!A1", "#REF!",
     "A1 ", "'S'A1", "!A1", "A1:Other!B2", "0:1"],
)  # fmt: skip
def test_any_other_text_is_no_area(text: str) -> None:
    """Neither are references to several sheets or to another workbook."""
    assert parse_area(text) is None


@given(
    st.none() | SHEET_NAMES,
    st.tuples(st.integers(1, ROWS), st.integers(1, ROWS)).map(sorted),
    st.tuples(st.integers(1, COLUMNS), st.integers(1, COLUMNS)).map(sorted),
    st.booleans(),
)
def test_an_areas_name_gives_the_area_back(
    sheet: str | None, rows: list[int], columns: list[int], absolute: bool
) -> None:
    """With and without dollar signs, whole rows and columns included."""
    for area in (
        Area(sheet, rows[0], columns[0], rows[1], columns[1]),
        Area(sheet, 1, columns[0], ROWS, columns[1]),
        Area(sheet, rows[0], 1, rows[1], COLUMNS),
    ):
        assert parse_area(area_name(area, absolute)) == area
