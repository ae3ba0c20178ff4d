"""Cells found by quantity: the same text is the right address in any layout and either orientation."""

from __future__ import annotations

import pytest

from sheetnet.generate import make_workbook
from sheetnet.judge import judge
from sheetnet.network import Network
from sheetnet.network_file import load_network
from sheetnet.syntax import areas, cell_name, column_letters
from sheetnet.workbook import Cell, Name, Place, Workbook
from sheetnet.workbook_options import WorkbookOptions
from tests.support.quantities import Array, edited, places, spell
from tests.support.sheets import blamed, moved, place_of, step_book

Books = tuple[Network, Workbook]


@pytest.fixture(params=[False, True], ids=["rows", "columns"])
def xor(request: pytest.FixtureRequest) -> Books:
    """Four observations, so that no block is square by chance, in both orientations."""
    network = load_network("xor-batch")
    return network, make_workbook(network, WorkbookOptions(column=request.param))


def address(book: Books, block: str, row: int, column: int) -> str:
    return cell_name(*place_of(book[1], book[0], block, row, column)[1:])


def entry(workbook: Workbook, place: Place) -> Cell | None:
    sheet = workbook.sheet(place[0])
    assert sheet is not None
    return sheet.cells.get(place[1:])


def test_a_cell_is_spelled_as_its_address(xor: Books) -> None:
    """Alone, in a formula, with the sheet, and whatever else stands there stays."""
    network, workbook = xor
    z = address(xor, "z_1", 3, 1)
    assert spell("{z_1[3,1]}", workbook, network) == z
    text = '=EXP(-{z_1[3,1]})+SUM({1,2;3,4})&"{}"'
    assert spell(text, workbook, network) == f'=EXP(-{z})+SUM({{1,2;3,4}})&"{{}}"'
    assert spell("={!z_1[3,1]}", workbook, network) == f"=Step!{z}"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("{W_1}", (0, 0), (2, 2)),
        ("{W_1[:,1]}", (0, 1), (2, 1)),
        ("{W_1[2,:]}", (2, 0), (2, 2)),
        ("{W_1[0,1]:[1,2]}", (0, 1), (1, 2)),
    ],
)
def test_parts_of_blocks_are_ranges(xor: Books, text: str, first: tuple[int, int], last: tuple[int, int]) -> None:
    """From their first to their last cell, whichever way the block stands."""
    network, workbook = xor
    assert spell(text, workbook, network) == f"{address(xor, 'W_1', *first)}:{address(xor, 'W_1', *last)}"


def test_dollars_fix_rows_and_columns_of_the_block(xor: Books) -> None:
    """What is fixed is a row of the block: a column of the sheet where the block stands transposed."""
    network, workbook = xor
    _, row, column = place_of(workbook, network, "z_1", 1, 0)
    letters, turned = column_letters(column), place_of(workbook, network, "z_1", 2, 0)[1] == row
    row_fixed, column_fixed = f"{letters}${row}", f"${letters}{row}"
    assert spell("{z_1[$1,0]}", workbook, network) == (column_fixed if turned else row_fixed)
    assert spell("{z_1[1,$0]}", workbook, network) == (row_fixed if turned else column_fixed)
    whole = spell("{z_1[$:,$:]}", workbook, network)
    assert (whole.count("$"), whole.replace("$", "")) == (4, spell("{z_1}", workbook, network))


def test_an_unknown_quantity_is_an_error_of_the_test(xor: Books) -> None:
    """Never an edit of nothing."""
    network, workbook = xor
    with pytest.raises(KeyError, match="y_1"):
        spell("={y_1[0,0]}", workbook, network)


def test_what_is_entered_by_quantity_is_judged_by_quantity(xor: Books) -> None:
    """A right formula passes, a wrong one is blamed where it was entered, whatever kind of content it is."""
    network, workbook = xor
    right = {"{A_1[2,1]}": "=TANH({z_1[2,1]})", "{z_1[0,2]}": "=SUMPRODUCT(TRANSPOSE({A_0[0,:]}),{W_1[:,2]})"}
    assert blamed(judge(edited(workbook, network, right), network)) == {}
    wrong = edited(workbook, network, {"{A_1[2,1]}": "=TAN({z_1[2,1]})", "{z_2[3,0]}": 1, "{delta_1[1,2]}": None})
    assert blamed(judge(wrong, network)) == {
        "a_1[2, 1]": "wrong",
        "z_2[3, 0]": "hardcoded",
        "delta_1[1, 2]": "blank",
    }


def test_a_formula_for_several_cells_is_filled_as_by_dragging(xor: Books) -> None:
    """The whole block by one text; with a fixed reference that should move, the others are wrong."""
    network, workbook = xor
    assert judge(edited(workbook, network, {"{A_1[0,0]:[3,2]}": "=TANH({z_1[0,0]})"}), network).ok
    report = judge(edited(workbook, network, {"{A_1[:,0]}": "=TANH({z_1[$0,$0]})"}), network)
    assert set(blamed(report)) == {f"a_1[{n}, 0]" for n in (1, 2, 3)}


def test_an_array_formula_fills_its_place(xor: Books) -> None:
    """One formula at the first cell, its extent on the sheet, its other cells judged as computed."""
    network, workbook = xor
    changed = edited(workbook, network, {"{A_1[0,0]:[3,2]}": Array("=TANH({z_1})")})
    sheet, *top = place_of(workbook, network, "A_1")
    shape = (3, 4) if place_of(workbook, network, "A_1", 1, 0)[1] == top[0] else (4, 3)
    step = changed.sheet(sheet)
    assert step is not None
    assert step.arrays == {tuple(top): shape}
    assert judge(changed, network).ok


def test_helpers_stand_beside_the_step_or_on_sheets_of_their_own(xor: Books) -> None:
    """Where nothing stands; formulas reach them and they reach back."""
    network, workbook = xor
    edits = {"{beside[0,0]}": "=EXP(2*{z_1[0,0]})", "Mine!B2": "={!beside[0,0]}+1"}
    changed = edited(workbook, network, edits | {"{A_1[0,0]}": "=({beside[0,0]}-1)/Mine!B2"})
    assert judge(changed, network).ok
    assert entry(workbook, places("{beside[0,0]}", workbook, network)[0]) is None
    assert entry(changed, ("Mine", 2, 2)) is not None
    (whole,) = areas(spell("SUM({beside[:,0]})", workbook, network))
    assert whole.top == 1
    assert spell("{beside[:,0]}", workbook, network).isascii()


def test_names_are_defined_replaced_and_deleted(xor: Books) -> None:
    """As the workbook's own."""
    network, workbook = xor
    changed = edited(workbook, network, {"@rate": "{!gamma[$0,$0]}", "@cost_new": None, "@cost": "#REF!"})
    row, column = place_of(workbook, network, "gamma")[1:]
    assert Name("rate", f"Step!{cell_name(row, column, absolute=True)}") in changed.names
    assert [name.refers_to for name in changed.names if name.name in ("cost", "cost_new")] == ["#REF!"]


def test_places_follow_the_blocks_wherever_they_go() -> None:
    """Rows and columns inserted, the sheet renamed: the same text means the same quantity."""
    network = load_network("d02b")
    workbook = step_book(network)
    (before,) = places("{z_2[0,1]}", workbook, network)
    (after,) = places("{z_2[0,1]}", moved(workbook, 7, 3, "Mein Blatt"), network)
    assert after == ("Mein Blatt", before[1] + 7, before[2] + 3)
    assert spell("{!z_2[0,1]}", moved(workbook, 7, 3, "Mein Blatt"), network).startswith("'Mein Blatt'!")
