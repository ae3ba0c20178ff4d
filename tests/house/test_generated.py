"""The workbooks in generated/ are those that the templates give today, and two runs give the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetnet.files import read_workbook
from sheetnet.generate import make_workbook, write_all
from sheetnet.network_file import load_network, template_names
from sheetnet.workbook import Cell, Workbook
from tests.support.paths import ROOT
from tools.generated import SHOWN, write_shown

FOLDER = ROOT / "generated"
REMEDY = "generated/ is out of date: run `make generated` and commit what it writes"


def test_every_template_has_its_workbooks_and_nothing_else_lies_there() -> None:
    """One .xlsx and one .ods a template; of one also a student's copy, and the copy marked."""
    names = [*template_names(), f"{SHOWN}-student", f"{SHOWN}-marked"]
    wanted = sorted(f"{name}.{suffix}" for name in names for suffix in ("ods", "xlsx"))
    assert sorted(path.name for path in FOLDER.iterdir()) == wanted, REMEDY


@pytest.mark.parametrize("name", template_names())
@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_the_workbook_is_up_to_date(name: str, suffix: str) -> None:
    """Formulas, texts and names exactly; numbers to 1e-12, for exp differs by an ulp between processors.

    Slopes of the gradient check divide that ulp of a cost by 2h: hence the absolute 1e-11.
    """
    compare(read_workbook(FOLDER / f"{name}.{suffix}"), make_workbook(load_network(name)))


def test_the_students_copies_are_up_to_date(tmp_path: Path) -> None:
    """As given out, and marked: what the command line would say of it, as hints and without expected values."""
    for path in write_shown(tmp_path):
        shown = read_workbook(FOLDER / path.name)
        compare(shown, read_workbook(path))
        if path.stem.endswith("-marked"):
            texts = [str(cell.value) for cell in shown.sheets[0].cells.values()]
            assert any("exponent's sign flipped (SN013)" in text for text in texts)
            assert not any("0.5932" in text for text in texts)


def compare(found: Workbook, wanted: Workbook) -> None:
    """Formulas, texts, names and sheets are those wanted, numbers nearly."""
    assert found.names == wanted.names, REMEDY
    assert [(sheet.name, sheet.hidden) for sheet in found.sheets] == [(s.name, s.hidden) for s in wanted.sheets], REMEDY
    compared = 0
    for old, new in zip(found.sheets, wanted.sheets, strict=True):
        filled = {at: cell for at, cell in new.cells.items() if cell != Cell()}  # the others only have a look
        assert old.cells.keys() == filled.keys(), REMEDY
        for position, cell in filled.items():
            there = old.cells[position]
            assert there.formula == cell.formula, REMEDY
            if isinstance(cell.value, float):
                assert there.value == pytest.approx(cell.value, rel=1e-12, abs=1e-11), REMEDY
                compared += 1
            else:
                assert there.value == cell.value, REMEDY
    assert compared > 0


def test_two_runs_give_identical_bytes(tmp_path: Path) -> None:
    """Nothing in a file depends on the clock or on chance."""
    network = load_network("relu-sigmoid-softmax")
    first = write_all({"net": make_workbook(network)}, tmp_path / "first", ["xlsx", "ods"])
    second = write_all({"net": make_workbook(network)}, tmp_path / "second", ["xlsx", "ods"])
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
