"""Formulas move as Excel fills them, and every reference can be given its sheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.formula.translate import Translator

from sheetnet.syntax import COLUMNS, ROWS, Area, areas, cell_name, names, qualify, shift, tokenize
from sheetnet.syntax.shifting import qualified, skeletons, spelled_areas


@pytest.mark.parametrize(
    ("formula", "below"),
    [
        # What readers of shared formulas get wrong: openpyxl the ranges with two prefixes, with INDEX, and "@";
        # formualizer sheets named like cells; IronCalc the range with two prefixes.
        ("'W1'!A1+A1", "'W1'!A2+A2"),
        ("'A1 B2'!A1", "'A1 B2'!A2"),
        ("SUM('W1'!$A1:'W1'!B$1)", "SUM('W1'!$A2:'W1'!B$1)"),
        ("SUM(A1:INDEX(A:A,3))", "SUM(A2:INDEX(A:A,3))"),
        ("@A1", "@A2"),
        ("A1048576+A1", "A1+A2"),
        ("'It''s'!A1", "'It''s'!A2"),
        ("SUM(W1!A:A)", "SUM(W1!A:A)"),
        ('W_1+nn.w2+x1y&"A1"+LOG10(2)+DEC2BIN(3)+1E5', 'W_1+nn.w2+x1y&"A1"+LOG10(2)+DEC2BIN(3)+1E5'),
        ("Table1[[#This Row],[A1]]+A1#+#REF!", "Table1[[#This Row],[A1]]+A2#+#REF!"),
        ("SUM(1:3,$1:2)", "SUM(2:4,$1:3)"),
    ],
)
def test_filling_down_moves_relative_rows_alone(formula: str, below: str) -> None:
    """Names, texts, functions, sheets and absolute references stay."""
    assert shift(formula, 1, 0) == below


def test_columns_move_and_wrap_too() -> None:
    """XFD is followed by A."""
    assert shift("XFD1+$A1+A$1+A:$B", 0, 1) == "A1+$A1+B$1+B:$B"
    assert shift("A1", -1, -1) == f"XFD{ROWS}"


@given(st.integers(1, ROWS), st.integers(1, COLUMNS), st.integers(-ROWS, ROWS), st.integers(-COLUMNS, COLUMNS))
def test_moving_back_gives_the_formula_again(row: int, column: int, rows: int, columns: int) -> None:
    """Wrapping loses nothing."""
    formula = f"SUM({cell_name(row, column)}:'a b'!{cell_name(row, column, absolute=True)})*W_1"
    assert shift(shift(formula, rows, columns), -rows, -columns) == formula


@given(st.integers(1, 1000), st.integers(1, 500), st.integers(0, 500), st.integers(0, 100))
def test_plain_formulas_move_as_openpyxl_moves_them(row: int, column: int, rows: int, columns: int) -> None:
    """Within the sheet, and for ranges without a second prefix, where openpyxl is right."""
    name, start = cell_name(row, column), "A1"
    formula = f"SUM({name}:$C{row},'W 1'!{name})+{cell_name(row, column, absolute=True)}*LOG10(gamma)&\"A1\""
    expected = Translator("=" + formula, start).translate_formula(cell_name(1 + rows, 1 + columns))
    assert "=" + shift(formula, rows, columns) == expected


@pytest.mark.parametrize(
    ("formula", "qualified"),
    [
        ("A1:B2", "Step!A1:B2"),
        ("A1:INDEX(A:A,3)", "Step!A1:INDEX(Step!A:A,3)"),
        ("INDEX(A:A,3):B2", "INDEX(Step!A:A,3):Step!B2"),
        ("A1 : B2", "Step!A1 : B2"),
        ("'W 1'!A1:B2+A1", "'W 1'!A1:B2+Step!A1"),
        ('W_1+"A1"+LOG10(1:3)', 'W_1+"A1"+LOG10(Step!1:3)'),
        ("IF(A1,B1:C1,D1)", "IF(Step!A1,Step!B1:C1,Step!D1)"),
    ],
)
def test_references_without_a_sheet_are_given_one(formula: str, qualified: str) -> None:
    """The right end of a range takes its sheet from the left one."""
    assert qualify(formula, "Step") == qualified


def test_a_sheet_that_needs_quotes_gets_them() -> None:
    """A sheet named W1 would read as a cell."""
    assert qualify("A1", "W1") == "'W1'!A1"


def test_areas_join_ranges_and_leave_other_workbooks_out() -> None:
    """In the order of the formula."""
    formula = "SUM(A1:B2,'W 1'!C3,A:A)+[1]S!A1+S1x:S2x!A1+Step!A1:Step!B2+C1:INDEX(D:D,2)"
    assert areas(formula) == [
        Area(None, 1, 1, 2, 2),
        Area("W 1", 3, 3, 3, 3),
        Area(None, 1, 1, ROWS, 1),
        Area("Step", 1, 1, 2, 2),
        Area(None, 1, 3, 1, 3),
        Area(None, 1, 4, ROWS, 4),
    ]


@given(
    st.lists(
        st.sampled_from(
            "A1 $B$3 B2:C4 A:A 1:3 W_1 x1y nn.w2 LOG10( SUM( EXP( ) + - * / ^ , 1.5 2E5 1E5 Step!A1 'a b'!C2 $A1 ABC12 "
            'XFD1048576 XFE1 A1048577 A0 TRUE "A1" {1,2} @A1 A1# : ZZZ9 a1:b2 A1:INDEX('.split()
        ),
        max_size=12,
    ).map("".join)
)
def test_the_quick_way_to_qualify_is_the_thorough_one(formula: str) -> None:
    """Formulas of cells and ranges alone take a short cut, which gives what their tokens give."""
    assert qualify(formula, "Step") == qualified(formula, "Step!")
    assert areas(formula) == spelled_areas(formula)
    found = [token.text for token in tokenize(formula) if token.kind == "name"]
    assert names(formula) == [name for name in dict.fromkeys(found) if name.upper() != "TRUE"]


@pytest.mark.parametrize("formula", ["XFE1", "ZZZ9+1", "2*XFE1:XFE3", "A999999+XFD1", "A1048577", "W_1+x1", "a1+B$2"])
def test_the_quick_way_leaves_names_alone(formula: str) -> None:
    """What lies beyond the sheet is a name, as the thorough way knows."""
    assert qualify(formula, "Step") == qualified(formula, "Step!")


def test_skeletons_take_every_column_of_a_sheet_alike() -> None:
    """XFD is the last column; XFE1 is a name, and stays as it is written."""
    assert skeletons(["B2*XFD1", "AGY9-Step!ABC$12:ADD15", "XFE1+A1"], ["Step"]) == ["A1*A1", "A1-A1:A2", "XFE1+A1"]
