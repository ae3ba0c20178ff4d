"""Names that refer to other cells from each cell that uses them, as Excel and LibreOffice take them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sheetnet.judge import judge
from sheetnet.network import Network
from sheetnet.syntax import COLUMNS, ROWS, cell_name
from sheetnet.validation import Report
from sheetnet.workbook import Cell, Name, Workbook
from tests.support.entries import edited
from tests.support.quantities import spell
from tests.support.sheets import blamed, place_of


def named(d02b: tuple[Network, Workbook], formula: str, *names: Name) -> Report:
    """The report where a_1[0, 0] is written with names of the student's own."""
    workbook = edited(d02b, {"{A_1[0,0]}": formula, "Mine!A1": Cell(1.0)})
    spelled = (replace(name, refers_to=seen(name.refers_to, d02b)) for name in names)
    return judge(replace(workbook, names=(*workbook.names, *spelled)), d02b[0])


def seen(text: str, d02b: tuple[Network, Workbook]) -> str:
    """The text with `UP` as z_1[0, 0] stands from a_1[0, 0], when a name is told at A1: up, around the sheet's edge.

    `UP+` is the cell on its right, `UP-` that one below; `ROW` its relative row alone.
    """
    network, workbook = d02b
    (_, row, column), (_, own_row, own_column) = (place_of(workbook, network, block) for block in ("z_1", "A_1"))
    up, across = (row - own_row) % ROWS + 1, (column - own_column) % COLUMNS + 1
    cells = {"UP+": cell_name(up, across + 1), "UP-": cell_name(up + 1, across), "UP": cell_name(up, across)}
    for word, cell in {**cells, "ROW": str(up)}.items():
        text = text.replace(word, cell)
    return spell(text, workbook, network)


@pytest.mark.parametrize(
    ("formula", "refers_to", "found"),
    [
        ("1/(1+EXP(-mine))", "{!z_1[$0,$0]}", {}),
        ("1/(1+EXP(-mine))", "{!W_1[2,0]}", {"a_1[0, 0]": "wrong"}),  # as seen from A1: a number of δ⁽²⁾
        ("1/(1+EXP(-mine))", "Step!UP", {}),
        ("1/(1+EXP(-Step!MINE))", "Step!UP", {}),
        ("1/(1+EXP(-mine))", "Step!{z_1[0,0].letters}ROW", {"a_1[0, 0]": "wrong"}),
        ("1/(1+EXP(-mine))", "Step!${z_1[0,0].letters}ROW", {}),
        ("1/(1+EXP(-SUM(mine)))", "Step!UP:UP+", {"a_1[0, 0]": "wrong"}),
        ("1/(1+EXP(-INDEX(mine,1)))", "Step!UP:UP-", {}),
        ("1/(1+EXP(-mine))", "2*Step!UP/2", {}),
    ],
)
def test_a_relative_name_moves_with_the_cell_that_uses_it(
    d02b: tuple[Network, Workbook], formula: str, refers_to: str, found: dict[str, str]
) -> None:
    """As in Excel and LibreOffice; a cell that shows something else there is not right."""
    assert blamed(named(d02b, formula, Name("mine", refers_to))) == found


def test_a_sheets_own_name_hides_the_workbooks(d02b: tuple[Network, Workbook]) -> None:
    """Whichever of them is right; relative or not."""
    for right in ("{!z_1[$0,$0]}", "Step!UP"):
        for wrong in ("{!z_1[$0,$1]}", "Step!UP-"):
            hidden = (Name("mine", wrong), Name("mine", right, "Step"))
            assert blamed(named(d02b, "1/(1+EXP(-mine))", *hidden)) == {}
            shown = (Name("mine", right), Name("mine", wrong, "Step"))
            assert set(blamed(named(d02b, "1/(1+EXP(-mine))", *shown))) == {"a_1[0, 0]"}


def test_a_carried_error_is_followed_through_a_relative_name(d02b: tuple[Network, Workbook]) -> None:
    """The cause is the cell that the name means there."""
    workbook = edited(d02b, {"{A_1[0,0]}": "1/(1+EXP(-up))", "{z_1[0,0]}": "5*{A_0[0,0]}"})
    report = judge(replace(workbook, names=(*workbook.names, Name("up", seen("Step!UP", d02b)))), d02b[0])
    assert blamed(report) == {"z_1[0, 0]": "wrong"}
