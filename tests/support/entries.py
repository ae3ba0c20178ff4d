"""Cells entered into the workbook of the lesson, by quantity; it gets a sheet `Mine` for what stands apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sheetnet.files import save_workbook
from sheetnet.judge import judge
from sheetnet.network import Network
from sheetnet.validation import Report
from sheetnet.workbook import Cell, Sheet, Workbook
from tests.support import quantities
from tests.support.quantities import Array, spell

Entry = Cell | str | Array | None  # a text is a formula; places and what is entered name cells by quantity


def edited(d02b: tuple[Network, Workbook], cells: dict[str, Entry]) -> Workbook:
    """The workbook with cells entered; it gets a sheet `Mine`."""
    network, workbook = d02b
    workbook = replace(workbook, sheets=(*workbook.sheets, Sheet("Mine", {})))
    entered = {place: Cell(None, entry) if isinstance(entry, str) else entry for place, entry in cells.items()}
    return quantities.edited(workbook, network, entered)


def judged(d02b: tuple[Network, Workbook], cells: dict[str, Entry]) -> Report:
    return judge(edited(d02b, cells), d02b[0])


RIGHT = "1/(1+EXP(-{z_1[0,0]}))"


def renamed(workbook: Workbook, network: Network, **claims: str) -> Workbook:
    """The workbook with names that lead elsewhere, all spelled as the workbook was before."""
    spelled = {name: spell(text, workbook, network) for name, text in claims.items()}
    names = tuple(replace(name, refers_to=spelled.get(name.name, name.refers_to)) for name in workbook.names)
    return replace(workbook, names=names)


def saved(workbook: Workbook, path: Path) -> Path:
    """The workbook as a file; formulas without a value get a false one."""
    sheets = (
        replace(
            sheet,
            cells={at: replace(c, value=0.5) if c.formula and c.value is None else c for at, c in sheet.cells.items()},
        )
        for sheet in workbook.sheets
    )
    save_workbook(replace(workbook, sheets=tuple(sheets)), path)
    return path
