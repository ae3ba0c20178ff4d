"""Files of a class for batches, made from one right workbook of the lesson."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl

from sheetnet.network_file import load_network
from tests.support.quantities import spell
from tests.support.sheets import step_book

D02B = load_network("d02b")


def spelled(text: str) -> str:
    """A text about the right workbook, with addresses in place of quantities."""
    return spell(text, step_book(D02B), D02B)


def _edited(source: Path, target: Path, cell: str, formula: str) -> None:
    book = openpyxl.load_workbook(source)
    book["Step"][spelled(cell)] = spelled(formula)
    book.save(target)


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
