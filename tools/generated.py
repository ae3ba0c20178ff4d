"""Write the workbooks of all templates into generated/, and of one a student's copy and a marked one; `make generated`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sheetnet.files import save_workbook
from sheetnet.generate import make_student_workbook, make_workbook, recalculated, write_all
from sheetnet.judge import validate
from sheetnet.network_file import load_network, template_names
from sheetnet.report.marked import save_marked
from sheetnet.report.redacted import for_students
from sheetnet.validation.locate import locate
from sheetnet.workbook import Cell, Workbook
from tools import ROOT

FOLDER = ROOT / "generated"
SHOWN = "d02b"  # the template of which there is a student's copy, too
HANDED_IN = ("z_1", "A_1", "z_2", "a_2", "cost_out", "cost_n", "cost")  # blocks that the student has filled in
FORMATS = ("xlsx", "ods")


def handed_in() -> Workbook:
    """The copy of a student who is half-way: the forward pass is filled in, with a sign forgotten and a number typed."""
    network = load_network(SHOWN)
    whole, copy = make_workbook(network), make_student_workbook(network)
    located = locate(whole, network)
    entries: dict[tuple[str, int, int], Cell] = {}
    for name in HANDED_IN:
        block = network.blocks[name]
        for row in range(block.rows):
            for column in range(block.columns):
                place = located.place(name, row, column)
                sheet = whole.sheet(place[0])
                assert sheet is not None
                if not block.is_bias_node(column):
                    entries[place] = Cell(0.0, sheet.cells[place[1:]].formula)
    wrong = located.place("A_1", 0, 0)
    formula = entries[wrong].formula
    assert formula is not None
    entries[wrong] = Cell(0.0, formula.replace("EXP(-", "EXP("))
    entries[located.place("a_2", 0, 1)] = Cell(0.7729)
    return recalculated(_filled(copy, entries))


def _filled(workbook: Workbook, entries: dict[tuple[str, int, int], Cell]) -> Workbook:
    """The workbook with other contents in these cells, which keep their looks."""
    sheets = []
    for sheet in workbook.sheets:
        own = {place[1:]: cell for place, cell in entries.items() if place[0] == sheet.name}
        cells = {at: replace(sheet.cells[at], value=cell.value, formula=cell.formula) for at, cell in own.items()}
        sheets.append(replace(sheet, cells={**sheet.cells, **cells}))
    return replace(workbook, sheets=tuple(sheets))


def write_shown(folder: Path) -> Iterator[Path]:
    """A student's copy as it is given out, and as it comes back marked, in both formats."""
    yield from write_all({f"{SHOWN}-student": make_student_workbook(load_network(SHOWN))}, folder, FORMATS)
    with tempfile.TemporaryDirectory() as aside:
        for suffix in FORMATS:
            path, target = Path(aside) / f"{SHOWN}-student.{suffix}", folder / f"{SHOWN}-marked.{suffix}"
            save_workbook(handed_in(), path)
            save_marked(for_students(validate(path)), target)
            yield target


def main() -> None:
    """Write every workbook and print its path and size."""
    for name in template_names():
        for path in write_all({name: make_workbook(load_network(name))}, FOLDER, FORMATS):
            print(f"{path.relative_to(ROOT)}  {path.stat().st_size:,} bytes")
    for path in write_shown(FOLDER):
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
