"""What students make of their copies: workbooks with the key's formulas, some of them edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sheetnet.generate import make_workbook
from sheetnet.layout import blanks_named
from sheetnet.layout.info_sheets import embedded_network
from sheetnet.network import Network
from sheetnet.validation.locate import locate
from sheetnet.workbook import Cell, Position, Workbook
from sheetnet.workbook_options import WorkbookOptions


def filled(copy: Workbook, network: Network, edit: Callable[[Cell], Cell]) -> Workbook:
    """The copy with what a network's key has in the answer cells, each of them edited."""
    key, area_of = make_workbook(network, WorkbookOptions(("step",))), locate(copy, network).areas
    answers = {
        (row, column): edit(cell)
        for name in blanks_named(network, ())
        if name in area_of
        for row in range(area_of[name].top, area_of[name].bottom + 1)
        for column in range(area_of[name].left, area_of[name].right + 1)
        if (cell := cells_of(key).get((row, column))) is not None
    }
    return with_cells(copy, dict(cells_of(copy)) | answers)


def cells_of(book: Workbook) -> Mapping[Position, Cell]:
    step = book.sheet("Step")
    assert step is not None
    return step.cells


def with_cells(book: Workbook, cells: Mapping[Position, Cell]) -> Workbook:
    return replace(book, sheets=tuple(replace(s, cells=dict(cells)) if s.name == "Step" else s for s in book.sheets))


def changed(name: str, edit: Callable[[Cell], Cell]) -> Callable[[Workbook], Workbook]:
    """An edit of all cells of a block."""

    def apply(book: Workbook) -> Workbook:
        area, cells = locate(book, embedded_network(book, "")).areas[name], dict(cells_of(book))
        for row in range(area.top, area.bottom + 1):
            for column in range(area.left, area.right + 1):
                cells[row, column] = edit(cells[row, column])
        return with_cells(book, cells)

    return apply


def blank(_: Cell) -> Cell:
    return Cell()


def typed(cell: Cell) -> Cell:
    return Cell(cell.value)


def doubled(cell: Cell) -> Cell:
    return replace(cell, formula=f"2*({cell.formula})") if cell.formula else cell


def as_text(cell: Cell) -> Cell:
    """A number typed as text, with a decimal comma."""
    assert isinstance(cell.value, float)
    return Cell(f"{cell.value:.4f}".replace(".", ","))
