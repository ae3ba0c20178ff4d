"""The rows and cells of an .ods sheet as elements in the part, each with how many it stands for. It knows no values."""

from __future__ import annotations

from dataclasses import dataclass, field

from sheetnet.files.splice import Node

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE = f"{{{_OASIS}table:1.0}}"
ROW, COLUMN, SOURCE, SHEET = (_TABLE + name for name in ("table-row", "table-column", "cell-range-source", "table"))
CELLS = frozenset({_TABLE + "table-cell", _TABLE + "covered-table-cell"})
NOTE = f"{{{_OASIS}office:1.0}}annotation"
ROWS, COLUMNS = "number-rows-repeated", "number-columns-repeated"
STYLE, DEFAULT = _TABLE + "style-name", _TABLE + "default-cell-style-name"


@dataclass(slots=True)
class Cell:
    """A cell element, how many equal ones it stands for, its own note and where content may begin."""

    node: Node
    column: int
    count: int
    note: Node | None = None
    content: int | None = None


@dataclass(slots=True)
class Row:
    """A row element and how many equal ones it stands for."""

    node: Node
    number: int
    count: int
    cells: list[Cell] = field(default_factory=list)


def table_rows(nodes: list[Node], table: Node) -> tuple[list[Row], list[tuple[int, str]]]:
    """The rows of a sheet, and (first column after, default style) of its columns; tables within it are passed over."""
    rows: list[Row] = []
    columns: list[tuple[int, str]] = []
    inner_end = row_number = 0
    column_number = 1
    for node in nodes:
        if not table.inner <= node.start < table.close or node.start < inner_end:
            continue
        if node.tag == SHEET:
            inner_end = node.end
        elif node.tag == COLUMN:
            column_number += _count(node, COLUMNS)
            columns.append((column_number, node.get(DEFAULT) or ""))
        elif node.tag == ROW:
            row_number += rows[-1].count if rows else 1
            rows.append(Row(node, row_number, _count(node, ROWS)))
        elif rows and node.start < rows[-1].node.end:
            _take(rows[-1], node)
    return rows, columns


def _take(row: Row, node: Node) -> None:
    """A cell of a row, or what belongs to the last one."""
    if node.tag in CELLS and node.depth == row.node.depth + 1:
        column = row.cells[-1].column + row.cells[-1].count if row.cells else 1
        row.cells.append(Cell(node, column, _count(node, COLUMNS)))
    elif row.cells and node.depth == row.node.depth + 2:
        if node.tag == NOTE:
            row.cells[-1].note = node
        elif node.tag == SOURCE:
            row.cells[-1].content = node.end


def _count(node: Node, name: str) -> int:
    text = node.get(_TABLE + name) or ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 1
