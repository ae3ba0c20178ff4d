"""A wrong workbook for marked copies, how programs save it again, and the notes that are read from a copy."""

from __future__ import annotations

import warnings
from pathlib import Path

import openpyxl
import pytest

from sheetnet.files.marking import AddedSheet, Field
from sheetnet.generate import make_workbook
from sheetnet.judge import validate
from sheetnet.network_file import load_network
from sheetnet.report.marked import cell_position, save_marked
from sheetnet.validation import Report
from sheetnet.workbook import Cell, Place, Workbook
from tests.support.engines import gnumeric_convert, libreoffice_convert
from tests.support.odf import odf_cells
from tests.support.sheets import place_of as stands_at
from tests.support.sheets import with_cell

FORMATS = ("xlsx", "ods")
NETWORK = load_network("d02b")


def damaged() -> Workbook:
    """d02b with a wrong formula, a typed number and an empty cell."""
    workbook = make_workbook(NETWORK)
    z, a, w = (stands_at(workbook, NETWORK, block) for block in ("z_1", "a_2", "W_2_new"))
    wrong = workbook.sheet(z[0])
    assert wrong is not None
    formula = f"{wrong.cells[z[1:]].formula}+0.5"
    workbook = with_cell(workbook, z, Cell(0.8775, formula))
    workbook = with_cell(workbook, a, Cell(0.7513650695523157))
    return with_cell(workbook, w, None)


def notes_in(path: Path) -> dict[Place, str]:
    """The note of every cell that has one, ours and the author's."""
    if path.suffix == ".ods":
        return {place: note for place, (_, note) in odf_cells(path).items() if note}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Gnumeric names no default style
        book = openpyxl.load_workbook(path)
    cells = ((sheet.title, cell) for sheet in book for row in sheet.iter_rows() for cell in row)
    return {(name, cell.row, cell.column): cell.comment.text for name, cell in cells if cell.comment}


def ours_in(path: Path) -> dict[Place, str]:
    """The notes that we have put or lengthened."""
    return {place: note for place, note in notes_in(path).items() if "sheetnet: " in note}


def remarked(report: Report) -> set[Place]:
    """The judged cells that are not correct, which get a note."""
    return {place for c in report.cells if c.verdict != "correct" and (place := cell_position(c)) is not None}


# The author's notes, which stay; none looks like one of ours.
OWN = {(sheet.name, *place): note for sheet in damaged().sheets for place, note in sheet.view.notes.items()}


def resaved(path: Path, program: str, folder: Path) -> Path:
    """The workbook as a program saves it."""
    suffix = path.suffix[1:]
    if program == "openpyxl" and suffix == "xlsx":  # it has no .ods
        folder.mkdir()
        target = folder / path.name
        book = openpyxl.load_workbook(path)
        book["Step"]["A1"].comment = openpyxl.comments.Comment("my own note", "me")
        book["Step"].merge_cells("A1:C1")
        book.save(target)
        return target
    if program == "gnumeric":
        return gnumeric_convert(path, suffix, folder)
    return libreoffice_convert([path], suffix, folder)[0]


PROGRAMS = [
    pytest.param("libreoffice", marks=pytest.mark.libreoffice),
    pytest.param("gnumeric", marks=pytest.mark.gnumeric),
    "openpyxl",
]


def mark(path: Path, target: Path | None = None) -> tuple[Report, Path]:
    """The report, and the marked copy."""
    report = validate(path, NETWORK)
    target = target or path.with_name(f"marked{path.suffix}")
    save_marked(report, target)
    return report, target


ADDED = AddedSheet("added", ((Field("=1+1"), Field(2.5, fill="FFC34D")), (Field("@x", bold=True),)), (20, 30))
SHEET = "Data"
