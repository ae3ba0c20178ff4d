"""The page and the marked copy of `identify`: what validate's show, and what each cell of a strangers' layout is."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from sheetnet.files import save_workbook
from sheetnet.files.limits import DEFAULT_LIMITS
from sheetnet.identification import Identification, identify
from sheetnet.report.any_layout import identified_page, identified_section, save_identified_marks
from sheetnet.report.html_grid import LOOKS
from tests.support.commands import Run
from tools.layouts import Writer, damaged, small_network


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Identification:
    """A stranger's workbook with one fault and a formula of its own, identified without a network file."""
    writer = Writer(small_network())
    path = tmp_path_factory.mktemp("layout") / "theirs.xlsx"
    workbook = writer.workbook()
    _, row, column = place = writer.paper.grids["d1"][0][2]
    formula = workbook.sheets[0].cells[row, column].formula
    assert formula is not None
    workbook = damaged(workbook, place, formula.rsplit("*", 1)[0])
    save_workbook(damaged(workbook, ("My net", 1, 1), "1+1"), path)
    return identify(path)


def test_the_page_says_what_each_cell_is(found: Identification) -> None:
    """Faults first, then the sheet; inputs and what is set apart have a colour and words of their own, in the legend too."""
    page = identified_page(identified_section(found, DEFAULT_LIMITS))
    (faulty,) = [cell for cell in found.unidentified if cell.follows is None]
    assert page.index(f"My net!{faulty.cell}") < page.index('<table class="grid"')
    assert "no network was given; the forward pass is that of 2-3-2 with sigmoid, sigmoid" in page
    count = len(found.identified) + len(found.unidentified) + len(found.apart)
    assert f"1 of {count} formula cells (2%) are set apart (1: no input changes it)" in page
    first = found.inputs[0].cells[0].rpartition("!")[2]
    assert f'class="v-input" title="{first}: ' in page
    assert 'class="v-apart" title="A1: no input changes it' in page
    assert "a formula that is no part of the training step" in page
    assert "network from its own forward pass" in page


def test_the_marked_copy_says_what_each_cell_is(found: Identification, tmp_path: Path) -> None:
    """Every known cell has its colour and a note."""
    target = tmp_path / "marked.xlsx"
    save_identified_marks(found, target, DEFAULT_LIMITS)
    book = openpyxl.load_workbook(target)
    sheet = book["My net"]
    (faulty,) = [cell for cell in found.unidentified if cell.follows is None]
    right = next(cell for cell in found.identified if not cell.carried)
    for name, look in (("A1", "apart"), (faulty.cell, "wrong"), (right.cell, "correct")):
        assert sheet[name].fill.start_color.rgb[-6:] == LOOKS[look].fill
        assert sheet[name].comment is not None
    assert "sheetnet: z⁽¹⁾ of neuron 0" in {
        cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment
    }


def test_the_command_writes_both(run: Run, found: Identification, tmp_path: Path) -> None:
    """As `validate` does; the workbook itself is never overwritten."""
    source = Path(found.workbook)
    done = run("identify", str(source), "--html", "page.html", "--marked", "marked.xlsx")
    assert (done.code, (tmp_path / "page.html").exists(), (tmp_path / "marked.xlsx").exists()) == (1, True, True)
    assert run("identify", str(source), "--html", "page.html").code == 2
    assert run("identify", str(source), "--marked", str(source), "--force").code == 2
