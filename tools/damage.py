"""Write a copy of an .xlsx workbook with one formula changed, as a person would; it knows nothing of sheetnet.

Usage: python -m tools.damage FILE CELL FORMULA OUT

CELL is a cell of the sheet Step (`D17`), or a defined name, which stands for the first cell of its block (`W_2_new`).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import openpyxl
from openpyxl.workbook import Workbook

SHEET = "Step"


def find_cell(book: Workbook, cell: str) -> tuple[str, str]:
    """The sheet and the address of a cell given as an address of the sheet Step or as a defined name."""
    if cell not in book.defined_names:
        return SHEET, cell
    sheet, area = next(book.defined_names[cell].destinations)
    return sheet, area.replace("$", "").split(":")[0]


def damage(source: Path, cell: str, formula: str, out: Path) -> str:
    """Change one cell's formula, save the copy, and say what was done."""
    book = openpyxl.load_workbook(source)
    sheet, address = find_cell(book, cell)
    before = book[sheet][address].value
    after = "=" + formula.removeprefix("=")
    book[sheet][address].value = after
    book.save(out)
    return f"{out}: {sheet}!{address} was {before} and is now {after}"


def main(argv: list[str]) -> int:
    """Run as a script."""
    parser = argparse.ArgumentParser(description="Write a copy of an .xlsx workbook with one formula changed.")
    parser.add_argument("file", type=Path)
    parser.add_argument("cell", help=f"a cell of the sheet {SHEET}, or a defined name")
    parser.add_argument("formula")
    parser.add_argument("out", type=Path)
    given = parser.parse_args(argv)
    print(damage(given.file, given.cell, given.formula, given.out))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
