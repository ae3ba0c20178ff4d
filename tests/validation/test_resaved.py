"""Workbooks edited and saved again by other programs still validate, and one damaged formula is named exactly."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from sheetnet.files import save_workbook
from sheetnet.generate import make_workbook
from sheetnet.judge import validate
from sheetnet.network_file import load_network
from sheetnet.workbook import Cell, Workbook
from sheetnet.workbook_options import WorkbookOptions
from tests.support.engines import gnumeric_convert, libreoffice_convert
from tests.support.quantities import edited
from tests.support.sheets import blamed, place_of, step_book, with_cell
from tools.small_networks import SMALL

FORMATS = ("xlsx", "ods")

WHOLE = "d02b"  # the template that is saved with all its views


def damaged(workbook: Workbook, name: str) -> Workbook:
    """One formula of the workbook changed: a plus for a minus in the last new weight of layer 1; a played input too."""
    network = load_network(name)
    block = network.blocks["W_1_new"]
    place = place_of(workbook, network, "W_1_new", 0, block.columns - 1)
    sheet = workbook.sheet(place[0])
    assert sheet is not None
    formula = sheet.cells[place[1:]].formula
    assert formula is not None
    workbook = with_cell(workbook, place, Cell(0.5, formula.replace("-", "+", 1)))
    return with_cell(workbook, place_of(workbook, network, "gamma"), Cell(0.125))


def written(folder: Path, suffix: str) -> list[Path]:
    """Every small template as it is, and with one damaged formula; one of them with all its views."""
    folder.mkdir(exist_ok=True)
    paths = []
    for name in SMALL:
        workbook = make_workbook(load_network(name), None if name == WHOLE else WorkbookOptions())
        for stem, book in ((name, workbook), (f"{name}-damaged", damaged(workbook, name))):
            paths.append(folder / f"{stem}.{suffix}.{suffix}")  # the stem says which format it comes from
            save_workbook(book, paths[-1])
    return paths


def check(paths: list[Path]) -> int:
    """Judge re-saved workbooks; gives how many there were."""
    for path in paths:
        report = validate(path)
        stem = path.name.partition(".")[0]
        name = stem.removesuffix("-damaged")
        if name == stem:
            assert report.ok, (path, blamed(report))
            assert not report.edited_inputs
        else:
            last = load_network(name).blocks["W_1_new"].columns - 1
            assert blamed(report) == {f"W_1_new[0, {last}]": "wrong"}, path
            assert [edited.quantity for edited in report.edited_inputs] == ["gamma"]
    return len(paths)


@pytest.mark.slow
@pytest.mark.libreoffice
@pytest.mark.parametrize("end", FORMATS)
def test_libreoffice_saves_it_again(tmp_path: Path, end: str) -> None:
    """From either format to each, through one start of LibreOffice."""
    paths = [path for start in FORMATS for path in written(tmp_path / "written", start)]
    assert check(libreoffice_convert(paths, end, tmp_path / "saved")) == 4 * len(SMALL)


@pytest.mark.gnumeric
@pytest.mark.parametrize(("start", "end"), list(product(FORMATS, FORMATS)))
def test_gnumeric_saves_it_again(tmp_path: Path, start: str, end: str) -> None:
    """Each route between the two formats, through ssconvert."""
    paths = written(tmp_path / "written", start)
    assert check([gnumeric_convert(path, end, tmp_path / "saved") for path in paths]) == 2 * len(SMALL)


def test_openpyxl_saves_it_again(tmp_path: Path) -> None:
    """It drops every cached value; nothing is stale then, and the verdicts stand."""
    import openpyxl

    paths = written(tmp_path / "written", "xlsx")
    for path in paths:
        openpyxl.load_workbook(path).save(path)
    assert check(paths) == 2 * len(SMALL)
    assert validate(paths[0]).stale == 0


@pytest.mark.slow
@pytest.mark.libreoffice
@pytest.mark.parametrize("name", ["xor-batch", "relu-sigmoid-softmax"])
def test_libreoffice_as_the_engine_gives_the_same_verdicts(tmp_path: Path, name: str) -> None:
    """`--engine libreoffice`: right as a whole, and the damaged formula blamed alone."""
    workbook = step_book(load_network(name))
    save_workbook(workbook, tmp_path / f"{name}.ods")
    assert validate(tmp_path / f"{name}.ods", engine="libreoffice").ok
    save_workbook(damaged(workbook, name), tmp_path / f"{name}-damaged.xlsx")
    path = tmp_path / f"{name}-damaged.xlsx"
    ours, theirs = validate(path), validate(path, engine="libreoffice")
    assert [(c.cell, c.verdict) for c in theirs.cells] == [(c.cell, c.verdict) for c in ours.cells]
    assert theirs.engine == "libreoffice"


OVER_RANGES = {
    "{cost_n[0,0]}": Cell(
        0.5, "INDEX(({cost_out[0,0]},{cost_out[0,1]}),1,1,1)+INDEX(({cost_out[0,0]},{cost_out[0,1]}),1,1,2)"
    )
}


@pytest.mark.libreoffice
def test_an_error_of_the_engine_alone_is_not_the_students(tmp_path: Path) -> None:
    """INDEX over several ranges is nothing IronCalc knows: LibreOffice is asked, and finds the cell correct."""
    network = load_network("d02b")
    workbook = step_book(network)
    save_workbook(edited(workbook, network, OVER_RANGES), tmp_path / "ranges.xlsx")
    report = validate(tmp_path / "ranges.xlsx")
    assert report.ok, blamed(report)
    assert report.engine == "libreoffice"
    assert any("LibreOffice was asked" in note for note in report.notes)


def test_without_libreoffice_such_a_cell_is_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdict names what cannot be evaluated, whatever the file shows."""
    from sheetnet import judge as judging
    from sheetnet.judge import judge

    monkeypatch.setattr(judging, "available", lambda _: False)
    network = load_network("d02b")
    workbook = step_book(network)
    for value in (None, 0.5):
        ((place, cell),) = OVER_RANGES.items()
        report = judge(edited(workbook, network, {place: replace(cell, value=value)}), network)
        assert blamed(report) == {"cost_n[0, 0]": "unsupported"}
        (found,) = [cell for cell in report.cells if cell.verdict == "unsupported"]
        assert "a union (several ranges as one)" in found.message
