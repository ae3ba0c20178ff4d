"""What the engine cannot compute is `unsupported` and named, also inside IFERROR; all else is judged, whatever was saved."""

from __future__ import annotations

import pytest

from sheetnet.judge import judge
from sheetnet.network import Network
from sheetnet.syntax import cell_name
from sheetnet.workbook import Cell, CellError, Value, Workbook
from tests.support.sheets import blamed, place_of, with_cell, with_formula


@pytest.fixture(autouse=True)
def _one_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second engine is asked."""
    monkeypatch.setattr("sheetnet.judge.available", lambda name: False)


def costs(workbook: Workbook, network: Network) -> str:
    """The two cells of the cost of each output, as the arguments of a function."""
    return ",".join(cell_name(*place_of(workbook, network, "cost_out", 0, column)[1:]) for column in (0, 1))


@pytest.mark.parametrize(
    ("formula", "construct"),
    [
        ("LARGE(({costs}),1)+LARGE(({costs}),2)", "a union (several ranges as one)"),
        ('IFERROR(SUMIFS(cost_out,cost_out,"<>x"),0)', 'a criterion of SUMIFS such as "<>text"'),
        ('SUMIF(cost_out,"<>*x")', 'a criterion with wildcards ("<>*x")'),
        ("SUM(OFFSET({first},0,1,1,-2))", "OFFSET with a negative height or width"),
        ("SUM({first}:CHOOSE(2,{costs}))", "a range to a cell that is computed"),
        ("SUM(N(OFFSET({first},0,{{0,1}})))", "OFFSET with several addresses at once"),
        ("SUM([2]Other!$A$1,cost_out)-[2]Other!$A$1", "a link to another workbook ([2]Other!$A$1)"),
        ('IFERROR(GETPIVOTDATA("x",cost_out),SUM(cost_out))', "the function GETPIVOTDATA"),
        ("SUM(Mine[cost])", "a structured reference that leads to no table (Mine[cost])"),
        (
            'IFERROR(__xludf.DUMMYFUNCTION("ARRAYFORMULA(SUM(G9:H9))"),0.5)',
            "a formula of Google Sheets (ARRAYFORMULA(SUM(G9:H9))); the download holds only its value",
        ),
        (
            'IFERROR(__xludf.DUMMYFUNCTION("""COMPUTED_VALUE"""),0.5)',
            "a formula of Google Sheets; the download holds only its value",
        ),
    ],
)
def test_what_no_engine_computes_is_named(formula: str, construct: str, d02b: tuple[Network, Workbook]) -> None:
    """What follows from such a cell is carried. A saved value that is right is told, and is no evidence."""
    network, workbook = d02b
    place, pair = place_of(workbook, network, "cost_n"), costs(workbook, network)
    text = formula.format(costs=pair, first=pair.partition(",")[0])
    report = judge(with_formula(workbook, place, text), network)
    assert blamed(report) == {"cost_n[0, 0]": "unsupported"}
    (found,) = [cell for cell in report.cells if cell.verdict == "unsupported"]
    google = construct.startswith("a formula of Google Sheets")
    assert found.message == (construct if google else f"IronCalc cannot compute {construct}: try --engine libreoffice")
    assert found.formula == text
    seen = judge(with_cell(workbook, place, Cell(found.expected, text)), network)
    (found,) = [cell for cell in seen.cells if cell.verdict == "unsupported"]
    assert found.message.endswith("; the program that saved the file shows the expected number")


def test_a_helper_that_no_engine_computes_leaves_its_users_unjudged(d02b: tuple[Network, Workbook]) -> None:
    """Nobody is blamed for what IFERROR makes of it."""
    network, workbook = d02b
    place = place_of(workbook, network, "cost_n")
    workbook = with_formula(workbook, (place[0], 90, 2), f"LARGE(({costs(workbook, network)}),1)")
    report = judge(with_formula(workbook, place, "IFERROR(B90,0)+MIN(cost_out)"), network)
    assert blamed(report) == {"cost_n[0, 0]": "unsupported"}
    (found,) = [cell for cell in report.cells if cell.verdict == "unsupported"]
    assert found.message == (
        f"IronCalc cannot compute a union (several ranges as one) in {place[0]}!B90, which this formula uses: "
        "try --engine libreoffice"
    )


@pytest.mark.parametrize("saved", ["right", None, CellError("#VALUE!")])
def test_a_saved_value_is_a_claim(saved: Value, d02b: tuple[Network, Workbook]) -> None:
    """A right number beside a wrong formula, or beside one that shows an error, changes nothing."""
    network, workbook = d02b
    place = place_of(workbook, network, "cost_n")
    right = next(cell.expected for cell in judge(workbook, network).cells if cell.quantity == "cost_n")
    value = right if saved == "right" else saved
    assert blamed(judge(with_cell(workbook, place, Cell(value, "MAX(cost_out)")), network)) == {"cost_n[0, 0]": "wrong"}
    assert blamed(judge(with_cell(workbook, place, Cell(value, "SUM(cost_out)/0")), network)) == {
        "cost_n[0, 0]": "error"
    }


@pytest.mark.parametrize(
    ("formula", "fault"),
    [
        ("SUM(cost_out))", "')' at character 14 closes no bracket"),
        ("SUM(cost_out) j", "'j' at character 15 follows without a sign between"),
        ("INDEX(cost_out,1,1)+INDEX(cost_out,1,2) j", "'j' stands beside a reference without a sign between"),
        ("SUM(cost_out),2", "',' at character 14 stands outside of a function's brackets: write decimals with a point"),
        ("SUM(cost_out)×1", "'×' at character 14 is no sign of formulas: write *"),
        ("SUM(cost_out)\N{NO-BREAK SPACE}", "'\\xa0' at character 14 is no sign of formulas"),
        ("SUM(cost_out;0)", "';' at character 13 is no sign here: separate arguments by a comma"),
        ("IFERROR(SUM(cost_out),0) (sum)", "'(' at character 26 follows without a sign between"),
        ("SUM(cost_out)+", "ends where a number, a cell or a function should follow"),
    ],
)
def test_only_whole_formulas_are_judged(formula: str, fault: str, d02b: tuple[Network, Workbook]) -> None:
    """IronCalc drops what follows a complete expression; LibreOffice shows each of these as an error."""
    network, workbook = d02b
    place = place_of(workbook, network, "cost_n")
    report = judge(with_formula(workbook, place, formula), network)
    assert blamed(report) == {"cost_n[0, 0]": "error"}
    (found,) = [cell for cell in report.cells if cell.verdict == "error"]
    assert found.message == f"this is no whole formula: {fault}"


def test_brackets_that_programs_close_themselves_are_accepted(d02b: tuple[Network, Workbook]) -> None:
    network, workbook = d02b
    report = judge(with_formula(workbook, place_of(workbook, network, "cost_n"), "SUM((cost_out"), network)
    assert report.ok


@pytest.mark.parametrize(
    ("formula", "programs"),
    [
        ("SUM((a_2-target)^2)/2", "LibreOffice and Excel before 365 show"),
        ("SUMPRODUCT(IF(a_2>-9,cost_out,0))", "Excel before 365 shows"),
        ("SUMPRODUCT(TRANSPOSE(TRANSPOSE(cost_out)))", "Excel before 365 shows"),
    ],
)
def test_what_wants_array_entry_is_right_and_told(formula: str, programs: str, d02b: tuple[Network, Workbook]) -> None:
    """In every report: at the cell and as a note. Where the file itself shows an error, that is what people see."""
    network, workbook = d02b
    place = place_of(workbook, network, "cost_n")
    report = judge(with_formula(workbook, place, formula), network)
    assert report.ok, blamed(report)
    hint = f"{programs} an error unless"
    assert [note for note in report.notes if hint in note] != []
    assert any(hint in cell.message for cell in report.cells if cell.quantity == "cost_n")
    shown = judge(with_cell(workbook, place, Cell(CellError("#VALUE!"), formula)), network)
    assert blamed(shown) == {"cost_n[0, 0]": "error"}


def test_what_reports_show_is_the_formula_as_written(d02b: tuple[Network, Workbook]) -> None:
    """Not as the engine gets it."""
    network, workbook = d02b
    place = place_of(workbook, network, "cost_n")
    report = judge(with_formula(workbook, place, "sum( (cost_out )"), network)
    assert next(cell.formula for cell in report.cells if cell.quantity == "cost_n") == "sum( (cost_out )"
    assert report.ok
