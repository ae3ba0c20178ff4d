"""Reading a formula's references takes no longer than the formula is long."""

from __future__ import annotations

from sheetnet.syntax.dependencies import Dependencies
from sheetnet.workbook import Cell, Sheet, Workbook


def test_a_number_of_many_digits_before_a_text_is_read_at_once() -> None:
    """Gnumeric writes 1E-9 with 21 digits; a pattern that can split them in many ways tried all of these for minutes."""
    number = "9." + "9" * 200 + "e-10"
    workbook = Workbook((Sheet("S", {(1, 1): Cell(1.0), (1, 2): Cell(1.0, f'IF(A1<={number},"x","y")')}),))
    assert Dependencies(workbook).precedents(("S", 1, 2)) == (("S", 1, 1),)
