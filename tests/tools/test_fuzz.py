"""Random damage to right workbooks: no crash, no line that does not name its file, nothing wrong taken for right.

`make fuzz` does the same with 10,000 files.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetnet.engine.ironcalc import IronCalcFormulas, evaluate
from sheetnet.errors import FileError
from sheetnet.files import read_workbook
from sheetnet.files.formula_text import canonical
from sheetnet.files.ods.formula_out import from_openformula
from sheetnet.syntax import areas, depth, names, qualify, shift, tokenize
from sheetnet.syntax.grammar import FormulaError, parse
from sheetnet.syntax.tokens_and_nodes import Node
from sheetnet.workbook import Cell, Sheet, Workbook
from tests.support.figures import record
from tests.support.hostile.build import ods_alone, ods_cell, sheet_xml, table_xml, xlsx_alone
from tools import fuzz as fuzzing
from tools.fuzz import Tally, fuzz
from tools.fuzz_damage import originals
from tools.packages import changed, parts_of

FORMULAS = st.text(st.sampled_from("AZ19$:!'\"[]{}(),;.=+-*/^&<>%@#~|\\ _xlfnS\n") | st.characters(), max_size=60)


@pytest.mark.parametrize("count", [60, pytest.param(2_000, marks=pytest.mark.slow)])
def test_damaged_workbooks_are_judged_or_refused(
    count: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """A file that is still right has the same answers, or equivalent ones, for a reader and for draws that are not ours."""
    monkeypatch.setattr(fuzzing, "KEPT", tmp_path)
    tally = Tally()
    fuzz(count, 6, tally, told=False)
    record(record_property, f"fuzzing: {count:,} files, {dict(sorted(tally.counts.items()))}")
    assert tally.faults == []
    assert tally.counts["correct"] > 0
    assert tally.counts["incorrect"] > 0
    assert tally.counts["unreadable"] > 0


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_part_may_hold_anything(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever bytes a part holds, the file is read or refused in a line that names it."""
    suffix = data.draw(st.sampled_from(["xlsx", "ods"]))
    original = data.draw(st.sampled_from([each for _, kind, each in originals() if kind == suffix]))
    parts = parts_of(original)
    name = data.draw(st.sampled_from(sorted(parts)))
    content = bytearray(parts[name])
    at = data.draw(st.integers(0, max(len(content) - 1, 0)))
    content[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=40))
    path = tmp_path_factory.mktemp("any") / f"a.{suffix}"
    path.write_bytes(changed(original, {name: bytes(content)}))
    refusal = refused(path)
    assert refusal is None or (refusal.startswith(str(path)) and refusal.isprintable())


def refused(path: Path) -> str | None:
    """The line with which a file is refused; None where it is read."""
    try:
        read_workbook(path)
    except FileError as error:
        return str(error)
    return None


def spelled(formula: str) -> str:
    """The formula as IronCalc gets it; what is no formula, or nothing that it computes, is an error."""
    return IronCalcFormulas(Workbook((Sheet("Step", {(1, 1): Cell(0.0, formula)}),))).of_cell(("Step", 1, 1), formula)


def tree(formula: str) -> Node | None:
    """Its tree; None for what is no whole formula, which raises nothing else."""
    try:
        return parse(formula)
    except FormulaError:
        return None


@settings(max_examples=300)
@given(FORMULAS)
def test_any_text_may_be_a_formula(text: str) -> None:
    """What asks a formula's text anything never raises, loses nothing, and needs no time to speak of."""
    assert "".join(token.text for token in tokenize(text)) == text
    for ask in (areas, names, depth, tree, spelled, canonical, from_openformula):
        ask(text)
    shift(text, 1, 1)
    qualify(text, "Step")


@pytest.mark.parametrize(
    "text",
    [
        "\\'" + "'" * 8_000,
        "." * 8_000,
        "A1:" * 2_700,
        "['" * 4_000,
        "1." * 4_000,
        "(" * 8_000,
        "'a" * 4_000,
        "[a" * 4_000,
        "_xlfn." * 1_300,
        "A:A" * 2_700,
        "~(" * 4_000,
        "=:" * 4_000,
    ],
    ids=lambda text: text[:6],
)
def test_no_formula_costs_the_square_of_its_length(text: str) -> None:
    """Twice as long takes about twice as long: less than four seconds for all questions asked of 8,000 characters.

    (It was 16 seconds for one of them.)
    """
    started = time.process_time()
    for ask in (tokenize, areas, names, depth, tree, spelled, canonical, from_openformula):
        ask(text)
    shift(text, 1, 1)
    qualify(text, "Step")
    assert time.process_time() - started < 4


@pytest.mark.parametrize("formula", ["", "of:=", "of:= ", "=", "msoxl:="])
@pytest.mark.parametrize(
    "matrix", ["", ' table:number-matrix-columns-spanned="1" table:number-matrix-rows-spanned="2"']
)
def test_an_empty_formula_is_none(formula: str, matrix: str, tmp_path: Path) -> None:
    """Seed 2, file 4877: IronCalc raised an error of its own, so that one cell cost the whole workbook."""
    path = tmp_path / "a.ods"
    cell = ods_cell(value="7").replace("<table:table-cell", f'<table:table-cell table:formula="{formula}"{matrix}')
    path.write_bytes(ods_alone(table_xml(f"<table:table-row>{cell}</table:table-row>")))
    sheet = read_workbook(path).sheets[0]
    assert sheet.cells == {(1, 1): Cell(7.0)}
    assert sheet.arrays == {}


@pytest.mark.parametrize(
    ("formula", "fed"),
    [
        ("A:A*2", "@A:A*2"),
        ("EXP(Step!1:3)", "EXP(@Step!1:3)"),
        ("SUM(A:A)", "SUM(A:A)"),
        ("SUM(A:A*2)", "SUM(A:A*2)"),
        ("SUMPRODUCT(A:A*B:B)", "SUMPRODUCT(A:A*B:B)"),
    ],
)
def test_a_whole_column_means_one_cell_as_any_range_does(formula: str, fed: str) -> None:
    """Seed 1, file 4: as an array of a million cells it took all the time that a file may take."""
    assert spelled(formula) == fed


def test_names_that_no_formula_uses_cost_nothing(tmp_path: Path) -> None:
    """Among 300 names the engine gets those that formulas use."""
    names = [("used", "Extra!$B$1"), *((f"n{n}_", "1") for n in range(300))]
    defined = "".join(f'<definedName name="{name}">{text}</definedName>' for name, text in names)
    rows = '<row r="1"><c r="A1"><f>2*used+1</f></c><c r="B1"><v>20</v></c></row>'
    path = tmp_path / "a.xlsx"
    path.write_bytes(xlsx_alone(sheet_xml(rows), defined))
    assert [list(run) for run in evaluate(read_workbook(path), [], [None], [("Extra", 1, 1)])] == [[41.0]]


def test_among_many_names_one_is_found_however_it_is_written(tmp_path: Path) -> None:
    """In other capitals, with a dot and a digit in it. (IronCalc reads no ä in names.)"""
    names = [("rate_of.x2", "Extra!$B$1"), *((f"n{n}_", "1") for n in range(300))]
    defined = "".join(f'<definedName name="{name}">{text}</definedName>' for name, text in names)
    rows = '<row r="1"><c r="A1"><f>2*RATE_OF.x2+2</f></c><c r="B1"><v>20</v></c></row>'
    path = tmp_path / "a.xlsx"
    path.write_bytes(xlsx_alone(sheet_xml(rows), defined))
    assert [list(run) for run in evaluate(read_workbook(path), [], [None], [("Extra", 1, 1)])] == [[42.0]]
